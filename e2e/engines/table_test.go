package engines

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// Why a way does not load in an engine.
var (
	onlyChromium = map[string]string{"firefox": "has no such thing", "webkit": "has no such thing"}
	notWebKit    = map[string]string{"webkit": "has no such thing"}
	notFirefox   = map[string]string{"firefox": "has no such thing"}
)

// sameOrigin says so of what is asked of the page's own host alone.
var sameOrigin = allEngines("asks no other host for that")

// allEngines says the same of each engine.
func allEngines(why string) map[string]string {
	all := make(map[string]string)
	for _, e := range harness.Engines {
		all[e.Name] = why
	}
	return all
}

// table collects ways.
type table struct{ all []way }

func (t *table) add(w way) { t.all = append(t.all, w) }

// elements adds what a grant loads; requests adds what it does not ask for anew.
func (t *table) elements(rows ...[2]string) {
	for _, r := range rows {
		t.add(way{name: r[0], code: r[1], comes: true})
	}
}

func (t *table) requests(rows ...[2]string) {
	for _, r := range rows {
		t.add(way{name: r[0], code: r[1]})
	}
}

// leaking adds what is not held, and says why. docs/enforcement.md says it too.
func (t *table) leaking(why string, rows ...[2]string) {
	for _, r := range rows {
		t.add(way{name: r[0], code: r[1], leaks: allEngines(why)})
	}
}

func (t *table) some(when when, comes bool, not map[string]string, rows ...[2]string) {
	for _, r := range rows {
		t.add(way{name: r[0], code: r[1], when: when, comes: comes, not: not})
	}
}

func ways() []way {
	t := new(table)
	t.byElements()
	t.byMarkup()
	t.byAttributes()
	t.byInsertion()
	t.byScripts()
	t.byRequests()
	t.byWorkers()
	t.byRealms()
	t.byNavigation()
	t.byStyles()
	t.byWriting()
	t.bySpelling()
	return t.all
}

// source is the attribute by which an element loads.
var source = map[string]string{
	"script": "src", "iframe": "src", "img": "src", "embed": "src", "object": "data", "video": "src", "audio": "src",
}

// byElements are the elements that load, each by all that can set an address.
func (t *table) byElements() {
	for _, tag := range slices.Sorted(maps.Keys(source)) {
		made, name := "const e = document.createElement('"+tag+"'); ", source[tag]
		t.elements(
			[2]string{tag + " property, appended later", made + `e.` + name + ` = url; box.append(e)`},
			[2]string{tag + " property, appended first", made + `box.append(e); e.` + name + ` = url`},
			[2]string{tag + " setAttribute", made + `e.setAttribute('` + strings.ToUpper(name) + `', url); box.append(e)`},
			[2]string{tag + " setAttributeNS", made + `box.append(e); e.setAttributeNS(null, '` + name + `', url)`},
			[2]string{tag + " setAttributeNode", made + `const a = document.createAttribute('` + name + `'); a.value = url; ` +
				`e.setAttributeNode(a); box.append(e)`},
			[2]string{tag + " setAttributeNodeNS", made + `const a = document.createAttributeNS(null, '` + name + `'); a.value = url; ` +
				`e.setAttributeNodeNS(a); box.append(e)`},
			[2]string{tag + " attributes.setNamedItem", made + `const a = document.createAttribute('` + name + `'); a.nodeValue = url; box.append(e); ` +
				`e.attributes.setNamedItem(a)`},
			[2]string{tag + " value of its attribute", made + `e.setAttribute('` + name + `', ''); e.attributes[0].value = url; box.append(e)`},
			[2]string{tag + " class of the page", `const e = document.createElementNS('http://www.w3.org/1999/xhtml', '` + tag + `'); Reflect.set(e, '` +
				name + `', url); box.append(e)`},
			[2]string{tag + " setter taken from its prototype", made + `box.append(e); let p = e; while (!Object.getOwnPropertyDescriptor(p, '` + name +
				`')) p = Object.getPrototypeOf(p); Object.getOwnPropertyDescriptor(p, '` + name + `').set.call(e, url)`},
			[2]string{tag + " in a closed shadow root",
				made + `e.` + name + ` = url; make('p', host => host.attachShadow({ mode: 'closed' }).append(e), box)`},
			[2]string{tag + " cloned", made + `e.setAttribute('` + name + `', url); box.append(e.cloneNode(true))`},
			[2]string{tag + " cloned with its parent", `const p = make('p'); ` + made + `p.append(e); e.setAttribute('` + name + `', url); ` +
				`box.append(p.cloneNode(true))`},
			[2]string{tag + " of the document of a frame", `const e = frame.contentDocument.createElement('` + tag + `'); e.` + name +
				` = url; box.append(e)`},
		)
	}
	t.elements(
		[2]string{"img srcset", `make('img', e => { keep(e); e.srcset = url + ' 1x, /other.gif 2x' })`},
		[2]string{"img srcset, second", `make('img', e => { e.srcset = '/other.gif 9x, ' + url + ' 1x' }, box)`},
		[2]string{
			"img srcset, behind data", `make('img', e => { keep(e); e.srcset = 'data:image/gif;base64,R0lGODlhAQABAAAAACw= .5x, ' + url + ' 1x' }, box)`,
		},
		[2]string{"img setAttribute srcset, behind data",
			`make('img', e => { keep(e); e.setAttribute('srcset', 'data:image/gif;base64,R0lGODlhAQABAAAAACw= .5x, ' + url + ' 1x') }, box)`},
		[2]string{"img setAttribute srcset", `make('img', e => { keep(e); e.setAttribute('srcset', url + ' 1x') })`},
		[2]string{"img never appended", `make('img', e => { keep(e); e.src = url })`},
		[2]string{"new Image", `const e = new Image(1, 1); keep(e); e.src = url`},
		[2]string{"img of a class", `keep(Object.assign(new (class extends Image {}), { src: url }))`},
		[2]string{"new Audio", `const e = new Audio(url); keep(e); e.preload = 'auto'`},
		[2]string{"new Audio, src later", `const e = new Audio; keep(e); e.preload = 'auto'; e.src = url; e.load()`},
		[2]string{"Audio of a class", `keep(new (class extends Audio {})(url))`},
		[2]string{"picture", `make('picture', e => { e.innerHTML = '<source srcset="' + url + '"><img src="/other.gif">' }, box)`},
		[2]string{"picture, source made", `const e = make('picture'), s = make('source'), i = new Image; s.srcset = url; i.src = '/other.gif'; ` +
			`e.append(s, i); box.append(e)`},
		[2]string{
			"picture, source before its image", `const e = make('picture', 0, box), i = make('img', i => { i.src = '/other.gif' }, e), s = make('source', ` +
				`s => s.setAttribute('srcset', url)); e.insertBefore(s, i)`,
		},
		[2]string{"picture, source by innerHTML", `const e = make('picture', 0, box); e.innerHTML = '<source srcset="' + url + '">'; e.append(new Image)`},
		[2]string{"stylesheet, rel first", `make('link', e => { e.rel = 'stylesheet'; e.href = url }, box)`},
		[2]string{"stylesheet, rel last", `make('link', e => { e.href = url; e.rel = 'stylesheet' }, box)`},
		[2]string{"stylesheet, rel in the page", `const e = make('link', 0, box); e.href = url; e.rel = 'stylesheet'`},
		[2]string{"stylesheet, rel set in the page", `const e = make('link', e => { e.href = url }, box); e.setAttribute('rel', 'canonical'); ` +
			`e.setAttribute('rel', 'StyleSheet')`},
		[2]string{"stylesheet, relList", `const e = make('link', e => { e.href = url }, box); e.relList.add('stylesheet')`},
		[2]string{"stylesheet, relList.value", `const e = make('link', e => { e.href = url }, box); e.relList.value = 'stylesheet'`},
		[2]string{"stylesheet, relList replaced", `const e = make('link', e => { e.href = url; e.rel = 'canonical' }, box); ` +
			`e.relList.replace('canonical', 'stylesheet')`},
		[2]string{"stylesheet, relList set", `const e = make('link', e => { e.href = url }, box); e.relList = 'stylesheet'`},
		[2]string{"stylesheet, media late", `const e = make('link', e => { e.rel = 'stylesheet'; e.media = 'print'; e.href = url }, box); e.media = 'all'`},
		[2]string{
			"stylesheet in a shadow root", `make('p', host => { host.attachShadow({ mode: 'open' }).append(make('link', e => { e.rel = 'stylesheet'; ` +
				`e.href = url })) }, box)`,
		},
		[2]string{"stylesheet in the head", `make('link', e => { e.rel = 'stylesheet'; e.href = url }, document.head)`},
		[2]string{"preload script", `make('link', e => { e.rel = 'preload'; e.as = 'script'; e.href = url }, box)`},
		[2]string{"preload font", `make('link', e => { e.rel = 'preload'; e.as = 'font'; e.crossOrigin = ''; e.href = url }, box)`},
		[2]string{"preload imagesrcset", `make('link', e => { e.rel = 'preload'; e.as = 'image'; e.imageSrcset = url + ' 1x' }, box)`},
		[2]string{
			"preload imagesrcset, behind data", `make('link', e => { e.rel = 'preload'; e.as = 'image'; ` +
				`e.imageSrcset = 'data:image/gif;base64,R0lGODlhAQABAAAAACw= .5x, ' + url + ' 1x' }, box)`,
		},
		[2]string{"preload imagesrcset, setAttribute",
			`make('link', e => { e.rel = 'preload'; e.as = 'image'; e.setAttribute('imagesrcset', url + ' 1x') }, box)`},
		[2]string{"modulepreload", `make('link', e => { e.rel = 'modulepreload'; e.href = url }, box)`},
		[2]string{"link innerHTML", `box.innerHTML = '<link rel=stylesheet href="' + url + '">'`},
		[2]string{"video poster", `make('video', e => { e.poster = url }, box)`},
		[2]string{"video poster setAttribute", `make('video', 0, box).setAttribute('poster', url)`},
		[2]string{"video source", `make('video', e => { e.append(make('source', s => { s.src = url })) }, box)`},
		[2]string{"video source appended to it", `const e = make('video', e => { e.preload = 'auto' }, box); make('source', s => { s.src = url }, e)`},
		[2]string{"audio source", `make('audio', e => { e.preload = 'auto' }, box).innerHTML = '<source src="' + url + '">'`},
		[2]string{"track", `make('video', e => { e.crossOrigin = 'anonymous'; const t = make('track', t => { t.src = url }, e); box.append(e); ` +
			`t.track.mode = 'showing' })`},
		[2]string{"input, type first", `make('input', e => { e.type = 'image'; e.src = url }, box)`},
		[2]string{"input, type last", `make('input', e => { e.src = url; box.append(e); e.type = 'image' })`},
		[2]string{"input, type by setAttribute", `make('input', e => { e.setAttribute('src', url); box.append(e); e.setAttribute('type', 'IMAGE') })`},
		[2]string{"input innerHTML", `box.innerHTML = '<input type=image src=' + url + '>'`},
		[2]string{"image, as HTML reads it", `box.innerHTML = '<image src="' + url + '">'`},
		[2]string{"svg image", `svg('image', { href: url }, svg('svg', {}, box))`},
		[2]string{"svg image setAttributeNS xlink", `const i = svg('image'); i.setAttributeNS('http://www.w3.org/1999/xlink', 'xlink:href', url); ` +
			`svg('svg', {}, box).append(i)`},
		[2]string{"svg image setAttributeNS another prefix",
			`svg('image', {}, svg('svg', {}, box)).setAttributeNS('http://www.w3.org/1999/xlink', 'x:href', url)`},
		[2]string{"svg image setAttributeNode xlink", `const a = document.createAttributeNS('http://www.w3.org/1999/xlink', 'href'); a.value = url; ` +
			`svg('image', {}, svg('svg', {}, box)).setAttributeNode(a)`},
		[2]string{"svg image baseVal", `svg('image', {}, svg('svg', {}, box)).href.baseVal = url`},
		[2]string{"svg image innerHTML", `box.innerHTML = '<svg><image href="' + url + '"/></svg>'`},
		[2]string{"svg image by innerHTML of an svg", `svg('svg', {}, box).innerHTML = '<image href="' + url + '"/>'`},
		[2]string{"svg image insertAdjacentHTML xlink", `box.insertAdjacentHTML('beforeend', '<svg><image xlink:href="' + url + '"/></svg>')`},
		[2]string{"svg image parsed as XML", `box.append(new DOMParser().parseFromString('<svg xmlns="http://www.w3.org/2000/svg">` +
			`<image href="' + url + '"/></svg>', 'image/svg+xml').documentElement)`},
		[2]string{"svg script", `svg('script', { href: url }, svg('svg', {}, box))`},
		[2]string{"svg script, xlink", `const i = svg('script'); i.setAttributeNS('http://www.w3.org/1999/xlink', 'xlink:href', url); ` +
			`svg('svg', {}, box).append(i)`},
		[2]string{"svg feImage", `const s = svg('svg', { width: 9, height: 9 }, box), f = svg('filter', { id: target }, s); ` +
			`svg('rect', { width: 9, height: 9, filter: 'url(#' + target + ')' }, s); svg('feImage', { href: url }, f)`},
		[2]string{"svg feImage innerHTML", `box.innerHTML = '<svg width=9 height=9><filter id="' + target + '"><feImage href="' + url + '"/></filter>` +
			`<rect width=9 height=9 filter="url(#' + target + ')"/></svg>'`},
		[2]string{"body background", `document.body.setAttribute('background', url)`},
		[2]string{"table background", `box.innerHTML = '<table background="' + url + '"><tr><td>x</table>'`},
		[2]string{"td background", `box.innerHTML = '<table><tr><td>x</table>'; box.querySelector('td').setAttribute('background', url)`},
		[2]string{"frame in a frameset", `const d = frame.contentDocument; d.open(); d.write('<frameset><frame src="' + url + '"></frameset>'); d.close()`},
		[2]string{"frame made", `const d = frame.contentDocument, set = d.createElement('frameset'), f = d.createElement('frame'); f.src = url; ` +
			`set.append(f); d.body.replaceWith(set)`},
		[2]string{"iframe that is lazy", `make('iframe', e => { e.loading = 'lazy'; e.src = url; document.body.prepend(e) })`},
		[2]string{"img that is lazy", `make('img', e => { e.loading = 'lazy'; e.width = e.height = 9; e.src = url; document.body.prepend(e) })`},
		[2]string{"img of innerHTML of an img's alt", `const i = make('img'); i.alt = url; box.innerHTML = '<img src="' + i.alt + '">'`},
		[2]string{"template of the page", `box.append(document.getElementById('template').content.cloneNode(true)); box.lastElementChild.src = url`},
	)
	t.some(together, true, map[string]string{"webkit": "animates no address"},
		[2]string{"svg set", `const i = svg('image', { width: 9, height: 9 }, svg('svg', { width: 9, height: 9 }, box)); ` +
			`svg('set', { attributeName: 'href', to: url }, i)`})
	t.some(together, true, map[string]string{"webkit": "animates no address"},
		[2]string{
			"svg set innerHTML", `box.innerHTML = '<svg width=9 height=9><image width=9 height=9><set attributeName="href" to="' + url + '"/></image></svg>'`,
		})
	t.some(together, true, map[string]string{"webkit": "animates no address"},
		[2]string{
			"svg animate values", `box.innerHTML = '<svg width=9 height=9><image width=9 height=9>` +
				`<animate attributeName="href" values="' + url + ';' + url + '" dur="9s"/></image></svg>'`,
		})
	t.some(parsing, true, notWebKit, // Firefox does so when a page has loaded, and no more
		[2]string{"prefetch", `make('link', e => { e.rel = 'prefetch'; e.href = url }, document.head)`},
		[2]string{"prefetch by insertAdjacentHTML", `document.head.insertAdjacentHTML('beforeend', '<link rel=prefetch href="' + url + '">')`})
	t.add(way{name: "preconnect", code: `make('link', e => { e.rel = 'preconnect'; e.href = url }, document.head)`, connects: true,
		comes: true, when: ordinary,
		not: map[string]string{"firefox": "connects to nobody in advance by a proxy"}})
	t.add(way{name: "dns-prefetch", code: `make('link', e => { e.rel = 'dns-prefetch'; e.href = url }, document.head)`, comes: true,
		not: allEngines("no test sees what is resolved")})
	t.some(together, true, notWebKit,
		[2]string{
			"custom built-in", `class Mine extends HTMLImageElement { constructor() { super(); ` +
				`setTimeout(() => { this.src = url }) } } customElements.define('my-' + target, Mine, { extends: 'img' }); ` +
				`box.append(document.createElement('img', { is: 'my-' + target }))`,
		},
		[2]string{
			"custom built-in, innerHTML", `class Mine extends HTMLImageElement { connectedCallback() { this.setAttribute('src', ` +
				`url) } } customElements.define('by-' + target, Mine, { extends: 'img' }); box.innerHTML = '<img is="by-' + target + '">'`,
		},
		[2]string{"custom built-in, new", `class Mine extends HTMLIFrameElement {} customElements.define('new-' + target, Mine, { extends: 'iframe' }); ` +
			`const e = new Mine; e.src = url; box.append(e)`},
	)
	t.elements([2]string{"custom element with a shadow root",
		`customElements.define('own-' + target, class extends HTMLElement { constructor() { super(); ` +
			`this.attachShadow({ mode: 'open' }).innerHTML = '<img src="' + url + '">' } }); box.append(make('own-' + target))`})
	t.add(way{name: "video that plays", code: `make('video', e => { e.muted = true; e.preload = 'none'; e.src = url; e.play().catch(() => 0) }, box)`,
		may: true}) // some are told that there is nothing, others wait
}

