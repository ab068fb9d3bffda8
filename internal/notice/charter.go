package notice

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// Visitor is who reads the charter or opens the settings.
type Visitor struct {
	Place
	Choice choice.Choice
	// Effective is what is granted, by the choice or without one.
	Effective policy.Set
	// Embed is what the visitor would see in a frame, for the placeholder.
	Embed Embed
}

// Embed is the content of a frame that is withheld.
type Embed struct {
	// ID and Name are those of the service whose it is.
	ID, Name string
	// Undeclared tells that the visitor cannot allow it, since the operator does not declare it.
	Undeclared bool
	// Content is the address of the content, "" where it is not known.
	Content string
	// Page is where the choice is made, the path of the page that has the frame, in case another site's page
	// embeds that one; else "".
	Page string
}

// Charter renders the charter page with the visitor's choice in it.
func (r *Renderer) Charter(v Visitor) ([]byte, error) {
	return execute(r.charter, r.view(v))
}

// Settings renders the notice with its settings open and the visitor's choice in them,
// for pages that the visitor has answered before.
func (r *Renderer) Settings(v Visitor) ([]byte, error) {
	view := r.view(v)
	view.Opened = true
	return execute(r.notice, view)
}

// Placeholder renders what stands in place of a frame.
func (r *Renderer) Placeholder(v Visitor) ([]byte, error) { return execute(r.placeholder, r.view(v)) }

func execute(t *template.Template, v view) ([]byte, error) {
	var b bytes.Buffer
	if err := t.Execute(&b, v); err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	return b.Bytes(), nil
}

// view is what the templates see.
type view struct {
	Visitor
	policy.Controller
	Path, Charter, Assets string
	Direction, Position   string
	Version               string
	Since                 time.Time // when the version was first in force
	Manage                bool      // pages carry the control to come back
	Opened                bool      // the notice shows its settings
	Services              bool      // there is something to choose
	Enforced              bool      // what is not declared is stripped
	Tells                 bool      // pages tell the site the names of what they hold
	Purposes              []purposeView
	Necessary             []row
	Languages             []languageView
	texts                 texts
	replacer              *strings.Replacer
}

type purposeView struct {
	Title, Description string
	Services           []serviceView
	Rows               []row
}

type serviceView struct {
	// Label is the name, and the provider's where that is another.
	ID, Name, Label, Description string
	Granted, Exempt              bool
}

// row is one line of a table of cookies.
type row struct {
	Cookies, Storage, Hosts                                []string
	Provider, ProviderURL, Service, Purpose, Life, Consent string
}

// languageView is a language by its own name.
type languageView struct{ Tag, Name string }

// Table is what the table template sees. Heading is the id of the heading that names it.
type Table struct {
	view
	Heading string
	Rows    []row
}

// Trust stands in a script's tag where attributes go that let it run.
func (v view) Trust() template.HTMLAttr { return template.HTMLAttr(strings.TrimSpace(markTrust)) }

// Refusing tells that the browser signals refusal.
func (v view) Refusing() bool { return v.OptOut }

func (r *Renderer) view(v Visitor) view {
	p, t := r.options.Policy, r.languages.texts[v.Language]
	controller := p.Controller.Name
	if controller == "" {
		controller = v.Site
	}
	out := view{
		Visitor: v, Controller: p.Controller, texts: t,
		Path: string(r.options.Path), Charter: r.options.Charter, Assets: r.assets.folder,
		Direction: t["direction"], Position: cmp.Or(r.options.Style.Position, "bottom"),
		Version: p.Version, Since: *r.since.Load(), Manage: r.options.Manage,
		Services: len(p.Services) > 0, Enforced: !p.PassUndeclared, Tells: r.options.Guard.Tells != "",
	}
	out.replacer = strings.NewReplacer("{site}", out.isolated(v.Site), "{controller}", out.isolated(controller), "{remember}", out.life(r.options.Remember), "{service}", out.isolated(v.Embed.Name))
	for _, id := range p.PurposesInUse() {
		out.Purposes = append(out.Purposes, out.purpose(p, id))
	}
	for _, pattern := range p.Necessary {
		out.Necessary = append(out.Necessary, out.necessary(pattern, r.options.Remember))
	}
	for _, tag := range slices.Sorted(maps.Keys(r.languages.texts)) {
		out.Languages = append(out.Languages, languageView{tag, r.languages.texts[tag]["language"]})
	}
	return out
}

// PurposeTitle is what visitors know a purpose as in a language.
func (r *Renderer) PurposeTitle(id, language string) string {
	return r.languages.texts[language].purpose(r.options.Policy.Purpose(id), language)
}

func (t texts) purpose(declared policy.Purpose, language string) string {
	return cmp.Or(declared.Title.In(language), t["purpose."+declared.ID])
}

// isolated keeps a name's own direction out of the sentence around it, where that reads
// from right to left (Unicode Standard Annex 9, section 2.4: first strong isolate).
func (v view) isolated(name string) string {
	if v.Direction != "rtl" {
		return name
	}
	return "\u2068" + name + "\u2069"
}

