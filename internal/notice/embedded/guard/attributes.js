// What scripts do to the attributes of elements that load. These elements have functions of their own for
// it, before those of all elements, which stay native.

const conditions = /^(rel|type|http-equiv|attributename|sandbox)$/; // attributes on which it depends whether others load
const [readers, writers] = ['getAttribute getAttributeNS hasAttribute hasAttributeNS getAttributeNames getAttributeNode getAttributeNodeNS hasAttributes',
	'setAttribute setAttributeNS setAttributeNode setAttributeNodeNS removeAttribute removeAttributeNS removeAttributeNode toggleAttribute'];
const reflecting = { imagesrcset: 'imageSrcset', formaction: 'formAction', 'http-equiv': 'httpEquiv' }; // properties that are not called as their attributes
const { setAttribute, removeAttribute } = element;
const elementsBehind = new WeakMap(); // whose attributes, or animated address, these are

// What native functions make of an argument, but for trusted types; an object is asked for its text once.
const textual = value => {
	if (!value || typeof value !== 'object' && typeof value !== 'function' || /^Trusted/.test(value[toStringTag])) return value;
	return `${value}`;
};

// What a denied address has in it, where neither the page's base is denied nor a path of the site; scripts, documents and data count apart.
const risky = /[:\\]|\/[\t\n\r]*\//;
let lastBase, lastGranted, baseDenied;
const isBaseDenied = () => {
	const { baseURI } = document;
	if (baseURI !== lastBase || guard.granted !== lastGranted) baseDenied = denied(lastBase = baseURI, lastGranted = guard.granted) || pathed.some(deniedFor);
	return baseDenied;
};
// The attributes that make a difference; others are left to the natives, whoever has them.
const special = new Set(['style', 'text']);
for (const kind in loads) for (const { name } of loads[kind]) special.add(name);
const plain = new Map(); // bounded, as scripts choose names
const isPlain = name => {
	if (typeof name !== 'string') return false;
	let is = plain.get(name);
	if (is === undefined) {
		if (plain.size > 999) plain.clear();
		plain.set(name, is = !special.has(name) && !conditions.test(name) && !/[^a-z-]|^data-c/.test(name));
	}
	return is;
};
// Whether an address has no host, or is of an image's own data.
const isOwn = (kind, name, value) => name === 'src' && kind === 'img' && /^(data|blob|about):/i.test(value) || !risky.test(value) && !isBaseDenied();
// Whether an attribute can be given to an element that is not held without a further look: most addresses are the site's.
const isHarmless = (el, name, value) => {
	if (typeof value !== 'string' || !special.has(name) && name !== 'type' || /^s(rcdoc|tyle)$/.test(name)) return false;
	try {
		const kind = localName(el);
		if (get(el, MARK) !== null || isFrame.test(kind)) return false;
		if (name === 'type') return kind === 'input' && !/^image$/i.test(value);
		return isOwn(kind, name, value);
	} catch (none) { /* no element: the native says so */ }
};

// Whether an attribute of that value may make a difference to what an element loads.
const matters = (el, name, value) => {
	const kind = kindOf(el), rule = loadsBy(el, name);
	if (conditions.test(name)) return kind === 'script' || name === 'sandbox' && get(el, 'srcdoc') !== null || (kind !== 'input' || /^image$/i.test(value)) && [...attributesOf(el)].some(a => {
		const rule = loadsBy(el, a.localName);
		return rule && deniedAmong(rule.form, a.value);
	});
	if (!rule) return false;
	return rule.form === '<' ? suspicious(value, true) || get(el, 'sandbox') !== null : !rule.form && /^\s*(data|javascript|blob):/i.test(value) ? kind !== 'img' : !!deniedAmong(rule.form, value);
};
// Lets a native change an attribute, on a copy first if what is held may change by that.
const change = (el, native, args, name, value) => {
	if (typeof value === 'symbol') return apply(native, el, args); // it says what is wrong
	const kind = kindOf(el), ours = isHeld(el);
	if (isFrame.test(kind)) expectFrames();
	name = `${name}`.toLowerCase().replace(/.*:/, '').replace('httpequiv', 'http-equiv');
	value = value === undefined ? '' : `${value}`;
	if (!ours && name !== 'srcdoc' && !conditions.test(name) && isOwn(kind, name, value)) return apply(native, el, args);
	if (!isLive(el)) {
		if (matters(el, name, value)) doubt = true;
		return apply(native, el, args);
	}
	if (name.startsWith(HELD) || !(ours ? loadsBy(el, name) || conditions.test(name) : matters(el, name, value))) return apply(native, el, args);
	const twin = kind === 'script' ? restore(importInert(el, true)) : restore(importInert(el));
	const result = apply(native, twin, args), judged = judge(twin);
	if (!judged && !ours) return apply(native, el, args);
	wear(el, authored(twin), judged);
	return result;
};
// Judges a script that is to have that text.
const retell = (el, text) => {
	if (!isLive(el) && deniedText(el, text)) doubt = true;
	if (!isLive(el) || get(el, 'src') !== null || isHeld(el) && get(el, HELD + 'src') !== null) return;
	const was = isHeld(el) ? authored(el) : undefined;
	const judged = deniedText(was ? copy(el) : el, text);
	if (judged || was) wear(el, was || authored(el), judged);
};
const author = el => {
	try {
		if (isHeld(el)) return copy(el);
	} catch (none) { /* no element: the native says so */ }
	return el;
};

