// Where the notice and the control stand: between the head and the body. The server has put them first
// in the body; before the page's first script runs they are moved out of it, and the guard's own tag out
// of the head, so that what scripts and style sheets find by place is the page's own, and a page that
// swaps its body leaves them alone. They stay first in reading order. Where a page replaces more than its
// body, they are put back.
(guard => {
	const MARK = '[data-caddy-consent]', OURS = 'html>' + MARK, ROOT = '#caddy-consent:not([data-opened])[data-caddy-consent],[data-caddy-consent="manage"]';
	const { apply, defineProperty, getOwnPropertyDescriptor: describe } = Reflect;
	const known = [document.currentScript]; // also what is gone: a list that the page has kept may hold it
	const contains = uncurry(Node.prototype.contains);
	let front, own; // the head, and the body if nothing of ours is in it
	const isOurs = node => {
		if (!node || own && contains(own, node) || front && contains(front, node)) return false;
		for (const el of known) if (contains(el, node)) return true;
		return false;
	};
	let root; // on which finders are wrapped
	let returns = 99; // an extension of the browser may go on taking away what is put back

	const arrange = () => {
		const { documentElement: html, head, body } = document;
		// What walks from the head to the body, as React does that hydrates a document, does not meet ours.
		for (const [name, owner] of [['nextSibling', Node], ['nextElementSibling', Element]]) {
			const { get } = describe(owner.prototype, name);
			if (head) defineProperty(head, name, {
				__proto__: null,
				configurable: true,
				get() {
					let next = this;
					do next = apply(get, next, []); while (known.includes(next));
					return next;
				},
			});
		}
		if (!body) return;
		const put = el => (el.isConnected && html.moveBefore || html.insertBefore).call(html, el, body); // the first does not load the style sheet again
		for (let el; (el = body.firstElementChild) && el.matches(MARK + ':not([data-consent-service],iframe)');) {
			el.hidden = true; // until the style sheet is there, which has the last word
			put(el);
			for (const old of known) if (old.matches(ROOT) && el.matches(ROOT)) { // a page that was swapped in brings its own
				const gone = old.id === el.id ? el : old; // settings that are open stay
				gone.removeAttribute('data-caddy-consent');
				gone.remove();
			}
		}
		for (const el of known) if (!el.isConnected && el.matches(MARK) && returns-- > 0) put(el);
		for (const el of findIn(html, OURS)) if (!known.includes(el)) known.push(el);
		front = head;
		own = known.some(el => body.contains(el)) ? null : body;
		if (!known[1] || html === root) return;
		if (!root) look(Document.prototype);
		look(root = html);
	};
	const settle = () => {
		arrange();
		// An observer slows down a little all that a page does with its nodes: a page without ours has none. (A custom
		// element of ours would tell for nothing when it comes and goes, but Chromium 156 crashes once in a hundred pages.)
		if (known[1] || top === window) for (const node of [document, document.documentElement, document.body]) if (node) watcher.observe(node, { childList: true });
	};

	// What scripts find by place from the document and from its root. Ours are before all that a body can
	// hold. Here is the same list with them at its end, or without them.
	const behind = (list, without) => {
		let length, theirs;
		return isOurs(list[0]) ? new Proxy(list, {
			__proto__: null,
			get(list, key) {
				if (list.length !== length) for (theirs = length = list.length; isOurs(list[length - theirs]);) theirs--;
				const at = i => list[i < theirs ? length - theirs + +i : without ? length : i - theirs];
				return key === 'length' ? without ? theirs : length :
					key === 'item' ? i => at(i) || null :
					key === 'namedItem' ? name => list.namedItem(name) :
					/^\d+$/.test(String(key)) ? at(key) : list[key];
			},
		}) : list;
	};
	const without = list => behind(list, true);
	const inBody = (list, name) => isOurs(list[0]) && document.body ? document.body.getElementsByTagName(name) : list;
	const look = owner => {
		const all = owner.querySelectorAll;
		const finders = {
			querySelector: (found, selector, self) => !isOurs(found) ? found : [...apply(all, self, [selector])].find(el => !isOurs(el)) ||
				(/caddy-consent|(guard|notice)\.js|choice|service|switch|status|dialog|accept|refuse/.test(selector) ? found : null), // ours by name
			querySelectorAll: list => behind(list),
			getElementsByTagName: (list, name, self) => name === '*' ? apply(all, self, [`:not(${OURS},${OURS} *)`]) : inBody(list, name),
			getElementsByName: without,
			forms: list => inBody(list, 'form'),
			links: without,
		};
		for (const name in finders) replace(owner, name, native => {
			const find = finders[name];
			return {
				_(what) {
					const found = apply(native, this, arguments);
					return this === document || this === root ? find(found, what, this) : found;
				},
			}._;
		}, /^(forms|links)$/.test(name) ? 'get' : 'value');
	};

	const watcher = new MutationObserver(settle);
	if (known[0].parentNode === document.head) document.documentElement.insertBefore(known[0], document.body);
	settle();
	document.addEventListener('DOMContentLoaded', () => {
		settle();
		if (!known[1]) watcher.disconnect();
	});
})(guard);