// byMarkup are all that read markup.
func (t *table) byMarkup() {
	for _, tag := range slices.Sorted(maps.Keys(source)) {
		if tag == "script" { // markup runs none
			continue
		}
		markup := fmt.Sprintf(`'<%s %s="' + url + '"></%s>'`, tag, source[tag], tag)
		t.elements(
			[2]string{tag + " innerHTML", `box.innerHTML = ` + markup},
			[2]string{tag + " outerHTML", `make('p', 0, box).outerHTML = ` + markup},
			[2]string{tag + " insertAdjacentHTML", `box.insertAdjacentHTML('afterbegin', ` + markup + `)`},
			[2]string{tag + " createContextualFragment", `box.append(document.createRange().createContextualFragment(` + markup + `))`},
			[2]string{tag + " setHTMLUnsafe", `box.setHTMLUnsafe(` + markup + `)`},
			[2]string{tag + " DOMParser, importNode", `box.append(document.importNode(parsed(` + markup + `), true))`},
			[2]string{tag + " DOMParser, adoptNode", `box.append(document.adoptNode(parsed(` + markup + `)))`},
			[2]string{tag + " DOMParser, append", `box.append(parsed('<p>' + ` + markup + ` + '</p>'))`},
			[2]string{tag + " parseHTMLUnsafe", `box.append(Document.parseHTMLUnsafe(` + markup + `).body.firstChild)`},
			[2]string{tag + " template, clone", `const t = make('template'); t.innerHTML = ` + markup + `; box.append(t.content.cloneNode(true))`},
			[2]string{tag + " template, content", `const t = make('template'); t.innerHTML = ` + markup + `; box.append(t.content)`},
			[2]string{tag + " template, importNode",
				`const t = make('template'); t.innerHTML = ` + markup + `; box.append(document.importNode(t.content, true))`},
			[2]string{tag + " shadow root", `make('p', host => { host.attachShadow({ mode: 'open' }).innerHTML = ` + markup + ` }, box)`},
			[2]string{tag + " declarative shadow root", `box.setHTMLUnsafe('<p><template shadowrootmode="closed">' + ` + markup + ` + '</template></p>')`},
			[2]string{tag + " another document", `const d = document.implementation.createHTMLDocument(''); d.body.innerHTML = ` + markup +
				`; box.append(...d.body.childNodes)`},
		)
	}
	t.elements(
		[2]string{"innerHTML of a detached tree", `const p = make('p'); p.innerHTML = '<b><img src="' + url + '"></b>'; box.append(p)`},
		[2]string{"innerHTML, toString", `box.innerHTML = { toString: () => '<img src="' + url + '">' }`},
		[2]string{"innerHTML of a table", `make('tbody', 0, make('table', 0, box)).innerHTML = '<tr><td><img src="' + url + '"></td></tr>'`},
		[2]string{"innerHTML that reads itself", `box.innerHTML = '<p>1</p>'; box.innerHTML += '<img src="' + url + '">'`},
		[2]string{
			"innerHTML with onerror", `box.innerHTML = '<img src="data:," onerror="(window.kept = window.kept || []).push(Object.assign(new Image, { ` +
				`src: &quot;' + url + '&quot; }))">'`,
		},
		[2]string{"insertAdjacentHTML beforebegin", `make('p', 0, box).insertAdjacentHTML('beforebegin', '<img src="' + url + '">')`},
		[2]string{"insertAdjacentHTML afterend", `make('p', 0, box).insertAdjacentHTML('AfterEnd', '<img src="' + url + '">')`},
		[2]string{"execCommand insertHTML", `box.contentEditable = 'true'; box.textContent = 'x'; getSelection().selectAllChildren(box); ` +
			`if (!document.execCommand('insertHTML', false, '<img src="' + url + '">')) throw new Error('not done')`},
		[2]string{"execCommand insertImage", `box.contentEditable = 'true'; box.textContent = 'x'; getSelection().selectAllChildren(box); ` +
			`if (!document.execCommand('insertImage', false, url)) throw new Error('not done')`},
		[2]string{"document of a request", `const x = new XMLHttpRequest; x.open('GET', '/fragment?url=' + encodeURIComponent(url)); ` +
			`x.responseType = 'document'; x.send(); await once(x, 'load'); box.append(x.response.querySelector('img'))`},
		[2]string{"text of a request", `box.innerHTML = await (await fetch('/fragment?url=' + encodeURIComponent(url))).text()`},
		[2]string{
			"importNode of a page's frame", `frame.contentDocument.body.innerHTML = '<p></p>'; ` +
				`const d = document.implementation.createDocument('http://www.w3.org/1999/xhtml', 'p'); ` +
				`d.documentElement.append(Object.assign(d.createElementNS('http://www.w3.org/1999/xhtml', 'img'))); ` +
				`d.documentElement.firstChild.setAttribute('src', url); box.append(document.importNode(d.documentElement, true))`,
		},
		[2]string{"a document that is cloned", `const d = new DOMParser().parseFromString('<img src="' + url + '">', 'text/html').cloneNode(true); ` +
			`box.append(d.body)`},
		[2]string{"picture parsed elsewhere", `box.append(parsed('<picture><source srcset="' + url + '"><img src="data:,"></picture>'))`},
		[2]string{"XSLT", `const x = new XSLTProcessor, xml = s => new DOMParser().parseFromString(s, 'text/xml');
			x.importStylesheet(xml('<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:output method="html"/>` +
			`<xsl:template match="/"><p><img src="' + url + '"/></p></xsl:template></xsl:stylesheet>'));
			box.append(x.transformToFragment(xml('<a/>'), document))`},
	)
	t.some(together, true, notWebKit, [2]string{"setHTML", `box.setHTML('<p><img src="' + url + '"></p>', { sanitizer: {} })`})
	t.some(together, true, notWebKit, [2]string{"moveBefore",
		`const p = make('picture', 0, box), i = make('img', i => { i.src = 'data:,' }, p), s = make('source', s => { s.srcset = url }, box); ` +
			`p.moveBefore(s, i)`})
}

