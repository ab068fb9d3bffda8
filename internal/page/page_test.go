package page

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

func header(fields ...string) http.Header {
	h := http.Header{}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		h.Add(name, value)
	}
	return h
}

func TestRequestDestination(t *testing.T) {
	workers := new(Workers)
	workers.Note(&http.Request{Header: header("Service-Worker: script")}, "/worker", header("Content-Type: text/javascript"))
	for _, c := range []struct {
		method string
		fields []string
		want   Destination
	}{
		{"GET", []string{"Sec-Fetch-Dest: document", "Accept: */*"}, DestDocument},
		{"HEAD", []string{"Sec-Fetch-Dest: document"}, DestDocument},
		{"POST", []string{"Sec-Fetch-Dest: document"}, DestDocument},
		{"PUT", []string{"Sec-Fetch-Dest: document"}, DestSubresource},
		{"GET", []string{"Sec-Fetch-Dest: iframe", "Accept: text/html"}, DestFrame},
		{"GET", []string{"Sec-Fetch-Dest: object"}, DestFrame},
		{"GET", []string{"Sec-Fetch-Dest: fencedframe"}, DestFrame},
		{"GET", []string{"Sec-Fetch-Dest: empty", "Accept: text/html"}, DestSubresource},
		{"GET", []string{"Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: navigate"}, DestDocument},
		{"GET", []string{"Sec-Fetch-Dest: iframe", "Sec-Fetch-Mode: navigate"}, DestFrame},
		{"GET", []string{"Sec-Fetch-Mode: navigate"}, DestDocument},
		{"GET", []string{"Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors", "Referer: https://data.ville.fr/sw.js"}, DestWorker},
		{"GET", []string{"Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors", "Referer: https://data.ville.fr/service.mjs?v=2"}, DestWorker},
		{"GET", []string{"Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors", "Referer: https://data.ville.fr/worker"}, DestWorker},
		{"GET", []string{"Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors", "Referer: https://data.ville.fr/"}, DestSubresource},
		{"GET", []string{"Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors", "Referer: https://data.ville.fr/?x=sw.js"}, DestSubresource},
		{"GET", []string{"Sec-Fetch-Dest: image", "Referer: https://data.ville.fr/sw.js"}, DestSubresource},
		{"GET", []string{"Sec-Fetch-Dest: document", "Sec-Fetch-Dest: document"}, DestDocument},
		{"GET", []string{"Sec-Fetch-Dest: document", "Sec-Fetch-Dest: empty", "Accept: text/html"}, DestUnknown},
		{"GET", []string{"Sec-Fetch-Dest: ", "Accept: text/html"}, DestUnknown},
		{"GET", []string{"Accept: text/html", "X-Requested-With: xmlhttprequest"}, DestSubresource},
		{"GET", []string{"Accept: text/html", "X-Requested-With: com.example.browser"}, DestUnknown},
		{"GET", []string{"Accept: text/html", "HX-Request: true"}, DestSubresource},
		{"GET", []string{"Accept: text/html", "X-PJAX: true"}, DestSubresource},
		{"GET", []string{"Accept: text/html", "Turbo-Frame: list"}, DestSubresource},
		{"GET", []string{"Accept: text/html", "X-Up-Target: main"}, DestSubresource},
		{"GET", []string{"Accept: text/html,application/xhtml+xml;q=0.9"}, DestUnknown},
		{"GET", []string{"Accept: application/json", "Accept: text/html"}, DestUnknown},
		{"GET", []string{"Accept: */*"}, DestSubresource},
		{"DELETE", []string{"Accept: text/html"}, DestSubresource},
		{"GET", nil, DestSubresource},
	} {
		t.Run(fmt.Sprintf("%s %q", c.method, c.fields), func(t *testing.T) {
			if got := DestinationOf(&http.Request{Method: c.method, Header: header(c.fields...)}, workers); got != c.want {
				t.Errorf("%s %v: %v, want %v", c.method, c.fields, got, c.want)
			}
		})
	}
}

func TestDocumentResponse(t *testing.T) {
	html := "Content-Type: text/html; charset=UTF-8"
	for _, c := range []struct {
		status int
		fields []string
		want   bool
	}{
		{200, []string{html}, true}, {404, []string{html}, true}, {500, []string{html}, true},
		{200, []string{"Content-Type: TEXT/HTML"}, true}, {200, []string{"Content-Type: text/html; charset"}, true},
		{200, []string{"Content-Type: application/xhtml+xml"}, true},
		{200, []string{"Content-Type: application/json"}, false}, {200, nil, false},
		{200, []string{"Content-Type: text/htmlx"}, false}, {200, []string{"Content-Type: x/html"}, false},
		{204, []string{html}, false}, {206, []string{html}, false}, {304, []string{html}, false}, {103, []string{html}, false},
		{302, []string{html, "Location: /"}, false}, {300, []string{html}, true},
		{200, []string{html, "Content-Disposition: attachment"}, false},
		{200, []string{html, "Content-Disposition: Attachment; filename=x"}, false},
		{200, []string{html, "Content-Disposition: inline"}, true},
	} {
		t.Run(fmt.Sprintf("%d %q", c.status, c.fields), func(t *testing.T) {
			if _, got := IsDocument(c.status, header(c.fields...)); got != c.want {
				t.Errorf("%d %v: %v, want %v", c.status, c.fields, got, c.want)
			}
		})
	}
	if d, _ := IsDocument(200, header("Content-Type: application/xhtml+xml; charset=latin1")); !d.XHTML || d.Charset != "windows-1252" {
		t.Errorf("%+v", d)
	}
}

