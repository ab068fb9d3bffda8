// Drives one browser for the tests in Go: `node engines.mjs <engine> <options as JSON>`. A line of JSON comes in for
// each thing to do, a line of JSON goes out when it is done. Chromium (by its own protocol) and Firefox (by WebDriver
// BiDi) are led by Puppeteer, WebKitGTK (by WebDriver) by Selenium.
import { createInterface } from 'node:readline';
import process from 'node:process';

const [engine, given] = process.argv.slice(2);
const options = JSON.parse(given);
const { start } = await import(engine === 'webkit' ? './engines-selenium.mjs' : './engines-puppeteer.mjs');

const say = answer => process.stdout.write(JSON.stringify(answer) + '\n');

let browser;
try {
	browser = await start(engine, options);
	say({ value: browser.version });
} catch (e) {
	say({ error: String(e && e.stack || e) });
	process.exit(1);
}

for await (const line of createInterface({ input: process.stdin })) {
	const { call, args } = JSON.parse(line);
	try {
		const value = await browser[call](...args);
		say({ value: value === undefined ? null : value });
	} catch (e) {
		say({ error: String(e && e.message || e) });
	}
}
await browser.stop(); // the tests have ended
process.exit(0);