// byAttributes are attributes that reflect, change and go.
func (t *table) byAttributes() {
	t.elements(
		[2]string{"img that says that it is another service's", `box.innerHTML = '<img data-consent-service="other" src="' + url + '">'`},
		[2]string{"attribute taken from another element", `const a = make('a'); a.setAttribute('href', url); const n = a.getAttributeNode('href'); ` +
			`a.removeAttributeNode(n); make('link', e => { e.rel = 'stylesheet'; e.setAttributeNode(n) }, box)`},
		[2]string{"value of an attribute in the page",
			`make('img', e => { box.append(e); e.setAttribute('src', 'data:,'); e.getAttributeNode('src').nodeValue = url })`},
		[2]string{"text of an attribute in the page",
			`make('img', e => { box.append(e); e.setAttribute('src', 'data:,'); e.attributes.src.textContent = url })`},
		[2]string{"attribute set before the type", `make('script', e => { e.type = 'text/plain'; e.src = url; box.append(e); ` +
			`e.type = 'text/javascript'; box.append(e) })`},
		[2]string{"script of another type, cloned as one", `make('script', e => { e.type = 'text/other'; e.src = url; box.append(e); ` +
			`const s = make('script'); for (const a of [...e.attributes]) if (a.name !== 'type') s.setAttribute(a.name, a.value); e.replaceWith(s) })`},
		[2]string{"attributes copied one by one", `const e = parsed('<iframe src="' + url + '">'), f = make('iframe'); ` +
			`for (const a of e.attributes) f.setAttribute(a.name, a.value); box.append(f)`},
		[2]string{"attributes cloned", `const e = parsed('<iframe src="' + url + '">'), f = make('iframe', 0, box); ` +
			`for (const a of e.attributes) f.setAttributeNode(a.cloneNode())`},
		[2]string{"srcdoc taken away, denied src", `make('iframe', e => { e.srcdoc = 'x'; e.src = url; box.append(e); e.removeAttribute('srcdoc') })`},
		[2]string{"href set before rel, by markup", `box.innerHTML = '<link href="' + url + '">'; box.firstChild.rel = 'stylesheet'`},
		[2]string{"src of another document's element", `const e = document.implementation.createHTMLDocument('').createElement('img'); ` +
			`e.src = url; box.append(e)`},
		[2]string{"assigned", `box.append(Object.assign(make('img'), { src: url }))`},
		[2]string{"moved in the page", `make('iframe', e => { e.src = url; const p = make('p', 0, box); p.append(e); box.prepend(e) })`},
		[2]string{"taken out and put back", `make('iframe', e => { e.src = url; e.remove(); box.append(e) })`},
	)
}

// byInsertion are all that put a node somewhere.
func (t *table) byInsertion() {
	insertions := map[string]string{
		"appendChild": `box.appendChild(n)`, "insertBefore": `box.insertBefore(n, null)`, "replaceChild": `box.replaceChild(n, p)`,
		"prepend": `box.prepend(n)`, "before": `p.before(n)`, "after": `p.after('x', n)`, "replaceWith": `p.replaceWith(n)`,
		"before a text": `box.prepend('x'); box.firstChild.before(n)`, "replaceChildren": `box.replaceChildren(n)`,
		"insertAdjacentElement": `p.insertAdjacentElement('afterend', n)`, "insertNode": `const r = new Range; r.selectNode(p); r.insertNode(n)`,
		"surroundContents":   `const r = new Range; r.selectNode(p); r.surroundContents(n)`,
		"a fragment":         `const f = new DocumentFragment; f.append(n); box.append(f)`,
		"a slot":             `make('p', host => { host.attachShadow({ mode: 'open' }).innerHTML = '<slot></slot>'; host.append(n) }, box)`,
		"a subtree":          `const q = make('p'), b = make('b', 0, q); b.append(n); box.append(q)`,
		"a range's fragment": `const q = make('p'); q.append(n); const r = new Range; r.selectNodeContents(q); box.append(r.extractContents())`,
	}
	for _, name := range slices.Sorted(maps.Keys(insertions)) {
		t.elements([2]string{name, `const p = make('p', 0, box), n = parsed('<iframe src="' + url + '"></iframe>'); ` + insertions[name]})
		if name != "surroundContents" { // which empties what it puts around
			t.elements([2]string{
				name + " of a script", `const p = make('p', 0, box), n = make('script', e => { e.textContent = 'window.video = { play() { new Image()` +
					`.src = "' + free + '" } }; video.play()' }); ` + insertions[name],
			})
		}
	}
}

// byScripts are scripts whose text, or whose own imports, name what is denied.
func (t *table) byScripts() {
	inline := `const code = 'window.video = { play() { new Image().src = "' + free + '" } }; video.play()'; `
	t.elements(
		[2]string{"text of a script", inline + `make('script', e => { e.text = code }, box)`},
		[2]string{"innerHTML of a script", inline + `make('script', e => { e.innerHTML = code }, box)`},
		[2]string{"innerText of a script", inline + `make('script', e => { e.innerText = code }, box)`},
		[2]string{"text appended to a script", inline + `make('script', e => { e.append(code) }, box)`},
		[2]string{"text appended to a script in the page", inline + `make('script', 0, box).appendChild(document.createTextNode(code))`},
		[2]string{"text of a script in pieces", inline + `make('script', e => { e.append(code.slice(0, 75)); e.append(code.slice(75)) }, box)`},
		[2]string{"data of a script's text", inline + `const n = document.createTextNode(''); make('script', e => { e.append(n); n.data = code }, box)`},
		[2]string{"createContextualFragment of a script",
			inline + `box.append(document.createRange().createContextualFragment('<script>' + code + '</' + 'script>'))`},
		[2]string{"createContextualFragment of a script's address",
			`box.append(document.createRange().createContextualFragment('<script src="' + url + '"></' + 'script>'))`},
		[2]string{"svg script's text", inline + `svg('script', {}, 0).append(code); const e = svg('script'); e.textContent = code; ` +
			`svg('svg', {}, box).append(e)`},
		[2]string{"inline module", inline + `make('script', e => { e.type = 'module'; e.textContent = code }, box)`},
		[2]string{"inline module's import", `make('script', e => { e.type = 'module'; e.textContent = 'import ' + text(url) }, box)`},
		[2]string{"inline module's export", `make('script', e => { e.type = 'module'; e.textContent = 'export * from ' + text(url) }, box)`},
		[2]string{"module", `make('script', e => { e.type = 'module'; e.src = url }, box)`},
		[2]string{
			"script in a shadow root", `make('p', host => { host.attachShadow({ mode: 'open' }).append(make('script', e => { e.src = url })) }, box)`,
		},
		[2]string{"script of a blob", `make('script', e => { e.src = blob('new Image().src = ' + text(url), 'text/javascript') }, box)`},
		[2]string{"script of data", `make('script', e => { e.src = 'data:text/javascript,new Image().src=' + text(url) }, box)`},
		[2]string{"module of a blob", `make('script', e => { e.type = 'module'; e.src = blob('import ' + text(url), 'text/javascript') }, box)`},
		[2]string{
			"module of data", `make('script', e => { e.type = 'module'; e.src = 'data:text/javascript,import ' + encodeURIComponent(text(url)) }, box)`,
		},
		[2]string{"handler by setAttribute", `const e = make('p', 0, box); e.setAttribute('onclick', 'new Image().src = ' + text(url)); e.click()`},
	)
	t.some(alone, true, nil,
		[2]string{"base element", `make('base', e => { e.href = url }, document.head); make('img', e => { e.setAttribute('src', 'relative') }, box)`},
		[2]string{"base element by innerHTML", `document.head.insertAdjacentHTML('afterbegin', '<base href="' + url + '">'); ` +
			`box.innerHTML = '<img src="relative">'`},
		[2]string{"base element after its image", `make('img', e => { e.setAttribute('src', 'data:,') }, box); ` +
			`document.head.append(make('base', e => { e.href = url })); box.firstChild.setAttribute('src', 'relative')`},
	)
	speculation := `JSON.stringify({ prefetch: [{ urls: [url], eagerness: 'immediate' }] })`
	t.some(ordinary, true, onlyChromium,
		[2]string{"speculation rules", `make('script', e => { e.type = 'speculationrules'; e.textContent = ` + speculation + ` }, document.head)`},
		[2]string{"speculation rules, appended text", `make('script', e => { e.setAttribute('type', 'SpeculationRules'); e.append(` +
			speculation + `) }, box)`},
	)
	t.some(alone, false, nil,
		[2]string{
			"import map", `make('script', e => { e.type = 'importmap'; e.textContent = JSON.stringify({ imports: { alias: url } }) }, document.head); ` +
				`make('script', e => { e.type = 'module'; e.textContent = 'import "alias"' }, document.head)`,
		},
	)
	t.add(way{name: "speculation rules of the document", code: `make('a', e => { e.href = url; e.className = target; e.textContent = 'x' }, box); ` +
		`make('script', e => { e.type = 'speculationrules'; e.textContent = JSON.stringify({ prefetch: [{ where: { selector_matches: '.' + target },` +
		` eagerness: 'immediate' }] }) }, document.head)`, when: ordinary, not: onlyChromium,
		leaks: map[string]string{"chromium": "its links name what is denied, not it"}})
}

