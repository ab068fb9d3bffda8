'use strict';
let tiny;
Object.assign(editing, {
	ready: tinymce.init({
		selector: '#editor', inline: document.querySelector('#editor').localName !== 'textarea', license_key: 'gpl', base_url: '/npm/tinymce', suffix: '.min',
		plugins: 'media image link', promotion: false, branding: false, convert_urls: false, extended_valid_elements: 'oembed[url]', custom_elements: 'oembed',
	}).then(([editor]) => { tiny = editor; }),
	root: () => tiny.getBody(),
	set: html => tiny.setContent(html),
	insert: html => tiny.insertContent(html),
	read: () => [tiny.getContent(), tiny.getContent({ format: 'raw' }), tiny.serializer.serialize(tiny.getBody())].join('\n'),
	apart: () => tiny.undoManager.add(),
});
