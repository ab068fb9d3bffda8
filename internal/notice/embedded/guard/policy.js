// What the guard knows of the policy, and what the visitor has chosen.

const KEY = Symbol.for('caddy-consent-guard'); // by which a realm shows that it is guarded
if (window[KEY] && window[KEY].runs) return; // a page that is swapped in may bring its own tag

// The language as it is before any other script runs: a page may take it away.
const { Object, Array, Set, Map, WeakMap, WeakRef, Proxy, URL, URLSearchParams, FormData, RegExp, JSON, Promise, DOMParser, Event, Math, Date, String, setTimeout, atob, decodeURIComponent, encodeURIComponent, escape } = window;
const { src, integrity, dataset: { caddyConsent: on } } = document.currentScript;

// Whose hosts and cookies are: first the site's, allowed, without an id; what the visitor may allow, with
// literals; what is always denied. An id and hosts, in which "$" stands for the id, come as one text, behind
// them the names for which there are stand-ins.
const owners = policy.owners.map(owner => {
	const [text, cookies, inline, days, exempt] = [].concat(owner), [id] = text.split(' ');
	return { id, text, globals: text.match(/\S+[)\]]\S*/g) || [], cookies: cookies && matcher(cookies), inline, days, exempt };
});
const services = owners.filter(p => p.inline);

const guard = { policy, owners, heard: [], loose: new Set(), roots: new Set() };
// What the page came with: a bit for each service that is allowed, in hexadecimal, behind a "?"
// where the visitor has not chosen.
guard.chosen = on[0] !== '?';
const digits = on.replace('?', '');
guard.granted = new Set(services.filter((_, i) => parseInt(digits[digits.length - 1 - (i >> 2)] || 0, 16) >> (i & 3) & 1).map(s => s.id));
if (!guard.chosen && policy.gpc && navigator.globalPrivacyControl) guard.granted.clear();
const held = new Set(); // for the console: what was held back

const own = location.hostname;
const resolve = url => new URL(url, document.baseURI), file = path => new URL(path, src).href;
const known = new Map(); // hosts and paths, with whose they are; bounded, as scripts choose them
const pathed = owners.filter(({ text }) => / \//.test(text)); // who answers at paths of the site too
let find;
const ownerOfHost = (host, path) => {
	if (host === own) {
		if (!path || !pathed[0]) return;
		host = plainPath(path);
	}
	if (!known.has(host)) {
		if (known.size > 999) known.clear();
		find = find || ownerFinder(owners);
		known.set(host, find(host));
	}
	return known.get(host);
};
// Whose an address is; the site's own is nobody's, but for paths at which a service answers.
guard.ownerOf = url => {
	try {
		const { hostname, pathname } = resolve(url);
		return ownerOfHost(hostname.replace(/\.$/, ''), pathname);
	} catch (invalid) { /* loads nothing */ }
};
// The id of the owner for which it is denied: of a declared service, or of one that always is.
const deniedFor = owner => {
	if (owner && owner.id && !guard.granted.has(owner.id)) return owner.id;
};
const denied = url => {
	const id = deniedFor(guard.ownerOf(url));
	if (id) held.add(id);
	return id;
};
