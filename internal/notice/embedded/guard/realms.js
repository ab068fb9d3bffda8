// Frames, windows and workers of the page's own origin have functions of their own. They are guarded before
// scripts can use them: frames as soon as they stand in the page.

const countOf = uncurry(describe(window, 'length').get);
const guardStorage = policy.storage ? policy.storage(guard, replace, held) : () => {};

// Guards a window's functions, once. Where a frame goes on to a page of the site, its window stays the same;
// its listeners do not.
const install = window => {
	let realm;
	try {
		realm = window[KEY];
		if (!window.document) return;
	} catch (foreign) {
		return;
	}
	if (!realm) {
		realm = { count: 0, guard, listeners: [] };
		define(window, KEY, { __proto__: null, value: realm });
		remember(guard.roots, window);
		if (!/html$/.test(window.document.contentType)) doubt = true; // what the server has not read may come from there
		for (const part of [guardCookies, guardAttributes, guardStyles, guardMarkup, guardInsertion, guardWrite, guardRequests, guardFrames, guardStorage, asNative]) part(window, realm);
	}
	if (!realm.listeners) return;
	if (realm.document !== window.document) realm.parsing = !!(realm.document = window.document); // what its templates hold was not seen
	realm.listeners.forEach(([target, type, listener]) => (target || window.document).addEventListener(type, listener, true));
	frames(window, realm);
};
// Guards the frames that have come into a document.
const frames = (window, realm, all) => {
	const count = countOf(window);
	if (!all && count === realm.count) return;
	realm.count = count;
	for (let i = 0; i < count; i++) install(window[i]);
};

// Leads a frame of the page to an address that is denied: what stands in its place is shown.
const lead = (window, name, url) => {
	const id = name && denied(url);
	let frame;
	for (let at = window; id && !frame; at = at.parent) {
		try {
			frame = [...findInDocument(at.document, 'iframe,frame')].find(f => get(f, 'name') === name);
		} catch (foreign) {
			break;
		}
		if (at === at.parent) break;
	}
	return frame && leadFrame(frame, url);
};
const leadFrame = (frame, url) => {
	wear(frame, [...authored(frame).filter(([name]) => name !== 'src'), ['src', `${url}`]], denied(url));
	return frame;
};

const blobs = new Map();
const guardFrames = (window, realm) => {
	const { HTMLIFrameElement, HTMLObjectElement, HTMLFrameElement } = window;
	// Without an address, a frame is loaded while it is inserted, by the parser too.
	realm.listeners.push([null, 'load', event => {
		if (isFrame.test(event.target.localName)) expectFrames();
		frames(window, realm, true);
	}]);
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
	const leads = link => {
		const href = link && (link.href && link.href.baseVal || link.href);
		if (!href) return;
		const base = !get(link, 'target') && window.document.querySelector('base[target]');
		const target = get(base || link, 'target'), own = (!window.navigation || window.document.URL === 'about:blank') && /^(_self)?$/i.test(target || '') && window.frameElement;
		return own ? denied(href) && leadFrame(own, href) : lead(window, target, href);
	};
	// Of a click; what stands in a shadow tree only its path tells.
	const linkOf = event => event.target.shadowRoot || shadows ? event.composedPath().find(el => /^(a|area)$/i.test(el.localName)) : event.target.closest && event.target.closest('a,area');
	realm.listeners.push([window, 'click', event => leads(linkOf(event)) && event.preventDefault()]);
	wrap(window.HTMLAnchorElement.prototype, 'click', (native, el, args) => el && !isConnected(el) && leads(el) ? undefined : apply(native, el, args));
	// Opened anew, a document forgets its listeners.
	wrap(window.Document.prototype, 'open', (native, self, args) => {
		const opened = apply(native, self, args);
		doubt = true;
		if (opened === self) begin(self, true);
		if (self === window.document) install(window);
		return opened;
	});
	// A frame that goes on by itself. WebKit tells nobody of that, but for the links that lead it.
	if (window.navigation && window !== window.top) window.navigation.addEventListener('navigate', event => {
		const id = !event.hashChange && denied(event.destination.url), frame = id && window.frameElement;
		if (!frame) return;
		event.preventDefault();
		leadFrame(frame, event.destination.url);
	});
	wrap(window.Navigation && window.Navigation.prototype, 'navigate', (native, self, args) => {
		const frame = window !== window.top && args.length && denied(args[0] = textual(args[0])) && window.frameElement;
		if (!frame) return apply(native, self, args);
		leadFrame(frame, args[0]);
		const failed = window.Promise.reject(new window.DOMException('Navigation was aborted', 'AbortError'));
		failed.catch(() => {});
		return { committed: failed, finished: failed };
	});
	// Workers made of a blob or of data begin with the guard's part for requests; others come from the site.
	const toURL = window.URL.createObjectURL.bind(window.URL);
	const loading = /javascript|html|svg|xml|css|^$/; // types
	wrapClass(window, 'Blob', args => args, (blob, [parts]) => {
		if (Array.isArray(parts) && loading.test(blob.type) && parts.every(part => typeof part === 'string')) stringsOf.set(blob, [...parts]);
	});
	wrap(window.URL, 'createObjectURL', (native, self, args) => {
		const url = apply(native, self, args);
		if (args[0] instanceof window.Blob && loading.test(args[0].type)) blobs.set(url, args[0]);
		return url;
	});
	wrap(window.URL, 'revokeObjectURL', (native, self, args) => {
		blobs.delete(args[0]);
		return apply(native, self, args);
	});
	wrapClass(window, 'Worker SharedWorker', args => workerStub(aside(args, 0, 'data:,throw 0'), blobs, file('on=' + [...guard.granted] + '/worker.js'), toURL, url => contents(url).replace(new RegExp(policy.module, 'g'), (all, quoted) => denied(quoted.slice(1, -1)) ? all.replace(quoted, '"data:text/javascript,"') : all)));
};
