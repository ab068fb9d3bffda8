package guard

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// The vectors are what the server and the guard must decide alike (testdata/vectors.json). Here the guard decides them;
// e2e/vectors_test.go has the server.

// judging is a page of a site that declares the vectors' services, and the vectors for its host.
func judging(t *testing.T) (harness.Vectors, harness.Site) {
	t.Helper()
	services := harness.ReadVectors(t, "unknown").Directives()
	site := harness.Serve(t, services, map[string]string{"/": harness.Document("", `<div id="box"></div>`)})
	return harness.ReadVectors(t, strings.TrimPrefix(site.URL, "http://")), site
}

// owner tells in a page for whom something in it, or in a frame, is held.
const owner = `window.owner = root => ['video', 'stats', 'probe'].find(id => [root, ...root.querySelectorAll('*')].some(e => ` +
	`e.matches('[data-consent-service=' + id + '],[srcdoc*="data-consent-service=\\"' + id + '"]'))) || null`

func TestGuardHostVectors(t *testing.T) {
	v, site := judging(t)
	p := harness.Browser(t, harness.Elsewhere().Settings).Visit(t, harness.Visitor{})
	p.Open(site.URL)
	p.Await(harness.Settled)
	p.Decide("custom", `{ video: false, stats: false, probe: false }`)
	p.Reload()
	p.Await(harness.Settled)
	rows, err := json.Marshal(v.Hosts)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range harness.Eval[[]string](p, owner+fmt.Sprintf(`, %s.map(([url, base, want]) => {
		const at = document.createElement('base'), image = document.createElement('img');
		if (base) { at.href = base; document.head.append(at); }
		image.src = url;
		box.innerHTML = '<img>';
		box.firstChild.setAttribute('src', url);
		at.remove();
		const got = [owner(image), owner(box.firstChild)];
		return got.every(id => id === want) ? '' : JSON.stringify([url, base]) + ' is of ' + got + ', want ' + want;
	}).filter(Boolean)`, rows)) {
		t.Error(wrong)
	}
}

func TestGuardElementVectors(t *testing.T) {
	v, site := judging(t)
	p := harness.Browser(t, harness.Elsewhere().Settings).Visit(t, harness.Visitor{})
	p.Open(site.URL)
	p.Await(harness.Settled)
	rows, err := json.Marshal(v.Elements)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range harness.Eval[[]string](p, owner+fmt.Sprintf(`, %s.map(([markup, want]) => {
		const frame = document.createElement('iframe');
		box.replaceChildren(frame);
		const page = frame.contentDocument;
		page.write('<body>' + markup);
		page.close();
		const template = page.querySelector('template'); // which loads nothing, but what is taken from it does
		if (template) page.body.append(template.content.cloneNode(true));
		const host = [...page.querySelectorAll('div')].find(e => e.shadowRoot);
		const got = host ? owner(host.shadowRoot.firstElementChild) : owner(page.documentElement);
		const ways = { write: got };
		if (!/^<script|<template/.test(markup)) {
			box.innerHTML = markup;
			ways.innerHTML = owner(box);
			box.replaceChildren(document.createRange().createContextualFragment(markup));
			ways.fragment = owner(box);
		}
		return Object.values(ways).every(id => id === want) ? '' : markup + ' is held: ' + JSON.stringify(ways) + ', want ' + want;
	}).filter(Boolean)`, rows)) {
		t.Error(wrong)
	}
}

func TestGuardLinkRelVectors(t *testing.T) {
	v, site := judging(t)
	p := harness.Browser(t, harness.Elsewhere().Settings).Visit(t, harness.Visitor{})
	p.Open(site.URL)
	p.Await(harness.Settled)
	rows, err := json.Marshal(v.Relations)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range harness.Eval[[]string](p, owner+fmt.Sprintf(`, %s.map(([rel, loads]) => {
		const [first, last] = [0, 0].map(() => document.createElement('link'));
		first.rel = rel;
		first.href = last.href = '//video.test/';
		last.rel = rel;
		const got = [first, last].map(e => owner(e) !== null);
		return got.every(held => held === loads) ? '' : JSON.stringify(rel) + ' is held: ' + got + ', want ' + loads;
	}).filter(Boolean)`, rows)) {
		t.Error(wrong)
	}
}

func TestGuardCookieVectors(t *testing.T) {
	v, site := judging(t)
	visitor := harness.Visitor{}
	browser := harness.Browser(t, harness.Settings{})
	for _, state := range []string{"none", "refused", "given"} {
		t.Run(state, func(t *testing.T) {
			p := browser.Visit(t, visitor)
			p.Open(site.URL)
			p.Await(harness.Settled)
			switch state {
			case "refused":
				p.Decide("refuse", "undefined")
			case "given":
				p.Decide("accept", "undefined")
			}
			// What the guard lets through, and what it is told of the jar.
			p.Before(`{
				const jar = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
				Object.defineProperty(Document.prototype, 'cookie', { ...jar,
					get() { return window.jar === undefined ? jar.get.call(this) : window.jar },
					set(line) { window.passed = line } });
			}`)
			p.Reload()
			p.Await(harness.Settled)
			tried := 0
			for _, row := range v.Cookies {
				now := time.Now()
				choice, jar := "", row[2].(string)
				switch chosen := row[1].(type) {
				case string:
					choice = chosen
				case float64:
					choice = "given"
					made := now.Add(-time.Duration(chosen) * 24 * time.Hour).UnixMilli()
					jar = strings.TrimSuffix(fmt.Sprintf("cookies_preferences=%%7B%%22timestamp%%22%%3A%d%%7D; %s", made, jar), "; ")
				}
				if choice != state {
					continue
				}
				tried++
				line := harness.Dated(row[0].(string), now)
				asked, err := json.Marshal([]string{jar, line})
				if err != nil {
					t.Fatal(err)
				}
				passed := harness.Eval[string](p, fmt.Sprintf(`(([known, line]) => {
					window.jar = known;
					window.passed = null;
					document.cookie = line;
					window.jar = undefined;
					return String(window.passed);
				})(%s)`, asked))
				got := "kept"
				if passed == "null" {
					got = "dropped"
				} else if age, ok := strings.CutPrefix(passed, line+";max-age="); ok {
					var seconds float64
					_, _ = fmt.Sscan(age, &seconds)
					got = fmt.Sprint(math.Round(seconds / 86400))
				} else if passed != line {
					t.Errorf("%.100q became %.150q", line, passed)
				}
				if got != fmt.Sprint(row[3]) {
					t.Errorf("%.100q, %v, sent %q: %s, want %v", row[0], row[1], row[2], got, row[3])
				}
			}
			if tried == 0 {
				t.Error("no vector is of this choice")
			}
		})
	}
}
