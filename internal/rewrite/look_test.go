package rewrite

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/internal/css"
	"github.com/caddy-consent/caddy-consent/internal/markup"
)

func TestLook(t *testing.T) {
	const sheet = "a{b:url(x.png)}"
	for name, c := range map[string]struct {
		length        int
		codings       []string
		written       string
		whole, broken bool
		held          string
	}{
		"whole":        {0, nil, sheet, true, false, sheet},
		"as long":      {len(sheet), nil, sheet, true, false, sheet},
		"too short":    {len(sheet), nil, sheet[:5], false, false, sheet[:5]},
		"too long":     {5, nil, sheet, true, false, sheet[:5]},
		"of no coding": {0, []string{"gzip"}, sheet, false, true, sheet},
		"empty":        {0, []string{"gzip"}, "", true, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var scanner css.Scanner
			asked := 0
			scanner.Reset(func([]byte) bool { asked++; return false }, "")
			var l Look
			defer l.End()
			l.Begin(markup.Page{Sheet: &scanner, From: c.codings}, c.length)
			_, err := l.Write([]byte(c.written))
			if excess := c.length > 0 && len(c.written) > c.length; errors.Is(err, http.ErrContentLength) != excess {
				t.Errorf("%v", err)
			}
			if whole := l.Close(); whole != c.whole || l.IsBroken() != c.broken {
				t.Errorf("whole %t, broken %t", whole, l.IsBroken())
			}
			if want := map[bool]int{true: 1}[c.held == sheet && !c.broken]; asked != want {
				t.Errorf("asked %d times", asked)
			}
			if held := string(l.End()); held != c.held {
				t.Errorf("holds %q", held)
			}
		})
	}
	t.Run("full", func(t *testing.T) {
		var scanner css.Scanner
		scanner.Reset(func([]byte) bool { return false }, "")
		var l Look
		l.Begin(markup.Page{Sheet: &scanner}, 0)
		defer l.End()
		for piece := []byte(strings.Repeat(sheet, 1000)); !l.IsFull(); {
			_, _ = l.Write(piece)
		}
		if held := len(l.End()); held > maxLooked+1000*len(sheet) {
			t.Errorf("holds %d bytes", held)
		}
	})
}
