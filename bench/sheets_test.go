package bench

import (
	"bytes"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/internal/css"
	"github.com/caddy-consent/caddy-consent/internal/markup"
)

// BenchmarkSheet scans a style sheet of 1 MB in pieces as they come, beside copying it in memory: of rules, as frameworks
// have them, and minified.
func BenchmarkSheet(b *testing.B) {
	const rule = `
.btn-outline-primary:not(:disabled):not(.disabled).active:focus, .show > .btn-outline-primary.dropdown-toggle {
  color: var(--bs-btn-active-color);
  background: rgba(13, 110, 253, .5) url("../img/arrow.svg") no-repeat right .75rem center / 16px 12px;
  transition: color .15s ease-in-out, box-shadow .15s ease-in-out;
}
`
	minified := strings.NewReplacer("\n", "", "  ", "", ": ", ":", ", ", ",", " {", "{").Replace(rule)
	for name, rule := range map[string]string{"rules": rule, "minified": minified} {
		sheet := []byte(strings.Repeat(rule, 1<<20/len(rule)))
		b.Run(name+", scanned", func(b *testing.B) {
			b.SetBytes(int64(len(sheet)))
			var hosts markup.Hosts
			var s css.Scanner
			for b.Loop() {
				s.Reset(func(url []byte) bool { _, named := hosts.Of(url); return named }, "")
				for from, to := 0, 0; to < len(sheet); {
					to = min(to+32<<10, len(sheet))
					_, decided := s.Scan(sheet[from:to], to == len(sheet))
					from += decided
				}
			}
		})
		b.Run(name+", copied", func(b *testing.B) {
			b.SetBytes(int64(len(sheet)))
			to := make([]byte, len(sheet))
			for b.Loop() {
				copy(to, sheet)
			}
			if !bytes.Equal(to, sheet) {
				b.Fatal("it is not the same")
			}
		})
	}
}
