// Markup in strings: the browser parses it, in a document that loads nothing, and what comes of it is looked
// at. Where nothing is held, the native gets the very argument.

const tags = new RegExp('<(' + Object.keys(loads).join('|') + '|style)[\\s/>]|\\sstyle\\s*=', 'i');
// Addresses with a host, and what may be one: it is looked for where a tag of an element that loads stands.
const hosts = /[/\\](?:[\t\n\r]*[/\\])+([^/\\?#"'<>\s&]*)([^]?)|&(?:#|sol|bsol|colon|tab|newline)|(?:https?|wss?|ftp)[\t\n\r]*:(?![/\\][/\\])/gi;
const signs = /[:\\&]|\/[/\n\t\r]|<(?:i?frame|embed|object|script)|data-consent-/i; // what it goes by, at one glance where the text is short
// Whether something in it may be held, where scripts in it run or not. It may err on the side of looking.
const suspicious = (text, runs) => {
	if (!tags.test(text) || text.length < 500 && !signs.test(text) && !isBaseDenied()) return false;
	const framing = /<(?:i?frame|embed|object)/i.test(text), more = framing || /<script/i.test(text);
	if (framing) expectFrames();
	if (isBaseDenied() || more && /(?:blob|data):/i.test(text)) return true;
	if (!more && ![':', '//', '\\', '&', '/\n', '/\t', '/\r', HELD].some(sign => text.includes(sign))) return false; // no address has a host
	if (/\\/.test(text) && /style/i.test(text) || /srcdoc\s*=/i.test(text) || runs && /<script/i.test(text)) return true;
	if (text.includes(HELD)) return true;
	hosts.lastIndex = 0;
	for (let found; (found = hosts.exec(text));) {
		const [, host, next] = found;
		if (!host || /[^\w.:-]|\.$/.test(host) || /[\t\n\r&]/.test(next) || deniedFor(ownerOfHost(host.replace(/:\d*$/, '').toLowerCase()))) return true;
	}
	return false;
};

// The nodes that markup makes in an element, or what a method makes of it there; nothing where nothing in it is held.
const withheld = (context, args, method = setInner) => {
	const twin = importInert(context);
	if (element.closest.call(context, 'form')) inert.createElement('form').append(twin); // else a form in it would stand
	// It is parsed as without scripts, where there are elements in <noscript>, not text, as in another element.
	const noscript = /<(\/?)noscript(?=[\s/>])/gi, raw = noscript.test(`${args[0]}`);
	// Shadow trees that it declares are made here, where closed ones are known.
	const declares = method.name === 'setHTMLUnsafe' && args.length < 2 && /shadowrootmode/i.test(args[0]);
	if (declares) method = setInner;
	apply(method, twin, raw ? [`${args[0]}`.replace(noscript, '<$1noframes'), ...args.slice(1)] : args);
	if (!look(twin, /shadowroot/i.test(args[0])) & !(declares && [...twin.children].map(declared).some(Boolean))) return;
	if (raw) findIn(twin, 'noframes').forEach(el => {
		const own = inert.createElement('noscript');
		own.append(textOf(el));
		dress(own, authored(el));
		el.replaceWith(own);
	});
	const nodes = inert.createDocumentFragment();
	nodes.append(...twin.childNodes);
	return nodes;
};
// Makes the shadow trees that templates declare; tells whether something is held in them.
const declared = root => {
	let found;
	for (const template of findIn(root, 'template[shadowrootmode]')) {
		const host = parentOf(template), has = name => get(template, 'shadowroot' + name) !== null;
		try {
			const tree = apply(attachShadow, host, [{ mode: get(template, 'shadowrootmode').toLowerCase(), delegatesFocus: has('delegatesfocus'), clonable: has('clonable'), serializable: has('serializable') }]);
			tree.append(template.content);
			template.remove();
			remember(guard.roots, tree);
			found = look(tree) || found;
			found = [...tree.children].map(declared).some(Boolean) || found;
		} catch (none) { /* no host, or it has one */ }
	}
	return found;
};
const { attachShadow } = element;
// The document that a srcdoc holds, with what is denied held; nothing where that is nothing.
const embedded = (text, type = 'text/html') => {
	try {
		const page = new DOMParser().parseFromString(text, type);
		return look(page) && { srcdoc: (page.doctype && type === 'text/html' ? '<!doctype html>' : '') + outerOf(page.documentElement) };
	} catch (trusted) { /* types are demanded */ }
};

const guardMarkup = (window, realm) => {
	const { document, Element, ShadowRoot, Document, Range, XMLSerializer } = window;
	const all = Element.prototype, puts = ['beforeBegin', 'afterBegin', 'beforeEnd', 'afterEnd'].map(at => at.toLowerCase());
	// Calls put with the nodes that go in instead of the markup, where something in it is held.
	const parsing = (native, self, args, at, context, put, method) => {
		if (args.length > at) args[at] = textual(args[at]);
		const text = args[at], looks = args.length > at && typeof text !== 'symbol' && context && suspicious(`${text}`), live = looks && isLive(self) && kindOf(context) !== 'template';
		if (looks && (!live || /<template/i.test(text))) doubt = true;
		const nodes = live && withheld(context, method ? args : [text], method);
		const result = nodes ? put(nodes) : apply(native, self, args);
		if (busy) frames(window, realm);
		return result;
	};
	// The element in which a node's siblings are parsed.
	const around = node => node && (node.localName === 'html' || node.nodeType !== 1 ? document.body : node);
	for (const { prototype } of [Element, ShadowRoot]) {
		const fill = prototype.replaceChildren;
		const inner = (native, self, args) => parsing(native, self, args, 0, self && (self.host || self), nodes => { apply(fill, self, [nodes]); });
		replace(prototype, 'innerHTML', native => ({
			_(text) {
				if (typeof text !== 'string' || suspicious(text)) return void attempt(inner, native, this, arguments);
				apply(native, this, arguments);
				if (busy) frames(window, realm);
			},
		})._, 'set');
		wrap(prototype, 'setHTML setHTMLUnsafe', (native, self, args) => parsing(native, self, args, 0, self && (self.host || self), nodes => { apply(fill, self, [nodes]); }, native));
	}
	const { replaceWith, before, prepend, append, after } = all;
	wrap(all, 'outerHTML', (native, self, args) => parsing(native, self, args, 0, around(self && parentOf(self)), nodes => { apply(replaceWith, self, [nodes]); }), 'set');
	const adjacent = (native, self, args) => {
		const at = puts.indexOf(typeof args[0] === 'string' ? args[0].toLowerCase() : '');
		return parsing(native, self, args, 1, at < 0 || !self ? null : around(at % 3 ? self : parentOf(self)), nodes => { apply([before, prepend, append, after][at], self, [nodes]); });
	};
	replace(all, 'insertAdjacentHTML', native => ({
		_(at, text) {
			if (typeof text !== 'string' || suspicious(text)) return attempt(adjacent, native, this, arguments);
			apply(native, this, arguments);
			if (busy) frames(window, realm);
		},
	})._);
	wrap(Range.prototype, 'createContextualFragment', (native, self, args) => {
		const start = self && self.startContainer, range = inert.createRange();
		if (!args.length || typeof args[0] === 'symbol') return apply(native, self, args);
		args[0] = textual(args[0]);
		const context = around(start && start.nodeType === 1 ? start : start && start.parentElement) || document.body;
		const looks = suspicious(`${args[0]}`, true);
		if (looks && (!isLive(context) || /<template/i.test(args[0]))) doubt = true;
		if (looks && isLive(context)) {
			range.selectNodeContents(inert.body.appendChild(importInert(context)));
			const nodes = apply(native, range, args);
			inert.body.textContent = '';
			if (look(nodes)) return document.adoptNode(nodes);
		}
		return apply(native, self, args);
	});
	wrap(Document.prototype, 'execCommand', (native, self, args) => {
		let [command, , value] = args;
		if (/^insertImage$/i.test(command)) value = '<img src="' + `${value}`.replace(/"/g, '&quot;') + '">';
		else if (!/^insertHTML$/i.test(command)) return apply(native, self, args);
		const nodes = isLive(self) && typeof value !== 'symbol' && suspicious(`${value}`) && withheld(document.body, [value]);
		if (!nodes) return apply(native, self, args);
		const box = inert.createElement('div');
		box.append(nodes);
		return apply(native, self, ['insertHTML', false, innerOf(box)]);
	});

	// What is held is not read.
	const { getHTML } = Element.prototype;
	const reading = (native, self, args) => {
		const text = apply(native, self, args);
		if (!text.includes(MARK) || !text.includes(HELD)) return text;
		if (native.name === 'serializeToString') return apply(native, self, [restoreAll(args[0])]);
		const restored = restoreAll(self);
		return self.host ? native.name === 'getHTML' ? apply(getHTML, restored, args) : innerOf(restored) : apply(native, restored, args);
	};
	for (const { prototype } of [Element, ShadowRoot]) {
		wrap(prototype, 'innerHTML outerHTML', reading, 'get');
		wrap(prototype, 'getHTML', reading);
	}
	wrap(XMLSerializer.prototype, 'serializeToString', reading);
};
// A copy of a tree as its author wrote it.
const restoreAll = root => {
	if (root.nodeType === 9) {
		const page = root.cloneNode(true);
		restore(page.documentElement);
		return page;
	}
	if (root.nodeType !== 11) return root.nodeType === 1 ? restore(importInert(root, true)) : root;
	// A shadow root's, or a fragment's.
	const box = inert.createElement('div');
	box.append(...[...root.childNodes].map(node => importInert(node, true)));
	restore(box);
	if (root.host) return box;
	const fragment = inert.createDocumentFragment();
	fragment.append(...box.childNodes);
	return fragment;
};
