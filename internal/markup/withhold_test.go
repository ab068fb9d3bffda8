package markup

import (
	"fmt"
	"strings"
	"testing"
)

func TestLoadingElements(t *testing.T) {
	become(t, denying(),
		`<img† ‡src="//d.test/x">`, `<img† ‡srcset="//d.test/x">`, `<img† ‡src=/a ‡srcset="//d.test/x" alt=a>`, `<IMG† ‡SRC="//d.test/x">`,
		`<image† ‡src="//d.test/x">`,
		`<script†‹ type="text/plain"› ‡src="//d.test/x" async></script>`,
		`<script†‹ type="text/plain"› ‡type=module ‡src="//d.test/x">x</script>`,
		`<iframe†‹ src="/f"› ‡src="//d.test/x" width=1></iframe>`,
		`<frameset><frame†‹ src="/f"› ‡src="//d.test/x"></frameset>`,
		`<input† type=image ‡src="//d.test/x">`, `<input† type=submit ‡formaction="//d.test/x">`, `<button† ‡formaction="//d.test/x">b</button>`,
		`<form† method=post ‡action="//d.test/x"></form>`,
		`<embed† ‡src="//d.test/x">`, `<object† ‡data="//d.test/x"></object>`,
		`<video† ‡src="//d.test/x"></video>`, `<video† ‡poster="//d.test/x"></video>`, `<video† ‡src=/a ‡poster="//d.test/x"></video>`,
		`<audio† ‡src="//d.test/x"></audio>`, `<video><source† ‡src="//d.test/x"><track† ‡src="//d.test/x"></video>`,
		`<picture><source† ‡srcset="//d.test/x"><img src=/a></picture>`,
		`<body† ‡background="//d.test/x">`,
		`<table† ‡background="//d.test/x"><thead† ‡background="//d.test/x"><tr† ‡background="//d.test/x"><th† ‡background="//d.test/x">x`,
		`<table><tbody† ‡background="//d.test/x"><tr><td† ‡background="//d.test/x"><tfoot† ‡background="//d.test/x">`,
		`<link† rel=stylesheet ‡href="//d.test/x">`, `<link† rel=preload as=image ‡imagesrcset="//d.test/x 1x">`,
		`<link† ‡href=/a rel=preload as=image ‡imagesrcset="/a, //d.test/x 2x">`,
		`<meta† http-equiv=refresh ‡content="0;url=//d.test/x">`,
		`<a† href=/a ‡ping="//d.test/x">a</a>`, `<A† HREF=//d.test ‡PING='/a&#32;//d.test'>`,
		`<p><a† title=">" ‡ping=//d.test>`, `<p><a class=pings>a</a><a†/‡pinG=//d.test >a`,
		`<p><area† href=/a ‡ping="//a.test	//d.test">`,
	)
}

func TestExternalScriptType(t *testing.T) {
	for _, kind := range []string{"text/partytown", "text/x-template", "application/json", "importmap", "x", "&#116;ext/x"} {
		become(t, denying(), `<script†‹ type="text/plain"› ‡type="`+kind+`" ‡src=//d.test></script>`)
	}
}

func TestPrefixedAttributeConflict(t *testing.T) {
	rules := denying()
	rules.Gate = "data-c-service"
	become(t, rules,
		`<img† ‡src=//d.test ‡data-c-src=/a>`, `<img† ‡DATA-C-SRC=/a ‡src=//d.test>`,
		`<img† ‡data-c-srcset=/a ‡src=//d.test data-c-alt=a>`, `<img† ‡src=//d.test ‡data-c-service=x>`,
		`<script†`+plain+` ‡data-c-type=module ‡type=x ‡src=//d.test></script>`,
		`<iframe†‹ src="/f"› ‡data-c-src=/a ‡src=//d.test></iframe>`, `<img src=/a data-c-src=//d.test>`,
	)
}

func TestAMPPage(t *testing.T) {
	rules := denying()
	rules.Head, rules.Body = headed, insert(notice)
	for _, page := range []string{
		"<!doctype html><html ⚡ lang=fr><head><img src=//d.test>", "<html amp>x", "<!-- --><HTML AMP=''><script>track()</script>",
	} {
		t.Run(fmt.Sprintf("%.80q", page), func(t *testing.T) {
			becomes(t, Scanner{Rules: rules}, page, Passed{AMP: true})
		})
	}
	become(t, rules, `<html amps><head>‹`+headed+`›</head>‹`+notice+`›<img† ‡src=//d.test>`)
}

