package visitor

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/ledger"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// maxNatives bounds how many choices of the portal's own banner are remembered as recorded.
const maxNatives = 4096

// Of the portal's own banner, so many choices a second are recorded, and so many at once: they are not signed, and
// a stranger could invent them. One that is not is recorded on a later page.
const (
	nativeRate  = 1
	nativeBurst = 30
)

// natives are the choices of the portal's own banner that were recorded of late. They carry no id, so the
// time in milliseconds and what was granted tell them apart.
type natives struct {
	mu    sync.Mutex
	limit *rate.Limiter
	known map[native]bool
	order []native // the oldest at next, once there are as many as are kept
	next  int
}

type native struct {
	time    int64
	granted policy.Set
}

// isNew tells whether a choice was not recorded of late, and remembers it.
func (n *natives) isNew(c native) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.limit == nil {
		n.limit = rate.NewLimiter(nativeRate, nativeBurst)
	}
	if n.known[c] || !n.limit.Allow() {
		return false
	}
	if c.time == 0 { // which is told apart by nothing, and has a time from now on
		return true
	}
	if n.known == nil {
		n.known = make(map[native]bool)
	}
	n.known[c] = true
	if len(n.order) < maxNatives {
		n.order = append(n.order, c)
		return true
	}
	delete(n.known, n.order[n.next])
	n.order[n.next] = c
	n.next = (n.next + 1) % maxNatives
	return true
}

// Native records a choice that was made with the portal's own banner, when it is seen first. One that does not say
// when it was made counts as made now: the field value that it returns gives the browser that choice, signed, so
// that it runs out; "" where the browser keeps what it has.
func (h *Handler) Native(r *http.Request, c choice.Choice) (setCookie string) {
	now := time.Now()
	signed := h.Codec.New(c.Granted, now)
	isNew := h.natives.isNew(native{c.Time, c.Granted})
	if isNew {
		v := h.visitor(r, now)
		e := ledger.Entry{
			Site: v.Site, Receipt: signed.Receipt, Time: ledger.Timestamp(now), Language: v.Language,
			Choice: "native", How: "native", GPC: h.Decider.GPC.Refuses(r.Header),
		}
		if c.Time != 0 {
			e.Claimed = ledger.Timestamp(time.UnixMilli(c.Time))
		}
		h.record(e, c.Granted, 0)
	}
	if c.Time != 0 || !isNew { // what is signed has a record
		return ""
	}
	return h.Codec.SetCookie(signed, h.site(r).HTTPS)
}
