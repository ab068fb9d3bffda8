package markup

import (
	"fmt"
	"strings"
	"testing"
)

// ordinary is a page of about 200 KB in which nothing matches.
func ordinary() string {
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Page</title>` +
		`<link rel="canonical" href="https://www.test/"><style>p > a { color: red }</style></head><body class="a">`)
	for i := 0; b.Len() < 200<<10; i++ {
		fmt.Fprintf(&b, `<div class="card" id="c%d"><a href="https://www.test/%[1]d?a=1&amp;b=2">`+
			`<img src="https://cdn.test/%[1]d.jpg?w=1&amp;h=2" srcset="/%[1]d.jpg 1x, https://cdn.test/%[1]d-2.jpg 2x" `+
			`alt="It's"></a>
<p>Some text &amp; more, with <b>bold</b> and <i title='a > b'>italic</i> words.</p>`+
			`<script>var x%[1]d = "<p>" + %[1]d;</script><script type="application/ld+json">{"a":%[1]d}</script>
<link rel="stylesheet" href="/s%[1]d.css"><svg viewBox="0 0 1 1"><path d="M0 0"/><use href="#i%[1]d"/></svg>`+
			`<form action="/search"><input type="hidden" name="q"><button>Go</button></form>
<script src="https://js.test/%[1]d.js" async></script><noscript><img src="/pixel%[1]d.gif"></noscript><!-- a comment --></div>`, i)
	}
	return b.String() + `</body></html>`
}

func TestScannerAllocs(t *testing.T) {
	page := []byte(ordinary())
	for _, size := range []int{4096, len(page)} {
		t.Run(fmt.Sprintf("pieces of %d", size), func(t *testing.T) {
			var s Scanner
			rules := granting()
			rules.Host = func([]byte) *Mark { return nil }
			buffer := make([]byte, 0, 2*len(page))
			scan := func() {
				s.Reset(rules)
				s.Charset = true // named with the page, as for most
				held := buffer[:0]
				for rest := page; len(rest) > 0; {
					n := min(size, len(rest))
					held = append(held, rest[:n]...)
					rest = rest[n:]
					edits, decided := s.Scan(held, len(rest) == 0)
					if len(edits) > 0 {
						t.Fatalf("edits %v", edits)
					}
					held = held[:copy(held, held[decided:])]
				}
				if len(held) > 0 || s.Passed != (Passed{}) {
					t.Fatalf("%d bytes held, passed %v", len(held), s.Passed)
				}
			}
			scan()
			if allocations := testing.AllocsPerRun(5, scan); allocations > 0 {
				t.Errorf("in pieces of %d: %v allocations", size, allocations)
			}
		})
	}
}
