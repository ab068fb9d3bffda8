// Where the notice and the control stand: between the head and the body. The server has put them first
// in the body; before the page's first script runs they are moved out of it, and the guard's own tag out
// of the head, so that what scripts and style sheets find by place is the page's own, and a page that
// swaps its body leaves them alone. They stay first in reading order. Where a page replaces more than its
// body, they are put back.
(guard => {
	'use strict';
	const MARK = '[data-caddy-consent]', ROOT = '#caddy-consent,[data-caddy-consent="manage"]';
	const { apply, getOwnPropertyDescriptor: describe } = Reflect;
	const tag = document.currentScript;
	const known = []; // also those that are gone: lists that a page has kept may hold what was in them
	const isOurs = node => node && (node === tag || known.some(el => el.contains(node)));
	let root; // the element on which finders are wrapped
	let returns = 99; // an extension of the browser may go on taking away what we put back

	// What walks from the head to the body, as React does that hydrates a document, does not meet them.
	const veil = (node, way) => {
		for (const [name, owner] of [[way + 'Sibling', Node], [way + 'ElementSibling', Element]]) {
			const { get } = describe(owner.prototype, name);
			if (node) Object.defineProperty(node, name, {
				configurable: true,
				get() {
					let next = this;
					do next = apply(get, next, []); while (isOurs(next));
					return next;
				},
			});
		}
	};

	const settle = () => {
		const { documentElement: html, head, body } = document;
		for (const node of [document, html, body]) if (node) watcher.observe(node, { childList: true });
		veil(head, 'next');
		veil(body, 'previous');
		if (!body) return;
		const put = el => (el.isConnected && html.moveBefore || html.insertBefore).call(html, el, body); // the first does not load the style sheet again
		for (let el; (el = body.firstElementChild) && el.matches(MARK + ':not([data-consent-service])'); put(el)) {
			el.hidden = true; // until the style sheet is there, which has the last word
			if (el.matches(ROOT)) known.forEach(old => { // a page that was swapped in brings its own
				if (!old.matches(ROOT)) return;
				old.removeAttribute('data-caddy-consent');
				old.remove();
			});
		}
		for (const el of known) if (!el.isConnected && el.matches(MARK) && returns-- > 0) put(el);
		for (const el of html.children) if (el !== tag && el.matches(MARK) && !known.includes(el)) known.push(el);
		if (!known.length || html === root) return;
		if (!root) wrapAll(Document.prototype, Document.prototype);
		wrapAll(root = html, Element.prototype);
	};

	// What scripts find by place from the document and from its root. Ours stand side by side, before all
	// that a body can hold.
	const behind = (list, without) => { // the same list with ours at its end, or without them
		let length, from, ours;
		return new Proxy(list, {
			get(list, key) {
				if (list.length !== length) {
					length = list.length;
					for (from = 0; from < length && !isOurs(list[from]);) from++;
					for (ours = 0; isOurs(list[from + ours]);) ours++;
				}
				const own = length - ours;
				const at = i => list[i < from ? i : i < own ? +i + ours : without ? length : i - own + from];
				if (key === 'length' && without) return own;
				if (key === 'item') return i => at(i) || null;
				if (key === 'namedItem') return name => list.namedItem(name);
				return typeof key === 'string' && /^\d+$/.test(key) ? at(key) : list[key];
			},
		});
	};
	const inBody = (list, name) => isOurs(list[0]) && document.body ? apply(Element.prototype.getElementsByTagName, document.body, [name]) : list;
	const wrapAll = (owner, prototype) => {
		const all = prototype.querySelectorAll;
		const finders = {
			querySelector: (found, selector, self) => !isOurs(found) ? found : [...apply(all, self, [selector])].find(el => !isOurs(el)) ||
				(/caddy-consent|(guard|notice)\.js|choice|service|switch|status|dialog|accept|refuse/.test(selector) ? found : null), // ours by name
			querySelectorAll: list => isOurs(list[0]) ? behind(list) : list,
			getElementsByTagName: (list, name) => name === '*' ? behind(list, true) : inBody(list, name),
			getElementsByName: list => isOurs(list[0]) ? behind(list, true) : list,
			forms: list => inBody(list, 'form'),
			links: list => isOurs(list[0]) ? behind(list, true) : list,
		};
		for (const name in finders) {
			const accessor = describe(prototype, name);
			if (!accessor) continue;
			Object.defineProperty(owner, name, accessor);
			guard.wrap(owner, name, (native, self, args) => {
				const found = apply(native, self, args);
				return self === document || self === root ? finders[name](found, args[0], self) : found;
			}, accessor.get ? 'get' : 'value');
		}
	};

	const watcher = new MutationObserver(settle);
	if (tag.parentNode === document.head) document.documentElement.insertBefore(tag, document.body);
	settle();
	document.addEventListener('DOMContentLoaded', () => known.length || watcher.disconnect());
})(guard);