const guardAttributes = window => {
	const { document, HTMLMediaElement, SVGAnimatedString, Attr, NamedNodeMap } = window;
	// What all these elements have in common stands once, on an object that is none of the page's.
	const common = Object.create(window.Element.prototype);
	for (const reader of readers.split(' ')) replace(common, reader, native => ({
		_(name) {
			return apply(native, plain.get(name) || isPlain(name) ? this : author(this), arguments);
		},
	})._);
	const write = (native, el, args, name) => {
		const isNode = /Node/.test(name), at = /NS$/.test(name) && !isNode ? 1 : 0;
		if (isNode && args[0] && isHeld(el) && /^remove/.test(name)) return change(el, removeAttribute, [args[0].name], args[0].name), args[0];
		if (isNode) return args[0] ? change(el, function (attr) { return apply(native, this, [this === el ? attr : attr.cloneNode()]); }, args, args[0].name, args[0].value) : apply(native, el, args);
		if (/^set/.test(name) && args.length > at + 1) args[at + 1] = textual(args[at + 1]);
		args[at] = textual(args[at]);
		return change(el, native, args, args[at], /^set/.test(name) ? args[at + 1] : '');
	};
	for (const writer of writers.split(' ')) replace(common, writer, native => ({
		_(name) {
			if (plain.get(name) || isPlain(name) || writer === 'setAttribute' && isHarmless(this, name, arguments[1])) return apply(native, this, arguments);
			const result = attempt(write, native, this, arguments, writer);
			if (get(this, 'style') !== null && isLive(this)) screenStyle(this);
			return result;
		},
	})._);
	wrap(common, 'attributes', (native, el) => {
		const all = apply(native, author(el), []);
		elementsBehind.set(all, el);
		return all;
	}, 'get');
	const seen = new Set(), members = Object.getOwnPropertyNames(common).map(name => [name, Object.setPrototypeOf(describe(common, name), null)]);
	for (const kind in loads) {
		const isSVG = /^(image|use|feimage|set|animate)$/.test(kind), svg = 'http://www.w3.org/2000/svg';
		for (const el of [isSVG || document.createElement(kind), (isSVG || kind === 'script') && document.createElementNS(svg, kind === 'feimage' ? 'feImage' : kind)]) {
			const owner = el && el.localName && Object.getPrototypeOf(el);
			if (!owner || seen.has(owner) || owner === window.HTMLUnknownElement.prototype || owner === window.HTMLElement.prototype) continue;
			seen.add(owner);
			for (const [name, member] of members) define(owner, name, member);
			for (const attribute of new Set([...loads[kind].map(rule => rule.name), 'rel', 'type', 'http-equiv'])) {
				const name = reflecting[attribute] || attribute;
				const d = describe(owner, name) || /^(video|audio)$/.test(kind) && describe(HTMLMediaElement.prototype, name);
				if (d && d.set) {
					const set = (native, el, args) => {
						args[0] = textual(args[0]);
						return change(el, native, args, name, args[0]);
					};
					replace(owner, name, native => ({
						_(value) {
							return isHarmless(this, attribute, value) ? apply(native, this, arguments) : attempt(set, native, this, arguments);
						},
					})._, 'set');
					replace(owner, name, native => ({
						_() {
							return apply(native, author(this), []);
						},
					})._, 'get');
				} else if (d && name === 'href') {
					wrap(owner, name, (native, el) => {
						const animated = apply(native, el, []);
						elementsBehind.set(animated, el);
						return animated;
					}, 'get');
				}
			}
		}
	}
	// By attribute nodes, and by an animated address.
	const set = (el, name, value) => el && typeof value !== 'symbol' && loads[kindOf(el)] && (change(el, setAttribute, [name, value = textual(value)], name, value), true);
	wrap(NamedNodeMap && NamedNodeMap.prototype, 'setNamedItem setNamedItemNS', (native, all, args) => elementsBehind.has(all) ? elementsBehind.get(all).setAttributeNode(args[0]) : apply(native, all, args));
	wrap(NamedNodeMap && NamedNodeMap.prototype, 'removeNamedItem', (native, all, args) => {
		const el = elementsBehind.get(all), attribute = el && isHeld(el) && all.getNamedItem(args[0]);
		return attribute ? el.removeAttributeNode(attribute) : apply(native, all, args);
	});
	for (const name of ['value', 'nodeValue', 'textContent']) wrap(Attr.prototype, name, (native, attr, args) => {
		const el = attr && attr.ownerElement;
		if (el && set(el, attr.name, args[0])) return;
		apply(native, attr, args);
		if (el && attr.name === 'style' && isLive(el)) screenStyle(el);
	}, 'set');
	wrap(SVGAnimatedString.prototype, 'baseVal', (native, animated, args) => set(elementsBehind.get(animated), 'href', args[0]) || apply(native, animated, args), 'set');
	wrap(window.HTMLLinkElement.prototype, 'relList', (native, el) => {
		// Whoever asks for it may make the link load.
		const href = get(el, 'href');
		if (href && isLive(el) && !isHeld(el) && denied(href)) wear(el, authored(el), denied(href));
		return apply(native, el, []);
	}, 'get');

	// The text of a script.
	for (const { prototype } of [window.HTMLScriptElement, window.SVGScriptElement]) {
		wrap(prototype, 'text textContent innerText innerHTML', (native, el, args) => {
			args[0] = textual(args[0]);
			retell(el, `${args[0]}`);
			return apply(native, el, args);
		}, 'set');
		wrap(prototype, 'appendChild insertBefore replaceChild append prepend replaceChildren insertAdjacentText', (native, el, args) => {
			retell(el, textOf(el) + args.map(node => {
				if (!node || typeof node !== 'object') return node;
				texts = true;
				return node.textContent;
			}).join(''));
			return apply(native, el, args);
		});
	}
};
