// Patterns are separated by spaces; they are exact, or have "*" for any characters.
const matcher = patterns => new RegExp('^(' + patterns.replace(/[^\w* ]/g, '\\$&').replace(/\*/g, '.*').replace(/ /g, '|') + ')$');
// A path of the site as the server compares it.
const plainPath = path => decodeURIComponent(path).replace(/\/+/g, '/');
// "+" before a host stands for it and all names below it. Finds whose a host is, or a path of the site, which begins with "/": the first owner's that lists it. Most are listed by name, or as all names below one, so that a
// look at each name above the host tells: there are hundreds of owners, and a pattern for each takes milliseconds.
const ownerFinder = owners => {
	const ranks = new Map(), others = [];
	owners.forEach(({ id, text }, rank) => text.replace(/\$/g, id).replace(/ \+(\S+)/g, ' $1 *.$1').split(' ').slice(1).forEach(name => {
		if (/.\*|^\*(?!\.)/.test(name)) others.push([matcher(name), rank]);
		else if (!ranks.has(name)) ranks.set(name, rank);
	}));
	return host => {
		let first = owners.length;
		const take = rank => { if (rank < first) first = rank; };
		take(ranks.get(host));
		for (let at = -1; (at = host.indexOf('.', at + 1)) >= 0;) take(ranks.get('*' + host.slice(at)));
		for (const [pattern, rank] of others) if (pattern.test(host)) take(rank);
		return owners[first];
	};
};
