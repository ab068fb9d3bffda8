package engines

import (
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// stored are the services of these tests: keys with a star, without one, and with characters that no cookie has.
const stored = `
	service video {
		purpose embeds
		storage vid_* vid "clé; =1" video-data* "vid$.(x)|^"
	}
	service stats {
		purpose statistics
		storage st_*
		exempt
	}
`

// keeping lets a page use each kind of storage. keeps(name) tells by what values under a name can be read that were to be
// kept, left by what they can be found in the browser.
const keeping = `
	const opened = request => new Promise(done => {
		request.onupgradeneeded = () => request.result.createObjectStore('s');
		request.onsuccess = () => { request.result.close(); done('opened'); };
		request.onerror = event => { event.preventDefault(); done(request.error.name); };
	});
	const keys = area => Array.from({ length: area.length }, (_, i) => area.key(i));
	window.put = async name => {
		localStorage.setItem(name, 'value');
		sessionStorage.setItem(name, 'value');
		return [await opened(indexedDB.open(name)), await caches.open(name).then(async cache => { await cache.put('/kept', new Response('value')); return 'opened'; }, error => error.name)].join();
	};
	window.keeps = async name => [
		...[localStorage, sessionStorage].flatMap(area => [area.getItem(name), area[name] || null, keys(area).includes(name), Object.keys(area).includes(name), name in JSON.parse(JSON.stringify(area))]),
		(await indexedDB.databases()).some(d => d.name === name), await caches.has(name), (await caches.keys()).includes(name), !!(await caches.match('/kept', { cacheName: name })),
	].map(found => found ? 1 : 0).join('');
`

const (
	all  = `'11111111111111'`
	none = `'00000000000000'`
)

// names are those that are tried: of the service that needs consent, and of nobody.
const denied, free = "['vid_a', 'vid', 'clé; =1', 'video-data\\n', 'vid$.(x)|^']", "['own', 'vidéo', 'video', 'vid$x(x)|^']"

// storing is a site that declares these, and a new visitor of it. One of its addresses is no page: there is no guard there.
func storing(t *testing.T, engine *harness.Engine) (site string, tab *harness.Tab) {
	t.Helper()
	page := harness.Document("<script>"+keeping+"</script>", "")
	return harness.Serve(t, stored, map[string]string{"/": page, "/more": page, "/text.css": "/* */"}).URL, engine.Visit(t)
}

// every tells whether an expression about name is so for every one of these.
func every(names, expression string) string {
	return `(async () => { for (const name of ` + names + `) if (!(` + expression + `)) return name + ': ' + await keeps(name); return '' })()`
}

func isSo(t *testing.T, tab *harness.Tab, what, expression string) {
	t.Helper()
	if differs := harness.Ask[string](tab, expression); differs != "" {
		t.Errorf("%s: %s", what, differs)
	}
}

func isRefused(t *testing.T, tab *harness.Tab, when, names string) {
	t.Helper()
	isSo(t, tab, when+", denied names are refused", every(names, `/^AbortError,SecurityError$/.test(await put(name)) && await keeps(name) === `+none))
}

func isKept(t *testing.T, tab *harness.Tab, when, names string) {
	t.Helper()
	isSo(t, tab, when+", these are kept", every(names, `await put(name) === 'opened,opened' && await keeps(name) === `+all))
}

// leave puts values under names where no guard is.
func leave(t *testing.T, tab *harness.Tab, site, names string) {
	t.Helper()
	tab.Open(site + "/text.css")
	harness.Ask[bool](tab, `(() => {`+keeping+`; return true })()`)
	isKept(t, tab, "without a guard", names)
}

func TestStorageDenied(t *testing.T) {
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		site, tab := storing(t, engine)
		tab.Open(site)
		tab.Await(harness.Settled)
		isRefused(t, tab, "before the choice", denied)
		isKept(t, tab, "before the choice", free)
		isKept(t, tab, "before the choice, exempt", `['st_a']`)
		if err := choose(tab, "refuse", false, nil); err != nil {
			t.Fatal(err)
		}
		tab.Open(site + "/more")
		tab.Await(harness.Settled)
		isRefused(t, tab, "after a refusal", denied)
		isRefused(t, tab, "after a refusal, exempt", `['st_a']`)
		isSo(t, tab, "after a refusal, others stay", every(free, `await keeps(name) === `+all))
	})
}

