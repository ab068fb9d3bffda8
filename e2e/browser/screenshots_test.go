package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// With CONSENT_SCREENSHOTS=<folder>, pictures of everything that visitors see go there.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv("CONSENT_SCREENSHOTS")
	if folder == "" {
		t.Skip("CONSENT_SCREENSHOTS names no folder for the pictures")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	d := harness.StartDemo(t)
	browser := harness.Browser(t, harness.Settings{})
	picture := func(p *harness.Page, language, look string) {
		text := harness.Texts(t, language)
		file := func(what string) string {
			return filepath.Join(folder, fmt.Sprintf("%s-%s-%d-%s.png", what, language, p.Visitor.Width, look))
		}
		p.ForgetCookies()
		p.Open(d.URL("/?flg=" + language))
		p.Screenshot(file("notice"))
		p.OpenSettings(text["choice.settings"])
		p.Screenshot(file("settings"))
		p.Click(text["choice.accept"])
		p.Await(`document.querySelector('[role=status]').textContent !== ''`)
		p.Screenshot(file("saved"))
		p.Open(d.URL("/_consent/charter?lang=" + language))
		p.ScreenshotWhole(file("charter"))
	}
	heights := map[int]int{320: 568, 768: 1024, 1280: 800}
	for width, height := range heights {
		for look, dark := range map[string]bool{"light": false, "dark": true} {
			p := browser.Visit(t, harness.Visitor{Width: width, Height: height, Dark: dark})
			for _, language := range []string{"fr", "en", "ar"} {
				picture(p, language, look)
			}
		}
	}
	picture(browser.Visit(t, harness.Visitor{Width: 1280, Height: 800, ForcedColours: true, Dark: true}), "fr", "forced")
	picture(browser.Visit(t, harness.Visitor{Width: 320, Height: 256}), "fr", "zoomed")

	s := harness.Serve(t, `controller "Ville d’Essai"`, map[string]string{"/": harness.Document("", "<h1>Portail</h1>")})
	p := browser.Visit(t, harness.Visitor{Width: 768, Height: 500})
	p.Open(s.URL)
	p.Screenshot(filepath.Join(folder, "notice-fr-768-necessary.png"))

	// What stands in place of frames, from a player's size to one that has hardly any room.
	const frames = `<h1>Vidéos</h1><p>Portail</p>` +
		`<p><iframe title="Fête" width="560" height="315" style="max-width:100%" src="https://www.youtube.com/embed/x">` +
		`</iframe> <iframe title="Fête" width="300" height="200" src="https://player.vimeo.com/video/1"></iframe></p>` +
		`<p><iframe title="Fête" width="280" height="150" src="https://www.youtube.com/embed/x">` +
		`</iframe> <iframe title="Fête" width="300" height="80" src="https://www.youtube.com/embed/x">` +
		`</iframe> <iframe title="Fête" width="120" height="90" src="https://www.youtube.com/embed/x"></iframe></p>`
	s = harness.Serve(t, "service youtube\nmanage off", map[string]string{"/": harness.Document("", frames)})
	for width, height := range heights {
		for look, dark := range map[string]bool{"light": false, "dark": true} {
			for _, language := range []string{"fr", "en", "ar"} {
				p := browser.Visit(t, harness.Visitor{Width: width, Height: height, Dark: dark})
				p.Open(s.URL + "/?flg=" + language)
				p.Answer(harness.Texts(t, language)["choice.refuse"])
				p.Reload()
				p.ScreenshotWhole(filepath.Join(folder, fmt.Sprintf("placeholder-%s-%d-%s.png", language, width, look)))
			}
		}
	}
	p = browser.Visit(t, harness.Visitor{ForcedColours: true, Dark: true})
	p.Open(s.URL)
	p.Answer("Tout refuser")
	p.Reload()
	p.ScreenshotWhole(filepath.Join(folder, "placeholder-fr-1280-forced.png"))
}
