package decision

import (
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/inventory"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// lines counts the Set-Cookie lines that it is told of.
type lines struct {
	noRecorder
	told int
}

func (l *lines) SetCookie(string, string, policy.Class, inventory.Outcome) { l.told++ }

// noRecorder is told of what nobody looks at here.
type noRecorder struct{}

func (noRecorder) Sent(string, policy.Class, bool) {}

// filter is one of a visitor who has chosen nothing.
func filter(t *testing.T) (*Filter, *lines) {
	t.Helper()
	f, told := new(Filter), new(lines)
	f.Begin(decider(t, nil).Decide(choice.Choice{}, false), nil, time.Time{}, told)
	return f, told
}

func TestFilterApply(t *testing.T) {
	f, told := filter(t)
	h := http.Header{"Set-Cookie": {"sessionid=1", "_ga=1"}, "set-cookie": {"csrftoken=1", "_gid=1"}}
	for range 3 { // what it left is not judged again
		f.Apply(h)
		if got := len(h["Set-Cookie"]); got != 2 || len(h) != 1 || told.told != 4 {
			t.Fatalf("%q, told of %d", h, told.told)
		}
	}
	h.Add("Set-Cookie", "_ga=2") // by a handler that comes late
	f.Apply(h)
	if got := len(h["Set-Cookie"]); got != 2 || told.told != 5 {
		t.Errorf("%q, told of %d", h, told.told)
	}
	f.Add(h, "_ga=; Path=/; Max-Age=0") // ours
	before := told.told
	f.Apply(h)
	if got := h["Set-Cookie"]; len(got) != 3 || told.told != before {
		t.Errorf("%q, told of %d more", got, told.told-before)
	}
	h["Set-Cookie"] = []string{"_ga=3"} // in place of all
	if f.Apply(h); len(h["Set-Cookie"]) > 0 {
		t.Errorf("%q", h)
	}
}

func TestFilterApplyTrailers(t *testing.T) {
	f, _ := filter(t)
	h := http.Header{"Trailer:set-cookie": {"_ga=1", "sessionid=1"}}
	f.Apply(h)
	f.ApplyTrailers(h)
	if want := (http.Header{"Trailer:Set-Cookie": {"sessionid=1"}}); !reflect.DeepEqual(h, want) {
		t.Errorf("%q, want %q", h, want)
	}
}

func TestFilterObserve(t *testing.T) {
	f, told := filter(t)
	h := http.Header{"Set-Cookie": {"sessionid=1", "_ga=1"}, "set-cookie": {"_gid=1"}, "SET-cookie": {"_gat=1"}, "Trailer:set-Cookie": {"_ga=1"}}
	before := h.Clone()
	for range 50 { // before every write
		f.Observe(h)
	}
	if told.told != 4 {
		t.Errorf("told of %d", told.told)
	}
	h.Add("Set-Cookie", "_ga=2")
	before.Add("Set-Cookie", "_ga=2")
	if f.Observe(h); told.told != 5 {
		t.Errorf("with a late one, told of %d", told.told)
	}
	f.ObserveTrailers(h)
	if !reflect.DeepEqual(h, before) || told.told != 6 {
		t.Errorf("%q, told of %d", h, told.told)
	}
}

// TestFilterSenderClock: browsers add to an Expires by how much the sender's clock is behind theirs.
func TestFilterSenderClock(t *testing.T) {
	now := time.Now()
	at := func(d time.Duration) string { return now.Add(d).UTC().Format(http.TimeFormat) }
	for name, x := range map[string]struct {
		date, expires string
		passes        bool
	}{
		"on time":               {at(0), at(-time.Minute), true},
		"two hours slow":        {at(-2 * time.Hour), at(-90 * time.Minute), false},
		"two hours slow, ended": {at(-2 * time.Hour), at(-3 * time.Hour), true},
		"fast":                  {at(2 * time.Hour), at(time.Hour), false},
		"unknown":               {"", at(-time.Minute), true},
		"no date":               {"yesterday", at(-time.Minute), true},
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := filter(t)
			h := http.Header{"Set-Cookie": {"_ga=1; Expires=" + x.expires}, "Date": {x.date}}
			if f.Apply(h); (len(h["Set-Cookie"]) > 0) != x.passes {
				t.Errorf("%q", h["Set-Cookie"])
			}
		})
	}
	d := decider(t, nil)
	accepted := d.Decide(choice.Choice{State: choice.Given, Granted: d.Policy.All}, false)
	lines, _ := accepted.SetCookies([]string{"_pk_id=1; Expires=" + at(1000*24*time.Hour)}, Exchange{Now: now, Date: at(-2 * time.Hour)}, uncounted{})
	end := d.Policy.Services[0].MaxLife() - 2*time.Hour
	if want := "_pk_id=1; Expires=" + at(end); lines[0] != want {
		t.Errorf("%q, want %q", lines[0], want)
	}
}
