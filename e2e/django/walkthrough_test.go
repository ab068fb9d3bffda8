package django

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// What docs/operating.md tells a web team to do, from a site that sets what it likes to a charter that is
// true: observe, suggest, declare, enforce, audit, prove. Only its commands are used.
func TestOperatingGuide(t *testing.T) {
	upstream := strings.TrimPrefix(harness.Django(t), "http://")
	site := fmt.Sprintf("http://127.0.0.1:%d", harness.FreePort(t))
	caddyfile := func(consent string) string {
		return fmt.Sprintf("%s {\n\tconsent {\n%s\n\t}\n\treverse_proxy %s\n}\n", site, consent, upstream)
	}
	const log = "\tlog ledger {\n\t\tinclude http.handlers.consent.ledger\n\t\toutput file ledger.log\n\t}"

	// Observe: nothing changes for visitors, who come and go.
	caddy := harness.StartInstance(t, log, caddyfile("mode observe"))
	visitor := newDjangoVisitor(t, site)
	for _, path := range []string{"/", "/embeds/", "/login/", "/gzip/", "/embeds/"} {
		if page := visitor.navigate(path); page.StatusCode != http.StatusOK || page.notices() > 0 || page.setCookie("_ga") == "" {
			t.Fatalf("observing changes %s: %s, %d notices", path, page.Status, page.notices())
		}
	}
	visitor.submit("/feedback/", url.Values{"csrfmiddlewaretoken": {visitor.navigate("/").csrfToken(t)}, "text": {"un avis"}}).redirects(t, "/")
	visitor.logIn().redirects(t, "/account/")
	if output, code := caddy.Run("consent", "audit", site, "--rate", "1000"); code != 1 || !strings.Contains(output, "Not clean") {
		t.Fatalf("the site is said to be clean before it is: %d\n%s", code, output)
	}

	// Suggest, and answer the questions: without its messages the site does not work, the map's tiles
	// are the city's own, nobody knows what the rest is for.
	suggested, code := caddy.Run("consent", "suggest", "--address", caddy.Admin)
	if code != 0 {
		t.Fatalf("suggest: %d\n%s", code, suggested)
	}
	declared := suggested
	for _, answer := range []string{"necessary messages", "allow tiles.ville.example"} {
		if !strings.Contains(declared, "#\t"+answer+"\n") {
			t.Fatalf("the question for %q is not asked:\n%s", answer, suggested)
		}
		declared = strings.Replace(declared, "#\t"+answer+"\n", answer+"\n", 1)
	}
	for _, service := range []string{"ga", "facebook", "matomo", "youtube", "hotjar"} {
		if !strings.Contains(declared, "\nservice "+service+"\n") {
			t.Errorf("%s is not suggested:\n%s", service, suggested)
		}
	}

	// Declare and enforce.
	caddy.Write(log, caddyfile(declared))
	caddy.Reload()
	if again, _ := caddy.Run("consent", "suggest", "--address", caddy.Admin); strings.Contains(again, "\nservice ") ||
		strings.Contains(again, "messages") {
		t.Errorf("what is declared is suggested again:\n%s", again)
	}

	// Audit.
	report, code := caddy.Run("consent", "audit", site, site+"/api/datasets/", site+"/login/", "--rate", "1000")
	if code != 0 || !strings.Contains(report, "Clean: ") {
		t.Errorf("audit: %d\n%s", code, report)
	}
	if report, code := caddy.Run("consent", "audit", site, "--rate", "1000", "--json"); code != 0 || !strings.Contains(report, `"findings": []`) {
		t.Errorf("audit --json: %d\n%s", code, report)
	}
	if report, code := caddy.Run("consent", "audit", "http://"+upstream, "--rate", "1000"); code != 1 || !strings.Contains(report, "_hjid") {
		t.Errorf("past the proxy the site is said to be clean: %d\n%s", code, report)
	}
	if report, code := caddy.Run("consent", "audit", "http://127.0.0.1:1/"); code != 2 || !strings.Contains(report, "could not be checked") {
		t.Errorf("audit of nothing: %d\n%s", code, report)
	}

	// Prove.
	newcomer := newDjangoVisitor(t, site)
	if newcomer.navigate("/").notices() != 1 {
		t.Error("there is no notice")
	}
	newcomer.choose("refuse")
	receipt := newcomer.fetch(http.MethodGet, "/_consent/receipt", "")
	if err := os.WriteFile(filepath.Join(caddy.Folder, "receipt.json"), []byte(receipt.body), 0o600); err != nil {
		t.Fatal(err)
	}
	if output, code := caddy.Run("consent", "verify", "ledger.log", "receipt.json"); code != 0 || !strings.Contains(output, "allowed nothing") ||
		!strings.Contains(output, "all is in order") {
		t.Errorf("verify: %d\n%s", code, output)
	}
}
