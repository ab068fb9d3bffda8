package markup

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// inStyle is a piece of markup in which a style attribute names "//d.test/x" where it has a "§", as its author wrote it, and what
// it is where that is denied. "†" is where the mark comes.
func inStyle(markup string) string {
	return strings.NewReplacer("§", "«//d.test/x»‹data:,#%2F%2Fd.test%2Fx›", "†", "‹ data-s data-c-style=\"\"›").Replace(markup)
}

func TestStyleAttribute(t *testing.T) {
	for _, markup := range []string{
		`<p† style="background:url(§)">`, `<p† style='background:url("§") no-repeat, url(//a.test); color: red'>x</p>`, `<P† class=a STYLE=background:url(§)>`,
		`<div† data-x="(" style = "background: image-set('§' 1x, '//a.test' 2x)"></div>`, `<x-element† style="--x: src('§')">`,
		`<p† style="background:url(&quot;§&quot;)">`, `<p† style="b:url&lpar;§&#41;">`,
		`<a† href="//d.test?a&b" style="b:url(§)">x</a>`,
		`<p† style="b:url(§)" style="b:url(//d.test)">`, `<p† ‡data-c-style=x style="b:url(§)">`, "<p†\nstyle=\"b:url(§)\nb\">",
		`<body† style="b:url(§)">`, `<html† style="b:url(§)">`, `<svg† style="b:url(§)"><g† style="b:url(§)"/></svg>`, `<math><mi† style="b:url(§)">`,
		`<noscript† style="b:url(§)"><p† style="b:url(§)"></noscript>`, `<template><p† style="b:url(§)"></template>`, `<input† style="b:url(§)">`,
	} {
		become(t, denying(), inStyle(markup))
	}
	become(t, denying(),
		`<p style="b:url(//a.test)">`, `<p style="b:url(x),url(#x),url(data:,x)">`, `<p style="content:'//d.test'">`, `<p style="/*url(//d.test)*/b:calc(1px)">`,
		`<p data-style="b:url(//d.test)">`, `<p title="style" alt="url(//d.test)">`, `<p style>`, `<p style="">`, `</p style="b:url(//d.test)">`,
		`<!--<p style="b:url(//d.test)">-->`, `<textarea><p style="b:url(//d.test)"></textarea>`, `<script style="b:url(//d.test)"></script>`,
		`<style style="b:url(//d.test)"></style>`, `<`+strings.Repeat("x", maxName)+` style="b:url(//d.test)">`,
		`<p‹ data-s data-c-style=""› style="b:url(«//d.test»‹data:,#%2F%2Fd.test›),url(//a.test),url('«//x.d.test/»‹data:,#%2F%2Fx.d.test%2F›')">`,
		`<img‹ data-s data-c-style=""› ‡src=//d.test style="b:url(«//d.test»‹data:,#%2F%2Fd.test›)">`,
		// how it is written
		`<p‹ data-s data-c-style=""› style="b:url('«//d.test/\é ?a&amp;b=&eacute;(»‹data:,#%2F%2Fd.test%2F%5Cé%20%3Fa%26b%3D%C3%A9%28›')">`,
		`<p‹ data-s data-c-style=""› style="b:url(&quot«//d.test»‹;data:,#%2F%2Fd.test›&quot;)">`,
		"<p‹ data-s data-c-style=\"\"› style=\"b:url('«//d.test/\\\r\nx\\\ry\\\nz»‹data:,#%2F%2Fd.test%2F%5C%0Ax%5C%0Ay%5C%0Az›')\">",
		"<p‹ data-s data-c-style=\"\"› style=\"b:url(«//d.test/\x00»‹data:,#%2F%2Fd.test%2F%EF%BF%BD›)\">",
		"<p‹ data-s data-c-style=\"\"› style=\"b:url(«//d.test/\xe9»‹data:,#%2F%2Fd.test%2F\xe9›)\">",
		`<base href=//d.test><p‹ data-s data-c-style=""› style="b:url(«x»‹data:,#x›),url(#x)">`,
		`<iframe srcdoc="&lt;p‹ data-s data-c-style=&quot;&quot;› style='b:url(«//d.test»‹data:,#%2F%2Fd.test›)'&gt;"></iframe>`,
	)
	become(t, Rules{Head: headed}, `<head>‹`+headed+`›<p style="b:url(//d.test)">`)
	// one that its author has gated has no mark of ours
	become(t, granting(), `<img data-c-service=no style="b:url(«//d.test»‹data:,#%2F%2Fd.test›)" data-c-src=//d.test>`)
	for _, marked := range []string{`<p† style="b:url(§)"/>`, `<p† xmlns="x" style="b:url(&quot;§&#34;)"/>`} {
		becomes(t, Scanner{Rules: denying(), XML: true}, "<html>"+inStyle(marked)+"</html>", Passed{})
	}
	becomes(t, Scanner{Rules: denying(), XML: true}, `<html><p STYLE="b:url(//d.test)"/></html>`, Passed{})
}

// hashes lets styles count by their hash, but a <style> with the nonce n.
type hashes struct{}

func (hashes) DemandsHash([]byte) {}

func (hashes) IsHashedStyle(nonce []byte, attribute bool) bool {
	return attribute || string(nonce) != "n"
}