func TestIframeSrcAndSrcdoc(t *testing.T) {
	become(t, denying(),
		`<iframe†‹ src="/f"› ‡srcdoc="x" ‡src=//d.test></iframe>`, `<iframe†‹ src="/f"› ‡src=//d.test ‡srcdoc="<img† ‡src=//d.test>" ‡srcdoc=y></iframe>`,
		`<iframe srcdoc="x" src=/a></iframe>`,
	)
}

func TestSVGAnimation(t *testing.T) {
	become(t, denying(),
		`<svg><image><set† attributeName=href ‡to="//d.test/x"/></image></svg>`,
		`<svg><image><set† attributeName="xlink:href" ‡to=//d.test></set></image></svg>`,
		`<svg><animate† attributeName=href ‡from=//d.test ‡to=/a /><animate† attributename=href ‡by=//d.test />`,
		`<svg><animate† attributeName=href ‡values="/a ; //d.test/x;/b"/>`, `<svg><animate attributeName=href values="/a;?//d.test"/>`,
		`<svg><set attributeName=fill to=//d.test /><set to=//d.test /><animate attributeName=hrefs to=//d.test />`, `<set attributeName=href to=//d.test>`,
	)
}

func TestNonLoadingElements(t *testing.T) {
	become(t, denying(),
		`<a href=//d.test>`, `<area href=//d.test>`, `<a href=//d.test ping="/a //a.test">`, `<p ping=//d.test>`,
		`<p src=//d.test>`, `<p cite=//d.test>`, `<img data-src=//d.test longdesc=//d.test>`,
		`<input src=//d.test>`, `<input type=text src=//d.test>`, `<use href=//d.test>`, `<feimage href=//d.test>`, `<image href=//d.test>`,
		`<script href=//d.test></script>`, `<img href=//d.test>`, `<object src=//d.test></object>`, `<imgs src=//d.test>`, `</img src=//d.test>`,
		`<meta name=x content="0;url=//d.test">`, `<meta property=og:image content=//d.test>`,
		`<iframe src=about:blank></iframe>`, `<base href=//d.test>`,
	)
}

func TestLinkRel(t *testing.T) {
	for rel, loads := range map[string]bool{
		"stylesheet": true, "alternate stylesheet": true, "StyleSheet": true, "preload": true, "modulepreload": true, "prefetch": true,
		"preconnect": true, "dns-prefetch": true, "prerender": true, "icon": true, "shortcut icon": true, "apple-touch-icon": true,
		"mask-icon": true, "manifest": true, " icon": true, "compression-dictionary": true,
		"&#115;tylesheet": true, "canonical\ticon": true, "a\ficon": true,
		"": false, "canonical": false, "alternate": false, "next": false, "author": false,
		"me": false, "stylesheets": false, "stylesheet,icon": false, "icon\u00a0": false,
	} {
		page := `<link href=//d.test rel="` + rel + `">`
		if loads {
			page = `<link† ‡href=//d.test rel="` + rel + `">`
		}
		become(t, denying(), page)
	}
	become(t, denying(), `<link href=//d.test>`)
}

func TestRawTextElements(t *testing.T) {
	for _, around := range []string{
		`<!--|-->`, `<!-- --|-->`, `<textarea>|</textarea>`, `<title>|</title>`, `<style>|</style>`, `<script>"|"</script>`,
		`<script><!-- <script>|</script>|--></script>`, `<xmp>|</xmp>`, `<noembed>|</noembed>`, `<noframes>|</noframes>`, `<iframe>|</iframe>`,
		`<plaintext>|`, `<p title='|'>`, `<svg><![CDATA[|]]></svg>`, `<script type=text/template>|</script>`, `<img src="/a|`,
	} {
		become(t, denying(), strings.ReplaceAll(around, "|", `<img src="//d.test">`))
	}
	become(t, denying(), `<?|<img src=//d.test>`, `<!x <img src=//d.test>`,
		`</ <img src=//d.test>`, `<![CDATA[<img src=//d.test>]]>`, `< img src=//d.test>`)
}

