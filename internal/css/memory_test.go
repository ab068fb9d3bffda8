package css_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/internal/css"
)

// endless are sheets that are made of a beginning and of one text again and again.
var endless = map[string]struct{ begin, text string }{
	"imports":             {"", "@import url(\"//d.test/x.css\") screen;\n"},
	"rules":               {"", "a.b > c::before{content:\"x\";background:url(/a.png) no-repeat;color:rgba(0,0,0,.5)}\n"},
	"one comment":         {"/*", "* url(//d.test) / "},
	"one string":          {"\"", "url(//d.test) ' "},
	"one address":         {"url(", "//d.test/x.png?"},
	"one quoted address":  {"url(\"", "//d.test/x.png\\\"?"},
	"one import":          {"@import ", " /* x */ "},
	"space behind url":    {"url(", " "},
	"space in a url":      {"url(//d.test", " "},
	"one bad url":         {"url(\"x\n url(x y", "\\) "},
	"one name":            {"a", "name"},
	"one escaped name":    {"a", "\\61 \\000061\r\n"},
	"one at-keyword":      {"@", "\\61 a"},
	"parentheses":         {"", "image-set("},
	"parentheses closed":  {"image-set(", ")"},
	"quotes":              {"", "\"\n"},
	"strings":             {"src(", "'//d.test'"},
	"commas":              {"", ","},
	"CDO":                 {"", "<!--"},
	"at signs":            {"", "@"},
	"slashes":             {"", "/"},
	"backslashes":         {"", "\\\n"},
	"escaped backslashes": {"", "\\"},
	"minus signs":         {"", "@-"},
	"hash of escapes":     {"#", "\\28 "},
	"a prelude":           {"@namespace ", "url(//d.test)"},
	"NUL":                 {"url(", "\x00"},
}

// TestMemory: what is held does not grow with the sheet, and the time that it takes is linear.
func TestMemory(t *testing.T) {
	for name, sheet := range endless {
		t.Run(name, func(t *testing.T) {
			size := 4 << 20
			if name == "imports" {
				size = 100 << 20 // of which there are over a million
			}
			piece := []byte(strings.Repeat(sheet.text, 1+(8<<10)/len(sheet.text)))
			var s css.Scanner
			s.Reset(denied, "")
			held, most, edits, next, began := []byte(sheet.begin), 0, 0, size/2, time.Now()
			before := heap()
			var half time.Duration
			for n := 0; n < size; n += len(piece) {
				held = append(held, piece...)
				found, decided := s.Scan(held, false)
				held = held[:copy(held, held[decided:])]
				most, edits = max(most, len(held)), edits+len(found)
				if n >= next {
					half, next = time.Since(began), 2*size
				}
			}
			whole := time.Since(began)
			s.Scan(held, true)
			if grown := heap() - before; most > 65<<10 || grown > 1<<20 {
				t.Errorf("%d bytes are held, the heap grows by %d", most, grown)
			}
			if whole > 4*half+time.Second {
				t.Errorf("half of it takes %v, the whole %v", half, whole)
			}
			if name == "imports" && edits < 1_000_000 {
				t.Errorf("%d imports", edits)
			}
			t.Logf("%d bytes in %v, at most %d held, %d edits, %v", size, whole, most, edits, s.Passed)
		})
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkWorst feeds what costs most, in pieces of 1 KiB.
func BenchmarkWorst(b *testing.B) {
	for name, sheet := range endless {
		text := []byte(sheet.begin + strings.Repeat(sheet.text, (1<<20)/len(sheet.text)))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				var s css.Scanner
				s.Reset(denied, "")
				from := 0
				for to := 0; to < len(text); {
					to = min(to+1<<10, len(text))
					_, decided := s.Scan(text[from:to], false)
					from += decided
				}
			}
		})
	}
}
