// What style sheets and declarations load that scripts write. A denied address becomes one that loads nothing, in
// its place. What an element's author wrote is kept beside it, as with other elements that are held.

const cssAddress = /@import\s+(["'])((?:(?!\1)[^\\]|\\[^])*)\1|(?:url|src)\(\s*(?:"((?:[^"\\]|\\[^])*)"|'((?:[^'\\]|\\[^])*)'|((?:[^\s"'()\\]|\\[^])*))\s*\)|(?:image-set\(|,)\s*(["'])((?:(?!\6)[^\\]|\\[^])*)\6/gi;
const unescaped = text => text.replace(/\\(?:([0-9a-f]{1,6})\s?|([^]))/gi, (_, hex, char) => hex ? String.fromCodePoint(parseInt(hex, 16) % 0x110000) : char);
// A text of CSS with what is denied made inert, and whose the last of that is.
const inertCSS = css => {
	let judged;
	// Names and addresses may be escaped (CSS Syntax, section 4.3.7); then they are looked at unescaped.
	const readable = /[\\/]/.test(css) && (/\b(url|src|import|image-set)\b/i.test(css) || /\\/.test(css));
	const clean = readable ? css.replace(/(^|[\s:,;{@])((?:[-\w]|\\[0-9a-f]{1,6}\s?|\\[^\n])*\\(?:[-\w]|\\)*)(?=\()/gi, (_, before, name) => before + unescaped(name)).replace(cssAddress, (all, q1, a, b, c, d, q2, e) => {
		const url = [a, b, c, d, e].find(part => part !== undefined), id = url && denied(unescaped(url));
		if (!id) return all;
		judged = id;
		return all.replace(url, () => 'data:,');
	}) : css;
	return { judged, clean };
};

// Holds the style of an element, and the text of a style sheet, where they would load what is denied.
const TEXT = 'text';
screenStyle = el => {
	const css = get(el, 'style'), attribute = css && inertCSS(css), sheet = kindOf(el) === 'style' && inertCSS(textOf(el));
	const judged = attribute && attribute.judged || sheet && sheet.judged;
	if (!judged || isHeld(el)) return;
	const rest = authored(el).filter(([name]) => name !== 'style' || !attribute.judged), held = [[MARK, ''], [SERVICE, judged]];
	if (attribute && attribute.judged) held.push([HELD + 'style', css], ['style', attribute.clean]);
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
	const { CSSStyleSheet, CSSGroupingRule, CSSStyleDeclaration, CSSStyleRule, HTMLElement, SVGElement, HTMLStyleElement, SVGStyleElement, Element } = window;
	for (const owner of [CSSStyleSheet, CSSGroupingRule]) wrap(owner && owner.prototype, 'insertRule replace replaceSync', clean(0));
	wrap(CSSStyleSheet.prototype, 'addRule', clean(1));
	wrapClass(window, 'FontFace', args => {
		if (typeof args[1] === 'string') args[1] = inertCSS(args[1]).clean;
		return args;
	});
	// Whoever asks for an element's style may write there. It is looked at before anything is drawn.
	let asked = new Set(), last;
	const styleOf = uncurry(describe(CSSStyleRule.prototype, 'style').get);
	const look = () => {
		const all = asked;
		asked = new Set();
		last = undefined;
		for (const owner of all) {
			if (owner.selectorText === undefined) {
				if (isLive(owner)) screenStyle(owner);
				else if (inertCSS(get(owner, 'style') || '').judged) doubt = true;
			}
			else {
				const style = styleOf(owner), { judged, clean } = inertCSS(style.cssText);
				if (judged) style.cssText = clean;
			}
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
	for (const owner of [Element, CSSStyleRule]) if (describe(owner.prototype, 'attributeStyleMap')) asks(owner.prototype, 'attributeStyleMap');
	wrap(Element.prototype, 'animate', (native, self, args) => {
		const text = args[0] && JSON.stringify(args[0]), { judged, clean } = text ? inertCSS(text.replace(/\\"/g, "'")) : {};
		return apply(native, self, judged ? [JSON.parse(clean), ...args.slice(1)] : args);
	});
	// Where each property has a setter of its own, as in Firefox and WebKit, an address is looked at when it is given:
	// a page that then asks for a size would load it.
	const { prototype } = window.CSSStyleProperties || CSSStyleDeclaration, textOfStyle = describe(CSSStyleDeclaration.prototype, 'cssText');
	for (const name of Object.getOwnPropertyNames(prototype)) {
		if (/^-?(webkit)?-?(background|border-?image|list-?style|mask|content$|cursor|shape-?outside)(-?(image|source))?$/i.test(name)) replace(prototype, name, native => ({
			_(value) {
				apply(native, this, arguments);
				if (typeof value !== 'string' || !/[\\/]/.test(value) || !inertCSS(value).judged) return;
				look();
				const { judged, clean } = inertCSS(apply(textOfStyle.get, this, [])); // it may have been asked for long before
				if (judged) apply(textOfStyle.set, this, [clean]);
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
			for (const node of args) if (isLive(el) && node && typeof node === 'object' && typeOf(node) === 3) {
				const { judged, clean } = inertCSS(node.data);
				if (!judged) continue;
				dress(el, [...authored(el), [MARK, ''], [SERVICE, judged], [HELD + TEXT, textOf(el) + node.data]]);
				node.data = clean;
			}
			return apply(native, el, args);
		});
	}
	// In drawings, addresses stand in attributes of many elements.
	replace(SVGElement.prototype, 'setAttribute', native => ({
		_(name, value) {
			if (typeof value === 'string' && /url\(/i.test(value) && isLive(this)) arguments[1] = inertCSS(value).clean;
			return apply(native, this, arguments);
		},
	})._);
};
