package adminapi

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/endpoint"
	"github.com/caddy-consent/caddy-consent/internal/inventory"
	"github.com/caddy-consent/caddy-consent/internal/store"
	"github.com/caddy-consent/caddy-consent/internal/telemetry"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

var (
	page = template.Must(template.New("page").Parse(pageHTML))
	// pagePolicy lets the page load nothing but its own style sheet: names in it come from anybody.
	pagePolicy = "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-" + styleHash() + "'"
)

func styleHash() string {
	hash := sha256.Sum256([]byte(pageCSS))
	return base64.StdEncoding.EncodeToString(hash[:])
}

// figure is a number that an operator looks at first.
type figure struct {
	Label string
	Count float64
	of    string // the counters whose sum it is, by how their names begin
}

// siteView is a site as the page shows it.
type siteView struct {
	Index                              int
	Site, Mode, Policy, Since, Charter string
	Undeclared                         []undeclared
}

// undeclared is a cookie, a host or a path that nobody declares, with the lines that would.
type undeclared struct {
	Name, Kind, Path, Line string
	Count                  uint64
}

// overview answers GET /consent/ with a page for people.
func (a *Admin) overview(w http.ResponseWriter, r *http.Request) error {
	figures, err := a.figures()
	if err != nil {
		return err
	}
	var sites []siteView
	for i, s := range telemetry.Running() {
		view := siteView{Index: i, Site: s.Name, Mode: s.Mode, Policy: s.Policy.Version}
		if since, err := store.KnownSince(r.Context(), a.storage, s.Policy.Version); err == nil && !since.IsZero() {
			view.Since = since.UTC().Format(time.RFC3339)
		}
		if s.Name != "" && !strings.ContainsAny(s.Name, " /") {
			view.Charter = "//" + s.Name + endpoint.Prefix(s.Path).Charter()
		}
		services := choice.Services(s.Policy, s.Policy.All)
		view.Undeclared = slices.Concat(undeclaredOf(s.Cookies(), services, "cookie", "necessary"),
			undeclaredOf(s.Hosts(), services, "host", "allow"), undeclaredOf(s.Paths(), services, "path", ""))
		sites = append(sites, view)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	return page.Execute(w, struct {
		Style   template.CSS
		Figures []figure
		Sites   []siteView
	}{template.CSS(pageCSS), figures, sites})
}

// undeclaredOf are names of a kind, each with the lines that would declare it. The word declares one alone.
func undeclaredOf(items []inventory.Item, services []string, kind, word string) (all []undeclared) {
	for _, item := range items {
		if item.IsUndeclared() {
			all = append(all, undeclared{item.Name, kind, item.Path, linesFor(item, services, kind, word), item.Count})
		}
	}
	return all
}

func linesFor(item inventory.Item, services []string, kind, word string) string {
	names := kind + "s " + inventory.Token(cmp.Or(item.Pattern, item.Name))
	switch isDeclared := slices.Contains(services, item.Service); {
	case item.Service != "" && item.Pattern != "" && !isDeclared:
		return "service " + item.Service + " {\n\t" + names + "\n}"
	case item.Service != "" && !isDeclared:
		return "service " + item.Service
	case !item.IsDeclarable() && item.Pattern == "":
		return "none: a star in it would stand for any other name"
	case item.Service != "":
		return "in service " + item.Service + ":\n" + names
	}
	return word + " " + inventory.Token(item.Name) + "\nor in a service:\n" + names
}

// figures are the sums of what was chosen, and of what was kept back.
func (a *Admin) figures() ([]figure, error) {
	counters, err := a.counters()
	if err != nil {
		return nil, err
	}
	all := []figure{
		{Label: "Accepted all", of: `choices_total{choice="accept"`}, {Label: "Refused all", of: `choices_total{choice="refuse"`},
		{Label: "Chose by service", of: `choices_total{choice="custom"`}, {Label: "Allowed one service", of: `choices_total{choice="grant"`},
		{Label: "Chose on the portal", of: `choices_total{choice="native"`}, {Label: "Notices shown", of: "notices_total"},
		{Label: "Cookies stripped", of: `set_cookie_lines_total{action="stripped"`}, {Label: "Cookies not sent", of: "cookies_withheld_total"},
		{Label: "Elements withheld", of: "blocked_total"}, {Label: "Choices without a record", of: "ledger_errors_total"},
	}
	for i, f := range all {
		for name, value := range counters {
			if strings.HasPrefix(name, "caddy_consent_"+f.of) {
				all[i].Count += value
			}
		}
	}
	return all, nil
}
