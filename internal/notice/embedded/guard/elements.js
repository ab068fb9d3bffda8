// Elements that load: how one is held back, and how scripts see one that is held.
//
// A held element has the attributes that the server gives it: what would load stands under
// "data-consent-", and data-consent-service says whose it is. Scripts see what its author wrote.

const HELD = 'data-consent-', SERVICE = HELD + 'service', MARK = 'data-caddy-consent', LITERAL = 'text/plain', XLINK = 'http://www.w3.org/1999/xlink';
const [putNode, removeNode] = ['set', 'remove'].map(verb => uncurry(element[verb + 'AttributeNode'])), putNS = uncurry(element.setAttributeNS);
const matches = uncurry(element.matches), namespaceOf = getter(Element, 'namespaceURI');
const setInner = describe(element, 'innerHTML').set, setText = uncurry(describe(Node.prototype, 'textContent').set), textOf = getter(Node, 'textContent'), parentOf = getter(Node, 'parentNode'), typeOf = getter(Node, 'nodeType');
const innerOf = getter(Element, 'innerHTML'), outerOf = getter(Element, 'outerHTML'); // with what is held
const [findIn, findInDocument, findInFragment] = [Element, Document, DocumentFragment].map(({ prototype }) => uncurry(prototype.querySelectorAll));

// By the name of an element, the attributes by which it loads: how addresses stand in them, whether in
// SVG alone, and the rest of a selector for elements on which they count. See internal/notice/elements.go.
const loads = Object.create(null);
const candidates = policy.elements.split('|').map(group => {
	const [, name, form, kinds] = /^(?:\w+:)?([\w-]+)(\W?) (.*)/.exec(group);
	kinds.split(' ').forEach(kind => {
		const [, svg, element, when] = /^(!?)(\w+)(.*)/.exec(kind), key = element.toLowerCase();
		(loads[key] = loads[key] || []).push({ name, form, svg, when });
	});
	return '[*|' + name + ']';
}) + ',script,style,[style]';
const kindOf = el => localName(el).toLowerCase();
const isFrame = /^(i?frame|embed|object)$/;
const isLive = node => !!viewOf(documentOf(node) || node);
const isHeld = el => get(el, MARK) !== null && (get(el, 'srcdoc') !== null || [...attributesOf(el)].some(a => a.name.startsWith(HELD)));
const isSVG = el => /svg$/.test(namespaceOf(el));
const loadsBy = (el, name) => (loads[kindOf(el)] || []).find(rule => rule.name === name && (!rule.svg || isSVG(el)));
const relations = new Set(policy.relations.split(' '));