// byRequests are functions that ask or send by themselves.
func (t *table) byRequests() {
	t.some(together, false, onlyChromium, [2]string{"fetchLater", `fetchLater(url, { activateAfter: 0 })`})
	t.requests(
		[2]string{"fetch", `fetch(url).catch(() => 0)`},
		[2]string{"fetch of a URL", `fetch(new URL(url), { mode: 'no-cors' }).catch(() => 0)`},
		[2]string{"fetch of a Request", `fetch(new Request(url, { mode: 'no-cors' })).catch(() => 0)`},
		[2]string{"fetch of a Request of a Request",
			`fetch(new Request(new Request(url, { mode: 'no-cors' }), { method: 'POST', body: 'x' })).catch(() => 0)`},
		[2]string{"fetch, toString", `fetch({ toString: () => url }, { mode: 'no-cors' }).catch(() => 0)`},
		[2]string{"fetch, keepalive", `fetch(url, { keepalive: true, method: 'POST', mode: 'no-cors', body: 'x' }).catch(() => 0)`},
		[2]string{"fetch by Reflect", `Reflect.apply(fetch, window, [url, { mode: 'no-cors' }]).catch(() => 0)`},
		[2]string{"XMLHttpRequest", `const x = new XMLHttpRequest; x.open('POST', url); x.send('data')`},
		[2]string{"XMLHttpRequest of a URL", `const x = new XMLHttpRequest; x.open('GET', new URL(url), true, 'user', 'word'); x.send()`},
		[2]string{
			"XMLHttpRequest, sync", `const x = new XMLHttpRequest; x.open('GET', url, false); ` +
				`try { x.send() } catch (e) { if (e.name !== 'NetworkError') throw e }`,
		},
		[2]string{"XMLHttpRequest of a class", `const x = new (class extends XMLHttpRequest {}); x.open('GET', url); x.send()`},
		[2]string{"sendBeacon", `if (!navigator.sendBeacon(url, 'data')) throw new Error('not sent')`},
		[2]string{"EventSource", `keep(new EventSource(url))`},
		[2]string{"EventSource of a class", `keep(new (class extends EventSource {})(new URL(url)))`},
		[2]string{"WebSocket", `keep(new WebSocket(url.replace('http', 'ws')))`},
		[2]string{"WebSocket of a class", `keep(new (class extends WebSocket {})(new URL(url.replace('http', 'ws'))))`},
		[2]string{"FontFace", `new FontFace('F' + target, 'url(' + url + ')').load().catch(() => 0)`},
		[2]string{"FontFace of the document", `const f = new FontFace('G' + target, 'url("' + url + '") format("woff2")'); document.fonts.add(f); ` +
			`make('p', e => { e.style.fontFamily = 'G' + target; e.textContent = 'x' }, box); f.load().catch(() => 0)`},
		[2]string{"cache.add", `const c = await caches.open('x'); c.add(new Request(url, { mode: 'no-cors' })).catch(() => 0)`},
		[2]string{"cache.addAll", `const c = await caches.open('x'); c.addAll([url]).catch(() => 0)`},
		[2]string{"audio worklet", `const c = new OfflineAudioContext(1, 9, 44100); c.audioWorklet.addModule(url).catch(() => 0)`},
		[2]string{"ping", `make('a', e => { e.href = '/blank'; e.target = target; e.ping = url; e.textContent = 'x' }, box).click()`},
		[2]string{"ping by setAttribute", `make('a', e => { e.href = '/blank'; e.target = target; e.setAttribute('ping', '/blank ' + url); ` +
			`e.textContent = 'x' }, box).click()`},
		[2]string{"ping by innerHTML", `box.innerHTML = '<a href="/blank" target="' + target + '" ping="' + url + '">x</a>'; box.firstChild.click()`},
		[2]string{"form submit, POST", `make('form', e => { e.method = 'post'; e.setAttribute('action', url); e.target = target; ` +
			`e.innerHTML = '<input name="a" value="b">' }, box).submit()`},
	)
	t.some(together, false, onlyChromium,
		[2]string{"WebSocketStream", `new WebSocketStream(url.replace('http', 'ws')).opened.catch(() => 0)`},
		[2]string{"paint worklet", `CSS.paintWorklet.addModule(url).catch(() => 0)`},
		[2]string{
			"PaymentRequest", `new PaymentRequest([{ supportedMethods: url }], { total: { label: 'x', amount: { currency: 'EUR', value: '1' } } })` +
				`.canMakePayment().catch(() => 0)`,
		},
		[2]string{"FedCM", `navigator.credentials.get({ identity: { providers: [{ configURL: url, clientId: 'x' }] } }).catch(() => 0)`},
	)
	t.add(way{name: "WebTransport", code: `new WebTransport(url).ready.catch(() => 0)`, connects: true,
		not: notWebKit})
	t.elements( // a frame that a form leads shows what stands in place, and a grant loads that
		[2]string{"form submit", `make('form', e => { e.action = url; e.target = target }, box).submit()`},
		[2]string{"form requestSubmit", `make('form', e => { e.setAttribute('action', url); e.target = target }, box).requestSubmit()`},
		[2]string{"form innerHTML", `box.innerHTML = '<form action="' + url + '" target="' + target + '"><input name=a></form>'; ` +
			`box.firstChild.requestSubmit()`},
		[2]string{"form with fields named as its own", `box.innerHTML = '<form action="' + url + '" target="' + target + '"><input name=action>` +
			`<input name=getAttribute><input name=target></form>'; HTMLFormElement.prototype.submit.call(box.firstChild)`},
		[2]string{"button formaction", `make('form', e => { e.target = target; e.innerHTML = '<button>' }, box); const b = box.firstChild.firstChild; ` +
			`b.formAction = url; b.click()`},
		[2]string{"button setAttribute formaction", `make('form', e => { e.target = target; e.innerHTML = '<button>' }, box); ` +
			`const b = box.firstChild.firstChild; b.setAttribute('formaction', url); box.firstChild.requestSubmit(b)`},
		[2]string{"button of a form elsewhere", `make('form', e => { e.id = 'form' + target; e.target = target }, box); ` +
			`const b = make('button', e => { e.setAttribute('form', 'form' + target); e.setAttribute('formaction', url) }, box); b.click()`},
		[2]string{"input formaction", `make('form', e => { e.target = target; e.innerHTML = '<input type=submit>' }, box); ` +
			`const b = box.firstChild.firstChild; b.formAction = url; b.click()`},
		[2]string{
			"form, formtarget", `make('form', e => { e.action = url; e.innerHTML = '<button formtarget="' + target + '">' }, box).firstChild.click()`,
		},
	)
}

