package equality

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// hostile are inputs of the kinds by which sanitizers have been passed: markup in attributes, texts that another parser
// reads as markup, elements that change their namespace when they are parsed again.
var hostile = []string{
	`<p title="<img alt='x onfocus=ran(1) autofocus tabindex=0 y' src='https://stats.test/i.gif'>">`,
	`<p title="<img alt=&quot;x onfocus=ran(1) autofocus tabindex=0 y&quot; src=https://www.youtube.com/embed/x>">a</p>`,
	`<a title="&lt;script src=https://stats.test/x.js&gt;&lt;/script&gt;">x</a>`,
	`<img alt="<iframe src='https://www.youtube.com/embed/x' srcdoc='<script>ran(2)</script>'>">`,
	`<div data-x="<link rel=stylesheet href=//stats.test/x>"><b>a</b></div>`, `<img alt="--><img src=//stats.test/x onerror=ran(3)>" src="/a.svg">`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=ran(4)&gt;">`,
	`<form><math><mtext></form><form><mglyph><style></math><img src onerror=ran(5)>`,
	`<svg></p><style><a id="</style><img src=1 onerror=ran(6)>">`, `<svg><p><style><g title="</style><img src=//stats.test/x onerror=ran(7)>">`,
	`<svg><desc><noscript><p title="</noscript><img src=1 onerror=ran(8)>">`,
	`<noscript><p title="</noscript><img src=x onerror=ran(9)>">`, `<textarea><p title="</textarea><img src=x onerror=ran(10)>"></textarea>`,
	`<title><a title="</title><img src=x onerror=ran(11)>">`,
	`<!--><img src=x onerror=ran(12)>-->`, `<!--<p title="--!><img src=x onerror=ran(13)>">-->`,
	`<template><img src=x onerror=ran(14)><script>ran(15)</script></template>`,
	`<template shadowrootmode=open><script>ran(16)</script></template>`,
	`<select><template><style><!--</style><a rel="--></style></template></select><img id=x src=1 onerror=ran(17)>"></template></select>`,
	`<form id=f><input name=attributes><input name=nodeName><img src=//stats.test/x></form>`,
	`<form><input name=querySelectorAll><input name=matches><input name=getAttribute></form>`,
	`<a href="java&#10;script:ran(18)">x</a>`, `<iframe srcdoc="<img src=x onerror=ran(19)>"></iframe>`,
	`<object data="data:text/html,<script>ran(20)</script>"></object>`,
	`<svg><use href="data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg'><image href='1' onerror='ran(21)'/></svg>#x"/></svg>`,
	`<svg><animate attributeName=href values=javascript:ran(22) /><a id=x>x</a></svg>`, `<img src="x` + "`" + `onerror=ran(23)">`,
	`<p style="background:url('https://stats.test/x')">x`, `<style>@import "https://stats.test/x"; p{background:url(//stats.test/y)}</style>`,
	`<xmp><p title="</xmp><img src=x onerror=ran(24)>">`, `<listing>&lt;img onerror=ran(25) src=//stats.test/x&gt;</listing>`,
	`<plaintext><img src=//stats.test/x onerror=ran(26)>`, `<noembed><img title="</noembed><img src=x onerror=ran(27)>"></noembed>`,
	`<table><tr><td title="<img src=//stats.test/x onerror=ran(28)>">x`,
	`<pre title="<script src=https://www.googletagmanager.com/gtag/js?id=G-1>` +
		`</script>">&lt;script src="https://www.googletagmanager.com/gtag/js"&gt;&lt;/script&gt;</pre>`,
	`<code>&lt;iframe src="https://www.youtube.com/embed/x"&gt;&lt;/iframe&gt;</code>`,
	`<input value="<img src=//stats.test/x onerror=ran(29)>"><option label="<iframe src=//www.youtube.com/embed/x>">`,
	`<details open ontoggle=ran(30)><summary title="'><img src=x onerror=ran(31)>">`,
	`<a href="https://www.youtube.com/watch?v=<img src=x>" title='a"<b>'>x</a>`,
	`<svg viewBox="0 0 1 1"><title>&lt;img src=//stats.test/x onerror=ran(32)&gt;</title><path d="M0 0"/></svg>`,
}

// What a sanitizer has let pass stays what it is: markup that stands in an attribute or in a text must not come to
// life. CONSENT_DOMPURIFY may name DOMPurify's own test/fixtures/expect.mjs, which is in its repository alone.
func TestSanitizedMarkup(t *testing.T) {
	packages := harness.NPM(t)
	inputs := append(append(append([]string{}, hostile...), written...), html5lib(t)...)
	list, err := json.Marshal(inputs)
	if err != nil {
		t.Fatal(err)
	}
	sanitize := exec.Command("node", "testdata/sanitize.mjs", packages, os.Getenv("CONSENT_DOMPURIFY"))
	sanitize.Stdin = bytes.NewReader(list)
	sanitize.Stderr = os.Stderr
	out, err := sanitize.Output()
	if err != nil {
		t.Fatal(err)
	}
	var sanitized struct {
		Inputs  int
		Outputs []string
	}
	if err := json.Unmarshal(out, &sanitized); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d inputs, %d different outputs", sanitized.Inputs, len(sanitized.Outputs))
	if len(sanitized.Outputs) < 500 {
		t.Error("those are too few")
	}
	// A script that holds a service's literal is held, whatever else it may be.
	sanitized.Outputs = slices.DeleteFunc(sanitized.Outputs, func(markup string) bool {
		return strings.Contains(markup, "googletagmanager.com/gtag/js")
	})
	// The first are those of hostile markup, however many each has become.
	sameMarkup(t, sanitized.Outputs, 60, 4)
}
