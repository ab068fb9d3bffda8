package guard

import (
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// Scripts that come when the page has loaded, because their service was allowed then.

// waits are ways in which loaders wait for the page, each with what it notes when it is told.
var waits = []way{
	{"load on window", `window.addEventListener('load', note, false)`},
	{"load, no owner", `addEventListener('load', note)`},
	{"load, an object", `window.addEventListener('load', { handleEvent(e) { note.call(e.currentTarget, e) } })`},
	{"load, once", `window.addEventListener('load', note, { once: true, passive: true })`},
	{"load, twice", `window.addEventListener('load', note); window.addEventListener('load', note)`},
	{"onload", `window.onload = note`},
	{"DOMContentLoaded on document", `document.addEventListener('DOMContentLoaded', note)`},
	{"DOMContentLoaded on window", `window.addEventListener('DOMContentLoaded', note)`},
	{"DOMContentLoaded, capturing", `window.addEventListener('DOMContentLoaded', note, { capture: true })`},
	{"readystatechange", `document.addEventListener('readystatechange', note)`},
	{"onreadystatechange", `document.onreadystatechange = note`},
	{"Intercom", `const w = window, l = note; if (w.attachEvent) w.attachEvent('onload', l); else w.addEventListener('load', l, false)`},
}

// noted tells of an event what a listener sees of it.
const noted = `window.log = []; window.noting = way => function (e) {
	const name = o => o === window ? 'window' : o === document ? 'document' : String(o);
	log.push([way, e.type, name(this), name(e.currentTarget), name(e.target), e.eventPhase,
		e.bubbles, e instanceof Event, document.readyState].join(' '));
};`

func TestReleasedScriptEvents(t *testing.T) {
	var inTime, late, own strings.Builder
	for _, w := range waits {
		script := `<script>{ const note = noting('` + w.name + `'); ` + w.code + ` }`
		inTime.WriteString(script + "</script>\n")
		late.WriteString(script + " /* video.play( */</script>\n")
		own.WriteString(`{ const note = noting('own ` + w.name + `'); ` + w.code + " }\n")
	}
	_, site, p := guarded(t, harness.Watched, map[string]string{
		"/":       harness.Document(`<script>`+noted+`</script>`, late.String()+`<script src="https://video.test/snippet.js"></script>`),
		"/native": harness.Document(`<script>`+noted+`</script>`, inTime.String()),
	})
	p.Open(site.Portal.URL + "/native")
	p.Await(`document.readyState === 'complete' && log.length > 0`)
	native := harness.Resolve[[]string](p,
		`new Promise(done => setTimeout(() => done(log.filter(line => line.endsWith('complete') || line.includes('DOMContentLoaded')))))`)
	p.Open(site.URL)
	p.Await(harness.Settled)
	harness.Eval[string](p, marked)
	if n := harness.Eval[int](p, `log.length`); n > 0 {
		t.Fatalf("%d scripts run before they are allowed", n)
	}
	described := `JSON.stringify([EventTarget.prototype.addEventListener, EventTarget.prototype.removeEventListener,
		Object.getOwnPropertyDescriptor(window, 'onload').set]
		.map(f => [f.name, f.length, /native code/.test(Function.prototype.toString.call(f))]))`
	before := harness.Eval[string](p, described)
	p.Decide("grant", "{ video: true }")
	p.Await(`Boolean(window.ran) && ran.includes('video.test/snippet.js')`)
	if got := harness.Eval[string](p, described); got != before {
		t.Errorf("functions are told from native ones: %s, want %s", got, before)
	}
	// The page's own scripts are not told, now as ever.
	harness.Eval[bool](p, `(() => { const s = document.createElement('script'); s.textContent = `+"`"+own.String()+"`"+
		`; document.body.append(s); return true })()`)
	harness.Resolve[bool](p, `new Promise(done => setTimeout(() => setTimeout(() => done(true), 50)))`)
	got := harness.Eval[[]string](p, `log`)
	for i := range native {
		native[i] = strings.NewReplacer(" interactive", " complete").Replace(native[i])
	}
	slices.Sort(native)
	slices.Sort(got)
	for _, line := range native {
		if !slices.Contains(got, line) {
			t.Errorf("nothing tells it %q", line)
		}
	}
	for i, line := range got {
		if !slices.Contains(native, line) {
			t.Errorf("it is told %q", line)
		}
		if i > 0 && got[i-1] == line {
			t.Errorf("it is told %q twice", line)
		}
	}
	if !harness.Eval[bool](p, stayed) {
		t.Error("the page was loaded anew")
	}
}

func TestReleasedScriptDependencies(t *testing.T) {
	// What the world answers calls ran.push: from there it waits as if it did so itself.
	const head = `<script>` + noted + `window.ran = [];
		ran.push = function (path) {
			Array.prototype.push.call(this, path);
			if (path.endsWith('/widget.js')) addEventListener('load', noting('widget'));
			if (path.endsWith('/shy.js')) {
				const shy = noting('shy'), control = new AbortController;
				addEventListener('load', shy);
				removeEventListener('load', shy);
				addEventListener('load', noting('aborted'), { signal: control.signal });
				control.abort();
			}
			if (path === 'other.test/own.js') addEventListener('load', noting('own'));
		};</script>`
	_, site, p := guarded(t, harness.Watched, map[string]string{"/": harness.Document(head, `<script>video.play('');</script>
		<script>/* video.play( */ const s = document.createElement('script'); s.src = 'https://video.test/widget.js'; document.head.append(s)</script>
		<script src="https://video.test/shy.js"></script>`)})
	p.Open(site.URL)
	p.Await(harness.Settled)
	harness.Eval[string](p, `(window.video = { play() {} }, '')`)
	p.Decide("grant", "{ video: true }")
	p.Await(`ran.includes('video.test/widget.js') && ran.includes('video.test/shy.js') && log.length > 0`)
	harness.Eval[bool](p, `(() => { const s = document.createElement('script'); s.src = 'https://other.test/own.js'; `+
		`document.head.append(s); return true })()`)
	p.Await(`ran.includes('other.test/own.js')`)
	got := harness.Resolve[[]string](p, `new Promise(done => setTimeout(() => setTimeout(() => done(log), 50)))`)
	if want := []string{"widget load window window document 2 false true complete"}; !slices.Equal(got, want) {
		t.Errorf("told is %q, want %q", got, want)
	}
}

// A page may have given all objects more members, by oversight or by an old library.
func TestGrantPollutedPrototype(t *testing.T) {
	const polluted = `<script>for (const name of ['get', 'set']) Object.prototype[name] = () => {}; Object.prototype.writable = true</script>`
	_, site, p := guarded(t, many, map[string]string{
		"/hubs.js": theHubs,
		"/app.js":  `const mine = fbq; fbq('track', 'Search')`,
		"/": harness.Document(`<script>`+noted+`</script>`+hubs+polluted+facebook+
			`<script>/* connect.facebook.net/fbevents.js */ addEventListener('load', noting('late'))</script>`,
			`<script src="/app.js"></script>`),
	})
	p.Open(site.URL)
	p.Await(harness.Settled)
	harness.Eval[string](p, marked)
	p.Decide("accept", "undefined")
	p.Await(`log.length === 1 && told.length === 2`)
	harness.Eval[string](p, `mine('track', 'Late'), ''`)
	p.Await(`told.includes('fbq ["track","Late"]')`)
	if !harness.Eval[bool](p, stayed) {
		t.Error("the page was loaded anew")
	}
	for _, problem := range p.Problems() {
		t.Error(problem)
	}
}
