// Stand-ins: while a service is denied, they take the calls to the names that its snippets define, so that
// the site's own scripts go on, and the links that wait for an answer. A name is there as soon as a script
// that would define it is held in the page, as if that had run. release.js removes them and hands on what
// they have kept. The names are the catalogue's (Service.Globals in internal/policy).
(guard => {
	const { apply, defineProperty } = Reflect, { push, slice } = [], { isArray } = Array, later = setTimeout;
	const roots = guard.standIns = {}; // the names by what is before their first dot
	for (const { id, globals } of guard.owners) {
		for (const name of globals) {
			const [, path, kind, literal] = /~?([^[(]+)(.).@?(.*)/.exec(name), [root] = path.split('.');
			(roots[root] = roots[root] || []).push({ id, name, path, kind, literal, calls: [] });
		}
	}
	const isDenied = root => roots[root].every(({ id }) => !guard.granted.has(id));
	const put = (owner, name, value, enumerable) => defineProperty(owner, name, { __proto__: null, value, enumerable, writable: true, configurable: true });

	// Takes calls; what waits for one to have been sent is told so soon. Kept are the first, which
	// set things up, and the latest, as many as Tag Manager keeps.
	const taking = (root, it, list, theirs) => function () {
		if (isDenied(root)) {
			for (const value of arguments) {
				try {
					for (const part of [value, ...apply(slice, value, [0, 9])]) {
						for (const key of ['event_callback', 'eventCallback', 'hitCallback']) {
							if (part && typeof part[key] === 'function') later(part[key]);
						}
					}
				} catch (none) { /* nothing waits in null, or in a window of another origin */ }
			}
			if (!theirs && list.length > 299) list.splice(99, 1);
		}
		if (it.kind === '[') return apply(push, this, arguments);
		list.push(arguments);
	};
	// An array, whose calls are what is pushed.
	const filled = (root, it, array, theirs) => (put(array, 'push', taking(root, it, array, theirs)), array);

	const offer = guard.offer = root => root in window || isDenied(root) && defineProperty(window, root, {
		__proto__: null,
		configurable: true,
		get() {
			const made = {};
			for (const it of isDenied(root) ? roots[root] : []) {
				if ([...findInDocument(document, 'script')].some(s => guard.heldFor(s) === it.id && (s.src + s.text).includes(it.literal))) {
					const names = it.path.split('.'), last = names.pop();
					names.reduce((owner, name) => owner[name] = owner[name] || {}, made)[last] = it.made = it.kind === '[' ? filled(root, it, []) : taking(root, it, it.calls);
				}
			}
			delete window[root];
			if (made[root]) put(window, root, roots[root].made = made[root]);
			const value = window[root]; // or the element of that name
			offer(root);
			return value;
		},
		set(value) {
			const [it] = roots[root];
			put(window, root, value, true);
			if (it.kind === '[' && isArray(value)) it.made = filled(root, it, value, true);
		},
	});
	Object.keys(roots).forEach(offer);
})(guard);
