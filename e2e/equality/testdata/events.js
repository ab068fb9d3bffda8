// What happens, and in which order, when a page loads what it may load. Each case resolves to a text.
'use strict';
const events = (() => {
	const cases = {}, at = (e, ...types) => new Promise(done => { for (const type of types) e.addEventListener(type, () => done(type), { once: true }); });
	const box = () => document.body.appendChild(document.createElement('div'));
	const tick = () => new Promise(done => setTimeout(done));
	const make = (tag, set = {}) => Object.assign(document.createElement(tag), set);
	const watched = (e, log, ...types) => { for (const type of types) e.addEventListener(type, v => log.push(e.nodeName + ' ' + v.type + v.bubbles + v.isTrusted + v.constructor.name)); return e; };
	const add = (name, run) => { cases[name] = run; };

	for (const [tag, name, good, bad] of [['img', 'src', '/a.svg', '/missing'], ['script', 'src', '/said.js', '/missing.js'], ['iframe', 'src', '/empty', '/missing'], ['link', 'href', '/a.css', '/missing.css'], ['embed', 'src', '/a.svg', '/missing'], ['object', 'data', '/a.svg', '/missing'], ['input', 'src', '/a.svg', '/missing'], ['video', 'src', '/missing', '/missing2']]) {
		for (const url of [good, bad]) for (const how of ['property', 'setAttribute', 'innerHTML', 'fragment', 'after']) add(`${tag} ${url} by ${how}`, async () => {
			const log = [], b = box(), more = tag === 'input' ? { type: 'image' } : tag === 'link' ? { rel: 'stylesheet' } : {};
			let e = make(tag, more);
			const use = () => watched(e, log, 'load', 'error');
			if (how === 'property') { use()[name] = url; b.append(e); }
			if (how === 'setAttribute') { use().setAttribute(name, url); b.append(e); }
			if (how === 'after') { b.append(use()); e[name] = url; }
			const markup = `<${tag} ${tag === 'input' ? 'type=image' : tag === 'link' ? 'rel=stylesheet' : ''} ${name}="${url}"></${tag}>`;
			if (how === 'innerHTML') { b.innerHTML = markup; e = b.firstChild; use(); }
			if (how === 'fragment') { b.append(document.createRange().createContextualFragment(markup)); e = b.firstChild; use(); }
			log.push('sync');
			Promise.resolve().then(() => log.push('micro'));
			if (!(tag === 'script' && how === 'innerHTML')) await at(e, 'load', 'error');
			await tick();
			return log + ' ' + b.innerHTML;
		});
	}
	add('decode', () => { const i = new Image; i.src = '/a.svg'; return i.decode().then(() => 'decoded' + i.complete + i.naturalWidth); });
	add('decode of nothing', () => { const i = new Image; i.src = '/missing'; return i.decode().catch(e => e.name + e.message); });
	add('an image that is never put anywhere', async () => { const i = new Image; i.src = '/a.svg'; return await at(i, 'load', 'error') + i.width; });
	add('an image that changes', async () => { const i = make('img', { src: '/a.svg' }), log = []; watched(i, log, 'load', 'error'); i.src = '/b.svg'; await at(i, 'load'); i.src = ''; await at(i, 'error'); i.removeAttribute('src'); i.srcset = '/c.svg 1x'; await at(i, 'load'); return log + i.currentSrc.replace(location.host, ''); });
	add('a picture', async () => { const b = box(); b.innerHTML = '<picture><source srcset="/p.svg"><img src="/q.svg"></picture>'; await at(b.querySelector('img'), 'load'); return b.querySelector('img').currentSrc.replace(location.host, ''); });
	add('attributes that are handlers', async () => { window.heard = []; const b = box(); b.innerHTML = '<img src="/h.svg" onload="heard.push(this.nodeName + event.type)"><img src="/missing" onerror="heard.push(\'error\')">'; await Promise.all([...b.children].map(e => at(e, 'load', 'error'))); return heard.sort().join(); });
	add('scripts in order', async () => { window.order = []; const b = box(); const all = [1, 2, 3].map(n => make('script', { src: '/order.js?' + n, async: false })); b.append(...all); await Promise.all(all.map(s => at(s, 'load'))); return order.join(); });
	add('inline scripts at once', () => { window.now = []; const s = make('script', { textContent: 'now.push(document.currentScript.id)', id: 'me' }); now.push('before'); box().append(s); now.push('after'); s.textContent = 'now.push("again")'; box().append(s); return now.join(); });
	add('a script that throws', async () => { const log = []; const on = e => { log.push(e.message + e.filename.replace(location.host, '') + e.lineno + ':' + e.colno); e.preventDefault(); }; addEventListener('error', on); box().append(make('script', { textContent: '\n  throw new Error("mine")' })); removeEventListener('error', on); return log.join(); });
	add('a script cloned', () => { window.cloned = 0; const s = make('script', { textContent: 'cloned++' }), c = s.cloneNode(true); box().append(s); box().append(c); box().append(s.cloneNode(true)); return String(cloned); });
	add('a script of markup does not run', () => { window.never = 0; box().innerHTML = '<script>never = 1<\/script><script src="/never.js"><\/script>'; return String(never); });
	add('a script of a fragment', () => { window.often = 0; const f = document.createRange().createContextualFragment('<script>often++<\/script><b><script>often++<\/script></b>'); box().append(f); return String(often); });
	add('a script from another document', () => { window.other = 0; const d = new DOMParser().parseFromString('<script>other++<\/script>', 'text/html'), s = d.querySelector('script'); box().append(s); const t = make('script', { textContent: 'other += 10' }); box().append(document.importNode(d.adoptNode(t), true)); return String(other); });
	add('a module', async () => { const s = make('script', { type: 'module', textContent: 'window.modular = import.meta.url.length > 0' }); box().append(s); for (let i = 0; i < 200 && !window.modular; i++) await new Promise(done => setTimeout(done, 10)); return String(window.modular); });
	add('a frame', async () => { const f = make('iframe'), log = []; watched(f, log, 'load'); box().append(f); log.push(f.contentDocument.URL, f.contentWindow.length, f.contentDocument.readyState); f.srcdoc = '<b>x</b>'; await at(f, 'load'); log.push(f.contentDocument.URL, f.contentDocument.body.innerHTML); f.removeAttribute('srcdoc'); await at(f, 'load'); log.push(f.contentDocument.URL); return log.join(); });
	add('a frame by script', async () => { const f = make('iframe', { src: 'javascript:"<b>y</b>"' }); box().append(f); await at(f, 'load'); return f.contentDocument.body.innerHTML + f.contentWindow.name; });
	add('a frame that is written', async () => { const f = make('iframe', { name: 'written' }); box().append(f); const d = f.contentDocument; d.open(); d.write('<p>a</p><img src="/w.svg">'); d.close(); await at(f, 'load'); return d.body.innerHTML + (d === f.contentDocument) + (window.written === f.contentWindow) + f.contentWindow.name; });
	add('a form', () => { const log = [], b = box(); b.innerHTML = '<form action="/x"><input name=a value=1><button name=b value=2>c</button></form>'; b.addEventListener('submit', e => { log.push(e.target.nodeName + (e.submitter && e.submitter.name) + e.defaultPrevented + e.cancelable + [...new FormData(e.target)]); e.preventDefault(); }); b.querySelector('button').click(); b.firstChild.requestSubmit(); b.firstChild.requestSubmit(b.querySelector('button')); return log.join(); });
	add('a form into a frame', async () => { const b = box(); b.innerHTML = '<iframe name="into"></iframe><form action="/empty" target="into"><input name=a value=1></form>'; const f = b.firstChild; b.lastChild.submit(); await at(f, 'load'); return f.contentWindow.location.search; });
	add('observers', async () => { const log = [], b = box(), o = new MutationObserver(all => log.push(...all.map(equal.record))); o.observe(b, { childList: true, subtree: true, attributes: true, attributeOldValue: true }); b.innerHTML = '<img src="/o.svg"><iframe></iframe>'; b.firstChild.src = '/o2.svg'; b.firstChild.setAttribute('srcset', '/o3.svg'); b.firstChild.removeAttribute('srcset'); b.append(make('script', { src: '/said.js' }), 'x'); b.prepend(b.lastChild); Promise.resolve().then(() => log.push('micro')); await tick(); await tick(); return log.join('; '); });
	add('custom elements', () => { equal.said.length = 0; const b = box(); b.innerHTML = '<x-test a=1><img src="//' + location.host + '/x.svg"></x-test>'; b.firstChild.setAttribute('src', '/x'); b.append(b.firstChild); b.innerHTML = ''; return equal.said.join('; '); });
	add('fetch', () => fetch('/said.js').then(r => r.url.replace(location.host, '') + r.status + r.type + r.constructor.name));
	add('fetch that is aborted', () => { const c = new AbortController, p = fetch('/said.js', { signal: c.signal }); c.abort(); return p.catch(e => e.name + e.constructor.name); });
	add('fetch of nothing', () => fetch('http://localhost:1/').catch(e => e.name + e.message));
	add('XMLHttpRequest', async () => { const x = new XMLHttpRequest, log = []; for (const type of ['readystatechange', 'loadstart', 'load', 'loadend', 'error']) x.addEventListener(type, e => log.push(e.type + x.readyState)); x.open('GET', '/said.js'); x.send(); await at(x, 'loadend'); return log.join() + x.responseURL.replace(location.host, ''); });
	add('XMLHttpRequest of nothing', async () => { const x = new XMLHttpRequest, log = []; for (const type of ['readystatechange', 'load', 'loadend', 'error']) x.addEventListener(type, e => log.push(e.type + x.readyState + x.status)); x.open('GET', 'http://localhost:1/'); x.send(); await at(x, 'loadend'); return log.join(); });
	add('EventSource', async () => { const s = new EventSource('/missing'), log = [s.readyState]; await at(s, 'error'); log.push(s.readyState, s.url.replace(location.host, ''), s instanceof EventSource); s.close(); return log.join(); });
	add('WebSocket', async () => { const s = new WebSocket('ws://' + location.host + '/missing'), log = []; for (const type of ['open', 'error', 'close']) s.addEventListener(type, e => log.push(e.type + e.code)); await at(s, 'close'); return log.join() + s.readyState + s.url.replace(location.host, ''); });
	add('sendBeacon', () => String(navigator.sendBeacon('/said.js', 'x')));
	add('a cookie', () => { document.cookie = 'sessionid=a; path=/'; document.cookie = 'sessionid=; max-age=0; path=/'; return document.cookie.replace(/cookies_preferences=[^;]*(; )?/, ''); });
	add('an audio', async () => { const a = new Audio('/missing'), log = []; watched(a, log, 'loadstart', 'error'); await at(a, 'error'); return log + a.outerHTML + a.networkState + (a.error && a.error.code); });
	add('sources of a video', async () => { const v = make('video'), log = []; v.innerHTML = '<source src="/missing"><source src="/missing2">'; for (const s of v.children) watched(s, log, 'error'); box().append(v); await at(v.lastChild, 'error'); return log.join(); });
	add('a style sheet', async () => { const s = make('style', { textContent: '@import "/a.css"; b { background: url("//' + location.host + '/b.svg") }' }), log = []; watched(s, log, 'load', 'error'); box().append(s); await at(s, 'load', 'error'); return log + s.sheet.cssRules.length + s.sheet.cssRules[1].cssText.replace(location.host, ''); });
	add('links', () => { const b = box(), log = []; b.innerHTML = '<a href="https://stats.test/x" ping="">y</a>'; b.addEventListener('click', e => { log.push(e.target.href + e.defaultPrevented); e.preventDefault(); }); b.firstChild.click(); return log.join(); });
	return {
		// Some at a time, as much of it is waiting; less where an engine tells nothing of what is not there. Where the page's own boxes stand in the body is not the same with the notice in it.
		run: async (from, to) => {
			const told = {}, run = name => Promise.race([Promise.resolve().then(cases[name]), new Promise(done => setTimeout(done, /^(embed|object) .missing/.test(name) ? 3000 : 8000, 'nothing happens'))]).catch(equal.thrown);
			await Promise.all(Object.keys(cases).slice(from, to).map(async name => { told[name] = equal.own(await run(name)).replace(/\/1HTML\/1BODY\/\d+/g, ''); }));
			return JSON.stringify(told);
		},
	};
})();