func TestAcceptEncoding(t *testing.T) {
	for accept, want := range map[string]string{
		"gzip, deflate, br, zstd":        "gzip, br",
		"br;q=1.0, gzip;q=0.8, *;q=0.1":  "br;q=1.0, gzip;q=0.8",
		"GZIP, compress":                 "GZIP",
		"gzip;q=0, br":                   "gzip;q=0, br",
		"identity;q=0.5, dcb, gzip; q=1": "identity;q=0.5, gzip; q=1",
		"*":                              "gzip, br",
		"*;q=0":                          "identity",
		"identity":                       "identity",
		"":                               "identity",
		"zstd":                           "identity",
	} {
		t.Run(fmt.Sprintf("%q", accept), func(t *testing.T) {
			h := header("Accept-Encoding: " + accept)
			if NarrowEncodings(h, []string{"gzip", "br"}); h.Get("Accept-Encoding") != want {
				t.Errorf("%q: %q, want %q", accept, h.Get("Accept-Encoding"), want)
			}
		})
	}
	h := http.Header{}
	if NarrowEncodings(h, []string{"gzip"}); len(h) != 0 {
		t.Error("added where there was none")
	}
}

func TestIfNoneMatchVariant(t *testing.T) {
	const suffix = "-c1"
	for tag, want := range map[string]string{
		`"abc-c1"`:                        `"abc"`,
		`W/"abc-c1"`:                      `W/"abc"`,
		`"abc-c2"`:                        "",
		`"abc"`:                           "",
		`*`:                               "",
		`"a-c2", "b-c1" ,W/"c-c1", "d,e"`: `"b", W/"c"`,
		`"x,y-c1"`:                        `"x,y"`,
		`"-c1"`:                           `""`,
		`abc-c1`:                          "",
		`"abc-c1`:                         "",
	} {
		t.Run(fmt.Sprintf("%q", tag), func(t *testing.T) {
			h := header("If-None-Match: "+tag, "If-Modified-Since: Mon, 23 Nov 2026 12:00:00 GMT")
			TranslateConditions(h, suffix)
			if got := h.Get("If-None-Match"); got != want || h.Get("If-Modified-Since") != "" {
				t.Errorf("%s: %s, want %s; %v", tag, got, want, h)
			}
		})
	}
}

func TestIfRange(t *testing.T) {
	h := header("Range: bytes=5-", "If-Range: x", "A: b")
	if DropConditionalRange(h); len(h) != 1 {
		t.Error(h)
	}
	h = header("Range: bytes=5-")
	if DropConditionalRange(h); len(h) != 1 {
		t.Error("a range by itself is the client's own matter")
	}
}

func TestPageHeaders(t *testing.T) {
	h := header("Vary: Accept-Encoding", "Vary: cookie", `Etag: W/"x"`, "Content-Length: 5", "Content-MD5: x", "Repr-Digest: x", "Accept-Ranges: bytes",
		"Cache-Control: public, max-age=60", "Expires: x", "CDN-Cache-Control: max-age=60",
		"Cloudflare-CDN-Cache-Control: max-age=60", "Surrogate-Control: max-age=60", "X-Accel-Expires: 60", "Edge-Control: max-age=60", "Last-Modified: x")
	Vary(h, true, true)
	SuffixETag(h, "-c1")
	Changed(h)
	NeverStore(h)
	want := http.Header{
		"Vary":          {"Accept-Encoding", "cookie", "Sec-Fetch-Dest, Sec-GPC, Accept, Accept-Language"},
		"Etag":          {`W/"x-c1"`},
		"Cache-Control": {"private, no-store"},
		"Last-Modified": {"x"},
	}
	if !reflect.DeepEqual(h, want) {
		t.Errorf("%v\nwant %v", h, want)
	}
	h = header("Vary: *", "Etag: broken")
	if Vary(h, false, false); len(h["Vary"]) != 1 {
		t.Error(h)
	}
	if SuffixETag(h, "-c1"); h.Get("Etag") != "broken" {
		t.Error(h)
	}
}
