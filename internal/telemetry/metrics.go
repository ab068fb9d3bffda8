package telemetry

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-consent/caddy-consent/internal/inventory"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// Metrics counts what the module does, or would do where it only observes, in the registry of
// the running configuration: a reload begins anew, as Caddy's own counters do. All labels have few
// values.
type Metrics struct {
	// Rewritten counts pages that went through the rewriter; PassedCharset, PassedCoding and PassedTransform
	// those that passed untouched, because markup cannot be found in their character encoding,
	// their content coding cannot be decoded, or no-transform forbids it; PassedAMP those of AMP.
	Rewritten, PassedCharset, PassedCoding, PassedTransform, PassedAMP prometheus.Counter
	// SheetsRewritten counts style sheets that differ by choice; the others those that passed untouched, because they
	// cannot be read in their character encoding or content coding, or, though they differ, because no-transform or a
	// page that demands their hash forbids it.
	SheetsRewritten, SheetsCharset, SheetsCoding, SheetsTransform, SheetsIntegrity prometheus.Counter
	// LongTags and LongTexts count the pieces of rewritten pages that passed without being
	// looked at, because they are too long to be held.
	LongTags, LongTexts prometheus.Counter
	// Notices counts pages with the notice.
	Notices prometheus.Counter
	// RewriteBytes counts the bytes of pages that came to the rewriter, compressed as they were;
	// RewriteSeconds is how long it worked on each page, without waiting for the visitor.
	RewriteBytes   prometheus.Counter
	RewriteSeconds prometheus.Observer
	// LedgerErrors counts choices that the ledger could not take.
	LedgerErrors prometheus.Counter
	// HeadErrors counts how often the storage began not to take the ledger's last entry.
	HeadErrors prometheus.Counter

	undeclaredCookies, undeclaredHosts prometheus.Counter

	setCookies map[policy.Class][len(outcomes)]prometheus.Counter
	withheld   map[policy.Class]prometheus.Counter
	blocked    []prometheus.Counter // by owner
	choices    *prometheus.CounterVec
}

// outcomes are those of a Set-Cookie line.
var outcomes = [...]inventory.Outcome{inventory.Passed, inventory.Stripped, inventory.Shortened, inventory.Expired}

