package markup

import (
	"fmt"
	"strings"
	"testing"
)

func TestMetaCSP(t *testing.T) {
	rules := Rules{
		Head: headed,
		Meta: func(content []byte) string {
			if string(content) == "default-src 'self'" {
				return `default-src 'self' "x"`
			}
			return string(content)
		},
	}
	page := func(head, body string) string {
		return "<html><head>‹" + headed + "›" + head + "</head><body>" + body + "</body></html>"
	}
	become(t, rules,
		page(`<meta http-equiv=Content-Security-Policy content=«"default-src 'self'"»‹"default-src &#39;self&#39; &quot;x&quot;"›>`, ""),
		page(`<meta content=«default-src&#32;&apos;self'»‹"default-src &#39;self&#39; &quot;x&quot;"› http-equiv="CONTENT-SECURITY-POLICY">`, ""),
		page(`<meta http-equiv=content-security-policy content="default-src 'none'"><meta http-equiv=content-security-policy>`+
			`<meta http-equiv=refresh content="default-src 'self'">`, ""),
		page(`<template><meta http-equiv=content-security-policy content="default-src 'self'"></template>`, ""),
		page(``, `<meta http-equiv=content-security-policy content="default-src 'self'">`), // has no effect in the body
		page(`<!-- <meta http-equiv=content-security-policy content="default-src 'self'"> -->`, ""),
	)
	becomes(t, Scanner{Rules: rules, XML: true},
		page(`<meta http-equiv="content-security-policy" content=«'default-src &apos;self&apos;'»‹"default-src &#39;self&#39; &quot;x&quot;"›/>`, ""),
		Passed{})
}

func TestBaseOrder(t *testing.T) {
	for page, want := range map[string]string{
		`<head><base href="//a.test/&amp;"><body>x`:                                           "//a.test/& body",
		`<base target=x><base href=/a><base href=/b><p>x`:                                     "/a body",
		`<p>x<base href=/late>`:                                                               "body /late",
		`<template><base href=/a></template><svg><base href=/b></svg><!--<base href=x>--><p>`: "body",
		`<base>x`: "body",
	} {
		t.Run(fmt.Sprintf("%.80q", page), func(t *testing.T) {
			for _, host := range []func([]byte) *Mark{nil, denying().Host} {
				var told []string
				rules := Rules{
					Host: host,
					Base: func(href []byte) { told = append(told, string(href)) },
					Body: func([]byte) string { told = append(told, "body"); return "" },
				}
				_, _ = uncompressed(t, Scanner{Rules: rules}, page, 1)
				if got := strings.Join(told, " "); got != want && !(host == nil && want == "body /late" && got == "body") { // no address stands behind it
					t.Errorf("%s: %q, want %q", page, got, want)
				}
			}
		})
	}
	told := ""
	rules := Rules{Base: func(href []byte) { told += string(href) }, Body: func([]byte) string { told += " body"; return "" }}
	if _, _ = uncompressed(t, Scanner{Rules: rules, XML: true}, `<html><head><base href="/a"/></head><body/></html>`, 1); told != "/a" {
		t.Errorf("XHTML: %q", told)
	}
}
