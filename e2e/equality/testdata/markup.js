// Runs markup through every way by which a page makes nodes of it, and describes all that can be seen of
// what comes of it: the tree, the records of mutations, what is thrown, what is returned, what runs.
// A page without the module and one with it must tell the same.
'use strict';
const equal = (() => {
	// ---- Describing

	const namespaces = { 'http://www.w3.org/1999/xhtml': '', 'http://www.w3.org/2000/svg': 'svg ', 'http://www.w3.org/1998/Math/MathML': 'math ' };
	// A form's fields hide its own members.
	const member = (node, name) => {
		if (!(node instanceof HTMLFormElement)) return node[name];
		let owner = HTMLFormElement.prototype;
		while (owner && !Object.prototype.hasOwnProperty.call(owner, name)) owner = Object.getPrototypeOf(owner);
		return owner && Reflect.get(owner, name, node);
	};
	const ours = node => member(node, 'nodeType') === 1 && member(node, 'hasAttribute').call(node, 'data-caddy-consent');
	// In documents that have come through the module, what it adds is left out, and texts that it parts are one.
	const tree = (node, leaving) => {
		const children = parent => {
			let out = '', text = false;
			for (const child of member(parent, 'childNodes')) {
				if (leaving && ours(child)) continue;
				if (member(child, 'nodeType') === 3 && leaving && text) out = out.slice(0, -1) + JSON.stringify(child.data).slice(1);
				else out += tree(child, leaving);
				text = member(child, 'nodeType') === 3;
			}
			return out;
		};
		switch (member(node, 'nodeType')) {
			case 1: {
				const [namespaceURI, nodeName, prefix, attributes, content, root] = ['namespaceURI', 'nodeName', 'prefix', 'attributes', 'content', 'shadowRoot'].map(name => member(node, name));
				let out = '<' + (namespaceURI in namespaces ? namespaces[namespaceURI] : namespaceURI + ' ') + (prefix ? prefix + '|' : '') + nodeName;
				for (const a of attributes) out += ' ' + (a.namespaceURI ? a.namespaceURI + '|' : '') + a.name + '=' + JSON.stringify(a.value);
				if (root) out += ' #shadow ' + [root.mode, root.delegatesFocus, root.slotAssignment, root.clonable, root.serializable] + '(' + children(root) + ')';
				if (content && content.nodeType === 11) out += ' #content ' + (content.ownerDocument === document) + '(' + children(content) + ')';
				return out + '>' + children(node) + '</>';
			}
			case 3: return JSON.stringify(node.data);
			case 4: return '<![CDATA[' + node.data + ']]>';
			case 7: return '<?' + node.target + ' ' + node.data + '?>';
			case 8: return '<!--' + node.data + '-->';
			case 9: return '#document ' + node.compatMode + '(' + children(node) + ')';
			case 10: return '<!DOCTYPE ' + [node.name, node.publicId, node.systemId].map(x => JSON.stringify(x)) + '>';
			case 11: return '#fragment(' + children(node) + ')';
		}
		return '#' + node.nodeType;
	};
	const path = node => {
		let out = '';
		const parent = () => node && node !== box && member(node, 'parentNode') && member(member(node, 'parentNode'), 'nodeName') !== 'BODY' && member(node, 'parentNode');
		for (; parent(); node = parent()) out = '/' + [...member(parent(), 'childNodes')].indexOf(node) + member(node, 'nodeName') + out;
		return out || (node ? member(node, 'nodeName') : node);
	};
	const names = nodes => [...nodes].map(n => n && member(n, 'nodeName')).join();
	const record = r => [r.type, path(r.target), names(r.addedNodes), names(r.removedNodes), names([r.previousSibling]),
		names([r.nextSibling]), r.attributeName, r.oldValue].join(' ');
	const thrown = e => 'throws ' + (e && e.constructor && e.constructor.name) + ' ' + (e && e.name) + ': ' + (e && e.message) + (e instanceof Object);
	const own = text => String(text).replace(/localhost:\d*/g, 'HOST'); // also of an address that is not written to its end

	// ---- What is said and done meanwhile

	const said = [];
	window.ran = what => said.push('ran ' + what);
	addEventListener('error', e => { if (e.message) said.push('error ' + e.message); }, true);
	for (const level of ['debug', 'log', 'info', 'warn', 'error']) {
		const native = console[level];
		console[level] = (...args) => {
			said.push(level + ' ' + args.join(' '));
			native.apply(console, args);
		};
	}
	if (window.customElements) customElements.define('x-test', class extends HTMLElement {
		constructor() { super(); said.push('constructed ' + this.attributes.length + this.childNodes.length); }
		static get observedAttributes() { return ['a', 'src']; }
		attributeChangedCallback(...args) { said.push('changed ' + args); }
		connectedCallback() { said.push('connected ' + this.childNodes.length + path(this.parentNode)); }
		disconnectedCallback() { said.push('disconnected'); }
		adoptedCallback() { said.push('adopted'); }
	});

	// ---- Ways

	const box = document.createElement('div');
	box.id = 'equality';
	let body; // which images named so would hide
	addEventListener('DOMContentLoaded', () => {
		({ body } = document);
		body.append(box);
	});
	const make = name => name.startsWith('svg') && name !== 'svg' || name === 'svg' ? document.createElementNS('http://www.w3.org/2000/svg', name.replace('svg:', '')) :
		name.startsWith('math') ? document.createElementNS('http://www.w3.org/1998/Math/MathML', name.replace('math:', '')) : document.createElement(name);
	const put = name => box.appendChild(make(name));
	const parse = markup => new DOMParser().parseFromString(markup, 'text/html');
	// A table's cell, for what depends on where it stands.
	const cell = () => {
		const table = put('table');
		const row = table.appendChild(make('tbody')).appendChild(make('tr'));
		row.append(make('td'), make('td'));
		return row.firstChild;
	};

	const ways = {};
	const contexts = ['div', 'table', 'tbody', 'tr', 'td', 'select', 'template', 'svg', 'svg:foreignObject', 'svg:desc', 'math', 'math:mi', 'p', 'textarea', 'title', 'script', 'style', 'noscript', 'iframe',
		'html', 'head', 'body', 'frameset', 'colgroup', 'caption', 'button', 'x-test'];
	for (const name of contexts) {
		if (!/html|head|body|frameset/.test(name)) ways['innerHTML of ' + name] = markup => { put(name).innerHTML = markup; };
		ways['innerHTML of a detached ' + name] = markup => {
			const e = make(name);
			e.innerHTML = markup;
			return e;
		};
	}
	for (const name of ['p', 'tr', 'td', 'svg:g']) {
		ways['outerHTML in ' + name] = markup => {
			const e = put(name).appendChild(make('b'));
			e.outerHTML = markup;
			return e;
		};
	}
	ways['outerHTML of what has no parent'] = markup => { make('p').outerHTML = markup; };
	ways['outerHTML of the document\'s element'] = markup => { document.implementation.createHTMLDocument('').documentElement.outerHTML = markup; };
	for (const where of ['beforebegin', 'afterbegin', 'beforeend', 'afterend', 'BeforeEnd', 'nowhere']) {
		ways['insertAdjacentHTML ' + where] = markup => { const p = put('p'); p.append('a', make('b')); return p.lastChild.insertAdjacentHTML(where, markup); };
		ways['insertAdjacentHTML ' + where + ' of a cell'] = markup => cell().insertAdjacentHTML(where, markup);
		ways['insertAdjacentHTML ' + where + ' of what is detached'] = markup => { const e = make('i'); return [e.insertAdjacentHTML(where, markup), tree(e)]; };
	}
	const fragments = { body: () => body, td: cell, template: () => put('template'), svg: () => put('svg'), html: () => document.documentElement, text: () => put('p').appendChild(document.createTextNode('abc')) };
	for (const name of Object.keys(fragments)) {
		ways['createContextualFragment in ' + name] = markup => {
			const r = document.createRange(), e = fragments[name]();
			if (name === 'text') r.setStart(e, 1); else r.selectNodeContents(e);
			return r.createContextualFragment(markup);
		};
	}
	ways['createContextualFragment, appended'] = markup => {
		const r = document.createRange();
		r.selectNodeContents(box);
		const f = r.createContextualFragment(/document|ownerDocument/.test(markup) ? markup.replace(/<\/?script/gi, '<b') : markup);
		return [box.appendChild(f), tree(f)];
	};
	for (const method of ['setHTMLUnsafe', 'setHTML']) {
		if (!Element.prototype[method]) continue;
		for (const name of ['div', 'td', 'template', 'svg']) ways[method + ' of ' + name] = markup => put(name)[method](markup);
		ways[method + ' of a shadow root'] = markup => put('div').attachShadow({ mode: 'open' })[method](markup);
	}
	for (const mode of ['open', 'closed']) {
		ways['innerHTML of a shadow root, ' + mode] = markup => {
			const root = put('p').attachShadow({ mode });
			root.innerHTML = markup;
			return [tree(root), root.innerHTML];
		};
	}
	for (const type of ['text/html', 'application/xhtml+xml', 'image/svg+xml', 'text/xml']) ways['DOMParser ' + type] = markup => new DOMParser().parseFromString(markup, type);
	if (Document.parseHTMLUnsafe) ways['parseHTMLUnsafe'] = markup => Document.parseHTMLUnsafe(markup);
	ways['DOMParser, XMLSerializer'] = markup => new XMLSerializer().serializeToString(parse(markup));
	const putting = {
		append: (p, nodes) => p.append(...nodes), prepend: (p, nodes) => p.prepend(...nodes), replaceChildren: (p, nodes) => p.replaceChildren(...nodes),
		before: (p, nodes) => p.before(...nodes), after: (p, nodes) => p.after('a', ...nodes), replaceWith: (p, nodes) => p.replaceWith(...nodes),
		appendChild: (p, nodes) => nodes.map(n => p.appendChild(n) === n), insertBefore: (p, nodes) => nodes.map(n => p.insertBefore(n, p.firstChild) === n),
		replaceChild: (p, nodes) => { const old = p.lastChild; return p.replaceChild(nodes[0], old) === old; },
		insertAdjacentElement: (p, nodes) => names([p.insertAdjacentElement('afterend', nodes[0])]),
		'appendChild of a clone': (p, nodes) => { for (const n of nodes) p.appendChild(n.cloneNode(true)); },
		'importNode and append': (p, nodes) => { for (const n of nodes) p.append(document.importNode(n, true)); },
		'adoptNode and append': (p, nodes) => { for (const n of nodes) p.append(document.adoptNode(n)); },
		'insertNode': (p, nodes) => { const r = new Range; r.selectNodeContents(p); for (const n of nodes) r.insertNode(n); },
		'surroundContents': (p, nodes) => { const r = new Range; r.selectNodeContents(p); r.surroundContents(nodes[0]); },
	};
	for (const name of Object.keys(putting)) {
		ways[name + ' of what was parsed elsewhere'] = markup => {
			const p = put('p');
			p.append('x', make('i'), 'y');
			return putting[name](p, [...parse(/document/.test(markup) ? '' : markup).body.childNodes]);
		};
	}
	ways['a template, cloned'] = markup => { const t = put('template'); t.innerHTML = markup; box.append(t.content.cloneNode(true)); };
	ways['a template, imported'] = markup => { const t = make('template'); t.innerHTML = markup; box.append(document.importNode(t.content, true)); };
	ways['a template, adopted'] = markup => { const t = make('template'); t.innerHTML = markup; box.append(t.content); return tree(t); };
	ways['innerHTML, read, set and read'] = markup => { const e = put('div'); e.innerHTML = markup; const first = e.innerHTML; e.innerHTML = first; return [first, e.innerHTML, e.outerHTML, e.textContent, e.getHTML ? e.getHTML() : '']; };
	ways['innerHTML +='] = markup => { const e = put('div'); e.innerHTML = '<b>a</b>'; e.innerHTML += markup; e.innerHTML += markup; };
	ways['insertHTML by a command'] = markup => {
		if (markup.length > 300) return '';
		const e = put('div');
		e.contentEditable = 'true';
		e.append('ab');
		getSelection().setBaseAndExtent(e.firstChild, 1, e.firstChild, 1);
		return document.execCommand('insertHTML', false, markup);
	};
	let frame;
	const blank = () => {
		if (!frame) {
			frame = document.createElement('iframe');
			body.append(frame);
			frame.contentWindow.ran = ran;
			frame.contentWindow.addEventListener('error', e => { if (e.message) said.push('error ' + e.message); }, true);
		}
		frame.contentDocument.open();
		frame.contentWindow.ran = ran; // which open has taken away
		return frame.contentDocument;
	};
	const pieces = (markup, size) => markup.length > 400 ? [markup] : markup.match(new RegExp('[^]{1,' + size + '}', 'g')) || [];
	for (const size of [Infinity, 1, 2, 3, 5, 7]) {
		ways['document.write, ' + (size < Infinity ? 'by ' + size : 'whole')] = markup => {
			const d = blank(), seen = [];
			for (const piece of size < Infinity ? pieces(markup, size) : [markup]) {
				seen.push(d.write(piece));
				if (size < 4 && !/&#?\w+</.test(markup)) seen.push(tree(d, true)); // a reference ends with the tag behind it, for which the guard waits
			}
			seen.push(tree(d, true));
			d.close();
			return seen.concat(tree(d, true));
		};
	}
	ways['document.writeln of two'] = markup => { const d = blank(); d.writeln(markup, markup); d.close(); return tree(d, true); };

	// Where a script's text holds a literal of a service, it is held.
	const literal = 'googletagmanager.com/gtag/js';
	// Those that would leave the page, or stop it.
	const leaves = /alert|confirm|prompt|print|location|refresh|debugger|<portal/i;

	const run = (name, markup) => {
		if (leaves.test(markup) || / script$/.test(name) && markup.includes(literal)) return '';
		const log = [], observer = new MutationObserver(() => {});
		box.replaceChildren();
		said.length = 0;
		observer.observe(box, { subtree: true, childList: true, attributes: true, characterData: true, attributeOldValue: true, characterDataOldValue: true });
		try {
			const result = ways[name](markup);
			log.push('returns ' + (result && result.nodeType ? tree(result) : Array.isArray(result) ? result.map(r => r && r.nodeType ? tree(r) : String(r)).join(' and ') : String(result)));
		} catch (e) {
			log.push(thrown(e));
		}
		log.push(...observer.takeRecords().map(record), tree(box));
		observer.disconnect();
		try {
			log.push(box.innerHTML);
		} catch (e) {
			log.push(thrown(e));
		}
		log.push(...said);
		return own(log.join('\n'));
	};

	// ---- Ways that take time

	const loaded = (attribute, value, during = '') => new Promise(done => {
		const e = document.createElement('iframe');
		if (during) window['during' + during] = d => value.forEach(piece => d.write(piece));
		e.onload = () => {
			let told;
			try {
				told = tree(e.contentDocument, true) + e.contentDocument.readyState;
			} catch (error) {
				told = thrown(error);
			}
			const read = during ? '' : e.getAttribute(attribute) + '\n' + e[attribute];
			e.remove();
			done(own(told + '\n' + read));
		};
		e[attribute] = during ? '/writing?' + during : value;
		body.append(e);
	});
	let count = 0;
	const slow = {
		'srcdoc': markup => loaded('srcdoc', markup),
		'document.write while parsing, whole': markup => loaded('src', [markup], ++count),
		'document.write while parsing, by 1': markup => loaded('src', pieces(markup, 1), ++count),
		'document.write while parsing, by 3': markup => loaded('src', pieces(markup, 3), ++count),
	};
	const later = async (name, markup) => {
		if (leaves.test(markup) || /<frameset|<noembed|parent|top|nofuture/i.test(markup)) return '';
		const told = await Promise.race([slow[name](markup), new Promise(done => setTimeout(done, 8000, 'never loads'))]);
		return own(told).replace(/during\d+|\?\d+/g, '');
	};

	// ---- Many at a time

	// https://github.com/bryc/code/blob/master/jshash/experimental/cyrb53.js is the idea: short, and good enough to
	// tell texts apart.
	const hash = text => {
		let a = 0xdeadbeef, b = 0x41c6ce57;
		for (let i = 0; i < text.length; i++) {
			const c = text.charCodeAt(i);
			a = Math.imul(a ^ c, 2654435761);
			b = Math.imul(b ^ c, 1597334677);
		}
		return (a >>> 0).toString(36) + (b >>> 0).toString(36);
	};
	// Of the cases behind the first, each goes through one way of so many, and of those that cost most through fewer.
	const costly = /document.write|insertHTML|innerHTML of iframe|setHTML of/;
	const skips = (name, at) => at >= equal.first && (at + equal.ways.indexOf(name)) % (equal.every * (costly.test(name) ? 4 : 1));
	return {
		ways: Object.keys(ways), slow: Object.keys(slow), run, later, first: 0, every: 1,
		choose: (first, every, names) => {
			const chosen = all => all.filter(name => new RegExp(names).test(name));
			return !!Object.assign(equal, { first, every, ways: chosen(equal.ways), slow: chosen(equal.slow) });
		},
		// What each piece of markup comes to, by hashes: a line for each way, in it a word for each of cases[from..to].
		hashes: (from, to) => equal.ways.map(name => cases.slice(from, to).map((markup, i) => skips(name, from + i) ? '-' : hash(run(name, sited(markup)))).join(' ')),
		laterHashes: async (from, to) => {
			const out = [];
			for (const name of equal.slow) out.push((await Promise.all(cases.slice(from, to).map(markup => later(name, sited(markup))))).map(hash).join(' '));
			return out;
		},
		detail: (name, index) => slow[name] ? later(name, sited(cases[index])) : run(name, sited(cases[index])),
		tree, own, thrown, record, said, box,
	};
	// Cases write HOST for the site's own.
	function sited(markup) { return markup.split('HOST').join(location.host); }
})();
