package variant

import (
	"net/http"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/markup"
	"github.com/caddy-consent/caddy-consent/internal/notice"
	"github.com/caddy-consent/caddy-consent/internal/page"
)

// Rules are what is done with the page that the header is of: the guard comes in its head, notice or control in its body,
// what is denied is withheld, and what its author has gated for a service that is granted is activated.
func (v *Variant) Rules(h http.Header) markup.Rules {
	v.integrity = page.DemandsIntegrity(h)
	var rules markup.Rules
	if v.guards() {
		rules.Document = func() string {
			return v.Notice.Guard(v.place(), v.Page.Effective, v.Page.State == choice.Given)
		}
		if rules.Head = rules.Document(); v.Destination == page.DestWorker {
			rules.Head = v.Notice.KeptGuard(v.place())
		}
	}
	if v.shows() {
		rules.Body = v.snippet
	}
	rules.Meta, rules.Base = v.permitMeta, v.takeBase
	if v.Blocks {
		v.blocking().Withhold(&rules)
		rules.Hashes = v
	}
	v.blocking().Activate(&rules)
	rules.Known, rules.Alike = v.Known, uint64(v.Page.Effective)
	return rules
}

// Watching are rules that change nothing worth keeping: they tell what Rules would withhold, and count the notice.
func (v *Variant) Watching() markup.Rules {
	var rules markup.Rules
	if v.Blocks {
		v.blocking().Withhold(&rules)
	}
	if v.Destination.IsNavigation() && v.Decision.Notice {
		rules.Body = func([]byte) string {
			v.record.Metrics.Notices.Inc()
			return ""
		}
	}
	return rules
}

// takeBase looks where addresses that stand behind a <base> lead.
func (v *Variant) takeBase(href []byte) {
	v.base = string(href)
	if v.site().IsElsewhere(string(href)) {
		v.blocking().Away = true
	}
}

// snippet is what is inserted in a page in that language: the notice until there is a
// choice, then the control to come back to it.
func (v *Variant) snippet(lang []byte) string {
	place := v.place()
	place.Language = v.Notice.On(string(lang), v.language())
	v.blocking().Language = place.Language
	if v.Decision.Notice {
		v.record.Metrics.Notices.Inc()
		return v.Notice.Notice(place)
	}
	return v.Notice.Manage(place)
}

// back is the page to come back to after an answer: for one that answers a form, which cannot be asked for again, that
// with the form.
func (v *Variant) back() string {
	if v.Request.Method == http.MethodPost {
		if from, ok := page.RefererPath(v.Request); ok {
			return from
		}
	}
	return v.Asked.RequestURI()
}

// place is where what is inserted stands.
func (v *Variant) place() notice.Place {
	return notice.Place{
		Origin:  v.blocking().Prefix(),
		Site:    v.site().Host,
		Return:  v.back(),
		OptOut:  v.Decision.OptOut,
		Guarded: v.guards() && !v.script.TrustedTypes,
		Script:  v.script,
		Hashed:  v.integrity,
	}
}
