package markup

import "testing"

func TestPoliciesInTheHeadAreRewritten(t *testing.T) {
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
		page(`<meta http-equiv=content-security-policy content="default-src 'none'"><meta http-equiv=content-security-policy><meta http-equiv=refresh content="default-src 'self'">`, ""),
		page(`<template><meta http-equiv=content-security-policy content="default-src 'self'"></template>`, ""),
		page(``, `<meta http-equiv=content-security-policy content="default-src 'self'">`), // has no effect in the body
		page(`<!-- <meta http-equiv=content-security-policy content="default-src 'self'"> -->`, ""),
	)
	becomes(t, Scanner{Rules: rules, XML: true},
		page(`<meta http-equiv="content-security-policy" content=«'default-src &apos;self&apos;'»‹"default-src &#39;self&#39; &quot;x&quot;"›/>`, ""), Passed{})
}
