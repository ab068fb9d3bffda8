// Package telemetry tells operators what a site does: metrics in Caddy's registry, an inventory of cookies and hosts, events
// of Caddy's events app, and log lines. Names alone are kept, never values.
package telemetry

import (
	"net/http"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"github.com/caddy-consent/caddy-consent/internal/config"
	"github.com/caddy-consent/caddy-consent/internal/cookies"
	"github.com/caddy-consent/caddy-consent/internal/inventory"
	"github.com/caddy-consent/caddy-consent/internal/ledger"
	"github.com/caddy-consent/caddy-consent/internal/page"
	"github.com/caddy-consent/caddy-consent/internal/policy"
	"github.com/caddy-consent/caddy-consent/internal/recent"
	"github.com/caddy-consent/caddy-consent/internal/rewrite"
)

// Collector tells operators what a site does: it counts in the metrics, keeps the names in the inventory,
// and tells those who subscribe to Caddy's events of what nobody declared.
type Collector struct {
	Metrics *Metrics
	site    *Site
	events  Events
	logger  *zap.Logger

	undeclared *rate.Limiter
	untouched  *rate.Limiter
}

// Bounds on events of what nobody declared: the names come from anybody.
const (
	undeclaredBurst  = 20
	undeclaredPerSec = 1
)

// Bounds on log lines of what passes unchanged: every visit of such a page is one. The metrics count them all.
const (
	untouchedBurst  = 20
	untouchedPerMin = 1
)

// Open makes the collector of a site, and shows the site to operators until its Close.
func Open(ctx caddy.Context, site *Site, logger *zap.Logger) (*Collector, error) {
	metrics, err := NewMetrics(ctx.GetMetricsRegistry(), site.Policy)
	if err != nil {
		return nil, err
	}
	events, err := OpenEvents(ctx)
	if err != nil {
		return nil, err
	}
	if err := site.open(); err != nil {
		return nil, err
	}
	return NewCollector(metrics, site, events, logger), nil
}

// NewCollector makes the collector of a site that is open.
func NewCollector(m *Metrics, site *Site, events Events, logger *zap.Logger) *Collector {
	return &Collector{
		Metrics: m, site: site, events: events, logger: logger,
		undeclared: rate.NewLimiter(undeclaredPerSec, undeclaredBurst),
		untouched:  rate.NewLimiter(rate.Every(time.Minute/untouchedPerMin), untouchedBurst),
	}
}

// Close gives back what outlives a reload.
func (c *Collector) Close() error { return c.site.Close() }

// Workers are the service workers of the site.
func (c *Collector) Workers() *page.Workers { return c.site.Workers }

// Hashed are the paths of style sheets whose hash a page demands.
func (c *Collector) Hashed() *recent.Cache[struct{}] { return c.site.Hashed }

// LedgerFailed says aloud that a choice has no record.
func (c *Collector) LedgerFailed(err error) {
	c.Metrics.LedgerErrors.Inc()
	c.logger.Error("writing the ledger failed: check its log output", zap.Error(err))
}

// HeadUnkept says aloud that the next chain, and who verifies, may not find this one's end.
func (c *Collector) HeadUnkept(err error) {
	c.Metrics.HeadErrors.Inc()
	c.logger.Error("storing the ledger's last entry failed: check the storage", zap.Error(err))
}

// Chosen takes note of a choice, which the ledger has.
func (c *Collector) Chosen(e ledger.Entry) {
	c.Metrics.Choice(e.Choice)
	name := "consent_refused"
	switch {
	case len(e.Withdrawn) > 0:
		name = "consent_withdrawn"
	case len(e.Granted) > 0:
		name = "consent_given"
	}
	c.events.Emit(name, map[string]any{
		"site": e.Site, "policy": e.Policy, "receipt": e.Receipt, "choice": e.Choice, "how": e.How,
		"granted": e.Granted, "refused": e.Refused, "withdrawn": e.Withdrawn,
	})
}

// Reported takes note of a host that a browser says a policy has stopped, on the page of that path; where the site
// only observes, that it would be loaded from.
func (c *Collector) Reported(host string, owner policy.Owner, path string) {
	r := Recorder{Collector: c, Path: path, Time: time.Now()}
	if c.site.Mode == config.ModeObserve {
		r.host(host, owner, inventory.Report, inventory.Passed)
		return
	}
	r.reported(host, owner)
}

// Told takes note of names that a browser tells of the page of that path, with what the policy makes of each where
// granted is what the visitor grants.
func (c *Collector) Told(names inventory.Names, granted policy.Set, path string) {
	r := Recorder{Collector: c, Path: path, Time: time.Now()}
	p := c.site.Policy
	for _, name := range names.Cookies {
		class, outcome := p.Classify(name), inventory.Passed
		if !p.Allows(class, granted) {
			outcome = inventory.Withheld
		}
		r.cookie(name, class, inventory.Report, outcome)
	}
	for _, host := range names.Hosts {
		owner, outcome := p.Owner([]byte(host)), inventory.Passed
		if p.Blocks(owner, granted) && c.site.ThirdParties != config.ThirdPartyPass {
			outcome = inventory.Blocked
		}
		r.host(host, owner, inventory.Report, outcome)
	}
	for _, key := range names.Storage {
		c.site.Inventory.Storage.Seen(key, path, r.Time, inventory.Report, inventory.Passed)
	}
}

// Recorder notes what one request and its response show. It is the Recorder of decisions and of pages.
type Recorder struct {
	*Collector
	// Path is what was asked for, Time when.
	Path string
	Time time.Time
	// Method is the request's. After HEAD no body comes.
	Method string
}