func (v *view) purpose(p *policy.Policy, id string) purposeView {
	declared := p.Purpose(id)
	out := purposeView{Title: v.texts.purpose(declared, v.Language), Description: declared.Description.In(v.Language)}
	if out.Description == "" {
		out.Description = v.texts["purpose."+id+".text"]
	}
	for i, s := range p.Services {
		if s.Purpose != id {
			continue
		}
		name := cmp.Or(s.Name, s.ID)
		label := name
		if provider := s.Provider.Name; provider != "" && provider != name {
			label += " (" + provider + ")"
		}
		description := s.Description.In(v.Language)
		out.Services = append(out.Services, serviceView{
			ID: s.ID, Name: name, Label: label, Description: description, Granted: v.Effective.Has(i), Exempt: s.Exempt,
		})
		life := v.T("life.as_set")
		if max := s.MaxLife(); max > 0 {
			life = v.life(max)
		}
		consent := v.T("consent.required")
		if s.Exempt {
			consent = v.T("consent.exempt")
		}
		out.Rows = append(out.Rows, row{
			Cookies: names(s.Cookies), Storage: names(s.Storage), Hosts: names(append(slices.Clone(s.Hosts), s.Paths...)), Provider: cmp.Or(s.Provider.Name, name), ProviderURL: s.Provider.URL,
			Service: name, Purpose: cmp.Or(description, out.Title), Life: life, Consent: consent,
		})
	}
	return out
}

// necessary describes a cookie that needs no consent: the charter's four as it
// publishes them, any other as declared by the operator.
func (v *view) necessary(pattern policy.Pattern, remember time.Duration) row {
	r := row{Cookies: []string{string(pattern)}, Provider: "Opendatasoft", Consent: v.T("consent.necessary")}
	key := "cookie." + string(pattern)
	if v.texts[key+".service"] == "" {
		key, r.Provider = "cookie.other", cmp.Or(v.Controller.Name, v.Site)
	}
	r.Service, r.Purpose, r.Life = v.T(key+".service"), v.T(key+".purpose"), v.T(key+".life")
	if pattern == policy.ConsentCookie {
		r.Life = v.life(remember)
	}
	return r
}

// T is the text of that key in the visitor's language.
func (v view) T(key string) string {
	if v.replacer == nil {
		return v.texts[key]
	}
	return v.replacer.Replace(v.texts[key])
}

// Table pairs the rows of a table with the texts of its head.
func (v view) Table(heading string, rows []row) Table { return Table{v, heading, rows} }

// Status says what became of the visitor's choice.
func (v view) Status() string {
	if v.Choice.State == choice.Given && v.Choice.Time == 0 {
		return v.T("status.saved")
	}
	return v.T("status." + v.Choice.State.String())
}

// Device says what becomes of the answer.
func (v view) Device() string {
	if !v.Services {
		return v.T("notice.device.necessary")
	}
	return v.T("notice.device")
}

// Saved is what is announced after the answer.
func (v view) Saved() string {
	if !v.Services {
		return v.Device()
	}
	return v.T("status.saved")
}

// Who says who uses cookies, and where if that has another name.
func (v view) Who() string {
	if v.Controller.Name == "" || v.Controller.Name == v.Site {
		return v.T("notice.site")
	}
	return v.T("notice.controller")
}

// Chosen is when a choice that is in force was made; nil where there is none.
func (v view) Chosen() *time.Time {
	if v.Choice.State != choice.Given || v.Choice.Time == 0 {
		return nil
	}
	t := time.UnixMilli(v.Choice.Time).UTC()
	return &t
}

// Date writes a time as the language does.
func (v view) Date(t time.Time) string { return t.UTC().Format(v.texts["date"]) }

// Allowed and Refused are the names of the services that the visitor chose, and did not.
func (v view) Allowed() string { return v.services(true) }

func (v view) Refused() string { return v.services(false) }

func (v view) services(granted bool) string {
	if v.Choice.State != choice.Given {
		return ""
	}
	var names []string
	for _, p := range v.Purposes {
		for _, s := range p.Services {
			if s.Granted == granted {
				names = append(names, v.isolated(s.Name))
			}
		}
	}
	return strings.Join(names, v.T("comma"))
}

// ContactURL makes a link of the controller's address.
func (v view) ContactURL() template.URL {
	contact := strings.TrimPrefix(v.Contact, "mailto:")
	if strings.HasPrefix(contact, "https://") || strings.HasPrefix(contact, "http://") {
		return template.URL(contact) // the operator's own; the template escapes it
	}
	if strings.Contains(contact, "@") {
		local, domain, _ := strings.Cut(contact, "@")
		return template.URL("mailto:" + url.PathEscape(local) + "@" + url.PathEscape(domain)) // escaped
	}
	return ""
}

const month = 365.25 / 12 * 24 * float64(time.Hour)

// life writes a duration in the largest unit that keeps it true.
func (v view) life(d time.Duration) string {
	unit, n := "life.hours", math.Ceil(d.Hours())
	switch {
	case d >= 60*24*time.Hour && math.Abs(float64(d)/month-math.Round(float64(d)/month)) < 0.1:
		unit, n = "life.months", math.Round(float64(d)/month)
	case d >= 48*time.Hour:
		unit, n = "life.days", math.Round(d.Hours()/24)
	}
	return strings.Replace(v.texts.plural(v.Language, unit, int(n)), "{n}", strconv.Itoa(int(n)), 1)
}

func names(patterns []policy.Pattern) []string {
	var out []string
	for _, p := range patterns {
		out = append(out, string(p))
	}
	return out
}
