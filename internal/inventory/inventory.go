// Package inventory keeps what a site really does: every cookie, third-party host and storage key that was seen,
// with when, where, how often, and what became of it. It knows names alone, never values, and nothing of
// who sent them.
package inventory

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Limit is how many names of a kind are kept, so a flood of made-up names costs memory for this many. First leaves
// what came in reports alone, then what browsers alone have sent: strangers may have invented both. Of several, what was
// not seen for longest leaves.
const Limit = 1000

// Bounds on what one entry keeps of strings that come from outside.
const (
	maxName = 256
	maxPath = 256
)

// Source is where something was seen.
type Source uint8

const (
	Upstream Source = iota // a Set-Cookie line of the site's
	Browser                // a Cookie field of a visitor's
	Page                   // an element of a page
	Report                 // what a browser says that a page loads or holds, or that a policy has stopped
	sources
)

func (s Source) String() string {
	return [...]string{"upstream", "browser", "page", "report"}[s]
}

// Outcome is what became of it, or would have where the module only observes.
type Outcome uint8

const (
	Passed    Outcome = iota
	Stripped          // a Set-Cookie line did not reach the browser
	Shortened         // it did with a shorter life
	Expired           // a line was added that deletes the cookie
	Withheld          // a cookie was not sent upstream
	Blocked           // a host was not loaded from
	outcomes
)

func (o Outcome) String() string {
	return [...]string{"passed", "stripped", "shortened", "expired", "withheld", "blocked"}[o]
}

// Inventory is what was seen on one site. It may be used from many goroutines.
type Inventory struct {
	Cookies, Hosts Table
	// Storage are the keys of localStorage and sessionStorage, of which browsers alone can tell.
	Storage Table
	// Paths are those of the site at which a well-known service answers, each with what told of it.
	Paths Table
}

// New makes an empty inventory.
func New() *Inventory { return new(Inventory) }

// Names are what a browser tells of a page: names of cookies, keys of storage, hosts.
type Names struct {
	Cookies []string `json:"cookies"`
	Storage []string `json:"storage"`
	Hosts   []string `json:"hosts"`
}

// Table holds the names of one kind. To note one that is known takes a read lock and a few atomic
// additions, and allocates nothing.
type Table struct {
	mu    sync.RWMutex
	at    map[string]int
	names []*entry
	// last stands apart, so that the search for the oldest reads one piece of memory.
	last [Limit]atomic.Int64
}

type entry struct {
	name, path string
	first      int64
	set        atomic.Pointer[Setting]
	where      [sources]atomic.Bool
	done       [outcomes]atomic.Uint64
}

// Setting is how the site sets a cookie: what helps to tell what it is for. It holds nothing of the value.
type Setting struct {
	// HTTPOnly tells that scripts cannot read the cookie.
	HTTPOnly bool `json:"http_only"`
	// Life is for how many seconds browsers keep it, 0 until they are closed.
	Life int64 `json:"life"`
	// Posted tells that it came in answer to a form, as one that signs in does.
	Posted bool `json:"posted"`
}

// Seen notes that a name was seen at a path, when, where, and what became of it. It tells whether the
// name is new, and whether Describe has told nothing of it yet.
func (t *Table) Seen(name, path string, at time.Time, source Source, outcome Outcome) (isNew, undescribed bool) {
	now := at.UnixMilli()
	t.mu.RLock()
	i, known := t.at[name[:min(len(name), maxName)]]
	if known {
		undescribed = t.names[i].set.Load() == nil
		t.note(i, now, source, outcome)
	}
	t.mu.RUnlock()
	if known {
		return false, undescribed
	}
	return t.add(name, path, now, source, outcome), true
}

// Describe keeps how the site sets a cookie that was seen.
func (t *Table) Describe(name string, s Setting) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if i, known := t.at[name[:min(len(name), maxName)]]; known {
		t.names[i].set.Store(&s)
	}
}

