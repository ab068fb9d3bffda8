// document.write: what is written may come in pieces. A small tokenizer (HTML, section 13.2.5) finds where a
// start tag ends; that of an element that would load what is denied is written as held. What waits for the end of
// a tag or of a comment is not in the document without the guard either.

const opens = /<!--|<!\[CDATA\[|<(\/?)([a-z][^\t\n\f\r />]*)/gi;
// What follows a tag's name: its end, or an attribute. It matches wherever it begins, so that no text takes longer than its length.
const goesOn = /[\t\n\f\r /]*(?:(>)|[^\t\n\f\r />][^\t\n\f\r />=]*(?:[\t\n\f\r ]*=[\t\n\f\r ]*(?:"[^"]*"?|'[^']*'?|[^\t\n\f\r >"'][^\t\n\f\r >]*)?)?)/y;
const raw = /^(script|style|textarea|title|xmp|iframe|noembed|noframes|noscript|plaintext)$/;
const openDocuments = new WeakMap(); // what is written into documents, by them
const CDATA = ']]>'; // in drawings and formulas
const expect = (state, name, el) => Object.assign(state, { name, el, text: '', seen: 0, depth: 0 }); // text up to its end
const begin = (document, opened) => {
	const state = { waits: '', name: '', opened };
	openDocuments.set(document, state);
	return state;
};
// The element of a start tag, in a document that loads nothing.
const elementOf = (tag, name, foreign) => {
	const box = inert.createElement(name === 'body' ? 'html' : name === 'frame' ? 'frameset' : 'template');
	apply(setInner, box, [foreign ? '<svg>' + tag : tag]);
	const all = name === 'body' ? [box.lastElementChild] : box.content ? findInFragment(box.content, '*') : findIn(box, '*');
	return all[all.length - 1];
};
const startTagOf = el => outerOf(el).replace(/<\/[^<"]*$/, '');

const guardWrite = window => {
	const { write } = window.Document.prototype;
	// Writes a text, with what is denied held, as far as it can be written.
	const written = (self, state, text) => {
		let out = '', at = 0, from = 0, next;
		const upTo = end => { out += text.slice(at, at = Math.max(at, end)); };
		const put = () => {
			const now = out;
			out = '';
			if (!now && !state.fresh) return;
			state.fresh = false;
			const inner = begin(self, state.opened); // a script in it may write too, before the rest
			apply(write, self, [now]);
			flush(self, inner);
			if (openDocuments.get(self) === inner) openDocuments.set(self, state);
		};
		for (;;) {
			if (state.name) {
				// The text of a script may have scripts in comments (HTML, section 13.2.5.24 and on).
				const whole = state.text + text.slice(from), before = from - state.text.length, { name, el } = state, isScript = name === 'script';
				const close = name === CDATA ? /]]>/g : new RegExp((isScript ? '<!--|-->|<(?:script(?=[\\t\\n\\f\\r />])|/' : '<(?:/') + name + '(?=[\\t\\n\\f\\r />]))', 'gi');
				close.lastIndex = state.seen;
				let ends;
				while (name !== 'plaintext' && (ends = close.exec(whole))) {
					const [token] = ends;
					if (name === CDATA || token[1] === '/' && state.depth < 2) break;
					state.depth = token === '-->' ? 0 : token[1] === '/' ? 1 : token === '<!--' ? state.depth || 1 : state.depth && 2;
					if (token === '<!--') close.lastIndex -= 2;
					state.seen = close.lastIndex;
				}
				const end = ends ? before + ends.index : text.length;
				if (!ends) {
					next = text.length;
					state.text = isScript || el ? whole : whole.slice(-name.length - 2); // its end may have begun
					break;
				}
				if (el) {
					const own = whole.slice(0, ends.index), css = name === 'style';
					const judged = css ? inertCSS(own).judged : get(el, 'src') === null && deniedText(el, own);
					if (judged) {
						upTo(end);
						put();
						const stands = [...findInDocument(self, name)].pop(); // whose end tag comes
						if (stands && css) screen(stands);
						else if (stands) wear(stands, authored(stands), judged);
					}
				}
				state.name = '';
				from = Math.max(end, 0);
			}
			opens.lastIndex = from;
			const tag = opens.exec(text);
			if (!tag) {
				next = from + text.slice(from).search(state.foreign ? /<(?:\/|!-?|!\[[CDAT[]*)?$/i : /<(?:\/|!-?)?$/);
				break;
			}
			next = tag.index;
			if (tag[0].length > 4 && !tag[2]) {
				from = opens.lastIndex;
				if (state.foreign) expect(state, CDATA);
				continue;
			}
			if (!tag[2]) {
				const end = /--!?>/g;
				end.lastIndex = next + 2;
				if (!end.test(text)) break;
				from = end.lastIndex;
				continue;
			}
			goesOn.lastIndex = opens.lastIndex;
			let part;
			do part = goesOn.exec(text); while (part && !part[1]);
			if (!part) break;
			from = goesOn.lastIndex;
			const name = tag[2].toLowerCase(), markup = text.slice(next, from);
			if (/^(svg|math)$/.test(name)) state.foreign = !tag[1] && !/\/>$/.test(markup);
			if (tag[1]) continue;
			const isText = raw.test(name) && (!state.foreign || name === 'script' && !/\/>$/.test(markup)), keeps = isText && /^s/.test(name);
			const looks = suspicious(markup, true), el = (looks || keeps) && elementOf(markup, name, state.foreign);
			if (looks && el && screen(el)) {
				upTo(next);
				out += startTagOf(el) + (state.foreign && /\/>$/.test(markup) ? '</' + el.localName + '>' : '');
				at = from;
			}
			if (name === 'base') { // by which the addresses behind it are judged
				upTo(from);
				put();
			}
			if (isText) expect(state, name, keeps && el);
		}
		if (next < from) next = text.length;
		upTo(next);
		put();
		state.waits = text.slice(at);
	};
	const flush = (self, state) => {
		const text = state.waits;
		state.waits = state.name = '';
		if (text) apply(write, self, [text]);
	};
	wrap(window.Document.prototype, 'write writeln', (native, self, args, name) => {
		if (!isLive(self)) doubt = true;
		// Trusted types stay so where nothing in them is held, and where the page demands them.
		const trusted = args.filter(text => text && /^Trusted/.test(text[toStringTag]));
		if (!isLive(self) || args.some(text => typeof text === 'symbol') || trusted[0] && !trusted.some(text => suspicious(`${text}`, true) && embedded(text))) return apply(native, self, args);
		const isDone = self.readyState !== 'loading'; // so that it opens the document anew
		const state = !isDone && openDocuments.get(self) || begin(self, isDone);
		state.fresh = true; // also what is empty may open it
		try {
			written(self, state, state.waits + args.join('') + (name === 'writeln' ? '\n' : ''));
		} catch (error) {
			if (!trusted[0]) throw error;
			apply(native, self, args);
		}
		// Behind a script comes what the document itself goes on with.
		if ((state.waits || state.name) && (self.currentScript || !state.opened)) soon(() => flush(self, state));
		install(window); // also where it has opened the document anew
	});
	wrap(window.Document.prototype, 'close', (native, self, args) => {
		const state = self && openDocuments.get(self);
		if (state) flush(self, state);
		openDocuments.delete(self);
		return apply(native, self, args);
	});
};
