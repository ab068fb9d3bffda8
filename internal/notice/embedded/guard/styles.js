// What style sheets and declarations load that scripts write. A denied address becomes one that loads nothing, in
// its place, and holds it. What an element's author wrote is kept beside it, as with other elements that are held.

// Comments, strings, and names with what "url(" has in it (CSS Syntax, section 4.3). Each matches wherever it begins,
// so that no text takes longer than its length.
const cssToken = /\/\*[^]*?(?:\*\/|$)|("(?:[^"\\\n]|\\[^])*|'(?:[^'\\\n]|\\[^])*)|@?(?:[-\w\x80-\uffff]|\\(?:[0-9a-f]{1,6}\s?|[^\n]))+\(?|[^\s\w]/gi;
const cssBare = /\s*(?!["'\s])((?:[^\s"'()\\]|\\[^])*)/y;
const unescaped = text => text.replace(/\\(?:([0-9a-f]{1,6})\s?|([^]))/gi, (_, hex, char) => hex ? String.fromCodePoint(parseInt(hex, 16) % 0x110000) : char === '\n' ? '' : char);
// A text of CSS with what is denied made inert, and whose the last of that is.
const inertCSS = css => {
	// Names and addresses may be escaped (CSS Syntax, section 4.3.7).
	if (!/[\\/]/.test(css) || !/\\|\b(?:url|src|import|image-set)\b/i.test(css)) return { clean: css };
	let clean = '', at = 0, judged, before = '';
	const judge = (url, from) => {
		const id = url && denied(unescaped(url));
		if (!id) return;
		judged = id;
		clean += css.slice(at, from) + 'data:,#' + encodeURIComponent(url).replace(/['()]/g, escape);
		at = from + url.length;
	};
	cssToken.lastIndex = 0;
	for (let found; (found = cssToken.exec(css));) {
		const [token, string] = found;
		if (token.startsWith('/*')) continue;
		if (string) {
			if (/^(?:@import|url\(|src\(|(?:-webkit-)?image-set\(|,)$/i.test(before)) judge(string.slice(1), found.index + 1);
			if (css[cssToken.lastIndex] === string[0]) cssToken.lastIndex++;
		}
		before = string ? '' : token.includes('\\') ? unescaped(token) : token;
		if (!/^(?:url|src)\($/i.test(before)) continue;
		cssBare.lastIndex = cssToken.lastIndex;
		const bare = cssBare.exec(css);
		if (!bare) continue;
		judge(bare[1], cssBare.lastIndex - bare[1].length);
		cssToken.lastIndex = cssBare.lastIndex;
	}
	return { judged, clean: judged ? clean + css.slice(at) : css };
};

// Holds the style of an element, and the text of a style sheet, where they would load what is denied.
const TEXT = 'text';
let texts = false; // whether scripts may keep a text node of a style sheet or of a script
screenStyle = el => {
	const css = get(el, 'style'), attribute = css && inertCSS(css), sheet = kindOf(el) === 'style' && inertCSS(textOf(el));
	const judged = attribute && attribute.judged || sheet && sheet.judged;
	if (!judged) return;
	if (isHeld(el)) {
		if (attribute && attribute.judged) put(el, HELD + 'style', ''), put(el, 'style', attribute.clean);
		return judged;
	}
	const rest = authored(el).filter(([name]) => name !== 'style' || !attribute.judged), held = [[MARK, ''], [SERVICE, judged]];
	if (attribute && attribute.judged) held.push([HELD + 'style', ''], ['style', attribute.clean]);
	if (sheet && sheet.judged) {
		held.push([HELD + TEXT, textOf(el)]);
		setText(el, sheet.clean);
	}
	dress(el, [...rest, ...held]);
	return judged;
};

const guardStyles = window => {
	const clean = at => (native, self, args) => {
		if (typeof args[at] === 'string') args[at] = inertCSS(args[at]).clean;
		return apply(native, self, args);
	};
	const { CSSStyleSheet, CSSGroupingRule, CSSStyleDeclaration, CSSStyleRule, StylePropertyMap, HTMLElement, SVGElement, HTMLStyleElement, SVGStyleElement, Element, Node, CharacterData } = window;
	for (const owner of [CSSStyleSheet, CSSGroupingRule]) wrap(owner && owner.prototype, 'insertRule replace replaceSync', clean(0));
	wrap(CSSStyleSheet.prototype, 'addRule', clean(1));
	wrapClass(window, 'FontFace', args => {
		if (typeof args[1] === 'string') args[1] = inertCSS(args[1]).clean;
		return args;
	});
	// Whoever asks for an element's style may write there. It is looked at before anything is drawn.
	let asked = new Set(), last;
	const styleOf = uncurry(describe(CSSStyleRule.prototype, 'style').get);
	const cssText = describe(CSSStyleDeclaration.prototype, 'cssText'), textIn = uncurry(cssText.get), setTextIn = uncurry(cssText.set);
	const tidy = style => {
		const { judged, clean } = inertCSS(textIn(style));
		if (judged) setTextIn(style, clean);
	};
	const look = () => {
		const all = asked;
		asked = new Set();
		last = undefined;
		for (const owner of all) {
			if (owner.selectorText === undefined) {
				if (isLive(owner)) screenStyle(owner);
				else if (inertCSS(get(owner, 'style') || '').judged) doubt = true;
			} else tidy(styleOf(owner));
		}
	};
	const asks = (owner, name) => replace(owner, name, native => {
		const own = uncurry(native);
		return {
			_() {
				const style = own(this);
				if (last !== this && asked.add(last = this).size === 1) soon(look);
				return style;
			},
		}._;
	}, 'get');
	for (const owner of [HTMLElement, SVGElement, CSSStyleRule]) asks(owner.prototype, 'style');
	for (const owner of [HTMLElement, SVGElement]) if (describe(owner.prototype, 'attributeStyleMap')) asks(owner.prototype, 'attributeStyleMap');
	// These are looked at at once; a declaration may have been asked for long before.
	const sets = at => (native, style, args) => {
		if (args.length > at) args[at] = textual(args[at]);
		const result = apply(native, style, args);
		if (typeof args[at] !== 'string' || !inertCSS(args[at]).judged) return result;
		look();
		tidy(style);
		return result;
	};
	const judging = [sets(0), sets(1)];
	for (const [name, part, at] of [['cssText', 'set', 0], ['setProperty', 'value', 1]]) replace(CSSStyleDeclaration.prototype, name, native => ({
		_() {
			return typeof arguments[at] !== 'object' && !/[\\/]/.test(arguments[at]) ? apply(native, this, arguments) : attempt(judging[at], native, this, arguments);
		},
	})._, part);
	for (const owner of [HTMLElement, SVGElement, StylePropertyMap]) wrap(owner && owner.prototype, owner === StylePropertyMap ? 'set append' : 'style', (native, self, args) => {
		const result = apply(native, self, args);
		if (owner !== StylePropertyMap) asked.add(self);
		look();
		return result;
	}, owner === StylePropertyMap ? 'value' : 'set');
	// Also on elements that do not load. It is written out, as it is called often.
	const attributeSet = (el, name) => {
		try {
			if (/^style$/i.test(name)) asked.add(el), look();
		} catch (none) { /* no name, and no attribute */ }
	};
	replace(HTMLElement.prototype, 'setAttribute', native => ({
		_(name) {
			const result = apply(native, this, arguments);
			if (typeof name !== 'string' || name.length === 5 && name !== 'class' && (typeof arguments[1] !== 'string' || /[\\/]/.test(arguments[1]))) attributeSet(this, name);
			return result;
		},
	})._);
	wrap(HTMLElement.prototype, 'setAttributeNS setAttributeNode setAttributeNodeNS', (native, self, args) => {
		const result = apply(native, self, args);
		asked.add(self);
		look();
		return result;
	});
	wrap(Element.prototype, 'animate', (native, self, args) => {
		const text = args[0] && JSON.stringify(args[0]);
		let judged;
		const frames = text && JSON.parse(text, (_, value) => {
			const css = typeof value === 'string' ? inertCSS(value) : {};
			judged = judged || css.judged;
			return css.judged ? css.clean : value;
		});
		return apply(native, self, judged ? [frames, ...args.slice(1)] : args);
	});
	// Where each property has a setter of its own, as in Firefox and WebKit, an address is looked at when it is given:
	// a page that then asks for a size would load it.
	const { prototype } = window.CSSStyleProperties || CSSStyleDeclaration;
	for (const name of Object.getOwnPropertyNames(prototype)) {
		if (/^-?(webkit)?-?(background|border-?image|list-?style|mask|content$|cursor|shape-?outside)(-?(image|source))?$/i.test(name)) replace(prototype, name, native => ({
			_(value) {
				apply(native, this, arguments);
				if (typeof value !== 'string' || !/[\\/]/.test(value) || !inertCSS(value).judged) return;
				look();
				tidy(this); // it may have been asked for long before
			},
		})._, 'set');
	}
	// The text of a style sheet.
	for (const owner of [HTMLStyleElement, SVGStyleElement]) {
		const tell = (native, el, args) => {
			const result = apply(native, el, args);
			if (isLive(el)) screenStyle(el);
			else if (inertCSS(textOf(el)).judged) doubt = true;
			return result;
		};
		const set = (native, el, args) => {
			args[0] = textual(args[0]);
			if (isHeld(el)) dress(el, authored(el).filter(([name]) => name !== TEXT));
			const { judged, clean } = inertCSS(`${args[0]}`);
			if (judged && !isLive(el)) doubt = true;
			if (!judged || !isLive(el)) return apply(native, el, args);
			apply(native, el, [clean]);
			dress(el, [...authored(el), [MARK, ''], [SERVICE, judged], [HELD + TEXT, `${args[0]}`]]);
		};
		wrap(owner.prototype, 'textContent innerText innerHTML', set, 'set');
		wrap(owner.prototype, 'textContent innerText innerHTML', (native, el) => isHeld(el) && get(el, HELD + TEXT) !== null ? get(el, HELD + TEXT) : apply(native, el, []), 'get');
		wrap(owner.prototype, 'appendChild insertBefore replaceChild append prepend replaceChildren', (native, el, args) => {
			if (!isLive(el)) doubt = true;
			args.forEach((node, i) => {
				const isText = typeof node === 'string', css = isText ? node : node && typeof node === 'object' && typeOf(node) === 3 && dataOf(node);
				if (!isText && css !== false) texts = true;
				const { judged, clean } = css && isLive(el) ? inertCSS(css) : {};
				if (!judged) return;
				dress(el, [...authored(el), [MARK, ''], [SERVICE, judged], [HELD + TEXT, textOf(el) + css]]);
				if (isText) args[i] = clean;
				else setData(node, clean);
			});
			return apply(native, el, args);
		});
	}
	// A text node that a script keeps, of a style sheet or of a script.
	const data = describe(CharacterData.prototype, 'data'), dataOf = uncurry(data.get), setData = uncurry(data.set);
	const changed = node => {
		const el = parentOf(node), kind = el && typeOf(el) === 1 && kindOf(el);
		if (kind === 'script') retell(el, textOf(el));
		if (kind !== 'style' || !isLive(el)) return;
		const { judged, clean } = inertCSS(dataOf(node));
		if (!judged) return;
		dress(el, [...authored(el), [MARK, ''], [SERVICE, judged], [HELD + TEXT, textOf(el)]]);
		setData(node, clean);
	};
	for (const [owner, name, part] of [[CharacterData, 'data', 'set'], [Node, 'nodeValue', 'set'], [CharacterData, 'appendData'], [CharacterData, 'insertData'], [CharacterData, 'replaceData']]) {
		replace(owner.prototype, name, native => ({
			_() {
				const result = apply(native, this, arguments);
				if (texts) changed(this);
				return result;
			},
		})._, part);
	}
	// In drawings, addresses stand in attributes of many elements.
	replace(SVGElement.prototype, 'setAttribute', native => ({
		_(name, value) {
			const isStyle = /^style$/i.test(name);
			if (!isStyle && typeof value === 'string' && /url\(/i.test(value) && isLive(this)) arguments[1] = inertCSS(value).clean;
			const result = apply(native, this, arguments);
			if (isStyle) attributeSet(this, name);
			return result;
		},
	})._);
};
