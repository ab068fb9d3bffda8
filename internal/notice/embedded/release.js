// What the guard does when a choice is made: it gives back what was held for services that are now
// allowed, in the order of the document and once, or loads the page anew where that is needed.
(guard => {
	const { policy, parties, wear, activated, attributesOf, isOurs, kindOf, loads, get, isConnected, partyOf } = guard;
	const HELD = 'data-consent-', SERVICE = HELD + 'service';
	const has = (el, name) => get(el, name) !== null;
	const released = new WeakMap(); // scripts, with the last node that each has written
	const ran = new Set(); // services of which something was released
	let queue = Promise.resolve();

	const isHeld = el => [...attributesOf(el)].some(a => a.name.startsWith(HELD) && a.name !== SERVICE) || isOurs(el) && kindOf(el) === 'script' || kindOf(el) === 'script' && el.type === 'text/plain';
	const isDue = el => guard.granted.has(get(el, SERVICE)) && isHeld(el);

	// Gives an element back what was held. What follows waits for a script that the promise is about.
	const release = el => {
		const isScript = kindOf(el) === 'script';
		ran.add(get(el, SERVICE));
		// These act when they are inserted.
		const { parentNode, nextSibling } = el, inserts = isConnected(el) && /^(script|link|meta|set|animate)$/.test(kindOf(el));
		if (inserts) el.remove();
		wear(el, activated(el));
		if (isScript) released.set(el, el);
		if (inserts) parentNode.insertBefore(el, nextSibling);
		if (!isConnected(el)) return;
		const external = isScript && ['src', 'href', 'xlink:href'].some(name => has(el, name));
		if (kindOf(el) === 'source' && el.parentNode.load) el.parentNode.load();
		if (!external || has(el, 'async') || has(el, 'nomodule')) return;
		return new Promise(resolve => {
			el.addEventListener('load', resolve);
			el.addEventListener('error', resolve);
			setTimeout(resolve, 5000); // one that hangs must not hold up the others for ever
		});
	};

	// The elements that wait for a service that is allowed, in the order of the document.
	const waiting = root => [...root.querySelectorAll('*')].flatMap(el => [
		...isDue(el) ? [el] : [],
		...el.shadowRoot ? waiting(el.shadowRoot) : [],
	]);
	// Those that it can find by itself, in closed shadow roots and in frames and windows without a guard of their own.
	const all = () => [...guard.roots].map(ref => ref.deref()).filter(Boolean).flatMap(root => {
		try {
			return root.window !== root ? waiting(root) : root === window || !root.document.querySelector('script[src$="/guard.js"]') ? waiting(root.document) : [];
		} catch (foreign) {
			return [];
		}
	});

	// A script that was released writes where it stands: the document has ended, and would be replaced.
	guard.wrap(Document.prototype, 'write writeln', (native, self, args) => {
		const script = self === document && document.currentScript, last = released.get(script);
		if (!last || document.readyState === 'loading') return Reflect.apply(native, self, args);
		const written = document.createRange().createContextualFragment(args.join(''));
		released.set(script, written.lastChild || last);
		last.after(written);
	});

	// Whether something of a service is on the page, which goes with the page alone.
	const elements = Object.keys(loads).join();
	const runs = party => ran.has(party.id) ||
		[...document.querySelectorAll('[' + SERVICE + '="' + party.id + '"]')].some(el => !isHeld(el)) ||
		[...document.scripts].some(el => /^$|java|module/.test(el.type) && party.inline.some(literal => el.textContent.includes(literal))) ||
		[
			...performance.getEntriesByType('resource').map(entry => entry.name),
			...[...document.querySelectorAll(elements)].map(el => kindOf(el) !== 'a' && kindOf(el) !== 'area' && !has(el, SERVICE) && (el.src || el.data || el.href)),
		].some(url => url && partyOf(url) === party);

	// Follows a change of choice.
	guard.follow = ({ state, services: answers }) => {
		const before = guard.granted;
		guard.granted = new Set(Object.keys(answers).filter(id => answers[id]));
		guard.chosen = state === 'given';
		guard.heard.forEach(hear => hear(before));
		const given = [...guard.granted].some(id => !before.has(id));
		const gone = parties.some(s => before.has(s.id) && !guard.granted.has(s.id) && runs(s));
		if (gone || given && policy.strict) location.reload();
		else if (given) {
			const loose = [...guard.loose].map(ref => ref.deref()).filter(el => el && !isConnected(el) && isDue(el));
			guard.loose.clear();
			for (const el of [...all(), ...loose]) {
				queue = queue.then(() => isDue(el) && release(el));
			}
		}
		return queue;
	};
})(document.currentScript.guard);
