// The notice works without this script: a plain form, and the charter page for the
// settings. With it nothing is reloaded, the settings open in place, and a page that
// was answered elsewhere stops asking. What pages may rely on is in docs/notice.md.
(function () {
	'use strict';
	// A page that is swapped in may bring its own tag.
	var once = Symbol.for('caddy-consent');
	if (window[once]) return;
	Object.defineProperty(window, once, { __proto__: null, value: true });

	// Where the proxy answers: this file is {path}/assets/<hash>/notice.js.
	var own = document.currentScript; // which a page may have replaced
	// Not by its src, which goes by the <base> that there is now: the attribute is a path, or has the site's origin.
	var file = (own && own.src ? own : document.querySelector('script[src$="/notice.js"]')).getAttribute('src');
	var path = (file.charAt(0) === '/' ? location.origin : '') + file.replace(/assets\/[^/]*\/[^/]*$/, '');
	var opener;  // what the settings were opened with
	var opening; // the request for them
	var status;  // what screen readers announce
	var timer;   // ends what it says
	var last;    // the button that was pressed last, while an answer is on its way
	var own;     // whether the key that is down was pressed in the notice
	var forbidden = window.origin === 'null'; // whether the page may not ask by script
	var before;  // whether what is pressed was pressed before what shows now was there
	var guarded = window[Symbol.for('caddy-consent-guard')]; // what the guard knows of this window, where there is one

	function notice() { return document.getElementById('caddy-consent'); }
	function control() { return document.querySelector('[data-caddy-consent="manage"]'); }

	// Where browsers do not say for what they ask, the frames of a page come with a notice of their own.
	try {
		if (top !== window && top.document.querySelector('#caddy-consent, [data-caddy-consent="manage"]')) {
			[notice(), control()].forEach(function (part) { if (part) leave(part); });
			return;
		}
	} catch (foreign) { /* the page around is another site's, where this one stands for itself */ }

	// What the page came with; the notice and the control may be gone when it is asked for.
	var first = notice() || control();
	var language = (first || document.documentElement).lang;
	var label = first && (first.dataset.label || first.textContent) || 'Cookies';
	var charter = first && (first.dataset.charter || first.href) || path + 'charter';

	// The cookie as scripts see it; "" where there is none, or none may be read.
	function cookie() {
		try {
			return (/(?:^|; )cookies_preferences=([^;]*)/.exec(document.cookie) || ['', ''])[1];
		} catch (sandboxed) {
			return '';
		}
	}
	var known = cookie();

	function ask(options) {
		return fetch(path + 'choice', options).then(function (response) {
			if (!response.ok) throw new Error('The choice was answered with status ' + response.status);
			return response.json();
		});
	}

	function get() { return ask({ headers: { Accept: 'application/json' } }); }

	function tell(state) { document.dispatchEvent(new CustomEvent('consentchange', { detail: state })); }

	// how is where the visitor was asked, for the record; over, whether they have changed their mind since.
	function set(choice, services, how, over) {
		return ask({
			method: 'POST',
			keepalive: true, // who goes on to another page has answered all the same
			headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
			body: JSON.stringify({ choice: choice, services: services, return: location.pathname, lang: language, how: how })
		}).then(function (state) {
			known = cookie();
			if (!known) return null; // the browser did not keep it
			if (!over || !over()) tell(state);
			return state;
		});
	}

	// Puts what is ours before the body, where the guard has moved the notice: there it is not what the
	// page finds by place, and it stays when the body is swapped.
	function stand(element, dialog) {
		var parent = dialog || document.documentElement, before = dialog ? null : document.body;
		// Which keeps the focus, and does not load the style sheet again.
		if (parent.moveBefore && element.isConnected && element.ownerDocument === document) parent.moveBefore(element, before);
		else parent.insertBefore(element, before);
	}

	// The guard puts back what is taken away, unless it is no longer ours.
	function leave(root) {
		root.removeAttribute('data-caddy-consent');
		root.remove();
	}

	// What gets the focus behind the notice is scrolled out from under it (WCAG 2.2, 2.4.11): where it was out of
	// the window, by the browser, for which style.css says the same where no scripts run; else by uncover.
	var room, sizes, byKey;
	function makeRoom() {
		var root = notice();
		try {
			var sheets = Array.from(document.adoptedStyleSheets).filter(function (sheet) { return sheet !== room; });
			if (root) {
				var box = root.getBoundingClientRect(), atTop = isAtTop(box);
				var size = 'min(100vh - 4em,' + Math.ceil(atTop ? box.bottom : window.innerHeight - box.top) + 'px)';
				room = new CSSStyleSheet();
				room.replaceSync('@layer caddy-consent{html{scroll-padding-block:' + (atTop ? size + ' 0' : '0 ' + size) + '}}');
				sheets.push(room);
			}
			document.adoptedStyleSheets = sheets;
		} catch (unknown) { /* in old browsers, or taken away by a page */ }
	}

	function isAtTop(box) { return box.top < window.innerHeight - box.bottom; }

	function focused(event) {
		var target = event.target;
		uncover(target);
		requestAnimationFrame(function () { uncover(target); }); // WebKit scrolls to it later
	}

	function uncover(target) {
		var root = notice();
		if (!root || root.contains(target) || !byKey && !target.matches(':focus-visible')) return; // WebKitGTK knows it of no link
		function overlap() {
			var here = target.getBoundingClientRect(), there = root.getBoundingClientRect();
			if (here.bottom <= there.top || here.top >= there.bottom || here.right <= there.left || here.left >= there.right) return '';
			// What is larger than the room beside the notice is in sight in part.
			return here.left < there.left - 24 || here.right > there.right + 24 ||
				(isAtTop(there) ? here.bottom > there.bottom + 24 : here.top < there.top - 24) ? 'part' : 'all';
		}
		// Where the page ends, it cannot be scrolled: the notice goes to the other edge of the window, and at last is small.
		for (var step = 0, hidden = overlap(); step < 4 && (step || !byKey ? hidden === 'all' : hidden); step++, hidden = overlap()) {
			if (step === 2) root.dataset.small = '';
			else if (step) root.dataset.moved = isAtTop(root.getBoundingClientRect()) ? 'bottom' : 'top';
			makeRoom();
			target.scrollIntoView({ block: 'nearest', behavior: 'instant' });
		}
	}

	// A live region has to be there before what it says.
	function prepare(root) {
		// What is typed, turned and drawn in the notice is not the page's, whose shortcuts and scrolling would take it; nor
		// is a click while it stands in a dialog, which may close by what is outside of its box.
		'click mousedown pointerdown submit keyup keydown keypress input change wheel touchstart touchmove focusin'.split(' ').forEach(function (type, i) {
			root.addEventListener(type, function (event) {
				if (i < 4 ? away : !event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
			}, { passive: true });
		});
		if (window.ResizeObserver) {
			sizes = sizes || new ResizeObserver(makeRoom); // which costs the page no layout of its own
			sizes.observe(root);
		}
		if (!status) {
			status = document.createElement('p');
			status.setAttribute('role', 'status');
			status.dataset.caddyConsent = 'status';
			stand(status);
		}
		status.lang = root.lang;
		status.dir = root.dir;
		say('');
	}

	function say(text) {
		clearTimeout(timer);
		status.textContent = text;
		timer = setTimeout(function () { status.textContent = ''; }, 8000);
	}

	// Shows the settings, or the first layer; the focus follows.
	function layer(root, settings, unasked) {
		root.querySelectorAll('[data-layer]').forEach(function (part) {
			part.hidden = (part.dataset.layer === 'settings') !== settings;
		});
		if (!unasked) (root.querySelector(settings ? '[role="switch"]' : '[formaction]') || root.querySelector('button:not([hidden])')).focus();
		before = true;
	}

	// Takes the notice away. The focus goes to what it was opened with, or where that is gone or hidden (in a menu) to
	// the control that stands where the notice stood.
	function close(root) {
		if (!root.isConnected) return;
		var hadFocus = root.contains(document.activeElement);
		if (root.dataset.manage !== undefined && !control()) {
			var link = document.createElement('a');
			link.dataset.caddyConsent = 'manage';
			link.lang = root.lang;
			link.href = charter;
			link.textContent = label;
			stand(link);
		}
		leave(root);
		makeRoom();
		if (hadFocus) [control(), opener].forEach(function (target) { if (target) target.focus({ preventScroll: true }); });
		before = true;
		opener = null;
	}

	function open() {
		var root = notice();
		if (root) return layer(root, true);
		if (opening) return;
		// A document from the network, not a string: a page may demand trusted types.
		var at = document.activeElement;
		opening = new XMLHttpRequest();
		opening.open('GET', path + 'settings?lang=' + encodeURIComponent(language) +
			(document.baseURI.indexOf(location.origin + '/') ? '&origin' : '')); // else a <base> leads its paths elsewhere
		opening.responseType = 'document';
		opening.onloadend = function () {
			var page = opening.response, root = page && page.getElementById('caddy-consent'), answered = opening.status;
			opening = null;
			if (!root) { // without a connection, or as another page comes, this one stays
				if (answered || forbidden) location.href = charter;
				return;
			}
			prepare(root);
			stand(root);
			follow();
			layer(root, true, document.activeElement !== at); // who types elsewhere by now goes on there
		};
		opening.send();
	}

	// The answer to the notice's form, without leaving the page.
	function answer(event) {
		var root = notice(), form = event.target, button = event.submitter;
		if (!root || form.parentNode !== root || !button) return;
		if (button.name !== 'choice') {
			event.preventDefault();
			return layer(root, true);
		}
		if (form.dataset.plainly && navigator.onLine) return;
		event.preventDefault();
		last = button;
		if (!form.dataset.sending) send(root, form);
	}

	// One at a time: each is a record. Who presses another button meanwhile has changed their mind.
	function send(root, form) {
		var button = last, services = {};
		form.dataset.sending = 'yes';
		form.querySelectorAll('[name="service"]:checked').forEach(function (box) { services[box.value] = true; });
		var settings = root.querySelector('#caddy-consent-settings');
		function over() { return last !== button; }
		function message(text) { root.querySelector('.caddy-consent-message').textContent = text; }
		set(button.value, services, settings && !settings.hidden ? 'settings' : 'notice', over).then(function (state) {
			delete form.dataset.sending;
			if (over()) {
				send(root, form);
			} else if (state) {
				close(root);
				say(root.dataset.saved);
			} else if (root.dataset.refused) {
				close(root); // it has been said
			} else {
				root.dataset.refused = 'yes';
				message(root.dataset.blocked);
			}
		}, function () {
			setTimeout(function () { // while an event is told, a form is not sent
				delete form.dataset.sending;
				form.dataset.plainly = 'yes';
				// A script's request may be forbidden where a form is not. Else the page stays, with what was typed in it.
				if (forbidden) last.click();
				else message(root.dataset.failed);
			});
		});
	}

	// Whether that is an address of the settings on this page. A page may have a section of
	// its own with that name.
	function isSettings(address) {
		return /#cookies$/.test(address) && address.split('#')[0] === location.href.split('#')[0] && !document.getElementById('cookies');
	}

	function press(event) {
		if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
		var root = notice(), target = event.target;
		if (event.detail < 2) before = false;
		if (!target.closest) return; // the document itself
		if (before) { // it is the second click of a double one, perhaps on what the notice stood before
			event.preventDefault();
			return event.stopPropagation();
		}
		if (root && root.contains(target) && target.closest('.caddy-consent-close')) return dismiss(root);
		target = target.closest('[data-caddy-consent="manage"], [data-consent-open], a[href$="#cookies"], .ods-manage-cookies-preferences__show-button');
		if (!target || !target.matches('[data-caddy-consent], [data-consent-open], button') && !isSettings(target.href)) return;
		event.preventDefault();
		event.stopPropagation(); // the portal's own banner must not open as well
		opener = target;
		open();
	}

	// What stands in place of a frame has a form that allows its service: without leaving the page, too.
	function watch(frame) {
		var page = frame.dataset && frame.dataset.consentService && frame.contentDocument;
		if (!page) return;
		page.addEventListener('submit', function (event) {
			var button = event.submitter, services = {};
			event.preventDefault();
			button.disabled = true; // or the second click of a double one would be sent plainly
			services[frame.dataset.consentService] = true;
			set('grant', services, 'placeholder').then(function (state) {
				if (!state) throw new Error('The browser has not kept the choice');
				var root = notice();
				if (root) close(root);
			}).catch(function () {
				button.disabled = false;
				setTimeout(function () { if (navigator.onLine) button.click(); }); // now plainly
			});
		}, { once: true });
	}
	document.querySelectorAll('iframe').forEach(watch);
	function loaded(event) { watch(event.target); }

	// Back to the first layer, or away; never an answer.
	function dismiss(root) {
		var settings = document.getElementById('caddy-consent-settings');
		if (settings && !settings.hidden && root.dataset.opened === undefined) layer(root, false);
		else close(root);
	}

	function pressed() { byKey = false; }

	// A key that is held goes on where its first press has led: there it must do nothing.
	function held(event) {
		if (before && event.target.closest && event.target.closest('[data-caddy-consent]')) event.preventDefault();
	}

	function typed(event) {
		var root = notice();
		byKey = true;
		own = root && root.contains(event.target);
		if (event.repeat) held(event);
		else before = false;
		if (event.key === 'Escape' && own) {
			event.stopPropagation();
			event.preventDefault(); // a dialog that the notice stands in stays open
			dismiss(root);
		}
	}

	// The key is let go where the focus is then.
	function released(event) { if (own) event.stopPropagation(); }

	function violated(event) { if (/connect/.test(event.effectiveDirective)) forbidden = true; }

	// A page that the browser brings back from its memory (back/forward cache), or that
	// stayed open in another tab or window, must not ask again what was answered since, nor go on with
	// what was withdrawn.
	function look() {
		if (cookie() === known) return;
		known = cookie();
		get().then(function (state) {
			var root = notice();
			if (root && root.dataset.opened === undefined && state.state === 'given') close(root);
			tell(state);
		}, function () { known = null; }); // offline: next time
	}
	function shown(event) { if (event.type === 'pageshow' ? event.persisted : !document.hidden) look(); }

	function jump() { if (isSettings(location.href)) open(); }

	var listeners = [[document, 'submit', answer], [document, 'click', press], [document, 'load', loaded], [document, 'keydown', typed], [document, 'keypress', held], [document, 'keyup', released], [document, 'pointerdown', pressed], [document, 'toggle', toggled], [document, 'securitypolicyviolation', violated], [document, 'focusin', focused],
		[document, 'visibilitychange', shown], [window, 'pageshow', shown], [window, 'hashchange', jump], [window, 'focus', shown]];
	function listen() {
		listeners.forEach(function (l) { l[0].addEventListener(l[1], l[2], true); });
	}
	listen();
	// A document that is opened anew (document.open) forgets its listeners; one that is there already is not added
	// twice. The guard, which sees that, adds them: an observer would slow down all that the page does with its nodes.
	if (guarded) guarded.listeners.push.apply(guarded.listeners, listeners);
	else new MutationObserver(listen).observe(document, { childList: true });

	// While a modal dialog is open, all that is outside of it is inert: the notice stands in the topmost
	// one, and as a popover above it, so that it can be answered.
	var dialogs = Array.from(document.querySelectorAll('dialog[open]'));
	var removed = new MutationObserver(follow);
	function toggled(event) {
		var dialog = event.target;
		if (dialog.localName !== 'dialog') return;
		dialogs = dialogs.filter(function (other) { return other !== dialog; });
		if (dialog.open) dialogs.push(dialog);
		follow();
	}
	// Browsers of before 2025 do not tell when a dialog opens, and to look at all attributes slows a page.
	if (window.HTMLDialogElement && !HTMLDialogElement.prototype.requestClose) {
		new MutationObserver(function (records) { records.forEach(toggled); }).observe(document, { subtree: true, attributes: true, attributeFilter: ['open'] });
	}
	function follow() {
		dialogs = dialogs.filter(function (dialog) { return dialog.isConnected && dialog.matches('dialog:modal'); });
		var dialog = dialogs[dialogs.length - 1], root = notice() || away; // which may have gone with its dialog
		if (!root || !root.matches('[data-caddy-consent]') || (dialog ? dialog.contains(root) : !away)) return;
		root.removeAttribute('popover');
		stand(root, dialog);
		away = dialog && root;
		if (!dialog) return removed.disconnect();
		removed.observe(document, { subtree: true, childList: true });
		root.setAttribute('popover', 'manual');
		if (root.showPopover) root.showPopover();
	}
	var away; // the notice, while it stands in a dialog
	follow();

	// What the portal's editors write in its footer for the portal's own banner, where that
	// is off. The footer may be written by a script, some time after the page.
	function putButtons() {
		document.querySelectorAll('footer, .ods-front-footer').forEach(function (footer) {
			if (footer.textContent.indexOf('##manage-cookies##') < 0) return;
			var texts = document.createTreeWalker(footer, NodeFilter.SHOW_TEXT), text, at, button;
			while ((text = texts.nextNode())) {
				if ((at = text.data.indexOf('##manage-cookies##')) < 0 || text.parentNode.closest('script, style, textarea')) continue;
				button = document.createElement('button');
				button.type = 'button';
				button.className = 'ods-manage-cookies-preferences__show-button';
				button.dataset.caddyConsent = '';
				button.textContent = label;
				text.splitText(at).deleteData(0, 18);
				text.after(button);
			}
		});
	}
	// They are looked for now and then: an observer would slow down all that the page does with its nodes.
	(function again(left) {
		putButtons();
		if (left) setTimeout(again, 100, document.readyState === 'complete' ? left - 1 : left);
	})(100);

	if (notice()) {
		prepare(notice());
		// The notice's style sheet goes with it; what stays needs one too.
		var sheet = notice().querySelector('link');
		if (sheet) {
			var copy = sheet.cloneNode();
			// A <base> that a script has written leads its path elsewhere.
			if (sheet.sheet && document.baseURI.indexOf(location.origin + '/')) copy.href = sheet.sheet.href;
			stand(copy);
		}
	}

	if (!Object.prototype.hasOwnProperty.call(window, 'consent')) window.consent = { get: get, set: set, open: open };
	jump();
	// Until its style sheet was there, the guard has hidden what it moved.
	function show() { [notice(), control()].forEach(function (part) { if (part) part.hidden = false; }); }
	if (document.readyState === 'complete') show();
	else window.addEventListener('load', show);
})();
