package page

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// fieldsOf makes a header of fields, with "|" between.
func fieldsOf(fields string) http.Header {
	h := make(http.Header)
	for field := range strings.SplitSeq(fields, "|") {
		if name, value, ok := strings.Cut(field, ": "); ok {
			h.Add(name, value)
		}
	}
	return h
}

func TestAsksForSheet(t *testing.T) {
	for fields, want := range map[string]bool{
		"Sec-Fetch-Dest: style": true, "Sec-Fetch-Dest: image": false, "Sec-Fetch-Dest: empty": false,
		"Accept: text/css,*/*;q=0.1": true, "Accept: */*": false, "Sec-Fetch-Dest: image|Accept: text/css": false,
	} {
		t.Run(fields, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header = fieldsOf(fields)
			if got := AsksForSheet(r, "/a"); got != want {
				t.Errorf("%t", got)
			}
			if got := AsksForSheet(r, "/a.css"); got != (want || !strings.Contains(fields, "image")) {
				t.Errorf("by its name: %t", got)
			}
		})
	}
}

func TestIsSheet(t *testing.T) {
	for name, c := range map[string]struct {
		asked, header, charset string
		status                 int
		want                   bool
	}{
		"text/css":          {"", "Content-Type: text/css", "", 200, true},
		"with its encoding": {"", `Content-Type: Text/CSS ; charset="UTF-8"`, "utf-8", 200, true},
		"203":               {"", "Content-Type: text/css", "", 203, true},
		"a part":            {"", "Content-Type: text/css", "", 206, false},
		"an error":          {"", "Content-Type: text/css", "", 404, false},
		"of another name":   {"", "Content-Type: text/cssx", "", 200, false},
		"the last counts":   {"", "Content-Type: text/css|Content-Type: text/plain", "", 200, false},
		"no type":           {"", "", "", 200, false},
		"as a style":        {"Sec-Fetch-Dest: style", "Content-Type: text/plain; charset=utf-16", "utf-16le", 200, true},
		"nosniff":           {"Sec-Fetch-Dest: style", "Content-Type: text/plain|X-Content-Type-Options: nosniff", "", 200, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header = fieldsOf(c.asked)
			charset, is := IsSheet(r, c.status, fieldsOf(c.header))
			if is != c.want || is && charset != c.charset {
				t.Errorf("%t, %q", is, charset)
			}
		})
	}
	r, h := httptest.NewRequest("GET", "/", nil), fieldsOf("Content-Type: image/png")
	if n := testing.AllocsPerRun(100, func() { IsSheet(r, 200, h) }); n > 0 {
		t.Errorf("what is none costs %v allocations", n)
	}
}

func TestValidator(t *testing.T) {
	for fields, want := range map[string]string{
		"":                                        "",
		`Etag: "a,b"|Last-Modified: x`:            `"a,b"`,
		`If-None-Match: W/"a"`:                    `W/"a"`,
		`If-None-Match: "a", "b"`:                 "",
		`If-None-Match: *`:                        "",
		"If-None-Match: a":                        "a",
		"If-None-Match: a, b":                     "",
		`If-None-Match: a "b"`:                    "",
		"Last-Modified: x":                        "x",
		"If-Modified-Since: x":                    "x",
		`Etag: "a"|Etag: "b"`:                     "",
		`If-None-Match: "a"|If-Modified-Since: x`: `"a"`,
	} {
		t.Run(fields, func(t *testing.T) {
			if got := Validator(fieldsOf(fields)); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func TestPrivateSheet(t *testing.T) {
	for before, after := range map[string]string{
		`Etag: W/"a"|Last-Modified: x|Expires: x|Cache-Control: max-age=1|Cdn-Cache-Control: x|Vary: Accept-Encoding`: "Cache-Control: private, no-cache|Etag: W/\"a-s\"|Vary: Accept-Encoding|Vary: Cookie, Sec-GPC",
		"Cache-Control: no-store|Vary: Cookie, Sec-GPC":                                                               "Cache-Control: private, no-store|Vary: Cookie, Sec-GPC",
		"": "Cache-Control: private, no-cache|Vary: Cookie, Sec-GPC",
	} {
		t.Run(before, func(t *testing.T) {
			h := fieldsOf(before)
			PrivateSheet(h, "-s")
			var lines strings.Builder
			for _, name := range []string{"Cache-Control", "Cdn-Cache-Control", "Etag", "Expires", "Last-Modified", "Vary"} {
				for _, value := range h[name] {
					lines.WriteString("|" + name + ": " + value)
				}
			}
			if got := strings.TrimPrefix(lines.String(), "|"); got != after {
				t.Errorf("%s\nwant %s", got, after)
			}
		})
	}
}
