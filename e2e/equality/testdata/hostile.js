// Input that no page should have, and that some have. Each case is done with and without the module.
'use strict';
const bad = (() => {
	const box = () => document.body.appendChild(document.createElement('div'));
	const attempt = call => {
		try {
			const r = call();
			return r === undefined ? 'nothing' : String(r);
		} catch (e) {
			return 'throws ' + (e && e.constructor && e.constructor.name) + ': ' + (e && e.message || e);
		}
	};
	// What an argument is asked: how often, and for what.
	const liar = (texts, asked) => ({ toString() { asked.push('toString'); return texts[Math.min(asked.length, texts.length) - 1]; }, valueOf() { asked.push('valueOf'); return 'v'; } });
	const lies = {};
	for (const [name, use] of Object.entries({
		innerHTML: (e, x) => { e.innerHTML = x; return e.innerHTML; }, outerHTML: (e, x) => { const p = e.parentNode; e.outerHTML = x; return p.lastChild.nodeName; },
		insertAdjacentHTML: (e, x) => { e.insertAdjacentHTML('beforeend', x); return e.innerHTML; }, createContextualFragment: (e, x) => document.createRange().createContextualFragment(x).childNodes.length,
		setHTMLUnsafe: (e, x) => { if (e.setHTMLUnsafe) e.setHTMLUnsafe(x); return e.innerHTML; }, srcdoc: (e, x) => { const f = document.createElement('iframe'); f.srcdoc = x; return f.getAttribute('srcdoc'); },
		'img src': (e, x) => { const i = new Image; i.src = x; return i.getAttribute('src'); }, 'script src': (e, x) => { const i = document.createElement('script'); i.src = x; return i.getAttribute('src'); },
		'link href': (e, x) => { const i = document.createElement('link'); i.href = x; return i.getAttribute('href'); }, 'a href': (e, x) => { const i = document.createElement('a'); i.href = x; return i.getAttribute('href'); },
		'setAttribute, value': (e, x) => { const i = new Image; i.setAttribute('src', x); return i.getAttribute('src'); }, 'setAttribute, name': (e, x) => { const i = new Image; i.setAttribute(x, '/a'); return [...i.attributes].map(a => a.name); },
		'setAttributeNS, name': (e, x) => { const i = new Image; i.setAttributeNS(null, x, '/a'); return [...i.attributes].map(a => a.name); }, 'setAttribute on a div': (e, x) => { e.setAttribute('src', x); return e.getAttribute('src'); },
		'Attr value': (e, x) => { const a = document.createAttribute('src'), i = new Image; i.setAttributeNode(a); a.value = x; return i.getAttribute('src'); },
		'new Audio': (e, x) => new Audio(x).getAttribute('src'), 'XMLHttpRequest open': (e, x) => new XMLHttpRequest().open('GET', x), 'XMLHttpRequest method': (e, x) => new XMLHttpRequest().open(x, '/a'),
		fetch: (e, x) => { fetch(x).catch(() => {}); return ''; }, sendBeacon: (e, x) => navigator.sendBeacon(x), cookie: (e, x) => { document.cookie = x; return ''; }, textContent: (e, x) => { e.textContent = x; return e.textContent; },
		append: (e, x) => { e.append(x); return e.innerHTML; }, 'script text': (e, x) => { const s = document.createElement('script'); s.text = x; return s.text; }, 'style text': (e, x) => { const s = document.createElement('style'); s.textContent = x; return s.textContent; },
		'style background': (e, x) => { e.style.background = x; return e.style.cssText; }, 'style setProperty': (e, x) => { e.style.setProperty('background', x); return e.style.cssText; }, cssText: (e, x) => { e.style.cssText = x; return e.style.cssText; },
		'form action': (e, x) => { const f = document.createElement('form'); f.action = x; return f.getAttribute('action'); }, importNode: (e, x) => document.importNode(x, true).nodeName, EventSource: (e, x) => { const s = new EventSource(x); s.close(); return s.url.replace(location.host, 'HOST'); },
		URL: (e, x) => new URL(x, 'http://a.test/').href, parseFromString: (e, x) => new DOMParser().parseFromString(x, 'text/html').body.innerHTML, 'createElement': (e, x) => document.createElement(x).nodeName, querySelector: (e, x) => e.querySelector(x),
		'rel, href first': (e, x) => { const l = document.createElement('link'); l.href = '/a.css'; l.rel = x; return l.rel; }, 'input type': (e, x) => { const l = document.createElement('input'); l.src = '/a'; l.type = x; return l.type; }, 'insertRule': (e, x) => { const s = box().appendChild(document.createElement('style')); return s.sheet.insertRule(x); },
	})) {
		for (const [kind, texts] of Object.entries({ tells: ['/a', '/a'], lies: ['/a', '<img src="https://stats.test/x">', '//stats.test/y'], marked: ['<b title="//">x</b>', '<img src="https://stats.test/x">'], empty: [''] })) {
			lies[name + ' ' + kind] = () => { const asked = []; return attempt(() => use(box(), liar(texts, asked))) + ' asked ' + asked; };
		}
		const others = [null, undefined, 0, -0, true, typeof window.Symbol === 'function' ? Symbol('s') : 's', [], [['/a'], 'b'], {}, Object.create(null), () => '/a', /a/, document, typeof window.Proxy === 'function' && typeof window.Symbol === 'function' ? new Proxy({}, { get: (t, k) => { if (k === Symbol.toPrimitive) return () => '/p'; } }) : '/p', { toString() { throw new RangeError('mine'); } }, { toString: null, valueOf: () => '/v' }, typeof window.Symbol === 'function' ? { [Symbol.toPrimitive]: hint => '/' + hint } : '/', { toString: () => ({}) }, new String('/s')];
		others.forEach((value, i) => { lies[name + ' of ' + i] = () => attempt(() => use(box(), value)); });
	}

	const forms = {};
	const fields = 'matches querySelectorAll querySelector localName tagName nodeName nodeType action ownerDocument getAttribute setAttribute hasAttribute removeAttribute attributes childNodes children parentNode isConnected submit requestSubmit elements target method closest contains getRootNode firstChild namespaceURI constructor toString'.split(' ');
	for (const name of fields) {
		const markup = `<form action="/none" target="nowhere"><input name="${name}" value="x"><button name="b">x</button><img src="/a.svg"></form>`;
		forms['innerHTML ' + name] = () => attempt(() => { const b = box(); b.innerHTML = markup; return b.innerHTML + b.querySelectorAll('img').length; });
		forms['append ' + name] = () => attempt(() => { const d = new DOMParser().parseFromString(markup, 'text/html'), b = box(); b.append(d.body.firstChild); return b.innerHTML; });
		forms['setAttribute ' + name] = () => attempt(() => { const b = box(); b.innerHTML = markup; const f = b.firstChild; Element.prototype.setAttribute.call(f, 'action', '/x'); HTMLFormElement.prototype.constructor; return b.innerHTML; });
		forms['action ' + name] = () => attempt(() => { const b = box(); b.innerHTML = markup; if (name !== 'action') b.firstChild.action = '/x'; return b.innerHTML; });
		forms['submit ' + name] = () => attempt(() => { const b = box(); b.innerHTML = markup; let seen = ''; b.addEventListener('submit', e => { seen += e.type + e.defaultPrevented; e.preventDefault(); }); HTMLFormElement.prototype.requestSubmit.call(b.firstChild); return seen; });
		forms['move ' + name] = () => attempt(() => { const b = box(), c = box(); b.innerHTML = markup; c.appendChild(b.firstChild); c.insertBefore(c.firstChild, null); c.replaceChildren(Node.prototype.cloneNode.call(c.firstChild, true)); return c.innerHTML; });
		forms['outer ' + name] = () => attempt(() => { const b = box(); b.innerHTML = markup; const img = b.querySelector('img'); img.outerHTML = '<img src="//' + location.host + '/b.svg">'; return b.innerHTML.replace(location.host, 'HOST'); });
	}

	// The time of a text of each unit: the longest, up to the most, that takes less than a second, or the first that takes more.
	const times = (use, most) => units.map(unit => {
		let size = 16 << 10, time;
		for (; ; size *= 4) {
			const text = unit.repeat(size / unit.length | 0);
			time = Infinity;
			for (let tries = 0; tries < 3 && time > 200; tries++) { // other programs take time too
				const start = performance.now();
				use(text);
				time = Math.min(time, performance.now() - start);
			}
			if (time > 1000 || size >= most) return { unit, size, time };
		}
	});
	const units = ['<img ', '<', '</', '<a title="', '<a title=\'', '"', '<script x>', '<script>', '</script', '<!--', '-->', '<img src=x ', '<iframe srcdoc="', '<svg>', '<table>', '<!', '<?', '<img src="//x" ', '&amp;', '<img srcset="a,', ',,', '//', '\\\\', ' src=', '<style>@import ', '<b>', '\0', '<img\n', '=', '<textarea>', '<link rel=', 'https://stats.test', '\\aaaa', ',\\', ',\'', 'url("', '@import/*', '<a b"', '<!--<script>', ' data-caddy-consent="" data-consent-service="a"', '/placeholder?'];
	const users = {
		innerHTML: text => { document.createElement('div').innerHTML = text; }, insertAdjacentHTML: text => document.createElement('div').insertAdjacentHTML('beforeend', text), createContextualFragment: text => document.createRange().createContextualFragment(text),
		srcset: text => { new Image().srcset = text; }, src: text => { new Image().src = text; }, DOMParser: text => new DOMParser().parseFromString(text, 'text/html'), srcdoc: text => { document.createElement('iframe').srcdoc = text; }, cookie: text => { document.cookie = 'a=' + text; }, cssText: text => { document.createElement('div').style.cssText = text; },
		write: text => { const f = box().appendChild(document.createElement('iframe')); f.contentDocument.write(text); f.contentDocument.close(); f.remove(); },
		'text that looks held, read': text => { const e = document.createElement('div'); e.appendChild(document.createElement('noscript')).textContent = '<img data-caddy-consent="" data-consent-service="a" src="' + text; return e.innerHTML; },
		'style of addresses': text => { document.createElement('div').style.cssText = 'background:url(/x);' + text; }, 'style': text => { const s = document.createElement('style'); s.textContent = text; document.head.append(s); s.remove(); }, 'script': text => { const s = document.createElement('script'); s.textContent = '/*' + text; s.type = 'text/plain'; document.head.append(s); s.remove(); },
	};
	const run = all => { const out = {}; for (const name of Object.keys(all)) out[name] = all[name](); return out; };
	return { run: name => JSON.stringify(run({ lies, forms }[name])), users: Object.keys(users), times: (user, most) => JSON.stringify(times(users[user], most)) };
})();
