package page

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestSniffer(t *testing.T) {
	const document, fragment = "<!doctype html><title>x</title>", "<li>x</li>"
	for name, c := range map[string]struct {
		fields              []string
		body                string
		end                 bool
		isDocument, decided bool
		contentType         string
	}{
		"a document":                  {[]string{"Content-Type: text/html"}, document, false, true, true, "text/html"},
		"a fragment":                  {[]string{"Content-Type: text/html"}, fragment, false, false, true, "text/html"},
		"too little":                  {[]string{"Content-Type: text/html"}, "<", false, false, false, "text/html"},
		"too little, at the end":      {[]string{"Content-Type: text/html"}, "<", true, false, true, "text/html"},
		"untyped, too little":         {nil, document, false, false, false, ""},
		"untyped, at the end":         {nil, document, true, true, true, "text/html; charset=utf-8"},
		"untyped, enough":             {nil, document + strings.Repeat(" ", sniffLength), false, true, true, "text/html; charset=utf-8"},
		"untyped text":                {nil, "text", true, false, true, "text/plain; charset=utf-8"},
		"sniffed by browsers":         {[]string{"Content-Type: */*"}, document, true, true, true, "text/html"},
		"sniffed, no-transform":       {[]string{"Content-Type: */*", "Cache-Control: no-transform"}, document, true, true, true, "*/*"},
		"in a coding nobody can read": {[]string{"Content-Type: text/html", "Content-Encoding: gzip"}, strings.Repeat("x", maxSniffed), false, false, true, "text/html"},
	} {
		t.Run(name, func(t *testing.T) {
			h := header(c.fields...)
			var s Sniffer
			if n, err := s.Write(h, []byte(c.body)); n != len(c.body) || err != nil || s.IsEmpty() {
				t.Errorf("%d, %v", n, err)
			}
			isDocument, decided := s.Decide(h, c.end)
			if decided != c.decided || decided && isDocument != c.isDocument || h.Get("Content-Type") != c.contentType {
				t.Errorf("document %t, decided %t, %q", isDocument, decided, h.Get("Content-Type"))
			}
			if held := string(s.Take()); held != c.body || !s.IsEmpty() {
				t.Errorf("held is %q", held)
			}
		})
	}
}

func TestSnifferContentLengthExceeded(t *testing.T) {
	h := header("Content-Length: 3")
	var s Sniffer
	if n, err := s.Write(h, []byte("abcd")); n != 3 || !errors.Is(err, http.ErrContentLength) || string(s.Take()) != "abc" {
		t.Errorf("%d, %v", n, err)
	}
}
