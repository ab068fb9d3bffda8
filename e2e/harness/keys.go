package harness

import (
	"github.com/chromedp/chromedp"
)

// Control presses a key while Control is held, as for the commands of editors.
func (p *Page) Control(key string) {
	p.t.Helper()
	run(p, "pressing Control and "+key, chromedp.KeyEvent(key, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
}

// ControlShift does so while Shift is held too.
func (p *Page) ControlShift(key string) {
	p.t.Helper()
	run(p, "pressing Control, Shift and "+key, chromedp.KeyEvent(key, chromedp.KeyModifiers(chromedp.ModifierCtrl, chromedp.ModifierShift)))
}
