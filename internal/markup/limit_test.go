package markup

import (
	"fmt"
	"strings"
	"testing"
)

var sizes = []int{1, 7, 1000, 4096, 1 << 16, 1 << 20}

// atLimit runs a page through all sizes: a later element is acted on, and what passed is counted.
func atLimit(t *testing.T, rules Rules, marked string, passed Passed) {
	t.Helper()
	page, want := pageOf(t, marked+`<img† ‡src=//d.test>`)
	for _, size := range sizes {
		got, counted := scanned(t, Scanner{Rules: rules}, page, size)
		if got != want || counted != passed {
			t.Errorf("in pieces of %d: %s, %v\nwant %s, %v", size, short(got), counted, short(want), passed)
			return
		}
	}
}

func TestTextOverLimit(t *testing.T) {
	fill := func(before, after string, length int) string {
		return before + strings.Repeat("x", length-len(before)-len(after)) + after
	}
	for _, text := range [][2]string{
		{"track()", ""}, {"<!--track()", "-->"}, {"track()", "<"}, {"track()", "</scripts"}, {"<!--<script></script>track()", ""}, {"track()", "-->"},
	} {
		t.Run(fmt.Sprintf("%q", text), func(t *testing.T) {
			atLimit(t, denying(), `<p><script†`+plain+`>`+fill(text[0], text[1], maxText)+`</script>`, Passed{})
			atLimit(t, denying(), `<p><script>`+fill(text[0], text[1], maxText+1)+`</script>`, Passed{Texts: 1})
		})
	}
	atLimit(t, denying(), `<noscript><img† ‡src=//d.test>`+fill("", "", maxText-len(`<img src=//d.test>`))+`</noscript>`, Passed{})
	atLimit(t, denying(), `<noscript><img src=//d.test>`+fill("", "", maxText+1-len(`<img src=//d.test>`))+`</noscript>`, Passed{Texts: 1})
	atLimit(t, denying(), `<svg><script†`+plain+`>`+fill("track()", "", maxText)+`</script></svg>`, Passed{})
	atLimit(t, denying(), `<svg><script>`+fill("track()", "", maxText+1)+`</script></svg>`, Passed{Texts: 1})
	atLimit(t, denying(), `<script src=/a>`+fill("track()", "", maxText+1)+`</script>`, Passed{})
}

func TestTextUnterminated(t *testing.T) {
	for _, page := range []string{`<script>`, `<noscript>`, `<svg><script>`, `<script><!--<script>`} {
		t.Run(fmt.Sprintf("%q", page), func(t *testing.T) {
			held := 0
			r := Rewriter{Out: new(strings.Builder), Scanner: Scanner{Rules: denying()}}
			_, _ = r.Write([]byte(page))
			for range 400 {
				_, _ = r.Write([]byte(strings.Repeat("x", 1000)))
				held = max(held, len(r.held))
			}
			if held > maxText+1000 || len(r.held) > 0 {
				t.Errorf("%s: %d bytes held, at the end %d", page, held, len(r.held))
			}
		})
	}
}

func TestTagOverLimit(t *testing.T) {
	for _, name := range []string{"img", "IMG", "image"} {
		t.Run(name, func(t *testing.T) {
			tag := func(length int, withheld, prefix string) string {
				start, end := "<"+name+withheld+` alt="`, `" `+prefix+`src="//d.test">`
				return start + strings.Repeat("<", length-len("<"+name+` alt="`)-len(`" src="//d.test">`)) + end
			}
			atLimit(t, denying(), "<p>"+tag(maxTag, "†", "‡"), Passed{})
			atLimit(t, denying(), "<p>"+tag(maxTag+1, "", ""), Passed{Tags: 1})
		})
	}
	atLimit(t, denying(), `<script src=//d.test a="`+strings.Repeat("x", maxTag)+`">track()</script>`, Passed{Tags: 1})
	atLimit(t, denying(), `<noscript><script src=//d.test a="`+strings.Repeat("x", maxTag)+`">track()</script></noscript>`, Passed{Tags: 1})
	atLimit(t, denying(), `<p src=//d.test a="`+strings.Repeat("x", maxTag)+`">`, Passed{Tags: 1})
	atLimit(t, denying(), `<svg><font a="`+strings.Repeat("x", maxTag)+`" color><title>x</title></svg>`, Passed{Tags: 1})
	rules := denying()
	rules.Body = insert(notice)
	atLimit(t, rules, `<body `+strings.Repeat("x", maxTag)+` background=//d.test>‹`+notice+`›`, Passed{Tags: 1})
}

func TestAttributesOverLimit(t *testing.T) {
	atLimit(t, denying(), `<img† `+strings.Repeat("a ", maxAttributes-1)+`‡src=//d.test>`, Passed{})
	atLimit(t, denying(), `<img `+strings.Repeat("a ", maxAttributes)+`src=//d.test>`, Passed{Tags: 1})
	atLimit(t, denying(), `<img src=//d.test `+strings.Repeat("/a", maxAttributes)+`>`, Passed{Tags: 1})
}

func TestForeignDepth(t *testing.T) {
	atLimit(t, denying(), `<svg>`+strings.Repeat(`<g>`, 10*maxOpen)+`<image† ‡href=//d.test />`+strings.Repeat(`</g>`, 10*maxOpen)+`</svg>`, Passed{})
}
