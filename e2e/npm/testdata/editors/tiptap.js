import { Editor, Node } from '@tiptap/core';
import Image from '@tiptap/extension-image';
import Youtube from '@tiptap/extension-youtube';
import StarterKit from '@tiptap/starter-kit';
import { closeHistory } from '@tiptap/pm/history';

const Video = Node.create({
	name: 'video', group: 'block', atom: true,
	addAttributes: () => ({ poster: {}, src: { parseHTML: el => el.getAttribute('src') || el.querySelector('source').src } }),
	parseHTML: () => [{ tag: 'video' }],
	renderHTML: ({ HTMLAttributes }) => ['video', HTMLAttributes],
});
const Frame = Node.create({
	name: 'frame', group: 'block', atom: true,
	addAttributes: () => ({ src: {}, width: {}, height: {}, title: {} }),
	parseHTML: () => [{ tag: 'iframe' }],
	renderHTML: ({ HTMLAttributes }) => ['iframe', HTMLAttributes],
});
const source = document.querySelector('#editor'), place = document.createElement('div');
source.after(place);
const editor = new Editor({
	element: place, content: source.innerHTML,
	extensions: [StarterKit.configure({ undoRedo: { newGroupDelay: 1e6 }, trailingNode: false }), Image.configure({ inline: true }), Youtube, Video, Frame],
});
source.remove();
Object.assign(editing, {
	ready: Promise.resolve(),
	root: () => editor.view.dom,
	set: html => editor.commands.setContent(html),
	insert: html => editor.commands.insertContent(html),
	read: () => [editor.getHTML(), JSON.stringify(editor.getJSON()), editor.view.dom.innerHTML].join('\n'),
	home: () => editor.commands.focus('start'),
	end: () => editor.commands.focus('end'),
	apart: () => editor.view.dispatch(closeHistory(editor.state.tr)),
});
