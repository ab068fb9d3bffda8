package markup

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// rows are a page's body as a portal has it: much that makes no difference, and little that does.
func rows(n int, at func(row int) string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `<tr class="row"><td title="a &lt; b"><a href="/explore/%d">Jeu %d</a></td><td>%s</td></tr>`+"\n", i, i*i, at(i))
	}
	return `<!doctype html><html lang=fr><head><title>x</title></head><body><table>` + b.String() + `</table>`
}

// asking tells which hosts a page's scan asks for, and how many runs were passed over unread.
func asking(t *testing.T, known *Known, page string) (hosts []string, out string) {
	t.Helper()
	rules := hazards()
	host := rules.Host
	rules.Known, rules.Host = known, func(name []byte) *Mark {
		hosts = append(hosts, string(name))
		return host(name)
	}
	out, _ = uncompressed(t, Scanner{Rules: rules}, page, 32<<10)
	return hosts, out
}

func TestKnownRuns(t *testing.T) {
	plain := func(int) string { return "rien" }
	with := func(row int, markup string) func(int) string {
		return func(i int) string {
			if i == row {
				return markup
			}
			return "rien"
		}
	}
	for name, c := range map[string]struct{ first, then func(int) string }{
		"same page":             {plain, plain},
		"host asked for again":  {with(500, `<img src=//own.test>`), with(500, `<img src=//own.test>`)},
		"denied host withheld":  {with(500, `<img src=//d.test>`), with(500, `<img src=//d.test>`)},
		"one tag more":          {plain, with(700, `<img src=//d.test>`)},
		"one tag less":          {with(700, `<img src=//d.test>`), plain},
		"one byte differs":      {with(300, `<img src=//a.test>`), with(300, `<img src=//d.test>`)},
		"comment begins":        {with(9, `<img src=//d.test>`), with(8, `<!--`)},
		"script begins":         {with(9, `<img src=//d.test>`), with(8, `<script>`)},
		"attribute begins":      {with(9, `<img src=//d.test>`), with(8, `<a b='`)},
		"base of another host":  {with(9, `<img src=/x>`), func(i int) string { return with(8, `<base href=//d.test>`)(i) + with(9, `<img src=/x>`)(i) }},
		"scheme without a host": {with(9, `<img src=http:d.test>`), with(9, `<img src=http:d.test>`)},
		"foreign content":       {with(9, `<image href=//d.test />`), with(8, `<svg>`)},
		"gated":                 {with(9, `<img data-c-service=yes data-c-src=/x>`), with(9, `<img data-c-service=yes data-c-src=/x>`)},
		"encoding":              {plain, with(2, `<meta charset=iso-2022-jp>`)},
		"plaintext":             {with(9, `<img src=//d.test>`), with(2, `<plaintext>`)},
	} {
		t.Run(name, func(t *testing.T) {
			known := NewKnown()
			asking(t, known, rows(1000, c.first))
			page := rows(1000, c.then)
			wantHosts, want := asking(t, nil, page)
			for range 2 {
				if hosts, out := asking(t, known, page); out != want || fmt.Sprint(hosts) != fmt.Sprint(wantHosts) {
					t.Errorf("asked for %v, want %v; the page is the same: %v", hosts, wantHosts, out == want)
				}
			}
		})
	}
}

// TestKnownRules: what holds under some rules is not known under others.
func TestKnownRules(t *testing.T) {
	page := rows(1000, func(i int) string { return `<script>x(` + fmt.Sprint(i) + `)</script><img src=https:d.test>` })
	known := NewKnown()
	for name, change := range map[string]func(*Rules){
		"no script denied": func(r *Rules) { r.Script = func([]byte) *Mark { return nil } },
		"scripts denied":   func(r *Rules) { r.Alike = 1 },
		"no scripts read":  func(r *Rules) { r.Script = nil },
		"own scheme":       func(r *Rules) { r.Script, r.Scheme = nil, "https" },
		"nothing read":     func(r *Rules) { r.Script, r.Host, r.Granted, r.Gate = nil, nil, nil, "" },
	} {
		t.Run(name, func(t *testing.T) {
			rules := hazards()
			change(&rules)
			want, _ := uncompressed(t, Scanner{Rules: rules}, page, 4096)
			rules.Known = known
			for range 2 {
				if out, _ := uncompressed(t, Scanner{Rules: rules}, page, 4096); out != want {
					t.Error("another page")
				}
			}
		})
	}
}

