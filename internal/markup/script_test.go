package markup

import (
	"fmt"
	"strings"
	"testing"
)

const plain = `‹ type="text/plain"›`

func TestInlineScriptText(t *testing.T) {
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

func TestScriptType(t *testing.T) {
	for kind, runs := range map[string]bool{
		"": true, "text/javascript": true, "application/javascript": true, " Text/JavaScript\n": true, "module": true,
		"MODULE": true, "text/partytown": true, "text/ecmascript": true, "application/x-javascript": true,
		"text/jscript": true, "text/livescript": true, "text/javascript1.5": true, "text/x-ecmascript": true, "text/javascrip&#116;": true,
		"application/ld+json": false, "importmap": false, "speculationrules": false,
		"text/template": false, "text/plain": false, "application/json": false, "text/babel": false,
		"application/jscript": false, "text/javascript;charset=utf-8": false, "javascript": false, "text/javascript1.6": false, "x": false,
	} {
		inline := `<script type="` + kind + `">track()</script>`
		if runs {
			inline = `<script†` + plain + ` ‡type="` + kind + `">track()</script>`
		}
		// Of a file, whoever knows the type may make a script (Partytown).
		become(t, denying(), inline, `<script†`+plain+` ‡type="`+kind+`" ‡src=//d.test></script>`)
	}
	become(t, denying(),
		`<script†`+plain+` language=JavaScript1.2>track()</script>`,
		`<script†`+plain+` language="">track()</script>`, `<script language=vbscript>track()</script>`,
		`<script type=x language=javascript>track()</script>`, `<script type=x type=text/javascript>track()</script>`,
	)
}

func TestModuleImports(t *testing.T) {
	for text, imports := range map[string]bool{
		`import "https://d.test/x.js"`: true, `import'//d.test/x.js'`: true,
		`import x from "https://d.test/x.js";`: true, `import{x}from"https://d.test"`: true,
		`export * from 'https://d.test/'`: true, `import("https://d.test/x")`: true,
		"await import (\n`//d.test`)": true, `import(/* webpackIgnore: true */ "//d.test")`: true,
		`import /**/ x /* * */ from /* a *//* b */ "//d.test"`: true, `import a from "/a"; import b from "//a.test"; import c from "//d.test"`: true,
		`import "/x?//d.test"`: false, `import x from "d.test"`: false, `"https://d.test"`: false, `fetch("https://d.test")`: false,
		`x.important("//d.test")`: false, `import(u + "//d.test")`: false, `Array.from("//d.test")`: false,
		`import "https://a.test"`: false, `import 'data:text/javascript,"//d.test"'`: false, `important "//d.test"`: false, "import '\n//d.test'": false,
	} {
		page := `<script type=module>` + text + `</script>`
		if imports {
			page = `<script†` + plain + ` ‡type=module>` + text + `</script>`
		}
		become(t, denying(), page, `<script>`+text+`</script>`, `<script type=application/json>`+text+`</script>`)
	}
	become(t, denying(), `<base href=//d.test><script type=module>import "x"</script><script†`+plain+` ‡type=module>import "./x"</script>`)
}

func TestImportMapHosts(t *testing.T) {
	for text, names := range map[string]bool{
		`{"imports": {"x": "https://d.test/x.js"}}`: true, `{"scopes":{"https:\/\/d.test\/":{}}}`: true, `{"imports":{"x":"\u002f/d.test"}}`: true,
		`{"prefetch":[{"urls":["/a","//d.test/a"]}]}`: true, `{"prefetch":[{"where":{"href_matches":"https://d.test/*"}}]}`: true,
		`{"imports": {"d.test": "/x.js", "\"": "/"}}`: false, `{"prefetch":[{"where":{"href_matches":"/*"}}]}`: false,
		`{"x": '//d.test'}`: false, `{"x": "//d.test`: false, ``: false,
	} {
		for _, kind := range []string{"importmap", " SpeculationRules"} {
			page := `<script type="` + kind + `">` + text + `</script>`
			if names {
				page = `<script†` + plain + ` ‡type="` + kind + `">` + text + `</script>`
			}
			become(t, denying(), page)
		}
	}
}

func TestScriptEndTag(t *testing.T) {
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

func TestScriptUnterminated(t *testing.T) {
	become(t, denying(), `<script>track()`, `<script>track()</script`,
		`<script>track()<!-- <script></script>`, `<script>track()<img src=//d.test>`, `<svg><script>track()`)
	become(t, denying(), `<script†`+plain+` ‡src=//d.test>track()`)
}

func TestScriptInSVG(t *testing.T) {
	become(t, denying(),
		`<svg><script†`+plain+`>track()</script></svg>`, `<svg><script†`+plain+`><![CDATA[ track() </script> ]]></script><image† ‡href=//d.test></svg>`,
		`<svg><script†`+plain+`><!-- </script> -->track()</script></svg>`, `<svg><script/>track()</svg>`, `<svg><script href=/a>track()</script></svg>`,
		`<svg><foreignObject><script†`+plain+`>track("<b>")</script></foreignObject></svg>`,
	)
	// an element in it makes several texts of its text
	for _, page := range []string{
		`<svg><script>track()<g>x</g></script></svg>`, `<svg><script>track()</svg><p>x`, `<svg><script>track()</g></script></svg>`,
	} {
		t.Run(fmt.Sprintf("%q", page), func(t *testing.T) {
			becomes(t, Scanner{Rules: denying()}, page, Passed{Texts: 1})
		})
	}
}

func TestScriptLatency(t *testing.T) {
	var out strings.Builder
	r := Rewriter{Out: &out, Scanner: Scanner{Rules: denying()}}
	for _, step := range [][2]string{
		{`<p><script>a(`, `<p>`}, {`)</script>b`, `<script>a()</script>b`},
		{`<script src=/a>`, `<script src=/a>`}, {`xx`, `xx`}, {`</script><svg><script>x`, `</script><svg>`},
		{`</svg>y`, `<script>x</svg>y`}, {`<img src="`, ``}, {`">`, `<img src="">`},
		{`<noscript>`, `<noscript>`}, {`x`, ``}, {`</noscript>`, `x</noscript>`},
		{`<script type=x>`, `<script type=x>`}, {`y`, `y`}, {`</script><p class="`, `</script>`}, {`">`, `<p class="">`},
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
