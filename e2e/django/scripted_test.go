package django

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// proposal is what `suggest --json` says of the one site.
type proposal struct{ Services, Unknown []proposed }

type proposed struct {
	ID                      string
	Cookies, Hosts, Storage []string
}

// suggests asks for JSON until that holds of it.
func suggests(t *testing.T, caddy *harness.Instance, what string, holds func(proposal) bool) (p proposal) {
	t.Helper()
	for deadline := time.Now().Add(45 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		output, code := caddy.Run("consent", "suggest", "--json", "--address", caddy.Admin)
		var answer struct{ Sites []proposal }
		if err := json.Unmarshal([]byte(output), &answer); code != 0 || err != nil || len(answer.Sites) != 1 {
			t.Fatalf("suggest: %d, %v\n%s", code, err, output)
		}
		if p = answer.Sites[0]; holds(p) {
			return p
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %+v", what, p)
		}
	}
}

// skeleton is the block that the suggestion has as a comment behind a host, with the operator's words put in.
func skeleton(t *testing.T, suggested, host, id, provider string) string {
	t.Helper()
	_, rest, found := strings.Cut(suggested, "\n# "+host+":")
	block := regexp.MustCompile(`(?s)\n#\tservice <id> \{.*?\n#\t\}\n`).FindString(rest)
	if !found || block == "" {
		t.Fatalf("%s is not asked about:\n%s", host, suggested)
	}
	return strings.NewReplacer("\n#", "\n", "<id>", id, "<who provides it>", provider,
		"functional | statistics | embeds | marketing", "embeds").Replace(block)
}

// The same way as in TestOperatingGuide for a page of which only a browser can tell what its scripts load and keep. No
// host and no cookie is written by hand.
func TestOperatingGuideScripts(t *testing.T) {
	if !harness.HasChromium() {
		harness.Missing(t, "Chromium")
	}
	upstream := strings.TrimPrefix(harness.Django(t), "http://")
	site := fmt.Sprintf("http://localhost:%d", harness.FreePort(t))
	caddyfile := func(consent string) string {
		return fmt.Sprintf("%s {\n\tconsent {\n%s\n\t}\n\treverse_proxy %s\n}\n", site, consent, upstream)
	}
	world := harness.Elsewhere()
	browser := harness.Browser(t, world.Settings)
	hosts := []string{"www.clarity.ms", "player.vimeo.com", "widgets.guichet.example", "api.guichet.example", "fonts.gstatic.com"}

	// Observe: the page works as ever, and the browser tells what it loads.
	caddy := harness.StartInstance(t, "", caddyfile("mode observe"))
	p := browser.Visit(t, harness.Visitor{})
	p.Open(site + "/scripted/")
	for _, host := range hosts {
		world.Await(t, func(asked string) bool { return asked == host }, "observing, "+host)
	}
	p.Open(site + "/embeds/") // with the cookies that the scripts have set
	suggests(t, caddy, "not all hosts are known", func(s proposal) bool {
		var told []string
		for _, group := range slices.Concat(s.Services, s.Unknown) {
			told = append(told, group.Hosts...)
		}
		return len(harness.Without(hosts, told)) == 0
	})

	// Suggest, and answer the questions: whose the unknown hosts are, and which cookies the site needs.
	suggested, code := caddy.Run("consent", "suggest", "--address", caddy.Admin)
	if code != 0 {
		t.Fatalf("suggest: %d\n%s", code, suggested)
	}
	declared := suggested + skeleton(t, suggested, "widgets.guichet.example", "guichet", "Exemple SARL")
	for _, answer := range []string{"necessary carnet", "allow tiles.ville.example"} {
		if !strings.Contains(declared, "#\t"+answer+"\n") {
			t.Fatalf("the question for %q is not asked:\n%s", answer, suggested)
		}
		declared = strings.Replace(declared, "#\t"+answer+"\n", answer+"\n", 1)
	}
	for _, service := range []string{"clarity", "vimeo", "google-fonts"} {
		if !strings.Contains(declared, "\nservice "+service+"\n") {
			t.Errorf("%s is not suggested:\n%s", service, suggested)
		}
	}

	// Enforce, and ask pages: nothing is loaded before the choice, and all is declared.
	caddy.Write("", caddyfile(declared+"\ninventory browser"))
	caddy.Reload()
	world.Forget()
	visitor := browser.Visit(t, harness.Visitor{})
	visitor.Open(site + "/scripted/")
	visitor.Await(harness.NoticeShown)
	world.Silent(t, "before the choice")
	visitor.Answer("Tout accepter")
	visitor.Await(harness.ManageShown)
	visitor.Open(site + "/scripted/")
	for _, host := range hosts {
		world.Await(t, func(asked string) bool { return asked == host }, "after the grant, "+host)
	}
	visitor.Open(site + "/")
	// Of what scripts load and keep only the site's own key is left, which nobody has to declare.
	hasKey := func(s proposal) bool {
		return slices.ContainsFunc(s.Unknown, func(group proposed) bool { return slices.Contains(group.Storage, "panier") })
	}
	left := suggests(t, caddy, "the key is not known", hasKey)
	for _, group := range left.Services {
		if slices.Contains([]string{"clarity", "vimeo", "google-fonts"}, group.ID) {
			t.Errorf("%+v is not declared", group)
		}
	}
	for _, group := range left.Unknown {
		if len(group.Hosts) > 0 || slices.Contains(group.Cookies, "carnet") || slices.Contains(group.Storage, "_cltk") {
			t.Errorf("%+v is not declared", group)
		}
	}

	// Audit.
	if report, code := caddy.Run("consent", "audit", site+"/scripted/", "--rate", "1000"); code != 0 || !strings.Contains(report, "Clean: ") {
		t.Errorf("audit: %d\n%s", code, report)
	}
}
