// Measures lol-html for lolhtml.go: one line of JSON in, one out, until the input ends.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { HTMLRewriter } from "html-rewriter-wasm";

const windowSize = 32 << 10; // as our scanner gets it
const contents = new Map(); // path to bytes: a file is read once

function load(path) {
	if (!contents.has(path)) contents.set(path, readFileSync(path));
	return contents.get(path);
}

// read lets a page pass unchanged and returns the length of what came out.
async function read(page, handlers) {
	let length = 0;
	const rewriter = new HTMLRewriter((chunk) => { length += chunk.length; });
	if (handlers) {
		// What blocking would have to look at, at the least.
		for (const element of ["script", "iframe", "img"]) {
			rewriter.on(element, { element(e) { e.getAttribute("src"); } });
		}
	}
	try {
		for (let i = 0; i < page.length; i += windowSize) await rewriter.write(page.subarray(i, i + windowSize));
		await rewriter.end();
	} finally {
		rewriter.free();
	}
	if (length !== page.length) throw new Error(`${page.length} bytes in, ${length} out`);
	return length;
}

async function measure({ files, handlers, seconds }) {
	const pages = files.map(load);
	let bytes = 0, found = 0;
	const begun = process.cpuUsage(), began = performance.now();
	while (bytes === 0 || performance.now() - began < seconds * 1000) {
		found = 0;
		for (const page of pages) found += await read(page, handlers);
		bytes += found;
	}
	const { user, system } = process.cpuUsage(begun); // microseconds
	return { bytes, seconds: (user + system) / 1e6, found };
}

for await (const line of createInterface({ input: process.stdin })) {
	const result = await measure(JSON.parse(line)).catch((error) => ({ error: String(error) }));
	console.log(JSON.stringify(result));
}
