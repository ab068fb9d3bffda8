// The arguments of a worker's constructor so that it begins with the guard's part for requests. Blobs are kept
// until they are revoked, which may be as soon as the worker is made.
// What a module imports is looked at by clean.
const workerStub = (args, blobs, guardURL, toURL, clean) => {
	const url = `${args[0]}`, data = /^\s*data:([^,]*),([^]*)$/i.exec(url), blob = blobs.get(url);
	if (!data && !blob) return args;
	const isModule = Object(args[1]).type === 'module', begin = (isModule ? 'import ' + JSON.stringify(guardURL) : 'importScripts(' + JSON.stringify(guardURL) + ')') + ';';
	if (blob) args[0] = toURL(new Blob([begin, isModule && clean && clean(url) || blob], { type: blob.type || 'text/javascript' }));
	else {
		if (isModule && clean) data[2] = encodeURIComponent(clean(url)), data[1] = data[1].replace(/;\s*base64\s*$/i, '');
		const isBase64 = /;\s*base64\s*$/i.test(data[1]), text = decodeURIComponent(data[2]);
		args[0] = 'data:' + data[1] + ',' + (isBase64 ? btoa(begin + atob(text)) : encodeURIComponent(begin + text));
	}
	return args;
};
