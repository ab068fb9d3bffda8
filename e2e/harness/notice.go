package harness

// What of the notice a page shows, as JavaScript expressions.
const (
	NoticeGone  = `document.querySelector('#caddy-consent') === null`
	NoticeShown = `document.querySelectorAll('#caddy-consent').length === 1 && document.querySelector('#caddy-consent button[value=refuse]').checkVisibility()`
	ManageShown = `document.querySelectorAll('[data-caddy-consent=manage]').length === 1 && document.querySelector('[data-caddy-consent=manage]').checkVisibility()`
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