func (t *Table) note(i int, now int64, source Source, outcome Outcome) {
	e := t.names[i]
	e.done[outcome].Add(1)
	if t.last[i].Load() != now {
		t.last[i].Store(now)
	}
	if !e.where[source].Load() {
		e.where[source].Store(true)
	}
}

func (t *Table) add(name, path string, now int64, source Source, outcome Outcome) (isNew bool) {
	// Copies, for what a request holds must not outlive it here.
	name, path = strings.Clone(name[:min(len(name), maxName)]), strings.Clone(path[:min(len(path), maxPath)])
	t.mu.Lock()
	defer t.mu.Unlock()
	i, known := t.at[name]
	if !known {
		if t.at == nil {
			t.at = make(map[string]int)
		}
		if i = len(t.names); i < Limit {
			t.names = append(t.names, nil)
		} else {
			i = t.leaving()
			delete(t.at, t.names[i].name)
		}
		t.names[i] = &entry{name: name, path: path, first: now}
		t.at[name] = i
	}
	t.note(i, now, source, outcome)
	return !known
}

// leaving is the name that makes room for another.
func (t *Table) leaving() int {
	leaving, doubt := 0, t.names[0].doubt()
	for i := range t.last {
		switch its := t.names[i].doubt(); {
		case its > doubt, its == doubt && t.last[i].Load() < t.last[leaving].Load():
			leaving, doubt = i, its
		}
	}
	return leaving
}

// doubt is 0 where the site or a page of it has named it, more where strangers may have invented it: anybody can send a
// report; a Cookie field comes at least with a request that the site answers.
func (e *entry) doubt() int {
	switch {
	case e.where[Upstream].Load() || e.where[Page].Load():
		return 0
	case e.where[Browser].Load():
		return 1
	}
	return 2
}

// Item is what is known of one name.
type Item struct {
	Name string `json:"name"`
	// Declared tells that the policy covers the name, Service by which declaration: a service's id, or
	// necessary. Of a name that it does not cover, Service is the catalogue's id where that knows it.
	Declared bool      `json:"declared"`
	Service  string    `json:"service"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Count    uint64    `json:"count"`
	// Where it was seen: upstream, browser, page, report.
	Where []string `json:"where"`
	// Path is where it was seen first.
	Path string `json:"path"`
	// Pattern is how a service would list a path.
	Pattern string `json:"pattern,omitempty"`
	// Set is how the site sets a cookie that nobody declares.
	Set *Setting `json:"set,omitempty"`
	// Done counts what became of it.
	Done map[string]uint64 `json:"done"`
}

// IsUndeclared tells whether there is something to declare: a cookie without a name cannot be.
func (i Item) IsUndeclared() bool { return !i.Declared && i.Name != "" }

// IsSetBySite tells whether the site was seen to set a cookie.
func (i Item) IsSetBySite() bool { return slices.Contains(i.Where, Upstream.String()) }

// IsTold tells that browsers alone have told of it, so that strangers may have invented it.
func (i Item) IsTold() bool {
	return !i.IsSetBySite() && !slices.Contains(i.Where, Page.String())
}

// Items are all names, in the order in which they came; what is declared is not told.
func (t *Table) Items() []Item {
	t.mu.RLock()
	defer t.mu.RUnlock()
	items := make([]Item, 0, len(t.names))
	for i, e := range t.names {
		item := Item{
			Name: e.name, Path: e.path, Set: e.set.Load(), Where: []string{}, Done: make(map[string]uint64),
			First: time.UnixMilli(e.first).UTC(), Last: time.UnixMilli(t.last[i].Load()).UTC(),
		}
		for source := range sources {
			if e.where[source].Load() {
				item.Where = append(item.Where, source.String())
			}
		}
		for outcome := range outcomes {
			if n := e.done[outcome].Load(); n > 0 {
				item.Done[outcome.String()], item.Count = n, item.Count+n
			}
		}
		items = append(items, item)
	}
	return items
}