// byWorkers are scripts that run beside the page.
func (t *table) byWorkers() {
	inside := map[string]string{
		"fetch":          `'fetch(' + text(url) + ', { mode: "no-cors" }).catch(() => 0)'`,
		"importScripts":  `'try { importScripts(' + text(url) + ') } catch (e) {}'`,
		"XMLHttpRequest": `'const x = new XMLHttpRequest; x.open("GET", ' + text(url) + '); x.send()'`,
		"WebSocket":      `'new WebSocket(' + text(url.replace('http', 'ws')) + ')'`,
		"EventSource":    `'new EventSource(' + text(url) + ')'`,
	}
	for _, name := range slices.Sorted(maps.Keys(inside)) {
		code := inside[name]
		t.requests(
			[2]string{"worker of a blob, " + name, `keep(new Worker(blob(` + code + `, 'text/javascript')))`},
			[2]string{"worker of data, " + name, `keep(new Worker('data:text/javascript,' + encodeURIComponent(` + code + `)))`},
		)
	}
	t.requests(
		[2]string{"worker of a blob, module", `keep(new Worker(blob('import ' + text(url), 'text/javascript'), { type: 'module' }))`},
		[2]string{"worker of data, module", `keep(new Worker('data:text/javascript,import ' + encodeURIComponent(text(url)), { type: 'module' }))`},
		[2]string{"worker of a blob, module's fetch",
			`keep(new Worker(blob('fetch(' + text(url) + ', { mode: "no-cors" }).catch(() => 0)', 'text/javascript'), { type: 'module' }))`},
		[2]string{
			"worker of a blob, told what to ask", `const w = new Worker(blob('onmessage = e => fetch(e.data, { mode: "no-cors" }).catch(() => 0)', ` +
				`'text/javascript')); keep(w); w.postMessage(url)`,
		},
		[2]string{
			"worker of a blob, in a worker", `keep(new Worker(blob('new Worker(URL.createObjectURL(new Blob([' + text('fetch(' + text(url) + ', { ` +
				`mode: "no-cors" }).catch(() => 0)') + '])))', 'text/javascript')))`,
		},
		[2]string{
			"worker of a class", `keep(new (class extends Worker {})(blob('fetch(' + text(url) + ', { mode: "no-cors" }).catch(() => 0)', ` +
				`'text/javascript')))`,
		},
		[2]string{
			"shared worker of a blob", `keep(new SharedWorker(blob('fetch(' + text(url) + ', { mode: "no-cors" }).catch(() => 0)', 'text/javascript')))`,
		},
		[2]string{"shared worker of data", `keep(new SharedWorker('data:text/javascript,fetch(' + encodeURIComponent(text(url)) + ',{mode:"no-cors"})'))`},
		[2]string{
			"worker of a frame", `const w = new frame.contentWindow.Worker(blob('fetch(' + text(url) + ', { mode: "no-cors" }).catch(() => 0)', ` +
				`'text/javascript')); keep(w)`,
		},
	)
	t.leaking("which the site sends, and nobody looks into",
		[2]string{"worker of the site", `const w = new Worker('/worker.js'); keep(w); w.postMessage(url)`},
		[2]string{"shared worker of the site", `const w = new SharedWorker('/worker.js', target); keep(w); w.port.postMessage(url)`},
	)
}

// byRealms are windows that share the page's origin, and so lend it functions of their own.
func (t *table) byRealms() {
	for _, reach := range [][2]string{
		{"contentWindow", `frame.contentWindow`}, {"contentDocument.defaultView", `frame.contentDocument.defaultView`},
		{"frames[i]", `frames[[...document.querySelectorAll('iframe, frame, object, embed')].indexOf(frame)] || frames[frames.length - 1]`},
		{"frames[name]", `frames[target]`}, {"window[name]", `window[target]`}, {"self[name]", `self[target]`},
		{"the name alone", `new Function('return ' + target.replace(/-/g, '_'))()`}, {"parent.frames", `parent.frames[target]`},
		{"the last of frames", `window[window.length - 1]`},
	} {
		code := reach[1]
		switch reach[0] {
		case "the name alone": // a name that is an identifier
			code = `(frame.contentWindow.name = 'n' + target.replace(/-/g, '_'), new Function('return n' + target.replace(/-/g, '_'))())`
			code = `(() => { const f = make('iframe', e => { e.name = 'n' + target.replace(/-/g, '_') }, box); return new Function('return ' + f.name)() })()`
		case "the last of frames":
			code = `(make('iframe', 0, document.body), window[window.length - 1])`
		case "frames[i]":
			code = `(make('iframe', 0, document.body), frames[frames.length - 1])`
		}
		t.requests([2]string{"blank frame, fetch of " + reach[0], `const w = ` + code + `; w.fetch(url, { mode: 'no-cors' }).catch(() => 0)`})
		t.elements([2]string{"blank frame, Image of " + reach[0], `const w = ` + code + `; const e = new w.Image; keep(e); e.src = url`})
	}
	t.requests(
		[2]string{"blank frame, XMLHttpRequest", `const x = new frame.contentWindow.XMLHttpRequest; x.open('GET', url); x.send()`},
		[2]string{"blank frame, sendBeacon", `frame.contentWindow.navigator.sendBeacon(url, 'x')`},
		[2]string{"blank frame, sendBeacon on this page", `frame.contentWindow.Navigator.prototype.sendBeacon.call(navigator, url, 'x')`},
		[2]string{"blank frame, WebSocket", `keep(new frame.contentWindow.WebSocket(url.replace('http', 'ws')))`},
		[2]string{"blank frame, EventSource", `keep(new frame.contentWindow.EventSource(url))`},
		[2]string{"blank frame, eval", `frame.contentWindow.eval('fetch(' + text(url) + ', { mode: "no-cors" }).catch(() => 0)')`},
		[2]string{"blank frame, Function", `frame.contentWindow.Function('fetch(' + text(url) + ', { mode: "no-cors" }).catch(() => 0)')()`},
		[2]string{"blank frame, its script's fetch", `const d = frame.contentDocument, s = d.createElement('script'); ` +
			`s.textContent = 'fetch(' + text(url) + ', { mode: "no-cors" }).catch(() => 0)'; d.body.append(s)`},
		[2]string{
			"blank frame, written script's fetch", `const d = frame.contentDocument; d.open(); ` +
				`d.write('<script>fetch(' + text(url) + ', { mode: "no-cors" }).catch(() => 0)</' + 'script>'); d.close()`,
		},
		[2]string{"blank frame, fetch after document.open",
			`const d = frame.contentDocument; d.open(); d.close(); frame.contentWindow.fetch(url, { mode: 'no-cors' }).catch(() => 0)`},
		[2]string{
			"blank frame, moved", `const f = make('iframe', 0, box); document.body.append(f); f.contentWindow.fetch(url, { mode: 'no-cors' }).catch(() => 0)`,
		},
		[2]string{"blank frame in a blank frame", `const f = frame.contentDocument.createElement('iframe'); frame.contentDocument.body.append(f); ` +
			`f.contentWindow.fetch(url, { mode: 'no-cors' }).catch(() => 0)`},
		[2]string{
			"blank frame in a shadow root", `const f = make('iframe'); make('p', host => { host.attachShadow({ mode: 'closed' }).append(f) }, box); ` +
				`f.contentWindow.fetch(url, { mode: 'no-cors' }).catch(() => 0)`,
		},
		[2]string{
			"blank frame by innerHTML", `box.innerHTML = '<iframe></iframe>'; box.firstChild.contentWindow.fetch(url, { mode: 'no-cors' }).catch(() => 0)`,
		},
		[2]string{"blank frame, handler of load", `window['load' + target] = w => w.fetch(url, { mode: 'no-cors' }).catch(() => 0); ` +
			`box.innerHTML = '<iframe onload="parent[\'load' + target + '\'](this.contentWindow)"></iframe>'`},
		[2]string{
			"blank frame, its message", `addEventListener('message', e => { if (e.data === target) e.source.fetch(url, { mode: 'no-cors' }).catch(() => ` +
				`0) }); frame.contentDocument.body.append(Object.assign(frame.contentDocument.createElement('script'), { ` +
				`textContent: 'parent.postMessage("' + target + '", "*")' }))`,
		},
		[2]string{"page of the site in an object", `const o = make('object', e => { e.type = 'text/html'; e.data = '/blank' }, box); ` +
			`await once(o, 'load'); o.contentWindow.fetch(url, { mode: 'no-cors' }).catch(() => 0)`},
		[2]string{"embedded page of the site", `make('embed', e => { e.type = 'text/html'; e.src = '/blank' }, box); ` +
			`await once(box.firstChild, 'load'); window[window.length - 1].fetch(url, { mode: 'no-cors' }).catch(() => 0)`},
		[2]string{"page of the site in a frame", `const f = make('iframe', e => { e.src = '/blank' }, box); await once(f, 'load'); ` +
			`f.contentWindow.fetch(url, { mode: 'no-cors' }).catch(() => 0)`},
		[2]string{"page of the site in a frame, not there yet",
			`const f = make('iframe', e => { e.src = '/blank' }, box); f.contentWindow.fetch(url, { mode: 'no-cors', keepalive: true }).catch(() => 0)`},
		[2]string{"srcdoc, its script's fetch",
			`make('iframe', e => { e.srcdoc = '<script>fetch(' + text(url) + ', { mode: "no-cors" }).catch(() => 0)</' + 'script>' }, box)`},
		[2]string{"srcdoc of a sandbox, its script's fetch",
			`make('iframe', e => { e.sandbox = 'allow-scripts'; ` +
				`e.srcdoc = '<script>fetch(' + text(url) + ', { mode: "no-cors" }).catch(() => 0)</' + 'script>' }, box)`},
		[2]string{"srcdoc, fetch of its window", `const f = make('iframe', e => { e.srcdoc = '<p>x</p>' }, box); await once(f, 'load'); ` +
			`f.contentWindow.fetch(url, { mode: 'no-cors' }).catch(() => 0)`},
		[2]string{
			"blob: frame, its script's fetch", `make('iframe', e => { e.src = blob('<script>fetch(' + text(url) + ', { mode: "no-cors" }).catch(() => ` +
				`0)</' + 'script>', 'text/html') }, box)`,
		},
		[2]string{"blob: frame, fetch of its window", `const f = make('iframe', e => { e.src = blob('<p>x</p>', 'text/html') }, box); ` +
			`await once(f, 'load'); f.contentWindow.fetch(url, { mode: 'no-cors' }).catch(() => 0)`},
		[2]string{"window.open of a frame, fetch", `const w = window.open('', target); w.fetch(url, { mode: 'no-cors' }).catch(() => 0)`},
	)
	t.elements(
		[2]string{"blank frame, img of its document",
			`const d = frame.contentDocument; d.body.append(Object.assign(d.createElement('img'), { src: url }))`},
		[2]string{"blank frame, innerHTML", `frame.contentDocument.body.innerHTML = '<img src="' + url + '">'`},
		[2]string{"blank frame, script of its document",
			`const d = frame.contentDocument; d.body.append(Object.assign(d.createElement('script'), { src: url }))`},
		[2]string{"blank frame, document.write", `const d = frame.contentDocument; d.open(); d.write('<img src="' + url + '">'); d.close()`},
		[2]string{"blank frame, document.write of a script",
			`const d = frame.contentDocument; d.open(); d.write('<body><script src="' + url + '"></' + 'script>'); d.close()`},
		[2]string{"blank frame, document.write in pieces", `const d = frame.contentDocument; d.open(); for (const piece of ['<body>` +
			`<im', 'g sr', 'c="' + url.slice(0, 12), url.slice(12) + '"', '>']) d.write(piece); d.close()`},
		[2]string{"blank frame, its script's image", `const d = frame.contentDocument, s = d.createElement('script'); ` +
			`s.textContent = 'document.body.append(Object.assign(document.createElement("img"), { src: ' + text(url) + ' }))'; d.body.append(s)`},
		[2]string{"blank frame, node put into its document", `const e = document.createElement('img'); e.src = url; frame.contentDocument.body.append(e)`},
		[2]string{"blank frame, parsed node put into its document", `frame.contentDocument.body.append(parsed('<iframe src="' + url + '"></iframe>'))`},
		[2]string{"blank frame, its setter on an element here",
			`Object.getOwnPropertyDescriptor(frame.contentWindow.HTMLImageElement.prototype, 'src').set.call(make('img', 0, box), url)`},
		[2]string{"blank frame, its innerHTML on an element here",
			`Object.getOwnPropertyDescriptor(frame.contentWindow.Element.prototype, 'innerHTML').set.call(box, '<img src="' + url + '">')`},
		[2]string{"blank frame, its DOMParser",
			`box.append(new frame.contentWindow.DOMParser().parseFromString('<img src="' + url + '">', 'text/html').body.firstChild)`},
		[2]string{"srcdoc", `make('iframe', e => { e.srcdoc = '<img src="' + url + '">' }, box)`},
		[2]string{"srcdoc set in the page", `make('iframe', 0, box).srcdoc = '<img src="' + url + '">'`},
		[2]string{"srcdoc setAttribute", `make('iframe', e => e.setAttribute('srcdoc', '<img src="' + url + '">'), box)`},
		[2]string{"srcdoc innerHTML", `box.innerHTML = '<iframe srcdoc="<img src=\'' + url + '\'>"></iframe>'`},
		[2]string{"srcdoc innerHTML, escaped", `box.innerHTML = '<iframe srcdoc="&lt;img src=' + url + '&gt;"></iframe>'`},
		[2]string{
			"srcdoc in srcdoc", `const inner = '<img src=\'' + url + '\'>'; ` +
				`make('iframe', e => { e.srcdoc = '<iframe srcdoc="' + inner + '"></iframe>' }, box)`,
		},
		[2]string{
			"srcdoc, its script's image", `make('iframe', e => { e.srcdoc = '<body>` +
				`<script>document.body.append(Object.assign(document.createElement("img"), { src: ' + text(url) + ' }))</' + 'script>' }, box)`,
		},
		[2]string{"srcdoc of a parsed frame", `box.append(parsed('<iframe srcdoc="<img src=' + url + '>"></iframe>'))`},
		[2]string{"javascript: frame", `make('iframe', e => { e.src = 'javascript:"<img src=' + encodeURIComponent(url) + '>"' }, box)`},
		[2]string{"blob: frame", `make('iframe', e => { e.src = blob('<img src="' + url + '">', 'text/html') }, box)`},
		[2]string{
			"blob: frame by innerHTML", `box.innerHTML = '<iframe src="' + blob('<script src="' + url + '"></' + 'script>', 'text/html') + '"></iframe>'`,
		},
		[2]string{"data: frame", `make('iframe', e => { e.src = 'data:text/html,' + encodeURIComponent('<img src="' + url + '">') }, box)`},
		[2]string{"svg of a blob in a frame", `make('iframe', e => { e.src = blob('<svg xmlns="http://www.w3.org/2000/svg">` +
			`<image href="' + url + '"/></svg>', 'image/svg+xml') }, box)`},
	)
	t.elements(
		[2]string{
			"javascript: frame, its script's fetch", `make('iframe', e => { e.src = 'javascript:"<script>fetch(' + encodeURIComponent(text(text(url))` +
				`.slice(1, -1)) + ',{mode:\'no-cors\'})</' + 'script>"' }, box)`,
		},
		[2]string{"javascript: frame, its fetch",
			`make('iframe', e => { e.src = 'javascript:void fetch(' + encodeURIComponent(text(url)) + ',{mode:"no-cors"})' }, box)`},
		[2]string{
			"data: frame, its script's fetch", `make('iframe', e => { e.src = 'data:text/html,' + encodeURIComponent('<script>fetch(' + text(url) + ', { ` +
				`mode: "no-cors" }).catch(() => 0)</' + 'script>') }, box)`,
		},
	)
	t.some(opening, false, nil,
		[2]string{"window.open, fetch", `const w = window.open(''); w.fetch(url, { mode: 'no-cors' }).catch(() => 0)`},
		[2]string{"window.open of about:blank, fetch",
			`const w = window.open('about:blank', 'w' + target); w.fetch(url, { mode: 'no-cors' }).catch(() => 0)`},
		[2]string{
			"window.open, its script's fetch", `const w = window.open(''); ` +
				`w.document.write('<script>fetch(' + text(url) + ', { mode: "no-cors" }).catch(() => 0)</' + 'script>'); w.document.close()`,
		},
		[2]string{"window.open of a page of the site, fetch",
			`const w = window.open('/blank'); await new Promise(done => { const look = () => w.document.title === 'Blank' ? done() : setTimeout(look, 20); ` +
				`look() }); w.fetch(url, { mode: 'no-cors' }).catch(() => 0)`},
	)
	t.some(opening, true, nil,
		[2]string{"window.open, innerHTML", `const w = window.open(''); w.document.body.innerHTML = '<img src="' + url + '">'`},
		[2]string{"window.open, document.write", `const w = window.open(''); w.document.write('<img src="' + url + '">'); w.document.close()`},
		[2]string{"window.open, Image", `const w = window.open(''), e = new w.Image; keep(e); e.src = url`},
	)
	t.requests( // which is another origin, and has no scripts

		[2]string{"srcdoc of a sandbox", `make('iframe', e => { e.sandbox = ''; e.srcdoc = '<img src="' + url + '">' }, box)`},
	)
	t.leaking("the frame never had a page, and browsers tell nobody where such a one goes",
		[2]string{"javascript: frame by its location", `frame.contentWindow.location = 'javascript:"<img src=' + encodeURIComponent(url) + '>"'`},
	)
	t.leaking("it goes past what these elements have of their own",
		[2]string{"blank frame, its setAttribute on an element here",
			`frame.contentWindow.Element.prototype.setAttribute.call(make('img', 0, box), 'src', url)`},
	)
}

