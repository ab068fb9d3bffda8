// document.write: what is written may come in pieces. A small tokenizer (HTML, section 13.2.5) finds where a
// start tag ends; that of an element that would load what is denied is written as held.

const start = new RegExp('<!--[^]*?(?:-->|$)|<(/?)([a-z][^\\s/>]*)((?:[^>"\']|"[^"]*"|\'[^\']*\')*)(>?)', 'gi');
const raw = /^(script|style|textarea|title|xmp|iframe|noembed|noframes|noscript)$/i;
const guardWrite = window => {
	const { write } = window.Document.prototype;
	let flush; // writes what waits
	let waits = ''; // for the end of a tag, or of a script's text
	let drawing = false; // whether a drawing is open
	// What of a text can be written, with what is denied held; the rest waits.
	const written = text => {
		let out = '', at = 0, tag;
		start.lastIndex = 0;
		while ((tag = start.exec(text))) {
			const [all, end, name, , closed] = tag, from = tag.index;
			if (!closed && !/-->$/.test(all)) return [out + text.slice(at, from), text.slice(from)];
			if (/^svg$/i.test(name)) drawing = !end;
			if (!name || end) continue;
			let next = start.lastIndex;
			if (raw.test(name)) {
				const close = new RegExp('</' + name + '[\\s/>]', 'ig');
				close.lastIndex = next;
				const ends = close.exec(text);
				next = ends ? ends.index : text.length;
				if (!ends && /^(script|style)$/i.test(name)) return [out + text.slice(at, from), text.slice(from)];
			}
			const markup = text.slice(from, next), isSheet = /^style$/i.test(name);
			if ((isSheet || loads[name.toLowerCase()] || /\sstyle\s*=/i.test(all) && !/\/>$/.test(all)) && suspicious(markup, true)) {
				const box = inert.createElement('template');
				box.innerHTML = drawing ? '<svg>' + markup : /^frame$/i.test(name) ? '' : /^t(head|body|foot)$/i.test(name) ? '<table>' + markup : /^(tr|td|th)$/i.test(name) ? '<table><tr>' + markup : markup;
				if (/^frame$/i.test(name)) {
					const set = inert.createElement('frameset');
					set.innerHTML = markup;
					box.content.append(set);
				}
				const el = [...findInFragment(box.content, name.toLowerCase() + ',feImage,img')].pop();
				if (el && (el.textContent += '', screen(el))) {
					if (!isSheet) el.textContent = '';
					out += text.slice(at, from) + outerOf(el).replace(/<\/[^<]*$/, '') + (/\/>$/.test(all) && drawing ? '</' + el.localName + '>' : '') + (isSheet ? '' : text.slice(start.lastIndex, next));
					at = next;
				}
			}
			start.lastIndex = next;
		}
		const open = text.slice(at).search(/<[^<>]*$/); // what may become a tag
		return open < 0 ? [out + text.slice(at), ''] : [out + text.slice(at, at + open), text.slice(at + open)];
	};
	wrap(window.Document.prototype, 'write writeln', (native, self, args, name) => {
		if (!isLive(self)) doubt = true;
		if (!isLive(self) || args.some(text => typeof text === 'symbol' || /^Trusted/.test(text && text[toStringTag]))) return apply(native, self, args);
		let text = waits + args.join('') + (name === 'writeln' ? '\n' : '');
		// What is behind a base element is resolved against it.
		const based = /<base\s/i.test(text) && /^([^]*<base\s(?:[^>"']|"[^"]*"|'[^']*')*>)([^]+)/i.exec(text);
		const [first, rest] = based ? written(based[1]) : [, true];
		if (!rest) {
			waits = '';
			apply(write, self, [first]);
			text = based[2];
		}
		const [now, later] = written(text);
		flush = () => {
			const text = waits;
			waits = '';
			if (text) apply(write, self, [text]);
		};
		waits = '';
		apply(write, self, [now]); // a script in it may write too, before the rest
		flush();
		waits = later;
		if (later.length > 65536) flush();
		else if (later) soon(flush);
		install(window); // also where it has opened the document anew
	});
	wrap(window.Document.prototype, 'close', (native, self, args) => {
		if (flush) flush();
		return apply(native, self, args);
	});
};
