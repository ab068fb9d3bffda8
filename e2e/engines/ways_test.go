package engines

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// The guard holds every way in which a page can load from a host, or send to it, that needs consent: before there is a
// choice, after a refusal, and after a withdrawal. A grant loads what is held, once. To try some of them in one engine:
//
//	go test ./e2e/engines -run Ways/firefox -ways 'img|fetch'
//
// With CONSENT_E2E=required, as in CI, Chromium tries all of them and the other engines a share; else each tries a smaller share.
// CONSENT_WAYS=all lets each engine try all.

var (
	chosen   = flag.String("ways", "", "the ways to try, as a regular expression of their names")
	controls = flag.Bool("controls", false, "only see that the ways load without the module")
)

// way is one by which a page loads or sends. Its code is the body of an asynchronous function. There, url is the address
// of what is denied and free one that is not, box is an element of the page, target the name of a frame, and frame that
// frame. Also known are all of prelude.
type way struct {
	name, code string
	when       when
	// comes tells that a grant loads what was held. What a script asks for is not asked for anew.
	comes bool
	// may tells that it depends on the engine whether a grant does.
	may bool
	// not says of engines why the way does not load there.
	not map[string]string
	// leaks says of engines why the way is not held there. The test fails once it is.
	leaks map[string]string
	// connects tells that there is only a connection, and no request.
	connects bool
	// clicks tells that the visitor clicks on what has the id "go".
	clicks bool

	number int
}

// when tells how a way's page is made.
type when int

const (
	together when = iota // with others, when the page has loaded
	parsing              // with others, while the page is parsed
	alone                // on a page of its own, when that has loaded
	aloneParsing
	opening  // as together, with others that open a window: nothing is drawn of a page behind one, and no image in a style loads
	ordinary // as together, in a window that is not private: there, some do not load in advance
)

// attempts are how often ways are tried again that fail.
const attempts = 2

// share is how many ways there are for each that is tried where nothing else is said, in CI and elsewhere. It is prime, so
// that no kind of element, and no function, always falls on those that are left out.
func share() int {
	if harness.IsWhole() {
		return 5
	}
	return 11
}

// prelude is there for all ways.
const prelude = `
	const make = (tag, set, parent) => { const e = document.createElement(tag); if (set) set(e); if (parent) parent.append(e); return e };
	const svg = (tag, attributes, parent) => {
		const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
		for (const name in attributes) e.setAttribute(name, attributes[name]);
		if (parent) parent.append(e);
		return e;
	};
	const parsed = markup => new DOMParser().parseFromString(markup, 'text/html').body.firstChild;
	const once = (target, event) => new Promise(done => target.addEventListener(event, done, { once: true }));
	const blob = (content, type) => URL.createObjectURL(new Blob([content], { type }));
	const text = s => JSON.stringify(s);
	const keep = e => (window.kept = window.kept || []).push(e); // from garbage collection
`

