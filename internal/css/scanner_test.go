package css_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/caddy-consent/caddy-consent/internal/css"
	"github.com/caddy-consent/caddy-consent/internal/deflate"
	"github.com/caddy-consent/caddy-consent/internal/markup"
)

// denied denies the host d.test.
func denied(url []byte) bool {
	host, ok := markup.Host(string(url))
	return ok && string(host) == "d.test"
}

// scanned applies the edits in a sheet that comes in pieces of size bytes.
func scanned(t testing.TB, charset, sheet string, size int, denied func([]byte) bool) (string, css.Passed) {
	t.Helper()
	var s css.Scanner
	s.Reset(denied, charset)
	var out strings.Builder
	held, base := "", int64(0)
	for rest := sheet; ; {
		piece := rest[:min(size, len(rest))]
		rest = rest[len(piece):]
		held += piece
		edits, decided := s.Scan([]byte(held), rest == "")
		at := 0
		for _, e := range edits {
			offset := int(e.Offset - base)
			if offset < at || offset+e.Length > decided {
				t.Fatalf("%q in pieces of %d: edit %v is not in order, or not decided", sheet, size, e)
			}
			out.WriteString(held[at:offset] + e.Replacement)
			at = offset + e.Length
		}
		out.WriteString(held[at:decided])
		held, base = held[decided:], base+int64(decided)
		if rest == "" {
			return out.String() + held, s.Passed
		}
	}
}

// become tests sheets in which what is denied stands between "‹" and "›", behind an @import between "«" and "»".
func become(t *testing.T, sheets ...string) {
	t.Helper()
	for _, marked := range sheets {
		t.Run(fmt.Sprintf("%.60q", marked), func(t *testing.T) {
			sheet := strings.NewReplacer("‹", "", "›", "", "«", "", "»", "").Replace(marked)
			want := ""
			for rest := marked; rest != ""; {
				begin := strings.IndexAny(rest, "‹«")
				if begin < 0 {
					want += rest
					break
				}
				replacement, end := "data:,", "›"
				if strings.HasPrefix(rest[begin:], "«") {
					replacement, end = "data:text/css,", "»"
				}
				_, behind, _ := strings.Cut(rest[begin:], end)
				want, rest = want+rest[:begin]+replacement, behind
			}
			for _, size := range []int{1, 2, 3, 7, len(sheet) + 1} {
				if got, _ := scanned(t, "", sheet, size, denied); got != want {
					t.Errorf("in pieces of %d: %q\nwant %q", size, got, want)
				}
			}
			if got := expected(sheet, denied); got != want {
				t.Errorf("by the standard: %q\nwant %q", got, want)
			}
		})
	}
}

