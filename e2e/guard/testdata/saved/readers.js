// Elements come into a page in many ways, and are read back in many. read() tells, for each way in and each way
// back, what is read: it is to be the same whether the elements are held or not. subjects is markup, a line for each.
/* global subjects */
'use strict';

const kinds = root => [...root.querySelectorAll('[data-kind]')];
const call = (name, el, ...args) => Element.prototype[name].apply(el, args);
const localName = Object.getOwnPropertyDescriptor(Element.prototype, 'localName').get;
const kindOf = el => call('getAttribute', el, 'data-kind');
const each = (root, of) => kinds(root).map(el => kindOf(el) + ': ' + of(el));
const lines = text => text.split('\n');
const serialise = node => lines(new XMLSerializer().serializeToString(node));
const inert = () => document.implementation.createHTMLDocument('');
const template = markup => {
	const t = document.createElement('template');
	t.innerHTML = markup;
	return t;
};
// An element that stands in the page, for what is to be seen there.
const elsewhere = () => document.body.appendChild(document.createElement('section'));

// Frames cost time: most ways take those of one kind.
const light = subjects.split('\n').filter(line => !/"(iframe of markup|object|embed)"/.test(line)).join('\n');

// ---- The ways in

// Makes what the markup says, element by element.
const made = (set, late, markup = light) => box => {
	const make = (from, parent) => {
		if (from.nodeType !== 1) return parent.append(from.cloneNode());
		const el = document.createElementNS(from.namespaceURI, localName.call(from));
		const fill = () => {
			for (const a of [...from.attributes]) set(el, a);
			for (const child of [...from.childNodes]) make(child, el);
			if (from.content) el.content.append(from.content.cloneNode(true));
		};
		if (late) parent.append(el), fill();
		else fill(), parent.append(el);
	};
	for (const node of [...template(markup).content.childNodes]) make(node, box);
};
const properties = { srcset: 'srcset', src: 'src', href: 'href', data: 'data', poster: 'poster', action: 'action', formaction: 'formAction', srcdoc: 'srcdoc', alt: 'alt', type: 'type', rel: 'rel', title: 'title' };
const byProperty = (el, a) => {
	const name = properties[a.name];
	if (name && typeof el[name] === 'string') el[name] = a.value;
	else byNS(el, a);
};
const byNS = (el, a) => el.setAttributeNS(a.namespaceURI, a.name, a.value);

const ways = {
	innerHTML: box => { box.innerHTML = subjects; },
	outerHTML: box => { box.appendChild(document.createElement('p')).outerHTML = light; },
	insertAdjacentHTML: box => box.insertAdjacentHTML('beforeend', light),
	setHTMLUnsafe: box => box.setHTMLUnsafe(subjects),
	createContextualFragment: box => {
		const range = document.createRange();
		range.selectNodeContents(box);
		box.append(range.createContextualFragment(light));
	},
	'execCommand insertHTML': box => {
		box.contentEditable = 'true';
		box.focus();
		getSelection().selectAllChildren(box);
		document.execCommand('insertHTML', false, light);
		box.blur();
	},
	'a template, cloned': box => box.append(template(subjects).content.cloneNode(true)),
	'a template, imported': box => box.append(document.importNode(template(light).content, true)),
	'a template, moved': box => box.append(template(light).content),
	'DOMParser, moved': box => box.append(...new DOMParser().parseFromString(light, 'text/html').body.childNodes),
	'made, setAttribute': made((el, a) => a.namespaceURI ? byNS(el, a) : el.setAttribute(a.name, a.value)),
	'made, setAttributeNS, in the page': made(byNS, true),
	'made, setAttributeNode': made((el, a) => el.setAttributeNode(a.cloneNode())),
	'made, properties': made(byProperty, false, subjects),
	'made, properties, in the page': made(byProperty, true),
};
const trees = { // where boxes stand that are not in the page
	'a shadow root': () => elsewhere().attachShadow({ mode: 'open' }).appendChild(document.createElement('div')),
	'a detached tree': () => document.createElement('div'),
	'a template': () => template('<div></div>').content.firstChild,
	'a document without a window': () => { const d = inert(); return d.body.appendChild(d.createElement('div')); },
};