// NewMetrics makes the counters, or finds those that another handler of the same
// configuration has made.
func NewMetrics(registry prometheus.Registerer, p *policy.Policy) (*Metrics, error) {
	r := &registrar{registry: registry}
	pages := r.counters("caddy_consent_pages_total",
		"Pages by result: rewritten, or passed unchanged, with the reason.", "result", "reason")
	sheets := r.counters("caddy_consent_sheets_total",
		"Style sheets by result: rewritten for the visitor, or passed unchanged, with the reason.", "result", "reason")
	unread := r.counters("caddy_consent_unread_total",
		"Pieces of rewritten pages that passed unread: tags over 64 KiB, script text over 256 KiB.", "piece")
	notices := r.counters("caddy_consent_notices_total", "Pages served with the notice.")
	lines := r.counters("caddy_consent_set_cookie_lines_total",
		"Set-Cookie lines by action and by purpose of the cookie.", "action", "purpose")
	withheld := r.counters("caddy_consent_cookies_withheld_total",
		"Cookies that were not sent upstream, by purpose.", "purpose")
	blocked := r.counters("caddy_consent_blocked_total",
		"Page elements withheld, and loads that browsers report as blocked, by service.", "service")
	choices := r.counters("caddy_consent_choices_total",
		"Choices that visitors made, by answer; native: made with the portal's own banner, each counted once as far as known.", "choice")
	ledgerErrors := r.counters("caddy_consent_ledger_errors_total", "Choices that could not be written to the ledger.")
	headErrors := r.counters("caddy_consent_ledger_head_errors_total", "Times that the ledger's last entry could not be stored; it is tried again.")
	rewriteBytes := r.counters("caddy_consent_rewrite_bytes_total", "Bytes of pages that the rewriter received, compressed or not.")
	rewriteSeconds := register(r, prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "caddy_consent_rewrite_seconds",
		Help:    "Time the rewriter spent on a page, without waiting for the upstream or the visitor.",
		Buckets: prometheus.ExponentialBuckets(0.0001, 4, 8), // 0.1 ms to 1.6 s
	}))
	undeclared := r.counters("caddy_consent_undeclared_total",
		"Cookies and third-party hosts that no declaration covers, counted each time one is seen.", "kind")
	if r.err != nil {
		return nil, r.err
	}
	m := &Metrics{
		Rewritten:         pages.WithLabelValues("rewritten", ""),
		PassedCharset:     pages.WithLabelValues("passed", "charset"),
		PassedCoding:      pages.WithLabelValues("passed", "coding"),
		PassedAMP:         pages.WithLabelValues("passed", "amp"),
		PassedTransform:   pages.WithLabelValues("passed", "no-transform"),
		SheetsRewritten:   sheets.WithLabelValues("rewritten", ""),
		SheetsCharset:     sheets.WithLabelValues("passed", "charset"),
		SheetsCoding:      sheets.WithLabelValues("passed", "coding"),
		SheetsTransform:   sheets.WithLabelValues("passed", "no-transform"),
		SheetsIntegrity:   sheets.WithLabelValues("passed", "integrity"),
		LongTags:          unread.WithLabelValues("tag"),
		LongTexts:         unread.WithLabelValues("text"),
		Notices:           notices.WithLabelValues(),
		RewriteBytes:      rewriteBytes.WithLabelValues(),
		RewriteSeconds:    rewriteSeconds,
		LedgerErrors:      ledgerErrors.WithLabelValues(),
		HeadErrors:        headErrors.WithLabelValues(),
		choices:           choices,
		undeclaredCookies: undeclared.WithLabelValues("cookie"),
		undeclaredHosts:   undeclared.WithLabelValues("host"),
		setCookies:        make(map[policy.Class][len(outcomes)]prometheus.Counter),
		withheld:          make(map[policy.Class]prometheus.Counter),
	}
	of := func(class policy.Class, purpose string) {
		var counters [len(outcomes)]prometheus.Counter
		for _, outcome := range outcomes {
			counters[outcome] = lines.WithLabelValues(outcome.String(), purpose)
		}
		m.setCookies[class], m.withheld[class] = counters, withheld.WithLabelValues(purpose)
	}
	of(policy.ClassUndeclared, "undeclared")
	of(policy.ClassNecessary, policy.Necessary)
	for i, s := range p.Services {
		of(policy.Class(i), s.Purpose)
	}
	for _, answer := range answers {
		choices.WithLabelValues(answer)
	}
	for _, s := range p.Owners() {
		m.blocked = append(m.blocked, blocked.WithLabelValues(s.ID))
	}
	return m, nil
}

// answers are the labels of choices.
var answers = []string{"accept", "refuse", "custom", "grant", "native"}

// Choice counts a choice by its answer.
func (m *Metrics) Choice(answer string) { m.choices.WithLabelValues(answer).Inc() }

// SetCookie counts a line of a response.
func (m *Metrics) SetCookie(class policy.Class, outcome inventory.Outcome) {
	m.setCookies[class][outcome].Inc()
	if class == policy.ClassUndeclared {
		m.undeclaredCookies.Inc()
	}
}

// Withheld counts a cookie that is not sent upstream.
func (m *Metrics) Withheld(class policy.Class) {
	m.withheld[class].Inc()
	if class == policy.ClassUndeclared {
		m.undeclaredCookies.Inc()
	}
}

// Blocked counts what is not loaded of an owner.
func (m *Metrics) Blocked(owner policy.Owner) { m.blocked[owner].Inc() }

// UndeclaredHost counts what is loaded, or would be, from a host that nobody declared.
func (m *Metrics) UndeclaredHost() { m.undeclaredHosts.Inc() }

// registrar registers counters, up to the first error.
type registrar struct {
	registry prometheus.Registerer
	err      error
}

func (r *registrar) counters(name, help string, labels ...string) *prometheus.CounterVec {
	return register(r, prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels))
}

// register registers a collector, or finds the one that was registered before it.
func register[C prometheus.Collector](r *registrar, collector C) C {
	err := r.registry.Register(collector)
	if registered := (prometheus.AlreadyRegisteredError{}); errors.As(err, &registered) {
		return registered.ExistingCollector.(C)
	}
	r.err = errors.Join(r.err, err)
	return collector
}