// TestStyleByHash: what counts by the hash of its text passes, and is counted.
func TestStyleByHash(t *testing.T) {
	rules := denying()
	rules.Hashes = hashes{}
	for _, page := range []string{`<style>a{b:url(//d.test)}</style>`, `<style nonce=x>a{b:url(//d.test)}</style>`, `<p style="b:url(//d.test)">`} {
		t.Run(page, func(t *testing.T) {
			becomes(t, Scanner{Rules: rules}, page, Passed{Texts: 1})
		})
	}
	become(t, rules, styled("", `a{b:url(«//d.test»‹data:,›)}`, " nonce=n"), `<p style="color:red">`)
}

// TestStyleOfSVG: there, and in XHTML, the text of a <style> is markup.
func TestStyleOfSVG(t *testing.T) {
	for marked, isXML := range map[string]bool{
		`<svg><style‹ data-s data-c-text="a{b:url(//d.test)}"›>a{b:url(«//d.test»‹data:,›)}</style><image† ‡href=//d.test></svg>`:          false,
		`<svg><style‹ data-s data-c-text="&amp;:x{b:url(&quot;//d.test&quot;)}"›>&:x{b:url(&quot;«//d.test»‹data:,›&quot;)}</style></svg>`: false,
		`<svg><style/>a{b:url(//d.test)}</svg>`: false,
		`<svg><style‹ data-s data-c-text=" a>b{b:url(//d.test);c:&quot;&lt;&amp;&quot;}"›> <![CDATA[a>b{b:url(«//d.test»‹data:,›);c:"<&"}]]></style></svg>`: false,
		`<math><style>a{b:url(//d.test)}</style></math>`: false,
		// A "&" that begins no reference.
		`<svg><style‹ data-s data-c-text="@import &quot;//d.test/css2?family=A&amp;display=swap&quot;"›>@import "«//d.test/css2?family=A&display=swap»‹data:text/css,›"</style></svg>`: false,
		`<svg><style>a{b:url(//a.test)}</style></svg>`: false,
		`<html><style‹ data-s data-c-text="/**/&#10;@import &quot;//d.test&quot;;/**/"›>/*<![CDATA[*/` + "\n" + `@import "«//d.test»‹data:text/css,›";/*]]>*/</style></html>`: true,
		`<html><style‹ data-s data-c-text="a&gt;b{b:url(//d.test)}"›>a&gt;b{b:url(«//d.test»‹data:,›)}</style></html>`:                                                        true,
	} {
		t.Run(marked, func(t *testing.T) {
			becomes(t, Scanner{Rules: denying(), XML: isXML}, marked, Passed{})
		})
	}
	for page, isXML := range map[string]bool{
		`<svg><style>a{b:url(//d.test)}<g/></style></svg>`:           false,
		`<svg><style><!--a{b:url(//d.test)}--></style></svg>`:        false,
		`<svg><style>a{b:url(//d.test?a&amp)}</style></svg>`:         false,
		`<svg><style>a{b:url(//d.test<![CDATA[/x]]>)}</style></svg>`: false,
		`<svg><style><![CDATA[a{b:url(//d.test)}</svg>`:              false,
		`<html><style><!-- a{b:url(//d.test)} --></style></html>`:    true,
	} {
		t.Run(page, func(t *testing.T) {
			becomes(t, Scanner{Rules: denying(), XML: isXML}, page, Passed{Texts: 1})
		})
	}
}

var keptAddresses = regexp.MustCompile(`data:,#([^"')\s;]*)`)

// FuzzStyleAttribute: nothing of the value moves but what is denied; what is written there gives it back, as scripts do it.
func FuzzStyleAttribute(f *testing.F) {
	for _, seed := range []string{`b:url(//d.test)`, `b:url('//d.test/%20(x)\27')`, `b:url(//d.test/é!~*;,)`, "url(\"//d.test/\\\nx\")", `image-set("//d.test" 1x,"//d.test/&" 2x)`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if !utf8.ValidString(value) || strings.ContainsAny(value, "\x00\r") || strings.Contains(value, "data:,#") {
			return
		}
		page := `<p class=x style="` + escapeQuoted.Replace(value) + `">`
		out, passed := scanned(t, Scanner{Rules: denying()}, page, len(page))
		inner, marked := strings.CutPrefix(out, `<p data-s data-c-style="" class=x style="`)
		if passed != (Passed{}) || !marked && out == page {
			return
		}
		inner, closed := strings.CutSuffix(inner, `">`)
		if !marked || !closed {
			t.Fatalf("%q became %q", page, out)
		}
		authored := keptAddresses.ReplaceAllStringFunc(string(decoded([]byte(inner))), func(kept string) string {
			address, err := url.PathUnescape(strings.TrimPrefix(kept, "data:,#"))
			if err != nil {
				t.Fatal(err)
			}
			return address
		})
		if authored != value {
			t.Fatalf("%q became %q, which gives back %q", value, inner, authored)
		}
		if again, _ := scanned(t, Scanner{Rules: denying()}, out, 1); again != out {
			t.Fatalf("%q became %q, and that %q", page, out, again)
		}
	})
}
