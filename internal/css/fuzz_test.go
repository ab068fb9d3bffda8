package css_test

import (
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/internal/css"
)

// pieces are what fuzzed sheets are put together from besides bytes.
var pieces = strings.Split("@import|@\\69mport|@namespace|@document|@media|url(|URL(|\\75rl(|u\\72 l(|src(|image-set(|"+
	"-webkit-image-set(|type(|var(|(|)|[|]|{|}|;|,|"+
	"\"|'|//d.test|//a.test|\"//d.test\"|'//d.test'|url(//d.test)|url( '//d.test' )|/*|*/|*|/|\\|\\\n|\n|\r|\r\n|\f| |\t|"+
	"\x00|\x01|\x7f|é|\xef\xbb\xbf|<!--|-->|<|!|-|--|"+
	"#|@|.|+|%|:|0|1|5e|e|\\6|\\64|\\000064|\\28 |\\\"|\\)|\\110000 |\\d800 |a|aaaaaaaaaaaaaaaaaaaaaaaa|url|src|image|"+
	".test|d|x|\\61 \\61 \\61 \\61 \\61 \\61 \\61 \\61 \\61 \\61|"+
	"data:,|https:|\\/|u|r|l|\\75|\\72|\\6c|"+
	"margin:0 auto;color:red;|a{b:c(d)}|:not(|calc(|translate(|curl(|merge(|\"\\f0c0\"|'\\''|"+strings.Repeat("=", 14), "|")

func assembled(sheet string, recipe []byte) string {
	var b strings.Builder
	b.WriteString(sheet)
	for _, c := range recipe {
		b.WriteString(pieces[int(c)%len(pieces)])
	}
	return b.String()
}

var seeds = []string{
	``, `a{b:url(//d.test)}`, `@import url("//d.test") layer(x);`, `@import/**/'//d.test`, `@namespace url(//d.test);`,
	`image-set("//d.test" 1x)`,
	`<!--url(//d.test)-->`, "\xef\xbb\xbfurl( //d.test\\64\r\n )", `url(//d.test"\)"x)`, "'\\\n\\41\n\"",
	`@charset "shift_jis";url(//d.test)`,
}

// FuzzSplit: what comes out does not depend on how the sheet comes in, and is what the standard says.
func FuzzSplit(f *testing.F) {
	for i, seed := range seeds {
		f.Add(seed, []byte{byte(i), byte(3 * i), byte(7 * i)}, uint16(i))
	}
	f.Fuzz(func(t *testing.T, sheet string, recipe []byte, size uint16) {
		sheet = assembled(sheet, recipe)
		want, passed := scanned(t, "", sheet, len(sheet)+1, denied)
		for _, size := range []int{1, 2, 1 + int(size)%(len(sheet)+1)} {
			if got, counted := scanned(t, "", sheet, size, denied); got != want || counted != passed {
				t.Fatalf("%q in pieces of %d: %q, %v, want %q, %v", sheet, size, got, counted, want, passed)
			}
		}
		if passed != (css.Passed{}) {
			return
		}
		if standard := expected(sheet, denied); want != standard {
			t.Fatalf("%q: %q, by the standard %q", sheet, want, standard)
		}
	})
}

// FuzzIdentity: where nothing is denied nothing changes; and where all that is denied has become inert, nothing is
// denied any more.
func FuzzIdentity(f *testing.F) {
	for i, seed := range seeds {
		f.Add(seed, []byte{byte(i), byte(5 * i)}, uint16(7*i))
	}
	f.Fuzz(func(t *testing.T, sheet string, recipe []byte, size uint16) {
		sheet = assembled(sheet, recipe)
		if got, _ := scanned(t, "", sheet, 1+int(size), func([]byte) bool { return false }); got != sheet {
			t.Fatalf("%q became %q", sheet, got)
		}
		changed, _ := scanned(t, "", sheet, 1+int(size), denied)
		if again, _ := scanned(t, "", changed, 1+int(size), denied); again != changed {
			t.Fatalf("%q became %q, and that %q", sheet, changed, again)
		}
	})
}