// TestKnownBase: whether a <base> counts depends on what stands before the run that it is in.
func TestKnownBase(t *testing.T) {
	page := rows(400, func(row int) string {
		switch {
		case row == 100:
			return `<base href="https://d.test/">`
		case row > 150 && row%50 == 0:
			return `<img src="/x.png">`
		}
		return "rien"
	})
	want, _ := uncompressed(t, Scanner{Rules: hazards()}, page, 32<<10)
	rules := hazards()
	rules.Known = NewKnown()
	uncompressed(t, Scanner{Rules: rules}, strings.Replace(page, "<title>", `<base href="/a/"><title>`, 1), 32<<10)
	if got, _ := uncompressed(t, Scanner{Rules: rules}, page, 32<<10); got != want || !strings.Contains(want, "data-c-src") {
		t.Error("another page, where the <base> is the first")
	}
}

// TestKnownPath: where a relative address leads depends on the page that it is in.
func TestKnownPath(t *testing.T) {
	page := rows(400, func(row int) string {
		if row%50 == 10 {
			return `<script src="t.js"></script>`
		}
		return "rien"
	})
	rules := hazards()
	rules.Site, rules.Page = "own.test", "/a/p"
	rules.Path = func(path, _ string) *Mark {
		if strings.HasPrefix(path, "/stats/") {
			return &Mark{Attributes: " x"}
		}
		return nil
	}
	for name, c := range map[string]struct{ page, base string }{"page": {"/stats/p", ""}, "base": {"/a/p", `<base href="/stats/">`}} {
		t.Run(name, func(t *testing.T) {
			known, there := rules, rules
			there.Page = c.page
			other := strings.Replace(page, "<title>", c.base+"<title>", 1)
			want, _ := uncompressed(t, Scanner{Rules: there}, other, 32<<10)
			known.Known = NewKnown()
			there.Known = known.Known
			uncompressed(t, Scanner{Rules: known}, page, 32<<10)
			if got, _ := uncompressed(t, Scanner{Rules: there}, other, 32<<10); got != want || !strings.Contains(want, "data-c-src") {
				t.Error("another page")
			}
		})
	}
}

// TestKnownRunsPass: of a page seen before hardly anything is read, wherever it is split, and a token that differs
// moves one run.
func TestKnownRunsPass(t *testing.T) {
	read := func(known *Known, page string, size int) int {
		rules := Rules{Host: func([]byte) *Mark { return nil }, Known: known}
		scanner := Scanner{Rules: rules}
		count, text := 0, []byte(page)
		for i := 0; i < len(text); i += size {
			window := text[i:min(i+size, len(text))]
			scanner.begin()
			at := 0
			for at < len(window) {
				from, until := scanner.recall(window, at)
				count += until - from
				at = until
			}
			scanner.base += int64(len(window))
		}
		return count
	}
	page := rows(3000, func(int) string { return "rien" })
	known := NewKnown()
	if got := read(known, page, 32<<10); got != len(page) {
		t.Errorf("read %d of %d bytes that nobody has seen", got, len(page))
	}
	for size, bound := range map[int]int{len(page): len(page) / 10, 32 << 10: len(page) / 5, 20 << 10: len(page) / 4} {
		other := bytes.Replace([]byte(page), []byte("/explore/1000"), []byte("/explore/another"), 1)
		if got := read(known, string(other), size); got > bound {
			t.Errorf("in windows of %d bytes, %d of %d are read again, want at most %d", size, got, len(page), bound)
		}
	}
}
