package bench

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
	"github.com/caddy-consent/caddy-consent/internal/css"
	"github.com/caddy-consent/caddy-consent/internal/markup"
	"github.com/caddy-consent/caddy-consent/internal/rewrite"
)

// BenchmarkSheet scans style sheets in pieces as they come, and looks at them as the handler does, which holds them as
// well, beside copying them in memory.
func BenchmarkSheet(b *testing.B) {
	for name, sheets := range benchmarkSheets(b) {
		size := int64(len(bytes.Join(sheets, nil)))
		var hosts markup.Hosts
		var scanner css.Scanner
		named := func(url []byte) bool { _, named := hosts.Of(url); return named }
		each := func(what string, do func(sheet []byte)) {
			b.Run(name+", "+what, func(b *testing.B) {
				b.SetBytes(size)
				for b.Loop() {
					for _, sheet := range sheets {
						do(sheet)
					}
				}
			})
		}
		each("scanned", func(sheet []byte) {
			scanner.Reset(named, "")
			for from, to := 0, 0; to < len(sheet); {
				to = min(to+piece, len(sheet))
				_, decided := scanner.Scan(sheet[from:to], to == len(sheet))
				from += decided
			}
		})
		each("looked at", func(sheet []byte) {
			scanner.Reset(named, "")
			var look rewrite.Look
			look.Begin(markup.Page{Sheet: &scanner}, len(sheet))
			for from := 0; from < len(sheet); from += piece {
				if _, err := look.Write(sheet[from:min(from+piece, len(sheet))]); err != nil {
					b.Fatal(err)
				}
			}
			look.Close()
			held := look.End()
			if len(held) != len(sheet) {
				b.Fatalf("%d bytes of %d", len(held), len(sheet))
			}
			rewrite.FreeLooked(held)
		})
		to := make([]byte, size)
		each("copied", func(sheet []byte) { copy(to, sheet) })
	}
}

// piece is what a proxy reads at once.
const piece = 32 << 10

// benchmarkSheets are those of frameworks, and of all packages one after another; where these are not installed, 1 MB of
// rules such as theirs.
func benchmarkSheets(b *testing.B) map[string][][]byte {
	if !harness.HasNPM() {
		return map[string][][]byte{
			"made":          {[]byte(strings.Repeat(madeRule, 1<<20/len(madeRule)))},
			"made minified": {[]byte(strings.Repeat(minifiedRule, 1<<20/len(minifiedRule)))},
		}
	}
	packages, err := filepath.EvalSymlinks(harness.NPM(b))
	if err != nil {
		b.Fatal(err)
	}
	names := map[string]string{
		"bootstrap/dist/css/bootstrap.css":              "Bootstrap",
		"bootstrap/dist/css/bootstrap.min.css":          "Bootstrap minified",
		"@fortawesome/fontawesome-free/css/all.css":     "Font Awesome",
		"@fortawesome/fontawesome-free/css/all.min.css": "Font Awesome minified",
	}
	sheets := make(map[string][][]byte)
	err = fs.WalkDir(os.DirFS(packages), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || !strings.HasSuffix(path, ".css") {
			return err
		}
		sheet, err := os.ReadFile(filepath.Join(packages, path))
		sheets["all"] = append(sheets["all"], sheet)
		if name := names[path]; name != "" {
			sheets[name] = [][]byte{sheet}
		}
		return err
	})
	if err != nil || len(sheets) != len(names)+1 {
		b.Fatalf("%d kinds of sheets, %v", len(sheets), err)
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
