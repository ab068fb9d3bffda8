package markup

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

const notice = `<div id="n">N</div>`

// insert is a rule for the body that does not look at the language.
func insert(markup string) func([]byte) string {
	return func([]byte) string { return markup }
}

// rewrite writes page in pieces of size bytes.
func rewrite(t testing.TB, page string, size int, xml bool) string {
	out, _ := scanned(t, Scanner{Rules: Rules{Body: insert(notice)}, XML: xml}, page, size)
	return out
}

// TestBodyInsertion marks with a "|" where it comes; none: nowhere.
func TestBodyInsertion(t *testing.T) {
	for _, marked := range []string{
		`<!doctype html><html><head><title>T</title></head><body class="a>b">|<p>x</body></html>`,
		`<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "x"><HTML><BODY>|x`,
		"\xef\xbb\xbf<!doctype html><body>|x",
		`<body>|<body>x`,
		`<body/>|x`,
		`<body a='>' b=">" c=x>|`,
		`<body =x>|`,
		`<body a=">` + `">|`,
		`<!-- <body> --><body>|`,
		`<!--><body>|<!--->`,
		`<!---><body>|`,
		`<!-- --!><body>|`,
		`<!-- -- ><body> --><body>|`,
		`<!-- <!-- --><body>|`,
		`<!-x><body>|`, `<?xml version="1.0"?><body>|`, `</ x><body>|`, `<![CDATA[<body>]]|>`,
		`<script>"<body>"</script><body>|`,
		`<script><!-- <script> </script> <body> --></script><body>|`,
		`<script><!-- </script><body>|`,
		`<script><!--></script><body>|`,
		`<script><!-- <script> --></script><body>|`,
		`<script>"<!--"; "<script>" </script> "</script><body>|"`,
		`<script></scriptx></script/><body>|`,
		`<SCRIPT></ScRiPt ><body>|`,
		`<title><body></title><body>|`,
		`<style><body></style><body>|`,
		`<head><noscript><body></noscript></head><body>|`,
		`<template><body><p>x<template></template>y</template><body>|`,
		`<head><meta charset=utf-8><link rel=x><base href=x></head> <body>|`,
		// implied by what comes
		`|x`, ` |x`, `|<p>x`, `<title>T</title>|<p>x`, `<title>T</title> |text`, `<head></head>|<div>x</div>`,
		`<head></head>|<noscript>x</noscript>y`, `<html><head></head>|</body>x`, `|</br>`, `|<svg><title>x</title></svg>`,
		`|< x`, `|<`, `|</`, `<!doctype html>|`, `<html><head><title>x</title></head>|</html>`, "|\xef\xbc\x81x", "|\xff<body>", "|\xef\xbb<p>",
		`|<div><p><script>var a</script></p>`, `|<p></p>`, `</p>|<p>x`,
		// never
		``, `<frameset><frame src=x></frameset>`, `<head></head><frameset>`, `<p><frameset>`, `<p> <!--x--> <frameset><noframes><body>`,
		`<html><head><script>x`, `<!-- x`, `<body x="`, `<title>x`,
		"\xff\xfe<\x00b\x00>x", "\xfe\xff\x00<body>x",
		// too late for frames
		`|<p>x<frameset>`, `|<img><frameset>`, `<body>|<frameset>`, `|<li><frameset>`, `|<plaintext><body>`,
	} {
		t.Run(fmt.Sprintf("%.80q", marked), func(t *testing.T) {
			page := strings.Replace(marked, "|", "", 1)
			want := strings.Replace(marked, "|", notice, 1)
			if strings.HasPrefix(marked, `<![CDATA[`) {
				page, want = `<![CDATA[<body>]]>`, `<![CDATA[<body>`+notice+`]]>` // outside SVG a bogus comment, then text
			}
			for _, size := range []int{1, 2, 3, 7, len(page) + 1} {
				if got := rewrite(t, page, size, false); got != want {
					t.Errorf("%q in pieces of %d\n got %q\nwant %q", page, size, got, want)
				}
			}
		})
	}
}

func TestBodyInsertionXHTML(t *testing.T) {
	for _, marked := range []string{
		`<?xml version="1.0"?><!DOCTYPE html [<!ENTITY x "<body>">]>` +
			`<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body class="a">|<p/></body></html>`,
		`<html><head><script>/* <![CDATA[ <body> ]]> */</script><!-- <body> --></head><body>|</body></html>`,
		`<html><head><script src="x"/></head><body>|</body></html>`,
		`<html><head/><BODY></BODY><body/></html>`,
		`<html><![CDATA[ ]]]><body>|</body></html>`,
		`<html><p>x</p></html>`,
	} {
		t.Run(fmt.Sprintf("%.80q", marked), func(t *testing.T) {
			page, want := strings.Replace(marked, "|", "", 1), strings.Replace(marked, "|", notice, 1)
			for _, size := range []int{1, 5, len(page)} {
				if got := rewrite(t, page, size, true); got != want {
					t.Errorf("%q in pieces of %d\n got %q\nwant %q", page, size, got, want)
				}
			}
		})
	}
}

