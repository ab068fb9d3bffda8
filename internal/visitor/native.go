package visitor

import (
	"crypto/rand"
	"net/http"
	"sync"
	"time"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/ledger"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// maxNatives bounds how many choices of the portal's own banner are remembered as recorded.
const maxNatives = 4096

// natives are the choices of the portal's own banner that were recorded of late. They carry no id, so the
// time in milliseconds and what was granted tell them apart.
type natives struct {
	mu    sync.Mutex
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
	if n.known[c] {
		return false
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

// Native records a choice that was made with the portal's own banner, when it is seen first. Its time is
// the visitor's where the banner has told it.
func (h *Handler) Native(r *http.Request, c choice.Choice) {
	if !h.natives.isNew(native{c.Time, c.Granted}) {
		return
	}
	made := time.Now()
	if c.Time != 0 {
		made = time.UnixMilli(c.Time)
	}
	v := h.visitor(r, made)
	h.record(ledger.Entry{
		Site: v.Site, Receipt: rand.Text(), Time: ledger.Timestamp(made), Language: v.Language,
		Choice: "native", How: "native", GPC: h.GPC.Refuses(r.Header),
	}, c.Granted, 0)
}
