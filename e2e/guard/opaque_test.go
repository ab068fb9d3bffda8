package guard

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// tries is a page that loads from a service in each of several ways, and then says that it has.
const tries = `<img src="https://video.test/markup"><p id="box"></p><script>
	for (const load of [
		() => { new Image().src = 'https://video.test/image'; },
		() => { const e = document.createElement('script'); e.src = 'https://video.test/script'; document.head.append(e); },
		() => { box.innerHTML = '<img src="https://video.test/inner">'; },
		() => { fetch('https://video.test/fetch', { mode: 'no-cors' }).catch(() => {}); },
	]) {
		try { load(); } catch (error) { fetch('https://error.test/' + encodeURIComponent(error.message), { mode: 'no-cors' }); }
	}
	addEventListener('load', () => setTimeout(() => fetch('https://done.test/done', { mode: 'no-cors' })));
</script>`

func TestOpaqueOriginGuard(t *testing.T) {
	ways := []string{"/markup", "/image", "/script", "/inner", "/fetch"}
	pages := map[string]string{
		"/framing": harness.Document("", `<iframe sandbox="allow-scripts" src="/tries"></iframe>`), "/tries": harness.Document("", tries),
	}
	for name, c := range map[string]struct{ path, field string }{
		"in a frame with sandbox":  {"/framing", "X: y"},
		"by a policy with sandbox": {"/tries", "Content-Security-Policy: sandbox allow-scripts"},
	} {
		t.Run(name, func(t *testing.T) {
			world := harness.Elsewhere()
			p := harness.Browser(t, world.Settings).Visit(t, harness.Visitor{})
			p.Open(harness.Serve(t, harness.Watched+"third_parties pass\n", pages, c.field).URL + c.path)
			if missing := await(world, append(ways, "/done")...); len(missing) > 0 {
				t.Fatalf("where nothing is held, %q are not asked for", missing)
			}
			world.Forget()
			p.Open(harness.Serve(t, harness.Watched, pages, c.field).URL + c.path)
			if missing := await(world, "/done"); len(missing) > 0 {
				t.Fatal("the page did not come to its end")
			}
			if hosts := world.Hosts(); !slices.Equal(hosts, []string{"done.test"}) {
				t.Errorf("asked are %q: %v", hosts, world.Requests())
			}
		})
	}
}

func TestPlaceholderEmbeddedPage(t *testing.T) {
	site := harness.Serve(t, harness.Watched, map[string]string{"/inner": harness.Document("", `<p id="box"></p><script>
		const frame = document.createElement('iframe');
		frame.addEventListener('load', () => parent.postMessage(
			performance.getEntriesByType('resource').map(e => e.name).filter(name => name.includes('placeholder')).join(), '*'));
		frame.src = 'https://video.test/embed';
		box.append(frame);
	</script>`)})
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<!DOCTYPE html><script>onmessage = e => { if (/^http/.test(e.data)) window.told = e.data }</script>`+
			`<iframe src="%s/inner?q=1"></iframe>`, site.URL)
	}))
	defer other.Close()
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	for address, want := range map[string]bool{other.URL: true, site.URL + "/inner?q=1": false} {
		p.Open(address)
		if !want { // the page is its own parent
			harness.Eval[bool](p, `(onmessage = e => { if (/^http/.test(e.data)) window.told = e.data }, box.append(frame), true)`)
		}
		p.Await(`window.told !== undefined`)
		told := harness.Eval[string](p, `window.told`)
		if strings.Contains(told, "embedded=%2Finner%3Fq%3D1") != want || !strings.Contains(told, "service=video") {
			t.Errorf("at %s: %s", address, told)
		}
	}
}
