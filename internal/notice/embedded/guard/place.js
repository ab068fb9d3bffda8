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
	const isOurs = node => known.some(el => el.contains(node));
	let returns = 99; // an extension of the browser may go on taking away what we put back

	// What walks from the head to the body, as React does that hydrates a document, does not meet them.
	const veil = (node, way) => {
		for (const [name, owner] of [[way + 'Sibling', Node], [way + 'ElementSibling', Element]]) {
			const { get } = describe(owner.prototype, name);
			if (node) Object.defineProperty(node, name, {
				configurable: true,
				get() {
					let next = this;
					do next = apply(get, next, []); while (next && (next === tag || known.includes(next)));
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
		for (const el of html.children) if (el !== tag && el.matches(MARK) && !known.includes(el)) known.push(el) === 1 && wrapAll();
	};
	const watcher = new MutationObserver(settle);
	if (tag.parentNode === document.head) document.documentElement.append(tag);
	settle();
	document.addEventListener('DOMContentLoaded', () => known.length || watcher.disconnect());

	// What scripts find by place. Ours are before all that a body can hold.
	const wrapAll = () => {
		const all = document.querySelectorAll, { getElementsByTagName } = Element.prototype;
		// The same list with ours at its end, or without them.
		const behind = (list, without) => isOurs(list[0]) ? new Proxy(list, {
			get(list, key) {
				let ours = 0;
				while (isOurs(list[ours])) ours++;
				const own = list.length - ours;
				const at = i => list[i < own ? +i + ours : without ? list.length : i - own];
				if (key === 'length' && without) return own;
				if (key === 'item') return i => at(i) || null;
				if (key === 'namedItem') return name => list.namedItem(name);
				return typeof key === 'string' && /^\d+$/.test(key) ? at(key) : list[key];
			},
		}) : list;
		const inBody = (list, name) => isOurs(list[0]) && document.body ? apply(getElementsByTagName, document.body, [name]) : list;
		const wrap = (names, trap, part) => guard.wrap(Document.prototype, names, (native, self, args, name) => {
			const found = apply(native, self, args);
			return self === document ? trap(found, args, name) : found;
		}, part);
		wrap('querySelector', (found, [selector]) => !isOurs(found) ? found :
			[...apply(all, document, [selector])].find(el => !isOurs(el)) || (/caddy-consent|notice\.js|choice|service|switch|accept|refuse/.test(selector) ? found : null));
		wrap('querySelectorAll getElementsByName', list => behind(list));
		wrap('getElementsByTagName', (list, [name]) => inBody(list, name));
		wrap('forms', list => inBody(list, 'form'), 'get');
		wrap('links', list => behind(list, true), 'get');
	};
})(guard);
