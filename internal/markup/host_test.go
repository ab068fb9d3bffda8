package markup

import (
	"fmt"
	"html"
	"strings"
	"testing"
)

// asked returns the hosts for which a page asks.
func asked(t *testing.T, page string) string {
	t.Helper()
	var joined string
	for i, size := range []int{1, 2, 3, 7, len(page) + 1} {
		var hosts []string
		uncompressed(t, Scanner{Rules: Rules{Host: func(host []byte) *Mark { hosts = append(hosts, string(host)); return nil }}}, page, size)
		now := strings.Join(hosts, " ")
		if i > 0 && now != joined {
			t.Errorf("%s: asked for %q in pieces of %d, before for %q", page, now, size, joined)
		}
		joined = now
	}
	return joined
}

func TestHostParsing(t *testing.T) {
	for url, want := range map[string]string{
		"https://d.test/x": "d.test", "http://d.test": "d.test", "//d.test": "d.test", "HTTPS://D.Test/": "d.test",
		"wss://d.test": "d.test", "ws://d.test": "d.test", "ftp://d.test/x": "d.test",
		`\\d.test\x`: "d.test", `/\d.test`: "d.test", `https:\\d.test`: "d.test", `https:/\/d.test`: "d.test",
		"https:d.test/x": "d.test", "https:/d.test": "d.test", "https:///d.test": "d.test",
		"///d.test": "d.test", "https://user:pass@d.test/": "d.test", "https://x.test@d.test": "d.test",
		"https://a@b@d.test": "d.test", "https://d.test@x.test/": "x.test",
		"https://d.test:8443/": "d.test", "https://d.test:/": "d.test", "https://d.test./": "d.test",
		"https://d.test?x": "d.test", "https://d.test#x": "d.test", `https://d.test\@x.test`: "d.test",
		"https://x.test/@d.test": "x.test", "https://x.test?//d.test": "x.test",
		"https://%64.test/": "d.test", "https://d%2Etest": "d.test", "https://D%2etest./": "d.test", "https://%zz.test": "", "https://%00d.test": "",
		"https://bücher.test/": "xn--bcher-kva.test", "https://BÜCHER.test": "xn--bcher-kva.test",
		"https://xn--bcher-kva.test": "xn--bcher-kva.test", "https://b%C3%BCcher.test": "xn--bcher-kva.test",
		"https://d。test": "d.test", "https://ｄ.test": "d.test", "https://d\u00ad.test": "d.test", "https://d.test。": "d.test",
		"https://[2001:DB8::1]:80/x": "[2001:db8::1]", "https://[::1]": "[::1]", "https://127.0.0.1:80/": "127.0.0.1",
		" \t\nhttps://d.test\r\n ": "d.test", "\x01https://d.test\x1f": "d.test", "//d.test ": "d.test",
		"ht\ntps:\t/\r/d.te\nst": "d.test", "/\t/d.test": "d.test", "\t/\n/d.test": "d.test", "https://d.test\t:80": "d.test",
		"https://": "", "//": "", "https://:80": "", "https://d test/": "", "https://d<test": "", "https://d^test": "",
		// of no host
		"data:text/html,//d.test": "", "javascript:'//d.test'": "", "mailto:a@d.test": "",
		"about:blank": "", "blob:https://d.test/x": "", "tel:1": "", "x-d.test:80": "", "DATA:,": "",
		// of the page itself
		"": "", "/": "", "x": "", "/x//d.test": "", "./d.test": "", "?//d.test": "", "#//d.test": "",
		"x:/d.test": "", "/x?https://d.test": "", ":": "", "1https://d.test": "", "é://d.test": "",
		" /x ": "", "a\tb": "", "\t/x": "",
	} {
		t.Run(fmt.Sprintf("%q", url), func(t *testing.T) {
			if got := asked(t, `<img src="`+html.EscapeString(url)+`">`); got != want {
				t.Errorf("%q: %q, want %q", url, got, want)
			}
		})
	}
}

