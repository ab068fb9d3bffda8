// Requests of scripts fail as one fails that a browser's extension has blocked, and nothing is sent.

const dead = location.origin.replace(/(:\d+)?$/, ':1'); // a bad port (Fetch, section 2.9)
const addressOf = value => Object(value).url || value;
const aside = (args, at = 0, instead = dead) => {
	if (args.length <= at) return args;
	if (!Object(args[at]).url) args[at] = textual(args[at]);
	if (typeof args[at] !== 'symbol' && denied(addressOf(args[at]))) args[at] = instead;
	return args;
};
const guardRequests = (window, realm) => {
	const { Navigator, XMLHttpRequest, HTMLFormElement, Cache, Worklet } = window;
	const sending = at => (native, self, args) => apply(native, self, aside(args, at));
	wrap(window, 'fetch', (native, self, args) => {
		try {
			aside(args);
		} catch (error) { // of who is asked for its text
			return window.Promise.reject(error);
		}
		return apply(native, self, args);
	});
	wrap(window, 'fetchLater', sending());
	wrap(Navigator.prototype, 'sendBeacon', sending());
	wrap(XMLHttpRequest.prototype, 'open', sending(1));
	wrap(Cache && Cache.prototype, 'add', sending());
	wrap(Cache && Cache.prototype, 'addAll', (native, self, [list]) => apply(native, self, [[].concat(...list).map(url => aside([url])[0])]));
	wrap(Worklet && Worklet.prototype, 'addModule', sending());
	wrapClass(window, 'EventSource WebTransport', args => aside(args));
	wrapClass(window, 'Audio', args => args.length && denied(args[0] = textual(args[0])) ? [] : args, (audio, [url]) => {
		if (url && denied(url)) audio.src = url; // held as with other elements
	});
	wrapClass(window, 'WebSocket WebSocketStream', args => aside(args, 0, dead.replace('http', 'ws')));
	wrapClass(window, 'PaymentRequest', args => [].concat(args[0]).some(m => m && denied(m.supportedMethods)) ? [args[0].map(m => denied(m.supportedMethods) ? { ...m, supportedMethods: dead.replace(/^http:/, 'https:') } : m), ...args.slice(1)] : args);
	wrap(window.CredentialsContainer && window.CredentialsContainer.prototype, 'get', (native, self, args) => [].concat(Object(Object(Object(args[0]).identity).providers)).some(p => p && denied(p.configURL)) ?
		window.Promise.reject(new window.DOMException('Error retrieving a token.', 'NetworkError')) : apply(native, self, args));
	wrap(window.Document.prototype, 'createProcessingInstruction', (native, self, args) => {
		const href = /(href\s*=\s*["'])([^"']*)/.exec(args[1]);
		return apply(native, self, args[0] === 'xml-stylesheet' && href && denied(href[2]) ? [args[0], args[1].replace(href[0], href[1] + 'data:,')] : args);
	});
	// A form that is held would send to the page itself.
	const sends = el => el && isHeld(el) && (get(el, HELD + 'action') || get(el, HELD + 'formaction'));
	const refuse = (form, submitter) => {
		const by = sends(submitter) ? submitter : form, url = get(by, HELD + 'formaction') || get(by, HELD + 'action');
		const method = submitter && get(submitter, 'formmethod') || get(form, 'method') || 'get';
		if (/^get$/i.test(method)) lead(window, submitter && get(submitter, 'formtarget') || get(form, 'target'), url.replace(/[?#].*/, '') + '?' + new URLSearchParams(new FormData(form)));
	};
	wrap(HTMLFormElement.prototype, 'submit', (native, form, args) => sends(form) ? refuse(form) : apply(native, form, args));
	realm.listeners.push([window, 'submit', event => {
		if (![event.submitter, event.target].some(sends)) return;
		event.preventDefault();
		refuse(event.target, event.submitter);
	}]);
};
