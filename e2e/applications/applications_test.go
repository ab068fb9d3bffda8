// Package applications signs in to Debian's WordPress, MediaWiki and DokuWiki behind the module, edits a page and
// uploads a file, as somebody who has refused all does.
package applications

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	_ "github.com/caddy-consent/caddy-consent"
	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

func TestMain(m *testing.M) {
	harness.Main(m, func() bool { return isUnpacked() && harness.HasChromium() })
}

// root is what e2e/applications/unpack has filled.
func root() string { return os.Getenv("CONSENT_APPLICATIONS") }

func isUnpacked() bool {
	_, err := os.Stat(filepath.Join(root(), "complete"))
	return root() != "" && err == nil && os.Geteuid() == 0 // whom chroot takes
}

// application is software that runs, and what its editors do. Each step ends where it has succeeded.
type application struct {
	word string
	// start runs it and returns how Caddy serves it.
	start func(t *testing.T) string
	// signIn fills in the form. It waits for nothing.
	signIn func(p *harness.Page, site string)
	// signedIn tells that somebody is, refused what is said to somebody whose cookies do not arrive.
	signedIn, refused string
	// edit saves a page with that text, and shows it.
	edit func(p *harness.Page, site, text string)
	// upload uploads a picture of that name, and returns where it is served.
	upload func(p *harness.Page, site, name string) string
}

const (
	user     = "Ada"
	password = "lovelace-1843"
)

func TestApplications(t *testing.T) {
	if !isUnpacked() {
		harness.Missing(t, "root, or CONSENT_APPLICATIONS, the folder that e2e/applications/unpack has filled,")
	}
	for _, a := range []application{wordpress, mediawiki, dokuwiki} {
		t.Run(a.word, func(t *testing.T) {
			served := a.start(t)
			var names []string
			t.Run("without the module", func(t *testing.T) {
				p, site := visit(t, served)
				a.work(t, p, site, "without")
				names = held(p)
			})
			t.Run("with the word", func(t *testing.T) {
				p, site := refuse(t, "application "+a.word, served)
				a.work(t, p, site, "with")
				p.Await(harness.NoticeGone)
				if held := held(p); !slices.Equal(held, names) {
					t.Errorf("the browser holds %q, without the module %q", held, names)
				}
			})
			t.Run("without the word", func(t *testing.T) {
				p, site := refuse(t, "", served)
				a.signIn(p, site)
				p.Await(a.refused)
			})
		})
	}
}

// held are the names of the software's cookies that a browser holds, but for what differs by the site's address.
func held(p *harness.Page) []string {
	names := make(map[string]bool)
	for name := range p.Cookies() {
		names[ofAddress.ReplaceAllString(name, "")] = true
	}
	delete(names, "cookies_preferences")
	return slices.Sorted(maps.Keys(names))
}

var ofAddress = regexp.MustCompile(`[0-9a-f]{32}`)

// visit is a visitor of a site that Caddy serves by these lines.
func visit(t *testing.T, lines string) (p *harness.Page, site string) {
	t.Helper()
	site = fmt.Sprintf("http://localhost:%d", harness.FreePort(t))
	harness.Caddy(t, fmt.Sprintf("%s {\n%s}\n", site, lines))
	return harness.Browser(t, harness.Settings{Language: "en"}).Visit(t, harness.Visitor{}), site
}

// refuse is a visitor who has refused all, on a site before which the module stands with a line of its own.
func refuse(t *testing.T, line, served string) (p *harness.Page, site string) {
	t.Helper()
	p, site = visit(t, fmt.Sprintf("\tconsent {\n\t\tservice matomo\n\t\t%s\n\t}\n%s", line, served))
	p.Open(site + "/")
	p.Answer("Refuse all")
	return p, site
}

// work is what an editor does: that it is done shows on the pages that everybody sees.
func (a application) work(t *testing.T, p *harness.Page, site, how string) {
	t.Helper()
	a.signIn(p, site)
	p.Await(a.signedIn)
	text := "Edited " + how + " the module."
	a.edit(p, site, text)
	p.Await(fmt.Sprintf(`document.readyState === 'complete' && document.body.innerText.includes(%q)`, text))
	file := a.upload(p, site, how+".png")
	served := harness.Resolve[string](p, fmt.Sprintf(`fetch(%q).then(answer => answer.arrayBuffer()).
		then(file => btoa(String.fromCharCode(...new Uint8Array(file))))`, file))
	if served != picture {
		t.Errorf("%s is not the picture that was uploaded: %.200s", file, served)
	}
}
