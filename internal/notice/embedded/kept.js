// A document that a service worker keeps may be shown long after it was asked for, when the choice is another. It
// comes as for a visitor who has refused; this gives the guard, which stands behind it, the choice in the visitor's
// cookie. Then the proxy says what holds, and what the page shows of ours.
(({ policy, services, remember }) => {
	const { src } = document.currentScript, path = new URL('../../', src);
	let known = {}; // what was told last
	const tell = state => {
		if (services.some(id => !state.services[id] !== !known[id])) document.dispatchEvent(new CustomEvent('consentchange', { detail: state }));
		known = state.services;
	};
	const chosen = () => {
		try {
			const [found, another] = document.cookie.split('; ').filter(pair => pair.startsWith('cookies_preferences='));
			const choice = JSON.parse(decodeURIComponent(found.split('=')[1])), age = Date.now() - choice.timestamp;
			if (!another && choice.policy === policy && age < remember && age > -300000) tell({ state: 'given', services: Object.fromEntries(services.map(id => [id, choice[id] === true])) });
		} catch (none) { /* nothing is granted */ }
	};
	const ours = '#caddy-consent,[data-caddy-consent="manage"]';
	const shows = page => {
		const shown = page && page.querySelector(ours);
		if (!shown || document.querySelector(ours)) return;
		shown.querySelectorAll('script').forEach(script => script.remove()); // of another document, it would not run
		const script = document.createElement('script');
		script.dataset.caddyConsent = '';
		script.src = new URL('notice.js', src);
		for (const el of [document.adoptNode(shown), script]) document.documentElement.insertBefore(el, document.body);
	};
	document.addEventListener('DOMContentLoaded', () => {
		chosen();
		fetch(path + 'choice', { headers: { Accept: 'application/json' } }).then(answer => answer.json()).then(state => {
			tell(state);
			const request = new XMLHttpRequest(); // a document from the network, not a string: a page may demand trusted types
			request.open('GET', path + 'settings?shown&origin&lang=' + encodeURIComponent(document.documentElement.lang));
			request.responseType = 'document';
			request.onload = () => shows(request.response);
			request.send();
		}).catch(() => { /* without a connection, no choice can be made */ });
	});
})(KEPT);
