// WebKitGTK, in a display of its own. See engines.mjs.
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import process from 'node:process';
import { Builder, Key, Origin } from 'selenium-webdriver';
import { where } from './engines-where.mjs';

const patience = 45000;

const freePort = () => new Promise((done, failed) => {
	const server = createServer().on('error', failed).listen(0, '127.0.0.1', () => {
		const { port } = server.address();
		server.close(() => done(port));
	});
});

// Xvfb chooses a display by itself, and writes its number.
const display = () => new Promise((done, failed) => {
	const xvfb = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1400x1000x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
	xvfb.on('error', failed);
	xvfb.stdio[3].once('data', number => done({ xvfb, name: ':' + String(number).trim() }));
});

export async function start(_, { binary, browser, proxy, language, noScript }) {
	const { xvfb, name } = await display();
	const port = await freePort();
	const driver = spawn(binary, [`--port=${port}`], {
		stdio: ['ignore', 'ignore', 'ignore'],
		env: { ...process.env, DISPLAY: name, LC_ALL: `${language.replace("-", "_")}.UTF-8`, WEBKIT_DISABLE_COMPOSITING_MODE: '1', WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', NO_AT_BRIDGE: '1' },
	});
	process.on('exit', () => { driver.kill(); xvfb.kill() });
	const ended = new Promise((_, failed) => driver.on('error', failed));
	const build = () => new Builder().usingServer(`http://127.0.0.1:${port}`).withCapabilities({
		browserName: 'MiniBrowser', acceptInsecureCerts: true,
		'webkitgtk:browserOptions': { binary: browser, args: ['--automation', `--proxy=http://${proxy}`, '--ignore-host=localhost', '--ignore-tls-errors', '--javascript-can-open-windows-automatically=true', `--enable-javascript=${!noScript}`] },
	}).build();
	const session = await Promise.race([ended, retried(build)]);
	await session.manage().setTimeouts({ script: patience, pageLoad: patience });
	return new Driver(session, (await session.getCapabilities()).get('browserVersion'), [driver, xvfb], noScript);
}

// The driver may not listen yet.
async function retried(build) {
	for (let left = 100; ; left--) {
		try {
			return await build();
		} catch (e) {
			if (!/ECONNREFUSED/.test(e) || left === 0) throw e;
			await new Promise(done => setTimeout(done, 100));
		}
	}
}

const keys = { Tab: Key.TAB, Enter: Key.ENTER, Escape: Key.ESCAPE, Space: Key.SPACE };

class Driver {
	constructor(session, version, processes, noScript) {
		this.noScript = noScript;
		this.session = session;
		this.version = version;
		this.processes = processes;
		this.tabs = []; // handles of windows
	}

	// A visitor gets a new window of the one session, without the cookies of those before.
	async visit() {
		const [first] = await this.session.getAllWindowHandles();
		await this.session.switchTo().window(first);
		await this.session.manage().deleteAllCookies(); // those of the page that is left, localhost as all of them
		return this.newTab();
	}

	// There is one jar of cookies, so a tab is the same visitor's by itself.
	async newTab() {
		await this.session.switchTo().newWindow('window'); // a tab would be hidden, and take no clicks
		await this.session.manage().window().setRect({ x: 0, y: 0, width: 1300, height: 950 });
		this.tabs.push(await this.session.getWindowHandle());
		return this.tabs.length - 1;
	}

	async #in(tab) {
		if (await this.session.getWindowHandle().catch(() => '') !== this.tabs[tab]) await this.session.switchTo().window(this.tabs[tab]);
	}

	// Closes all but the first window, which keeps the session.
	async leave(tab) {
		const [first, ...others] = await this.session.getAllWindowHandles();
		for (const other of others) {
			await this.session.switchTo().window(other);
			await this.session.close();
		}
		await this.session.switchTo().window(first);
	}

	async open(tab, url) { await this.#in(tab); await this.session.get(url); }
	async reload(tab) { await this.#in(tab); await this.session.navigate().refresh(); }

	async evaluate(tab, expression) {
		await this.#in(tab);
		// No eval, which a page's policy may forbid.
		if (this.noScript) return this.session.executeScript(`return ${expression}`);
		// It is a task of the page's: the driver's own ends before its
		// microtasks have run, and what it changes may be drawn by then.
		const [value, error] = await this.session.executeAsyncScript(`const done = arguments[arguments.length - 1];
			setTimeout(() => new Promise(value => value((${expression}))).then(v => done([v]), e => done([null, String(e)])))`);
		if (error) throw new Error(error);
		return value;
	}

	async click(tab, text, selector) {
		const [x, y] = await this.evaluate(tab, where(text, selector));
		await this.session.actions().move({ x, y, origin: Origin.VIEWPORT, duration: 0 }).click().perform();
	}

	async press(tab, ...names) {
		await this.#in(tab);
		for (const name of names) await this.session.actions().sendKeys(keys[name] || name).perform();
	}

	async keyDown(tab, name) {
		await this.#in(tab);
		await this.session.actions().keyDown(keys[name] || name).perform();
	}

	async keyUp(tab, name) {
		await this.#in(tab);
		await this.session.actions().keyUp(keys[name] || name).perform();
	}

	// The size is the page's: the window has bars besides, and a least width.
	async resize(tab, width, height) {
		await this.#in(tab);
		const [w, h] = await this.session.executeScript('return [outerWidth - innerWidth, outerHeight - innerHeight]');
		await this.session.manage().window().setRect({ x: 0, y: 0, width: width + w, height: height + h });
	}

	async cookies(tab) {
		await this.#in(tab);
		return Object.fromEntries((await this.session.manage().getCookies()).map(c => [c.name, c.value]));
	}

	async screenshot(tab, file) {
		await this.#in(tab);
		await writeFile(file, await this.session.takeScreenshot(), 'base64');
	}

	problems() { return null } // WebKitWebDriver does not tell

	async stop() {
		await this.session.quit().catch(() => 0);
		for (const p of this.processes) p.kill();
	}
}