func TestURL(t *testing.T) {
	become(t,
		`a{background:url(‹//d.test/x›)}`, `a{background:URL(‹//d.test/x›)}`, `url( ‹https://d.test› )`,
		"url(\n\t‹//d.test›\f\r\n)",
		`url("‹//d.test›")`, `url('‹//d.test›')`, `url( "‹//d.test›" )`, `url("‹//d.test›" x)`,
		`url(‹//d.test›),url(‹//d.test›)`,
		`url(‹//d.test›`, `url(‹//d.test›  `, `url("‹//d.test›`, `url(//d.test\`, `url("‹//d.test\›`, // the end closes
		`url()`, `url("")`, `url(`, `url( `, `url(//a.test)url(/d.test)url(d.test)url(data:,//d.test)url(#d)`,
		`url(//d.test/')`, `url(//d.test/")`, `url(//d.test()`, `url(//d.test x)`, "url(//d.test\x01)", "url(//d.test\x7f)",
		"url(//d.test\\\n)", `url(//d.test x\)url(//d.test))url(‹//d.test›)`,
		`url(//d.test"\)"url(//d.test)url(‹//d.test›)`, // bad urls
		`url(/*x*/"//d.test")`, `url( /* not a comment */)`, `url(‹//d.test/*x*/›)`,
		`url(‹\/\/d.test›)`, `url(‹//\64.test›)`, `url(‹//\64 .test›)`, "url(‹//\\64\r\n.test›)",
		"url(‹//\\000064\f.test›)", `url(//\000064 5.test)`,
		`url("‹//d.te\73 t›")`, "url(\"‹//d.\\\ntest›\")", "url('‹//d.\\\r\ntest›')", `url("‹//d.test/\"x›")`,
		`url("//a.test/\\")url(‹//d.test›)`,
		"url(\"//d.test\n\")\")", "url('//d.test\rurl(‹//d.test›)'", "url(\"‹//d.test/\\41\n›\")",
		"url(‹//d.test/\x00›)", "url(//\x00d.test)",
		`url(‹https:\\d.test›)`, `url("‹ //d.test ›")`, "url('‹//d\t.test›')", `url(‹//u:p@D.TEST.:80/›)`,
		`url(‹//d%2Etest›)`,
	)
}

func TestNames(t *testing.T) {
	become(t,
		`\75rl(‹//d.test›)`, `\75 rl(‹//d.test›)`, `u\72l(‹//d.test›)`, `u\72 l(‹//d.test›)`,
		`ur\6c(‹//d.test›)`, "ur\\6c\r\n(‹//d.test›)", `\55\52\4c(‹//d.test›)`,
		`\000075\000072\00006c(‹//d.test›)`, `\url(‹//d.test›)`, `ur\l(‹//d.test›)`, `url\(//d.test)`, `ur\6c  ("//d.test")`,
		`xurl("//d.test")`, `-url("//d.test")`, `url-prefix("//d.test")`, `--url("//d.test")`, `_url("//d.test")`,
		`éurl("//d.test")`, "\x00url('//d.test')",
		`1url("//d.test")`, `-1url("//d.test")`, `.5url("//d.test")`, `1e3url("//d.test")`, `1e+5url("//d.test")`,
		`1-url("//d.test")`, `1\75rl("//d.test")`,
		`1.url(‹//d.test›)`, `1e+url(‹//d.test›)`, `1%url(‹//d.test›)`, `+url(‹//d.test›)`,
		`.url(‹//d.test›)`, `!url(‹//d.test›)`, `a:url(‹//d.test›)`,
		`#url("//d.test")`, `@url("//d.test")`, `#\75rl("//d.test")`, `@\75rl("//d.test")`, `\#url("//d.test")`,
		`\@url("//d.test")`, `\+url("//d.test")`, `\\+url(‹//d.test›)`,
		`a\20url("//d.test")`, `a\20 url("//d.test")`, `a\20  url(‹//d.test›)`, "\\\nurl(‹//d.test›)", "u\\\nrl('//d.test')",
		`<!--url(‹//d.test›)`, `<!---url("//d.test")`, `\<!--url("//d.test")`, `\\<!--url("‹//d.test›")`,
		`-->url(‹//d.test›)`, `a-->url(‹//d.test›)`, `<!-url("//d.test")`, `<!--\75rl(‹//d.test›)`,
		strings.Repeat("a", 200)+`url("//d.test")`, strings.Repeat("a", 200)+`\75rl("//d.test")`,
		strings.Repeat(`\61 `, 60)+`url("//d.test")`,
		strings.Repeat("a", 200)+` url(‹//d.test›)`, strings.Repeat("a", 200)+`/url(‹//d.test›)`,
		`@`+strings.Repeat(`a\61`, 60)+`  url(‹//d.test›)`,
		`url ("//d.test")`, `url/**/("//d.test")`, `url(‹//d.test›)url(‹//d.test›)`,
	)
}

func TestImport(t *testing.T) {
	become(t,
		`@import "«//d.test/x.css»";`, `@import'«//d.test»'screen;`, `@IMPORT "«//d.test»"`, `@\69mport "«//d.test»"`,
		`@\49\4d\50\4f\52\54 "«//d.test»"`, `@i\6d port"«//d.test»"`,
		`@import/**/"«//d.test»"`, `@import /* a */ /* "//d.test" */ "«//d.test»"`, `@import url(«//d.test»)`,
		`@import url( "«//d.test»" )layer(x)`, `@import\75rl(//d.test)`,
		`@import/**/\75rl(«//d.test»)`, `@import src("«//d.test»")`, `@import src(/**/"«//d.test»")`,
		`@import "«//d.test»" supports(x:url(‹//d.test›))`,
		`@import "/a.css" "//d.test"`, `@import x "//d.test"`, `@import url(/x) "//d.test"`, `@imports "//d.test"`,
		`@-import "//d.test"`, `@ import "//d.test"`, `@1import "//d.test"`,
		`@import;"//d.test"`, `@import/"//d.test"`, "@import \"//d.test\n;@import \"«//d.test»\"", `@import "«//d.test»`,
		`@import url(«//d.test»`, `@import`, `@import/`, `@`, `@\`,
		`/*@import "//d.test"*/@import "«//d.test»"`, `"@import '//d.test'"`, `@import url()"//d.test"`,
		`@import src(x "‹//d.test›")`, `@media x{@import "«//d.test»"}`,
		`@import url-prefix("//d.test")`, `@import\28 url("//d.test")`, "@import\\\n\"//d.test\"",
		`@import \75\72\6c(«//d.test»)`, "@import\r\n\f\t \"«//d.test»\"",
		`@import `+strings.Repeat("u", 200)+`"//d.test"`, `@import<!--"//d.test"`, `@import @import "«//d.test»"`,
	)
}

func TestStringsInFunctions(t *testing.T) {
	become(t,
		`image-set("‹//d.test›" 1x,"‹//d.test›" type("image/png") 2x)"//d.test"`,
		`-webkit-image-set(url(‹//d.test›) 1x,'‹//d.test›' 2x)'//d.test'`, `IMAGE-SET("‹//d.test›")`,
		`src("‹//d.test›")`, `src( /**/ "‹//d.test›" )`, `s\72 c("‹//d.test›")`, `image("‹//d.test›")`,
		`image-set(var(--x,"‹//d.test›") 1x)"//d.test"`, `image-set((("‹//d.test›")))"//d.test"`,
		`a[src="//d.test"]{content:"//d.test"}`, `format("//d.test")`, `-moz-image-set("//d.test")`, `src ("//d.test")`,
		`(src)("//d.test")`, `))image-set("‹//d.test›")`,
		`url("x" y("‹//d.test›"))"//d.test"`, `image-set(\75rl(‹//d.test›)a\28("‹//d.test›"))"//d.test"`,
		`src("‹//d.test›`, `image-set(`+strings.Repeat("a", 200)+`(")"),"‹//d.test›")"//d.test"`,
		`image-set(`+strings.Repeat(`a\61`, 60)+`(")"),"‹//d.test›")"//d.test"`,
	)
}

func TestNoLoad(t *testing.T) {
	become(t,
		`@namespace url(//d.test);a{b:url(‹//d.test›)}`, `@namespace x "//d.test";`,
		`@NAMESPACE url("//d.test");@import "«//d.test»"`, `@n\61mespace src("//d.test");`,
		`@document url(//d.test),url-prefix("//d.test"),domain(d.test){a{b:url(‹//d.test›)}}`,
		`@-moz-document url("//d.test"){a{b:url(‹//d.test›)}}`,
		`@namespace url(//d.test)`, `@namespace/**/url(//d.test)/*;*/url(//d.test) ";" url(//d.test);url(‹//d.test›)`,
		`@font-face{src:url(‹//d.test›) format("x")}`,
		`/* url(//d.test) */`, `/*/url(//d.test)*/url(‹//d.test›)`, `/**url(//d.test)**/url(‹//d.test›)`,
		`/* url(//d.test)`, `"url(//d.test)"`, `'url(//d.test)'`, "'\nurl(‹//d.test›)", `'\'url(//d.test)'`,
		"'\\\nurl(//d.test)'", "'\\41\nurl(//d.test)'url(‹//d.test›)",
	)
}

func TestCharset(t *testing.T) {
	const sheet, changed = `url(//d.test)`, `url(data:,)`
	for _, c := range []struct{ charset, before, encoding string }{
		{"", "", ""}, {"utf-8", "", ""}, {"windows-1252", "", ""}, {"", "\xef\xbb\xbf", ""}, {"shift_jis", "\xef\xbb\xbf", ""},
		{"", "\xef\xbb;", ""},
		{"", "\xff\xfe", "utf-16"}, {"", "\xfe\xff", "utf-16"}, {"utf-8", "\xfe\xff", "utf-16"}, {"", "\xff;", ""}, {"utf-16le",
			"", "utf-16le"}, {"shift_jis", "", "shift_jis"},
		{"", `@charset "utf-16";`, ""}, {"", `@charset "Shift-JIS";`, "shift_jis"}, {"utf-8", `@charset "shift_jis";`, ""}, {"",
			`@charset "gb2312";`, "gbk"},
		{"", `@CHARSET "shift_jis";`, ""}, {"", `@charset  "shift_jis";`, ""}, {"", ` @charset "shift_jis";`, ""}, {"",
			`@charset "shift_jis" ;`, ""}, {"", `@charset "nobody";`, ""},
		{"", `@charset "shift_jis`, ""}, {"", `@charset "` + strings.Repeat(" ", 1100) + `shift_jis";`, ""}, {"",
			`@charset "iso-8859-1";`, ""}, {"", `@charset "big5";`, "big5"},
	} {
		t.Run(fmt.Sprintf("%s %.40q", c.charset, c.before), func(t *testing.T) {
			want := c.before + changed
			if c.encoding != "" || strings.HasSuffix(c.before, "jis") {
				want = c.before + sheet
			}
			for _, size := range []int{1, 2, 5, 2000} {
				got, passed := scanned(t, c.charset, c.before+sheet, size, denied)
				if got != want || passed.Encoding != c.encoding {
					t.Errorf("in pieces of %d: %q, %v, want %q", size, got, passed, want)
				}
			}
		})
	}
}

// TestPlace: what a sheet names is found wherever it stands in the sixteen bytes that are passed over at once, and so is
// the end of a string that is short, or not quite.
func TestPlace(t *testing.T) {
	for _, text := range []string{
		`url(//d.test)`, `x("//d.test")url('//d.test')`, `image("//d.test")x("//d.test")`, `@import "//d.test"`, `\75rl(//d.test)`, `ur\6c (//d.test)`,
		`image-set("//d.test" 1x)`, `src( '//d.test')`, `:not(a)calc(1px)merge("//d.test")`, `(url(//d.test))`, `"(/*"url(//d.test)`,
		`/*"*/url(//d.test)/*`, `@namespace url(//d.test)}url(//d.test)`, `<!--url(//d.test)`, `cal\63("//d.test")`,
	} {
		for before := range 36 {
			for _, filler := range []string{"a", ";", "(", " ", "é"} {
				filled := strings.Repeat(filler, before)
				for _, sheet := range []string{filled + text + filled, `"` + filled + `\"` + text + `"` + text, `'` + filled + "\\41\n'" + text,
					`"` + filled + "\n" + text + `"` + text} {
					want := expected(sheet, denied)
					for _, size := range []int{len(sheet) + 1, 16, 5} {
						if got, _ := scanned(t, "", sheet, size, denied); got != want {
							t.Fatalf("%q in pieces of %d: %q, want %q", sheet, size, got, want)
						}
					}
				}
			}
		}
	}
}

// TestLimit: an address that is too long passes, and is counted, however it comes; the scan goes on behind it.
func TestLimit(t *testing.T) {
	const limit = 64 << 10
	for _, form := range []struct{ begin, end string }{
		{`url(`, `)`}, {`url("`, `")`}, {`@import "`, `"`}, {`src('`, `')`}, {"url('", "\n"}, {`url(`, `"x)`}, {`url("`, ``},
		{`url(`, ``}, {`url(x`, `   )`}, {`url(x`, `   y)`},
	} {
		for length := limit - 4; length <= limit+4; length++ {
			sheet := form.begin + "//d.test/" + strings.Repeat("x", length-len("//d.test/")) + form.end
			count := 0
			if length > limit {
				count = 1
			}
			if form.end != "" {
				sheet += ` url(//d.test)`
			}
			if strings.Contains(form.begin, "x") {
				count = -1
			}
			want, passed := scanned(t, "", sheet, len(sheet), denied)
			if count >= 0 && passed.Tokens != count || form.end != "" && !strings.HasSuffix(want, ` url(data:,)`) && !strings.Contains(form.begin, "src(") {
				t.Errorf("%q with %d bytes: %v, %q", form, length, passed, want[len(want)-40:])
			}
			for _, size := range []int{1000, 4096, limit} {
				if got, counted := scanned(t, "", sheet, size, denied); got != want || counted != passed {
					t.Errorf("%q with %d bytes in pieces of %d: %v, want %v", form, length, size, counted, passed)
				}
			}
		}
	}
}

// TestInGzip edits a compressed sheet in place.
func TestInGzip(t *testing.T) {
	sheet := strings.Repeat("a{color:red;background:url(//a.test/x.png)}\n@import \"//d.test/y.css\";b{background:url( //d.test/z )}\n", 2000)
	var in, out bytes.Buffer
	w := gzip.NewWriter(&in)
	_, _ = io.WriteString(w, sheet) // to memory
	_ = w.Close()
	var scanner css.Scanner
	scanner.Reset(denied, "")
	var s deflate.Stream
	s.Reset(&out, deflate.Gzip, scanner.Scan, scanner.Done)
	if _, err := s.Write(in.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if want := expected(sheet, denied); err != nil || string(got) != want {
		t.Errorf("%v, %d bytes, want %d", err, len(got), len(want))
	}
}
