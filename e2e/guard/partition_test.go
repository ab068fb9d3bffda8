package guard

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// TestPartitionedCookieWithdrawal: such cookies are kept apart, others are taken over https alone.
func TestPartitionedCookieWithdrawal(t *testing.T) {
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		for _, line := range []string{"vid_a=1; Path=/; Secure; Partitioned; Max-Age=9999", "vid_b=1; Path=/; Secure; HttpOnly; Max-Age=9999",
			"__Host-vid=1; Path=/; Secure; Max-Age=9999", "__Secure-vid=1; Path=/; Secure; Partitioned; Max-Age=9999",
			"vid_c=1; Path=/deep; Secure; Max-Age=9999"} {
			w.Header().Add("Set-Cookie", line)
		}
		_, _ = w.Write([]byte(harness.Document("", "<h1>Page</h1>")))
	}))
	t.Cleanup(portal.Close)
	certificate, key := harness.Certificate(t)
	origin := fmt.Sprintf("https://localhost:%d", harness.FreePort(t))
	consent := strings.Replace(harness.Watched, "cookies  vid_*", "cookies  vid_* __Host-vid __Secure-vid", 1)
	harness.Caddy(t, fmt.Sprintf("%s {\n\ttls %s %s\n\tconsent {\n%s\n\t}\n\treverse_proxy %s\n}\n", origin, certificate, key, consent,
		strings.TrimPrefix(portal.URL, "http://")))
	p := harness.Browser(t, harness.Elsewhere().Settings).Visit(t, harness.Visitor{})
	p.Open(origin + "/deep/page")
	p.Answer("Tout accepter")
	p.Reload()
	if got := p.Cookies(); len(got) != 6 {
		t.Fatalf("the portal sets %v", got)
	}
	p.OpenSettings("Gérer mes cookies")
	p.Answer("Tout refuser")
	p.Open(origin + "/deep/page")
	p.Open(origin + "/")
	for name := range p.Cookies() {
		if name != "cookies_preferences" {
			t.Errorf("%s is left", name)
		}
	}
}
