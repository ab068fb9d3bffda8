package markup

import (
	"fmt"
	"strings"
	"testing"
)

const headed = `<script src=h></script>`

// inserted shows with "^" where the head's insertion comes, with "|" where the body's.
func inserted(t *testing.T, scanner Scanner, table []string) {
	t.Helper()
	scanner.Head, scanner.Body = headed, insert(notice)
	for _, marked := range table {
		t.Run(fmt.Sprintf("%.80q", marked), func(t *testing.T) {
			t.Helper()
			becomes(t, scanner, strings.NewReplacer("^", "‹"+headed+"›", "|", "‹"+notice+"›").Replace(marked), Passed{})
		})
	}
}

func TestHeadInsertion(t *testing.T) {
	inserted(t, Scanner{}, []string{
		`<!doctype html><html><head>^<title>T</title></head><body>|<p>x`,
		`<head>^</head>|x`, `<HEAD class="a>b">^<body>|`, `<head/>^<body>|`, `<html><head a='>'>^<meta charset=utf-8><body>|`,
		"\xef\xbb\xbf<head>^|x", `<!-- <head> --><head>^<body>|`, `<!doctype html><!--x--> <html> <!--y--> <head>^|x`,
		`<?xml version="1.0"?><head>^<body>|`,
		// implied
		`^<title>T</title>|<p>x`, `<html>^<script></script>|x`, `<!doctype html>^<meta charset=utf-8><body>|`, `<html>^<body>|x`,
		`<html lang=en> <!--c--> ^<link rel=x><body>|`, `^<style><head></style><body>|`, `^<template><head></template><body>|`,
		`^<noscript><head></noscript><body>|`, `^<base href=/><body>|`, `^<bgsound><basefont>|x`,
		// implied with the body
		`^|x`, ` ^|x`, `^|<p>x`, `<!--x-->^|<div>`, `^|<svg></svg>`, `<html>^|text`, "^|\x00x", "^|&nbsp;", "^|\xef\xbb<p>", `^|< x`, `<!doctype html>^|`,
		`<!doctype html> <!--x-->^|`,
		// by end tags
		`^</head>|x`, `<html>^</head><body>|`, `^|</body>`, `^|</html>`, `^|</br>`, `</p>^|x`, `</title></x>^<title></title>|x`,
		// once only
		`<head>^<head><head>|x`, `<head>^</head><head>|x`, `^<title></title><head><body>|<head>`,
		`^<link><head>|<p><head>`, `<head>^</head><title>T</title><head>|x`,
		// nothing to insert into
		``, `<!-- <head>`, `<head a="`,
	})
}

func TestWhitespaceReferences(t *testing.T) {
	inserted(t, Scanner{}, []string{
		`&#32;<head>^<body>|`, `&#x20; &Tab;&NewLine;&#9;&#10&#12 &#13;&#000032;^<title>x</title>&#32;|&#33;`,
		`<head>^</head>&#x9<body>|x`, `<head>^</head>&#32;<frameset>`, `^<p>&#32;<frameset>`,
		`^|&nbsp;`, `^|&#160;`, `^|&#3`, `^|&`, `^|&#`, `^|&#x`, `^|&Ta;`, `^|&NewLin`, `^|&tab;`, `&#32^|x`, `&#x20^|g`,
		`&#32^|`, `^|&#320;`, `^|&#000000000000000000000000000000000000000000000000000000000000000000000032;`, `^|<p>&nbsp;<frameset>`, "^<p>\x00&#32;<frameset>",
		`^|<svg><![CDATA[&#32;]]></svg><frameset>`, `^<svg>&#32;</svg><frameset>`,
	})
}

func TestFramesetInsertion(t *testing.T) {
	inserted(t, Scanner{}, []string{
		`<html><head>^<title>x</title></head><frameset><frame src=x></frameset></html>`,
		`^<frameset><frame></frameset>`, `<head>^</head><frameset><noframes><body></noframes></frameset>`,
		`^<p><frameset>`, `<html>^</head> <!--x--><frameset>`, `</p>^<p> <frameset>`,
		`^|<p>x<frameset>`, `<head>^</head>|<img><frameset>`,
	})
}

func TestHeadInsertionAlone(t *testing.T) {
	for _, marked := range []string{
		`<html><head>^<title>x</title></head><body><head>`, `^<p>x`, `^x`, `<html>^<frameset>`, `^</head><head>`, `<!doctype html>^`,
	} {
		t.Run(fmt.Sprintf("%.80q", marked), func(t *testing.T) {
			becomes(t, Scanner{Rules: Rules{Head: headed}}, strings.ReplaceAll(marked, "^", "‹"+headed+"›"), Passed{})
		})
	}
}

func TestHeadInsertionXHTML(t *testing.T) {
	inserted(t, Scanner{XML: true}, []string{
		`<?xml version="1.0"?><!DOCTYPE html [<!ENTITY x "<head>">]>` +
			`<html xmlns="http://www.w3.org/1999/xhtml"><head>^<title>x</title></head><body>|<p/></body></html>`,
		`<html><HEAD/><head a=">">^</head><body>|</body></html>`, `<html><head/><body>|</body></html>`, `<html><!--<head>--><title/></html>`,
		`<html><head>^<script><![CDATA[<body>]]></script></head><body>|</body></html>`,
		`<html><head>^</head><head></head><body>|</body><body></body></html>`,
	})
}

func TestInsertionAndWithholding(t *testing.T) {
	rules := denying()
	rules.Head, rules.Body = headed, insert(notice)
	for _, marked := range []string{
		`<head>^<script† ‹type="text/plain" ›‡src=//d.test></script></head><body>|`,
		`^<link† rel=stylesheet ‡href=//d.test>|<img† ‡src=//d.test>`,
		`^|<img† ‡src=//d.test><frameset>`,
		`^|<form† ‡action=//d.test></form><!-- waits for frameset -->`,
		`<head>^<body† ‡background=//d.test>|`,
		`^<frameset><frame†‹ src="/f"› ‡src=//d.test></frameset>`,
	} {
		t.Run(fmt.Sprintf("%.80q", marked), func(t *testing.T) {
			marked = strings.ReplaceAll(marked, `† ‹type="text/plain" ›`, `†‹ type="text/plain"› `)
			becomes(t, Scanner{Rules: rules}, strings.NewReplacer("^", "‹"+headed+"›", "|", "‹"+notice+"›").Replace(marked), Passed{})
		})
	}
}