// Nothing is loaded anew: what is granted works at once, and what is withdrawn is deleted at once.
func TestStorageChoice(t *testing.T) {
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		site, tab := storing(t, engine)
		tab.Open(site)
		tab.Await(harness.Settled)
		isRefused(t, tab, "before the choice", denied)
		isKept(t, tab, "before the choice", free)
		harness.Ask[string](tab, `window.same = "this very document"`)
		set := func(video bool) {
			t.Helper()
			if err := choose(tab, "custom", video, nil); err != nil {
				t.Fatal(err)
			}
		}
		set(true)
		tab.Await(`put('vid').then(told => told === 'opened,opened')`)
		isKept(t, tab, "after a grant", denied)
		set(false)
		for _, name := range []string{"vid_a", "vid", "video-data\\n"} {
			tab.Await(`keeps('` + name + `').then(found => found === ` + none + `)`)
		}
		isRefused(t, tab, "after a withdrawal", denied)
		isSo(t, tab, "after a withdrawal, others stay", every(free, `await keeps(name) === `+all))
		if harness.Ask[string](tab, `window.same || ''`) == "" {
			t.Error("the page was loaded anew")
		}
		// Nor is anything there where no guard looks.
		tab.Open(site + "/text.css")
		harness.Ask[bool](tab, `(() => {`+keeping+`; return true })()`)
		isSo(t, tab, "in the browser", every(denied, `await keeps(name) === `+none))
	})
}

func TestStorageLeftovers(t *testing.T) {
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		site, tab := storing(t, engine)
		leave(t, tab, site, denied)
		harness.Ask[bool](tab, `(localStorage.setItem('own', 1), true)`)
		leftover := `indexedDB.databases().then(all => String(all.length))`
		if got := harness.Ask[string](tab, leftover); got != "5" {
			t.Fatalf("%s databases are left over", got)
		}
		tab.Open(site)
		isSo(t, tab, "in all caches", `caches.match('/kept').then(found => found === undefined ? '' : 'found', String)`)
		isSo(t, tab, "on a page, at once", every(denied, `[localStorage, sessionStorage].every(area => area.getItem(name) === null && !(Object.keys(area).includes(name)))`))
		tab.Await(harness.Settled)
		tab.Open(site + "/text.css")
		harness.Ask[bool](tab, `(() => {`+keeping+`; return true })()`)
		for _, name := range []string{"vid_a", "vid", "video-data\\n"} {
			tab.Await(`keeps('` + name + `').then(found => found === ` + none + `)`)
		}
		tab.Await(leftover + `.then(n => n === '0')`)
		if got := harness.Ask[string](tab, `Object.keys(localStorage).join()`); got != "own" {
			t.Errorf("there are %q", got)
		}
	})
}

// What is set as a property of an area is refused where the key has no star; under a pattern it goes with the page.
func TestStorageProperties(t *testing.T) {
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		site, tab := storing(t, engine)
		tab.Open(site)
		tab.Await(harness.Settled)
		isSo(t, tab, "a name", `(async () => {
			localStorage.vid = 1;
			localStorage['clé; =1'] = 1;
			localStorage.own = 1;
			localStorage.vid_a = 1;
			const there = [];
			for (const name in localStorage) if (!(name in Storage.prototype)) there.push(name);
			return [localStorage.vid, localStorage.own, localStorage.getItem('vid_a'), delete localStorage.vid, delete localStorage.other,
				there.sort(), Object.keys(localStorage).sort(), JSON.stringify(localStorage.own)].join() === ',1,,true,true,own,vid_a,own,vid_a,"1"' ? '' :
				[localStorage.vid, localStorage.own, localStorage.getItem('vid_a'), there, Object.keys(localStorage)].join();
		})()`)
		tab.Open(site + "/text.css")
		if got := harness.Ask[string](tab, `Object.keys(localStorage).join()`); got != "own" {
			t.Errorf("after the page there are %s", got)
		}
	})
}

