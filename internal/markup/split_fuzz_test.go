package markup

import (
	"bytes"
	"testing"
)

// fuzzSeeds are pages in which much is near to each other.
var fuzzSeeds = []string{
	`<body>`, `<!--><p>`, `<script><!--<script></script>`, `<frameset>`, `<template><p>`, `<a b='c'`,
	`<!doctype html><html lang=en><head><meta charset=utf-8><link rel=icon href=//d.test><body background=//d.test>x`,
	`<p> <!-- x --> <input type=hidden><frameset><frame src=//d.test>`, `<head><noscript><img src=//d.test></noscript></head>`,
	`<img/src=//d.test a="b>c"srcset='//d.test 1x, data:,x'>`, `<iframe srcdoc="&lt;img src=&quot;//d.test&quot;&gt;<script>x</script>" src=//d.test>`,
	`<svg><script>x</script><image xlink:href=//d.test /><foreignObject><p><style><img src=//d.test></style></svg>`,
	`<math><annotation-xml encoding=text/html><font color><title>x</title></math><![CDATA[<img src=//d.test>]]>`,
	`<script type="text/plain" data-c-service=yes data-c-src=//a.test src=x></script><script type=module>x</script>`,
	`<style>a{b:url(//d.test)}@import "//d.test/&amp;"</style><base href=//d.test><meta http-equiv=refresh content="0; url=x"><meta charset=iso-2022-jp><img src=x>`,
	`&#X20`, `<svg></script><image xlink:href=//d>>`, `<head></head>&#32;&NewLine<frameset>`,
	`<textarea><img src=//d.test></textarea><plaintext><img src=//d.test>`,
	"\xef\xbb\xbf<svg/><title></title>", `<iframe srcdoc=&#60img&#x20src=//d.test&gt>`,
	`<p><a href=x ping="/a //d.test">a</a ><svg><set attributeName=href to=//d.test /><animate attributeName=href values="/;//d.test">`,
	`<p style="b:url(&quot;//d.test&quot;)" style=x><svg><style><![CDATA[a{b:url(//d.test)}]]></style><style>&gt;url(//d.test)</svg><g style=b:url(//d.test)>`,
	`<script type=module>import "//d.test"</script><script type=importmap>{"/a":"\/\/d.test"}</script><script type=text/partytown src=//d.test>`,
}

// hazards are rules that match often.
func hazards() Rules {
	mark := &Mark{Attributes: ` data-s="'&<d>"`}
	return Rules{
		Head: headed, Body: insert(notice), Frame: standIn,
		Meta: func(content []byte) string { return string(content) + "'" }, Prefix: "data-c-", Gate: "data-c-service",
		Host: func(host []byte) *Mark {
			if bytes.IndexByte(host, 'd') >= 0 {
				return mark
			}
			return nil
		},
		Script: func(text []byte) *Mark {
			if bytes.IndexByte(text, 'x') >= 0 {
				return mark
			}
			return nil
		},
		Granted: func(value []byte) *Mark {
			if bytes.IndexByte(value, 'y') >= 0 {
				return &Mark{Attributes: " data-g"}
			}
			return nil
		},
	}
}

// FuzzSplit: what comes out does not depend on how the page comes in.
func FuzzSplit(f *testing.F) {
	for i, seed := range fuzzSeeds {
		f.Add(seed, []byte{byte(i)}, uint16(i), uint16(2*i+3), i%5 == 4)
	}
	f.Fuzz(func(t *testing.T, page string, recipe []byte, first, second uint16, xml bool) {
		page = assembled(page, recipe)
		scanner := Scanner{Rules: hazards(), XML: xml}
		want, passed := scanned(t, scanner, page, len(page)+1)
		if got, counted := scanned(t, scanner, page, 1); got != want || counted != passed {
			t.Fatalf("%q in bytes: %q, %v, want %q, %v", page, got, counted, want, passed)
		}
		from := int(first) % (len(page) + 1)
		to := from + int(second)%(len(page)-from+1)
		var out bytes.Buffer
		r := Rewriter{Out: &out, Scanner: scanner}
		for _, piece := range []string{page[:from], page[from:to], page[to:]} {
			if _, err := r.Write([]byte(piece)); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Close(); err != nil || out.String() != want || r.Scanner.Passed != passed {
			t.Fatalf("%q split at %d and %d: %q, want %q", page, from, to, out.String(), want)
		}
	})
}
