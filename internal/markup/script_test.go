package markup

import (
	"strings"
	"testing"
)

const plain = `‹ type="text/plain"›`

func TestInlineScriptsAreToldByTheirText(t *testing.T) {
	become(t, denying(),
		`<script†`+plain+`>track()</script>`, `<script>other()</script>`, `<script></script>`,
		`<SCRIPT†`+plain+`>track()</SCRIPT ><p>track()`, `<script†`+plain+` async id="a>b">x;track(1)</script/x>`,
		`<script†`+plain+`/>track()</script>`, `<script†`+plain+`>track()</scripts></script>`,
		`<script>a()</script><script†`+plain+`>track()</script><script>b()</script>`,
		`<script src=/a>track()</script>`, `<script src>track()</script>`, `<script src="">track()</script>`,
		`<style>track()</style><p>track()</p><!-- track() --><textarea>track()</textarea>`,
		`<body onload=track()>`, `<noscript>track()</noscript>`, `<script>trac</script>k(`,
		`<noscript><script†`+plain+`>track()</script></noscript>`, `<template><script†`+plain+`>track()</script></template>`,
	)
}

func TestOnlyWhatTheBrowserRunsIsAScript(t *testing.T) {
	for kind, runs := range map[string]bool{
		"": true, "text/javascript": true, "application/javascript": true, " Text/JavaScript\n": true, "module": true, "MODULE": true, "text/ecmascript": true, "application/x-javascript": true,
		"text/jscript": true, "text/livescript": true, "text/javascript1.5": true, "text/x-ecmascript": true, "text/javascrip&#116;": true,
		"application/ld+json": false, "importmap": false, "speculationrules": false, "text/template": false, "text/plain": false, "application/json": false, "text/babel": false,
		"application/jscript": false, "text/javascript;charset=utf-8": false, "javascript": false, "text/javascript1.6": false, "x": false,
	} {
		inline, file := `<script type="`+kind+`">track()</script>`, `<script type="`+kind+`" src=//d.test></script>`
		if runs {
			inline = `<script†` + plain + ` ‡type="` + kind + `">track()</script>`
			file = `<script†` + plain + ` ‡type="` + kind + `" ‡src=//d.test></script>`
		}
		become(t, denying(), inline, file)
	}
	become(t, denying(),
		`<script†`+plain+` language=JavaScript1.2>track()</script>`, `<script†`+plain+` language="">track()</script>`, `<script language=vbscript>track()</script>`,
		`<script type=x language=javascript>track()</script>`, `<script type=x type=text/javascript>track()</script>`,
	)
}

func TestAScriptEndsWhereTheStandardEndsIt(t *testing.T) {
	become(t, denying(),
		`<script†`+plain+`><!-- track() --></script><img† ‡src=//d.test>`,
		`<script†`+plain+`><!-- <script> </script> track() --></script><img† ‡src=//d.test>`,
		`<script><!-- </script>track()<img† ‡src=//d.test>`,
		`<script†`+plain+`><!-- <script> </script> <img src=//d.test> --> track()</script>`,
		`<script><!--><script></script>track()<img† ‡src=//d.test>`,
		`<script†`+plain+`>"</"; "</scrip"; "<!-"; track()</script>`,
		`<script†`+plain+`>track("<script>")</script><img† ‡src=//d.test>`,
		`<script†`+plain+`><!--<script></script/x>--track()</script>`,
		`<script†`+plain+`><!--<SCRIPT <script></SCRIPT>track()</script>`,
		`<script>x</script ><p>track()</script>`,
	)
}

func TestAScriptThatNeverEndsDoesNotRunAndStays(t *testing.T) {
	become(t, denying(), `<script>track()`, `<script>track()</script`, `<script>track()<!-- <script></script>`, `<script>track()<img src=//d.test>`, `<svg><script>track()`)
	become(t, denying(), `<script†`+plain+` ‡src=//d.test>track()`)
}

func TestScriptsOfSVGAreScripts(t *testing.T) {
	become(t, denying(),
		`<svg><script†`+plain+`>track()</script></svg>`, `<svg><script†`+plain+`><![CDATA[ track() </script> ]]></script><image† ‡href=//d.test></svg>`,
		`<svg><script†`+plain+`><!-- </script> -->track()</script></svg>`, `<svg><script/>track()</svg>`, `<svg><script href=/a>track()</script></svg>`,
		`<svg><foreignObject><script†`+plain+`>track("<b>")</script></foreignObject></svg>`,
	)
	// an element in it makes several texts of its text
	for _, page := range []string{`<svg><script>track()<g>x</g></script></svg>`, `<svg><script>track()</svg><p>x`, `<svg><script>track()</g></script></svg>`} {
		becomes(t, Scanner{Rules: denying()}, page, Passed{Texts: 1})
	}
}

func TestBytesAreHeldNoLongerThanTheirScript(t *testing.T) {
	var out strings.Builder
	r := Rewriter{Out: &out, Scanner: Scanner{Rules: denying()}}
	for _, step := range [][2]string{
		{`<p><script>a(`, `<p>`}, {`)</script>b`, `<script>a()</script>b`}, {`<script src=/a>`, `<script src=/a>`}, {`xx`, `xx`}, {`</script><svg><script>x`, `</script><svg>`},
		{`</svg>y`, `<script>x</svg>y`}, {`<img src="`, ``}, {`">`, `<img src="">`}, {`<noscript>`, `<noscript>`}, {`x`, ``}, {`</noscript>`, `x</noscript>`},
		{`<script type=x>`, `<script type=x>`}, {`y`, `y`}, {`</script><p class="`, `</script><p class="`},
	} {
		out.Reset()
		if _, err := r.Write([]byte(step[0])); err != nil {
			t.Fatal(err)
		}
		if out.String() != step[1] {
			t.Errorf("after %q: %q, want %q", step[0], out.String(), step[1])
		}
	}
}