// byNavigation are frames that are led somewhere, and pages.
func (t *table) byNavigation() {
	t.elements(
		[2]string{"window.open into a frame", `window.open(url, target)`},
		[2]string{"a target", `make('a', e => { e.href = url; e.target = target; e.textContent = 'x' }, box).click()`},
		[2]string{"a target by innerHTML", `box.innerHTML = '<a href="' + url + '" target="' + target + '">x</a>'; box.firstChild.click()`},
		[2]string{
			"a target, event", `make('a', e => { e.href = url; e.target = target; e.textContent = 'x' }, box).dispatchEvent(new MouseEvent('click', { ` +
				`bubbles: true, cancelable: true }))`,
		},
		[2]string{"a target, never in the page", `const e = make('a', e => { e.href = url; e.target = target }); e.click()`},
		[2]string{"area target", `box.innerHTML = '<map name="m' + target + '"><area href="' + url + '" target="' + target + '"></map>'; ` +
			`box.querySelector('area').click()`},
		[2]string{
			"svg a target", `const e = svg('a', { href: url, target }, svg('svg', {}, box)); ` +
				`e.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }))`,
		},
		[2]string{"a in a frame", `const a = frame.contentDocument.createElement('a'); a.href = url; frame.contentDocument.body.append(a); a.click()`},
		[2]string{
			"a in a frame, _self in srcdoc",
			`make('iframe', e => { e.srcdoc = '<a href="' + url + '">x</a><script>document.querySelector("a").click()</' + 'script>' }, box)`,
		},
		[2]string{"a in a page of the site in a frame", `const f = make('iframe', e => { e.src = '/blank' }, box); await once(f, 'load'); ` +
			`const a = f.contentDocument.createElement('a'); a.href = url; f.contentDocument.body.append(a); a.click()`},
		[2]string{
			"meta refresh in a frame",
			`const d = frame.contentDocument; d.open(); d.write('<meta http-equiv="refresh" content="0;url=' + url + '">'); d.close()`,
		},
		[2]string{"meta refresh in srcdoc", `make('iframe', e => { e.srcdoc = '<meta http-equiv="refresh" content="0;url=' + url + '">' }, box)`},
		[2]string{
			"meta refresh in a blob", `make('iframe', e => { e.src = blob('<meta http-equiv="refresh" content="0;url=' + url + '">', 'text/html') }, box)`,
		},
	)
	for _, r := range [][2]string{
		{"location in srcdoc", `make('iframe', e => { e.srcdoc = '<script>location.replace(' + text(url) + ')</' + 'script>' }, box)`},
		{"location in a page of the site", `const f = make('iframe', e => { e.src = '/blank' }, box); await once(f, 'load'); ` +
			`f.contentWindow.location.href = url`},
	} {
		t.add(way{name: r[0], code: r[1], comes: true, leaks: map[string]string{"webkit": "it has no Navigation API, and tells nobody where a frame goes"}})
	}
	t.some(together, true, notWebKit, [2]string{"navigation.navigate of a frame",
		`frame.contentWindow.navigation.navigate(url).finished.catch(() => 0)`})
	t.some(alone, true, nil,
		[2]string{"base target", `make('base', e => { e.target = target }, document.head); make('a', e => { e.href = url; ` +
			`e.textContent = 'x' }, box).click()`},
		[2]string{"meta refresh", `make('meta', e => { e.httpEquiv = 'refresh'; e.content = '0;url=' + url }, document.head)`},
		[2]string{"meta refresh by innerHTML", `box.innerHTML = '<meta http-equiv=refresh content="0;' + url + '">'`},
	)
	t.some(alone, true, map[string]string{"firefox": "follows only what is whole when it comes"},
		[2]string{"meta refresh, content last", `const e = make('meta', e => { e.httpEquiv = 'refresh' }, document.head); e.content = '0;url=' + url`})
	t.some(alone, true, map[string]string{"firefox": "follows only what is whole when it comes"},
		[2]string{"meta refresh, http-equiv last", `const e = make('meta', e => { e.content = '0;url=' + url }, document.head); ` +
			`e.setAttribute('http-equiv', 'Refresh')`})
	t.add(way{name: "a target, clicked", code: `make('a', e => { e.id = 'go'; e.href = url; e.target = target; e.textContent = 'x'; ` +
		`e.style = 'position: fixed; left: 9px; top: 9px; z-index: 9999999' }, box)`, when: alone, comes: true, clicks: true})
	t.add(way{name: "ping, clicked", code: `make('a', e => { e.id = 'go'; e.href = '/blank'; e.ping = url; e.target = target; e.textContent = 'x'; ` +
		`e.style = 'position: fixed; left: 9px; top: 9px; z-index: 9999999' }, box)`, when: alone, clicks: true})
	t.add(way{
		name: "form, clicked", code: `make('form', e => { e.action = url; e.target = target; e.innerHTML = '<button id="go" style="position: fixed; ` +
			`left: 9px; top: 9px; z-index: 9999999">x</button>' }, box)`, when: alone, comes: true, clicks: true,
	})
	t.leaking("the frame never had a page, and browsers tell nobody where such a one goes",
		[2]string{"location of a frame", `frame.contentWindow.location = url`},
		[2]string{"location.href of a frame", `frame.contentWindow.location.href = url`},
		[2]string{"location.assign of a frame", `frame.contentWindow.location.assign(url)`},
		[2]string{"location.replace of a frame", `frame.contentWindow.location.replace(url)`},
		[2]string{"location of a frame's document", `frame.contentDocument.location = url`},
		[2]string{"location of frames[name]", `frames[target].location = url`},
		[2]string{"location, asked for by a frame's script", `const d = frame.contentDocument, s = d.createElement('script'); ` +
			`s.textContent = 'location.href = ' + text(url); d.body.append(s)`},
	)
	// The site itself sends there what was asked of it; the server does not pass that on, and nobody asks anew.
	t.requests(
		[2]string{"redirect of the site in a frame", `make('iframe', e => { e.src = '/redirect?url=' + encodeURIComponent(url) }, box)`},
		[2]string{"redirect of the site, image", `make('img', e => { e.src = '/redirect?url=' + encodeURIComponent(url) }, box)`},
		[2]string{"redirect of the site, fetch", `fetch('/redirect?url=' + encodeURIComponent(url), { mode: 'no-cors' }).catch(() => 0)`},
	)
}

