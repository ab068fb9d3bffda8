package markup

import "testing"

// The image after each piece of markup is one only where the scan is where the standard is.
func TestForeignContent(t *testing.T) {
	become(t, denying(),
		// CDATA sections, in SVG and MathML only
		`<svg><![CDATA[<image href=//d.test>]]><image† ‡href=//d.test></svg>`, `<math><![CDATA[</math><img src=//d.test>]]]></math><img† ‡src=//d.test>`,
		`<svg><![CDATA[x]]>]]><image† ‡href=//d.test></svg><![CDATA[<img src=//d.test>]]>`,
		`<svg><![CDATA[]]><image† ‡href=//d.test></svg>`, `<svg><![CDATA[]><image href=//d.test>]]></svg>`,
		`<svg><foreignObject><p><![CDATA[><img† ‡src=//d.test>]]></p>`,
		`<svg><![cdata[><image† ‡href=//d.test></svg>`, `<svg><![CDATA[<image href=//d.test>`,
		// raw text elements are none
		`<svg><title><img† ‡src=//d.test></title></svg>`, `<svg><textarea><image† ‡href=//d.test /></textarea></svg>`,
		`<svg><textarea><!--<image href=//d.test>--></textarea></svg>`,
		`<svg><textarea><image† ‡href=//d.test /></textarea></svg>`,
		`<svg><noscript><image† ‡href=//d.test /></noscript></svg>`, `<math><style><img† ‡src=//d.test></style></math>`,
		`<svg><plaintext><image† ‡href=//d.test /></svg><img† ‡src=//d.test>`,
		// HTML in them
		`<svg><foreignObject><style><img src=//d.test></style><img† ‡src=//d.test></foreignObject><image† ‡href=//d.test /></svg>`,
		`<svg><foreignobject><image href=//d.test></foreignobject><image† ‡href=//d.test /></svg>`,
		`<svg><desc><textarea><img src=//d.test></textarea></desc></svg>`,
		`<svg><title><title><img src=//d.test></title></title><image† ‡href=//d.test /></svg>`,
		`<svg><foreignObject><svg><textarea><image† ‡href=//d.test /></textarea></svg><textarea><img src=//d.test></textarea></foreignObject></svg>`,
		`<math><mi><style><img src=//d.test></style></mi><style><img† ‡src=//d.test></style></math>`,
		`<math><mtext><svg><title><img† ‡src=//d.test></title></svg></mtext></math>`,
		`<math><annotation-xml encoding="text/HTML"><style><img src=//d.test></style></annotation-xml></math>`,
		`<math><annotation-xml encoding=application/xhtml+xml><title><img src=//d.test></title></annotation-xml></math>`,
		`<math><annotation-xml><style><img† ‡src=//d.test></style></annotation-xml></math>`,
		`<math><annotation-xml encoding=x><style><img† ‡src=//d.test></style></annotation-xml></math>`,
		`<math><annotation-xml><svg><foreignObject><style><img src=//d.test></style></foreignObject></svg></annotation-xml></math>`,
		`<math><foreignObject><style><img† ‡src=//d.test></style></foreignObject></math>`,
		`<math><mi><mglyph><style><img† ‡src=//d.test></style></mglyph></mi></math>`,
		// left by an element of HTML
		`<svg><p><style><img src=//d.test></style>`, `<svg><g><g><div><title><img src=//d.test></title>`,
		`<svg><img† ‡src=//d.test><style><img src=//d.test></style>`,
		`<svg></p><style><img src=//d.test></style>`, `<svg></br><style><img src=//d.test></style>`,
		`<math><mi></p></mi></math><style><img src=//d.test></style>`,
		`<svg><font><textarea><image† ‡href=//d.test /></textarea></font></svg>`,
		`<svg><font color=red><style><img src=//d.test></style>`, `<svg><font FACE><style><img src=//d.test></style>`,
		`<svg><foreignObject><p></p><svg><b><style><img src=//d.test></style>`,
		`<svg><span><style><img src=//d.test></style></span>`, `<svg><a><textarea><image† ‡href=//d.test /></textarea></a></svg>`,
		// and by its end
		`<svg/><style><img src=//d.test></style>`, `<svg></svg><style><img src=//d.test></style>`, `<svg><g/></svg><title><img src=//d.test></title>`,
		`<svg><svg></svg><textarea><image† ‡href=//d.test /></textarea></svg><textarea><img src=//d.test></textarea>`,
		`<svg><g></svg><style><img src=//d.test></style>`, `<svg><g></G></SVG><style><img src=//d.test></style>`,
		`<div><svg></div><style><img src=//d.test></style>`,
		`<svg><script></script></svg><script>"<img src=//d.test>"</script>`, `<svg><script/></svg><script>"<img src=//d.test>"</script>`,
		`<svg><foreignObject/><textarea><image† ‡href=//d.test /></textarea></svg>`, `<svg></g><textarea><image† ‡href=//d.test /></textarea></svg>`,
		// by no end tag of what cannot be open around them
		`<svg><use/></use></script></image></textarea></desc><textarea><image† ‡href=//d.test /></textarea></svg>`,
		// not closed
		`<p><svg><g></p><img† ‡src=//d.test>`, `<svg><image† ‡href=//d.test>`,
	)
}

func TestBaseInSVG(t *testing.T) {
	become(t, denying(), `<svg><base href=//d.test /></svg><img src=x>`)
}
