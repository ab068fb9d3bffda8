// Package guard sees in a real Chromium what the guard holds back, gives back and leaves as it is.
package guard

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/caddy-consent/caddy-consent"
	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

func TestMain(m *testing.M) {
	harness.Main(m, harness.HasChromium)
}

// What the guard holds back of what scripts do, and what it leaves as it is.

// choose writes the choice as the portal itself would: for the next page that is opened.
func choose(p *harness.Page, services string) {
	harness.Eval[string](p, `document.cookie = 'cookies_preferences=' + encodeURIComponent(JSON.stringify({ timestamp: Date.now(), ...`+services+
		` })) + '; path=/; max-age=9999'`)
}

// guarded is a site with these lines and pages, and a new visitor of it.
func guarded(t *testing.T, lines string, pages map[string]string) (*harness.World, harness.Site, *harness.Page) {
	t.Helper()
	world := harness.Elsewhere()
	site := harness.Serve(t, lines, pages)
	return world, site, harness.Browser(t, world.Settings).Visit(t, harness.Visitor{})
}

// seen tells whether the world was asked for a path.
func seen(world *harness.World, path string) bool {
	return slices.ContainsFunc(world.Requests(), func(r harness.Request) bool { return r.Path == path })
}

// await waits until the world was asked for all these paths, and tells of those that it was not.
func await(world *harness.World, paths ...string) (missing []string) {
	for deadline := time.Now().Add(45 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		missing = slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return seen(world, path) })
		if len(missing) == 0 || time.Now().After(deadline) {
			return missing
		}
	}
}

// settle waits until what the page has begun to load would have been asked of the world.
func settle(p *harness.Page) {
	harness.Resolve[bool](p, `new Promise(done => requestIdleCallback(done, { timeout: 5000 }))
		.then(() => fetch('https://nobody.test/' + performance.now(), { mode: 'no-cors' })).then(() => true)`)
}

// way is one by which a script loads or sends. In its code url is the address of what is denied, box an
// element of the page.
type way struct {
	name, code string
}

func element(tag, code string) string {
	return `const e = document.createElement('` + tag + `'); ` + code
}

