package markup

import (
	"fmt"
	"html"
	"strings"
	"testing"

	xhtml "golang.org/x/net/html"
)

func TestSrcdocDocument(t *testing.T) {
	become(t, denying(),
		`<iframe srcdoc="<img† ‡src=//d.test>"></iframe>`, `<iframe srcdoc='<img† ‡src="//d.test">'></iframe>`,
		`<iframe srcdoc="&lt;img† ‡src=&quot;//d.test&quot;&gt;&amp;amp;&eacute;"></iframe>`,
		`<iframe srcdoc=&lt;img‹&#32;data-s›&#32;‡src=//d.test&gt;></iframe>`,
		`<iframe srcdoc="<script†‹ type=&quot;text/plain&quot;›>track()</script>"></iframe>`,
		`<iframe srcdoc="<iframe†‹ src=&quot;/f&quot;› ‡src=//d.test></iframe>"></iframe>`,
		`<iframe srcdoc="<textarea><img src=//d.test></textarea>&lt;!--<img src=//d.test>-->"></iframe>`,
		`<iframe srcdoc="<img src=/a>&copy=1&nosuch;" name=x></iframe>`, `<iframe srcdoc></iframe>`, `<iframe srcdoc=""></iframe>`,
		// behind a reference without its ";"
		`<iframe srcdoc="&#60img†&#x20‹;data-c-›src=//d.test>"></iframe>`,
		// of two, the first counts
		`<iframe srcdoc="<img† ‡src=//d.test>" srcdoc="<img src=//d.test>"></iframe>`,
	)
}

func TestSrcdocGuard(t *testing.T) {
	rules := denying()
	rules.Document, rules.DocumentMark = func() string { return `<script a="b"></script>` }, ` data-d`
	const guard = `‹&lt;script a=&quot;b&quot;>&lt;/script>›`
	become(t, rules,
		`<iframe‹ data-d› srcdoc="`+guard+`<img† ‡src=//d.test>"></iframe>`,
		`<iframe‹ data-d› srcdoc=" <!DOCTYPE html>`+guard+`<p><img† ‡src=//d.test>"></iframe>`,
		`<iframe‹ data-d› sandbox=allow-forms srcdoc="<img† ‡src=//d.test>"></iframe>`,
		`<iframe‹ data-d› sandbox="Allow-Scripts" srcdoc="`+guard+`<img† ‡src=//d.test>"></iframe>`,
		`<iframe srcdoc="<!doctype html><img src=/a>"></iframe>`, `<iframe srcdoc="<script>own()</script>"></iframe>`,
		`<iframe†‹ src="/f"› ‡srcdoc="<p>" ‡src=//d.test></iframe>`,
		`<noscript><img† ‡src=//d.test></noscript>`,
	)
}

func TestSrcdocInvalidUTF8(t *testing.T) {
	become(t, denying(), "<iframe srcdoc=\"\xe9&eacute;<img† alt=\xff ‡src=//d.test>&#233;\xfe\"></iframe>")
	become(t, denying(), "<iframe srcdoc=\"\xfe\xff<img† ‡src=//d.test>\"></iframe>")
}

// unwrapped is the document in the only frame of a page.
func unwrapped(t *testing.T, page string) string {
	t.Helper()
	z := xhtml.NewTokenizer(strings.NewReader(page))
	z.Next()
	if token := z.Token(); len(token.Attr) == 1 {
		return token.Attr[0].Val
	}
	t.Fatalf("%s is no frame", page)
	return ""
}

func TestSrcdocDepth(t *testing.T) {
	deny := ` a="'<>&=" b='"'`
	rules := denying()
	rules.Script = func([]byte) *Mark { return &Mark{Attributes: deny} }
	within := func(page string, levels int) string {
		for range levels {
			page = `<iframe srcdoc="` + html.EscapeString(page) + `"></iframe>`
		}
		return page
	}
	for levels := range maxNested + 1 {
		t.Run(fmt.Sprintf("%d levels", levels), func(t *testing.T) {
			page, whole := within(`<script>a("&amp;")</script>`, levels), within(`<script`+deny+` type="text/plain">a("&amp;")</script>`, levels)
			for _, size := range []int{1, 7, 1 << 20} {
				got, passed := scanned(t, Scanner{Rules: rules}, page, size)
				want := whole
				for range levels { // what is inserted may be escaped in another way
					got, want = unwrapped(t, got), unwrapped(t, want)
				}
				if got != want || passed != (Passed{}) {
					t.Errorf("%d levels: %s, %v, want %s", levels, got, passed, want)
				}
			}
		})
	}
	becomes(t, Scanner{Rules: denying()}, within(`<img src=//d.test>`, maxNested+1)+`<img† ‡src=//d.test>`, Passed{Texts: 1})
	becomes(t, Scanner{Rules: denying()}, `<noscript>`+within(`<img src=//d.test>`, maxNested)+`</noscript><img† ‡src=//d.test>`, Passed{Texts: 1})
}

func TestSrcdocNotice(t *testing.T) {
	rules := denying()
	rules.Head, rules.Body = headed, insert(notice)
	become(t, rules, `<head>‹`+headed+`›</head><body>‹`+notice+`›<iframe srcdoc="<html><head></head><body><img† ‡src=//d.test></body>"></iframe>`)
}

func TestSrcdocCharset(t *testing.T) {
	become(t, denying(), `<iframe srcdoc="<meta charset=iso-2022-jp><img† ‡src=//d.test>"></iframe><img† ‡src=//d.test>`)
}