// SetCookie takes note of a line of the response.
func (s *Recorder) SetCookie(name, line string, class policy.Class, outcome inventory.Outcome) {
	s.Metrics.SetCookie(class, outcome)
	if outcome == inventory.Expired { // the line is ours: what is known is that the visitor sent the cookie
		s.cookie(name, class, inventory.Browser, outcome)
		return
	}
	undescribed := s.cookie(name, class, inventory.Upstream, outcome)
	if undescribed && class == policy.ClassUndeclared && !cookies.Deletes(line, s.Time) {
		set := inventory.Setting{HTTPOnly: cookies.IsHTTPOnly(line), Posted: s.Method == http.MethodPost}
		if end := cookies.ExpiryOf(line, s.Time).Time; !end.IsZero() {
			set.Life = int64(end.Sub(s.Time).Seconds())
		}
		s.site.Inventory.Cookies.Describe(name, set)
	}
}

// Sent takes note of a cookie of the request.
func (s *Recorder) Sent(name string, class policy.Class, withheld bool) {
	outcome := inventory.Passed
	if withheld {
		s.Metrics.Withheld(class)
		outcome = inventory.Withheld
	}
	s.cookie(name, class, inventory.Browser, outcome)
}

func (s *Recorder) cookie(name string, class policy.Class, source inventory.Source, outcome inventory.Outcome) (undescribed bool) {
	isNew, undescribed := s.site.Inventory.Cookies.Seen(name, s.Path, s.Time, source, outcome)
	if isNew && class == policy.ClassUndeclared {
		s.tell("cookie", name, source)
	}
	return undescribed
}

// Host takes note of a third party's host from which an element of the page would load.
func (s *Recorder) Host(host []byte, owner policy.Owner, withheld bool) {
	outcome := inventory.Passed
	if withheld {
		s.Metrics.Blocked(owner)
		outcome = inventory.Blocked
	}
	s.host(string(host), owner, inventory.Page, outcome)
}

func (s *Recorder) reported(host string, owner policy.Owner) {
	if owner >= 0 {
		s.Metrics.Blocked(owner)
	}
	s.host(host, owner, inventory.Report, inventory.Blocked)
}

func (s *Recorder) host(host string, owner policy.Owner, source inventory.Source, outcome inventory.Outcome) {
	isNew, _ := s.site.Inventory.Hosts.Seen(host, s.Path, s.Time, source, outcome)
	if s.site.Policy.IsUndeclared(owner) {
		s.Metrics.UndeclaredHost()
		if isNew {
			s.tell("host", host, source)
		}
	}
}

// Answered takes note of an address of the site, where a well-known service is known to answer at such.
func (s *Recorder) Answered(path, query string) {
	if _, _, seen := s.site.Policy.Catalogue.KnownPath(path, query); seen != "" {
		isNew, _ := s.site.Inventory.Paths.Seen(seen, s.Path, s.Time, inventory.Browser, inventory.Passed)
		if isNew && s.site.Policy.PathOwner(path) == policy.Unknown {
			s.tell("path", seen, inventory.Browser)
		}
	}
}

// Script takes note of an inline script that is withheld.
func (s *Recorder) Script(owner policy.Owner) { s.Metrics.Blocked(owner) }

// Request takes note of a request that is refused, since a denied service answers at its path.
func (s *Recorder) Request(owner policy.Owner) { s.Metrics.Blocked(owner) }

// Untouched takes note of a page that passes unchanged, except for its cookies.
func (s *Recorder) Untouched(counter prometheus.Counter, why string) {
	s.passed("a page passed unchanged, except for its cookies", counter, why)
}

// SheetUntouched takes note of a style sheet that passes unchanged.
func (s *Recorder) SheetUntouched(counter prometheus.Counter, why string) {
	s.passed("a style sheet passed unchanged", counter, why)
}

func (s *Recorder) passed(what string, counter prometheus.Counter, why string) {
	if s.Method == http.MethodHead {
		return
	}
	counter.Inc()
	if s.untouched.AllowN(s.Time, 1) {
		s.logger.Warn(what, zap.String("why", why), zap.String("path", s.Path))
	}
}

// SheetRewritten takes note of a style sheet that went through the rewriter, what of it passed unread, and whether it
// differs by choice.
func (s *Recorder) SheetRewritten(c rewrite.Cost, differs bool) {
	s.Metrics.LongTexts.Add(float64(c.Passed.Texts))
	if differs {
		s.Metrics.SheetsRewritten.Inc()
	}
}

// Rewritten takes note of a page that went through the rewriter, and what of it passed unread.
func (s *Recorder) Rewritten(c rewrite.Cost) {
	m := s.Metrics
	m.LongTags.Add(float64(c.Passed.Tags))
	m.LongTexts.Add(float64(c.Passed.Texts))
	switch {
	case c.Passed.Encoding != "":
		s.Untouched(m.PassedCharset, "its encoding is "+c.Passed.Encoding)
	case c.Passed.AMP:
		s.Untouched(m.PassedAMP, "it is an AMP page, which does not allow other scripts")
	default:
		m.Rewritten.Inc()
		m.RewriteBytes.Add(float64(c.Bytes))
		m.RewriteSeconds.Observe(c.Worked.Seconds())
	}
}

// tell emits an event for what was seen for the first time and nobody declared.
func (s *Recorder) tell(kind, name string, source inventory.Source) {
	if s.undeclared.AllowN(s.Time, 1) {
		s.events.Emit("undeclared_seen", map[string]any{
			"site": s.site.Name, "kind": kind, "name": name, "where": source.String(), "path": s.Path,
		})
	}
}
