// Sanitizes what comes as a JSON array of markup, as a server would: DOMPurify on jsdom. What comes out is an array too.
// `node sanitize.mjs <node_modules> [a module whose default export is an array of { payload }]`
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import process from 'node:process';

const [packages, fixtures] = process.argv.slice(2);
const require = createRequire(path.join(packages, 'x.js'));
const { JSDOM } = require('jsdom'), purify = require('dompurify')(new JSDOM('').window);
const inputs = JSON.parse(readFileSync(0, 'utf8'));
if (fixtures) {
	const all = await import(pathToFileURL(fixtures));
	for (const test of all.default || all.expect || all.tests) inputs.push(test.payload);
}
const settings = [{}, { USE_PROFILES: { html: true } }, { ADD_TAGS: ['iframe', 'form', 'use'], ADD_ATTR: ['srcset', 'target'], ALLOW_DATA_ATTR: true }, { SAFE_FOR_TEMPLATES: true }, { KEEP_CONTENT: false, FORBID_TAGS: ['style'] }];
const outputs = new Set();
for (const input of inputs) for (const setting of settings) outputs.add(purify.sanitize(input, setting));
process.stdout.write(JSON.stringify({ inputs: inputs.length, outputs: [...outputs] }));
