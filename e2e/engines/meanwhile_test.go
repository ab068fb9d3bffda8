package engines

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// TestLinkWhileWaiting: browsers end a page's requests where it is left for another, which is no failure to make good, and
// the answer is kept all the same.
func TestLinkWhileWaiting(t *testing.T) {
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		behind, tab := served(t, engine, `<p style="padding-top: 3em"><a id="more" href="/more">Plus</a></p>`)
		to, err := url.Parse(behind)
		if err != nil {
			t.Fatal(err)
		}
		proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host
		}}
		arrived := make(chan bool, 9)
		slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodPost, r.URL.Path == "/_consent/settings":
				arrived <- true
				time.Sleep(1500 * time.Millisecond)
			case r.URL.Path == "/more":
				time.Sleep(700 * time.Millisecond)
			}
			proxy.ServeHTTP(w, r)
		}))
		t.Cleanup(slow.Close)
		site := strings.Replace(slow.URL, "127.0.0.1", "localhost", 1)

		for _, button := range []string{refuse, manage} {
			tab.Open(site)
			tab.Await(harness.Settled)
			tab.ClickOn(button)
			<-arrived
			tab.ClickOn("#more")
			tab.Await(`location.pathname === '/more'`)
			tab.Await(`document.cookie.includes('cookies_preferences')`)
		}
	})
}
