package guard

import (
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// Pages that come through a service worker of the site: one that passes navigations on, and one that keeps a page
// and shows it for each address, as application shells do.

const (
	passesOn = `self.addEventListener("install", () => skipWaiting());
self.addEventListener("activate", e => e.waitUntil(clients.claim()));
self.addEventListener("fetch", e => e.respondWith(fetch(e.request)));`
	keeps = `self.addEventListener("install", e => e.waitUntil(caches.open("shell").then(c => c.addAll(["/shell"])).then(() => skipWaiting())));
self.addEventListener("activate", e => e.waitUntil(clients.claim()));
self.addEventListener("fetch", e => e.request.mode + e.request.method === "navigateGET" && e.respondWith(caches.match("/shell")));`
	// registers a worker and waits until pages come through it.
	registers = `<script>window.ready = navigator.serviceWorker.register("/worker.js").then(() => navigator.serviceWorker.controller || ` +
		`new Promise(done => navigator.serviceWorker.addEventListener("controllerchange", done))).then(() => true)</script>`
	// loads from a service, in markup and by a script.
	loads = `<iframe src="https://www.video.test/film"></iframe><script src="https://video.test/a.js"></script>` +
		`<script>document.body.append(Object.assign(new Image(), { src: "https://img.video.test/pixel" }))</script>`
)

func workerSite(t *testing.T, worker string, lines ...string) (harness.Site, *harness.World, *harness.Page) {
	t.Helper()
	s := harness.Serve(t, harness.Watched+strings.Join(lines, ""), map[string]string{
		"/start": harness.Document(registers, ""), "/worker.js": worker,
		"/page": harness.Document("", "<h1>Page</h1>"+loads), "/shell": harness.Document("", "<h1>Coquille</h1>"+loads),
	})
	world := harness.Elsewhere()
	p := harness.Browser(t, world.Settings).Visit(t, harness.Visitor{})
	p.Open(s.URL + "/start")
	if !harness.Resolve[bool](p, "ready") {
		t.Fatal("there is no worker")
	}
	return s, world, p
}

func TestWorkerPassthroughPage(t *testing.T) {
	s, world, p := workerSite(t, passesOn)
	p.Open(s.URL + "/page")
	p.Await(harness.NoticeShown)
	world.Silent(t, "before the choice")
	p.Answer("Tout refuser")
	p.Await(harness.ManageShown)
	p.Reload()
	p.Await(harness.ManageShown)
	world.Silent(t, "after a refusal")
}

func TestWorkerCachedPage(t *testing.T) {
	s, world, p := workerSite(t, keeps)
	isKept := func(when string) {
		t.Helper()
		if title := harness.Eval[string](p, `document.querySelector("h1").textContent`); title != "Coquille" {
			t.Fatalf("%s: %s", when, title)
		}
	}
	awaits := func(when string) {
		t.Helper()
		for _, host := range []string{"www.video.test", "video.test", "img.video.test"} {
			world.Await(t, func(asked string) bool { return asked == host }, when+": "+host)
		}
	}
	p.Open(s.URL + "/anything")
	isKept("before the choice")
	p.Await(harness.NoticeShown)
	world.Silent(t, "before the choice")

	p.Await(harness.Settled)
	p.Answer("Tout accepter")
	p.Await(harness.ManageShown)
	awaits("after the grant")
	world.Forget()
	p.Open(s.URL + "/another")
	isKept("after the grant")
	p.Await(harness.ManageShown)
	awaits("on the next page")
	if harness.Eval[bool](p, `!!document.querySelector("#caddy-consent")`) {
		t.Error("it is asked again")
	}

	p.OpenSettings("Gérer mes cookies")
	p.Answer("Tout refuser")
	p.Await(harness.ManageShown)
	world.Forget()
	p.Open(s.URL + "/third")
	isKept("after the withdrawal")
	p.Await(harness.ManageShown)
	world.Silent(t, "after the withdrawal")
	if problems := p.Problems(); strings.Contains(strings.Join(problems, "\n"), "rror") {
		t.Errorf("%q", problems)
	}
}

// A page that a worker has kept came as for one who refuses: what its visitor has allowed to be stored stays.
func TestWorkerCachedPageStorage(t *testing.T) {
	s, _, p := workerSite(t, keeps, "service chat {\n purpose embeds\n storage chat chat_*\n}\n")
	store := `(localStorage.setItem('chat', 1), localStorage.setItem('chat_a', 1), localStorage.setItem('own', 1), Object.keys(localStorage).sort().join())`
	p.Open(s.URL + "/anything")
	p.Await(harness.NoticeShown)
	if got := harness.Eval[string](p, store); got != "own" {
		t.Errorf("before the choice there are %s", got)
	}
	p.Await(harness.Settled)
	p.Answer("Tout accepter")
	p.Await(harness.ManageShown)
	p.Await(store + ` === 'chat,chat_a,own'`)
	for _, path := range []string{"/another", "/third"} {
		p.Open(s.URL + path)
		p.Await(harness.ManageShown)
		if got := harness.Eval[string](p, `Object.keys({ ...localStorage }).sort().join() + localStorage.getItem('chat')`); got != "chat,chat_a,own1" {
			t.Errorf("after the grant, at %s there are %s", path, got)
		}
	}
	p.OpenSettings("Gérer mes cookies")
	p.Answer("Tout refuser")
	p.Await(`Object.keys(localStorage).join() === 'own'`)
}
