// Nodes that come into a document that loads, from one that does not: a template, a parser's, a clone's.

const guardInsertion = (window, realm) => {
	const { document, Node, Element, Document, DocumentFragment, CharacterData, DocumentType, Range, XMLHttpRequest, XSLTProcessor } = window;
	// The document's own nodes were looked at when their attributes were set, and those of another one were by its
	// guard. What comes from a document that loads nothing is looked at where something denied may stand in one.
	const from = uncurry(describe(Node.prototype, 'ownerDocument').get);
	const isForeign = node => {
		try {
			return typeof node === 'object' && from(node) !== window.document; // a frame's first one may be gone
		} catch (none) { /* no node: the native says so */ }
	};
	const lookAt = (parent, nodes) => {
		try {
			for (const node of nodes) if (isForeign(node) && isLive(Object(parent).startContainer || parent)) look(node);
		} catch (error) {
			if (!isWrongThis(error)) throw error;
		}
	};
	const after = () => {
		if (failing.size) tellSoon();
		frames(window, realm);
	};
	// Each is written out, as engines make calls fast that always call the same.
	replace(Node.prototype, 'appendChild', native => ({
		_(node) {
			if (doubt || realm.parsing) lookAt(this, [node]);
			const result = apply(native, this, arguments);
			if (busy) after();
			return result;
		},
	})._);
	replace(Node.prototype, 'insertBefore', native => ({
		_(node) {
			if (doubt || realm.parsing) lookAt(this, [node]);
			const result = apply(native, this, arguments);
			if (busy) after();
			return result;
		},
	})._);
	for (const [owners, names] of [
		[[Node], 'replaceChild'],
		[[Element, Document, DocumentFragment], 'append prepend replaceChildren moveBefore'],
		[[Element, CharacterData, DocumentType], 'before after replaceWith'],
		[[Element], 'insertAdjacentElement'],
		[[Range], 'insertNode surroundContents'],
	]) {
		for (const { prototype } of owners) for (const name of names.split(' ')) {
			replace(prototype, name, native => ({
				_() {
					if (doubt || realm.parsing) lookAt(this, arguments);
					const result = apply(native, this, arguments);
					if (busy) after();
					return result;
				},
			})._);
		}
	}
	wrap(Element.prototype, 'attachShadow', (native, self, args) => {
		const root = apply(native, self, args);
		shadows = true;
		if (root.mode === 'closed') remember(guard.roots, root);
		return root;
	});
	const { cloneNode } = Node.prototype, adopt = Document.prototype.adoptNode;
	wrap(Document.prototype, 'importNode', (native, self, args) => {
		const [node, options] = args;
		if ((doubt || realm.parsing) && isForeign(node) && isLive(self)) {
			try {
				if (documentOf(node) !== self) {
					const copied = apply(cloneNode, node, [options === true || !!options && !options.selfOnly]);
					if (look(copied)) return apply(adopt, self, [copied]);
				}
			} catch (none) { /* no node */ }
		}
		return apply(native, self, args);
	});
	wrap(Document.prototype, 'adoptNode', (native, self, args) => {
		if (doubt || realm.parsing) lookAt(self, args);
		return apply(native, self, args);
	});
	// How what is denied comes to stand in a document that loads nothing, beside by markup and attributes.
	realm.listeners.push([null, 'readystatechange', () => {
		if (realm.parsing && [...findInDocument(window.document, 'template')].some(el => suspicious(innerOf(el), true))) doubt = true;
		realm.parsing = false;
	}]);
	const parses = (native, self, args) => {
		if (args.length) args[0] = textual(args[0]);
		if (args.length > 1 && args[1] !== 'text/html' || typeof args[0] === 'symbol' || suspicious(`${args[0]}`, true)) doubt = true;
		return apply(native, self, args);
	};
	wrap(window.DOMParser.prototype, 'parseFromString', parses);
	wrap(Document, 'parseHTML parseHTMLUnsafe', parses);
	wrap(XMLHttpRequest.prototype, 'responseXML', (native, self) => {
		const page = apply(native, self, []);
		if (page) doubt = true;
		return page;
	}, 'get');
	wrap(XMLHttpRequest.prototype, 'responseType', (native, self, args) => {
		if ((args[0] = textual(args[0])) === 'document') doubt = true;
		return apply(native, self, args);
	}, 'set');
	wrap(XSLTProcessor && XSLTProcessor.prototype, 'transformToDocument', (native, self, args) => {
		doubt = true;
		return apply(native, self, args);
	});
	wrap(XSLTProcessor && XSLTProcessor.prototype, 'transformToFragment', (native, self, args) => {
		if (args[1] !== document) return apply(native, self, args);
		const nodes = apply(native, self, [args[0], inert]);
		if (nodes) look(nodes);
		return nodes && apply(adopt, document, [nodes]);
	});
};
