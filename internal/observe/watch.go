package observe

import (
	"net/http"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/caddy-consent/caddy-consent/internal/page"
	"github.com/caddy-consent/caddy-consent/internal/variant"
)

const reportOnly = "Content-Security-Policy-Report-Only"

// Bounds on how many answers ask browsers to report: so many after the start, and then so many a minute. A
// report-only policy stops nothing, but it writes to the console of who looks there, and scripts can hear it.
const (
	watchedAtFirst   = 10
	watchedPerMinute = 10
)

// A Watch adds to some answers a policy by which browsers report which hosts the page loads from, also by scripts.
type Watch struct {
	policy string
	due    *rate.Limiter
}

// NewWatch makes one that adds this policy.
func NewWatch(policy string) *Watch {
	return &Watch{policy, rate.NewLimiter(rate.Every(time.Minute/watchedPerMinute), watchedAtFirst)}
}

// add adds the policy besides those that the site has itself, where one is due and the header leaves room. A nil
// Watch adds nothing.
func (w *Watch) add(h http.Header) {
	if w != nil && page.Room(h) > len(reportOnly)+len(": \r\n")+len(w.policy) && w.due.Allow() {
		h[reportOnly] = append(slices.Clone(h[reportOnly]), w.policy)
	}
}

// watches tells that an answer becomes a document that the visitor looks at, or a worker, which goes by a policy of its
// own (HTML, section 10.2.4). One of a service worker would stay with it when the site no longer observes.
func watches(v *variant.Variant, isDocument bool) bool {
	if dest, _ := page.FetchDest(v.Request); dest == "worker" || dest == "sharedworker" {
		return true
	}
	return isDocument && v.Destination.IsNavigation() && !v.Behind
}
