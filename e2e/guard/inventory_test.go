package guard

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
	"github.com/caddy-consent/caddy-consent/internal/inventory"
	"github.com/caddy-consent/caddy-consent/internal/telemetry"
)

// What browsers tell of what scripts load and keep, as the site's inventory has it.

// known is the inventory of the one running site with that name.
func known(t *testing.T, name string) *telemetry.Site {
	t.Helper()
	for _, s := range telemetry.Running() {
		if s.Name == name {
			return s
		}
	}
	t.Fatal("the site does not run")
	return nil
}

func named(items []inventory.Item) []string {
	var names []string
	for _, item := range items {
		if strings.HasSuffix(strings.Join(item.Where, " "), "report") {
			names = append(names, item.Name)
		}
	}
	return names
}

// awaitNames waits until browsers have told of all these names, and returns those that they have not told of.
func awaitNames(items func() []inventory.Item, names ...string) (missing []string) {
	for deadline := time.Now().Add(45 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		told := named(items())
		missing = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(told, name) })
		if len(missing) == 0 || time.Now().After(deadline) {
			return missing
		}
	}
}

// loadsByScript names no host in its markup.
const loadsByScript = `<link rel="stylesheet" href="/site.css"><script>
	const host = name => 'https://' + name + '.example';
	document.head.append(Object.assign(document.createElement('script'), { src: host('cdn') + '/a.js' }));
	addEventListener('DOMContentLoaded', () => {
		document.body.append(Object.assign(document.createElement('iframe'), { src: host('frames') + '/f' }));
		new Image().src = host('pixels') + '/p.gif';
	});
	new Worker('/worker.js');
	new Worker(URL.createObjectURL(new Blob(["fetch('" + host('blobs') + "/x')"])));
	window.violations = [];
	addEventListener('securitypolicyviolation', event => violations.push(event.disposition));
</script>`

var scriptedPages = map[string]string{
	"/":          harness.Document(loadsByScript, `<p style="font-family: f">Texte</p>`),
	"/site.css":  `@font-face { font-family: f; src: url(https://fonts.example/f.woff2) }`,
	"/worker.js": `fetch('https://workers.example/w')`,
}

func TestObservedScripts(t *testing.T) {
	hosts := []string{"cdn.example", "frames.example", "pixels.example", "workers.example", "blobs.example", "fonts.example"}
	t.Run("report", func(t *testing.T) {
		world, site, p := guarded(t, "site observed\nmode observe", scriptedPages)
		p.Open(site.URL + "/")
		if missing := awaitNames(known(t, "observed").Hosts, hosts...); len(missing) > 0 {
			t.Errorf("nobody tells of %v, but of %v", missing, named(known(t, "observed").Hosts()))
		}
		for _, host := range hosts { // nothing is stopped
			world.Await(t, func(asked string) bool { return asked == host }, host)
		}
		for _, item := range known(t, "observed").Hosts() {
			if item.Done["blocked"] > 0 || strings.Contains(item.Name, "localhost") {
				t.Errorf("%+v", item)
			}
		}
		if dispositions := harness.Eval[[]string](p, `violations`); len(dispositions) == 0 || slices.Contains(dispositions, "enforce") {
			t.Errorf("violations: %v", dispositions)
		}
	})
	t.Run("quiet", func(t *testing.T) {
		world, site, p := guarded(t, "site quiet\nmode observe\nobserve quiet", scriptedPages)
		p.Open(site.URL + "/")
		for _, host := range hosts {
			world.Await(t, func(asked string) bool { return asked == host }, host)
		}
		settle(p)
		if told, heard := named(known(t, "quiet").Hosts()), harness.Eval[[]string](p, `violations`); len(told)+len(heard) > 0 {
			t.Errorf("browsers tell of %v, the page hears %v", told, heard)
		}
	})
}

// keepsByScript leaves values that nobody may ever hear of.
const keepsByScript = `<script>
	document.cookie = 'theme=SECRET; path=/'; document.cookie = 'vid_x=SECRET; path=/';
	localStorage.setItem('cart', 'SECRET'); sessionStorage.setItem('step', 'SECRET'); localStorage.setItem('é', 'SECRET');
	localStorage.setItem('x'.repeat(129), 'SECRET');
	document.head.append(Object.assign(document.createElement('script'), { src: 'https://video.test/a.js?SECRET' }));
	window.loaded = fetch('https://cdn.example/SECRET', { mode: 'no-cors' }).then(() => true);
	// A page's script comes too late to hear what is told, or to tell more.
	window.beacons = [];
	navigator.sendBeacon = (...args) => beacons.push(args);
	Navigator.prototype.sendBeacon = (...args) => beacons.push(args);
</script>`

