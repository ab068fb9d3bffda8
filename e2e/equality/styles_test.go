package equality

import (
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// TestStylesOfMarkup: styles that name nothing denied are what they are without the module, by markup, by objects and drawn;
// so is by markup one that names what is.
func TestStylesOfMarkup(t *testing.T) {
	p := serve(t, map[string]string{
		"/styles": harness.Document(`<style id="sheet">@import "/a.css"; p { background: url("//undeclared.test/a.svg") } p::after { content: "url(https://stats.test/)" }</style>`,
			`<div id="box"><p style="background:url(/a.svg)">a</p><p style="background:url(&quot;https://undeclared.test/b.svg?a&amp;b&quot;);;color:RED">b</p>
			<p style="/* url(https://stats.test/) */ content: 'https://stats.test/(x)' ; width : calc( 1px + 2px ">c</p><p STYLE=background:url(a.svg)>d</p>
			<p title="style=(" alt='style="background:url(https://stats.test/x)"'>e</p><p style="background: url(#x), url(data:,%20(x))">f</p>
			<svg width="8" height="8"><style>rect { fill: url(#g) } /* &lt; */</style><style><![CDATA[rect > g { mask: url(/a.svg#m) }]]></style><rect style="fill: url('#g')"/></svg>
			<template><p style="background:url(/t.svg)">t</p></template><noscript><p style="background:url(/n.svg)">n</p></noscript></div>`),
		"/held":  harness.Document("", `<div id="box"><p class="a" style="background:URL( 'https://stats.test/\a x(é)' ) ; color : red" id="p">x</p></div>`),
		"/empty": harness.Document("", ""),
	})
	inEach(t, p, "/styles", func(t *testing.T, tabs tabs) {
		const markup = `document.getElementById('box').outerHTML`
		for name, expression := range map[string]string{
			"markup": markup + ` + document.getElementById('sheet').outerHTML`,
			"declarations": `JSON.stringify([...document.querySelectorAll('#box [style]')].map(e => [e.getAttribute('style'), e.style.cssText, e.style.backgroundImage,
				[...e.attributes].map(a => a.name)])).replaceAll(location.origin, '')`,
			"rules": `JSON.stringify(['#sheet', 'svg style'].map(s => [...document.querySelector(s).sheet.cssRules].map(r => r.cssText)))`,
			"drawn": `JSON.stringify([...document.querySelectorAll('#box *')].map(e => [getComputedStyle(e).backgroundImage, getComputedStyle(e).color,
				getComputedStyle(e).width])).replaceAll(location.origin, '')`,
		} {
			without, with := harness.Ask[string](tabs.plain, expression), harness.Ask[string](tabs.guarded, expression)
			if len(without) < 40 || without != with {
				t.Errorf("%s:%s", name, difference(without, with))
			}
		}
		tabs.plain.Open(p.plain + "/held")
		tabs.guarded.Open(p.guarded + "/held")
		if got := harness.Ask[bool](tabs.guarded, `document.getElementById('p').hasAttribute('data-consent-style')`); !got {
			t.Error("what is denied is not held")
		}
		if without, with := harness.Ask[string](tabs.plain, markup), harness.Ask[string](tabs.guarded, markup); without != with {
			t.Errorf("held:%s", difference(without, with))
		}
	})
}
