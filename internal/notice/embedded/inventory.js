// Tells the site, once a page, the names of the cookies and storage keys that it holds and of the hosts that it loads
// from: names alone, never values, no address beyond the host. It stands before the guard, only where the operator has
// turned it on; the bounds are those of internal/visitor/inventory.go.
(path => {
	'use strict';
	const KEY = Symbol.for('caddy-consent-guard');
	if (window[KEY] && window[KEY].runs) return; // a page that is swapped in may bring its own tag
	const { apply, getOwnPropertyDescriptor: describe } = Reflect, { Blob, JSON, Object, Set, URL } = window;
	// As they are before any other script runs.
	const send = navigator.sendBeacon, cookies = describe(Document.prototype, 'cookie').get, { getEntriesByType } = performance;
	// Others would need more room in JSON, or are no names that anybody declares.
	const isName = name => /^[!#-[\]-~]{1,128}$/.test(name);
	const bounded = names => [...new Set(names)].filter(isName).slice(0, 40);
	const attempt = read => {
		try {
			return read();
		} catch (refused) { // a page without an origin has neither cookies nor storage, another has changed the language
			return [];
		}
	};
	let to; // of the site itself, wherever a <base> leads
	attempt(() => to = new URL(path, document.currentScript.src).href);
	const hostOf = url => attempt(() => new URL(url).hostname);

	let told;
	const tell = event => {
		if (told || event.type !== 'pagehide' && document.visibilityState !== 'hidden') return;
		told = true;
		const { held, known, granted } = window[KEY].guard; // what the guard has held, and whose the hosts are that it was asked of
		const names = {
			cookies: bounded([
				...attempt(() => apply(cookies, document, []).split('; ').map(pair => pair.replace(/=.*/s, ''))),
				...[...held].filter(what => /^cookie /.test(what)).map(what => what.slice(7)),
			]),
			storage: bounded(['localStorage', 'sessionStorage'].flatMap(area => attempt(() => Object.keys(window[area])))),
			hosts: bounded([...[...known].flatMap(([host, owner]) => owner && owner.id && !granted.has(owner.id) ? host : []), ...apply(getEntriesByType, performance, ['resource']).map(entry => hostOf(entry.name))].filter(host => /^[\w.-]+$/.test(host) && host !== location.hostname)),
		};
		if (to && names.cookies.length + names.storage.length + names.hosts.length) apply(send, navigator, [to, new Blob([JSON.stringify(names)], { type: 'application/json' })]);
	};
	const hear = event => void attempt(() => tell(event));
	addEventListener('pagehide', hear);
	document.addEventListener('visibilitychange', hear);
})(PATH)
