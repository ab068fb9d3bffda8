import { createElement as h, useState, useEffect, useRef, Fragment } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { createPortal, flushSync } from 'react-dom';

const html = '<b>x</b><img src="/d.svg"><i title="<img src=https://stats.test/>">i</i><svg><use href="#u"></use></svg>';
function App() {
	const [rows, set] = useState([1, 2, 3]), [title, write] = useState(''), ref = useRef(null);
	useEffect(() => { log.push('effect ' + rows.length + ref.current.nodeName); }, [rows]);
	return h(Fragment, null,
		h('form', { onSubmit: e => { e.preventDefault(); set([...rows, title]); } }, h('input', { value: title, onChange: e => write(e.target.value) }), h('button', null, '+')),
		h('ul', { ref }, rows.map((row, i) => h('li', { key: row, className: i % 2 ? 'odd' : undefined }, h('img', { src: `/${i}.svg`, srcSet: `/${i}.svg 2x`, alt: 'a' + row, onLoad: () => {} }), h('a', { href: 'https://elsewhere.test/' + row }, row),
			h('svg', { viewBox: '0 0 8 8' }, h('use', { xlinkHref: '#tree' }), h('image', { href: '/i.svg' })), h('button', { id: 'r' + row, onClick: () => set(rows.filter(r => r !== row)) }, 'x')))),
		rows.length > 3 && h('div', { dangerouslySetInnerHTML: { __html: html } }), rows.length > 3 && h('iframe', { src: '/empty', title: 'f' }), rows.length > 3 && h('video', { muted: true, poster: '/p.svg' }),
		createPortal(h('p', { style: { background: 'url(/p.svg)' } }, 'portal ', rows.length), document.getElementById('aside')),
		h('link', { rel: 'stylesheet', href: '/empty.css', precedence: 'a' }), h('meta', { name: 'x', content: 'y' }));
}
flushSync(() => createRoot(document.getElementById('app')).render(h(App)));
hydrateRoot(document.getElementById('hydrated'), h('p', null, 'a', ' ', h('b', null, 'b'), h('img', { src: '/h.svg', alt: '' })), { onRecoverableError: e => log.push('recovers ' + e.message) });
// A sheet with a precedence is waited for before anything is shown.
steps(() => until(() => document.querySelector('#app li')), () => type('#app input', 'Chêne'), () => click('form button'), () => until(() => document.querySelectorAll('#app li').length === 4), () => click('#r2'), () => until(() => document.querySelectorAll('#app li').length === 3));
