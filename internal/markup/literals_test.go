package markup

import (
	"fmt"
	"strings"
	"testing"
)

func TestLiteralFirstMatch(t *testing.T) {
	l := NewLiterals("_paq", "gtag(", "GoogleAnalyticsObject", "fb", "_paq.push")
	for text, want := range map[string]int{
		"": -1, "f": -1, "x": -1, "fb": 3, "xfb": 3, "var _paq=1": 0, "_pa": -1, "_paq.push": 0, "gtag()": 1, "gtag": -1, "GoogleAnalyticsObjec": -1,
		"GoogleAnalyticsObject": 2, "gtag( _paq": 1, "aaaaaaaaaaaaaaaaaaaaafb": 3, "_p_p_paq": 0, "f_b": -1,
	} {
		t.Run(fmt.Sprintf("%q", text), func(t *testing.T) {
			if got := l.Find([]byte(text), nil); got != want {
				t.Errorf("%q: %d, want %d", text, got, want)
			}
		})
	}
	if NewLiterals().Find([]byte("x"), nil) != -1 {
		t.Error("found one of none")
	}
}

func FuzzLiterals(f *testing.F) {
	f.Add("ab", "bcd", "_paq", "xx_paq ab")
	f.Fuzz(func(t *testing.T, a, b, c, text string) {
		literals := []string{a, b, c}
		for _, literal := range literals {
			if len(literal) < 2 {
				return
			}
		}
		want, at := -1, len(text)+1
		for i, literal := range literals {
			if j := strings.Index(text, literal); j >= 0 && j < at {
				want, at = i, j
			}
		}
		if got := NewLiterals(literals...).Find([]byte(text), nil); got != want {
			t.Fatalf("%q in %q: %d, want %d", literals, text, got, want)
		}
	})
}
