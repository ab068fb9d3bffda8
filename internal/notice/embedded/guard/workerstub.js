// The arguments of a worker's constructor so that it begins with the guard's part for requests. Blobs are kept
// until they are revoked, which may be as soon as the worker is made.
const workerStub = (args, blobs, guardURL, toURL) => {
	const url = `${args[0]}`, data = /^\s*data:([^,]*),([^]*)$/i.exec(url), blob = blobs.get(url);
	if (!data && !blob) return args;
	const begin = (Object(args[1]).type === 'module' ? 'import ' + JSON.stringify(guardURL) : 'importScripts(' + JSON.stringify(guardURL) + ')') + ';';
	if (blob) args[0] = toURL(new Blob([begin, blob], { type: blob.type || 'text/javascript' }));
	else {
		const isBase64 = /;\s*base64\s*$/i.test(data[1]), text = decodeURIComponent(data[2]);
		args[0] = 'data:' + data[1] + ',' + (isBase64 ? btoa(begin + atob(text)) : encodeURIComponent(begin + text));
	}
	return args;
};