// byStyles are addresses in style sheets and style attributes.
func (t *table) byStyles() {
	shown := `box.textContent = 'x'; const value = 'url("' + url + '")', rule = '#' + (box.id = 'b' + target) + ' { background-image: ' + value + ' }'; `
	t.elements(
		[2]string{"style.backgroundImage", shown + `box.style.backgroundImage = value`},
		[2]string{"style.background", shown + `box.style.background = value + ' no-repeat'`},
		[2]string{"style['background-image']", shown + `box.style['background-image'] = value`},
		[2]string{"style.cssText", shown + `box.style.cssText = 'background-image: ' + value`},
		[2]string{"style set", shown + `box.style = 'background-image: ' + value`},
		[2]string{"style.setProperty", shown + `box.style.setProperty('background-image', value, 'important')`},
		[2]string{"style of a custom property", shown + `box.style.setProperty('--mine', value); box.style.background = 'var(--mine)'`},
		[2]string{"style setAttribute", shown + `box.setAttribute('style', 'background-image: ' + value)`},
		[2]string{"style setAttribute, escaped", shown + `box.setAttribute('style', 'background-image: u\\72l(' + url.replace('video', 'vide\\6f') + ')')`},
		[2]string{"style setAttributeNode", shown + `const a = document.createAttribute('style'); a.value = 'background-image: ' + value; ` +
			`box.setAttributeNode(a)`},
		[2]string{"style innerHTML", `box.innerHTML = '<p style="background-image: url(' + url + ')">x</p>'`},
		[2]string{"style of svg", `const s = svg('svg', {}, box); s.style.backgroundImage = 'url(' + url + ')'`},
		[2]string{"style.listStyleImage", `box.innerHTML = '<ul><li>x</ul>'; box.firstChild.style.listStyleImage = 'url(' + url + ')'`},
		[2]string{"style.borderImage", shown + `box.style.border = '3px solid'; box.style.borderImage = value + ' 1'`},
		[2]string{"style.maskImage", shown + `box.style.maskImage = value`},
		[2]string{"style.content", shown + `box.style.content = value`},
		[2]string{"style of image-set", shown + `box.style.backgroundImage = 'image-set("' + url + '" 1x)'`},
		[2]string{"style.shapeOutside", shown + `box.style.float = 'left'; box.style.shapeOutside = value`},
		[2]string{"style sheet, text", shown + `make('style', e => { e.textContent = rule }, box)`},
		[2]string{"style sheet, text appended in the page", shown + `make('style', 0, document.head).append(rule)`},
		[2]string{"style sheet, data of its text",
			shown + `const n = document.createTextNode(''); make('style', e => e.append(n), document.head); n.data = rule`},
		[2]string{"style sheet, appendData", shown + `const n = document.createTextNode(''); make('style', e => e.append(n), document.head); ` +
			`n.appendData(rule)`},
		[2]string{"style sheet, innerHTML", shown + `box.innerHTML = 'x<style>' + rule + '</style>'`},
		[2]string{"style sheet, own innerHTML", shown + `make('style', 0, document.head).innerHTML = rule`},
		[2]string{"style sheet of svg", shown + `const e = svg('style'); e.textContent = rule; svg('svg', {}, document.body).append(e)`},
		[2]string{"style sheet parsed elsewhere", shown + `document.body.append(parsed('<p><style>' + rule + '</style></p>'))`},
		[2]string{
			"style sheet in a shadow root", `make('p', host => { host.attachShadow({ mode: 'open' })` +
				`.innerHTML = '<style>p { background: url(' + url + ') }</style><p>x</p>' }, box)`,
		},
		[2]string{"@import", `make('style', e => { e.textContent = '@import "' + url + '";' }, document.head)`},
		[2]string{"@import url()", `make('style', e => { e.textContent = '@import url(' + url + ') screen;' }, document.head)`},
		[2]string{
			"@font-face", shown + `box.style.fontFamily = 'F' + target; make('style', e => { e.textContent = '@font-face { font-family: F' + target + '; ` +
				`src: url(' + url + ') }' }, document.head)`,
		},
		[2]string{"style sheet of a blob", shown + `make('link', e => { e.rel = 'stylesheet'; e.href = blob(rule, 'text/css') }, document.head)`},
		[2]string{
			"style sheet of data", `make('link', e => { e.rel = 'stylesheet'; e.href = 'data:text/css,' + encodeURIComponent('@import "' + url + '";') },` +
				` document.head)`,
		},
	)
	t.some(together, true, notFirefox, [2]string{"attributeStyleMap", shown + `box.attributeStyleMap.set('background-image', value)`})
	t.some(together, true, sameOrigin, [2]string{"style.filter", shown + `box.style.filter = 'url("' + url + '#f")'`})
	t.some(together, true, sameOrigin,
		[2]string{"svg attribute filter", `svg('rect', { width: 9, height: 9, filter: 'url("' + url + '#f")' }, svg('svg', {}, box))`})
	t.some(together, true, sameOrigin, [2]string{"svg use", `svg('use', { href: url + '#f' }, svg('svg', {}, box))`})
	t.some(alone, false, nil, [2]string{"xml-stylesheet",
		`document.insertBefore(document.createProcessingInstruction('xml-stylesheet', 'type="text/css" href="' + url + '"'), document.documentElement)`})
	t.requests( // no element tells what was held
		[2]string{"svg attribute mask", `svg('rect', { width: 9, height: 9, mask: 'url("' + url + '#f")' }, svg('svg', {}, box))`},
		[2]string{"insertRule", shown + `make('style', 0, document.head).sheet.insertRule(rule)`},
		[2]string{"insertRule in a group", shown + `const s = make('style', e => { e.textContent = '@media all { }' }, document.head).sheet; ` +
			`s.cssRules[0].insertRule(rule)`},
		[2]string{
			"insertRule @font-face", shown + `box.style.fontFamily = 'H' + target; ` +
				`make('style', 0, document.head).sheet.insertRule('@font-face { font-family: H' + target + '; src: url(' + url + ') }')`,
		},
		[2]string{"addRule", shown + `make('style', 0, document.head).sheet.addRule('#' + box.id, 'background-image: ' + value)`},
		[2]string{
			"style of a rule", shown + `make('style', e => { e.textContent = '#' + box.id + ' { color: red }' }, document.head)` +
				`.sheet.cssRules[0].style.backgroundImage = value`,
		},
		[2]string{
			"style of a rule, setProperty", shown + `make('style', e => { e.textContent = '#' + box.id + ' { color: red }' }, document.head)` +
				`.sheet.cssRules[0].style.setProperty('background', value)`,
		},
		[2]string{"adoptedStyleSheets, replaceSync",
			shown + `const s = new CSSStyleSheet; s.replaceSync(rule); document.adoptedStyleSheets = [...document.adoptedStyleSheets, s]`},
		[2]string{"adoptedStyleSheets, replace",
			shown + `const s = new CSSStyleSheet; document.adoptedStyleSheets = [...document.adoptedStyleSheets, s]; s.replace(rule)`},
		[2]string{"adoptedStyleSheets, insertRule", shown + `const s = new CSSStyleSheet; s.insertRule(rule); document.adoptedStyleSheets.push(s)`},
		[2]string{"animate", shown + `box.animate({ backgroundImage: [value, value] }, { duration: 9e6 })`},
	)
	t.add(way{name: "style, then a layout", code: shown + `box.style.backgroundImage = value; box.offsetWidth`, comes: true,
		leaks: map[string]string{"chromium": "it has no setters of its own for properties: the style is looked at when the task ends, and a layout " +
			"does not wait for that"}})
}

