// A page's own editor.
'use strict';
const root = document.querySelector('#editor');
root.contentEditable = 'true';
Object.assign(editing, {
	ready: Promise.resolve(),
	root: () => root,
	set: html => { root.innerHTML = html; },
	insert: html => document.execCommand('insertHTML', false, html),
	read: () => root.innerHTML,
});
root.addEventListener('paste', event => {
	if (event.isTrusted) return;
	const range = getSelection().getRangeAt(0);
	range.insertNode(range.createContextualFragment(event.clipboardData.getData('text/html')));
});
