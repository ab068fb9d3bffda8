import { ClassicEditor } from '@ckeditor/ckeditor5-editor-classic';
import { Essentials } from '@ckeditor/ckeditor5-essentials';
import { HtmlEmbed } from '@ckeditor/ckeditor5-html-embed';
import { GeneralHtmlSupport } from '@ckeditor/ckeditor5-html-support';
import { Image, ImageCaption } from '@ckeditor/ckeditor5-image';
import { Link } from '@ckeditor/ckeditor5-link';
import { MediaEmbed } from '@ckeditor/ckeditor5-media-embed';
import { Paragraph } from '@ckeditor/ckeditor5-paragraph';

let editor;
const put = where => editor.model.change(writer => {
	const root = editor.model.document.getRoot();
	writer.setSelection(root.getChild(where ? root.childCount - 1 : 0), where);
});
Object.assign(editing, {
	ready: ClassicEditor.create(document.querySelector('#editor'), {
		licenseKey: 'GPL', plugins: [Essentials, Paragraph, Link, Image, ImageCaption, MediaEmbed, HtmlEmbed, GeneralHtmlSupport],
		htmlSupport: { allow: [{ name: /.*/, attributes: true, classes: true, styles: true }] },
		htmlEmbed: { showPreviews: true, sanitizeHtml: html => ({ html, hasChanged: false }) },
		mediaEmbed: { previewsInData: true },
	}).then(created => { editor = created; }),
	root: () => editor.editing.view.getDomRoot(),
	set: html => editor.setData(html),
	insert: html => editor.model.insertContent(editor.data.toModel(editor.data.processor.toView(html))),
	home: () => put(0),
	end: () => put('end'),
	read: () => editor.getData(),
});
