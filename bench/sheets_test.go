package bench

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
	"github.com/caddy-consent/caddy-consent/internal/css"
	"github.com/caddy-consent/caddy-consent/internal/markup"
)

// BenchmarkSheet scans style sheets in pieces as they come, beside copying them in memory.
func BenchmarkSheet(b *testing.B) {
	for name, sheet := range benchmarkSheets(b) {
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

// benchmarkSheets are those of frameworks, or where these are not installed, 1 MB of rules such as theirs.
func benchmarkSheets(b *testing.B) map[string][]byte {
	if !harness.HasNPM() {
		return map[string][]byte{
			"made":          []byte(strings.Repeat(madeRule, 1<<20/len(madeRule))),
			"made minified": []byte(strings.Repeat(minifiedRule, 1<<20/len(minifiedRule))),
		}
	}
	sheets := make(map[string][]byte)
	for name, path := range map[string]string{
		"Bootstrap":             "bootstrap/dist/css/bootstrap.css",
		"Bootstrap minified":    "bootstrap/dist/css/bootstrap.min.css",
		"Font Awesome":          "@fortawesome/fontawesome-free/css/all.css",
		"Font Awesome minified": "@fortawesome/fontawesome-free/css/all.min.css",
	} {
		text, err := os.ReadFile(filepath.Join(harness.NPM(b), path))
		if err != nil {
			b.Fatal(err)
		}
		sheets[name] = text
	}
	return sheets
}

const madeRule = `
.btn-outline-primary:not(:disabled):not(.disabled).active:focus, .show > .btn-outline-primary.dropdown-toggle {
  color: var(--bs-btn-active-color);
  background: rgba(13, 110, 253, .5) url("../img/arrow.svg") no-repeat right .75rem center / 16px 12px;
  transition: color .15s ease-in-out, box-shadow .15s ease-in-out;
}
`

var minifiedRule = strings.NewReplacer("\n", "", "  ", "", ": ", ":", ", ", ",", " {", "{").Replace(madeRule)
