// Sanitizes what comes as a JSON array of markup, as a server would: DOMPurify on jsdom. What comes out is an array too.
// `node sanitize.mjs <node_modules> [a module whose default export is an array of { payload }]`
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import process from 'node:process';

const [packages, fixtures] = process.argv.slice(2);
const require = createRequire(path.join(packages, 'x.js'));
const { JSDOM } = require('jsdom'), purify = require('dompurify')(new JSDOM('').window);
let given = '';
for await (const piece of process.stdin.setEncoding('utf8')) given += piece;
const inputs = JSON.parse(given);
if (fixtures) {
	const all = await import(pathToFileURL(fixtures));
	for (const test of all.default || all.expect || all.tests) inputs.push(test.payload);
}
const settings = [{}, { ADD_TAGS: ['iframe', 'form', 'use'], ADD_ATTR: ['srcset', 'target'], ALLOW_DATA_ATTR: true }];
// What is denied must not be in what is compared: elements that would load it load something else. In texts, titles
// and links it stays.
const denied = /^\s*(https?:)?\/\/(stats\.test|www\.(youtube|googletagmanager)\.com)[^\s"']*/i;
purify.addHook('uponSanitizeAttribute', (node, data) => {
	if (/^(src|srcset|href|xlink:href|poster|background|action|data|formaction)$/.test(data.attrName) && !/^(a|area)$/i.test(node.nodeName)) data.attrValue = data.attrValue.replace(denied, '/a.svg');
	if (data.attrName === 'style') data.attrValue = data.attrValue.replace(/stats\.test/g, 'HOST');
});
purify.addHook('uponSanitizeElement', node => {
	if (/^style$/i.test(node.nodeName)) node.textContent = node.textContent.replace(/stats\.test/g, 'HOST');
});

// Serializers before 2025 left "<" and ">" in attributes as they are: https://github.com/whatwg/html/pull/6235
const empty = /^(area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)$/;
const serialized = node => [...(node.content || node).childNodes].map(child => {
	if (child.nodeType === 3) return /^(style|script|xmp|iframe|noembed|noframes|plaintext)$/i.test(node.nodeName) ? child.data : child.data.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
	if (child.nodeType !== 1) return '';
	const tag = child.tagName.toLowerCase();
	return '<' + tag + [...child.attributes].map(a => ` ${a.name}="${a.value.replace(/&/g, '&amp;').replace(/"/g, '&quot;')}"`).join('') + '>' + (empty.test(tag) ? '' : serialized(child) + '</' + tag + '>');
}).join('');

const outputs = new Set();
for (const input of inputs) for (const setting of settings) {
	const dom = purify.sanitize(input, { ...setting, RETURN_DOM: true });
	if (dom) outputs.add(dom.innerHTML).add(serialized(dom));
}
process.stdout.write(JSON.stringify({ inputs: inputs.length, outputs: [...outputs] }));