// TestHostPageScheme: "special relative or authority state".
func TestHostPageScheme(t *testing.T) {
	for url, want := range map[string]string{
		"https://d.test/": "d.test", `https:\\d.test`: "d.test", `https:/\d.test`: "d.test", "https:///d.test": "d.test", "h\nttps:/\t/d.test": "d.test",
		"https:d.test": "", "https:/d.test": "", "https:": "", "HTTPS:/d.test/x": "", `https:\d.test`: "",
		"http:d.test": "d.test", "http:/d.test": "d.test", "wss:d.test": "d.test",
	} {
		t.Run(fmt.Sprintf("%q", url), func(t *testing.T) {
			var hosts []string
			uncompressed(t, Scanner{Rules: Rules{Scheme: "https", Host: func(host []byte) *Mark { hosts = append(hosts, string(host)); return nil }}},
				`<img src="`+html.EscapeString(url)+`">`, 1<<20)
			if got := strings.Join(hosts, " "); got != want {
				t.Errorf("%q: %q, want %q", url, got, want)
			}
		})
	}
}

func TestCharacterReferencesInURL(t *testing.T) {
	for value, want := range map[string]string{
		"https:&#47;&#x2f;d.test": "d.test", "&#104;ttps://d.test": "d.test",
		"&#x68;ttps://d.test": "d.test", "https&colon;//d.test": "d.test", "https&#58//d.test": "d.test",
		"&sol;&sol;d.test": "d.test", "&#47/d.test": "d.test", "/&#47;d.test": "d.test",
		"https://d&period;test": "d.test", "https://d&#46;test/": "d.test", "https://&#100;.test": "d.test",
		"&Tab;//d.test": "d.test", "&#9//d.test": "d.test", "&#1;//d.test": "d.test", "/&NewLine;/d.test": "d.test",
		"ht&#10;tps://d.test": "d.test", "//d.test&#32;": "d.test", "//d.test&num;x": "d.test",
		"//d.test/?a&amp;b": "d.test", "//d.test?a=1&b=2&copy=3": "d.test", "//d.test?&": "d.test",
		"&bsol;&bsol;d.test": "d.test", "//x.test&commat;d.test": "d.test",
		"//d&amp;#46;test": "d&", "&amp;#47;/d.test": "", "/?a&#47;b": "", "da&#116;a:,": "", "&": "",
		"&#": "", "&#;//d.test": "", "&#x;": "", "&x;//d.test": "", "&sol//d.test": "", "&lt=//d.test": "",
	} {
		t.Run(fmt.Sprintf("%q", value), func(t *testing.T) {
			if got := asked(t, `<img src="`+value+`">`); got != want {
				t.Errorf("%q: %q, want %q", value, got, want)
			}
		})
	}
}

func TestCharacterReferencesInAttribute(t *testing.T) {
	for value, want := range map[string]string{
		"a": "a", "&amp;": "&", "&amp": "&", "a&ampb": "a&ampb", "&amp=": "&amp=", "&amp ": "& ",
		"&notit;": "&notit;", "&not;it": "¬it", "&not it": "¬ it", "&copy=1": "&copy=1", "&copy;=1": "©=1",
		"&semi;": ";", "&semi": "&semi", "&nosuch;": "&nosuch;", "&#65;&#x42;&#67&#x44": "ABCD", "&#65x": "Ax",
		"&#x41g": "Ag", "&#x": "&#x", "&#": "&#", "&#x;": "&#x;", "&": "&", "&&amp;&": "&&&", "&;": "&;",
		"&CounterClockwiseContourIntegral;": "∳", "&CounterClockwiseContourIntegrals;": "&CounterClockwiseContourIntegrals;",
		"&NotEqualTilde;": "≂̸", "&#128;": "€", "&#0;": "\ufffd",
	} {
		t.Run(fmt.Sprintf("%q", value), func(t *testing.T) {
			if got := string(decoded([]byte(value))); got != want {
				t.Errorf("%q: %q, want %q", value, got, want)
			}
		})
	}
}

func TestSrcsetCandidates(t *testing.T) {
	for value, want := range map[string]string{
		"//a.test/x": "a.test", "//a.test/x 1x, //b.test/y 2x": "a.test b.test", "//a.test/x,//b.test/y": "a.test",
		"//a.test/x, //b.test/y": "a.test b.test", "//a.test/x,, //b.test": "a.test b.test",
		" , //a.test/x\n100w,\t//b.test/y\f200w 5h,":     "a.test b.test",
		"data:image/png;base64,//a.test 1x, //b.test 2x": "b.test", "data:,a, //b.test": "b.test",
		"//a.test (a, //b.test) 1x, //c.test": "a.test c.test", "//a.test (a, ((b), //c.test": "a.test c.test",
		"/x 1x, y 2x": "", "": "", ",": "", "//a.test (": "a.test",
		"/x 1x&#44; //b.test 2x": "b.test", "/x&#32;1x,&#10;//b.test": "b.test", "//a.test?b&amp;c 1x,//b.test 2x": "a.test b.test",
	} {
		t.Run(fmt.Sprintf("%q", value), func(t *testing.T) {
			if got := asked(t, `<img srcset="`+value+`">`); got != want {
				t.Errorf("%q: %q, want %q", value, got, want)
			}
		})
	}
}

