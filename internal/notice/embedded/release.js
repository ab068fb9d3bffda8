// What the guard does when a choice is made: it gives back what was held for services that are now
// allowed, in the order of the document and once, or loads the page anew where that is needed.
export default guard => {
	const { policy, owners, wear, activated, attributesOf, kindOf, loads, get, isConnected, ownerOf, inertCSS } = guard;
	const HELD = 'data-consent-', SERVICE = HELD + 'service', MARK = 'data-caddy-consent';
	const has = (el, name) => get(el, name) !== null;
	const released = new WeakMap(); // scripts, with the last node that each has written
	const ran = new Set(); // services of which something was released
	let queue = Promise.resolve();

	const waits = el => [...attributesOf(el)].some(a => a.name.startsWith(HELD) && a.name !== SERVICE) || kindOf(el) === 'script' && get(el, 'type') === 'text/plain';
	const isDue = el => guard.granted.has(get(el, SERVICE)) && waits(el);

	// A style may name several services, and says one: what is still denied of it stays inert.
	const styles = ['style', 'text'], isStyled = el => styles.some(name => has(el, HELD + name));
	const screened = (el, attributes) => {
		let service;
		const kept = [], given = attributes.map(all => {
			const [name, value] = all, { judged, clean } = styles.includes(name) && has(el, HELD + name) ? inertCSS(value) : {};
			if (!judged) return all;
			service = judged;
			kept.push([HELD + name, name === 'text' ? value : '']);
			return [name, clean];
		});
		return service ? [...given, ...kept, [MARK, ''], [SERVICE, service]] : given;
	};
	// Gives back what is granted of the style of an element that goes on waiting for another service.
	const restyle = el => screened(el, activated(el)).forEach(([name, css]) => {
		const count = text => text.split('data:').length;
		if (name === 'style' && css !== get(el, name)) el.setAttribute(name, css);
		if (name === 'text' && count(css) !== count([...el.childNodes].map(node => node.data).join(''))) el.replaceChildren(css);
	});

	// Gives an element back what was held. What follows waits for a script that the promise is about.
	const release = el => {
		const isScript = kindOf(el) === 'script';
		ran.add(get(el, SERVICE));
		// These act when they are inserted; in Firefox, tracks as well.
		const { parentNode, nextSibling } = el, inserts = isConnected(el) && (/^(script|link|meta|set|animate|track)$/.test(kindOf(el)) || /^\s*javascript:/i.test(get(el, HELD + 'src')));
		if (inserts) el.remove();
		wear(el, screened(el, activated(el)));
		if (isScript) {
			released.set(el, el);
			hearLate();
		}
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
		...isDue(el) || isStyled(el) ? [el] : [],
		...el.shadowRoot ? waiting(el.shadowRoot) : [],
	]);
	// Those that it can find by itself, in closed shadow roots and in frames and windows without a guard of their own.
	const all = find => find(document).concat(...[...guard.roots].map(ref => ref.deref()).filter(root => root && root !== window).map(root => {
		try {
			return root.window !== root ? find(root) : !root.document.querySelector('script[src$="/guard.js"]') ? find(root.document) : [];
		} catch (foreign) {
			return [];
		}
	}));

	// The style sheets of the site in which the server has made something inert, also those that others import. The guard's
	// own way to do that ends otherwise (guard/styles.js).
	// In a custom property, white space stays as it is written, and WebKit escapes what is not in quotes.
	const inert = /data\\?:(text\/css)?\\?,\s*["')]/;
	const editedIn = sheet => {
		try {
			const rules = [...sheet.cssRules];
			return rules.flatMap(rule => rule.styleSheet ? editedIn(rule.styleSheet) : []).concat(sheet.href && rules.some(rule => inert.test(rule.cssText)) ? sheet : []);
		} catch (foreign) {
			return [];
		}
	};
	const edited = root => [...root.styleSheets].flatMap(editedIn).concat(...[...root.querySelectorAll('*')].map(el => el.shadowRoot ? edited(el.shadowRoot) : []));
	// A rule without its strings and addresses, by which it is found in what the server sends now.
	const blank = rule => rule.cssText.replace(/url\(\s*(?:"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|[^"')]*)\s*\)|"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'/gi, '""');
	// Gives rules the addresses that those of the same text have, in order: declaration by declaration, as the text of a rule
	// lacks those that are behind a shorthand with var(). Only what has none is put in anew.
	const giveBack = (into, from) => {
		const left = [...from.cssRules];
		[...into.cssRules].forEach((rule, i) => {
			const key = blank(rule), at = left.findIndex(other => blank(other) === key), { style, cssText } = rule;
			if (at < 0) return;
			const other = left.splice(0, at + 1).pop();
			if (!inert.test(cssText) || cssText === other.cssText) return;
			if (rule.type === CSSRule.FONT_FACE_RULE || !style && !rule.cssRules) {
				into.deleteRule(i);
				into.insertRule(other.cssText, i);
				return;
			}
			for (const name of style ? [...style, 'background', 'border-image', 'list-style', 'mask'] : []) { // one with var() has no longhands yet
				const value = other.style.getPropertyValue(name);
				if (value && inert.test(style.getPropertyValue(name))) style.setProperty(name, value, other.style.getPropertyPriority(name));
			}
			if (rule.cssRules) giveBack(rule, other);
		});
	};
	// Loads a sheet anew and takes over the rules that were edited, in their places: the page may know the element and the
	// sheet. While what a rule imports now has not come, browsers show nothing of its sheet, and the copy stands in. Firefox loads no address twice into a document, unless the fragment is another.
	let copies = 0;
	const reload = sheet => {
		const link = document.createElement('link'), nonce = document.querySelector('link[nonce],style[nonce],script[nonce]');
		link.rel = 'stylesheet';
		const owner = sheet.ownerNode; // an alternate sheet is not told as disabled in Chromium
		link.media = owner && !sheet.disabled && !/alternate/i.test(owner.rel) ? sheet.media.mediaText : 'not all';
		if (nonce) link.nonce = nonce.nonce;
		if (owner) link.crossOrigin = owner.crossOrigin;
		link.setAttribute('data-caddy-consent', '');
		link.href = sheet.href.replace(/#.*|$/, '#consent-' + ++copies);
		const comes = left => left && [...sheet.cssRules].some(rule => rule.type === CSSRule.IMPORT_RULE && !rule.styleSheet) ? setTimeout(comes, 50, left - 1) : link.remove();
		link.onload = link.onerror = () => {
			if (link.sheet) giveBack(sheet, link.sheet);
			link.onload = null;
			setTimeout(comes, 50, 100);
		};
		if (sheet.ownerNode) sheet.ownerNode.after(link);
		else document.head.append(link);
	};
	// A sheet that comes after a grant may have been asked for before; and what a <style> imports that is given back, Firefox
	// takes as the page has had it.
	const sheeted = root => [...root.querySelectorAll('*')].flatMap(el => [...(/^(link|style)$/.test(kindOf(el)) ? [el] : []), ...(el.shadowRoot ? sheeted(el.shadowRoot) : [])]);
	const arrived = ({ target }) => editedIn(target.sheet).forEach(reload);

	// A script that was released writes where it stands: the document has ended, and would be replaced.
	guard.wrap(Document.prototype, 'write writeln', (native, self, args) => {
		const script = self === document && document.currentScript, last = released.get(script);
		if (!last || document.readyState === 'loading') return Reflect.apply(native, self, args);
		const written = document.createRange().createContextualFragment(args.join(''));
		released.set(script, written.lastChild || last);
		last.after(written);
	});

	// ---- What is over

	// A script that comes late and waits for the page's parsing or loading to end is told soon after it
	// asks, once, as if it had come in time (HTML, section 13.2.7). The page's own scripts are not: they
	// would not be without us.
	const times = performance.timing, asked = [];
	const isOver = { DOMContentLoaded: () => times.domContentLoadedEventStart, load: () => times.loadEventStart, readystatechange: () => document.readyState === 'complete' };
	const isLate = script => script && (released.has(script) || script.src && ran.has((ownerOf(script.src) || 0).id));
	// Whether an event would have come to one who listens there.
	const comes = (type, target) => target === (type === 'load' ? window : document) || target === window && type === 'DOMContentLoaded';
	const tell = (type, target, capturing, listener) => setTimeout(() => {
		const event = new Event(type, { bubbles: type === 'DOMContentLoaded' });
		const seen = { target: document, srcElement: document, currentTarget: target, eventPhase: target === document || type === 'load' ? Event.AT_TARGET : capturing ? Event.CAPTURING_PHASE : Event.BUBBLING_PHASE };
		for (const name of Object.keys(seen)) Object.defineProperty(event, name, { __proto__: null, value: seen[name], configurable: true });
		listener(event);
	});
	const capture = options => Boolean(Object(options) === options ? options.capture : options);
	const same = (self, [type, listener, options]) => a => a.self === self && a.type === type && a.listener === listener && a.capture === capture(options);

	let hearing = false;
	const hearLate = () => {
		if (hearing) return;
		hearing = true;
		guard.wrap(EventTarget.prototype, 'addEventListener', (native, self, args) => {
			const result = Reflect.apply(native, self, args), [type, listener, options] = args, target = self || window;
			if (listener && Object.prototype.hasOwnProperty.call(isOver, type) && comes(type, target) && isOver[type]() && isLate(document.currentScript) && !asked.some(same(target, args))) {
				const { once, signal } = Object(options);
				asked.push({ self: target, type, listener, capture: capture(options) });
				tell(type, target, capture(options), event => {
					const at = asked.findIndex(same(target, args));
					if (at < 0 || signal && signal.aborted) return;
					if (once) {
						asked.splice(at, 1);
						target.removeEventListener(type, listener, options);
					}
					if (typeof listener === 'function') Reflect.apply(listener, target, [event]);
					else listener.handleEvent(event);
				});
			}
			return result;
		});
		guard.wrap(EventTarget.prototype, 'removeEventListener', (native, self, args) => {
			const at = asked.findIndex(same(self || window, args));
			if (at >= 0) asked.splice(at, 1);
			return Reflect.apply(native, self, args);
		});
		const handler = (owner, name, type, target) => guard.wrap(owner, name, (native, self, [listener]) => {
			Reflect.apply(native, self, [listener]);
			if (typeof listener === 'function' && (self || window) === target && isOver[type]() && isLate(document.currentScript)) {
				tell(type, target, false, event => {
					if (target[name] === listener) Reflect.apply(listener, target, [event]);
				});
			}
		}, 'set');
		handler(window, 'onload', 'load', window);
		handler(Document.prototype, 'onreadystatechange', 'readystatechange', document);
	};

	// ---- Stand-ins (guard/standins.js)

	const { standIns = {}, offer } = guard, handing = new Set();
	// What waited for a call to be sent has been told, and is not to be told again by the real thing.
	const settle = (list, deep) => list.forEach((value, i) => {
		try {
			for (const key of ['event_callback', 'eventCallback', 'hitCallback']) {
				if (typeof value[key] === 'function') list[i] = value = { ...value, [key]: undefined };
			}
			if (!deep || typeof value !== 'object') return;
			const parts = Array.prototype.slice.call(value, 0, 9), were = parts.slice();
			settle(parts);
			parts.forEach((part, at) => { if (part !== were[at]) value[at] = part; });
		} catch (none) { /* nothing waits in null, or in a window of another origin */ }
	});
	// Makes way for what is granted: many a snippet does nothing where its name is taken.
	guard.heard.push(() => Object.keys(standIns).forEach(root => {
		const all = standIns[root];
		if (all.every(({ id }) => !guard.granted.has(id))) return offer(root);
		if (window[root] === all.made && !Array.isArray(all.made)) delete window[root]; // an array is taken as it stands
		for (const it of all.filter(({ made }) => made)) {
			const { name, path, kind, made, calls } = it, list = kind === '[' ? made : calls;
			if (name[0] === '~') list.length = 0;
			settle(list, true);
			if (kind === '[') delete made.push;
			else Object.defineProperty(calls, 'push', { __proto__: null, value: args => handOn(calls[calls.length] = args) }); // of one that keeps the stand-in
			handing.add({ made, list, names: path.split('.') });
			it.made = null;
		}
	}));
	// What takes calls under a name now, if that is not the stand-in.
	const taker = ({ made, names }) => {
		const owner = names.slice(0, -1).reduce((o, name) => o && o[name], window), real = owner && owner[names[names.length - 1]];
		if (!real || real === made) return;
		return typeof real === 'function' ? call => Reflect.apply(real, owner, call) : real.push && (item => real.push(item));
	};
	// Hands on what was kept, once there is something that takes it; each call for itself, as one may
	// throw, and to what stands there by then: a snippet's queue may have had its day.
	const handOn = () => handing.forEach(it => taker(it) && it.list.forEach(() => setTimeout(() => {
		const take = it.list.length > 0 && taker(it);
		if (take) take(it.list.shift());
	})));
	document.addEventListener('load', () => handOn(), true);

	// Whether something of a service is on the page, which goes with the page alone.
	const elements = Object.keys(loads).join();
	const runs = owner => ran.has(owner.id) ||
		[...document.querySelectorAll('[' + SERVICE + '="' + owner.id + '"]')].some(el => !waits(el)) ||
		[...document.scripts].some(el => /^$|java|module/.test(el.type) && owner.inline.some(literal => el.textContent.includes(literal))) ||
		[
			...performance.getEntriesByType('resource').map(entry => entry.name),
			...[...document.querySelectorAll(elements)].map(el => kindOf(el) !== 'a' && kindOf(el) !== 'area' && !has(el, SERVICE) && (el.src || el.data || el.href)),
		].some(url => url && ownerOf(url) === owner);

	// Follows a change of choice.
	guard.follow = ({ state, services: answers }) => {
		const before = guard.granted;
		guard.granted = new Set(Object.keys(answers).filter(id => answers[id]));
		guard.chosen = state === 'given';
		guard.heard.forEach(hear => hear(before));
		const given = [...guard.granted].some(id => !before.has(id));
		const gone = owners.some(s => before.has(s.id) && !guard.granted.has(s.id) && runs(s));
		if (gone || given && policy.strict) location.reload();
		else if (given) {
			const loose = [...guard.loose].map(ref => ref.deref()).filter(el => el && !isConnected(el) && isDue(el));
			guard.loose.clear();
			for (const el of all(sheeted)) for (const type of ['load', 'error']) el.addEventListener(type, arrived);
			all(edited).forEach(reload);
			for (const el of [...all(waiting), ...loose]) {
				queue = queue.then(() => isDue(el) ? release(el) : isStyled(el) && restyle(el));
			}
			queue = queue.then(() => handOn());
		}
		return queue;
	};
};
