// Frames, windows and workers of the page's own origin have functions of their own. They are guarded before
// scripts can use them: frames as soon as they stand in the page.

const KEY = Symbol.for('caddy-consent'); // by which a realm shows that it is guarded
const countOf = uncurry(describe(window, 'length').get);

// Guards a window's functions, once. Where a frame goes on to a page of the site, its window stays the same.
const install = window => {
	try {
		if (window[KEY] || !window.document) return;
	} catch (foreign) {
		return;
	}
	const realm = { count: 0, guard };
	remember(guard.roots, window);
	define(window, KEY, { __proto__: null, value: realm });
	for (const part of [guardCookies, guardAttributes, guardMarkup, guardInsertion, guardWrite, guardRequests, guardFrames, asNative]) part(window, realm);
	frames(window, realm);
};
// Guards the frames that have come into a document.
const frames = (window, realm) => {
	const count = countOf(window);
	if (count === realm.count) return;
	realm.count = count;
	for (let i = 0; i < count; i++) install(window[i]);
};

// Leads a frame of the page to an address that is denied: what stands in its place is shown.
const lead = (window, name, url) => {
	const id = name && denied(url), frame = id && [...findInDocument(window.document, 'iframe,frame')].find(f => get(f, 'name') === name);
	if (frame) wear(frame, [...authored(frame).filter(([name]) => name !== 'src'), ['src', `${url}`]], id);
	return frame;
};

const guardFrames = (window, realm) => {
	const { document, HTMLIFrameElement, HTMLObjectElement, HTMLFrameElement } = window;
	// Without an address, a frame is loaded while it is inserted, by the parser too.
	document.addEventListener('load', event => { frames(window, realm); }, true);
	for (const owner of [HTMLIFrameElement, HTMLFrameElement, HTMLObjectElement]) {
		for (const name of ['contentWindow', 'contentDocument']) wrap(owner && owner.prototype, name, (native, el) => {
			const reached = apply(native, el, []);
			if (reached) install(reached.window === reached ? reached : reached.defaultView);
			return reached;
		}, 'get');
	}
	wrap(window, 'open', (native, self, args) => {
		const frame = lead(window, args[1] && `${args[1]}`, args[0]);
		if (frame) return frame.contentWindow;
		const opened = apply(native, self, args);
		if (opened) install(opened);
		return opened;
	});
	window.addEventListener('click', event => {
		const link = event.composedPath().find(el => /^(a|area)$/i.test(el.localName));
		if (!link || !link.href) return;
		const base = !get(link, 'target') && document.querySelector('base[target]');
		if (lead(window, get(base || link, 'target'), link.href)) event.preventDefault();
	}, true);
	// A frame that goes on by itself.
	if (window.navigation && window !== window.top) window.navigation.addEventListener('navigate', event => {
		const id = !event.hashChange && denied(event.destination.url), frame = id && window.frameElement;
		if (!frame) return;
		event.preventDefault();
		wear(frame, [...authored(frame).filter(([name]) => name !== 'src'), ['src', event.destination.url]], id);
	});
	// Workers made of a blob or of data begin with the guard's part for requests; others come from the site.
	const blobs = new Map();
	wrap(window.URL, 'createObjectURL', (native, self, args) => {
		const url = apply(native, self, args);
		if (args[0] instanceof window.Blob) blobs.set(url, args[0]);
		return url;
	});
	wrap(window.URL, 'revokeObjectURL', (native, self, args) => {
		blobs.delete(args[0]);
		return apply(native, self, args);
	});
	const { createObjectURL } = NativeURL;
	const stub = args => {
		const url = `${args[0]}`, isModule = Object(args[1]).type === 'module', quote = JSON.stringify;
		if (!/^(blob|data):/i.test(url)) return args;
		const code = blobs.has(url) ? natives.get(window.URL.createObjectURL)(new Blob([blobs.get(url)], { type: 'text/javascript' })) : url;
		const parts = [file('worker.js') + '#' + [...guard.granted], code].map(part => isModule ? 'import ' + quote(part) : 'importScripts(' + quote(part) + ')');
		args[0] = createObjectURL.call(NativeURL, new Blob([parts.join(';\n')], { type: 'text/javascript' }));
		return args;
	};
	wrapClass(window, 'Worker SharedWorker', stub);
};