// ways are those that a page takes when it is there; parsing are those that it takes before.
func ways() (ways, parsing []way) {
	add := func(name, code string) { ways = append(ways, way{name, code}) }
	add("fetchLater", `fetchLater(url, { activateAfter: 0 })`) // first: frames share its quota
	attribute := map[string]string{
		"script": "src", "iframe": "src", "img": "src", "embed": "src", "object": "data", "video": "src", "audio": "src",
	}
	for _, tag := range slices.Sorted(maps.Keys(attribute)) {
		name := attribute[tag]
		add(tag+" property, appended later", element(tag, `e.`+name+` = url; box.append(e)`))
		add(tag+" property, appended first", element(tag, `box.append(e); e.`+name+` = url`))
		add(tag+" setAttribute", element(tag, `e.setAttribute('`+strings.ToUpper(name)+`', url); box.append(e)`))
		add(tag+" setAttributeNS", element(tag, `box.append(e); e.setAttributeNS(null, '`+name+`', url)`))
		add(tag+" setAttributeNode", element(tag, `const a = document.createAttribute('`+name+`'); a.value = url; e.setAttributeNode(a); box.append(e)`))
		add(tag+" innerHTML", "")
		if tag == "script" { // innerHTML runs none
			ways = ways[:len(ways)-1]
			add("script createContextualFragment", `box.append(document.createRange().createContextualFragment('<script src="' + url + '"></' + 'script>'))`)
			continue
		}
		markup := fmt.Sprintf("`<%s %s=\"${url}\"></%s>`", tag, name, tag)
		ways[len(ways)-1].code = `box.innerHTML = ` + markup
		add(tag+" outerHTML", `box.append(document.createElement('p')); box.firstChild.outerHTML = `+markup)
		add(tag+" insertAdjacentHTML", `box.insertAdjacentHTML('afterbegin', `+markup+`)`)
		add(tag+" createContextualFragment", `box.append(document.createRange().createContextualFragment(`+markup+`))`)
		add(tag+" setHTMLUnsafe", `box.setHTMLUnsafe(`+markup+`)`)
		add(tag+" DOMParser, importNode", `box.append(document.importNode(new DOMParser().parseFromString(`+markup+`, 'text/html').body.firstChild, true))`)
		add(tag+" DOMParser, adoptNode", `box.append(document.adoptNode(new DOMParser().parseFromString(`+markup+`, 'text/html').body.firstChild))`)
		add(tag+" template", `const t = document.createElement('template'); t.innerHTML = `+markup+`; box.append(t.content.cloneNode(true))`)
		add(tag+" shadow root", `const host = document.createElement('p'); host.attachShadow({ mode: 'open' }).innerHTML = `+markup+`; box.append(host)`)
		add(tag+" closed shadow root", element(tag,
			`e.`+name+` = url; const host = document.createElement('p'); host.attachShadow({ mode: 'closed' }).append(e); box.append(host)`))
	}
	for _, c := range []way{
		{"img srcset", element("img", `e.srcset = url + ' 1x, /other.gif 2x'`)},
		{"img srcset, second", element("img", `e.srcset = '/other.gif 9x, ' + url + ' 1x'; box.append(e)`)},
		{"img setAttribute srcset", element("img", `e.setAttribute('srcset', url + ' 1x')`)},
		{"img never appended", element("img", `e.src = url`)},
		{"new Image", `new Image(1, 1).src = url`},
		{"new Audio", `const a = new Audio(url); a.preload = 'auto'`},
		{"Audio of a class", `new (class extends Audio {})(url)`},
		{"picture", element("picture", `e.innerHTML = '<source srcset="' + url + '"><img src="/other.gif">'; box.append(e)`)},
		{
			"picture, source made", element("picture", `const s = document.createElement('source'), i = new Image; s.srcset = url; i.src = '/other.gif'; `+
				`e.append(s, i); box.append(e)`),
		},
		{"stylesheet, rel first", element("link", `e.rel = 'stylesheet'; e.href = url; box.append(e)`)},
		{"stylesheet, rel last", element("link", `e.href = url; e.rel = 'stylesheet'; box.append(e)`)},
		{"stylesheet, rel in the page", element("link", `box.append(e); e.href = url; e.rel = 'stylesheet'`)},
		{
			"stylesheet, rel set in the page", element("link", `e.href = url; box.append(e); e.setAttribute('rel', 'Alternate Stylesheet'); `+
				`e.setAttribute('rel', 'stylesheet')`),
		},
		{"stylesheet, relList", element("link", `e.href = url; box.append(e); e.relList.add('stylesheet')`)},
		{"preload", element("link", `e.rel = 'preload'; e.as = 'script'; e.href = url; box.append(e)`)},
		{"preload imagesrcset", element("link", `e.rel = 'preload'; e.as = 'image'; e.imageSrcset = url + ' 1x'; box.append(e)`)},
		{"modulepreload", element("link", `e.rel = 'modulepreload'; e.href = url; box.append(e)`)},
		{"prefetch", element("link", `e.rel = 'prefetch'; e.href = url; box.append(e)`)},
		{"video poster", element("video", `e.poster = url; box.append(e)`)},
		{"video source", element("video", `const s = document.createElement('source'); s.src = url; e.append(s); box.append(e)`)},
		{"audio source", element("audio", `box.append(e); e.innerHTML = '<source src="' + url + '">'`)},
		{
			"track", element("video", `e.crossOrigin = 'anonymous'; const t = document.createElement('track'); t.src = url; e.append(t); box.append(e); `+
				`t.track.mode = 'showing'`),
		},
		{"input, type first", element("input", `e.type = 'image'; e.src = url; box.append(e)`)},
		{"input, type last", element("input", `e.src = url; box.append(e); e.type = 'image'`)},
		{"input innerHTML", `box.innerHTML = '<input type=image src=' + url + '>'`},
		{
			"svg image", `const s = document.createElementNS('http://www.w3.org/2000/svg', 'svg'), ` +
				`i = document.createElementNS('http://www.w3.org/2000/svg', 'image'); i.setAttribute('href', url); s.append(i); box.append(s)`,
		},
		{
			"svg image setAttributeNS xlink", `const s = document.createElementNS('http://www.w3.org/2000/svg', 'svg'), ` +
				`i = document.createElementNS('http://www.w3.org/2000/svg', 'image'); i.setAttributeNS('http://www.w3.org/1999/xlink', 'xlink:href', url); ` +
				`s.append(i); box.append(s)`,
		},
		{
			"svg image setAttributeNS another prefix", `const s = document.createElementNS('http://www.w3.org/2000/svg', 'svg'), ` +
				`i = document.createElementNS('http://www.w3.org/2000/svg', 'image'); s.append(i); box.append(s); ` +
				`i.setAttributeNS('http://www.w3.org/1999/xlink', 'x:href', url)`,
		},
		{
			"svg image baseVal", `const s = document.createElementNS('http://www.w3.org/2000/svg', 'svg'), ` +
				`i = document.createElementNS('http://www.w3.org/2000/svg', 'image'); s.append(i); box.append(s); i.href.baseVal = url`,
		},
		{"svg image innerHTML", `box.innerHTML = '<svg><image href="' + url + '"/></svg>'`},
		{"svg image insertAdjacentHTML xlink", `box.insertAdjacentHTML('beforeend', '<svg><image xlink:href="' + url + '"/></svg>')`},
		{
			"svg script", `const s = document.createElementNS('http://www.w3.org/2000/svg', 'svg'), ` +
				`i = document.createElementNS('http://www.w3.org/2000/svg', 'script'); i.setAttribute('href', url); s.append(i); box.append(s)`,
		},

		{"append of what was parsed elsewhere", `const d = new DOMParser().parseFromString('<img src="' + url + '">', 'text/html'); ` +
			`box.append('x', d.body.firstChild)`},
		{"append to what is not in the page", `const d = new DOMParser().parseFromString('<img src="' + url + '">', 'text/html'); ` +
			`document.createElement('p').append(d.body.firstChild)`},
		{"append of a tree", `const d = new DOMParser().parseFromString('<p><b><img src="' + url + '"></b></p>', 'text/html'); ` +
			`box.append(d.body.firstChild)`},
		{"created in another document", `const d = document.implementation.createHTMLDocument(''), i = d.createElement('iframe'); ` +
			`i.setAttribute('src', url); d.body.append(i); box.append(i)`},
		{"a template of the page", `box.append(document.getElementById('template').content.cloneNode(true)); box.lastElementChild.src = url`},

		{"srcdoc", element("iframe", `e.srcdoc = '<img src="' + url + '">'; box.append(e)`)},
		{"srcdoc setAttribute", element("iframe", `e.setAttribute('srcdoc', '<img src="' + url + '">'); box.append(e)`)},
		{"srcdoc innerHTML", `box.innerHTML = '<iframe srcdoc="<img src=\'' + url + '\'>"></iframe>'`},
		{"srcdoc innerHTML, escaped", `box.innerHTML = '<iframe srcdoc="&lt;img src=' + url + '&gt;"></iframe>'`},

		{"fetch", `fetch(url).catch(() => {})`},
		{"fetch of a URL", `fetch(new URL(url), { mode: 'no-cors' }).catch(() => {})`},
		{"fetch of a Request", `fetch(new Request(url, { mode: 'no-cors' })).catch(() => {})`},
		{"XMLHttpRequest", `const x = new XMLHttpRequest; x.open('POST', url); x.send('data')`},
		{"XMLHttpRequest of a URL", `const x = new XMLHttpRequest; x.open('GET', new URL(url), true, 'user', 'word'); x.send()`},
		{
			"XMLHttpRequest, sync", `const x = new XMLHttpRequest; x.open('GET', url, false); ` +
				`try { x.send() } catch (e) { if (e.name !== 'NetworkError') throw e }`,
		},
		{"sendBeacon", `if (!navigator.sendBeacon(url, 'data')) throw new Error('not sent')`},
		{"EventSource", `new EventSource(url)`},
		{"WebSocket", `new WebSocket(url.replace('http', 'ws'))`},
		{"WebSocket of a class, http", `new (class extends WebSocket {})(new URL(url))`},

		{"form submit", element("form", `e.action = url; e.target = target; box.append(e); e.submit()`)},
		{"form requestSubmit", element("form", `e.setAttribute('action', url); e.target = target; box.append(e); e.requestSubmit()`)},
		{"form innerHTML", `box.innerHTML = '<form action="' + url + '" target="' + target + '"><input name=a></form>'; box.firstChild.requestSubmit()`},
		{
			"button formaction", element("form", `e.target = target; e.innerHTML = '<button>'; box.append(e); e.firstChild.formAction = url; `+
				`e.firstChild.click()`),
		},
		{
			"button setAttribute formaction", element("form", `e.target = target; e.innerHTML = '<button>'; box.append(e); `+
				`e.firstChild.setAttribute('formaction', url); e.requestSubmit(e.firstChild)`),
		},
		{
			"input formaction", element("form", `e.target = target; e.innerHTML = '<input type=submit>'; box.append(e); e.firstChild.formAction = url; `+
				`e.firstChild.click()`),
		},
	} {
		add(c.name, c.code)
	}
	// Where a node is put.
	for name, code := range map[string]string{
		"appendChild": `box.appendChild(n)`, "insertBefore": `box.insertBefore(n, null)`, "replaceChild": `box.replaceChild(n, p)`,
		"prepend": `box.prepend(n)`, "before": `p.before(n)`, "after": `p.after('x', n)`, "replaceWith": `p.replaceWith(n)`,
		"before a text": `box.prepend('x'); box.firstChild.before(n)`, "replaceChildren": `box.replaceChildren(n)`,
		"insertAdjacentElement": `p.insertAdjacentElement('afterend', n)`, "insertNode": `const r = new Range; r.selectNode(p); r.insertNode(n)`,
		"surroundContents": `const r = new Range; r.selectNode(p); r.surroundContents(n)`,
		"a fragment":       `const f = new DocumentFragment; f.append(n); box.append(f)`,
	} {
		add(name, `box.innerHTML = '<p></p>'; const p = box.firstChild, n = new DOMParser().parseFromString('<iframe src="' + url + '"></iframe>', `+
			`'text/html').body.firstChild; `+code)
		if name == "surroundContents" { // which empties what it puts around
			continue
		}
		add(name+" of a script", `box.innerHTML = '<p></p>'; const p = box.firstChild, n = document.createElement('script'); `+
			`n.textContent = 'window.video = { play() { new Image().src = "' + url + '" } }; video.play()'; `+code)
	}
	// How a host may be spelled.
	for name, code := range map[string]string{
		"upper case": `url.replace('www.video.test', 'WWW.VIDEO.TEST').replace('https', 'HTTPS')`, "no scheme": `url.replace('https:', '')`,
		"http": `url.replace('https', 'http')`, "a dot at the end": `url.replace('.test', '.test.')`, "a port": `url.replace('.test', '.test:8443')`,
		"backslashes": `url.replace(/[/]/g, '\\')`, "tabs and newlines": `url.replace('video', '\tvi\nd\reo')`, "spaces": `' \n' + url + '  '`,
		"no slashes": `url.replace('//', '')`, "many slashes": `url.replace('//', '/////')`, "percent": `url.replace('video', 'vide%6f')`,
		"full width": `url.replace('video', 'ｖｉｄｅｏ')`, "ideographic dots": `url.replaceAll('.', '。')`,
	} {
		add("img, "+name, `new Image().src = `+code)
		add("fetch, "+name, `fetch(`+code+`, { mode: 'no-cors' }).catch(() => {})`)
		add("innerHTML, "+name, `const i = document.createElement('img'); i.setAttribute('src', 'x'); i.alt = `+code+
			`; box.innerHTML = '<img src="' + i.outerHTML.match(/alt="([^"]*)/)[1] + '">'`)
	}
	for name, code := range map[string]string{
		"character references": `url.replace('video', '&#118;ideo').replace(/[.]/g, '&period;')`, "no quotes": `url`,
		"tags in attributes": `url + ' alt=">" title="<b>"'`,
	} {
		add("innerHTML, "+name, `box.innerHTML = '<div><IMG src=' + `+code+` + '></div>'`)
		add("insertAdjacentHTML, "+name, `box.insertAdjacentHTML('beforeend', '<iframe src=' + `+code+` + '></iframe>')`)
	}

	parsing = []way{
		{"document.write", `document.write('<img src="' + url + '">')`},
		{"document.write of a script", `document.write('<script src="' + url + '"></' + 'script>')`},
		{"document.write of a script in pieces", `document.write('<scr', 'ipt src="', url, '"></scr', 'ipt>')`},
		{
			"document.write again and again", `for (const piece of ['<p>a < b</p>', '<scr', 'ipt', ' src="', url.slice(0, 9), url.slice(9), '"', '></scr', ` +
				`'ipt>']) document.write(piece)`,
		},
		{"document.writeln of an iframe", `document.writeln('<iframe src="' + url + '"></iframe>')`},
		{"document.write of a literal", `document.write('<script>window.vid' + 'eo = { play() { new Image().src = "' + url + '" } }; ` +
			`video' + '.play()</' + 'script>')`},
		{"document.write of a script that writes", `document.write('<script>document.write("<img src=' + url + '>")</' + 'script><im'); ` +
			`document.write('g>')`},
		{"appended while parsing", `const s = document.createElement('script'); s.src = url; document.currentScript.after(s)`},
	}
	return ways, parsing
}

