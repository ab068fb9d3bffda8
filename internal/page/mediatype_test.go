package page

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestMediaType(t *testing.T) {
	for _, c := range []struct{ fields, essence, charset string }{
		{"text/html", "text/html", ""},
		{"TEXT/HTML; Charset=UTF8", "text/html", "utf-8"},
		{"text/html; charset=utf-8; charset=UTF-8", "text/html", "utf-8"},
		{"text/html; charset=utf-8; charset=utf-16le", "text/html", "utf-8"},
		{"text/html; charset=", "text/html", ""},
		{"text/html; charset=; charset=shift_jis", "text/html", "shift_jis"},
		{"text/html; charset=none", "text/html", ""},
		{"text/html; charset=utf8mb4", "text/html", ""},
		{"text/html; charset=utf-8,iso-8859-1", "text/html", "utf-8"},
		{`text/html; charset="utf-16"`, "text/html", "utf-16le"},
		{`text/html; charset="u\tf-8"`, "text/html", "utf-8"},
		{`text/html; charset=""; charset=utf-16le`, "text/html", ""},
		{`text/html; charset="iso-2022-jp`, "text/html", "iso-2022-jp"},
		{`text/html; x="a;charset=utf-16le"; charset=utf-8`, "text/html", "utf-8"},
		{`text/html; charset='utf-8'`, "text/html", ""},
		{"text/html; charset =utf-8", "text/html", ""},
		{"text/html; charset= utf-8 ", "text/html", "utf-8"},
		{"text/html;charset", "text/html", ""},
		{"text/html; foo; charset=latin1", "text/html", "windows-1252"},
		{"text/html ; charset=utf-8", "text/html", "utf-8"},
		{"text/html, text/html; charset=utf-8", "text/html", "utf-8"},
		{"text/html; charset=utf-8|text/html", "text/html", "utf-8"},
		{"text/html; charset=utf-8|text/plain", "text/plain", ""},
		{"text/plain|text/html; charset=utf-16be", "text/html", "utf-16be"},
		{`text/html; x=",text/plain,"`, "text/html", ""},
		{"text/html|*/*", "text/html", ""},
		{"*/*", "", ""},
		{"", "", ""},
		{"html", "", ""},
		{"//0", "", ""},
		{"/html", "", ""},
		{"text/", "", ""},
		{"text/a/b", "", ""},
		{"image/svg+xml; charset=UTF-8", "image/svg+xml", "utf-8"},
		{"text/html html", "text/html", ""}, {"text/html charset=utf-8", "text/html", ""},
		{"text/", "", ""},
		{"text/html; charset=utf-8\r\nx", "text/html", ""},
		{"text/html; charset=\u00fctf-8", "text/html", ""},
		{"application/unknown", "application/unknown", ""},
		{"text/html" + strings.Repeat("; x=y", 100_000) + "; charset=utf-8", "text/html", "utf-8"},
	} {
		t.Run(fmt.Sprintf("%.60q", c.fields), func(t *testing.T) {
			if essence, charset := mediaType(strings.Split(c.fields, "|")); essence != c.essence || charset != c.charset {
				t.Errorf("%.80q: %q, %q, want %q, %q", c.fields, essence, charset, c.essence, c.charset)
			}
		})
	}
	if essence, _ := mediaType(nil); essence != "" {
		t.Error("a type out of nothing")
	}
}

func TestMediaTypeSniffed(t *testing.T) {
	for fields, want := range map[string]bool{
		"": true, "Content-Type: ": true, "Content-Type: */*": true, "Content-Type: application/unknown": true,
		"Content-Type: unknown/unknown": true, "Content-Type: html": true,
		"Content-Type: text/plain": false, "Content-Type: text/html": false, "Content-Type: application/octet-stream": false,
		"Content-Type: */*|X-Content-Type-Options: nosniff": false, "X-Content-Type-Options: NoSniff, x": false, "X-Content-Type-Options: x, nosniff": true,
	} {
		t.Run(fmt.Sprintf("%.60q", fields), func(t *testing.T) {
			h := http.Header{}
			if fields != "" {
				h = header(strings.Split(fields, "|")...)
			}
			if got := IsSniffed(h); got != want {
				t.Errorf("%q: %t", fields, got)
			}
		})
	}
}

func TestMediaTypeScripts(t *testing.T) {
	for contentType, want := range map[string]bool{
		"text/html": true, "application/xhtml+xml": true, "image/svg+xml": true,
		"text/xml; charset=x": true, "application/xml": true, "application/rss+xml": true, "*/*": true,
		"text/plain": false, "application/json": false, "application/pdf": false, "image/png": false, "text/javascript": false,
	} {
		t.Run(fmt.Sprintf("%q", contentType), func(t *testing.T) {
			if got := CanRun(header("Content-Type: " + contentType)); got != want {
				t.Errorf("%s: %t", contentType, got)
			}
		})
	}
}

func TestServiceWorkers(t *testing.T) {
	script, asks := header("Content-Type: application/javascript"), func(path string) *http.Request {
		return &http.Request{Method: "GET", Header: header("Sec-Fetch-Dest: empty", "Referer: https://data.ville.fr"+path)}
	}
	w := new(Workers)
	request := &http.Request{Header: header("Service-Worker: script")}
	w.Note(request, "/worker", script)
	w.Note(request, "/worker", script)
	if !w.Asks(asks("/worker")) || w.Asks(asks("/page")) {
		t.Error("what was asked for as a service worker is not known, or more is")
	}
	w.Note(request, "/page", header("Content-Type: text/html"))
	w.Note(&http.Request{}, "/page", script)
	w.Note(request, "/"+strings.Repeat("x", 600), script)
	if w.Asks(asks("/page")) || len(w.known) != 1 {
		t.Errorf("%d are known", len(w.known))
	}
	for i := range 1000 {
		w.Note(request, fmt.Sprint("/", i), script)
	}
	if len(w.known) != maxWorkers || w.Asks(asks("/worker")) || !w.Asks(asks("/999")) {
		t.Errorf("%d are known", len(w.known))
	}
	for _, odd := range []string{"", "%", "//", "\x00"} {
		t.Run(fmt.Sprintf("%q", odd), func(t *testing.T) {
			if w.Asks(&http.Request{Header: http.Header{"Referer": {odd}}}) {
				t.Errorf("%q", odd)
			}
		})
	}
}
