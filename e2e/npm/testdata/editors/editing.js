// What is done in every editor. Its own script fills the rest of `editing` in: root(), set(), insert(), read(), and
// ready, a promise; apart() ends a step of undoing, where time would.
/* global content */
'use strict';
const editing = {
	apart() {},
	pasted: [],
	window() { return this.root().ownerDocument.defaultView; },
	// Puts the caret before the first letter, or behind the last.
	caret(end) {
		const root = this.root(), all = root.ownerDocument.createTreeWalker(root, NodeFilter.SHOW_TEXT), texts = [];
		while (all.nextNode()) if (all.currentNode.data.trim() && all.currentNode.parentNode.isContentEditable) texts.push(all.currentNode);
		const text = end ? texts.pop() : texts[0];
		root.focus();
		this.window().getSelection().collapse(text, end ? text.data.length : 0);
	},
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
	open(way) {
		if (way === 'set') this.set(content);
		else if (way !== 'markup') {
			this.set('<p>Début.</p>');
			this.caret(true);
			this[way](content);
		}
		return true;
	},
	all() { return this.read().replaceAll(location.origin, 'ORIGIN'); },
	count(word) { return this.all().split(word).length - 1; },
};
