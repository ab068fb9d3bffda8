// Storage of scripts: what a denied service would keep in localStorage, sessionStorage, databases and caches is neither
// set nor read, and what it has left is deleted. It stands in the guard only where a declared service has such keys;
// keys of nobody cost one look. Areas stay the browser's own objects: a Proxy in front makes all that pages do with
// them several times slower.
(guard, replace, held) => {
	if (!window.Storage) return () => {}; // by the browser's settings
	const { apply, defineProperty, deleteProperty, getOwnPropertyDescriptor, has } = Reflect, { document, setTimeout, Map, Math, Object } = window, { keys: keysOf } = Object;
	const [indexedDB, caches] = ['indexedDB', 'caches'].map(name => {
		try {
			return window[name];
		} catch (refused) { /* in an opaque origin */ }
	});

	// Keys have any characters, so that each pattern stands for itself.
	const owners = KEYS.map(([id, ...patterns]) => ({
		id,
		exact: patterns.filter(pattern => !pattern.includes('*')),
		pattern: new RegExp('^(' + patterns.map(pattern => pattern.replace(/[^\w*]/g, '\\$&').replace(/\*/g, '[^]*')).join('|') + ')$'),
	}));
	const known = new Map(); // keys, with whose they are; bounded, as scripts choose them
	const ownerOf = key => {
		let owner = known.get(key);
		if (owner === undefined) {
			owner = owners.find(({ pattern }) => pattern.test(key)) || null;
			if (known.size > 999) known.clear();
			if (key.length < 256) known.set(key, owner);
		}
		return owner;
	};
	const isDenied = key => {
		const owner = ownerOf(key);
		return owner && !guard.granted.has(owner.id) && owner;
	};
	const refuses = key => {
		const owner = isDenied(key);
		if (owner) held.add(owner.id);
		return owner;
	};
	// The key that a call names, turned into text once, as the native does; none where that is for the native to refuse.
	const names = (args, least = 1) => args.length >= least && typeof args[0] !== 'symbol' && refuses(args[0] = `${args[0]}`);

	// ---- What is left over

	// Deleting goes by the choice that holds: a page that has stayed open beside a new one has another, and one that a
	// service worker has kept is told later.
	const cookies = getOwnPropertyDescriptor(window.Document.prototype, 'cookie').get;
	const stored = () => (/cookies_preferences=[^;]*/.exec(apply(cookies, document, [])) || [''])[0];
	const { removeItem } = window.Storage.prototype, exactNames = owners.flatMap(({ exact }) => exact);
	const areas = ['localStorage', 'sessionStorage'].map(name => (getOwnPropertyDescriptor(window, name) || 0).get).filter(Boolean);
	const isKept = /kept\.js$/.test(document.currentScript.src);
	let choice, swept, dropped;
	const holds = () => stored() === choice && (guard.chosen || !choice && !isKept);
	const goes = key => {
		const owner = isDenied(key);
		return owner && !choice.includes(`%22${owner.id}%22%3Atrue`); // chosen while the page was on its way
	};
	const sweep = () => {
		swept = true;
		for (const open of areas) {
			try {
				if (!holds()) return;
				const area = apply(open, window, []);
				for (const key of [...exactNames, ...keysOf(area)]) if (goes(key)) apply(removeItem, area, [key]); // the first are hidden below
			} catch (refused) { /* of an opaque origin, or by the browser's settings */ }
		}
	};
	const databasesOf = indexedDB && indexedDB.databases, { deleteDatabase } = indexedDB || {}, { keys: cachesOf, delete: deleteCache } = caches || {};
	const attempt = async step => {
		try {
			if (holds()) await step();
		} catch (refused) { /* as above */ }
	};
	const dropDatabases = () => attempt(async () => {
		const there = databasesOf ? await apply(databasesOf, indexedDB, []) : exactNames.map(name => ({ name }));
		for (const { name } of there) if (goes(name)) apply(deleteDatabase, indexedDB, [name]);
	});
	const dropCaches = () => dropped = dropped || attempt(async () => {
		for (const name of await apply(cachesOf, caches, [])) if (goes(name)) await apply(deleteCache, caches, [name]);
	});
	try {
		choice = stored();
	} catch (refused) { /* there is nothing to delete */ }
	window.addEventListener('load', () => setTimeout(() => {
		if (!swept) sweep();
		dropDatabases();
		dropCaches();
	}));
	window.addEventListener('pagehide', sweep);

	// ---- Keys without a star, as properties

	// A member of the prototype comes before a key of that name.
	const mask = { __proto__: null, configurable: true, get() {}, set() {} };
	const masks = ({ prototype }) => {
		for (const { exact } of owners) {
			for (const key of exact) {
				const member = getOwnPropertyDescriptor(prototype, key), denied = isDenied(key);
				if (denied && !has(prototype, key)) defineProperty(prototype, key, mask);
				else if (!denied && member && member.get === mask.get) deleteProperty(prototype, key);
			}
		}
	};
	guard.heard.push(() => {
		choice = stored();
		for (const root of [window, ...[...guard.roots].map(ref => ref.deref())]) {
			try {
				if (root && root.window === root) masks(root.Storage);
			} catch (foreign) { /* a window that has gone to another site */ }
		}
		dropped = null;
		sweep();
		dropDatabases();
		dropCaches();
	});

	// ---- In each realm

	return (window, realm) => {
		const { Storage, IDBFactory, CacheStorage, DOMException, EventTarget: { prototype: { addEventListener } } } = window;
		for (const name of ['localStorage', 'sessionStorage']) {
			replace(window, name, native => ({
				_() {
					if (!swept) sweep(); // before the page sees it
					return apply(native, this, []);
				},
			})._, 'get');
		}
		const { getItem } = Storage.prototype;
		const refuse = self => apply(getItem, self, ['']); // what is no area is told so
		replace(Storage.prototype, 'getItem', native => ({
			_(...args) {
				if (!names(args)) return apply(native, this, args);
				refuse(this);
				return null;
			},
		})._);
		replace(Storage.prototype, 'setItem', native => ({
			_(...args) {
				if (!names(args, 2)) return apply(native, this, args);
				refuse(this);
			},
		})._);
		masks(Storage);
		realm.listeners.push([window, 'storage', event => typeof event.key === 'string' && isDenied(event.key) && event.stopImmediatePropagation()]);

		// A database that is refused fails as one fails whose making is aborted.
		guard.wrap(IDBFactory && IDBFactory.prototype, 'open', (native, self, args) => {
			if (!names(args)) return apply(native, self, args);
			args[0] = 'caddy-consent ' + Math.random();
			const request = apply(native, self, args);
			apply(addEventListener, request, ['upgradeneeded', event => {
				event.stopImmediatePropagation();
				request.transaction.abort();
			}]);
			return request;
		});
		guard.wrap(IDBFactory && IDBFactory.prototype, 'databases', (native, self, args) => apply(native, self, args).then(all => all.filter(({ name }) => !isDenied(name))));
		const store = CacheStorage && CacheStorage.prototype;
		guard.wrap(store, 'open', (native, self, args) => names(args) ? window.Promise.reject(new DOMException('The operation is insecure.', 'SecurityError')) : apply(native, self, args));
		guard.wrap(store, 'has', (native, self, args) => names(args) ? window.Promise.resolve(false) : apply(native, self, args));
		guard.wrap(store, 'keys', (native, self, args) => apply(native, self, args).then(all => all.filter(name => !isDenied(name))));
		guard.wrap(store, 'match', (native, self, args) => {
			const { cacheName } = Object(args[1]);
			if (cacheName !== undefined) return refuses(`${cacheName}`) ? window.Promise.resolve() : apply(native, self, args);
			return dropCaches().then(() => apply(native, self, args)); // which looks in all caches
		});
	};
}
