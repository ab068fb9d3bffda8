package markup

import (
	"fmt"
	"strings"
	"testing"
)

func TestCharsetUnsupported(t *testing.T) {
	rules := denying()
	rules.Head, rules.Body = headed, insert(notice)
	for _, meta := range []string{
		`<meta charset=iso-2022-jp>`, `<META CHARSET="ISO-2022-JP">`, `<meta http-equiv=Content-Type content="text/html; charset=iso-2022-jp">`,
		`<meta charset=csISO2022JP>`, `<meta charset=&#105;so-2022-jp>`,
	} {
		t.Run(fmt.Sprintf("%q", meta), func(t *testing.T) {
			passed := Passed{Encoding: "iso-2022-jp"}
			if strings.Contains(meta, "cs") && !strings.Contains(meta, "iso-") && !strings.Contains(meta, "ISO-") {
				passed.Encoding = "csiso2022jp"
			}
			// what was to stand first in the head has waited for it; what came before got what it was to get
			becomes(t, Scanner{Rules: rules}, `<head><link rel=icon href=//d.test>`+meta+`<body><img src=//d.test>`, passed)
			becomes(t, Scanner{Rules: denying()}, `<img† ‡src=//d.test>`+meta+`<img src=//d.test><script>track()</script>`, passed)
			becomes(t, Scanner{Rules: denying(), Charset: true}, meta+`<img† ‡src=//d.test>`, Passed{})
			becomes(t, Scanner{Rules: denying(), XML: true}, `<html>`+meta+`</meta><img† ‡src="//d.test"/></html>`, Passed{})
		})
	}
}

func TestCharsetSupported(t *testing.T) {
	become(t, denying(),
		`<meta charset=utf-8><img† ‡src=//d.test>`, `<meta charset=utf-16><img† ‡src=//d.test>`,
		`<meta charset=UTF-16LE><img† ‡src=//d.test>`, `<meta charset=nonsense><img† ‡src=//d.test>`,
		`<meta charset=shift_jis><img† ‡src=//d.test>`, `<meta charset><img† ‡src=//d.test>`,
		`<meta name=x content="charset=iso-2022-jp"><img† ‡src=//d.test>`,
		`<!-- <meta charset=iso-2022-jp> --><img† ‡src=//d.test>`, `<noscript><meta charset=iso-2022-jp></noscript><img† ‡src=//d.test>`,
	)
}

func TestCharsetUTF16(t *testing.T) {
	for _, mark := range []string{"\xff\xfe", "\xfe\xff"} {
		t.Run(fmt.Sprintf("%q", mark), func(t *testing.T) {
			becomes(t, Scanner{Rules: denying()}, mark+`<img src=//d.test>`, Passed{Encoding: "utf-16"})
		})
	}
	become(t, denying(), "\xef\xbb\xbf<img† ‡src=//d.test>", "\xff<img† ‡src=//d.test>",
		"\xfe<img† ‡src=//d.test>", "\xef\xbb<img† ‡src=//d.test>", "<p>\xff\xfe<img† ‡src=//d.test>")
}

// TestABodyThatIsImpliedBeforeAnEncoding: how long the notice waits for a <frameset> does not
// depend on how the page comes.
func TestCharsetImpliedBody(t *testing.T) {
	rules := denying()
	rules.Body = insert(notice)
	for _, meta := range []string{`<meta charset=iso-2022-jp>`, `<meta a="` + strings.Repeat("x", 1000) + `" charset=iso-2022-jp>`} {
		t.Run(fmt.Sprintf("%.80q", meta), func(t *testing.T) {
			for length := maxUndecided - 30; length < maxUndecided+3; length++ {
				page := `<p><!--` + strings.Repeat("x", length-len(`<p><!---->`)) + `-->` + meta + `<img src=//d.test>`
				want := page
				if length > maxUndecided {
					want = notice + page
				}
				for _, size := range []int{100, 4096, 1 << 20} {
					if got, _ := scanned(t, Scanner{Rules: rules}, page, size); got != want {
						t.Errorf("%d bytes before, pieces of %d: %s", length, size, short(got))
					}
				}
			}
		})
	}
}

// TestCharsetPrescan: not longer, and however the page comes.
func TestCharsetPrescan(t *testing.T) {
	rules := Rules{Head: headed, Body: insert(notice)}
	for length := maxPrescan - 3; length < maxPrescan+4; length++ {
		page := `<head><!--` + strings.Repeat("x", length-len(`<!---->`)) + `--><meta charset=iso-2022-jp></head>`
		want := page
		if length > maxPrescan {
			want = `<head>` + headed + page[len(`<head>`):]
		}
		for _, size := range []int{1, 7, 100, 1 << 20} {
			if got, _ := scanned(t, Scanner{Rules: rules}, page, size); got != want {
				t.Errorf("%d bytes before, pieces of %d: %s", length, size, short(got))
			}
		}
	}
	r := Rewriter{Out: new(strings.Builder), Scanner: Scanner{Rules: rules}}
	_, _ = r.Write([]byte(`<head><meta charset=utf-8><title>`))
	if got := r.Out.(*strings.Builder).String(); !strings.Contains(got, headed) {
		t.Errorf("behind the page's own encoding %q has come out", got)
	}
}
