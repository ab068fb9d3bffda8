// Describes all functions and accessors of a page's global objects as scripts could tell them apart.
'use strict';
const functions = (() => {
	const told = {}, text = Function.prototype.toString, own = o => Reflect.ownKeys(o).map(String).sort().join();
	const attempt = call => {
		try {
			const r = call();
			if (r instanceof Promise) r.catch(() => {});
			return typeof r;
		} catch (e) {
			return e && e.constructor && e.constructor.name + ': ' + e.message + (e instanceof Error);
		}
	};
	const flags = d => [d.writable, d.enumerable, d.configurable, typeof d.value, typeof d.get, typeof d.set].join();
	const describe = (name, f, owner) => {
		told[name] = [f.name, f.length, own(f), Object.getPrototypeOf(f) === Function.prototype, text.call(f), attempt(() => f.toString()), attempt(() => String(f).length), Object.isFrozen(f), Object.isExtensible(f)].join(' | ');
		if (!owner) return;
		[null, {}, owner, document.createTextNode(''), 1].forEach((self, i) => {
			if (self !== null || !/EventTarget|Window/.test(name)) told[name + ' on ' + i] = attempt(() => f.call(self)) + attempt(() => f.call(self, {}, {}, {}));
		});
		// Firefox words these errors as its compiler pleases.
		told[name + ' anew'] = [attempt(() => new f), attempt(() => Reflect.construct(Object, [], f))].map(e => e.split(':')[0]).join();
	};
	const members = (name, owner, calls) => {
		for (const key of Reflect.ownKeys(owner)) {
			const d = Object.getOwnPropertyDescriptor(owner, key), at = name + '.' + String(key);
			told[at] = flags(d);
			for (const part of ['value', 'get', 'set']) {
				if (typeof d[part] === 'function' && key !== 'constructor' && key !== 'caller' && key !== 'arguments') describe(at + ' ' + part, d[part], calls && owner);
			}
		}
	};
	const extra = {}; // members of prototypes that one above has too
	for (const key of Object.getOwnPropertyNames(window)) {
		if (key === 'functions' || /^webkit(Storage|Request)/.test(key)) continue;
		const d = Object.getOwnPropertyDescriptor(window, key);
		told['window.' + key] = flags(d);
		for (const part of ['get', 'set']) if (d[part]) describe('window.' + key + ' ' + part, d[part]);
		const f = d.value;
		if (typeof f !== 'function') continue;
		describe(key, f);
		if (typeof f.prototype !== 'object' || !f.prototype) continue;
		members(key, f, false);
		told[key + ' is'] = [f.prototype.constructor === f, Object.prototype.toString.call(f.prototype), Object.getPrototypeOf(f.prototype) && Object.getPrototypeOf(f.prototype).constructor.name, Object.getPrototypeOf(f).name].join();
		// The language's own are called by everything; a guard has no reason to touch them but to be found out.
		members(key + '.prototype', f.prototype, /Element|Node|Document|Fragment|CharacterData|Range|ShadowRoot|Attr|DOMTokenList|SVGAnimated|XMLHttp|Navigator|CookieStore|CSS|StyleSheet|DOMParser|XSLT|WorkletI?|EventSource|WebSocket|NamedNodeMap|Image|Audio|Option|FontFace|Request$|URL|^Storage$|IDBFactory|CacheStorage/.test(key));
		for (let up = Object.getPrototypeOf(f.prototype); up; up = Object.getPrototypeOf(up)) {
			for (const name of Object.getOwnPropertyNames(f.prototype)) if (Object.prototype.hasOwnProperty.call(up, name) && name !== 'constructor') extra[key + '.prototype.' + name] = extra[key + '.prototype.' + name] || up.constructor.name + '.prototype.' + name;
		}
	}
	for (const [name, o] of [['Function.prototype', Function.prototype], ['Object', Object], ['Reflect', Reflect], ['JSON', JSON], ['console', console], ['navigator', navigator], ['document', document], ['location', location], ['history', history]]) members(name, o, false);
	// What elements are, one of each kind.
	for (const tag of 'a area audio b base body button canvas div embed form frame frameset head html iframe img input link meta object option script source style table td template textarea title track video x-y'.split(' ')) {
		const e = document.createElement(tag), all = [];
		for (const key in e) all.push(key);
		told['for in ' + tag] = [...new Set(all)].sort().join(); // their order tells of members that are there twice
		told['own of ' + tag] = own(e);
		told['String of ' + tag] = String(e) + e.constructor.name + Object.getPrototypeOf(e).constructor.name;
	}
	for (const call of [() => new Image(1, 2).outerHTML, () => new Audio('/x').outerHTML, () => new Option('a', 'b').outerHTML, () => Image.name + Audio.name + Image.prototype.constructor.name, () => new Image().constructor === HTMLImageElement,
		() => new HTMLImageElement(), () => Image(), () => Audio(), () => Image.prototype === HTMLImageElement.prototype, () => new (class extends Image {})() instanceof Image, () => new (class extends HTMLElement {})(),
		() => new XMLHttpRequest().open('GET', Symbol('s')), () => new XMLHttpRequest().open('GET'), () => new WebSocket('x y'), () => new WebSocket(), () => new EventSource(), () => new EventSource('//['), () => fetch('//[').catch(() => {}),
		() => document.createElement('<'), () => document.createElement('img').setAttribute('a'), () => document.createElement('img').setAttribute('<', ''), () => document.createElement('img').setAttributeNS('x', 'xml:src', ''),
		() => document.createElement('img').setAttribute('src', Symbol('s')), () => { document.createElement('img').src = Symbol('s'); }, () => { document.createElement('div').innerHTML = Symbol('s'); }, () => { document.cookie = Symbol('s'); },
		() => document.createElement('div').insertAdjacentHTML('x', ''), () => document.createElement('div').insertAdjacentHTML('beforeend'), () => document.createElement('div').insertAdjacentHTML(), () => document.createElement('div').appendChild(), () => document.createElement('div').appendChild({}),
		() => document.createElement('div').append(document), () => document.body.append(document.body), () => document.body.insertBefore(document.createElement('p')), () => document.body.insertBefore(document.createElement('p'), document.createElement('b')),
		() => document.createElement('img').setAttributeNode(1), () => document.createElement('img').setAttributeNode(document.createAttribute('src')), () => document.createElement('img').attributes.setNamedItem(document.createAttribute('src')),
		() => { const a = document.createAttribute('src'); document.createElement('img').setAttributeNode(a); document.createElement('b').setAttributeNode(a); }, () => document.createRange().createContextualFragment(), () => navigator.sendBeacon(), () => navigator.sendBeacon('//['),
		() => document.write(Symbol('s')), () => new DOMParser().parseFromString('', 'x'), () => new DOMParser().parseFromString(), () => document.importNode(document), () => document.adoptNode(document), () => document.implementation.createHTMLDocument('').body.append(document)]) {
		told[String(call)] = attempt(call);
	}
	return { told, extra };
})();