func TestToldNames(t *testing.T) {
	pages := map[string]string{"/": harness.Document(keepsByScript, "<p>Page</p>"), "/next": harness.Document("", "<p>Suite</p>")}
	for name, leave := range map[string]func(*harness.Page, harness.Site){
		"left":   func(p *harness.Page, s harness.Site) { p.Open(s.URL + "/next") },
		"hidden": func(p *harness.Page, _ harness.Site) { p.NewPage().Show() },
	} {
		t.Run(name, func(t *testing.T) {
			_, site, p := guarded(t, "site told-"+name+"\ninventory browser\nnecessary theme\n"+harness.Watched, pages)
			p.Open(site.URL + "/")
			harness.Resolve[bool](p, `loaded`)
			settle(p)
			leave(p, site)
			seen := known(t, "told-"+name)
			for kind, c := range map[string]struct {
				items func() []inventory.Item
				want  []string
			}{
				"cookies": {seen.Cookies, []string{"theme", "vid_x"}},
				"storage": {seen.Storage, []string{"cart", "step"}},
				"hosts":   {seen.Hosts, []string{"cdn.example", "video.test"}},
			} {
				if missing := awaitNames(c.items, c.want...); len(missing) > 0 {
					t.Errorf("%s: nobody tells of %v, but of %v", kind, missing, named(c.items()))
				}
				for _, item := range c.items() {
					if strings.Contains(item.Name+item.Path, "SECRET") || len(item.Name) > 128 || item.Name == "é" || item.Name == "localhost" {
						t.Errorf("%s: %q is told of, at %q", kind, item.Name, item.Path)
					}
				}
			}
			for _, item := range seen.Hosts() {
				if want := map[string]string{"cdn.example": "passed", "video.test": "blocked"}[item.Name]; want != "" && item.Done[want] == 0 {
					t.Errorf("%+v", item)
				}
			}
		})
	}
}

// A page's own policy keeps what is told from nobody.
func TestToldUnderPolicy(t *testing.T) {
	site := harness.Serve(t, "site strictly\ninventory browser\nnecessary theme", map[string]string{
		"/": harness.Document("", "<p>Page</p>"), "/next": harness.Document("", "<p>Suite</p>"),
	}, "Content-Security-Policy: default-src 'none'", "Set-Cookie: theme=1")
	p := harness.Browser(t, harness.Elsewhere().Settings).Visit(t, harness.Visitor{})
	p.Open(site.URL + "/")
	p.Open(site.URL + "/next")
	if missing := awaitNames(known(t, "strictly").Cookies, "theme"); len(missing) > 0 {
		t.Errorf("nobody tells of %v", missing)
	}
}

// A page that changes the language beneath it hears of no error.
func TestToldSilently(t *testing.T) {
	_, site, p := guarded(t, "site silent\ninventory browser", map[string]string{
		"/": harness.Document(`<script>
			localStorage.setItem('cart', '1');
			addEventListener('error', event => localStorage.setItem('failed', event.message));
			addEventListener('pagehide', () => localStorage.setItem('left', '1'));
			Object.keys = JSON.stringify = () => { throw new Error('changed'); };
		</script>`, "<p>Page</p>"), "/next": harness.Document("", "<p>Suite</p>"),
	})
	p.Open(site.URL + "/")
	p.Open(site.URL + "/next")
	if kept := harness.Eval[string](p, `localStorage.getItem('left') + (localStorage.getItem('failed') || '')`); kept != "1" {
		t.Errorf("the page hears %q", kept)
	}
}

// Without the option nothing is sent.
func TestToldOnlyIfAsked(t *testing.T) {
	for lines, want := range map[string]string{"": "", "inventory browser\n": "/_consent/inventory"} {
		t.Run(want, func(t *testing.T) {
			_, site, p := guarded(t, "site untold"+want+"\nnecessary theme\n"+lines+harness.Watched, map[string]string{
				"/": harness.Document(strings.Split(keepsByScript, "// A page")[0]+"</script>", "<p>Page</p>"), "/next": harness.Document("", "<p>Suite</p>"),
			})
			p.Before(`Object.defineProperty(navigator, 'sendBeacon', { value: url => localStorage.setItem('sent', url) })`)
			p.Open(site.URL + "/")
			harness.Resolve[bool](p, `loaded`)
			p.Open(site.URL + "/next")
			if sent := harness.Eval[string](p, `(localStorage.getItem('sent') || '').replace(location.origin, '')`); sent != want {
				t.Errorf("something is sent to %q, want %q", sent, want)
			}
			seen := known(t, "untold"+want)
			if told := slices.Concat(named(seen.Cookies()), named(seen.Storage()), named(seen.Hosts())); len(told) > 0 {
				t.Errorf("browsers tell of %v", told)
			}
		})
	}
}