func TestScriptRequestsHeld(t *testing.T) {
	ways, parsing := ways()
	slug := func(w way) string { return "/" + strings.NewReplacer(" ", "-", ",", "", ".", "").Replace(w.name) }
	var body strings.Builder
	for _, w := range parsing {
		fmt.Fprintf(&body, "<script>((url, box) => { %s })('https://www.video.test%s')</script>\n", w.code, slug(w))
	}
	body.WriteString(`<p id="end"></p><template id="template"><img></template>`)
	world, site, p := guarded(t, harness.Watched, map[string]string{"/": harness.Document("", body.String())})
	var snippets []string
	paths := make(map[string]string)
	for _, w := range append(slices.Clone(ways), parsing...) {
		if paths[slug(w)] != "" {
			t.Fatalf("two are named %s", w.name)
		}
		paths[slug(w)] = w.code
	}
	for _, w := range ways {
		snippets = append(snippets, fmt.Sprintf("[%q, (url, box, target) => { %s }]", slug(w), w.code))
	}
	all := `(() => {
		const failed = [];
		for (const [path, way] of [` + strings.Join(snippets, ",\n") + `]) {
			const box = document.createElement('div'), frame = document.createElement('iframe');
			frame.name = path;
			document.body.append(box, frame);
			try { way('https://www.video.test' + path, box, path) } catch (e) { failed.push(path + ': ' + e) }
		}
		return failed;
	})()`

	for _, grant := range []bool{false, true} {
		t.Run(map[bool]string{false: "denied", true: "allowed"}[grant], func(t *testing.T) {
			if grant {
				choose(p, `{ video: true }`)
			}
			world.Forget()
			p.Open(site.URL)
			if failed := harness.Eval[[]string](p, all); len(failed) > 0 {
				t.Errorf("%q", failed)
			}
			if !p.Has("#end") {
				t.Error("what was written has taken the rest of the page away")
			}
			if grant {
				missing := await(world, slices.DeleteFunc(slices.Collect(maps.Keys(paths)), func(path string) bool {
					return strings.HasSuffix(path, "dot-at-the-end") // Chromium does not map such hosts
				})...)
				slices.Sort(missing)
				for _, path := range missing {
					t.Errorf("allowed, but %s does not load: %s", path, paths[path])
				}
				return
			}
			settle(p)
			for _, r := range world.Requests() {
				if r.Host != "nobody.test" {
					t.Errorf("%s loads %s%s, as %s: %s", r.Path, r.Host, r.Path, r.For, paths[r.Path])
				}
			}
			// A form that is held must not be sent to the page itself.
			if moved := harness.Eval[[]string](p, `[...document.querySelectorAll('iframe[name]')].filter(f => `+
				`!/^about:blank$|[/]placeholder[?]/.test(f.contentWindow.location.href)).map(f => `+
				`f.name + ' shows ' + f.contentWindow.location)`); len(moved) > 0 {
				t.Errorf("%q", moved)
			}
		})
	}
}