func TestMetaRefresh(t *testing.T) {
	for content, want := range map[string]string{
		"0;url=//d.test": "d.test", "0; URL = '//d.test'x": "d.test", `5,uRl="//d.test"`: "d.test",
		"0 //d.test": "d.test", "0;//d.test": "d.test", " 1.5 ; //d.test": "d.test", "0;'//d.test": "d.test",
		".;//d.test": "d.test", "0 url=//d.test": "d.test", "0;url=&#47;/d.test": "d.test", "0&#59;url=//d.test": "d.test",
		"0": "", "": "", "5;": "", "0;url=": "", "x;url=//d.test": "", "0x;url=//d.test": "", "0;url //d.test": "",
		"-1;//d.test": "", "0;url=/x": "", "url=//d.test": "", "0;urlx=//d.test": "", "0;url='/x'//d.test": "",
	} {
		t.Run(fmt.Sprintf("%q", content), func(t *testing.T) {
			if got := asked(t, `<meta http-equiv="ReFresh" content="`+html.EscapeString(html.UnescapeString(content))+`">`); got != want {
				t.Errorf("%q: %q, want %q", content, got, want)
			}
			if got := asked(t, `<meta content="`+strings.ReplaceAll(content, `"`, "&quot;")+`" http-equiv=refresh>`); got != want {
				t.Errorf("%q: %q, want %q", content, got, want)
			}
		})
	}
}

func TestBaseFirst(t *testing.T) {
	for page, want := range map[string]string{
		`<img src=a><base href=//b.test/><img src=b><img src=//c.test>`:                                 "b.test c.test",
		`<base href=//b.test/><base href=//c.test/><img src=x>`:                                         "b.test",
		`<base target=x><base href=//c.test/><img src=x>`:                                               "c.test",
		`<base href=/x/><base href=//c.test/><img src=x>`:                                               "",
		`<base href=data:,><base href=//c.test/><img src=x>`:                                            "",
		`<base href="&#47;/b.test"><img src="/x"><img src="data:,x">`:                                   "b.test",
		`<base href=//b.test><img src=""><meta http-equiv=refresh content=5><form action=""></form>`:    "",
		`<svg><base href=//b.test /></svg><base href=//c.test><img src=x>`:                              "c.test",
		`<body><p><base href=//b.test><form action=x>`:                                                  "b.test",
		`<base href=//b.test><noscript><img src=x></noscript>`:                                          "b.test",
		`<base href=//b.test><iframe srcdoc="<img src=x>"></iframe>`:                                    "b.test",
		`<base href=//b.test><iframe srcdoc="<base href=//c.test><img src=x>"></iframe><img src=x>`:     "c.test b.test",
		`<base href=//b.test><iframe srcdoc="<base href=/c><img src=x>"></iframe>`:                      "b.test",
		`<iframe srcdoc="<base href=//c.test><img src=x>"></iframe><img src=x>`:                         "c.test",
		`<template><base href=//b.test></template><img src=x>`:                                          "",
		`<p><template><p><base href=//b.test></p></template><img src=x><base href=//c.test><img src=y>`: "c.test",
		`<p><template><template></template><base href=//b.test></template><img src=x>`:                  "",
		`<p><template><svg></svg><base href=//b.test></TEMPLATE ><base href=//c.test><img src=x>`:       "c.test",
		`<base href=https://b.test/><img src=https:x>`:                                                  "b.test",
		`<base href=https://b.test/><img src=http:x>`:                                                   "x",
		`<base href=HTTP://b.test/><iframe srcdoc="<img src=http:/x>"></iframe>`:                        "b.test",
	} {
		t.Run(fmt.Sprintf("%.60q", page), func(t *testing.T) {
			if got := asked(t, page); got != want {
				t.Errorf("%s: %q, want %q", page, got, want)
			}
		})
	}
}
