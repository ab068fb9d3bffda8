// The notice works without this script. It does one thing that a server cannot:
// a page that the browser brings back from its memory (back/forward cache), or
// that stayed open in another tab, must not ask again what was answered since.
(function () {
	'use strict';
	var notice = document.getElementById('caddy-consent');
	var state = document.querySelector('#caddy-consent form').action;

	function look() {
		if (!notice.isConnected) return;
		fetch(state, { credentials: 'same-origin', headers: { Accept: 'application/json' } })
			.then(function (response) { return response.json(); })
			.then(function (choice) { if (choice.state === 'given') notice.remove(); })
			.catch(function () { /* offline: the form still works */ });
	}

	window.addEventListener('pageshow', function (event) { if (event.persisted) look(); });
	document.addEventListener('visibilitychange', function () { if (!document.hidden) look(); });
})();
