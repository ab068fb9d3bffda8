// Requests of scripts fail as one fails that a browser's extension has blocked, and nothing is sent.

const dead = location.origin.replace(/(:\d+)?$/, ':1'); // a bad port (Fetch, section 2.9)
const addressOf = value => Object(value).url || value;
const aside = (args, at = 0, instead = dead) => {
	if (denied(addressOf(args[at]))) args[at] = instead;
	return args;
};
const guardRequests = window => {
	const { Navigator, XMLHttpRequest, HTMLFormElement, Cache, Worklet } = window;
	const sending = at => (native, self, args) => apply(native, self, aside(args, at));
	wrap(window, 'fetch fetchLater', sending());
	wrap(Navigator.prototype, 'sendBeacon', sending());
	wrap(XMLHttpRequest.prototype, 'open', sending(1));
	wrap(Cache && Cache.prototype, 'add', sending());
	wrap(Cache && Cache.prototype, 'addAll', (native, self, [list]) => apply(native, self, [[].concat(...list).map(url => aside([url])[0])]));
	wrap(Worklet && Worklet.prototype, 'addModule', sending());
	wrapClass(window, 'EventSource Audio WebTransport', args => aside(args));
	wrapClass(window, 'WebSocket WebSocketStream', args => aside(args, 0, dead.replace('http', 'ws')));
	// A form that is held would send to the page itself.
	const isHeld = el => el && isOurs(el) && (get(el, HELD + 'action') || get(el, HELD + 'formaction'));
	wrap(HTMLFormElement.prototype, 'submit', (native, form, args) => isHeld(form) ? lead(window, form.target, get(form, HELD + 'action')) : apply(native, form, args));
	window.addEventListener('submit', event => {
		const by = [event.submitter, event.target].find(isHeld);
		if (!by) return;
		event.preventDefault();
		lead(window, get(event.submitter || by, 'formtarget') || get(event.target, 'target'), get(by, HELD + 'formaction') || get(by, HELD + 'action'));
	}, true);
};