// byWriting are what pages write while they are parsed, and after that.
func (t *table) byWriting() {
	t.some(parsing, true, nil,
		[2]string{"document.write", `document.write('<img src="' + url + '">')`},
		[2]string{"document.write of a script", `document.write('<script src="' + url + '"></' + 'script>')`},
		[2]string{"document.write of trusted HTML",
			`document.write(trustedTypes.createPolicy('p' + url.length, { createHTML: s => s }).createHTML('<img src="' + url + '">'))`},
		[2]string{"document.write of a script in pieces", `document.write('<scr', 'ipt src="', url, '"></scr', 'ipt>')`},
		[2]string{
			"document.write again and again", `for (const piece of ['<p>a < b</p>', '<scr', 'ipt', ' src="', url.slice(0, 9), url.slice(9), '"', '></scr', ` +
				`'ipt>']) document.write(piece)`,
		},
		[2]string{"document.write, a character at a time", `for (const c of '<img alt=\'>\' src="' + url + '">') document.write(c)`},
		[2]string{"document.write, unquoted and in capitals", `document.write('<IMG SRC=' + url); document.write(' ALT=x'); document.write('>')`},
		[2]string{"document.write, entities in pieces", `const [a, b] = url.split('video'); document.write('<img src="' + a + '&#1'); ` +
			`document.write('18;ideo' + b); document.write('">')`},
		[2]string{"document.write after a comment in pieces",
			`document.write('<!-- <im'); document.write('g> --'); document.write('><img src="' + url + '">')`},
		[2]string{"document.write after a text area in pieces",
			`document.write('<textarea><img src="x">'); document.write('</text'); document.write('area><img src="' + url + '">')`},
		[2]string{"document.write after a style in pieces", `document.write('<style>a { color: red }'); document.write('</sty'); document.write('le>` +
			`<iframe src="' + url + '"></iframe>')`},
		[2]string{"document.write of what is left open", `document.write('<p title="'); document.write('a>b"><img src="' + url + '"></p>')`},
		[2]string{"document.writeln of an iframe", `document.writeln('<iframe src="' + url + '"></iframe>')`},
		[2]string{"document.write of a style sheet", `document.write('<link rel=stylesheet href="' + url + '">')`},
		[2]string{"document.write of a style", `document.write('<style>@import "' + url + '";</style>')`},
		[2]string{"document.write of svg", `document.write('<svg><image href="' + url + '"/></svg>')`},
		[2]string{"document.write of srcdoc", `document.write('<iframe srcdoc="<img src=' + url + '>"></iframe>')`},
		[2]string{"document.write of a declarative shadow root",
			`document.write('<div><template shadowrootmode=open><img src="' + url + '"></template></div>')`},
		[2]string{"document.write of a literal", `document.write('<script>window.vid' + 'eo = { play() { new Image().src = "' + free + '" } }; ` +
			`video' + '.play()</' + 'script>')`},
		[2]string{"document.write of a script that writes", `document.write('<script>document.write("<img src=' + url + '>")</' + 'script><im'); ` +
			`document.write('g>')`},
		[2]string{"document.write of a script's text in pieces",
			`document.write('<script>window.video = { play() { new Image().src = "' + free + '" } }; vid'); document.write('eo.play()</scr'); ` +
				`document.write('ipt>')`},
		[2]string{"appended while parsing", `const s = document.createElement('script'); s.src = url; document.currentScript.after(s)`},
		[2]string{"innerHTML while parsing", `document.currentScript.insertAdjacentHTML('afterend', '<img src="' + url + '">')`},
		[2]string{"onload of what is being parsed", `document.write('<svg onload="new Image().src=\'' + url + '\'"></svg>')`},
	)
	t.some(parsing, false, nil,
		[2]string{"fetch while parsing", `fetch(url, { mode: 'no-cors' }).catch(() => 0)`},
		[2]string{"document.write of a script's fetch", `document.write('<script>fetch("' + url + '", { mode: "no-cors" }).catch(() => 0)</' + 'script>')`},
	)
	t.some(aloneParsing, true, nil,
		[2]string{"document.write of a base element", `document.write('<base href="' + url + '"><img src="relative">')`},
		[2]string{"document.write of meta refresh", `document.write('<meta http-equiv="refresh" content="0;url=' + url + '">')`},
	)
	t.add(way{name: "document.write of trusted HTML, which the page demands", when: aloneParsing,
		leaks: allEngines("the guard can make none, where strings are refused"), code: `
		make('meta', e => { e.httpEquiv = 'Content-Security-Policy'; e.content = "require-trusted-types-for 'script'" }, document.head);
		document.write(trustedTypes.createPolicy('p', { createHTML: s => s }).createHTML('<img src="' + url + '">'))`})
	t.some(alone, true, nil,
		[2]string{"document.write when all is read", `setTimeout(() => { document.write('<!DOCTYPE html><title>New</title><body>` +
			`<img src="' + url + '">'); document.close() })`},
		[2]string{"document.open and write of a script", `setTimeout(() => { document.open(); document.write('<!DOCTYPE html><title>New</title><body>` +
			`<script src="' + url + '"></' + 'script>'); document.close() })`},
		[2]string{"document.open, then an image", `setTimeout(() => { document.open(); document.write('<!DOCTYPE html><title>New</title><body>'); ` +
			`document.close(); document.body.append(Object.assign(document.createElement('img'), { src: url })) })`},
		[2]string{
			"body replaced", `setTimeout(() => { document.body = parsed('<p>x</p>').ownerDocument.body; ` +
				`document.body.innerHTML = '<img src="' + url + '">' })`,
		},
		[2]string{"body parsed elsewhere", `setTimeout(() => { document.body = document.adoptNode(new DOMParser().parseFromString('<body>` +
			`<img src="' + url + '">', 'text/html').body) })`},
		[2]string{"document element replaced", `setTimeout(() => document.replaceChild(document.adoptNode(new DOMParser().parseFromString('<body>` +
			`<iframe src="' + url + '"></iframe>', 'text/html').documentElement), document.documentElement))`},
		[2]string{"innerHTML of the document element", `setTimeout(() => { document.documentElement.innerHTML = '<head></head><body>` +
			`<iframe src="' + url + '"></iframe></body>' })`},
	)
}

// bySpelling are names of a host that browsers read as the same.
func (t *table) bySpelling() {
	spellings := map[string]string{
		"upper case": `url.replace(/^https:[/][/][^/]+/, s => s.toUpperCase())`, "no scheme": `url.replace('https:', '')`,
		"http": `url.replace('https', 'http')`, "a dot at the end": `url.replace('https', 'http').replace('.test', '.test.')`,
		"a port":      `url.replace('.test', '.test:8443')`,
		"backslashes": `url.replace(/[/]/g, '\\')`, "tabs and newlines": `url.replace('video', '\tvi\nd\reo')`, "spaces": `' \n' + url + '  '`,
		"a scheme in pieces": `url.replace('https', 'ht\ntps')`, "control characters": `'\x01\x1f' + url`,
		"no slashes": `url.replace('//', '')`, "one slash": `url.replace('//', '/')`, "many slashes": `url.replace('//', '/////')`,
		"percent":    `url.replace('video', 'vide%6f')`,
		"full width": `url.replace('video', 'ｖｉｄｅｏ')`, "ideographic dots": `url.replace(/[.]/g, '。')`,
		"a soft hyphen": `url.replace('video', 'vi\u00addeo')`,
		"a user":        `url.replace('//', '//user:word@')`, "a user that looks like a host": `url.replace('//', '//free.test%2f@')`,
		"ligatures": `url.replace('test', 'te\uFB06')`,
	}
	for _, name := range slices.Sorted(maps.Keys(spellings)) {
		code := spellings[name]
		not := map[string]string(nil)
		if strings.Contains(name, "user") {
			not = map[string]string{"chromium": "loads nothing from an address with a user in it"}
		}
		t.some(together, true, not,
			[2]string{"img, " + name, `const e = new Image; keep(e); e.src = ` + code},
			[2]string{
				"innerHTML, " + name, `const i = make('img'); i.alt = ` + code + `; box.innerHTML = '<img src="' + i.outerHTML.match(/alt="([^"]*)/)[1] + '">'`,
			})
		if !strings.Contains(name, "user") { // which fetch refuses
			t.requests([2]string{"fetch, " + name, `fetch(` + code + `, { mode: 'no-cors' }).catch(() => 0)`})
		}
	}
	for _, c := range [][2]string{
		{"character references", `url.replace('video', '&#118;ideo').replace(/[.]/g, '&period;')`},
		{"hexadecimal references", `url.replace('video', '&#x76&#x69;deo').replace('://', '&colon;&sol;&#47;')`},
		{"no quotes", `url`},
		{"tags in attributes", `url + ' alt=">" title="<b>"'`},
		{"an attribute before that holds one", `'x'.slice(1) + url + ' src=/second'`},
	} {
		t.elements(
			[2]string{"innerHTML, " + c[0], `box.innerHTML = '<div><IMG src=' + ` + c[1] + ` + '></div>'`},
			[2]string{"insertAdjacentHTML, " + c[0], `box.insertAdjacentHTML('beforeend', '<iframe src=' + ` + c[1] + ` + '></iframe>')`},
		)
	}
	t.elements(
		[2]string{"innerHTML, slashes between attributes", `box.innerHTML = '<img/alt="x"/src="' + url + '"/>'`},
		[2]string{"innerHTML, newlines between attributes", `box.innerHTML = '<img\n\fsrc\n=\n"' + url + '"\n>'`},
		[2]string{"innerHTML, a tag that is never closed", `box.innerHTML = '<img src="' + url + '" x=<p>'`},
		[2]string{"innerHTML, after a comment that ends oddly", `box.innerHTML = '<!--><img src="' + url + '">-->'`},
		[2]string{"innerHTML, after a title", `box.innerHTML = '<title><!--</title><img src="' + url + '">--></title>'`},
		[2]string{"innerHTML, a bogus end tag", `box.innerHTML = '</ ><img src="' + url + '">'`},
		[2]string{"innerHTML, in foreign content", `box.innerHTML = '<svg><foreignObject><img src="' + url + '"></foreignObject></svg>'`},
		[2]string{"innerHTML, breaking out of foreign content", `box.innerHTML = '<math><mtext><img src="' + url + '"></mtext></math>'`},
		[2]string{"innerHTML, noscript", `box.innerHTML = '<noscript><p title="</noscript><img src=' + url + '>"></noscript>'`},
	)
}