// told are the only differences: the words of an error that leave out who throws it.
var told = map[string]bool{
	"() => box.innerHTML = Symbol('s')":   true,
	"() => document.cookie = Symbol('s')": true,
}

// described tells of all that the guard replaces what scripts could tell it by.
const described = `(() => {
	const attempt = call => {
		try { const r = call(); if (r instanceof Promise) r.catch(() => {}); return typeof r }
		catch (e) { return e.constructor.name + ': ' + e.message }
	};
	const told = {}, own = o => Reflect.ownKeys(o).map(String).sort().join();
	// Elements that load have functions of their own beside those that they inherit.
	const natively = o => Reflect.ownKeys(o).filter(key => typeof key === 'symbol' || !(key in Object.getPrototypeOf(o))).map(String).sort().join();
	const describe = (name, f, owner) => {
		told[name] = [typeof f, f.name, f.length, own(f), Object.getPrototypeOf(f) === Function.prototype,
			/\[native code\]/.test(Function.prototype.toString.call(f)), attempt(() => f.toString().includes('native code'))].join(' | ');
		[undefined, null, {}, owner].forEach((self, i) => { told[name + ' on ' + i] = attempt(() => f.call(self)) });
		told[name + ' anew'] = attempt(() => new f);
		told[name + ' without new'] = attempt(() => f());
	};
	for (const type of ['Element', 'Node', 'Document', 'DocumentFragment', 'CharacterData', 'Range', 'ShadowRoot', 'SVGAnimatedString',
		'XMLHttpRequest', 'Navigator', 'CookieStore',
		...['Script', 'IFrame', 'Frame', 'Image', 'Link', 'Embed', 'Object', 'Media', 'Video', 'Audio', 'Source', 'Track', 'Input',
			'Button', 'Form', 'Unknown', ''].map(t => 'HTML' + t + 'Element')]) {
		const owner = window[type].prototype;
		told[type] = natively(owner) + (owner.constructor === window[type]) + Object.prototype.toString.call(owner);
		for (const [name, d] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
			told[type + '.' + name] = [d.writable, d.enumerable, d.configurable, typeof d.value, typeof d.get, typeof d.set].join();
			for (const part of ['value', 'get', 'set'])
				if (typeof d[part] === 'function' && name !== 'constructor') describe(type + '.' + name + ' ' + part, d[part], owner);
		}
	}
	for (const name of ['fetch', 'fetchLater', 'EventSource', 'WebSocket', 'Audio']) {
		const { value: f, ...flags } = Object.getOwnPropertyDescriptor(window, name);
		told[name] = JSON.stringify(flags);
		describe(name, f, window);
		if (!f.prototype) continue;
		told[name + ' statics'] =
			JSON.stringify(Object.entries(Object.getOwnPropertyDescriptors(f)).
			map(([k, d]) => [k, d.writable, d.enumerable, d.configurable, String(d.value)]));
		const url = name === 'WebSocket' ? 'ws://nobody.test/' : '/none', C = class extends f { more() { return 1 } }, made = new f(url), mine = new C(url);
		told[name + ' made'] = [made instanceof f, mine instanceof f, mine instanceof C, mine.more(), made.constructor.name, mine.constructor === C,
			Object.getPrototypeOf(made) === f.prototype, String(made), f.prototype.constructor.name, f.prototype.constructor === f,
			Object.getPrototypeOf(C) === f].join();
		for (const o of [made, mine]) if (o.close) o.close();
	}
	// What allowed elements and calls return.
	const box = document.createElement('div'), img = new Image, text = document.createTextNode('a'), link = document.createElement('link');
	const returned = (name, call) => {
		told['returned ' + name] = attempt(call) === 'object' ? String(call() && (call().nodeName || call())) : String(attempt(call) + call());
	};
	returned('appendChild', () => box.appendChild(img));
	returned('append', () => box.append(img, text));
	returned('insertBefore', () => box.insertBefore(text, img));
	returned('replaceChild', () => { const r = box.replaceChild(link, text); box.replaceChild(text, link); return r });
	returned('insertAdjacentElement', () => box.insertAdjacentElement('beforeend', link));
	returned('insertAdjacentHTML', () => box.insertAdjacentHTML('beforeend', '<b>x</b>'));
	returned('setAttribute', () => img.setAttribute('alt', 'x'));
	returned('setAttribute of nothing', () => img.setAttribute('src', ''));
	returned('contextual', () =>
		document.createRange().createContextualFragment('<p><img src="/x" srcset="/y 2x"><svg><image href="/a"/><g/></svg>').firstChild);
	returned('importNode', () => document.importNode(text));
	returned('cookie', () => document.cookie = 'sessionid=1');
	returned('sendBeacon', () => navigator.sendBeacon('/none'));
	returned('open', () => new XMLHttpRequest().open('GET', '/none'));
	box.innerHTML = '<p id="a"><b>x</b></p><script>if (1 < 2) a("<img src=x>")<\/script>` +
	`<textarea><img src="/x"></textarea><svg><image href="/a"/><g/></svg><!--<img src=/x>-->';
	told.innerHTML = box.innerHTML;
	box.innerHTML = null;
	told.empty = box.innerHTML;
	for (const value of ['/a b', '', 'HTTPS://OTHER.test', ' x ', '//[', null, undefined, { toString: () => 'made' }])
		for (const [tag, name] of [
			['img', 'src'], ['img', 'srcset'], ['link', 'href'], ['iframe', 'src'], ['script', 'src'], ['object', 'data'], ['form', 'action'],
			['input', 'formAction'], ['video', 'poster'], ['source', 'srcset'], ['iframe', 'srcdoc']]) {
			const e = document.createElement(tag);
			e[name] = value;
			told[tag + ' ' + name + ' ' + value] = (e.getAttribute(name) + ' ' + e[name]).split(location.origin).join('');
		}
	for (const call of [() => img.src = Symbol('s'), () => document.cookie = Symbol('s'), () => box.setAttribute('src', Symbol('s')),
		() => box.innerHTML = Symbol('s'), () => fetch(Symbol('s')),
		() => img.setAttribute('<', 'x'), () => box.append(box), () => box.setAttributeNS('x', 'xml:src', 'y')]) told[String(call)] = attempt(call);
	return told;
})()`

