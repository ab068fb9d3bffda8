package engines

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
	"github.com/caddy-consent/caddy-consent/internal/inventory"
	"github.com/caddy-consent/caddy-consent/internal/telemetry"
)

// awaitTold waits until browsers have told a running site of all these names.
func awaitTold(t *testing.T, site, kind string, names ...string) {
	t.Helper()
	var told []string
	for deadline := time.Now().Add(45 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		told = nil
		for _, s := range telemetry.Running() {
			if s.Name != site {
				continue
			}
			for _, item := range map[string]func() []inventory.Item{"cookies": s.Cookies, "hosts": s.Hosts, "storage": s.Storage}[kind]() {
				if slices.Contains(item.Where, "report") {
					told = append(told, item.Name)
				}
			}
		}
		if len(harness.Without(names, told)) == 0 {
			return
		}
	}
	t.Errorf("%s: nobody tells of %v, but of %v", kind, harness.Without(names, told), told)
}

const scripted = `<style>@font-face { font-family: f; src: url(https://fonts.stats.test/f.woff2) } p { font-family: f }</style><script>
	const host = name => 'https://' + name + '.stats.test';
	document.cookie = 'theme=1; path=/';
	try { localStorage.setItem('cart', '1'); sessionStorage.setItem('step', '1'); } catch (refused) {}
	document.head.append(Object.assign(document.createElement('script'), { src: host('cdn') + '/a.js' }));
	addEventListener('DOMContentLoaded', () => {
		document.body.append(Object.assign(document.createElement('iframe'), { src: host('frames') + '/f' }));
		window.loaded = fetch(host('api') + '/x', { mode: 'no-cors' }).catch(String).then(() => true);
		new Image().src = host('pixels') + '/p.gif';
	});
</script>`

// Browsers tell of what scripts load while a site is observed, and of what pages hold where it asks.
func TestInventoryTold(t *testing.T) {
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		name := strings.ToLower(strings.ReplaceAll(engine.Name, " ", "-"))
		pages := map[string]string{"/": harness.Document(scripted, "<p>Page</p>"), "/next": harness.Document("", "<p>Suite</p>")}
		t.Run("observed", func(t *testing.T) {
			site := harness.Serve(t, "site observed-"+name+"\nmode observe", pages)
			engine.Visit(t).Open(site.URL + "/")
			awaitTold(t, "observed-"+name, "hosts", "cdn.stats.test", "frames.stats.test", "api.stats.test", "pixels.stats.test", "fonts.stats.test")
		})
		t.Run("asked", func(t *testing.T) {
			site := harness.Serve(t, "site asked-"+name+"\ninventory browser\nnecessary theme", pages)
			tab := engine.Visit(t)
			tab.Open(site.URL + "/")
			tab.Await(`window.loaded`)
			harness.Ask[bool](tab, `loaded`)
			tab.Open(site.URL + "/next")
			awaitTold(t, "asked-"+name, "cookies", "theme")
			awaitTold(t, "asked-"+name, "storage", "cart", "step")
			awaitTold(t, "asked-"+name, "hosts", "cdn.stats.test", "api.stats.test")
		})
	})
}
