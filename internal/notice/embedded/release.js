// What the guard does when a choice is made: it gives back what was held for services that are now
// allowed, in the order of the document and once, or loads the page anew where that is needed.
export default guard => {
	const { policy, HELD, SERVICE, get, put, remove, has, dynamic, elements, partyOf, free } = guard;
	const released = new WeakSet();
	let queue = Promise.resolve();

	// Gives an element back what was held. What follows waits for a script that the promise is about.
	guard.activate = el => {
		const isScript = el.localName === 'script';
		let target = el;
		if (isScript && !dynamic.has(el)) { // the parser is done with this one: another one runs
			target = el.ownerDocument.createElementNS(el.namespaceURI, 'script');
			for (const a of el.attributes) put.call(target, a.name, a.value);
			target.nonce = el.nonce;
			target.textContent = el.textContent;
			target.async = has(el, 'async');
		}
		free(target);
		for (const { name, value } of [...target.attributes]) {
			if (!name.startsWith(HELD)) continue;
			const attribute = name.slice(HELD.length);
			remove.call(target, name);
			if (attribute === 'xlink:href') target.setAttributeNS('http://www.w3.org/1999/xlink', attribute, value);
			else put.call(target, attribute, value);
		}
		if (isScript) released.add(target);
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
		...guard.granted.has(get.call(el, SERVICE)) ? [el] : [],
		...el.shadowRoot ? waiting(el.shadowRoot) : [],
		...el.localName === 'iframe' && el.srcdoc && el.contentDocument ? waiting(el.contentDocument) : [],
	]);

	// A script that was released writes where it stands: the document has ended, and would be replaced.
	guard.wrap(Document.prototype, 'write writeln', (native, self, args) => {
		const script = self === document && document.currentScript;
		if (script && released.has(script) && document.readyState !== 'loading') script.after(document.createRange().createContextualFragment(args.join('')));
		else return Reflect.apply(native, self, args);
	});

	// Whether something of a service is on the page, which goes with the page alone.
	const runs = id => [
		...performance.getEntriesByType('resource').map(entry => entry.name),
		...[...document.querySelectorAll(elements)].map(el => el.src || el.data || el.href),
	].some(url => url && (partyOf(url) || 0).id === id);

	return before => {
		const given = [...guard.granted].some(id => !before.has(id));
		const gone = [...before].some(id => !guard.granted.has(id) && runs(id));
		if (gone || given && policy.strict) location.reload();
		else if (given) {
			for (const el of waiting(document)) {
				queue = queue.then(() => el.isConnected && guard.granted.has(get.call(el, SERVICE)) && guard.activate(el));
			}
		}
		return queue;
	};
};
