// Cookies of scripts, by the server's rules (RFC 6265bis).

// The owner of an allowed cookie, or true; what is falsy must not be set or read.
const allows = name => {
	const owner = name && owners.find(p => p.cookies && p.cookies.test(name));
	return owner ? (!owner.id || guard.granted.has(owner.id)) && owner : policy.pass;
};
const nameOf = pair => pair.replace(/=.*|^[^=]*$/s, '').trim();

// A cookie-date (section 5.1.1), in milliseconds; NaN for none.
const dateOf = text => {
	const found = {};
	for (const token of text.split(/[\t -/;-@[-`{-~]+/)) {
		for (const [part, pattern] of [['time', /^(\d\d?):(\d\d?):(\d\d?)(?!\d)/], ['day', /^(\d\d?)(?!\d)/], ['month', /^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)/i], ['year', /^(\d{2,4})(?!\d)/]]) {
			if (!found[part] && (found[part] = pattern.exec(token))) break;
		}
	}
	const { time, day, month, year } = found;
	if (!time || !day || !month || !year) return NaN;
	const full = +year[1] + (year[1] < 70 ? 2000 : year[1] < 100 ? 1900 : 0), index = 'janfebmaraprmayjunjulaugsepoctnovdec'.indexOf(month[1].toLowerCase()) / 3;
	const date = new Date(Date.UTC(full, index, +day[1], +time[1], +time[2], +time[3]));
	return full < 1601 || time[1] > 23 || time[2] > 59 || time[3] > 59 || date.getUTCDate() !== +day[1] ? NaN : date.getTime();
};
// How long a line lets a cookie live, in milliseconds, and whether all browsers read it so.
const lifeOf = line => {
	let age, expires, doubtful, ageBad, expiresBad;
	const attributes = line.split(';').slice(1);
	for (const attribute of attributes) {
		const [, name, value = ''] = /^([^=]*)=?([^]*)$/.exec(attribute).map(part => part.replace(/^[ \t]+|[ \t]+$/g, ''));
		if (value.length > 1024) doubtful = true;
		else if (/^max-age$/i.test(name)) {
			ageBad = !/^-?\d+$/.test(value);
			if (!ageBad) age = value > 0 ? value * 1000 : -1;
		} else if (/^expires$/i.test(name)) {
			const date = dateOf(value);
			if (!(expiresBad = !(date === date))) {
				expires = date - now();
				expiresBad = !/gmt$/i.test(value) && Math.abs(expires) < 26 * 36e5; // some browsers read a time zone
			}
		}
	}
	doubtful = doubtful || attributes.length > 15 || (age !== undefined ? ageBad : expires !== undefined && expiresBad);
	return [age !== undefined ? age : expires !== undefined ? expires : Infinity, !!doubtful];
};

const { now } = Date;
const allCookies = getter(Document, 'cookie');
// Goes on with how long a cookie may live that is to live so long, if it may be set. One that only goes may.
const admit = (pair, [life, doubtful], set) => {
	const name = nameOf(pair), owner = allows(name), cookies = allCookies(document);
	if (life <= 0 && !doubtful || owner && !owner.inline) return set(life);
	if (!owner) return void held.add('cookie ' + name);
	// Without a choice nobody knows since when the cookie lives, and visits must not renew it.
	if (owner.exempt && !guard.chosen && cookies.split('; ').includes(pair.trim())) return;
	const [, chosen] = guard.chosen && /(?:^|; )cookies_preferences=[^;]*timestamp%22%3A(\d+)/.exec(cookies) || [, now()];
	const left = (owner.days * 864e5 || Infinity) + chosen * (chosen < 1e11 ? 1000 : 1) - now();
	if (left > 999) return set(doubtful ? left : life < Infinity ? Math.min(life, left) : life);
};

const guardCookies = window => {
	const jar = window.Document.prototype, store = window.CookieStore && window.CookieStore.prototype;
	wrap(jar, 'cookie', (native, self, [line]) => {
		if (typeof line === 'symbol') return apply(native, self, [line]);
		allCookies(self); // throws what the native would
		line = `${line}`;
		const wanted = lifeOf(line);
		admit(line.split(';')[0], wanted, life => apply(native, self, [life === wanted[0] || life === Infinity ? line : line + ';max-age=' + (life / 1000 | 0)]));
	}, 'set');
	let last, granted, read; // many ask again and again
	replace(jar, 'cookie', native => ({
		_() {
			const all = apply(native, this, []);
			if (all !== last || granted !== guard.granted) read = (last = all).split('; ').filter(pair => !pair || allows(nameOf(pair))).join('; ');
			granted = guard.granted;
			return read;
		},
	})._, 'get');
	wrap(store, 'set', (native, self, args) => {
		const options = args.length > 1 ? { name: args[0], value: args[1] } : { ...args[0] };
		const expires = options.expires == null ? Infinity : options.expires - now();
		return admit(options.name + '=' + options.value, [expires], life => {
			if (life < Infinity) options.expires = now() + life;
			return apply(native, self, args[0] ? [options] : args);
		}) || Promise.resolve();
	});
	wrap(store, 'get getAll', (native, self, args) => apply(native, self, args).then(found =>
		found && found.filter ? found.filter(c => allows(c.name)) : found && allows(found.name) ? found : null));
};