// For what an element is held by an attribute of that value. In place of a document in a frame, what it
// would run counts.
const deniedIn = (el, name, value) => {
	const rule = value && loadsBy(el, name), kind = kindOf(el);
	if (!rule || rule.form === '<' || rule.when && !matches(el, rule.when) ||
		kind === 'link' && !`${get(el, 'rel')}`.split(/[\t\n\f\r ]+/).some(rel => relations.has(rel.toLowerCase()))) return;
	if (isFrame.test(kind) && /^\s*(data|javascript):/i.test(value)) return deniedWithin(value);
	if (!rule.form && /^(script|link)$/.test(kind) && /^\s*(data|blob):/i.test(value)) {
		const text = contents(value);
		return kind === 'script' ? deniedText(el, text) : /\bstylesheet\b/i.test(get(el, 'rel')) ? inertCSS(text).judged : undefined;
	}
	return deniedAmong(rule.form, value);
};
const addresses = (form, value) => form === '=' ? [value.replace(/^[\s\d.]+[;,]?\s*(url\s*=\s*)?["']?/i, '')] : form ? value.split(form === ',' ? /[\s,]+/ : form === ';' ? ';' : /\s+/) : [value];
// Each is looked at once, and only if it may have a host.
const deniedAmong = (form, value) => {
	const all = addresses(form, value), risks = form ? [...new Set(all)].filter(url => risky.test(url) || isBaseDenied()) : all;
	return risks.map(denied).find(Boolean);
};
// What stands in an address of data, or in a blob that a script has made of strings.
const stringsOf = new WeakMap();
const contents = url => {
	try {
		if (/^\s*data:/i.test(url)) return /;base64,/i.test(url) ? atob(url.replace(/^[^,]*,/, '')) : decodeURIComponent(url.replace(/^[^,]*,/, ''));
	} catch (malformed) { /* loads nothing */ }
	return (stringsOf.get(blobs.get(url.trim())) || []).join('');
};
const deniedWithin = url => {
	try {
		url = /;base64,/i.test(url) ? atob(url.replace(/^[^,]*,/, '')) : decodeURIComponent(url);
	} catch (malformed) { /* as it stands */ }
	const found = new RegExp(hosts.source, 'gi');
	for (let host; (host = found.exec(url));) {
		const id = host[1] && denied('//' + host[1]);
		if (id) return id;
	}
};

// Of an inline script: by a literal of a service; as a module, by what it imports; as import map or
// speculation rules, by an address. See internal/markup/imports.go.
const deniedText = (el, text) => {
	const type = `${get(el, 'type') || ''}`.trim().toLowerCase(), isJSON = /^(importmap|speculationrules)$/.test(type);
	const service = /^$|java|ecma|jscript|livescript|module|partytown/.test(type) && services.find(s => !guard.granted.has(s.id) && s.inline.some(literal => text.includes(literal)));
	if (service) return held.add(service.id), service.id;
	if (!isJSON && type !== 'module') return;
	const literal = new RegExp(isJSON ? policy.json : policy.module, 'g');
	for (let found; (found = literal.exec(text));) {
		let name = isJSON ? found[0] : found[1].slice(1, -1);
		try { if (isJSON) name = JSON.parse(name); } catch (malformed) { continue; }
		const id = /^([./]|[a-z][a-z0-9+.-]*:)/i.test(name) && denied(name);
		if (id) return id;
	}
};

const authoredCSS = css => css.replace(/data:,#([^"')\s;&]*)/g, (_, url) => decodeURIComponent(url));
// The attributes that an author gave, in their order, as [name, value, namespace].
const authored = el => {
	const all = [...attributesOf(el)], ours = isHeld(el), STYLE = HELD + 'style', styled = ours && get(el, STYLE) !== null;
	return all.filter(({ name, value }) => !ours || name !== STYLE && name !== MARK && name !== SERVICE && (name.startsWith(HELD) || name === 'style' || !all.some(a => a.name === HELD + name)) &&
		!(name === 'type' && value === LITERAL && kindOf(el) === 'script'))
		.map(({ name, value, namespaceURI }) => !ours || !name.startsWith(HELD) ? [name, ours && name === 'srcdoc' ? unwritten(value) : styled && name === 'style' ? authoredCSS(value) : value, namespaceURI] :
			[name.slice(HELD.length), value, name.startsWith(HELD + 'xlink:') && XLINK]);
};

// Gives an element these attributes: one that may load at once keeps the others, and loads last.
const dress = (el, attributes) => {
	const now = [...attributesOf(el)], live = isLive(el);
	let same = 0;
	while (!live && same < now.length && attributes[same] && now[same].name === attributes[same][0] && now[same].value === attributes[same][1]) same++;
	now.slice(same).filter(a => !live || !attributes.some(([name]) => name === a.name)).forEach(a => removeNode(el, a));
	const give = ([name, value, namespace]) => {
		const old = now.find(a => a.name === name && a.value === value); // it may have a name that scripts cannot give
		if (old && live) return;
		if (old) putNode(el, old);
		else if (namespace) putNS(el, namespace, name, value);
		else put(el, name, value);
	};
	const last = ([name]) => live && loadsBy(el, name.replace(/.*:/, ''));
	attributes = attributes.slice(same);
	attributes.filter(a => !last(a)).forEach(give);
	attributes.filter(last).forEach(give);
	// The text of a style sheet that was held stands in an attribute.
	const text = kindOf(el) === 'style' && attributes.find(([name]) => name === 'text');
	if (text) {
		remove(el, 'text');
		setText(el, text[1]);
	}
};

// Whether a page of another site has this one in a frame: there, what stands in place of a frame says so.
let isEmbedded;
try { isEmbedded = !top.location.href; } catch (foreign) { isEmbedded = true; }

// Holds an element with these attributes for what was judged, or, if that is nothing, lets it go.
const wear = (el, attributes, judged) => {
	const kind = kindOf(el), inside = judged && Object.keys(Object(judged)).find(key => /^src/.test(key)), isScript = kind === 'script';
	if (judged) {
		const moves = inside ? [inside] : [...loads[kind].map(rule => rule.name), isScript && 'type'];
		attributes = attributes.map(([name, value, namespace]) => {
			const local = name.replace(/.*:/, '');
			// What its author has called so makes way in the same manner.
			return moves.includes(local) || name.startsWith(HELD) ? [HELD + (namespace === XLINK ? 'xlink:' : '') + local, value] : [name, value, namespace];
		});
		if (isScript) attributes.push(['type', LITERAL]);
		attributes.push([MARK, '']);
		if (inside) attributes.push([inside, judged[inside]]);
		else attributes.push([SERVICE, judged]);
		if (/^i?frame$/.test(kind) && !inside) {
			const url = attributes.find(a => a[0] === HELD + 'src')[1];
			let shows;
			try { shows = resolve(url).href; } catch (invalid) { shows = url; }
			attributes.push(['src', file('../../placeholder?') + new URLSearchParams({ service: judged, lang: document.documentElement.lang, url: shows, ...isEmbedded && { embedded: /^http/.test(location.protocol) ? location.pathname + location.search : '/' } })]);
		}
		fail(el);
	}
	dress(el, attributes);
};

guard.heldFor = el => get(el, SERVICE);
// What is held is failed, soon: as a request is that an extension blocks. Frames load what stands in their place.
const remember = (set, object) => { if (WeakRef && set.size < 999) set.add(new WeakRef(object)); };
let failing = new Set(), told;
const counting = new Set();
guard.heard.push(() => setTimeout(() => counting.clear()));
let framed = false; // whether frames may be in the page that have an address
let busy = false; // whether there is something to see to when nodes come in
// Whether what is denied may stand in a document that loads nothing, as a template's, or what was denied before.
// Where that cannot be, what comes from there need not be looked at.
let doubt = false;
guard.heard.push(() => { doubt = true; });
let shadows = false; // whether scripts have made shadow trees
const expectFrames = () => { framed = busy = true; };
const tell = () => {
	const all = failing;
	failing = new Set();
	told = false;
	for (const el of all) {
		if (!isHeld(el) || /^(style|i?frame|form|button|a|meta|body|t\w+)$/.test(kindOf(el))) continue;
		// An image that only counts a visit stands nowhere, and nobody keeps it; one that loads, the browser would.
		if (kindOf(el) === 'img' && !parentOf(el) && documentOf(el) === document && counting.size < 99) counting.add(el);
		if (isConnected(el) || /^(img|audio|video)$/.test(kindOf(el))) el.dispatchEvent(new Event('error'));
		else if (failing.size < 999) failing.add(el); // until it stands in the page
	}
	busy = framed || failing.size > 0;
};
const tellSoon = () => {
	if (!told) setTimeout(tell);
	told = true;
};
const fail = el => {
	failing.add(el);
	busy = true;
	tellSoon();
	if (!isConnected(el)) remember(guard.loose, el); // comes back too
};

// A copy of an element that cannot load, as its author wrote it.
const inert = document.implementation.createHTMLDocument(''), base = inert.head.appendChild(inert.createElement('base'));
const importInert = (node, deep) => {
	base.href = document.baseURI;
	return uncurry(Document.prototype.importNode)(inert, node, deep);
};
// In text, of a document in an attribute and where scripts run of <noscript>, it is as the server has written it.
// It matches wherever it begins, so that no text takes longer than its length.
const written = / data-caddy-consent="" data-consent-service="[\w-]+"( src="[^"]*")?(?: type="text\/plain")?((?:[^>"']+|"[^"]*"?|'[^']*'?)*>?)/g;
const unwritten = text => text.replace(/<script data-caddy-consent="[?\w]*" src="[^"]*"[^>]*><\/script>/, '').replace(written, (all, src = '', rest) => rest.endsWith('>') ? (/\/placeholder\?/.test(src) ? '' : src) + authoredCSS(rest.replace(/ data-consent-style=""/, '')).replace(/(^|\s)data-consent-/g, '$1') : all);
const restore = root => {
	for (const el of [root, ...findIn(root, '[' + MARK + '],noscript,template')]) {
		if (isHeld(el)) dress(el, authored(el));
		const kind = kindOf(el);
		// Without scripts, as here, markup in <noscript> is elements: else it would be escaped when it is read.
		if (kind === 'noscript' && !el.firstElementChild) apply(setInner, el, [unwritten(textOf(el))]);
		if (kind === 'template') [...el.content.children].forEach(restore);
	}
	return root;
};
const copies = new WeakMap(); // so that who asks twice is given the same attributes
const copy = el => {
	const stands = JSON.stringify([...attributesOf(el)].map(a => [a.name, a.value])), last = copies.get(el);
	if (last && last.stands === stands) return last.twin;
	const twin = importInert(el);
	dress(twin, authored(twin));
	for (const attribute of attributesOf(twin)) define(attribute, 'ownerElement', { __proto__: null, value: el, configurable: true });
	copies.set(el, { stands, twin });
	return twin;
};

// Tells for what an element is to be held that is as its author wrote it: an owner's id, or a document in it.
const judge = el => {
	const kind = kindOf(el);
	let judged;
	for (const { localName, value } of attributesOf(el)) {
		if (!judged) judged = deniedIn(el, localName, value);
	}
	if (judged) return judged;
	if (kind === 'script') return get(el, 'src') === null ? deniedText(el, textOf(el)) : undefined;
	const srcdoc = kind === 'iframe' && get(el, 'srcdoc');
	if (!srcdoc) return kind === 'iframe' && documentOfBlob(get(el, 'src')) || undefined;
	// Where it shares nothing with this page, or is first seen when its scripts have run, the guard comes as a tag.
	const sandbox = get(el, 'sandbox'), isOther = sandbox !== null && !/allow-same-origin/i.test(sandbox);
	const tag = (sandbox === null || /allow-scripts/i.test(sandbox)) && (isOther || isWebKit && /<script|\son\w+\s*=|javascript:/i.test(srcdoc)) &&
		'<script ' + MARK + '="' + on + '" src="' + src + '"></script>';
	const clean = suspicious(srcdoc, true) && embedded(srcdoc), text = clean ? clean.srcdoc : srcdoc;
	return tag ? { srcdoc: text.replace(/^\s*<!doctype[^>]*>|^/i, doctype => doctype + tag) } : clean;
};
// Other engines keep the window of the empty document that was there before.
const isWebKit = /^Apple/.test(navigator.vendor);

// A document in a blob, with what is denied held.
const documents = new Map(), toBlob = URL.createObjectURL, NativeBlob = Blob;
const documentOfBlob = url => {
	const blob = /^\s*blob:/i.test(url) && blobs.get(url.trim());
	if (!blob || !/html|svg|xml/.test(blob.type)) return;
	if (!documents.has(blob)) {
		const text = contents(url), type = /svg|xml/.test(blob.type) ? blob.type : 'text/html', clean = suspicious(text, true) && embedded(text, type);
		documents.set(blob, clean && apply(toBlob, URL, [new NativeBlob([clean.srcdoc], { type: blob.type })]));
	}
	return documents.get(blob) && { src: documents.get(blob) };
};

// Looks at an element that comes in from a document that loads nothing.
let screenStyle; // see styles.js
const screen = el => {
	const styled = screenStyle(el), kind = kindOf(el);
	if (styled || !loads[kind]) return styled;
	if (isFrame.test(kind)) expectFrames();
	const service = get(el, SERVICE);
	if (service && guard.granted.has(service)) return wear(el, activated(el));
	if (service && isHeld(el)) return fail(el);
	if (service && kind === 'script' && get(el, 'type') === LITERAL) return; // its author has gated it
	const judged = judge(el);
	if (judged) wear(el, authored(el), judged);
	return judged;
};
// The attributes of one that its author has gated, or that we hold, when it is released.
const activated = el => {
	const all = [...attributesOf(el)];
	return isHeld(el) ? authored(el) : all.filter(({ name, value }) => !all.some(a => a.name === HELD + name) && !(name === 'type' && kindOf(el) === 'script' && /^\s*text\/plain\s*$/i.test(value)))
		.map(({ name, value, namespaceURI }) => name.startsWith(HELD) && name !== SERVICE ? [name.slice(HELD.length), value] : [name, value, namespaceURI]);
};
const finders = { 1: findIn, 9: findInDocument, 11: findInFragment };
// Looks at all that comes in with a node; tells whether something is held.
const look = (node, shadows) => {
	const all = finders[typeOf(node)];
	let found = all === findIn && screen(node);
	if (all) for (const el of all(node, candidates)) found = screen(el) || found;
	if (all && shadows) for (const { shadowRoot } of all(node, '*')) found = shadowRoot && look(shadowRoot, true) || found;
	return found;
};
