package choice

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
	"time"
)

// memo remembers what valid cookies were judged to be, so that a visitor's next
// requests cost neither a signature nor JSON. It is bounded: a slot holds one
// value, a newer one takes its place; no lock is held. The zero value is ready.
type memo struct {
	slots [1024]atomic.Pointer[remembered]
}

type remembered struct {
	value  string
	choice Choice
	// The verdict holds from..until, in milliseconds: later it is expired, and a
	// clock that was set back may put it in the future.
	from, until int64
}

// maxRemembered bounds the bytes that a slot keeps.
const maxRemembered = 1024

var memoSeed = maphash.MakeSeed()

func (m *memo) slot(value string) *atomic.Pointer[remembered] {
	return &m.slots[maphash.String(memoSeed, value)%uint64(len(m.slots))]
}

func (m *memo) lookup(value string, now time.Time) (Choice, bool) {
	r := m.slot(value).Load()
	if r == nil || r.value != value {
		return Choice{}, false
	}
	if t := now.UnixMilli(); t < r.from || t >= r.until {
		return Choice{}, false
	}
	return r.choice, true
}

func (m *memo) store(value string, c Choice, now time.Time, until int64) {
	if len(value) > maxRemembered {
		return
	}
	// Clone: the value is a piece of the request's header, which shall not live on.
	m.slot(value).Store(&remembered{strings.Clone(value), c, now.UnixMilli(), until})
}
