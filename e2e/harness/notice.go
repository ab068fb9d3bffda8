package harness

import (
	"fmt"
	"regexp"

	"github.com/chromedp/chromedp"
)

// What of the notice a page shows, as JavaScript expressions.
const (
	NoticeGone  = `document.querySelector('#caddy-consent') === null`
	NoticeShown = `document.querySelectorAll('#caddy-consent').length === 1 && document.querySelector('#caddy-consent button[value=refuse]')` +
		`.checkVisibility()`
	ManageShown = `document.querySelectorAll('[data-caddy-consent=manage]').length === 1 && document.querySelector('[data-caddy-consent=manage]')` +
		`.checkVisibility()`
	// SettingsShown tells that the settings are open, in the notice or on the charter.
	SettingsShown = `document.querySelector('#caddy-consent-settings') !== null && document.querySelector('#caddy-consent-settings').checkVisibility()`
	// Settled tells that the script of the notice has run.
	Settled = `typeof window.consent === 'object'`
)

// Answer gives an answer in the notice, in its settings or on the charter: where the
// script of the notice runs the page stays, else it is loaded anew.
func (p *Page) Answer(text string) {
	p.t.Helper()
	if p.Visitor.NoScript || p.Has("body.caddy-consent-charter") {
		p.Follow(text)
	} else {
		p.Click(text)
	}
	p.Await(NoticeGone)
}

// Decide makes a choice by what pages may call; services is a JavaScript expression. Where
// something granted is taken back, the page may be loaded anew before it can tell that it has followed.
func (p *Page) Decide(choice, services string) {
	p.t.Helper()
	call := fmt.Sprintf(`consent.set(%q, %s).then(() => true)`, choice, services)
	if _, err := try(p, chromedp.Evaluate[bool](call, chromedp.EvalAwaitPromise)); err != nil && !isOnItsWay(err) {
		p.t.Fatalf("%s: %v", call, err)
	}
}

// GuardTag is that of the guard in a page.
var GuardTag = regexp.MustCompile(`<script data-caddy-consent="[^"]*" src="[^"]*/guard\.js"[^>]*></script>`)

// OpenSettings opens them by what reads text: in place, or on the charter without scripts.
func (p *Page) OpenSettings(text string) {
	p.t.Helper()
	if p.Visitor.NoScript {
		p.Follow(text)
	} else {
		p.Click(text)
	}
	p.Await(SettingsShown)
}
