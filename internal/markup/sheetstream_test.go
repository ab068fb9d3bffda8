package markup

import (
	"bytes"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/internal/css"
)

// FuzzSheetStream: a sheet becomes the same in any coding, however it comes in.
func FuzzSheetStream(f *testing.F) {
	for _, seed := range []string{"", "@import '//d.test/x';a{b:url(//d.test/p)}", "\xff\xfeu\x00", "@charset \"shift_jis\";url(//d.test)", "url(//d.test\\", "/*"} {
		f.Add(seed, uint16(3))
	}
	f.Add(strings.Repeat("\x0f", 2119), uint16(11)) // in brotli, 13 bytes that come in two pieces
	f.Fuzz(func(t *testing.T, sheet string, size uint16) {
		denied := func(url []byte) bool {
			host, ok := Host(string(url))
			return ok && string(host) == "d.test"
		}
		became := func(coding []string, text []byte) ([]byte, Passed) {
			var scanner css.Scanner
			scanner.Reset(denied, "")
			var out bytes.Buffer
			s := NewStream(&out, Page{Sheet: &scanner, From: coding, To: coding})
			defer s.End()
			for rest := text; len(rest) > 0; {
				n := min(len(rest), 1+int(size))
				if _, err := s.Write(rest[:n]); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			return out.Bytes(), s.Passed()
		}
		want, passed := became(nil, []byte(sheet))
		for _, coding := range Codings {
			var in bytes.Buffer
			e := encoders[coding].Get().(encoder)
			e.Reset(&in)
			_, _ = e.Write([]byte(sheet))
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
			encoders[coding].Put(e)
			out, counted := became([]string{coding}, in.Bytes())
			got, err := decompress(coding, out)
			if err != nil || got != string(want) || counted != passed {
				t.Fatalf("%s: %q became %q, %v, %v; want %q, %v", coding, sheet, got, err, counted, want, passed)
			}
		}
	})
}
