// Nodes that come into a document that loads, from one that does not: a template, a parser's, a clone's.

const guardInsertion = (window, realm) => {
	const { document, Node, Element, Document, DocumentFragment, CharacterData, DocumentType, Range } = window;
	// The way of nearly all calls: the document's own nodes were looked at when their attributes were set.
	const lookAt = (parent, args) => {
		if (!parent || !isLive(parent)) return;
		for (const node of args) {
			if (node && typeof node === 'object' && node.ownerDocument !== document) {
				try {
					if (documentOf(node) !== document) look(node);
				} catch (none) { /* no node: the native says so */ }
			}
		}
	};
	for (const [owners, names] of [
		[[Node], 'appendChild insertBefore replaceChild'],
		[[Element, Document, DocumentFragment], 'append prepend replaceChildren moveBefore'],
		[[Element, CharacterData, DocumentType], 'before after replaceWith'],
		[[Element], 'insertAdjacentElement'],
		[[Range], 'insertNode surroundContents'],
	]) {
		for (const { prototype } of owners) for (const name of names.split(' ')) {
			replace(prototype, name, native => ({
				_(node) {
					if (node && node.ownerDocument !== document || arguments.length > 1) {
						try {
							lookAt(this && this.startContainer || this, arguments);
						} catch (error) {
							if (!isWrongThis(error)) throw error;
						}
					}
					const result = apply(native, this, arguments);
					frames(window, realm);
					if (failing.size) tellSoon();
					return result;
				},
			})._);
		}
	}
	wrap(Element.prototype, 'attachShadow', (native, self, args) => {
		const root = apply(native, self, args);
		if (root.mode === 'closed') remember(guard.roots, root);
		return root;
	});
	const { cloneNode } = Node.prototype, adopt = Document.prototype.adoptNode;
	wrap(Document.prototype, 'importNode', (native, self, args) => {
		const [node, options] = args;
		let copied;
		if (node && isLive(self)) {
			try {
				if (documentOf(node) !== self && look(copied = apply(cloneNode, node, [options === true || !!options && !options.selfOnly]))) return apply(adopt, self, [copied]);
			} catch (none) { /* no node */ }
		}
		return apply(native, self, args);
	});
	wrap(Document.prototype, 'adoptNode', (native, self, args) => {
		lookAt(self, args);
		return apply(native, self, args);
	});
	wrap(window.XSLTProcessor && window.XSLTProcessor.prototype, 'transformToFragment', (native, self, args) => {
		if (args[1] !== document) return apply(native, self, args);
		const nodes = apply(native, self, [args[0], inert]);
		if (nodes) look(nodes);
		return nodes && apply(adopt, document, [nodes]);
	});
};
