package guard

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

const (
	chat = "service chat {\n\tpurpose embeds\n\tstorage chat chat_*\n}\n"

	// keepsKeys sets two keys of the service and one of the site's own, keptKeys are those that are there.
	keptKeys  = `Object.keys({ ...localStorage }).sort().join()`
	keepsKeys = `(['chat', 'chat_a', 'own'].forEach(key => localStorage.setItem(key, 1)), ` + keptKeys + ` === 'chat,chat_a,own')`
)

// TestStorageCrossSitePost: a page that another site's form leads to comes without the choice, which is SameSite=Lax. It
// deletes nothing of what that grants.
func TestStorageCrossSitePost(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, harness.Document("", "<p>Page</p>"))
	}))
	t.Cleanup(page.Close)
	site := fmt.Sprintf("http://localhost:%d", harness.FreePort(t))
	harness.Caddy(t, fmt.Sprintf("%s {\n\tconsent {\n%s\n\t}\n\treverse_proxy %s\n}\n", site, harness.Watched+chat, strings.TrimPrefix(page.URL, "http://")))
	p := harness.Browser(t, harness.Elsewhere().Settings).Visit(t, harness.Visitor{})
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, harness.Document("", `<form method="post" action="`+site+`/back"><button>Retour</button></form>`))
	}))
	t.Cleanup(other.Close)
	p.Open(site + "/")
	p.Await(harness.NoticeShown)
	p.Await(harness.Settled)
	p.Answer("Tout accepter")
	p.Await(harness.ManageShown)
	p.Await(keepsKeys)
	p.Await(`(document.cookie = 'vid_a=1; path=/', document.cookie.includes('vid_a'))`)
	p.Open(other.URL)
	harness.Eval[bool](p, `setTimeout(() => document.querySelector('form').submit()), true`)
	p.Await(`location.pathname === '/back' && document.readyState === 'complete'`)
	p.Await(harness.Settled)
	p.Open(site + "/")
	p.Await(harness.ManageShown)
	if got := harness.Eval[string](p, keptKeys); got != "chat,chat_a,own" {
		t.Errorf("left in storage: %s", got)
	}
	if got := harness.Eval[string](p, `document.cookie`); !strings.Contains(got, "vid_a=1") {
		t.Errorf("left of the cookies: %s", got)
	}
}

// TestStorageExemptKept: what an exempt service keeps stays on pages that a service worker has kept, before any choice.
func TestStorageExemptKept(t *testing.T) {
	s, _, p := workerSite(t, keeps, "service audience {\n\tpurpose statistics\n\texempt\n\tstorage chat chat_*\n}\n")
	p.Await(keepsKeys)
	p.Open(s.URL + "/another")
	p.Await(harness.NoticeShown)
	p.Await(keptKeys + ` === 'chat,chat_a,own'`) // a key without a star is hidden until the page knows what holds
}

// TestToldBesideBase: pages tell the site itself, wherever their <base> leads.
func TestToldBesideBase(t *testing.T) {
	asked := make(chan string, 10)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.URL.Path
	}))
	t.Cleanup(other.Close)
	pages := map[string]string{"/": harness.Document(`<base href="`+other.URL+`/">`+keepsByScript, "<p>Page</p>"), "/next": harness.Document("", "<p>Suite</p>")}
	_, site, p := guarded(t, "site told-base\ninventory browser\nnecessary theme\n"+harness.Watched, pages)
	p.Open(site.URL + "/")
	settle(p)
	p.Open(site.URL + "/next")
	if missing := awaitNames(known(t, "told-base").Storage, "cart"); len(missing) > 0 {
		t.Error("the site itself is told nothing")
	}
	select {
	case what := <-asked:
		t.Errorf("the other site was asked: %s", what)
	default:
	}
}
