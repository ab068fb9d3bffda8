// The guard stands first in the head and holds back, in the browser, what scripts would load, send,
// set and read for services that the visitor has not allowed; what stands in the page itself the server
// has withheld. What was held is released by release.js, which is loaded when a choice is made. What
// it does and what it cannot do is in docs/enforcement.md.
(policy => {
	'use strict';
	const me = document.currentScript;
	const path = me.src.replace(/assets\/[^/]*\/[^/]*$/, '');
	// Natives as they were before any other script ran.
	const NativeURL = URL, call = Reflect.apply, now = Date.now, element = Element.prototype;
	const get = element.getAttribute, put = element.setAttribute, remove = element.removeAttribute;
	const has = (el, name) => get.call(el, name) !== null;
	const HELD = 'data-consent-', SERVICE = HELD + 'service';

	// What the page came with: a bit for each service that is allowed, in hexadecimal, behind a "?"
	// where the visitor has not chosen.
	const state = me.dataset.on;
	const guard = { me, policy, HELD, SERVICE, get, put, remove, has };
	guard.chosen = state[0] !== '?';
	guard.granted = new Set(policy.services.filter((_, i) => parseInt(state[state.length - 1 - (i >> 2)], 16) >> (i & 3) & 1).map(s => s.id));
	if (!guard.chosen && policy.gpc && navigator.globalPrivacyControl) guard.granted.clear();
	guard.since = now();
	try {
		const { timestamp } = JSON.parse(decodeURIComponent(/cookies_preferences=([^;]*)/.exec(document.cookie)[1]));
		if (timestamp) guard.since = timestamp < 1e11 ? timestamp * 1000 : timestamp;
	} catch (none) { /* no choice, or a frame without cookies */ }

	// Patterns are exact, or have "*" for any characters.
	const source = patterns => patterns.map(p => p.replace(/[^\w*]/g, '\\$&').replace(/\*/g, '.*')).join('|');
	const matcher = patterns => new RegExp('^(?:' + source(patterns) + ')$');

	// Whose a host is: a declared service's, allowed, or known and always denied.
	const parties = [...policy.services, { hosts: policy.allow }, ...policy.known];
	for (const party of parties) {
		party.is = matcher(party.hosts);
		party.owns = matcher(party.cookies || []);
	}
	const necessary = matcher(policy.necessary);
	// A text in which this finds nothing names no such host.
	const named = new RegExp(source(parties.flatMap(p => p.hosts)).replace(/\.\*\\\./g, '') || '^\\b$', 'i');

	guard.partyOf = url => {
		try {
			const u = new NativeURL(url, document.baseURI), host = u.hostname.replace(/\.$/, '');
			if (/^(http|ws)/.test(u.protocol) && host !== location.hostname) return parties.find(p => p.is.test(host));
		} catch (invalid) { /* loads nothing */ }
	};

	// The id of the service for which a URL is denied.
	const denied = url => {
		const party = guard.partyOf(url);
		return party && party.id && !guard.granted.has(party.id) ? party.id : '';
	};

	const held = {};
	const note = what => { held[what] = (held[what] || 0) + 1; };

	// Replaces a function, or a part of an accessor, by a proxy, which scripts cannot tell from it.
	const wrap = guard.wrap = (owner, names, trap, part = 'value') => names.split(' ').forEach(name => {
		const d = owner && Object.getOwnPropertyDescriptor(owner, name);
		if (!d || !d[part] || !d.configurable) return;
		d[part] = new Proxy(d[part], trap.construct ? trap : { apply: trap });
		Object.defineProperty(owner, name, d);
		if (trap.construct) d[part].prototype.constructor = d[part];
	});

	// ---- Cookies

	// The service that owns an allowed cookie, or true; what is falsy must not be set or read.
	const allows = name => {
		if (name && necessary.test(name)) return true;
		const service = name && policy.services.find(s => s.owns.test(name));
		return service ? guard.granted.has(service.id) && service : policy.pass;
	};
	const nameOf = pair => pair.includes('=') ? pair.split('=')[0].trim() : '';

	const jar = Document.prototype, all = Object.getOwnPropertyDescriptor(jar, 'cookie').get;
	wrap(jar, 'cookie', (native, self, [line]) => {
		line = admit(String(line));
		if (line) call(native, self, [line]);
	}, 'set');
	wrap(jar, 'cookie', (native, self) => call(native, self, []).split('; ').filter(pair => !pair || allows(nameOf(pair))).join('; '), 'get');

	// The form in which a cookie may be set, if it may. One that only deletes may.
	const admit = line => {
		const [pair, ...attributes] = line.split(';'), service = allows(nameOf(pair));
		let expires, age;
		for (const a of attributes) {
			const [name, value = ''] = a.split('=').map(s => s.trim());
			if (/^max-age$/i.test(name) && /^-?\d+$/.test(value)) age = value * 1000;
			if (/^expires$/i.test(name)) expires = Date.parse(value) - now() || expires;
		}
		const life = age ?? expires ?? Infinity;
		if (life <= 0 || service === true) return line;
		if (!service) return note('cookie ' + nameOf(pair));
		// Without a choice nobody knows since when the cookie lives, and visits must not renew it.
		if (service.exempt && !guard.chosen && call(all, document, []).split('; ').includes(pair.trim())) return;
		const left = service.life * 1000 + guard.since - now() || Infinity;
		return life === Infinity || life <= left ? line : left > 0 ? line + ';max-age=' + (left / 1000 | 0) : undefined;
	};

	const store = window.CookieStore && CookieStore.prototype;
	wrap(store, 'set', (native, self, args) => {
		const { name = args[0], expires } = Object(args[0]);
		return admit(name + '=' + (expires ? ';expires=' + new Date(+expires).toUTCString() : '')) ? call(native, self, args) : Promise.resolve();
	});
	wrap(store, 'get', (native, self, args) => call(native, self, args).then(c => c && allows(c.name) ? c : null));
	wrap(store, 'getAll', (native, self, args) => call(native, self, args).then(list => list.filter(c => allows(c.name))));

	// ---- Elements

	const loads = {
		script: 'src href', iframe: 'src', frame: 'src', img: 'src srcset', link: 'href imagesrcset', embed: 'src', object: 'data', video: 'src poster', audio: 'src',
		source: 'src srcset', track: 'src', input: 'src formaction', button: 'formaction', form: 'action', image: 'href', use: 'href'
	};
	const elements = guard.elements = Object.keys(loads).join();
	const dynamic = guard.dynamic = new WeakSet(); // not the parser's: they can be released as they are
	const namesOf = el => el && (loads[el.localName] || '').split(' ') || [];

	const deniedIn = (el, name, value) => {
		if (!value || el.localName === 'link' && !/stylesheet|pre|icon|manifest/i.test(get.call(el, 'rel')) ||
			el.localName === 'input' && name === 'src' && el.type !== 'image' || el.localName === 'iframe' && has(el, 'srcdoc')) return '';
		return /srcset/.test(name) ? String(value).split(/[\s,]+/).map(denied).find(Boolean) : denied(value);
	};

	// Holds an element back as the server does.
	const hold = (el, id, name, value) => {
		if (!has(el, SERVICE)) {
			if (el.localName === 'script') {
				if (has(el, 'type')) put.call(el, HELD + 'type', get.call(el, 'type'));
				put.call(el, 'type', 'text/plain');
			}
			dynamic.add(el);
			note(id);
		}
		put.call(el, SERVICE, id);
		put.call(el, 'data-caddy-consent', '');
		for (const n of [...namesOf(el), 'xlink:href']) {
			if (has(el, n)) {
				put.call(el, HELD + n, get.call(el, n));
				remove.call(el, n);
			}
		}
		if (name) put.call(el, HELD + name, value);
		if (el.localName === 'iframe') put.call(el, 'src', path + 'placeholder?service=' + id + '&lang=' + document.documentElement.lang + '&url=' + encodeURIComponent(new NativeURL(get.call(el, HELD + 'src'), document.baseURI)));
	};

	// Looks at an element that is about to stand in the document.
	const screen = el => {
		if (!loads[el.localName]) return;
		const id = get.call(el, SERVICE);
		if (id) {
			if (guard.activate && dynamic.has(el) && guard.granted.has(id)) guard.activate(el);
			return;
		}
		let owner = namesOf(el).map(name => deniedIn(el, name, get.call(el, name) || name === 'href' && get.call(el, 'xlink:href'))).find(Boolean);
		if (!owner && el.localName === 'script' && !has(el, 'src') && /^$|java|module/.test(el.type)) {
			owner = (policy.services.find(s => !guard.granted.has(s.id) && s.inline.some(literal => el.textContent.includes(literal))) || el).id;
			if (owner === el.id) return;
		}
		if (owner) hold(el, owner);
	};
	const inspect = node => {
		if (!node || !node.querySelectorAll) return;
		if (node.localName) screen(node);
		if (node.firstElementChild) node.querySelectorAll(elements).forEach(screen);
	};

	// Sets an attribute by native, unless it would load from a denied host.
	const set = (el, name, value, native, args) => {
		if (namesOf(el).includes(name.replace('xlink:', ''))) {
			const id = deniedIn(el, name, value);
			if (id) return hold(el, id, name, value);
			if (has(el, HELD + name)) guard.free(el, name);
		}
		return call(native, el, args);
	};
	// Forgets that an attribute was held.
	guard.free = (el, name) => {
		if (name) remove.call(el, HELD + name);
		remove.call(el, SERVICE);
		if (el.localName !== 'script') return;
		const type = get.call(el, HELD + 'type');
		remove.call(el, HELD + 'type');
		if (type === null) remove.call(el, 'type');
		else put.call(el, 'type', type);
	};

	wrap(element, 'setAttribute', (native, el, args) => set(el, String(args[0]).toLowerCase(), args[1], native, args));
	wrap(element, 'setAttributeNS', (native, el, args) => set(el, String(args[1]), args[2], native, args));
	for (const type of 'Script IFrame Frame Image Link Embed Object Media Video Source Track Input Button Form'.split(' ')) {
		for (const name of 'src srcset href imageSrcset data poster action formAction'.split(' ')) {
			const owner = (window['HTML' + type + 'Element'] || 0).prototype, attribute = name.toLowerCase();
			wrap(owner, name, (native, el, args) => set(el, attribute, args[0], native, args), 'set');
			wrap(owner, name, (native, el) => {
				const url = get.call(el, HELD + attribute);
				return url ? /srcset/.test(attribute) ? url : new NativeURL(url, document.baseURI).href : call(native, el, []);
			}, 'get');
		}
	}

	const inserting = (native, parent, args) => {
		if (parent.isConnected !== false) args.forEach(inspect);
		return call(native, parent, args);
	};
	wrap(Node.prototype, 'appendChild insertBefore replaceChild', inserting);
	for (const owner of [Element, Document, DocumentFragment, CharacterData]) wrap(owner.prototype, 'append prepend replaceChildren moveBefore before after replaceWith insertAdjacentElement', inserting);
	wrap(Range.prototype, 'insertNode', inserting);

	// ---- Markup in strings

	const inert = document.implementation.createHTMLDocument('').body;
	const html = Object.getOwnPropertyDescriptor(element, 'innerHTML').set;
	const tags = new RegExp('<(?:' + elements.replace(/,/g, '|') + ')(?=[\\s/>])(?:"[^"]*"|\'[^\']*\'|[^\'">])*>', 'gi');
	const filter = text => typeof text !== 'string' || !named.test(text) ? text : text.replace(tags, tag => {
		call(html, inert, [tag]);
		const el = inert.firstElementChild;
		if (el) screen(el);
		return el && has(el, SERVICE) ? el.outerHTML.replace(/<\/[^<]*>$/, '') : tag;
	});
	const filtering = (native, self, args) => call(native, self, args.map(filter));
	const filled = (native, el, args) => {
		const parent = el.parentNode; // where outerHTML puts it
		filtering(native, el, args);
		const root = el.isConnected ? el : parent;
		if (root && root.isConnected) inspect(root);
	};
	for (const owner of [Element, window.ShadowRoot]) {
		wrap((owner || 0).prototype, 'innerHTML outerHTML', filled, 'set');
		wrap((owner || 0).prototype, 'insertAdjacentHTML setHTMLUnsafe', filtering);
	}
	wrap(Range.prototype, 'createContextualFragment', filtering);
	wrap(HTMLIFrameElement.prototype, 'srcdoc', filtering, 'set');
	wrap(jar, 'write writeln', filtering);

	// ---- Requests

	const dead = 'blob:' + location.origin + '/denied'; // fails as a blocked request does, and sends nothing
	const stops = url => {
		const id = denied(url);
		if (id) note(id);
		return id;
	};
	wrap(window, 'fetch', (native, self, args) => stops(args[0] instanceof Request ? args[0].url : args[0]) ? Promise.reject(new TypeError('Failed to fetch')) : call(native, self, args));
	wrap(XMLHttpRequest.prototype, 'open', (native, self, args) => {
		if (stops(args[1])) args[1] = dead;
		return call(native, self, args);
	});
	wrap(Navigator.prototype, 'sendBeacon', (native, self, args) => stops(args[0]) ? true : call(native, self, args));
	const constructing = instead => ({ construct(native, args, target) {
		if (args.length && stops(args[0])) args[0] = instead;
		return Reflect.construct(native, args, target);
	} });
	wrap(window, 'EventSource', constructing(dead));
	wrap(window, 'WebSocket', constructing(location.origin.replace('http', 'ws').replace(/(:\d+)?$/, ':1'))); // a bad port (Fetch, section 2.9)
	wrap(window, 'Audio', constructing(''));
	// A form that is held would send to the page itself.
	addEventListener('submit', event => {
		if ([event.target, event.submitter].some(el => el && (has(el, HELD + 'action') || has(el, HELD + 'formaction')))) event.preventDefault();
	}, true);

	// ---- The choice

	guard.heard = [];
	const file = name => me.src.replace(/guard(?=\.js$)/, name);
	let release;
	// A change of choice: what is held or released from now on follows it.
	const change = ({ detail }) => {
		const before = guard.granted;
		guard.granted = new Set(Object.keys(detail.services).filter(id => detail.services[id]));
		guard.chosen = detail.state === 'given';
		guard.since = detail.timestamp || now();
		guard.heard.forEach(hear => hear(before));
		// Also where the page demands trusted types, a module is loaded by its address.
		release = release || import(file('release')).then(module => module.default(guard));
		release.then(settle => settle(before)).catch(() => location.reload());
	};
	document.addEventListener('consentchange', change);
	try {
		if (top !== window) top.document.addEventListener('consentchange', change);
	} catch (foreign) { /* a frame in another site's page */ }

	document.addEventListener('DOMContentLoaded', () => {
		// After a choice the notice's script comes from here: a tag less in every page.
		if (document.querySelector('a[data-caddy-consent="manage"]') && !document.querySelector('script[src$="/notice.js"]')) {
			const script = document.createElement('script');
			script.src = file('notice');
			put.call(script, 'data-caddy-consent', '');
			document.head.append(script);
		}
	});
	addEventListener('load', () => {
		for (const el of document.querySelectorAll('[' + SERVICE + ']')) {
			const id = get.call(el, SERVICE);
			if (!dynamic.has(el) && !guard.granted.has(id)) note(id);
		}
		const list = Object.keys(held).map(what => what + ' (' + held[what] + ')').join(', ');
		if (list) console.info('Held back until the visitor allows it: ' + list);
	});
	return guard;
})(POLICY)
