// What the pages of frameworks tell of themselves.
'use strict';
const log = [], counted = {};
for (const type of ['load', 'error', 'submit', 'input', 'change', 'click', 'toggle']) {
	addEventListener(type, e => {
		if (e.target.nodeType !== 1 || e.target.closest('[data-caddy-consent]')) return;
		if (/load|error/.test(type)) counted[type + ' ' + e.target.nodeName] = (counted[type + ' ' + e.target.nodeName] || 0) + 1; // they come in no order
		else log.push(e.type + ' ' + e.target.nodeName + (e.isTrusted ? '' : ' by script'));
	}, true);
}
const until = (holds, what = holds) => new Promise((done, fail) => {
	const began = performance.now(), look = () => holds() ? done() : performance.now() - began > 30000 ? fail(new Error('never: ' + what)) : setTimeout(look, 10);
	look();
});
const click = selector => document.querySelector(selector).click();
const type = (selector, value) => {
	const e = document.querySelector(selector);
	Object.getOwnPropertyDescriptor(Object.getPrototypeOf(e), 'value').set.call(e, value);
	e.dispatchEvent(new Event('input', { bubbles: true }));
	e.dispatchEvent(new Event('change', { bubbles: true }));
};
// Steps are done one after the other; after each the page is described.
const steps = async (...all) => {
	try {
		await until(() => document.readyState === 'complete', 'the page');
		await new Promise(done => setTimeout(done, 100)); // what frameworks do when it is
		for (const step of all) {
			await step();
			await new Promise(done => setTimeout(done));
			log.push(equal.tree(document.body, true).replace(/<DIV id="equality">.*?<\/>/, ''));
		}
		const images = [...document.images];
		await until(() => images.every(i => i.complete), 'images');
		log.push(JSON.stringify(Object.entries(counted).sort()));
	} catch (e) {
		log.push('fails: ' + e.stack);
	}
	window.done = equal.own(JSON.stringify([log, equal.said]));
};
