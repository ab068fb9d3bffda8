// Chromium and Firefox. See engines.mjs.
import puppeteer from 'puppeteer-core';
import { where } from './engines-where.mjs';

const patience = 45000;

// What leads the hosts of tests where their harness has them, and keeps the browser from asking hosts of its own accord.
const launching = {
	chromium: ({ direct, language }) => ({
		browser: 'chrome',
		args: ['--no-sandbox', '--disable-gpu', '--disable-component-update', 
			`--host-resolver-rules=MAP *.test ${direct}, MAP *.test. ${direct}, EXCLUDE localhost, MAP * ~NOTFOUND`, '--ignore-certificate-errors', `--accept-lang=${language}`],
	}),
	firefox: ({ proxy, language, noScript }) => {
		const [host, port] = proxy.split(':');
		return {
			browser: 'firefox',
			extraPrefsFirefox: {
				'network.proxy.type': 1,
				'network.proxy.http': host, 'network.proxy.http_port': Number(port),
				'network.proxy.ssl': host, 'network.proxy.ssl_port': Number(port),
				'network.proxy.no_proxies_on': 'localhost, 127.0.0.1',
				'network.captive-portal-service.enabled': false,
				'network.connectivity-service.enabled': false,
				'network.prefetch-next': true, // Puppeteer's default leaves it out
				'browser.send_pings': true, 'browser.send_pings.max_per_link': 9,
				'network.http.speculative-parallel-limit': 20,
				'dom.disable_open_during_load': false, // windows that open by themselves are part of what is tried
				'dom.min_background_timeout_value': 4, // they hide the page, whose timers would come once a second
				'dom.min_background_timeout_value_without_budget_throttling': 4,
				'intl.accept_languages': language,
				'javascript.enabled': !noScript,
				'accessibility.tabfocus': 7,
			},
		};
	},
};

export async function start(engine, options) {
	const browser = await puppeteer.launch({
		...launching[engine](options), executablePath: options.binary, headless: true, acceptInsecureCerts: true,
		defaultViewport: { width: 1280, height: 800 }, timeout: 60000, protocolTimeout: patience,
	});
	return new Driver(browser, await browser.version(), engine === 'chromium' && options.noScript);
}

class Driver {
	constructor(browser, version, noScript) {
		this.browser = browser;
		this.noScript = noScript;
		this.version = version;
		this.tabs = [];
	}

	// A visitor in a private window has cookies and cached files of their own.
	async visit(window) {
		if (window !== 'ordinary') return this.#add(await this.browser.createBrowserContext());
		const context = this.browser.defaultBrowserContext();
		await context.deleteMatchingCookies({ name: 'cookies_preferences', domain: 'localhost' });
		return this.#add(context);
	}

	async newTab(tab) { return this.#add(this.tabs[tab].context); }

	async #add(context) {
		const page = await context.newPage(), problems = [];
		page.setDefaultTimeout(patience);
		page.on('pageerror', e => problems.push('uncaught: ' + (e && e.message || e)));
		page.on('console', m => { if (m.type() === 'error') problems.push('the console: ' + m.text()) });
		if (this.noScript) await page.setJavaScriptEnabled(false);
		this.tabs.push({ context, page, problems });
		return this.tabs.length - 1;
	}

	async leave(tab) {
		const { context, page } = this.tabs[tab];
		if (context === this.browser.defaultBrowserContext()) await page.close();
		else await context.close();
	}
	async open(tab, url) { await this.tabs[tab].page.goto(url, { waitUntil: 'load' }); }
	async reload(tab) { await this.tabs[tab].page.reload({ waitUntil: 'load' }); }
	async evaluate(tab, expression) { return this.tabs[tab].page.evaluate(expression); }

	async click(tab, text, selector) {
		const { page } = this.tabs[tab];
		const [x, y] = await page.evaluate(where(text, selector));
		await page.mouse.click(x, y);
	}

	async press(tab, ...keys) {
		for (const key of keys) await this.tabs[tab].page.keyboard.press(key);
	}

	async keyDown(tab, key) { await this.tabs[tab].page.keyboard.down(key); }
	async keyUp(tab, key) { await this.tabs[tab].page.keyboard.up(key); }

	async resize(tab, width, height) { await this.tabs[tab].page.setViewport({ width, height }); }

	async cookies(tab) {
		return Object.fromEntries((await this.tabs[tab].context.cookies()).map(c => [c.name, c.value]));
	}

	async screenshot(tab, file) { await this.tabs[tab].page.screenshot({ path: file }); }
	problems(tab) { return this.tabs[tab].problems.splice(0); }
	async stop() { await this.browser.close(); }
}
