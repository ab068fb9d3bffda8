'use strict';
const quill = new Quill('#editor', { theme: 'snow', modules: { toolbar: false, history: { delay: 1e6 } } });
Object.assign(editing, {
	ready: Promise.resolve(),
	root: () => quill.root,
	set: html => quill.setContents(quill.clipboard.convert({ html })),
	insert: html => quill.clipboard.dangerouslyPasteHTML(quill.getLength() - 1, html, 'user'),
	read: () => [quill.root.innerHTML, quill.getSemanticHTML(), JSON.stringify(quill.getContents())].join('\n'),
	apart: () => quill.history.cutoff(),
});
