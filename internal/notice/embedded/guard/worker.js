// The guard's part for requests, in a worker that a page makes of a blob or of data: there it stands first.
// Its address, in the stack of an error, tells where the site is and what is granted: in its path, as WebKit leaves
// out the query.
(policy => {
	'use strict';
	const [file, host, on] = /https?:\/\/([^/:]+)\S*\/on=([\w,-]*)\/worker\.js/.exec(new Error().stack) || [];
	if (!file || self[Symbol.for('caddy-consent-guard')]) return;
	Object.defineProperty(self, Symbol.for('caddy-consent-guard'), { value: true });
	const { apply, construct } = Reflect, granted = new Set(on.split(',')), NativeURL = URL, NativeBlob = Blob;
	OWNERS
	const find = ownerFinder(policy.owners.map(owner => {
		const text = [].concat(owner)[0], [id] = text.split(' ');
		return { id, text };
	}));
	const denied = value => {
		try {
			const { hostname, pathname } = new NativeURL(Object(value).url || value, location.href.replace(/^blob:/, '')), name = hostname.replace(/\.$/, '');
			const owner = find(name === host ? plainPath(pathname) : name);
			return owner && owner.id && !granted.has(owner.id);
		} catch (invalid) { /* loads nothing */ }
	};
	const dead = new NativeURL(file).origin.replace(/(:\d+)?$/, ':1');
	const aside = (args, at, instead) => {
		if (denied(args[at])) args[at] = instead || dead;
		return args;
	};
	const wrap = (owner, name, trap) => {
		if (owner && owner[name]) owner[name] = new Proxy(owner[name], trap);
	};
	for (const name of ['fetch', 'importScripts']) wrap(self, name, { apply: (native, me, args) => apply(native, me, args.map((arg, i) => i && name === 'fetch' ? arg : aside([arg], 0)[0])) });
	wrap(self.XMLHttpRequest && XMLHttpRequest.prototype, 'open', { apply: (native, me, args) => apply(native, me, aside(args, 1)) });
	for (const name of ['EventSource', 'WebTransport']) wrap(self, name, { construct: (native, args, target) => construct(native, aside(args, 0), target) });
	for (const name of ['WebSocket', 'WebSocketStream']) wrap(self, name, { construct: (native, args, target) => construct(native, aside(args, 0, dead.replace('http', 'ws')), target) });
	STUB
	const blobs = new Map(), { createObjectURL } = NativeURL;
	NativeURL.createObjectURL = object => {
		const url = createObjectURL.call(NativeURL, object);
		if (object instanceof NativeBlob) blobs.set(url, object);
		return url;
	};
	wrap(self, 'Worker', { construct: (native, args, target) => construct(native, workerStub(args, blobs, file, blob => createObjectURL.call(NativeURL, blob)), target) });
})(POLICY);