// Each way has a box for each group of readers, for some change what is there; what moves and changes costs time, and
// is done for some ways only.
const groups = ['reads', 'moves', 'changes'];
const ofAll = ['parsed', 'innerHTML', 'made, setAttribute', 'made, properties, in the page', 'a template, cloned', 'DOMParser, moved', 'innerHTML in a shadow root', 'innerHTML in a document without a window'];
const has = (way, group) => group === 'reads' || ofAll.includes(way);
const boxes = {};
const add = (way, box) => (boxes[way] = boxes[way] || []).push(box);
const write = () => { // while the page is parsed
	document.write('<div class="written">' + light + '</div>');
};
const make = () => {
	for (const way of ['parsed', 'written']) document.querySelectorAll('.' + way).forEach(box => add(way, box));
	for (const group of groups) {
		for (const way of Object.keys(ways).filter(way => has(way, group))) {
			const box = elsewhere().appendChild(document.createElement('div'));
			try {
				ways[way](box);
			} catch (failure) {
				box.textContent = 'throws ' + failure;
			}
			add(way, box);
		}
		for (const tree of Object.keys(trees).filter(tree => has('innerHTML in ' + tree, group))) {
			const box = trees[tree]();
			box.innerHTML = /document|template/.test(tree) ? subjects : light;
			add('innerHTML in ' + tree, box);
		}
	}
	add('DOMParser', new DOMParser().parseFromString('<div>' + subjects + '</div>', 'text/html').body.firstChild);
	for (const all of Object.values(boxes)) for (const box of all) box.kept = kinds(box);
	elsewhere().innerHTML = '<img src="https://live.staticflickr.com/last.jpg"><img src="https://i.ytimg.com/last.jpg">';
};

// ---- The ways back

const names = ['src', 'srcset', 'href', 'xlink:href', 'data', 'poster', 'action', 'formaction', 'srcdoc', 'type', 'title', 'alt', 'SRC',
	'data-consent-src', 'data-consent-srcset', 'data-consent-href', 'data-consent-type', 'data-consent-service', 'data-consent-action', 'data-caddy-consent'];
