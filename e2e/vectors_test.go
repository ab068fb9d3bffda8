package e2e

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
	"github.com/caddy-consent/caddy-consent/internal/blocking"
	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/cookies"
	"github.com/caddy-consent/caddy-consent/internal/decision"
	"github.com/caddy-consent/caddy-consent/internal/inventory"
	"github.com/caddy-consent/caddy-consent/internal/markup"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// The vectors are what the server and the guard must decide alike. Here the server decides them.

const vectorHost = "portal.test"

func vectors(t *testing.T) (harness.Vectors, *policy.Policy) {
	t.Helper()
	v := harness.ReadVectors(t, vectorHost)
	var d policy.Declaration
	patterns := func(texts []string) (patterns []policy.Pattern) {
		for _, text := range texts {
			patterns = append(patterns, policy.Pattern(text))
		}
		return patterns
	}
	for _, s := range v.Services {
		d.Services = append(d.Services, policy.Service{
			ID: s.ID, Purpose: s.Purpose, Cookies: patterns(s.Cookies), Hosts: patterns(s.Hosts), Inline: s.Inline,
			Lifetime: time.Duration(s.Days) * 24 * time.Hour, Exempt: s.Exempt,
		})
	}
	p, err := policy.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return v, p
}

// silent is a recorder of nothing.
type silent struct{}

func (silent) Host([]byte, policy.Owner, bool)                           {}
func (silent) Script(policy.Owner)                                       {}
func (silent) Sent(string, policy.Class, bool)                           {}
func (silent) SetCookie(string, string, policy.Class, inventory.Outcome) {}

// rewritten is a page of the site as the visitor gets it who was granted that.
func rewritten(t *testing.T, p *policy.Policy, granted policy.Set, text string) string {
	t.Helper()
	var rules markup.Rules
	page := blocking.Page{Rules: blocking.New(p, "/_consent"), Granted: granted, Host: vectorHost, Recorder: silent{}}
	page.Withhold(&rules)
	var out strings.Builder
	r := markup.Rewriter{Out: &out, Scanner: markup.Scanner{Rules: rules}}
	if _, err := r.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// withheldFor is the service for which something in a page is withheld, of all or of those that are not on
// by default.
func withheldFor(t *testing.T, p *policy.Policy, granted policy.Set, text string) *string {
	out := rewritten(t, p, granted, text)
	for _, s := range p.Services {
		if strings.Contains(out, `data-consent-service="`+s.ID+`"`) || strings.Contains(out, `data-consent-service=&quot;`+s.ID+`&quot;`) {
			return &s.ID
		}
	}
	return nil
}

func shown(service *string) string {
	if service == nil {
		return "nobody"
	}
	return *service
}

func TestHostVectors(t *testing.T) {
	v, p := vectors(t)
	for _, row := range v.Hosts {
		url, base, service := *row[0], *row[1], row[2]
		got := withheldFor(t, p, 0, `<base href="`+template.HTMLEscapeString(base)+`"><img src="`+template.HTMLEscapeString(url)+`">`)
		if shown(got) != shown(service) {
			t.Errorf("%q on %q is of %s, want %s", url, base, shown(got), shown(service))
		}
	}
}

func TestElementVectors(t *testing.T) {
	v, p := vectors(t)
	for _, row := range v.Elements {
		if got := withheldFor(t, p, p.Exempt, *row[0]); shown(got) != shown(row[1]) {
			t.Errorf("%s is withheld for %s, want %s", *row[0], shown(got), shown(row[1]))
		}
		if out := rewritten(t, p, p.All, *row[0]); out != *row[0] {
			t.Errorf("%s, all granted, became %s", *row[0], out)
		}
	}
}

func TestLinkRelVectors(t *testing.T) {
	v, p := vectors(t)
	page := blocking.Page{Rules: blocking.New(p, "/_consent"), Host: vectorHost, Recorder: silent{}}
	for _, row := range v.Relations {
		rel := row[0].(string)
		element := withheldFor(t, p, 0, `<link href="//video.test/" rel="`+template.HTMLEscapeString(rel)+`">`) != nil
		field := len(page.Links([]string{`<https://video.test/>; rel="` + rel + `"`})) == 0
		if element != row[1] || field != row[2] {
			t.Errorf("%q: the element loads: %t, the field: %t, want %v", rel, element, field, row[1:])
		}
		if loads := slices.ContainsFunc(strings.FieldsFunc(rel, func(c rune) bool { return strings.ContainsRune(" \t\n\f\r", c) }), func(word string) bool {
			return slices.Contains(markup.Relations(), strings.ToLower(word))
		}); loads != row[1] {
			t.Errorf("%q: the list says %t", rel, loads)
		}
	}
}

func TestCookieVectors(t *testing.T) {
	v, p := vectors(t)
	now := time.Now()
	for _, row := range v.Cookies {
		line, sent, want := harness.Dated(row[0].(string), now), row[2].(string), row[3]
		decider, x, c := decision.Decider{Policy: p}, decision.Exchange{Now: now, Sent: []string{sent}}, choice.Choice{State: choice.Given}
		switch chosen := row[1].(type) {
		case float64: // days since all was granted
			c.Granted = p.All
			x.Chosen = now.AddDate(0, 0, -int(chosen))
		case string:
			if chosen == "none" {
				c.State = choice.None
			}
		}
		passed, _ := decider.Decide(c, false).SetCookies([]string{line}, x, silent{})
		got := "dropped"
		if len(passed) > 0 {
			got = "kept"
			if passed[0] != line {
				end := cookies.ExpiryOf(passed[0], now).Time
				got = fmt.Sprint(int(end.Sub(now).Hours()/24 + 0.5))
			}
		}
		if got != fmt.Sprint(want) {
			t.Errorf("%.100q, %v, sent %q: %s, want %v", row[0], row[1], sent, got, want)
		}
	}
}
