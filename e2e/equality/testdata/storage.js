// What pages do with storage under keys that nobody declares, as text.
'use strict';
window.storing = (() => {
	const text = value => typeof value === 'function' ? String(value) : value === undefined ? 'undefined' : value instanceof Error || value instanceof DOMException ? value.name + ': ' + value.message : JSON.stringify(value);
	const attempt = async act => {
		try {
			return text(await act());
		} catch (error) {
			return 'throws ' + text(error);
		}
	};
	const counted = () => { let n = 0; return { toString() { return 'counted' + ++n; } }; };
	const throwing = { toString() { throw new RangeError('page'); } };
	const area = (name, act) => [name, () => { localStorage.clear(); sessionStorage.clear(); return ['localStorage', 'sessionStorage'].map(which => act(window[which])); }];
	const filled = act => s => { for (let i = 0; i < 50; i++) s.setItem('key ' + i, 'value ' + i); return act(s); };
	const caught = act => { try { return text(act()); } catch (error) { return 'throws ' + text(error); } };
	const request = (r, more = {}) => new Promise(done => {
		const told = [];
		for (const type of ['success', 'error', 'blocked', 'upgradeneeded']) r.addEventListener(type, event => {
			told.push([type, r.readyState, event.oldVersion, event.newVersion, r.error && r.error.name, r.result && r.result.name, r.transaction && r.transaction.mode].join());
			if (type === 'upgradeneeded') r.result.createObjectStore('s').put('value', 'key');
			if (type === 'success') (more.then || (() => r.result && r.result.close && r.result.close()))(r.result);
			if (type === 'success' || type === 'error') setTimeout(() => done(told), 20);
		});
	});
	const cases = [
		...[undefined, null, 1, -0, 1.5, true, '', '0', 'é', '\u0000', '\ud800', '__proto__', 'constructor', 'getItem', 'length', 'key', [], [1, 2], {}].map((key, i) => area('key ' + i, s => [
			caught(() => s.setItem(key, key)), caught(() => s.getItem(key)), s.length, s.key(0), caught(() => s.removeItem(key)), s.length,
		])),
		area('a key that counts', s => { const key = counted(), value = counted(); s.setItem(key, value); return [Object.keys(s), s.counted1, s.getItem(key), String(key), String(value)]; }),
		area('errors', s => [() => s.setItem(), () => s.setItem('a'), () => s.getItem(), () => s.getItem(Symbol('x')), () => s.setItem(Symbol('x'), 1), () => s.setItem('a', Symbol('x')), () => s.getItem(throwing), () => s.setItem(throwing, 1), () => s.setItem('a', throwing),
			() => Storage.prototype.getItem.call({}, 'a'), () => Storage.prototype.setItem.call(null, 'a', 1), () => new Storage(), () => Storage.prototype.length, () => structuredClone(s)].map(caught)),
		area('properties', s => { s.a = 1; s['b c'] = { toString: () => 'x' }; s[0] = 'zero'; s[1] = null; return [s.a, s['b c'], s[0], s[1], s.none, 'a' in s, 'none' in s, delete s.a, delete s.none, 'a' in s, s.hasOwnProperty('b c'), Object.keys(s), Object.getOwnPropertyDescriptor(s, '0'), Object.getOwnPropertyDescriptor(s, 'none')]; }),
		area('names of members', s => { s.getItem = 'x'; s.setItem('setItem', 'y'); return [typeof s.getItem, typeof s.setItem, s.length, Object.keys(s), caught(() => Storage.prototype.getItem.call(s, 'getItem'))]; }),
		area('definitions', s => [caught(() => Object.defineProperty(s, 'd', { value: 'x', configurable: true, enumerable: true, writable: true })), s.getItem('d'), caught(() => Object.defineProperty(s, 'e', { get: () => 1 })), Object.assign(s, { f: 1, g: 2 }).f, Object.isExtensible(s)]),
		area('all of them', filled(s => { const found = []; for (const key in s) found.push(key); return [found, Object.keys(s), Object.entries(s), JSON.stringify(s), { ...s }, Reflect.ownKeys(s).map(String), Array.from({ length: s.length + 1 }, (_, i) => s.key(i))]; })),
		area('removing', filled(s => { for (let i = 0; i < 50; i += 2) s.removeItem('key ' + i); const left = Object.keys(s); s.clear(); return [left, s.length]; })),
		area('what it is', s => [s instanceof Storage, Object.prototype.toString.call(s), s.constructor === Storage, Object.getPrototypeOf(s) === Storage.prototype, Object.getOwnPropertyNames(Storage.prototype), String(s), s === window.localStorage || s === window.sessionStorage, Object.getOwnPropertyNames(Object.getPrototypeOf(Storage.prototype)).length]),
		area('the prototype\'s', s => { Storage.prototype.setItem.call(s, 'a', 1); return [Storage.prototype.getItem.apply(s, ['a']), Reflect.apply(Storage.prototype.removeItem, s, ['a']), Storage.prototype.key.call(s, 0)]; }),
		area('a page\'s own members', s => {
			const { setItem } = Storage.prototype, told = [];
			Storage.prototype.setObject = function (key, value) { this.setItem(key, JSON.stringify(value)); };
			Storage.prototype.setItem = function (key, value) { told.push(key); return setItem.apply(this, arguments); };
			s.setObject('o', { a: 1 });
			s.setItem('p', 2);
			Storage.prototype.setItem = setItem;
			delete Storage.prototype.setObject;
			return [told, s.o, s.p, Object.keys(s)];
		}),
		area('more than there is room for', s => { let error; try { for (let i = 0; i < 20; i++) s.setItem('big' + i, 'x'.repeat(1 << 20)); } catch (e) { error = e; } const { length } = s; s.clear(); return [error && [error.name, error.code, error instanceof DOMException], length]; }),
		['events', () => new Promise(done => {
			localStorage.clear();
			const frame = document.createElement('iframe'), told = [];
			frame.src = '/empty';
			frame.onload = () => {
				const seen = event => { told.push([event.key, event.oldValue, event.newValue, event.storageArea === localStorage, event.isTrusted]); if (event.key === null) { removeEventListener('storage', seen); frame.remove(); done(told); } };
				addEventListener('storage', seen);
				const area = frame.contentWindow.localStorage;
				area.setItem('told', 1);
				area.told = 2;
				delete area.told;
				area.x = 1;
				area.clear();
			};
			document.body.append(frame);
		})],
		['an event that is made', () => { const e = new StorageEvent('storage', { key: 'k', storageArea: localStorage }), told = []; onstorage = event => told.push(event.key, event.storageArea === localStorage); dispatchEvent(e); dispatchEvent(new Event('storage')); onstorage = null; return told; }],
		['a frame that may not', () => new Promise(done => {
			const frame = document.createElement('iframe');
			addEventListener('message', event => { frame.remove(); done(event.data); }, { once: true });
			frame.sandbox = 'allow-scripts';
			frame.srcdoc = '<script>const told = []; for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"]) try { told.push(typeof window[name]) } catch (e) { told.push(e.name) } parent.postMessage(told, "*")<' + '/script>';
			document.body.append(frame);
		})],
		['databases', async () => [await request(indexedDB.open('own')), await request(indexedDB.open('own', 3)), await request(indexedDB.open('own', 2)), (await indexedDB.databases()).map(d => [d.name, d.version]), await request(indexedDB.deleteDatabase('own')), (await indexedDB.databases()).length]],
		['a database that is used', () => new Promise(done => { const r = indexedDB.open(counted(), 1); r.onupgradeneeded = event => event.target.result.createObjectStore('s'); r.onerror = () => done(r.error.name); r.onsuccess = () => {
			const t = r.result.transaction('s', 'readwrite'), store = t.objectStore('s');
			store.put('value', 'key');
			store.get('key').onsuccess = event => { t.oncomplete = () => { const { name } = r.result; r.result.close(); indexedDB.deleteDatabase(name); done([name, event.target.result, r instanceof IDBOpenDBRequest, r.source]); }; };
		}; })],
		['errors of databases', () => [() => indexedDB.open(), () => indexedDB.open('a', 0), () => indexedDB.open('a', -1), () => indexedDB.open(Symbol('x')), () => indexedDB.open(throwing), () => IDBFactory.prototype.open.call({}, 'a'), () => indexedDB.cmp(1, 2)].map(caught)],
		['caches', async () => {
			const cache = await caches.open('own');
			await cache.put('/kept', new Response('value'));
			const told = [cache instanceof Cache, await caches.has('own'), await caches.has('none'), await caches.keys(), await (await caches.match('/kept')).text(), await (await caches.match('/kept', { cacheName: 'own' })).text(), await attempt(() => caches.match('/kept', { cacheName: 'none' })), await attempt(() => caches.match('/none'))];
			return [...told, await caches.delete('own'), await caches.delete('own'), await caches.keys()];
		}],
		...[() => caches.open(), () => caches.open(Symbol('x')), () => caches.open(throwing), () => caches.match(), () => caches.match('//['), () => CacheStorage.prototype.open.call({}, 'a'), () => CacheStorage.prototype.keys.call({}), () => CacheStorage.prototype.match.call({}, 'a')].map(act => [String(act), act]),
	];
	return async () => {
		const told = {};
		for (const [name, act] of cases) told[name] = await attempt(act);
		return JSON.stringify(told);
	};
})();