func TestGuardNativeFunctions(t *testing.T) {
	_, site, p := guarded(t, harness.Watched, map[string]string{"/": harness.Document("", "")})
	p.Open(site.Portal.URL)
	native := harness.Eval[map[string]string](p, described)
	p.Open(site.URL)
	p.Await(`typeof consent === "object"`)
	got := harness.Eval[map[string]string](p, described)
	if len(native) < 2000 {
		t.Errorf("only %d things are looked at", len(native))
	}
	for _, name := range slices.Sorted(maps.Keys(native)) {
		if got[name] != native[name] && !told[name] {
			t.Errorf("%s: %s, natively %s", name, got[name], native[name])
		}
	}
}

func TestReleaseOrder(t *testing.T) {
	const head = `<script>
		window.log = [];
		window.video = { play: what => log.push(what) };
		window.fired = what => log.push('load ' + what);
	</script>`
	body := `<script>
			const make = (tag, set) => { const e = document.createElement(tag); set(e); return e };
			window.first = make('script', e => { e.src = 'https://video.test/first'; e.type = 'text/javascript'; e.onload = () => fired('first') });
			document.head.append(first);
			window.twice = make('script', e => { e.src = 'https://video.test/dropped'; e.src = '/allowed.js' });
			document.head.append(twice);
			document.head.append(make('script', e => { e.src = 'https://video.test/module'; e.type = 'module'; e.onload = () => fired('module') }));
			document.head.append(make('script', e => { e.textContent = 'video.' + 'play("dynamic inline")' }));
			document.head.append(make('script', e => { e.noModule = true; e.src = 'https://video.test/nomodule' }));
		</script>
		<script src="https://video.test/a" onload="fired('a')"></script>
		<script>video.play("inline 1"); document.write('<i>1</i>'); document.write('<i>2</i>' + '<scr' + 'ipt>log.push("written")</scr' + 'ipt>')</script>
		<script src="https://video.test` + harness.Hangs + `"></script>
		<script async src="https://video.test/async"></script>
		<script defer src="https://video.test/b"></script>
		<script type="module" src="https://video.test/c"></script>
		<script src="https://stats.test/d"></script>
		<script>video.play("inline 2")</script>
		<video id="media" preload="auto"><source src="https://video.test/e"></video>
		<iframe id="srcdoc" srcdoc="<img src='https://video.test/in-srcdoc'>"></iframe>
		<iframe id="frame" src="https://video.test/frame" onload="fired('frame')"></iframe>
		<div id="open"><template shadowrootmode="open"><img src="https://video.test/in-shadow"></template></div>
		<div id="made"></div>
		<p id="end"></p>
		<script>
			made.attachShadow({ mode: 'open' }).append(make('img', e => { e.src = 'https://video.test/in-made-shadow' }));
			window.image = make('img', e => { e.src = 'https:video.test/image'; e.setAttribute('srcset', 'https://video.test/image2 2x');
				e.onload = () => fired('image') });
			document.body.append(image);
			image.remove();
			end.before(image);
			window.own = make('img', e => { e.src = 'https://video.test/x'; e.src = '/own.gif' });
		</script>`
	world, site, p := guarded(t, harness.Watched+`
		service maps {
			provider "Cartes" https://maps.example/
			purpose  embeds
			hosts    maps.test
			cookies  map_*
		}`, map[string]string{
		"/":           harness.Document(head, body+`<script src="https://maps.test/m"></script>`),
		"/allowed.js": `log.push("allowed")`,
		"/refresh":    harness.Document(`<meta http-equiv="refresh" content="0;url=https://video.test/refreshed">`, ""),
	})
	p.Open(site.URL)
	p.Await(harness.Settled)
	p.Await(`log.includes("allowed")`)
	harness.Eval[string](p, marked)
	for expression, want := range map[string]string{
		`image.src`:                            "https://video.test/image",
		`image.srcset`:                         "https://video.test/image2 2x",
		`first.src`:                            "https://video.test/first",
		`new URL(twice.src).pathname`:          "/allowed.js",
		`new URL(own.src).pathname`:            "/own.gif",
		`document.getElementById("frame").src`: "https://video.test/frame",
		`log.join()`:                           "allowed,load frame", // what stands in its place
	} {
		if got := harness.Eval[string](p, expression); got != want {
			t.Errorf("%s is %s, want %s", expression, got, want)
		}
	}
	for _, r := range world.Requests() {
		if r.Host != "stats.test" { // exempt
			t.Errorf("%s%s is asked for, as %s", r.Host, r.Path, r.For)
		}
	}

	// Twice at once, then another service while the first one's scripts still wait.
	harness.Resolve[bool](p, `Promise.all([consent.set("grant", { video: true }), consent.set("grant", { video: true })])
		.then(() => consent.set("grant", { maps: true })).then(() => true)`)
	p.Await(`window.ran && ran.includes("maps.test/m")`)
	if !harness.Eval[bool](p, stayed) {
		t.Fatal("the page was loaded anew")
	}
	missing := await(world, "/first", "/module", "/a", harness.Hangs, "/async", "/b", "/c", "/d", "/e", "/in-srcdoc", "/frame", "/in-shadow",
		"/in-made-shadow", "/image", "/m")
	if len(missing) > 0 {
		t.Errorf("not released: %q", missing)
	}
	counts := make(map[string]int)
	for _, r := range world.Requests() {
		counts[r.Path]++
		if counts[r.Path] > 1 {
			t.Errorf("%s is asked for again, as %s", r.Path, r.For)
		}
	}
	for _, path := range []string{"/nomodule", "/dropped", "/x"} {
		if counts[path] > 0 {
			t.Errorf("%s is asked for", path)
		}
	}
	p.Await(`log.filter(what => what === "load frame").length === 2 && log.includes("load image")`)
	log := harness.Eval[[]string](p, `log`)
	for _, once := range []string{"load first", "load module", "load a", "load image", "dynamic inline", "inline 1", "inline 2", "written"} {
		n := 0
		for _, event := range log {
			if event == once {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s: %d times in %q", once, n, log)
		}
	}
	order := slices.DeleteFunc(harness.Eval[[]string](p, `ran`), func(s string) bool { return s == "stats.test/d" || s == "video.test/async" })
	if want := []string{
		"video.test/first", "video.test/module", "video.test/a", "video.test/b", "video.test/c", "maps.test/m",
	}; !slices.Equal(order, want) {
		t.Errorf("scripts ran as %q, want %q", order, want)
	}
	if slices.Index(log, "dynamic inline") > slices.Index(log, "inline 1") || slices.Index(log, "load a") > slices.Index(log, "inline 1") ||
		slices.Index(log, "inline 1") > slices.Index(log, "inline 2") {
		t.Errorf("inline scripts ran as %q", log)
	}
	if got := harness.Eval[string](p,
		`[...document.querySelectorAll("i")].map(i => i.textContent).join() + !!document.querySelector("#end")`); got != "1,2true" {
		t.Errorf("what was written: %s", got)
	}

	// What runs goes with the page, when that is no longer wanted.
	p.Decide("refuse", "undefined")
	p.Await(gone)

	// A page that would lead away.
	p.Open(site.URL + "/refresh")
	p.Await(harness.Settled)
	if seen(world, "/refreshed") {
		t.Error("a page leads to what is denied")
	}
	harness.Eval[bool](p, `consent.set("accept"), true`)
	if missing := await(world, "/refreshed"); len(missing) > 0 {
		t.Error("allowed, a page does not lead on")
	}
}

func TestScriptCookies(t *testing.T) {
	for _, c := range []struct {
		name, lines, services string
		set, unset, hidden    []string // of what is tried below
	}{
		{"no choice", "", "", []string{"sessionid", "st_a"}, []string{"vid_a", "other", "vid_zero", "vid_store", "nobody"},
			[]string{"vid_http", "other_http"}},
		{"refused", "", "{ video: false, stats: false }", []string{"sessionid"}, []string{"vid_a", "st_a", "other", "vid_zero", "vid_store", "nobody"},
			[]string{"vid_http", "other_http"}},
		{"allowed", "", "{ video: true, stats: false }", []string{"sessionid", "vid_a", "vid_zero", "vid_store"}, []string{"other", "st_a", "nobody"},
			[]string{"other_http"}},
		{"undeclared pass", "undeclared pass", "", []string{"sessionid", "st_a", "other", "nobody"}, []string{"vid_a", "vid_zero", "vid_store"},
			[]string{"vid_http"}},
		{"third_parties pass", "third_parties pass", "", []string{"sessionid", "st_a"}, []string{"vid_a", "other", "vid_zero", "vid_store", "nobody"},
			[]string{"vid_http", "other_http"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			world, site, p := guarded(t, harness.Watched+c.lines, map[string]string{"/": harness.Document("", "")})
			p.Open(site.Portal.URL) // the same host, as cookies know no ports, but no name
			p.Open(site.URL)
			if c.services != "" {
				choose(p, c.services)
				p.Open(site.URL)
			}
			p.Await(harness.Settled)
			harness.Eval[string](p,
				`document.cookie = 'sessionid=1; path=/'; document.cookie = 'vid_a=1; max-age=99999999'; document.cookie = 'st_a=1; max-age=99999999';
				document.cookie = 'other=1'; document.cookie = 'vid_zero=1; expires=0'; document.cookie = '_ga'`)
			harness.Resolve[bool](p, `Promise.all([cookieStore.set('vid_store', '1'), cookieStore.set({ name: 'nobody', value: '1', `+
				`expires: Date.now() + 1e6 })]).then(() => true)`)
			held := p.Cookies()
			seen := harness.Eval[string](p, `'; ' + document.cookie`)
			stored := harness.Resolve[[]string](p, `cookieStore.getAll().then(all => all.map(c => c.name))`)
			for _, name := range c.set {
				if held[name] == "" || !strings.Contains(seen, "; "+name+"=1") || !slices.Contains(stored, name) {
					t.Errorf("%s is not set and read: %v, %s, %q", name, held, seen, stored)
				}
			}
			for _, name := range c.unset {
				if _, ok := held[name]; ok || strings.Contains(seen, name+"=") || slices.Contains(stored, name) {
					t.Errorf("%s is set or read: %v, %s, %q", name, held, seen, stored)
				}
			}

			// What is there already, set without the guard, is not seen, but may be deleted.
			other := p.NewPage()
			other.Open(strings.Replace(site.Portal.URL, "127.0.0.1", "localhost", 1)) // cookies know no ports
			harness.Eval[string](other, `document.cookie = 'vid_http=1'; document.cookie = 'other_http=1'`)
			for _, name := range c.hidden {
				if p.Cookies()[name] == "" {
					t.Fatalf("%s cannot be set", name)
				}
				if harness.Eval[bool](p, fmt.Sprintf(`document.cookie.includes(%q)`, name)) ||
					!harness.Resolve[bool](p, fmt.Sprintf(`cookieStore.get(%q).then(c => c === null)`, name)) {
					t.Errorf("%s can be read", name)
				}
				harness.Eval[string](p, fmt.Sprintf(`document.cookie = '%s=; expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/'`, name))
				if _, ok := p.Cookies()[name]; ok {
					t.Errorf("%s cannot be deleted", name)
				}
			}
			if c.lines == "third_parties pass" {
				harness.Eval[string](p, `new Image().src = 'https://video.test/pixel'`)
				if missing := await(world, "/pixel"); len(missing) > 0 {
					t.Error("a request is held")
				}
			}
		})
	}
}

func TestScriptCookieLifetime(t *testing.T) {
	const day = 24 * time.Hour
	_, site, p := guarded(t, harness.Watched, map[string]string{"/": harness.Document("", "")})
	check := func(name string, want time.Duration) {
		t.Helper()
		var got time.Duration
		lives := func() bool {
			got = time.Until(p.Expiries()[name])
			return want-time.Minute <= got && got <= want+time.Minute
		}
		// What a script writes is in the browser's jar a moment later.
		for deadline := time.Now().Add(5 * time.Second); !lives(); {
			if time.Now().After(deadline) {
				t.Errorf("%s lives for %v, want %v", name, got, want)
				break
			}
		}
	}
	p.Open(site.URL)
	p.Await(harness.Settled)
	harness.Eval[string](p, `document.cookie = 'st_a=1; max-age=99999999'; document.cookie = 'st_b=1; max-age=3600'`)
	check("st_a", 10*day)
	harness.Eval[string](p, `document.cookie = 'st_b=1; max-age=7200'`) // a visit does not renew it
	check("st_b", time.Hour)
	harness.Eval[string](p, `document.cookie = 'st_b=2; max-age=7200'`)
	check("st_b", 2*time.Hour)

	choose(p, `{ video: true, stats: true, timestamp: Date.now() - 20 * 864e5 }`)
	harness.Eval[string](p, `document.cookie = 'st_b=; max-age=0'`)
	p.Open(site.URL) // nothing is denied, but what is allowed may not live on
	p.Await(harness.Settled)
	harness.Eval[string](p,
		`document.cookie = 'vid_a=1; max-age=99999999; path=/'; document.cookie = 'vid_b=1; Max-Age=60; expires=Fri, 31 Dec 2100 00:00:00 GMT';
		document.cookie = 'vid_c=1; expires=Fri, 31 Dec 2100 00:00:00 GMT'; document.cookie = 'vid_d=1'`)
	harness.Resolve[bool](p, `cookieStore.set({ name: 'vid_e', value: '1', expires: Date.now() + 200 * 864e5 }).then(() => true)`)
	check("vid_a", 10*day)
	check("vid_b", time.Minute)
	check("vid_c", 10*day)
	check("vid_e", 10*day)
	if _, ok := p.Expiries()["vid_d"]; ok || p.Cookies()["vid_d"] == "" {
		t.Error("a cookie of the session became another")
	}
}

func TestGPCBeforeChoice(t *testing.T) {
	for mode, want := range map[string]bool{"honour": false, "silent": false, "ignore": true} {
		t.Run(mode, func(t *testing.T) {
			world, site, p := guarded(t, harness.Watched+"gpc "+mode, map[string]string{"/": harness.Document("", "")})
			p.Before(`Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true, configurable: true })`)
			p.Open(site.URL)
			p.Await(harness.Settled)
			harness.Eval[string](p, `document.cookie = 'st_a=1'; new Image().src = 'https://stats.test/pixel'`)
			settle(p)
			if _, ok := p.Cookies()["st_a"]; ok != want {
				t.Errorf("the cookie is set: %t", ok)
			}
			if got := seen(world, "/pixel"); got != want {
				t.Errorf("the request is made: %t", got)
			}
			choose(p, `{ video: false, stats: true }`)
			p.Open(site.URL)
			harness.Eval[string](p, `document.cookie = 'st_b=1'`)
			if p.Cookies()["st_b"] == "" {
				t.Error("the visitor's own choice does not outweigh it")
			}
		})
	}
}

func TestConsoleSummary(t *testing.T) {
	_, site, p := guarded(t, harness.Watched, map[string]string{
		"/": harness.Document("", `<img src="https://video.test/a"><script>document.cookie = 'other=1'; `+
			`new Image().src = 'https://www.video.test/b'; navigator.sendBeacon('https://vimeo.com/c')</script>`),
		"/plain": harness.Document("", `<img src="/x.gif"><script>document.cookie = 'sessionid=1'; new Image().src = '/y.gif'</script>`),
	})
	p.Before(`window.told = []; const info = console.info; console.info = (...all) => { told.push(all.join(' ')); info(...all) }`)
	p.Open(site.URL)
	p.Await(`told.length > 0`)
	if got := harness.Eval[[]string](p, `told`); len(got) != 1 || got[0] != "Held back without consent: cookie other, video, vimeo" {
		t.Errorf("the console says %q", got)
	}
	p.Open(site.URL + "/plain")
	p.Await(harness.Settled)
	settle(p)
	if got := harness.Eval[[]string](p, `told`); len(got) != 0 {
		t.Errorf("on a page that holds nothing, the console says %q", got)
	}
}

func TestSameOriginFrame(t *testing.T) {
	world, site, p := guarded(t, harness.Watched, map[string]string{
		"/": harness.Document("", `<iframe src="/framed"></iframe>`),
		"/framed": harness.Document("", `<img src="https://video.test/static"><script>const i = document.createElement('img'); `+
			`i.src = 'https://video.test/made'; document.body.append(i); document.cookie = 'vid_a=1'</script>`),
	})
	p.Open(site.URL)
	p.Await(harness.Settled)
	settle(p)
	for _, path := range []string{"/static", "/made"} {
		if seen(world, path) {
			t.Errorf("%s is asked for", path)
		}
	}
	if _, ok := p.Cookies()["vid_a"]; ok {
		t.Error("a framed document sets a cookie")
	}
	if got := harness.Eval[bool](p, `frames[0].document.querySelector('#caddy-consent') !== null`); got {
		t.Error("a framed document has the notice")
	}
	harness.Eval[string](p, `frames[0].same = window.same = "this very document"`)
	p.Answer("Tout accepter")
	if missing := await(world, "/static", "/made"); len(missing) > 0 {
		t.Errorf("allowed, but %q do not load", missing)
	}
	if !harness.Eval[bool](p, stayed+` && frames[0].same === "this very document"`) {
		t.Error("a document was loaded anew")
	}
	p.Decide("refuse", "undefined")
	p.Await(`frames[0].same === undefined && frames[0].document.readyState === "complete"`)
}

func TestConsentSignals(t *testing.T) {
	_, site, p := guarded(t, `
		service ga
		service google-ads
		service matomo
		signals google matomo`, map[string]string{"/": harness.Document(`<script>window.first = JSON.stringify([dataLayer.map(call => [...call]), `+
		`_paq])</script>`, "")})
	const defaults = `["consent","default",{"ad_personalization":"denied","ad_storage":"denied","ad_user_data":"denied","analytics_storage":"%s",` +
		`"functionality_storage":"denied","personalization_storage":"denied","security_storage":"granted"}],["set","ads_data_redaction",true]`
	const now = `JSON.stringify([dataLayer.map(call => [...call]), _paq])`
	check := func(when, expression, google, matomo string) {
		t.Helper()
		if got, want := harness.Eval[string](p, expression), "[["+google+"],["+matomo+"]]"; got != want {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
	}
	denied, granted := fmt.Sprintf(defaults, "denied"), fmt.Sprintf(defaults, "granted")
	const updated = `,["consent","update",{"ad_personalization":"%s","ad_storage":"%[1]s","ad_user_data":"%[1]s","analytics_storage":"%[1]s"}]`
	p.Open(site.URL)
	p.Await(harness.Settled)
	check("at first", `first`, denied, `["requireCookieConsent"]`)
	p.Decide("accept", "undefined")
	p.Await(`dataLayer.length > 2`)
	check("accepted", now, denied+fmt.Sprintf(updated, "granted"), `["requireCookieConsent"],["setCookieConsentGiven"]`)
	p.Decide("refuse", "undefined")
	p.Await(`dataLayer.length > 3`)
	check("withdrawn", now, denied+fmt.Sprintf(updated, "granted")+fmt.Sprintf(updated, "denied"),
		`["requireCookieConsent"],["setCookieConsentGiven"],["forgetCookieConsentGiven"]`)
	p.Decide("custom", `{ ga: true, matomo: true }`)
	p.Await(`dataLayer.length > 4`)
	p.Open(site.URL)
	p.Await(harness.Settled)
	check("once chosen", `first`, granted, `["requireCookieConsent"],["setCookieConsentGiven"]`)
	p.Decide("custom", `{ ga: true, "google-ads": false }`)
	p.Decide("custom", `{ ga: false }`)
	p.Await(`dataLayer.length > 2`)
	check("only what changes", now, granted+`,["consent","update",{"analytics_storage":"denied"}]`,
		`["requireCookieConsent"],["setCookieConsentGiven"],["forgetCookieConsentGiven"]`)
}

func TestPlaceholderGrant(t *testing.T) {
	texts := harness.Texts(t, "fr")
	for name, body := range map[string]string{
		"of the page":  `<iframe src="https://video.test/embed?a=1"></iframe>`,
		"of a script":  `<p id="here"></p><script>const f = document.createElement('iframe'); f.src = '//video.test/embed?a=1'; here.append(f)</script>`,
		"of innerHTML": `<p id="here"></p><script>here.innerHTML = '<iframe src="//video.test/embed?a=1"></iframe>'</script>`,
	} {
		t.Run(name, func(t *testing.T) {
			world, site, p := guarded(t, harness.Watched, map[string]string{"/": harness.Document("", body)})
			p.Open(site.URL)
			p.Await(harness.Settled)
			p.Await(`frames[0].document.readyState === 'complete' && frames[0].document.querySelector('button') !== null`)
			shown := harness.Eval[string](p, `frames[0].document.body.textContent`)
			for _, key := range []string{"placeholder.title", "placeholder.text", "placeholder.allow"} {
				if text := strings.ReplaceAll(texts[key], "{service}", "video"); !strings.Contains(shown, text) {
					t.Errorf("it does not say %q: %s", text, shown)
				}
			}
			if got := harness.Eval[string](p, `frames[0].document.querySelector('a').href`); !strings.HasSuffix(got, "://video.test/embed?a=1") {
				t.Errorf("it links to %s", got)
			}
			harness.Eval[string](p, marked)
			harness.Eval[bool](p, `setTimeout(() => frames[0].document.querySelector('button').click()), true`)
			if missing := await(world, "/embed"); len(missing) > 0 {
				t.Error("allowed, but it does not load")
			}
			p.Await(`document.readyState === 'complete' && document.cookie.includes('cookies_preferences')`)
			p.Await(harness.Settled)
			if got := harness.Resolve[string](p, `consent.get().then(c => c.state + JSON.stringify(c.services))`); got != `given{"stats":true,"video":true}` {
				t.Errorf("the choice is %s", got)
			}
			if hosts := world.Hosts(); !slices.Equal(hosts, []string{"video.test"}) {
				t.Errorf("asked are %q", hosts)
			}
			if !harness.Eval[bool](p, stayed) {
				t.Error("the page was loaded anew")
			}
		})
	}
}

func TestScriptCookieNoLifetime(t *testing.T) {
	_, site, p := guarded(t, "service plain {\n purpose embeds\n cookies plain_*\n }\n", map[string]string{"/": harness.Document("", "")})
	p.Open(site.URL)
	p.Await(harness.Settled)
	p.Decide("accept", "undefined")
	p.Open(site.URL) // some time after the choice
	harness.Eval[string](p, `document.cookie = 'plain_a=1; max-age=8640000'; document.cookie = 'plain_b=1'`)
	if got := time.Until(p.Expiries()["plain_a"]); got < 99*24*time.Hour || p.Cookies()["plain_b"] != "1" {
		t.Errorf("it lives for %v; of the session: %v", got, p.Cookies())
	}
}
