package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestSheetCut: of a sheet whose upstream breaks off, what had come goes out, as it would without the module.
func TestSheetCut(t *testing.T) {
	text := strings.Repeat("a{color:red}\n", 7000)
	g := guard(t, declared, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		if r.URL.Path == "/length.css" {
			w.Header().Set("Content-Length", fmt.Sprint(len(text)+10))
		}
		_, _ = io.WriteString(w, text)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	address, err := url.Parse(g.url)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/chunks.css", "/length.css"} {
		t.Run(path, func(t *testing.T) {
			conn, err := net.Dial("tcp", address.Host)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nSec-Fetch-Dest: style\r\n\r\n", path, address.Host); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if body, err := io.ReadAll(res.Body); err == nil || len(body) < len(text)*9/10 || !strings.HasPrefix(text, string(body)) {
				t.Errorf("%d bytes of %d, %v: it must not look complete, and come as far as it came", len(body), len(text), err)
			}
		})
	}
}

// TestSheetMemoryKeys: that a sheet was harmless is not known of another text by the same address and date.
func TestSheetMemoryKeys(t *testing.T) {
	g := guard(t, declared, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/css")
		h.Set("Cache-Control", "public, max-age=31536000")
		h.Set("Last-Modified", "Tue, 14 Nov 2023 22:13:20 GMT")
		h.Set("Vary", "Accept-Encoding")
		switch {
		case strings.Contains(r.Header.Get("Accept-Encoding"), "dcz"):
			h.Set("Content-Encoding", "dcz")
			_, _ = io.WriteString(w, "x")
			return
		case r.Header.Get("Accept-Language") != "":
			h.Set("Vary", "Accept-Language")
		}
		if r.Method == http.MethodPost || r.Header.Get("Accept-Language") == "fr" {
			_, _ = io.WriteString(w, harmless)
			return
		}
		_, _ = io.WriteString(w, denying)
	})
	for name, c := range map[string]struct {
		method      string
		first, then []string
	}{
		"coding":   {"GET", []string{"Sec-Fetch-Dest: image", "Accept-Encoding: dcz"}, []string{byStyle}},
		"language": {"GET", []string{byStyle, "Accept-Language: fr"}, []string{byStyle, "Accept-Language: de"}},
		"method":   {"POST", []string{byScript}, []string{byStyle}},
	} {
		t.Run(name, func(t *testing.T) {
			path := "/" + name + ".css"
			g.do(t, c.method, path, "", c.first...)
			if res := g.do(t, "GET", path, "", c.then...); res.body != inertSheet || res.Header.Get("Cache-Control") != "private, no-cache" {
				t.Errorf("%q, %v", res.body, res.Header)
			}
		})
	}
}

// TestSheetUpload: a condition that keeps an upload from writing over a sheet reaches the upstream.
func TestSheetUpload(t *testing.T) {
	got := make(chan string, 1)
	g := guard(t, declared, func(w http.ResponseWriter, r *http.Request) { got <- r.Method + " " + r.Header.Get("If-None-Match") })
	for _, method := range []string{"PUT", "DELETE", "POST"} {
		t.Run(method, func(t *testing.T) {
			g.do(t, method, "/dav/theme.css", "a{}", "If-None-Match: *")
			if asked := <-got; asked != method+" *" {
				t.Errorf("upstream was asked %q", asked)
			}
		})
	}
}

// TestSheetBareTag: an upstream whose entity tags have no quotes (RFC 9110, section 8.8.3, demands them) is asked whether a
// sheet still holds where it would be without the module, unless the sheet differs by choice.
func TestSheetBareTag(t *testing.T) {
	sheets := map[string]string{"/own.css": harmless, "/tool.css": denying}
	portal := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		w.Header().Set("Etag", "v1")
		switch r.Header.Get("If-None-Match") { // as servers do that compare what was sent with what they have
		case "v1", "*", "v0, v1":
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, sheets[r.URL.Path])
	}
	server := httptest.NewServer(http.HandlerFunc(portal))
	defer server.Close()
	plain := &guarded{url: server.URL}
	t.Run("the same for everybody", func(t *testing.T) {
		g := guard(t, declared, portal)
		if res := g.do(t, "GET", "/own.css", "", byStyle, "If-None-Match: v1"); res.StatusCode != 200 || res.body != harmless {
			t.Errorf("before it was looked at: %d %s", res.StatusCode, res.body)
		}
		for _, tag := range []string{"v1", "v2"} {
			with, without := g.do(t, "GET", "/own.css", "", byStyle, "If-None-Match: "+tag), plain.do(t, "GET", "/own.css", "", byStyle, "If-None-Match: "+tag)
			if with.StatusCode != without.StatusCode || with.body != without.body || with.Header.Get("Etag") != "v1" || len(with.Header["Vary"]) > 0 {
				t.Errorf("%s: %d %v, without the module %d", tag, with.StatusCode, with.Header, without.StatusCode)
			}
		}
		for _, tags := range []string{"*", "v0, v1"} { // which text a browser has is not known
			if res := g.do(t, "GET", "/own.css", "", byStyle, "If-None-Match: "+tags); res.StatusCode != 200 || res.body != harmless {
				t.Errorf("%s: %d", tags, res.StatusCode)
			}
		}
	})
	t.Run("by choice", func(t *testing.T) {
		g := guard(t, declared, portal)
		granted := g.chosen(t, "choice=accept")
		for range 2 { // the tag is that of every variant, so that none of them is known to hold
			for cookie, want := range map[string]string{granted: denying, "X-Nothing: chosen": inertSheet} {
				if res := g.do(t, "GET", "/tool.css", "", byStyle, cookie, "If-None-Match: v1"); res.StatusCode != 200 || res.body != want {
					t.Errorf("%d %s", res.StatusCode, res.body)
				}
			}
		}
	})
}

// TestSheetAfterChoice: a visitor who chooses while a page loads gets its sheet by the choice, whatever the page was made for.
func TestSheetAfterChoice(t *testing.T) {
	sheet := sheetServer(map[string]string{"/a.css": denying})
	g := guard(t, declared, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a.css" {
			sheet(w, r)
			return
		}
		html(`<!doctype html><title>T</title><link rel="stylesheet" href="/a.css"><body></body>`)(w, r)
	})
	get := func(want string, fields ...string) (condition string) {
		t.Helper()
		res := g.do(t, "GET", "/a.css", "", append(fields, byStyle)...)
		if res.StatusCode != 200 || res.body != want {
			t.Errorf("%d %s", res.StatusCode, res.body)
		}
		return "If-None-Match: " + res.Header.Get("Etag")
	}
	if page := g.do(t, "GET", "/", "", byVisitor); !strings.Contains(page.body, "caddy-consent") {
		t.Fatalf("the page asks for no choice: %s", page.body)
	}
	granted := g.chosen(t, "choice=accept")
	kept := get(denying, granted)
	refused := g.chosen(t, "choice=refuse") // on the granted page, before its sheet is asked for again
	kept = get(inertSheet, refused, kept)
	get(denying, granted, kept)
}