func TestAttributeSyntax(t *testing.T) {
	become(t, denying(),
		`<img†/‡src="//d.test">`, `<img† ‡src=//d.test>`, `<img† ‡src='//d.test'>`, `<img† a="b"‡src="//d.test"c>`, `<img† a='b'‡src=//d.test/>`,
		`<img† ‡src = x ‡srcset = '//d.test'>`, "<img†\n‡src\t=\r\f\"//d.test\">", `<img† =src=x ‡src=//d.test>`, `<img† = ‡src=//d.test>`,
		`<img† a=">" ‡src=//d.test>`, `<img† a='">' ‡src=//d.test>`, `<img† a= ">" ‡src=//d.test>`, `<img† / ‡src=//d.test / >`,
	)
}

func TestAttributeLookalikes(t *testing.T) {
	become(t, denying(),
		`<img =src=//d.test>`, `<img "src=//d.test>`, `<img a=src=//d.test>`,
		`<img a="src=//d.test">`, `<img a='"' b='src=//d.test'>`, `<img src/=//d.test>`,
		`<img src alt=//d.test>`, `<img src= >`, `<img src=>`, `<img src>//d.test`, `<img src="">`, `<img xsrc=//d.test>`,
	)
}

func TestAttributeDuplicate(t *testing.T) {
	become(t, denying(),
		`<img src=/a src=//d.test>`, `<img† ‡src=//d.test ‡src=/a ‡SRC=/b>`, `<img src=/a SRC=//d.test>`, `<img† ‡src=/a ‡srcset=//d.test ‡src=//x.test>`,
		`<link rel=canonical rel=icon href=//d.test>`, `<link† rel=icon rel=canonical ‡href=//d.test>`,
		`<input type=text type=image src=//d.test>`,
		`<script†‹ type="text/plain"› ‡type=module ‡src=//d.test ‡type=x></script>`,
	)
}

func TestSVGElements(t *testing.T) {
	become(t, denying(),
		`<svg><image† ‡href=//d.test /></svg><image href=//d.test>`, `<svg><use† ‡xlink:href=//d.test#a></use></svg><use xlink:href=//d.test>`,
		`<svg><feImage† ‡href=/a ‡xlink:href=//d.test /></svg><feImage href=//d.test>`,
		`<svg><script†‹ type="text/plain"› ‡href=//d.test /></svg><script href=//d.test></script>`,
		`<svg><script†‹ type="text/plain"› ‡xlink:href=//d.test></script><image† ‡href=//d.test></svg>`,
		`<svg><a href=//d.test><textPath href=//d.test></a></svg>`,
	)
}

func TestNoscriptMarkup(t *testing.T) {
	become(t, denying(),
		`<noscript><img† ‡src=//d.test></noscript>`, `<head><noscript><link† rel=stylesheet ‡href=//d.test></noscript>`,
		`<noscript><iframe†‹ src="/f"› ‡src=//d.test></iframe></noscript><img† ‡src=//d.test>`,
		`<noscript>a<!-- <img src=//d.test> --></noscript>`, `<noscript><textarea><img src=//d.test></textarea></noscript>`,
		`<noscript><img a="</noscript><img† ‡src=//d.test>">`, `<noscript><img† ‡src=//d.test></NOSCRIPT >`,
		// without its end tag
		`<noscript><p><img† ‡src=//d.test><p>`, `<noscript><img† ‡src=//d.test></noscript`, `<noscript><img src=//d.test`,
	)
}

func TestTemplateMarkup(t *testing.T) {
	become(t, denying(),
		`<template><img† ‡src=//d.test></template>`,
		`<div><template shadowrootmode=open><script†‹ type="text/plain"› ‡src=//d.test></script></template></div>`,
		`<head><template><template><link† rel=icon ‡href=//d.test></template></template>`,
	)
}

func TestHostRuleMissing(t *testing.T) {
	rules := denying()
	rules.Host = nil
	become(t, rules, `<img src=//d.test>`, `<script src=//d.test></script>`, `<script†‹ type="text/plain"›>track()</script>`)
}
