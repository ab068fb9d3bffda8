// The choice: what the guard does on its page, and when the visitor chooses.

install(window);
window[KEY].runs = true;
Object.assign(guard, { wear, activated, attributesOf, kindOf, loads, get, isConnected, inertCSS, held, known }); // for release.js, the last two for inventory.js

// Under an Integrity-Policy only a link can say what hash a module has.
const preloaded = () => new Promise(done => {
	if (!integrity) return done();
	const link = document.createElement('link');
	Object.assign(link, { rel: 'modulepreload', href: file('release.js'), integrity: policy.hashes['release.js'], crossOrigin: '', onload: done, onerror: done });
	document.head.append(link);
	link.remove();
});
let releasing; // once, so that choices are followed in their order
// Also where the page demands trusted types, a module is loaded by its address.
const follow = event => {
	releasing = releasing || preloaded().then(() => import(file('release.js'))).then(module => module.default(guard));
	// Where that fails, the page is loaded anew; not at once, as it fails too where the visitor goes on to another page.
	releasing.then(() => guard.follow(event.detail)).catch(() => setTimeout(() => window.location.reload(), 3000));
};
// Frames follow the choice that is made in the page around them, which must not keep them once they are gone; after
// it, as its guard may have had their functions first.
const followers = new Set();
const hear = event => {
	follow(event);
	releasing.then(() => followers.forEach(ref => (ref.deref() || String)(event)), String);
};
document.addEventListener('consentchange', hear, true);
window[KEY].listeners.push([null, 'consentchange', hear]); // also in a document that is opened anew
guard.join = frame => {
	for (const ref of followers) if (!ref.deref()) followers.delete(ref);
	remember(followers, frame);
};
try {
	if (top !== window) top[KEY].guard.join(follow);
} catch (foreign) { /* a frame in another site's page */ }

document.addEventListener('DOMContentLoaded', () => {
	findInDocument(document, '[' + SERVICE + ']').forEach(el => isHeld(el) && !guard.granted.has(get(el, SERVICE)) && fail(el));
	// After a choice the notice's script comes from here: a tag less in every page.
	if (document.querySelector('a[data-caddy-consent="manage"]') && !document.querySelector('[src$="/notice.js"]')) {
		const script = document.createElement('script');
		put(script, MARK, '');
		if (integrity) Object.assign(script, { integrity: policy.hashes['notice.js'], crossOrigin: '' });
		script.src = file('notice.js');
		document.documentElement.insertBefore(script, document.body); // where place.js has its own
	}
});
addEventListener('load', () => {
	findInDocument(document, '[' + SERVICE + ']').forEach(el => guard.granted.has(get(el, SERVICE)) || held.add(get(el, SERVICE)));
	if (held.size) console.info('Held back without consent: ' + [...held].join(', '));
});
