// The choice: what the guard does on its page, and when the visitor chooses.

install(window);
Object.assign(guard, { wear, activated, attributesOf, kindOf, loads, get, isConnected }); // for release.js

let releasing; // once, so that choices are followed in their order
const load = name => new Promise((resolve, reject) => {
	const script = document.createElement('script');
	script.onload = resolve;
	script.onerror = reject;
	script.guard = guard;
	put(script, MARK, '');
	script.src = file(name);
	document.documentElement.insertBefore(script, document.body); // as place.js would have it
});
const follow = event => {
	releasing = releasing || load('release.js');
	releasing.then(() => guard.follow(event.detail)).catch(() => window.location.reload());
};
try {
	top.document.addEventListener('consentchange', follow);
} catch (foreign) { /* a frame in another site's page */ }

document.addEventListener('DOMContentLoaded', () => {
	findInDocument(document, '[' + SERVICE + ']').forEach(el => isHeld(el) && !guard.granted.has(get(el, SERVICE)) && fail(el));
	// After a choice the notice's script comes from here: a tag less in every page.
	if (document.querySelector('a[data-caddy-consent="manage"]') && !document.querySelector('[src$="/notice.js"]')) load('notice.js');
});
addEventListener('load', () => {
	findInDocument(document, '[' + SERVICE + ']').forEach(el => guard.granted.has(get(el, SERVICE)) || held.add(get(el, SERVICE)));
	if (held.size) console.info('Held back without consent: ' + [...held].join(', '));
});