// A page that has stayed open beside a new choice does not delete what that allows.
func TestStorageStalePage(t *testing.T) {
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		site, tab := storing(t, engine)
		tab.Open(site)
		tab.Await(harness.Settled)
		other := tab.NewTab()
		other.Open(site + "/more")
		other.Await(harness.Settled)
		if err := choose(other, "accept", true, nil); err != nil {
			t.Fatal(err)
		}
		other.Await(`put('vid').then(told => told === 'opened,opened')`)
		harness.Ask[bool](other, `(localStorage.setItem('vid_a', 1), true)`)
		isSo(t, tab, "the page of before", every(`['vid_a', 'vid']`, `localStorage.getItem(name) === null`))
		tab.Open(site + "/text.css")
		tab.Await(`Object.keys(localStorage).sort().join() === 'vid,vid_a'`) // Chromium's processes tell each other late
	})
}

// In a sandbox there is no storage: nothing else than the browser's own errors comes of it.
func TestStorageSandbox(t *testing.T) {
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		site := harness.Serve(t, stored, map[string]string{
			"/": harness.Document("", `<script>addEventListener('message', event => { window.told = event.data })</script><iframe sandbox="allow-scripts" src="/in"></iframe>`),
			"/in": harness.Document(`<script>window.errors = []; onerror = message => { errors.push(message) }; onunhandledrejection = event => { errors.push(String(event.reason)) }</script>`,
				`<script>
				const told = [];
				for (const use of [() => localStorage, () => sessionStorage, () => indexedDB.open('vid'), () => indexedDB.open('own')]) {
					try { use(); told.push('works') } catch (error) { told.push(error.name) }
				}
				addEventListener('load', () => setTimeout(() => parent.postMessage([...told, ...errors].join(), '*'), 50));
			</script>`),
		})
		tab := engine.Visit(t)
		tab.Open(site.URL)
		tab.Await(`window.told !== undefined`)
		if got := harness.Ask[string](tab, `told`); got != "SecurityError,SecurityError,SecurityError,SecurityError" {
			t.Errorf("told is %s", got)
		}
	})
}

func TestStorageRealms(t *testing.T) {
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		site, tab := storing(t, engine)
		tab.Open(site)
		tab.Await(harness.Settled)
		isSo(t, tab, "a frame without an address", `(async () => {
			const frame = document.createElement('iframe');
			document.body.append(frame);
			const { localStorage: area, Storage } = frame.contentWindow;
			area.setItem('vid', 1);
			area.vid = 1;
			Storage.prototype.setItem.call(localStorage, 'vid_a', 1);
			area.setItem('own', 1);
			return Object.keys(localStorage).join() === 'own' ? '' : Object.keys(localStorage).join();
		})()`)
		// A page of another tab that may store: its events are not told, and others are.
		harness.Ask[bool](tab, `(window.told = [], addEventListener('storage', event => told.push(event.key)), onstorage = event => told.push(event.key), true)`)
		other := tab.NewTab()
		other.Open(site + "/text.css")
		harness.Ask[bool](other, `(localStorage.setItem('vid_b', 1), localStorage.setItem('vid', 1), localStorage.setItem('last', 1), true)`)
		tab.Await(`told.includes('last')`)
		if got := harness.Ask[string](tab, `told.filter(key => key !== 'own').join()`); got != "last,last" {
			t.Errorf("told of are %s", got)
		}
	})
}