// TestRewriterLatency: nothing is held but a piece of a tag's name
// or what a <frameset> may still follow.
func TestRewriterLatency(t *testing.T) {
	var out bytes.Buffer
	r := Rewriter{Out: &out, Scanner: Scanner{Rules: Rules{Body: insert(notice)}}}
	for _, step := range [][2]string{
		{`<html><head><script>while(1)`, `<html><head><script>while(1)`},
		{`</script></he`, `</script>`},
		{`ad`, ``},
		{`><bo`, `</head>`},
		{`dy class="x`, `<body class="x`},
		{`">`, `">` + notice},
		{`<`, `<`},
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

func TestTagNameLong(t *testing.T) {
	for _, start := range []string{"<body><", "<template><", "<head></"} {
		t.Run(fmt.Sprintf("%q", start), func(t *testing.T) {
			var out bytes.Buffer
			r := Rewriter{Out: &out, Scanner: Scanner{Rules: Rules{Body: insert(notice)}}}
			_, _ = r.Write([]byte("<!doctype html>" + start))
			for range 64 {
				_, _ = r.Write(bytes.Repeat([]byte("a"), 4096))
			}
			if len(r.held) > 64 {
				t.Errorf("%s: %d bytes held", start, len(r.held))
			}
		})
	}
	name := strings.Repeat("x", 100)
	if got := rewrite(t, "<title>x</title><"+name+">", 1, false); got != "<title>x</title>"+notice+"<"+name+">" {
		t.Error(got)
	}
}

func TestFramesetWait(t *testing.T) {
	for _, size := range []int{100, 4096, 1 << 20} {
		t.Run(fmt.Sprintf("pieces of %d", size), func(t *testing.T) {
			for _, pad := range []int{maxUndecided - 100, maxUndecided - 3, maxUndecided, maxUndecided + 100} {
				// in the body implied by <p>, a comment does not clear frameset-ok
				page := "<p><!--" + strings.Repeat("x", pad-10) + "--><frameset>"
				want := page
				if pad > maxUndecided {
					want = notice + page
				}
				if got := rewrite(t, page, size, false); got != want {
					t.Errorf("%d bytes before <frameset>, pieces of %d: notice at %d", pad, size, strings.Index(got, notice))
				}
			}
		})
	}
	var out bytes.Buffer
	r := Rewriter{Out: &out, Scanner: Scanner{Rules: Rules{Body: insert(notice)}}}
	for range 100 {
		_, _ = r.Write([]byte("<p><!--" + strings.Repeat("x", 1<<16) + "-->"))
		if len(r.held) > maxUndecided+1<<17 {
			t.Fatalf("%d bytes held", len(r.held))
		}
	}
}

func TestDocumentDetection(t *testing.T) {
	for prefix, want := range map[string][2]bool{
		"<!doctype html>": {true, true}, "<!DOCTYPE HTML PUBLIC": {true, true}, "<html>": {true, true}, "<HTML lang=fr>": {true, true},
		" \n<!-- a > b --><html >": {true, true}, "\xef\xbb\xbf<html>": {true, true}, `<?xml version="1.0"?><html>`: {true, true},
		"<title>x": {true, true}, "<body class": {true, true}, "<meta charset": {true, true}, "<head>": {true, true},
		"<div>": {false, true}, "<header>": {false, true}, "<htmlx>": {false, true},
		"text": {false, true}, "<script>": {false, true}, "{": {false, true}, "<p": {false, true},
		"": {false, false}, " ": {false, false}, "<": {false, false}, "<ht": {false, false},
		"<html": {false, false}, "<!-- x": {false, false}, "<!": {false, false},
		"<!--" + strings.Repeat("x", SniffLength): {false, true},
	} {
		t.Run(fmt.Sprintf("%.30q", prefix), func(t *testing.T) {
			if document, decided := StartsLikeDocument([]byte(prefix)); document != want[0] || decided != want[1] {
				t.Errorf("%.30q: %v, %v; want %v", prefix, document, decided, want)
			}
		})
	}
}

func TestEncodingLabels(t *testing.T) {
	for label, want := range map[string]bool{
		"": true, "utf-8": true, "UTF8": true, "iso-8859-1": true, "latin1": true, "windows-1252": true, " utf-8 ": true,
		"shift_jis": true, "gb18030": true, "big5": true, "euc-kr": true,
		"utf-16": false, "utf-16le": false, "UTF-16BE": false, "iso-2022-jp": false, "iso-2022-kr": false, "hz-gb-2312": false,
		"utf-7": false, "utf-32": false, "unknown": false,
	} {
		t.Run(fmt.Sprintf("%q", label), func(t *testing.T) {
			if got := ASCIICompatible(label); got != want {
				t.Errorf("%q: %v, want %v", label, got, want)
			}
		})
	}
}
