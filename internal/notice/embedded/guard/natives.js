// Natives as they were before any other script ran, and how the guard stands in for them: what it
// replaces keeps its name, length, errors, descriptor and source text.

const { apply, construct, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf, defineProperty: define } = Reflect;
// A page may have given all objects more members.
const describe = (owner, name) => {
	const d = getOwnPropertyDescriptor(owner, name);
	if (d) setPrototypeOf(d, null);
	return d;
};
const { toStringTag } = Symbol, soon = queueMicrotask, { bind, call } = Function.prototype, uncurry = bind.bind(call); // f.call, whatever becomes of it
const natives = new WeakMap(); // what stands in for a native, with that

// Puts what make returns, for the native, in a native's place; on owner, which may inherit it.
const replace = (owner, name, make, part = 'value') => {
	let d;
	for (let from = owner; from && !(d = describe(from, name));) from = getPrototypeOf(from);
	const native = d && d[part];
	if (!native) return;
	const wrapper = d[part] = make(native);
	for (const key of ['name', 'length']) define(wrapper, key, { __proto__: null, value: native[key], configurable: true });
	natives.set(wrapper, native);
	define(owner, name, d);
};
// Replaces functions, or a part of accessors, by calls of trap.
const wrap = guard.wrap = (owner, names, trap, part) => names.split(' ').forEach(name => replace(owner, name, native => ({
	_(...args) {
		return attempt(trap, native, this, args, name);
	},
})._, part));
const attempt = (trap, native, self, given, name) => {
	const args = [...given];
	try {
		return trap(native, self, args, name);
	} catch (error) {
		if (!isWrongThis(error)) throw error;
	}
	return apply(native, self, args);
};
// Called on what it is not for, a native says so in its own words.
const isWrongThis = error => Object(error) instanceof TypeError && /implement interface|instances of|Illegal invocation/.test(error.message);
// Replaces constructors; what they construct is native.
const wrapClass = (window, names, change, then) => names.split(' ').forEach(name => {
	const native = window[name];
	if (!native) return;
	const stand = new Proxy(native, { __proto__: null, construct(native, args, target) {
		const given = [...args], made = construct(native, change(given, name), target);
		if (then) then(made, given);
		return made;
	} });
	natives.set(stand, native);
	define(window, name, { __proto__: null, ...describe(window, name), value: stand });
	if (native.prototype.constructor === native) native.prototype.constructor = stand;
});
const asNative = window => wrap(window.Function.prototype, 'toString', (native, self) => apply(native, natives.get(self) || self, []));

const element = Element.prototype;
const [get, put, remove] = ['get', 'set', 'remove'].map(verb => uncurry(element[verb + 'Attribute']));
const getter = (owner, name) => uncurry(describe(owner.prototype, name).get);
const attributesOf = getter(Element, 'attributes'), localName = getter(Element, 'localName');
const documentOf = getter(Node, 'ownerDocument'), viewOf = getter(Document, 'defaultView'), isConnected = getter(Node, 'isConnected');
