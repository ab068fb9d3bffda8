package choice

import (
	"time"

	"github.com/caddy-consent/caddy-consent/internal/recent"
)

// memo remembers what valid cookies mean, so that a visitor's next requests cost neither a signature nor JSON.
type memo struct{ recent.Cache[remembered] }

type remembered struct {
	choice Choice
	// It holds from..until, in milliseconds: later it is expired, and a
	// clock that was set back may put it in the future.
	from, until int64
}

func (m *memo) lookup(value string, now time.Time) (Choice, bool) {
	r, ok := m.Load(value)
	if t := now.UnixMilli(); !ok || t < r.from || t >= r.until {
		return Choice{}, false
	}
	return r.choice, true
}

func (m *memo) store(value string, c Choice, now time.Time, until int64) {
	m.Store(value, remembered{c, now.UnixMilli(), until})
}
