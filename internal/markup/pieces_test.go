package markup

import "strings"

// pieces are what fuzzed pages are put together from besides bytes.
var pieces = strings.Split(`<!doctype html>|<html>|<head>|</head>|<body>|</body>|</html>|<frameset>|<frame src=//d.test>|<noframes>|</noframes>|`+
	`<title>|</title>|<style>|</style>|<style>a{b:url(//d.test)}</style>|url(//d.test)|<script>|</script>|<script src=//d.test>|<script type=text/plain data-c-service=y data-c-src=//d.test>|`+
	`<noscript>|</noscript>|<template>|</template>|<base href=//d.test>|<link rel=stylesheet href=//d.test>|<img src=//d.test>|`+
	`<img alt=">" srcset="//d.test 1x">|<image src=//d.test>|<input type=hidden>|<input formaction=//d.test>|<textarea>|</textarea>|<xmp>|</xmp>|`+
	`<plaintext>|<iframe>|</iframe>|<iframe src=//d.test>|<iframe srcdoc="<img src=//d.test>">|<select>|</select>|<option>|<table>|</table>|<tr>|`+
	`<td>|</td>|<caption>|<p>|</p>|<div>|</div>|<span>|</span>|<a>|</a>|<b>|</b>|<li>|<br>|</br>|<x>|</x>|<svg>|</svg>|<svg/>|<g>|</g>|`+
	`<image href=//d.test />|<use xlink:href=//d.test />|<foreignObject>|</foreignObject>|<desc>|</desc>|<math>|</math>|<mi>|</mi>|`+
	`<annotation-xml>|<annotation-xml encoding=text/html>|</annotation-xml>|<mglyph>|<font>|<font color=x>|</font>|<![CDATA[|]]>|<!--|-->|--!>|`+
	`<!|<?|</|<|>|"|'|=|/| |x|&#32;|&Tab;|&lt;|<video poster=//d.test>|</video>|<object data=//d.test>|</object>|<form action=//d.test>|</form>|`+
	`<button formaction=//d.test>|</button>|<body background=//d.test>|<table background=//d.test>|<td background=//d.test>|<meta charset=utf-8>|`+
	`<meta http-equiv=content-security-policy content=x>|<h1>|</h1>|<ruby>|<rt>|<nobr>|<marquee>|</marquee>|`+
	`<p style="b:url(//d.test)">| style='b:url("//d.test&quot)'|<x style=b:url&lpar;//d.test)>|(|&`, "|")

// assembled is a page with those pieces that the bytes of recipe name.
func assembled(page string, recipe []byte) string {
	var b strings.Builder
	b.WriteString(page)
	for _, c := range recipe {
		b.WriteString(pieces[int(c)%len(pieces)])
	}
	return b.String()
}
