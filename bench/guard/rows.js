// What is measured: each row does its work in run, of which only the time until it returns counts. A row
// that does a thing many times does it in pieces: the least time of a piece, times their number, is what
// the whole takes where nothing else is done on the machine.
'use strict';
const box = document.getElementById('box'), many = (count, part) => Array.from({ length: count }, (_, i) => part(i)).join('');
const repeated = (name, count, work, pieces = 20, more) => ({ name: `${name}, ${count.toLocaleString('en')} times`, pieces, ...more, run: () => {
	for (let i = 0; i < count / pieces; i++) work(i);
} });

// Markup
const kinds = {
	button: i => `<button type="button" class="action" data-id="${i}">Ouvrir</button>`,
	img: i => `<img src="/dot.gif" alt="Arbre ${i}" width="16" height="16">`,
	use: i => `<svg class="icon" width="16" height="16"><use href="#icon"></use></svg>`,
	input: i => `<input type="checkbox" name="tree" value="${i}">`,
};
const every = i => many(4, k => Object.values(kinds)[k](i));
const table = cell => many(5000, i => `<tr><td>${i}</td><td>${cell(i)}</td></tr>`);
const card = i => `<article class="card"><h2><a href="https://elsewhere.example/data/${i}?a=1&amp;b=2">Jeu de données ${i}</a></h2>
	<img src="/dot.gif" alt=""><p>Essence, hauteur et emplacement des arbres &mdash; 2026.</p><button class="more">Plus</button></article>`;
const body = () => box.appendChild(document.createElement('table')).appendChild(document.createElement('tbody'));

// Trees
const tree = document.createElement('div');
tree.innerHTML = many(2000, i => `<section id="s${i}"><h3>Titre</h3>${every(i)}<p>Un <b>texte</b> <i>court</i>.</p></section>`);
const template = document.createElement('template');
template.innerHTML = '<li class="item"><span>a</span> <b>b</b></li>';
const pictured = document.createElement('template');
pictured.innerHTML = '<li class="item"><img alt=""><span>a</span></li>';

// AngularJS
const scopeOf = id => angular.element(document.getElementById(id)).scope();
const digest = (name, id) => ({
	name,
	before: () => scopeOf(id).$apply(scope => { scope.rows = []; }),
	run: () => scopeOf(id).$apply(scope => { scope.rows = Array.from({ length: 2000 }, (_, i) => ({ id: i, title: 'Arbre ' + i, height: i % 30 })); }),
	after: () => scopeOf(id).$apply(scope => { scope.rows = []; }),
});

const div = document.createElement('div'), img = document.createElement('img'), style = div.style;
const set = (name, markup, target = () => box.appendChild(document.createElement('div'))) => {
	let at;
	return { name, before: () => { at = target(); }, run: () => { at.innerHTML = markup; } };
};

const store = count => { for (let i = 0; i < count; i++) localStorage.setItem('key' + i, 'value ' + i); };