const reflected = ['src', 'srcset', 'href', 'data', 'poster', 'action', 'formAction', 'srcdoc', 'type', 'title', 'alt', 'text', 'textContent'];
const XLINK = 'http://www.w3.org/1999/xlink';
const readers = {
	reads: {
		'the elements that were kept': box => box.kept.map(el => kindOf(el) + ': ' + (box.contains(el) && el.isConnected === box.isConnected)),
		'how many elements': box => [String(kinds(box).length)],
		innerHTML: box => lines(box.innerHTML),
		getHTML: box => lines(box.getHTML({ serializableShadowRoots: true })),
		outerHTML: box => each(box, el => el.outerHTML),
		'outerHTML of all': box => lines(box.outerHTML.replace(/ contenteditable="true"/, '')),
		XMLSerializer: box => serialise(box),
		textContent: box => lines(box.textContent),
		attributes: box => each(box, el => JSON.stringify([...el.attributes].map(a => [a.name, a.value, a.nodeValue, a.textContent, a.prefix, a.namespaceURI, a.ownerElement === el]))),
		'attributes by place': box => each(box, el => {
			const all = [];
			for (let i = 0; i < el.attributes.length; i++) all.push(el.attributes[i].name + '=' + el.attributes.item(i).value);
			return all.join() + ' ' + (el.attributes[el.attributes.length] === undefined) + (el.attributes.item(99) === null);
		}),
		'attributes by name': box => each(box, el => names.map(n => {
			const a = el.attributes.getNamedItem(n);
			return a ? a.value + (el.attributes[a.name] === a) + (n in el.attributes) : '-';
		}).join()),
		'attributes, their keys': box => each(box, el => Object.getOwnPropertyNames(el.attributes).join() + ' ' + Array.from(el.attributes, a => a.name) + ' ' + Array.prototype.slice.call(el.attributes).length),
		getAttributeNames: box => each(box, el => el.getAttributeNames().join()),
		getAttribute: box => each(box, el => names.map(n => el.getAttribute(n)).join('|')),
		getAttributeNS: box => each(box, el => names.map(n => el.getAttributeNS(null, n)).join('|') + el.getAttributeNS(XLINK, 'href')),
		hasAttribute: box => each(box, el => names.filter(n => el.hasAttribute(n)).join() + el.hasAttributes()),
		hasAttributeNS: box => each(box, el => names.filter(n => el.hasAttributeNS(null, n)).join() + el.hasAttributeNS(XLINK, 'href')),
		getAttributeNode: box => each(box, el => names.map(n => {
			const a = el.getAttributeNode(n);
			return a ? a.name + '=' + a.value + (a === el.getAttributeNode(n)) : '-';
		}).join()),
		'attributes, by the functions of Element': box => each(box, el => names.map(n => call('getAttribute', el, n)).join('|') + names.map(n => call('hasAttribute', el, n)) + call('getAttributeNames', el)),
		dataset: box => each(box, el => JSON.stringify(el.dataset) + Object.keys(el.dataset) + ('consentService' in el.dataset) + el.dataset.consentSrc),
		properties: box => each(box, el => reflected.map(n => typeof el[n] === 'object' && el[n] ? el[n].baseVal : el[n]).join('|')),
		'cloneNode, deep': box => lines(box.cloneNode(true).innerHTML),
		cloneNode: box => each(box, el => el.cloneNode().outerHTML),
		'attributes of a clone': box => each(box, el => [...el.cloneNode().attributes].map(a => a.name + '=' + a.value).join()),
		isEqualNode: box => each(box, el => el.isEqualNode(el.cloneNode(true)) + ', ' + el.isEqualNode(template(el.outerHTML).content.firstChild)),
		importNode: box => lines(document.importNode(box, true).innerHTML),
		'importNode into a document without a window': box => lines(inert().importNode(box, true).innerHTML),
		'adoptNode of a clone into a document without a window': box => lines(inert().adoptNode(box.cloneNode(true)).innerHTML),
		'Range.cloneContents': box => {
			const range = box.ownerDocument.createRange();
			range.selectNodeContents(box);
			const copy = range.cloneContents(), into = document.createElement('div');
			const text = serialise(copy);
			into.append(copy);
			return text.concat(lines(into.innerHTML));
		},
		'a template': box => lines(template(box.innerHTML).innerHTML).concat(serialise(template(box.innerHTML).content)),
		DOMParser: box => lines(new DOMParser().parseFromString(box.innerHTML, 'text/html').documentElement.outerHTML),
		'a textarea': box => {
			const t = document.createElement('textarea');
			t.value = box.innerHTML;
			return lines(t.value).concat(lines(t.textContent = box.innerHTML), lines(t.outerHTML));
		},
	},
	moves: {
		'a clone, put elsewhere': box => {
			const place = elsewhere();
			place.append(box.cloneNode(true));
			return lines(place.innerHTML);
		},
		'a shadow root, cloned': box => {
			const shadow = elsewhere().attachShadow({ mode: 'open', serializable: true });
			shadow.append(...box.cloneNode(true).childNodes);
			return lines(shadow.innerHTML).concat(lines(shadow.getHTML()), lines(shadow.host.getHTML({ serializableShadowRoots: true })));
		},
		'Range.extractContents, and back': box => {
			const range = box.ownerDocument.createRange();
			range.selectNodeContents(box);
			const content = range.extractContents(), text = serialise(content);
			box.append(content);
			return text.concat(lines(box.innerHTML));
		},
		'elements taken out, and back': box => each(box, el => {
			const parent = el.parentNode, next = el.nextSibling;
			el.remove();
			const out = el.outerHTML;
			parent.insertBefore(el, next);
			return out + el.outerHTML;
		}),
		'adopted by a document without a window, and back': box => {
			const other = inert(), nodes = [...box.childNodes];
			other.body.append(...nodes);
			const text = lines(other.body.innerHTML);
			box.append(...nodes);
			return text.concat(lines(box.innerHTML));
		},
		normalize: box => { box.normalize(); return lines(box.innerHTML); },
		'innerHTML of itself': box => {
			box.innerHTML = box.innerHTML;
			return lines(box.innerHTML);
		},
	},
	changes: {
		MutationObserver: box => {
			const observer = new MutationObserver(() => {});
			observer.observe(box, { subtree: true, attributes: true, attributeOldValue: true, childList: true, characterData: true });
			for (const el of kinds(box)) {
				for (const n of el.getAttributeNames()) el.setAttribute(n, el.getAttribute(n));
				el.setAttribute('title', 'autre');
				el.removeAttribute('title');
			}
			for (const el of box.kept.filter(el => /^(img|script)$/.test(kindOf(el)))) el.parentNode.insertBefore(el, el.nextSibling);
			const records = observer.takeRecords();
			observer.disconnect();
			return records.map(r => [kindOf(r.target), r.type, r.attributeName, r.attributeNamespace, r.oldValue, [...r.addedNodes].map(n => n.outerHTML), [...r.removedNodes].map(n => n.outerHTML)].join());
		},
		'alt changed': box => each(box, el => {
			el.setAttribute('alt', 'autre');
			return el.outerHTML;
		}),
		'another held address, set': box => each(box, el => own(el).map(n => {
			el.setAttribute(n, 'https://live.staticflickr.com/9/' + n + '.jpg');
			return el.getAttribute(n) + el.outerHTML;
		})),
		'another held address, by Attr': box => each(box, el => own(el).map(n => {
			const a = el.getAttributeNode(n);
			a.value = 'https://live.staticflickr.com/10/' + n + '.jpg';
			return a.value + el.getAttribute(n) + (el.getAttributeNode(n) === a) + el.outerHTML;
		})),
		'an own address, set, then a held one': box => each(box, el => own(el).map(n => {
			el.setAttribute(n, '/own.gif?' + n);
			const first = el.outerHTML;
			el.setAttribute(n, 'https://live.staticflickr.com/11/' + n + '.jpg');
			return first + el.outerHTML;
		})),
		removeAttribute: box => each(box, el => own(el).map(n => {
			const old = el.getAttribute(n);
			el.removeAttribute(n);
			const text = el.outerHTML + el.hasAttribute(n) + el.getAttribute(n) + el.getAttributeNames() + (el[n] && el[n].baseVal || el[n]) + new XMLSerializer().serializeToString(el.cloneNode());
			el.setAttribute(n, old);
			return text + el.outerHTML;
		})),
		removeAttributeNode: box => each(box, el => own(el).map(n => {
			const a = el.removeAttributeNode(el.getAttributeNode(n));
			const text = a.name + a.value + a.ownerElement + el.outerHTML;
			el.setAttributeNode(a);
			return text + el.outerHTML;
		})),
		removeNamedItem: box => each(box, el => own(el).map(n => {
			const a = el.attributes.removeNamedItem(n), text = el.outerHTML;
			el.attributes.setNamedItem(a);
			return text + a.value + el.outerHTML;
		})),
		toggleAttribute: box => each(box, el => own(el).map(n => el.toggleAttribute(n) + el.outerHTML + el.toggleAttribute(n) + el.outerHTML)),
	},
};
const own = el => el.getAttributeNames().filter(n => /^(src|srcset|href|data|poster|action|formaction)$/.test(n));

// A line for each reading: the way in, the way back, what is read. Groups are in this order, for a row finds what the last one left.
const read = () => {
	const all = {};
	for (const way of Object.keys(boxes)) groups.filter(group => has(way, group)).forEach((group, i) => {
		for (const name of Object.keys(readers[group])) {
			try {
				all[way + ' → ' + name] = readers[group][name](boxes[way][i]).map(line => String(line).replaceAll(location.origin, 'ORIGIN'));
			} catch (failure) {
				all[way + ' → ' + name] = ['throws ' + failure];
			}
		}
	});
	return all;
};
