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
}
