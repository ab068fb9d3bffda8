package browser

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// What is done in the notice is not done to the page, and what is done to the page leaves the notice usable.

// TestNoticeKeysOwn: a page's shortcuts do not take the keys that are pressed in the notice.
func TestNoticeKeysOwn(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", `<script>
		window.heard = [];
		for (const type of ['keydown', 'keypress', 'keyup']) document.addEventListener(type, event => {
			heard.push(type + ' ' + event.key);
			event.preventDefault();
		});</script>`)})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL)
	p.Await(harness.Settled)
	harness.Eval[bool](p, `(document.querySelector('#caddy-consent [formaction]').focus(), true)`)
	p.Type(" ")
	p.Await(harness.SettingsShown)
	p.Type(kb.Tab + " ")
	if got := ticked(p); strings.Join(got, " ") != "matomo ga" {
		t.Errorf("%q is ticked", got)
	}
	p.Type(kb.Escape + kb.Escape)
	p.Await(harness.NoticeGone)
	if heard := harness.Eval[[]string](p, `heard`); len(heard) > 0 {
		t.Errorf("the page hears %q", heard)
	}
	p.Type("a")
	if heard := harness.Eval[[]string](p, `heard`); len(heard) == 0 {
		t.Error("the page does not hear what is typed in it")
	}
}

// TestNoticeGesturesOwn: what scrolls a page by scripts, guards its focus or its forms, has nothing to do with the notice.
func TestNoticeGesturesOwn(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", `<script>
		window.heard = [];
		for (const type of ['wheel', 'touchstart', 'touchmove', 'input', 'change', 'focusin']) addEventListener(type, () => heard.push(type), { passive: false });
		</script>`)})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL)
	p.OpenSettings("Personnaliser")
	p.Click("Google Analytics (Google)")
	harness.Eval[json.RawMessage](p, `['wheel', 'touchstart', 'touchmove'].forEach(type =>
		document.querySelector('#caddy-consent p').dispatchEvent(new Event(type, { bubbles: true })))`)
	if heard := harness.Eval[[]string](p, `heard`); len(heard) > 0 {
		t.Errorf("the page hears %q", heard)
	}
}

// TestNoticeDialogClick: a dialog that closes by a click outside of its box stays open while the notice that stands in it
// is answered.
func TestNoticeDialogClick(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", `<dialog id="d"><input></dialog><script>
		for (const type of ['click', 'mousedown', 'pointerdown']) d.addEventListener(type, event => {
			const box = d.getBoundingClientRect();
			if (event.clientY > box.bottom || event.clientY < box.top) d.close();
		});
		d.showModal();
		</script>`)})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL)
	p.Await(`document.querySelector('#caddy-consent').parentNode === d`)
	p.OpenSettings("Personnaliser")
	p.Click("Google Analytics (Google)")
	p.Click("Enregistrer mes choix")
	p.Await(harness.NoticeGone)
	if !harness.Eval[bool](p, `d.open`) {
		t.Error("the dialog is closed")
	}
	p.ClickAt(5, 5)
	if harness.Eval[bool](p, `d.open`) {
		t.Error("the dialog does not close any more")
	}
}

// TestNoticeTranslated as Chrome and Edge do it, which puts elements around all text.
func TestNoticeTranslated(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", "")})
	const translate = `{
		const texts = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT), all = [];
		for (let text; (text = texts.nextNode());) if (text.data.trim() && !text.parentNode.closest('script, style, head')) all.push(text);
		for (const text of all) {
			const outer = document.createElement('font'), inner = document.createElement('font');
			inner.textContent = text.data.toUpperCase();
			outer.append(inner);
			text.replaceWith(outer);
		}
		1
	}`
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL)
	p.Await(harness.Settled)
	harness.Eval[json.RawMessage](p, translate)
	p.Click("PERSONNALISER")
	p.Await(harness.SettingsShown)
	p.Click("GOOGLE ANALYTICS (GOOGLE)")
	p.Click("ENREGISTRER MES CHOIX")
	p.Await(harness.NoticeGone)
	checkChoice(t, p, map[string]bool{"ga": true})
	for range 2 { // the control of the script, and of the page
		p.Await(harness.ManageShown)
		harness.Eval[json.RawMessage](p, translate)
		p.Click("GÉRER MES COOKIES")
		p.Await(harness.SettingsShown)
		p.Reload()
	}
}

// TestNoticeBaseTarget: a page whose links open windows does not answer in one.
func TestNoticeBaseTarget(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document(`<base target="_blank">`, "")})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{NoScript: true})
	p.Open(s.URL)
	p.OpenSettings("Personnaliser")
	p.Open(s.URL)
	p.Answer("Tout refuser")
}

// TestTallFieldClicked: who clicks on what is in sight of it has it where it is.
func TestTallFieldClicked(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("",
		`<p style="height: 200px">Votre message</p><textarea id="text" style="width: 90%; height: 1200px"></textarea>`)})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL)
	p.Await(harness.Settled)
	p.ClickAt(100, 350)
	p.Await(`document.activeElement.id === 'text'`)
	if y := harness.Eval[float64](p, `scrollY`); y != 0 {
		t.Errorf("the page is scrolled by %f", y)
	}
}

// TestMenuClosed: what has opened the settings may be hidden by the time they close.
func TestMenuClosed(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", `<details id="menu"><summary>Menu</summary>
		<a href="#cookies">Mes cookies</a></details><script>
		menu.addEventListener('focusout', event => { if (!menu.contains(event.relatedTarget)) menu.open = false });</script>`)})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL)
	p.Answer("Tout refuser")
	p.Click("Menu")
	p.OpenSettings("Mes cookies")
	p.Await(`!menu.open`)
	p.Type(kb.Escape)
	p.Await(harness.NoticeGone)
	awaitFocus(t, p, "Gérer mes cookies")
}

// TestAnswerAfterForm: a page that answers a form is not asked for again, where no scripts run.
func TestAnswerAfterForm(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/ask": harness.Document("",
		`<form method="post" action="/sent"><input name="name"><button>Envoyer</button></form>`)})
	s.Portal.Config.Handler.(*http.ServeMux).HandleFunc("POST /sent", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, harness.Document("", "<p>Il manque un nom</p>"))
	})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{NoScript: true})
	p.Open(s.URL + "/ask?a=b&c=d")
	p.Follow("Envoyer")
	p.Answer("Tout refuser")
	if got := p.URL(); !strings.HasPrefix(got, s.URL+"/ask?a=b&c=d") {
		t.Errorf("the answer leads to %s", got)
	}
}
