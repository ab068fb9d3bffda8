// What is done in every editor. Its own script fills the rest of `editing` in: root(), set(), insert(), read(), and
// ready, a promise; apart() ends a step of undoing, where
// time would; home() and end() put the caret there, where keys do so only after a while.
/* global content */
'use strict';
const editing = {
	apart() {},
	home() {},
	end() {},
	pasted: [],
	window() { return this.root().ownerDocument.defaultView; },
	paste(html) {
		const clipboardData = new DataTransfer();
		clipboardData.setData('text/html', html);
		clipboardData.setData('text/plain', 'texte');
		this.window().getSelection().anchorNode.parentNode.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
	},
	listen() {
		this.root().addEventListener('paste', event => {
			if (event.isTrusted) this.pasted.push(event.clipboardData.getData('text/html'));
		}, true);
	},
	clear() { this.set('<p>Début.</p>'); },
	focus() { this.root().focus(); },
	all() { return this.read().replaceAll(location.origin, 'ORIGIN'); },
	count(word) { return this.all().split(word).length - 1; },
};