// portal serves pages of ways, by their numbers.
func portal(ways []way) http.Handler {
	mux := http.NewServeMux()
	scripts := func(r *http.Request) (phase string, rows []way) {
		for _, n := range strings.Split(r.FormValue("rows"), ",") {
			if i, err := strconv.Atoi(n); err == nil && i < len(ways) {
				rows = append(rows, ways[i])
			}
		}
		return r.FormValue("phase"), rows
	}
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) {
		phase, rows := scripts(r)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = fmt.Fprint(w, `<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Ways</title><link rel="icon" href="data:,"></head><body>`+
			`<template id="template"><img></template>`)
		for _, row := range rows { // a script for each, as some write into the page
			_, _ = fmt.Fprintf(w, "<script src=\"/way.js?rows=%d&amp;phase=%s\"></script>\n", row.number, phase)
		}
		_, _ = fmt.Fprint(w, `<p id="end"></p></body></html>`)
	})
	mux.HandleFunc("GET /way.js", func(w http.ResponseWriter, r *http.Request) {
		phase, rows := scripts(r)
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		for _, row := range rows {
			label := row.label(phase)
			_, _ = fmt.Fprintf(w, `(() => {
				%s
				const way = async (url, free, box, target, frame) => {
					%s
				};
				window.failed = window.failed || [];
				window.ways = window.ways || [];
				const run = () => {
					const box = make('div'), target = 'f' + %[3]q, frame = make('iframe', e => { e.name = target });
					if (%[5]t) {
						if (document.body) document.body.append(box, frame);
						return way('https://%[4]s.video.test/w', 'https://%[4]s.free.test/w', box, target, frame).catch(e => { failed.push(%[6]q + ': ' + e) });
					}
					return way('https://%[4]s.video.test/w', 'https://%[4]s.free.test/w').catch(e => { failed.push(%[6]q + ': ' + e) });
				};
				if (%[7]t) run(); else ways.push(run);
			})();
			`, prelude, row.code, label, label, row.when != parsing && row.when != aloneParsing, row.name, row.when == parsing || row.when == aloneParsing)
		}
	})
	mux.HandleFunc("GET /blank", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, `<!DOCTYPE html><title>Blank</title><body>`)
	})
	mux.HandleFunc("GET /fragment", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!DOCTYPE html><body><img src="%s">`, r.FormValue("url"))
	})
	mux.HandleFunc("GET /worker.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = fmt.Fprint(w, `onmessage = e => fetch(e.data, { mode: 'no-cors' }).catch(() => 0); onconnect = e => { e.ports[0].onmessage = onmessage }`)
	})
	mux.HandleFunc("GET /redirect", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.FormValue("url"), http.StatusFound)
	})
	return mux
}

// label is the first part of the host that a way asks, so that it tells all by itself what was asked and when.
func (w way) label(phase string) string { return fmt.Sprintf("w%d-%s", w.number, phase) }

func TestWays(t *testing.T) {
	everywhere := *chosen != "" || os.Getenv("CONSENT_WAYS") == "all"
	all := ways()
	names := make(map[string]bool)
	for i := range all {
		all[i].number = i
		if names[all[i].name] {
			t.Fatalf("two are named %q", all[i].name)
		}
		names[all[i].name] = true
	}
	t.Logf("%d ways", len(all))
	only := regexp.MustCompile(*chosen)
	picked := slices.DeleteFunc(slices.Clone(all), func(w way) bool { return !only.MatchString(w.name) })
	if len(picked) == 0 {
		t.Fatalf("no way is named as %s", *chosen)
	}
	behind := httptest.NewServer(portal(all))
	t.Cleanup(behind.Close)
	plain := strings.Replace(behind.URL, "127.0.0.1", "localhost", 1)
	site := fmt.Sprintf("http://localhost:%d", harness.FreePort(t))
	harness.Caddy(t, fmt.Sprintf("%s {\n\tconsent {\n%s\n\t}\n\treverse_proxy %s\n}\n", site, harness.Watched,
		strings.TrimPrefix(behind.URL, "http://")))
	harness.Elsewhere()
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		picked := picked
		if whole := engine.Name == "chromium" && harness.IsWhole(); !everywhere && !whole {
			picked = slices.DeleteFunc(slices.Clone(picked), func(w way) bool { return w.number%share() != 0 })
		}
		t.Parallel() // mostly they wait

		r := &round{t: t, engine: engine, plain: plain, site: site, all: everywhere, faults: make(map[int][]string)}
		for _, batch := range batches(picked, engine.Name) {
			r.try(batch)
		}
		r.again(picked)
		r.late(picked)
		failing := 0
		for _, w := range picked {
			if len(r.faults[w.number]) > 0 {
				failing++
				t.Errorf("%s | %s: %s", engine.Name, w.name, strings.Join(r.faults[w.number], "; "))
			}
		}
		t.Logf("%s: %d of %d ways fail, %d were tried of %d", engine.Name, failing, len(picked), len(picked), len(all))
		if !everywhere && len(picked) < len(all) {
			t.Logf("%s: CONSENT_WAYS=all tries the others too", engine.Name)
		}
	})
}

// batches puts together what shares a page.
func batches(all []way, engine string) [][]way {
	const most = 40
	var pages [][]way
	shared, none := make(map[when][]way), make(map[when][]way)
	for _, w := range all {
		switch {
		case w.when == alone || w.when == aloneParsing:
			pages = append(pages, []way{w})
		case w.not[engine] != "":
			none[w.when] = append(none[w.when], w)
		default:
			shared[w.when] = append(shared[w.when], w)
		}
	}
	for _, kind := range []when{ordinary, opening, parsing, together} {
		pages = slices.AppendSeq(pages, slices.Chunk(shared[kind], most))
		pages = slices.AppendSeq(pages, slices.Chunk(none[kind], most)) // which load nothing
	}
	slices.Reverse(pages) // those of many first
	return pages
}

// round is what becomes of the ways in one engine.
type round struct {
	t           *testing.T
	engine      *harness.Engine
	plain, site string
	faults      map[int][]string
	all         bool
	attempt     int // counts those after the first
}

// phase names one so that it is not mistaken for that of another engine, or of ways that are tried again.
func (r *round) phase(name string) string {
	if r.attempt > 0 {
		name += fmt.Sprintf("-again%d", r.attempt)
	}
	return r.engine.Name + "-" + name
}

// leak says why a way is not held in this engine.
func (r *round) leak(w way) string { return w.leaks[r.engine.Name] }

func (r *round) fault(w way, format string, args ...any) {
	if what := fmt.Sprintf(format, args...); !slices.Contains(r.faults[w.number], what) {
		r.faults[w.number] = append(r.faults[w.number], what)
	}
}

// asked is how often the world was asked, by label.
func asked() map[string]int {
	all := make(map[string]int)
	for _, request := range harness.TheWorld().Requests() {
		if strings.HasPrefix(request.Path, "/favicon") {
			continue // of a page that one was led to
		}
		label, _, _ := strings.Cut(strings.ToLower(request.Host), ".")
		all[label]++
	}
	return all
}

// of tells of what was asked how often a way did so in a phase.
func (w way) of(asked map[string]int, phase string) int {
	label := w.label(phase)
	if w.connects && harness.TheRoad().Connected(label+".video.test") {
		return max(1, asked[label])
	}
	return asked[label]
}

// settled waits until the script of the notice has run, where it does.
const settled = `new Promise(done => { const began = Date.now(), look = () => typeof consent === 'object' || ` +
	`Date.now() - began > 3000 ? done(true) : setTimeout(look, 10); look() })`

// open opens the page of these ways, and lets it take them.
func (r *round) open(tab *harness.Tab, site, phase string, batch []way) (failed []string) {
	r.t.Helper()
	numbers := make([]string, len(batch))
	for i, w := range batch {
		numbers[i] = strconv.Itoa(w.number)
	}
	address := fmt.Sprintf("%s/page?phase=%s&rows=%s", site, phase, strings.Join(numbers, ","))
	if err := tab.TryOpen(address); err != nil {
		return []string{err.Error()}
	}
	if site == r.site {
		if _, err := harness.Try[bool](tab, settled); err != nil {
			return []string{err.Error()}
		}
	}
	failed, err := harness.Try[[]string](tab, `Promise.race([(async () => { const all = []; for (const way of window.ways || []) { all.push(way()); `+
		`await null } return Promise.all(all) })(), new Promise(done => setTimeout(done, 3000))]).then(() => window.failed || [])`)
	if err != nil {
		failed = []string{err.Error()}
	}
	for _, w := range batch {
		if w.clicks {
			tab.ClickOn("#go")
		}
	}
	settle(tab) // on a busy machine, what has begun may take long
	return failed
}

// missing are those of these that have not asked.
func missing(batch []way, phase string) []way {
	now := asked()
	return slices.DeleteFunc(slices.Clone(batch), func(w way) bool { return w.of(now, phase) > 0 })
}

// await waits until all these have asked, or none has for a while.
func (r *round) await(batch []way, phase string) []way {
	quiet := 6 * time.Second // on a busy machine, what a grant loads waits behind the guard's second file
	if len(batch) > 0 && batch[0].not[r.engine.Name] != "" {
		quiet = 2 * time.Second // most likely, nothing comes
	}
	left := batch
	for deadline := time.Now().Add(quiet); len(left) > 0 && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		still := missing(left, phase)
		if len(still) < len(left) {
			deadline = time.Now().Add(quiet)
		}
		left = still
	}
	return left
}

// settle waits until what the page has begun to load would have been asked of the world.
func settle(tab *harness.Tab) {
	_, _ = harness.Try[bool](tab, `new Promise(done => {
		let left = 4;
		const again = () => left-- ?
			setTimeout(() => fetch('https://nobody.test/' + left, { mode: 'no-cors' }).catch(() => 0).then(again), 50) : done(true);
		again();
	})`) // a page that goes away has asked
}

// choose gives an answer by what pages may call.
func choose(tab *harness.Tab, choice string, video bool, gone func() bool) error {
	if _, err := harness.Try[bool](tab, fmt.Sprintf(`setTimeout(() => { window.kept2 = consent.set(%q, { video: %t }) }), true`, choice,
		video)); err != nil {
		return err
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		answered, err := harness.Try[bool](tab,
			fmt.Sprintf(`typeof consent === 'object' && consent.get().then(c => c.state === 'given' && c.services.video === %t)`, video))
		if err == nil && answered || gone != nil && gone() {
			return nil
		}
	}
	return fmt.Errorf("the choice %s is not kept", choice)
}

// answer gives an answer on a page without any way.
func (r *round) answer(tab *harness.Tab, choice string, video bool) {
	r.t.Helper()
	tab.Open(r.site + "/blank")
	tab.Await(`typeof consent === 'object'`)
	if err := choose(tab, choice, video, nil); err != nil {
		r.t.Fatal(err)
	}
}

func (r *round) try(batch []way) {
	r.t.Helper()
	defer func(began time.Time, ways int, first string) {
		r.t.Logf("%s: %d ways like %q take %v", r.engine.Name, ways, first, time.Since(began).Round(time.Millisecond))
	}(time.Now(), len(batch), batch[0].name)

	visit := r.engine.Visit
	if batch[0].when == ordinary {
		visit = r.engine.VisitOrdinary
	}

	// The control.
	tab := visit(r.t)
	failed := r.open(tab, r.plain, r.phase("c"), batch)
	silent := r.await(batch, r.phase("c"))
	tab.Leave()
	if batch[0].not[r.engine.Name] != "" { // and so have all of them
		for _, w := range batch {
			if !slices.Contains(numbers(silent), w.number) {
				r.fault(w, "loads here all the same, though it says: %s", w.not[r.engine.Name])
			}
		}
		return
	}
	for _, w := range silent {
		why := ""
		for _, f := range failed {
			if what, ok := strings.CutPrefix(f, w.name+": "); ok || len(batch) == 1 {
				why = ", " + what
			}
		}
		r.fault(w, "control does not load%s", why)
	}
	batch = slices.DeleteFunc(slices.Clone(batch), func(w way) bool { return slices.Contains(numbers(silent), w.number) })
	if len(batch) == 0 || *controls {
		return
	}

	// After a refusal. That takes as long as all that is withdrawn below, which is much the same.
	if r.all && len(batch) > 1 {
		tab = visit(r.t)
		r.answer(tab, "refuse", false)
		r.open(tab, r.site, r.phase("r"), batch)
		settle(tab)
		tab.Leave()
	}

	// Before there is a choice, and then allowed.
	tab = visit(r.t)
	r.open(tab, r.site, r.phase("b"), batch)
	settle(tab)
	before, now := make(map[int]int), asked()
	for _, w := range batch {
		switch before[w.number] = w.of(now, r.phase("b")); {
		case r.leak(w) != "" && before[w.number] == 0:
			r.fault(w, "is held, though it says: %s", r.leak(w))
		case r.leak(w) == "" && before[w.number] > 0:
			r.fault(w, "leaks before a choice")
		}
	}
	var coming []way
	for _, w := range batch {
		if w.comes && before[w.number] == 0 {
			coming = append(coming, w)
		}
	}
	gone := func() bool { return len(coming) > 0 && len(missing(coming, r.phase("b"))) == 0 } // where a grant leads the page away
	granted := choose(tab, "grant", true, gone) == nil
	if granted {
		for _, w := range r.await(coming, r.phase("b")) {
			r.fault(w, "not loaded after a grant")
		}
		settle(tab)
		now := asked()
		for _, w := range batch {
			switch n := w.of(now, r.phase("b")); {
			case before[w.number] > 0 || r.leak(w) != "":
			case !w.comes && !w.may && n > 0:
				r.fault(w, "replayed after a grant")
			case n > max(1, w.of(now, r.phase("c"))):
				r.fault(w, "loaded %d times after a grant", n)
			}
		}
	} else {
		for _, w := range coming {
			r.fault(w, "the page is not there to grant")
		}
	}

	// Allowed when the page comes.
	if !granted || gone() && len(batch) == 1 {
		r.answer(tab, "grant", true)
	}
	r.open(tab, r.site, r.phase("g"), batch)
	for _, w := range r.await(batch, r.phase("g")) {
		r.fault(w, "does not load where it is allowed")
	}

	// Withdrawn.
	r.answer(tab, "refuse", false)
	r.open(tab, r.site, r.phase("w"), batch)
	settle(tab)
	tab.Leave()
}

// again tries those once more that fail and do not leak: one of the others may have kept them from loading, or the
// machine was too busy. A few get a page each, which is the fairest; many do once they have become few.
func (r *round) again(picked []way) {
	r.t.Helper()
	const few = 12
	for r.attempt = 1; r.attempt <= attempts; r.attempt++ {
		var doubtful []way
		for _, w := range picked {
			if faults := r.faults[w.number]; len(faults) > 0 && w.not[r.engine.Name] == "" && !strings.Contains(strings.Join(faults, " "), "leaks") {
				doubtful = append(doubtful, w)
				delete(r.faults, w.number)
			}
		}
		if len(doubtful) > few {
			for _, batch := range batches(doubtful, r.engine.Name) {
				r.try(batch)
			}
			continue
		}
		for _, w := range doubtful {
			r.try([]way{w})
		}
	}
}

// late judges what must not have been asked when all is over.
func (r *round) late(all []way) {
	now := asked()
	for r.attempt = 0; r.attempt <= attempts; r.attempt++ {
		for _, w := range all {
			if r.leak(w) != "" {
				continue
			}
			if w.of(now, r.phase("r")) > 0 {
				r.fault(w, "leaks refused")
			}
			if w.of(now, r.phase("w")) > 0 {
				r.fault(w, "leaks withdrawn")
			}
		}
	}
}

func numbers(ways []way) (all []int) {
	for _, w := range ways {
		all = append(all, w.number)
	}
	return all
}
