package inventory

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var now = time.Now()

func TestItemSightings(t *testing.T) {
	var table Table
	if isNew, _ := table.Seen("_ga", "/", now, Upstream, Stripped); !isNew {
		t.Error("the first time is not new")
	}
	for source, outcome := range map[Source]Outcome{Browser: Withheld, Upstream: Stripped} {
		if isNew, _ := table.Seen("_ga", "/other", now, source, outcome); isNew {
			t.Error("it is new again")
		}
	}
	items := table.Items()
	if len(items) != 1 {
		t.Fatalf("%d items", len(items))
	}
	got := items[0]
	if got.Name != "_ga" || got.Path != "/" || got.Count != 3 || !slices.Equal(got.Where, []string{"upstream", "browser"}) ||
		!maps.Equal(got.Done, map[string]uint64{"stripped": 2, "withheld": 1}) || got.First.IsZero() || got.Last.Before(got.First) {
		t.Errorf("%+v", got)
	}
}

func TestItemDescription(t *testing.T) {
	var table Table
	table.Describe("nobody", Setting{Life: 1}) // of one that was not seen nothing is kept
	for i, want := range []bool{true, true, false} {
		if _, undescribed := table.Seen("pref", "/", now, Upstream, Stripped); undescribed != want {
			t.Errorf("sighting %d: undescribed is %t", i, undescribed)
		}
		if i == 1 {
			table.Describe("pref", Setting{HTTPOnly: true, Life: 60})
		}
	}
	if items := table.Items(); len(items) != 1 || items[0].Set == nil || *items[0].Set != (Setting{HTTPOnly: true, Life: 60}) {
		t.Errorf("%+v", items)
	}
}

func TestEvictionOrder(t *testing.T) {
	var table Table
	for i := range Limit {
		table.Seen(fmt.Sprint("n", i), "/", now, Browser, Withheld)
		table.last[i].Store(int64(i))
	}
	table.Seen("n0", "/", now, Browser, Withheld) // now n1 is the oldest
	table.Seen("new", "/", now, Browser, Withheld)
	items := table.Items()
	if len(items) != Limit || len(table.at) != Limit {
		t.Fatalf("%d items, %d known", len(items), len(table.at))
	}
	has := func(name string) bool {
		return slices.ContainsFunc(items, func(i Item) bool { return i.Name == name })
	}
	if !has("new") || !has("n0") || has("n1") || !has("n2") {
		t.Error("another name has left")
	}
	if isNew, _ := table.Seen("n1", "/", now, Browser, Withheld); !isNew {
		t.Error("one that had left is not new")
	}
}

func TestItemLimits(t *testing.T) {
	var table Table
	long := strings.Repeat("x", 10_000)
	table.Seen(long, long, now, Browser, Passed)
	if isNew, _ := table.Seen(long, long, now, Browser, Passed); isNew {
		t.Error("a long name is new again")
	}
	if got := table.Items()[0]; len(got.Name) != maxName || len(got.Path) != maxPath || got.Count != 2 {
		t.Errorf("%d bytes of name, %d of path, seen %d times", len(got.Name), len(got.Path), got.Count)
	}
}

func TestTableConcurrency(t *testing.T) {
	var table Table
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range 2000 {
				table.Seen(fmt.Sprint("n", (i*7+worker)%1500), "/", now, Page, Blocked)
				table.Seen("always", "/", now, Page, Blocked)
				if i%500 == 0 {
					table.Items()
				}
			}
		})
	}
	group.Wait()
	for _, item := range table.Items() {
		if item.Name == "always" && item.Count != 16_000 {
			t.Errorf("seen %d times", item.Count)
		}
	}
}

func TestSeenAllocs(t *testing.T) {
	var table Table
	table.Seen("sessionid", "/", now, Browser, Passed)
	if n := testing.AllocsPerRun(100, func() { table.Seen("sessionid", "/", now, Browser, Passed) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkSeenKnown(b *testing.B) {
	var table Table
	for i := range Limit {
		table.Seen(fmt.Sprint("n", i), "/", now, Browser, Passed)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			table.Seen("n7", "/", now, Browser, Passed)
		}
	})
}

// BenchmarkSeenNew is what each made-up name of a flood costs.
func BenchmarkSeenNew(b *testing.B) {
	var table Table
	for i := 0; b.Loop(); i++ {
		table.Seen(fmt.Sprint("n", i), "/", now, Browser, Passed)
	}
}

func TestEvictionPriority(t *testing.T) {
	table := &New().Cookies
	at := time.UnixMilli(1_700_000_000_000)
	table.Seen("upstream", "/", at, Upstream, Stripped)
	table.Seen("page", "/", at, Page, Blocked)
	table.Seen("both", "/", at, Browser, Withheld)
	table.Seen("both", "/", at, Upstream, Stripped)
	table.Seen("browser", "/", at, Browser, Withheld)
	table.Seen("report", "/", at, Report, Blocked)
	for i := range 5 * Limit {
		source := Browser
		if i%2 == 0 {
			source = Report
		}
		table.Seen(fmt.Sprint("invented", i), "/", at.Add(time.Duration(i+1)*time.Millisecond), source, Withheld)
	}
	var left []string
	for _, item := range table.Items() {
		if !strings.HasPrefix(item.Name, "invented") {
			left = append(left, item.Name)
		}
	}
	if slices.Sort(left); strings.Join(left, " ") != "both page upstream" || len(table.Items()) != Limit {
		t.Errorf("left are %q of %d", left, len(table.Items()))
	}
	for i := range 2 * Limit { // then the site's own leave by age
		table.Seen(fmt.Sprint("set", i), "/", at.Add(time.Hour+time.Duration(i)*time.Millisecond), Upstream, Passed)
	}
	if items := table.Items(); len(items) != Limit || slices.ContainsFunc(items, func(item Item) bool { return !strings.HasPrefix(item.Name, "set") }) {
		t.Errorf("%d items", len(items))
	}
}

// Strangers cannot push out what the server has seen itself, nor with reports what browsers send.
func TestInventedNames(t *testing.T) {
	all := New()
	for kind, table := range map[string]*Table{"cookies": &all.Cookies, "hosts": &all.Hosts} {
		t.Run(kind, func(t *testing.T) {
			for i := range Limit / 2 {
				table.Seen(fmt.Sprint("upstream", i), "/", now, Upstream, Passed)
				table.Seen(fmt.Sprint("page", i), "/", now, Page, Passed)
			}
			for i := range 100_000 {
				table.Seen(fmt.Sprint("invented", i), "/", now.Add(time.Duration(i)*time.Second), Report, Passed)
			}
			items := table.Items()
			if invented := slices.DeleteFunc(slices.Clone(items), func(i Item) bool { return !i.IsTold() }); len(items) != Limit || len(invented) > 1 {
				t.Errorf("%d items, %d of them invented", len(items), len(invented))
			}
		})
	}
	t.Run("sent before reported", func(t *testing.T) {
		var table Table
		table.Seen("sent", "/", now, Browser, Passed)
		for i := range 2 * Limit {
			table.Seen(fmt.Sprint("invented", i), "/", now.Add(time.Second), Report, Passed)
		}
		if items := table.Items(); len(items) != Limit || items[0].Name != "sent" {
			t.Errorf("%d items, the first %q", len(items), items[0].Name)
		}
	})
}
