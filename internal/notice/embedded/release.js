// What the guard does when a choice is made: it gives back what was held for services that are now
// allowed, in the order of the document and once, or loads the page anew where that is needed.
const start = guard => {
	const { policy, parties, dynamic, elements, free, partyOf } = guard;
	const HELD = 'data-consent-', SERVICE = HELD + 'service', LITERAL = 'text/plain';
	const get = (el, name) => Element.prototype.getAttribute.call(el, name); // forms may have a field of that name
	const put = (el, name, value) => Element.prototype.setAttribute.call(el, name, value);
	const has = (el, name) => get(el, name) !== null;
	const released = new WeakMap(); // scripts, with the last node that each has written
	const ran = new Set(); // services of which something was released
	let queue = Promise.resolve();

	const attributesOf = el => [...el.attributes].filter(a => a.name.startsWith(HELD) && a.name !== SERVICE);
	const isHeld = el => attributesOf(el).length || el.localName === 'script' && get(el, 'type') === LITERAL;
	const isDue = el => guard.granted.has(get(el, SERVICE)) && isHeld(el);

	// Gives an element back what was held. What follows waits for a script that the promise is about.
	guard.activate = el => {
		const isScript = el.localName === 'script';
		let target = el;
		ran.add(get(el, SERVICE));
		if (isScript && !dynamic.has(el)) { // the parser is done with this one: another one runs, async, as one that hangs would block those in order
			target = el.ownerDocument.createElementNS(el.namespaceURI, 'script');
			for (const a of el.attributes) put(target, a.name, a.value);
			target.nonce = el.nonce;
			target.textContent = el.textContent;
		}
		const attributes = attributesOf(target).filter(a => a.name !== HELD + 'type');
		for (const a of attributes) target.removeAttributeNode(a);
		free(target);
		for (const { name, value } of attributes) {
			const attribute = name.slice(HELD.length);
			if (attribute === 'xlink:href') target.setAttributeNS('http://www.w3.org/1999/xlink', attribute, value);
			else put(target, attribute, value);
		}
		if (isScript) released.set(target, target);
		if (target !== el) el.replaceWith(target);
		if (!target.isConnected) return;
		// These act when they are inserted.
		if (target.localName === 'meta') target.replaceWith(target.cloneNode());
		const external = isScript && ['src', 'href', 'xlink:href'].some(name => has(target, name));
		if (isScript && target === el && !external) {
			const { parentNode, nextSibling } = target;
			target.remove();
			parentNode.insertBefore(target, nextSibling);
		}
		if (target.localName === 'source' && target.parentNode.load) target.parentNode.load();
		if (!external || has(target, 'async') || has(target, 'nomodule')) return;
		return new Promise(resolve => {
			target.addEventListener('load', resolve);
			target.addEventListener('error', resolve);
			setTimeout(resolve, 5000); // one that hangs must not hold up the others for ever
		});
	};

	// The elements that wait for a service that is allowed, in the order of the document.
	const waiting = root => [...root.querySelectorAll('*')].flatMap(el => [
		...isDue(el) ? [el] : [],
		...el.shadowRoot ? waiting(el.shadowRoot) : [],
		...el.localName === 'iframe' && el.srcdoc && el.contentDocument ? waiting(el.contentDocument) : [],
	]);

	// A script that was released writes where it stands: the document has ended, and would be replaced.
	guard.wrap(Document.prototype, 'write writeln', (native, self, args) => {
		const script = self === document && document.currentScript, last = released.get(script);
		if (!last || document.readyState === 'loading') return Reflect.apply(native, self, args);
		const written = document.createRange().createContextualFragment(args.join(''));
		released.set(script, written.lastChild || last);
		last.after(written);
	});

	// Whether something of a service is on the page, which goes with the page alone.
	const runs = party => ran.has(party.id) ||
		[...document.querySelectorAll('[' + SERVICE + '="' + party.id + '"]')].some(el => !isHeld(el)) ||
		[...document.scripts].some(el => /^$|java|module/.test(el.type) && party.inline.some(literal => el.textContent.includes(literal))) ||
		[
			...performance.getEntriesByType('resource').map(entry => entry.name),
			...[...document.querySelectorAll(elements)].map(el => !has(el, SERVICE) && (el.src || el.data || el.href)),
		].some(url => url && partyOf(url) === party);

	// Follows a change of choice.
	return ({ state, services: answers }) => {
		const before = guard.granted;
		guard.granted = new Set(Object.keys(answers).filter(id => answers[id]));
		guard.chosen = state === 'given';
		guard.heard.forEach(hear => hear(before));
		const given = [...guard.granted].some(id => !before.has(id));
		const gone = parties.some(s => before.has(s.id) && !guard.granted.has(s.id) && runs(s));
		if (gone || given && policy.strict) location.reload();
		else if (given) {
			for (const el of waiting(document)) {
				queue = queue.then(() => el.isConnected && isDue(el) && guard.activate(el));
			}
		}
		return queue;
	};
};

let follow;
export default (guard, choice) => (follow = follow || start(guard))(choice);
