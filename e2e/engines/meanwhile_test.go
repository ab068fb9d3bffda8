package engines

import (
	"net/http"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// TestLinkWhileWaiting: browsers end a page's requests where it is left for another, which is no failure to make good, and
// the answer is kept all the same.
func TestLinkWhileWaiting(t *testing.T) {
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		behind, tab := served(t, engine, `<p style="padding-top: 3em"><a id="more" href="/more">Plus</a></p>`)
		arrived := make(chan bool, 9)
		site := harness.Between(t, behind, func(_ http.ResponseWriter, r *http.Request) bool {
			switch {
			case r.Method == http.MethodPost, r.URL.Path == "/_consent/settings":
				arrived <- true
				time.Sleep(1500 * time.Millisecond)
			case r.URL.Path == "/more":
				time.Sleep(700 * time.Millisecond)
			}
			return false
		})

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
