// The guard stands first in the head and holds back, in the browser, what scripts would load, send,
// set and read for services that the visitor has not allowed; what stands in the page itself the server
// has withheld. What was held is released by release.js, which is loaded when a choice is made. What
// it does and what it cannot do is in docs/enforcement.md.
(policy => {
	const { src, dataset: { caddyConsent: on } } = document.currentScript;
	// Natives as they were before any other script ran.
	const NativeURL = URL, { apply: call, construct, getOwnPropertyDescriptor: describe } = Reflect, now = Date.now, element = Element.prototype;
	const uncurried = f => (self, ...args) => call(f, self, args);
	const [get, put, remove] = ['get', 'set', 'remove'].map(verb => uncurried(element[verb + 'Attribute']));
	const HELD = 'data-consent-', SERVICE = HELD + 'service', LITERAL = 'text/plain';

	// Patterns are separated by spaces; they are exact, or have "*" for any characters.
	const matcher = patterns => new RegExp('^(' + patterns.replace(/[^\w* ]/g, '\\$&').replace(/\*/g, '.*').replace(/ /g, '|') + ')$');
	// Whose hosts and cookies are: first the site's, allowed, without an id; what the visitor may allow, with
	// literals; what is always denied. An id and hosts, in which "$" stands for the id, come as one text, behind
	// them the names for which there are stand-ins.
	const parties = policy.parties.map(party => {
		const [text, cookies, inline, days, exempt] = [].concat(party), [id] = text.split(' ');
		return { id, hosts: matcher(text.replace(/\$/g, id)), globals: text.match(/\S+[)\]]\S*/g) || [], cookies: cookies && matcher(cookies), inline, days, exempt };
	});
	const services = parties.filter(p => p.inline);

	// What the page came with: a bit for each service that is allowed, in hexadecimal, behind a "?"
	// where the visitor has not chosen.
	const guard = { policy, parties, heard: [] };
	guard.chosen = on[0] !== '?';
	guard.granted = new Set(services.flatMap(({ id }, i) => BigInt('0x' + on.replace('?', '')) >> BigInt(i) & 1n ? id : []));
	if (!guard.chosen && policy.gpc && navigator.globalPrivacyControl) guard.granted.clear();
	const held = new Set();
	const resolve = (url, base = document.baseURI) => new NativeURL(url, base), file = path => resolve(path, src);

	// Whose an address is; the site's own is nobody's.
	guard.partyOf = url => {
		try {
			const host = resolve(url).hostname.replace(/\.$/, '');
			return host !== location.hostname && parties.find(p => p.hosts.test(host));
		} catch (invalid) { /* loads nothing */ }
	};
	// The id of the service for which it is denied: a declared one, or one that always is.
	const denied = url => {
		const { id } = guard.partyOf(url) || 0;
		if (id && !guard.granted.has(id)) return held.add(id), id;
	};

	// Replaces functions, or a part of accessors, by proxies, which scripts cannot tell from them.
	const wrap = guard.wrap = (owner, names, trap, part = 'value') => names.split(' ').forEach(name => {
		const d = owner && describe(owner, name), native = d && d[part];
		if (!native) return;
		d[part] = new Proxy(native, trap.construct ? trap : { apply: (native, self, args) => trap(native, self, args, name) });
		Object.defineProperty(owner, name, d);
		if (native.prototype?.constructor === native) native.prototype.constructor = d[part];
	});

	// ---- Cookies

	// The party that owns an allowed cookie, or true; what is falsy must not be set or read.
	const allows = name => {
		const owner = name && parties.find(p => p.cookies && p.cookies.test(name));
		return owner ? (!owner.id || guard.granted.has(owner.id)) && owner : policy.pass;
	};
	const nameOf = pair => pair.replace(/=.*|^[^=]*$/s, '').trim();

	const jar = Document.prototype, all = uncurried(describe(jar, 'cookie').get);
	// Goes on with how long a cookie may live that is to live so long, if it may be set. One that only goes may.
	const admit = (pair, life, set) => {
		const owner = allows(nameOf(pair)), cookies = all(document);
		if (life <= 0) return set(life);
		if (!owner) return void held.add('cookie ' + nameOf(pair));
		// Without a choice nobody knows since when the cookie lives, and visits must not renew it.
		if (owner.exempt && !guard.chosen && cookies.split('; ').includes(pair.trim())) return;
		const [, chosen] = guard.chosen && /timestamp%22%3A(\d+)/.exec(cookies) || [, now()];
		const left = (owner.days * 864e5 || Infinity) + chosen * (chosen < 1e11 ? 1000 : 1) - now();
		if (left > 999) return set(life < Infinity ? Math.min(life, left) : life);
	};
	wrap(jar, 'cookie', (native, self, [line]) => {
		all(self); // throws what the native would
		line = `${line}`;
		// The last of several that browsers understand: they take no date without a time.
		const age = line.match(/.*;\s*max-age\s*=\s*(-?\d+)\s*(;|$)/is)?.[1], expires = line.match(/.*;\s*expires\s*=([^;]*:[^;]*)/is)?.[1];
		const wanted = age ? age * 1000 : Date.parse(expires) - now() || Infinity;
		admit(line.split(';')[0], wanted, life => call(native, self, [life === wanted ? line : line + ';max-age=' + (life / 1000 | 0)]));
	}, 'set');
	wrap(jar, 'cookie', (native, self) => call(native, self, []).split('; ').filter(pair => !pair || allows(nameOf(pair))).join('; '), 'get');

	const store = window.CookieStore && CookieStore.prototype;
	wrap(store, 'set', (native, self, args) => {
		const options = args.length > 1 ? { name: args[0], value: args[1] } : { ...args[0] };
		return admit(options.name + '=' + options.value, (options.expires ?? NaN) - now() || Infinity, life => {
			if (life < Infinity) options.expires = now() + life;
			return call(native, self, args[0] ? [options] : args);
		}) || Promise.resolve();
	});
	wrap(store, 'get getAll', (native, self, args) => call(native, self, args).then(found =>
		found?.filter ? found.filter(c => allows(c.name)) : found && allows(found.name) ? found : null));

	// ---- Elements

	const kinds = 'script|iframe|frame|img|link|embed|object|video|audio|source|track|input|button|form|image|use', loading = kinds.split('|');
	const elements = guard.elements = loading.join();
	const names = 'src srcset href xlink:href imageSrcset data poster action formAction srcdoc', urls = names.toLowerCase().split(' ');
	const dynamic = guard.dynamic = new WeakSet(); // not the parser's: they can be released as they are

	const deniedIn = (el, name, value) => {
		if (!value || el.localName === 'link' && !/^(null)?$|stylesheet|pre|icon|manifest/i.test(get(el, 'rel')) || // null: it may come
			el.localName === 'iframe' && get(el, 'srcdoc')) return;
		return /srcset/.test(name) ? `${value}`.split(/[\s,]+/).map(denied).find(Boolean) : denied(value);
	};
	const move = (el, from, to) => {
		const value = get(el, from);
		if (value) {
			remove(el, from);
			put(el, to, value);
		}
	};

	// Holds an element back as the server does.
	const hold = (el, id, name, value) => {
		if (el.localName === 'script' && !get(el, SERVICE)) {
			move(el, 'type', HELD + 'type');
			put(el, 'type', LITERAL);
		}
		dynamic.add(el);
		put(el, SERVICE, id);
		put(el, 'data-caddy-consent', '');
		for (const n of urls) move(el, n, HELD + n);
		if (name) put(el, HELD + name, value);
		fail(el);
		if (el.localName === 'iframe') put(el, 'src', file('../../placeholder?') + new URLSearchParams({ service: id, lang: document.documentElement.lang, url: resolve(get(el, HELD + 'src')) }));
	};
	// Held is failed, once: a script when it is in the page, an image wherever it is.
	const failed = new WeakSet();
	const fail = el => setTimeout(() => {
		if (failed.has(el) || !guard.heldFor(el) || guard.granted.has(guard.heldFor(el)) || !(el.localName === 'img' || el.localName === 'script' && el.isConnected)) return;
		failed.add(el);
		el.dispatchEvent(new Event('error'));
	});
	guard.heldFor = el => get(el, SERVICE);
	// Forgets that an attribute was held.
	guard.free = (el, name) => {
		remove(el, HELD + name);
		if (urls.some(n => get(el, HELD + n))) return;
		remove(el, SERVICE);
		if (el.localName !== 'script') return;
		if (get(el, 'type') === LITERAL) remove(el, 'type');
		move(el, HELD + 'type', 'type');
	};

	// Looks at an element that is about to stand in the document.
	const screen = el => {
		if (!loading.includes(el.localName)) return;
		let id = get(el, SERVICE);
		if (id) return dynamic.has(el) && (guard.granted.has(id) ? guard.activate?.(el) : fail(el));
		const page = get(el, 'srcdoc'), clean = filter(page);
		if (page !== clean) put(el, 'srcdoc', clean);
		id = urls.map(name => deniedIn(el, name, get(el, name))).find(Boolean);
		if (!id && el.localName === 'script' && get(el, 'src') === null && /^$|java|module/.test(el.type)) {
			({ id } = services.find(s => !guard.granted.has(s.id) && s.inline.some(literal => el.textContent.includes(literal))) || 0);
			if (id) held.add(id);
		}
		if (id) hold(el, id);
	};
	// Sets an attribute by a native whose argument at some place is the value, unless it would load from a denied host.
	const set = (native, el, args, at, name) => {
		if (loading.includes(Object(el).localName)) {
			name = `${name}`.replace(/.*:/, '').toLowerCase();
			if (name === 'srcdoc') args[at] = filter(args[at]);
			if (urls.includes(name)) {
				const id = deniedIn(el, name, args[at]);
				if (id) return hold(el, id, name, args[at]);
				if (get(el, HELD + name)) guard.free(el, name);
			}
		}
		return call(native, el, args);
	};
	wrap(element, 'setAttribute', (native, el, args) => set(native, el, args, 1, args[0]));
	wrap(element, 'setAttributeNS', (native, el, args) => set(native, el, args, 2, args[1]));
	for (const owner of loading.map(kind => document.createElement(kind).__proto__).concat(HTMLMediaElement.prototype)) {
		wrap(owner, names, (native, el, args, name) => set(native, el, args, 0, name), 'set');
		wrap(owner, names, (native, el, args, name) => {
			const own = call(native, el, args), url = get(el, HELD + name.toLowerCase());
			return url && !/srcset/i.test(name) ? resolve(url).href : url || own;
		}, 'get');
	}

	// What comes from another document loads as soon as it is here, even if it is not in the page.
	const inserting = (native, parent, args) => {
		for (const node of args) {
			if (node?.querySelectorAll && (parent.isConnected !== false || node.ownerDocument !== document)) [node, ...node.querySelectorAll(elements)].forEach(screen);
		}
		return call(native, parent, args);
	};
	// ---- Markup in strings

	const parser = new DOMParser();
	const rest = '(?=[\\s/>])(?:"[^"]*"|\'[^\']*\'|[^\'">])*>';
	const tags = new RegExp('<script' + rest + '[^]*?(?=</script|$)|<(?:' + kinds + ')' + rest, 'gi');
	const filter = text => {
		const clean = `${text}`.replace(tags, tag => {
			const svg = /^<(image|use)/i.test(tag);
			let el;
			try {
				el = parser.parseFromString(svg ? '<svg>' + tag : tag, 'text/html').querySelector(elements);
			} catch (trusted) { /* types are demanded */ }
			if (!el) return tag;
			screen(el);
			if (!get(el, SERVICE) && !get(el, 'srcdoc')) return tag;
			const open = el.outerHTML.replace(/<\/[^<]*>$/, '');
			return svg && /\/>$/.test(tag) ? open.replace(/>$/, '/>') : open; // which ends elements of SVG
		});
		return clean === `${text}` ? text : clean;
	};
	const filtering = (native, self, args) => call(native, self, args.map(filter));
	for (const { prototype } of [Node, Element, Document, DocumentFragment, ShadowRoot, CharacterData, Range]) {
		wrap(prototype, 'appendChild insertBefore replaceChild append prepend replaceChildren before after replaceWith insertAdjacentElement importNode adoptNode insertNode surroundContents', inserting);
		wrap(prototype, 'insertAdjacentHTML setHTML setHTMLUnsafe createContextualFragment', filtering);
		wrap(prototype, 'innerHTML outerHTML', filtering, 'set');
	}
	// What is written may come in pieces: a tag waits for its end, for as long as the script runs.
	let piece = '';
	wrap(jar, 'write writeln', (native, self, args) => {
		if (args.some(text => typeof text !== 'string')) return filtering(native, self, args);
		const text = piece + args.join(''), whole = text.search(/<[^>]*$|$/);
		const flush = () => {
			if (piece) call(native, self, [piece]);
			piece = '';
		};
		piece = '';
		call(native, self, [filter(text.slice(0, whole))]);
		flush(); // of a script that was written
		piece = text.slice(whole);
		if (piece) queueMicrotask(flush);
	});

	// ---- Requests

	const dead = location.origin.replace(/(:\d+)?$/, ':1'); // a bad port (Fetch, section 2.9): fails as a blocked request does, and sends nothing
	const aside = (args, at, instead = dead) => {
		if (denied(Object(args[at]).url || args[at])) args[at] = instead;
		return args;
	};
	const sending = (native, self, args, name) => call(native, self, aside(args, name === 'open' ? 1 : 0));
	wrap(window, 'fetch fetchLater', sending);
	wrap(Navigator.prototype, 'sendBeacon', sending);
	wrap(XMLHttpRequest.prototype, 'open', sending);
	wrap(SVGAnimatedString.prototype, 'baseVal', sending, 'set');
	wrap(window, 'EventSource Audio', { construct: (native, args, target) => construct(native, aside(args, 0), target) });
	wrap(window, 'WebSocket', { construct: (native, args, target) => construct(native, aside(args, 0, dead.replace('http', 'ws')), target) });
	// A form that is held would send to the page itself.
	const isHeld = el => el && el.matches && el.matches('[data-consent-action],[data-consent-formaction]');
	wrap(HTMLFormElement.prototype, 'submit', (native, form, args) => isHeld(form) ? undefined : call(native, form, args));
	addEventListener('submit', event => {
		if (isHeld(event.target) || isHeld(event.submitter)) event.preventDefault();
	}, true);
	// What stands in a frame's place is not what its page waits for.
	document.addEventListener('load', event => {
		if (event.target.localName === 'iframe' && get(event.target, HELD + 'src')) event.stopPropagation();
	}, true);

	// ---- The choice

	let release; // once, so that choices are followed in their order
	// Also where the page demands trusted types, a module is loaded by its address.
	const change = event => (release ??= import(file('release.js'))).then(module => module.default(guard, event.detail)).catch(() => location.reload());
	try {
		top.document.addEventListener('consentchange', change);
	} catch (foreign) { /* a frame in another site's page */ }

	document.addEventListener('DOMContentLoaded', () => {
		// After a choice the notice's script comes from here: a tag less in every page.
		if (document.querySelector('a[data-caddy-consent="manage"]') && !document.querySelector('[src$="/notice.js"]')) {
			const script = document.createElement('script');
			script.src = file('notice.js');
			put(script, 'data-caddy-consent', '');
			document.head.append(script);
		}
	});
	addEventListener('load', () => {
		document.querySelectorAll('[' + SERVICE + ']').forEach(el => guard.granted.has(get(el, SERVICE)) || held.add(get(el, SERVICE)));
		if (held.size) console.info('Held back without consent: ' + [...held].join(', '));
	});
	return guard;
})(POLICY)