window.rows = [
	digest('AngularJS, `ng-repeat` of 2,000 rows', 'repeat'),
	digest('AngularJS, `ng-repeat` of 2,000 rows with an image', 'pictures'),
	{ name: 'jQuery, `.html()` of 500 cards', run: () => jQuery(box).html(many(500, card)) },
	...Object.keys(kinds).map(kind => set(`\`innerHTML\` of 5,000 rows with ${kind}`, table(kinds[kind]), body)),
	set('`innerHTML` of 5,000 rows with all four', table(every), body),
	set('`innerHTML` of 5,000 rows of text', table(i => 'Arbre ' + i), body),
	set('`innerHTML` of `<img ` 20,000 times', '<img '.repeat(20000)),
	set('`innerHTML` of `<a title="` 50,000 times', '<a title="'.repeat(50000)),
	set('`innerHTML` of `<script x>` 50,000 times', '<script x>'.repeat(50000)),
	repeated('`innerHTML` of a word', 20000, i => { div.innerHTML = 'mot ' + i; }),
	repeated('`innerHTML` of a link', 20000, i => { div.innerHTML = `<a href="/x/${i}">mot</a>`; }),
	repeated('`insertAdjacentHTML` of a row', 5000, i => box.firstChild.insertAdjacentHTML('beforeend', `<li>${i} <button>x</button></li>`), 5, { before: () => box.append(document.createElement('ul')) }),
	{ name: 'reading `innerHTML` of 2,000 sections', run: () => tree.innerHTML.length },
	repeated('`setAttribute` on a div', 200000, i => div.setAttribute('data-x', i)),
	repeated('`setAttribute` of `alt` on an img', 200000, i => img.setAttribute('alt', i)),
	repeated('`setAttribute` of `src` on images', 5000, () => document.createElement('img').setAttribute('src', '/dot.gif'), 5),
	repeated('`src` of images', 5000, () => { new Image().src = '/dot.gif'; }, 5),
	repeated('`getAttribute` on an img', 200000, () => img.getAttribute('alt'), 10),
	repeated('`appendChild` of a div', 50000, () => box.appendChild(document.createElement('div')), 10),
	repeated('`appendChild` of a div to what is detached', 50000, () => div.appendChild(document.createElement('div')), 10, { after: () => div.replaceChildren() }),
	repeated('`appendChild` of a clone of a template\'s element', 50000, () => box.appendChild(template.content.firstChild.cloneNode(true))),
	repeated('`importNode` of a template\'s content, `insertBefore`', 50000, () => box.insertBefore(document.importNode(template.content, true), null)),
	repeated('the same with an img in it', 50000, () => box.insertBefore(document.importNode(pictured.content, true), null)),
	repeated('`createElement` and `className`', 100000, () => { document.createElement('div').className = 'item'; }),
	repeated('`createElement` of an img', 50000, () => document.createElement('img')),
	repeated('`querySelector` of the document', 200000, () => document.querySelector('#box')),
	repeated('`querySelectorAll` of the document', 20000, () => document.querySelectorAll('script').length),
	repeated('`getElementsByTagName` of the document', 200000, () => document.getElementsByTagName('form').length, 10),
	repeated('`style.setProperty`', 100000, i => style.setProperty('width', i + 'px')),
	repeated('`style.background`', 100000, i => { style.background = i & 1 ? 'red' : 'blue'; }),
	repeated('`style.cssText`', 50000, i => { style.cssText = 'width:' + i + 'px;color:red'; }),
	{ name: '`cloneNode(true)` of 2,000 sections', run: () => tree.cloneNode(true) },
	{ name: '`appendChild` of such a clone', run: () => box.appendChild(tree.cloneNode(true)) },
	repeated('`removeChild` and `insertBefore`', 100000, () => box.insertBefore(box.removeChild(box.lastChild), box.firstChild), 20, { before: () => box.append(document.createElement('p'), document.createElement('p')) }),
	repeated('`textContent`', 100000, i => { div.textContent = i; }),
	repeated('`localStorage.getItem`', 20000, i => localStorage.getItem('key' + i % 50), 20, { before: () => store(50) }),
	repeated('`localStorage.setItem`', 5000, i => localStorage.setItem('key' + i % 50, 'value ' + i), 20, { after: () => localStorage.clear() }),
	repeated('`localStorage.key` as a property', 20000, i => localStorage['key' + i % 50], 20, { before: () => store(50) }),
	repeated('reading `document.cookie`', 1000, () => document.cookie, 2),
];

// What was there before is swept away.
window.prepare = async () => {
	await new Promise(jQuery); // AngularJS has begun
	if (window.gc) gc();
	return document.visibilityState;
};

// The least time of several runs: as many as fit, but at least one.
window.measure = async index => {
	const { run, before = () => {}, after = () => {}, pieces = 1 } = rows[index], began = performance.now();
	let least = Infinity;
	do {
		before();
		if (window.gc) gc({ type: 'minor' });
		const start = performance.now();
		run();
		least = Math.min(least, performance.now() - start);
		after();
		box.replaceChildren();
	} while (performance.now() - began < 30);
	await new Promise(done => requestIdleCallback(done, { timeout: 500 })); // images, layout
	return least * pieces;
};
