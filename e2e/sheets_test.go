package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	byStyle    = "Sec-Fetch-Dest: style"
	denying    = "@import url(//tool.example/x.css) screen;\na{b:url(own.png);c:url('https://cdn.tool.example/p.gif')}\n/* end */"
	inertSheet = "@import url(data:text/css,) screen;\na{b:url(own.png);c:url('data:,')}\n/* end */"
	harmless   = "@import '/own.css';@import url(https://unknown.example/x.css);a{b:url(own.png)}"
)

// sheetServer serves sheets by their paths as file servers do: with validators, conditions and ranges.
func sheetServer(sheets map[string]string, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Content-Type"], h["Etag"] = []string{"text/css"}, []string{`"v1"`}
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		for _, field := range fields {
			name, value, _ := strings.Cut(field, ": ")
			if h.Set(name, value); value == "" {
				h.Del(name)
			}
		}
		http.ServeContent(w, r, "", time.Unix(1700000000, 0), strings.NewReader(sheets[r.URL.Path]))
	}
}

func TestSheetByChoice(t *testing.T) {
	g := guard(t, declared, sheetServer(map[string]string{"/a.css": denying}))
	granted, refused := g.chosen(t, "choice=accept"), g.chosen(t, "choice=refuse")
	tags := make(map[string]bool)
	for name, c := range map[string]struct {
		fields []string
		want   string
	}{
		"before a choice":   {[]string{byStyle}, inertSheet},
		"refused":           {[]string{byStyle, refused}, inertSheet},
		"granted":           {[]string{byStyle, granted}, denying},
		"without metadata":  {[]string{"Accept: text/css,*/*;q=0.1"}, inertSheet},
		"by a script":       {[]string{byScript}, inertSheet},
		"a worker's":        {[]string{byScript, byWorker, granted}, inertSheet},
		"looked at by hand": {[]string{byVisitor}, inertSheet},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // the second time it is known
				res := g.do(t, "GET", "/a.css", "", c.fields...)
				h := res.Header
				if res.body != c.want || res.ContentLength != int64(len(c.want)) {
					t.Errorf("%d bytes told: %s", res.ContentLength, res.body)
				}
				if tag := h.Get("Etag"); !strings.HasPrefix(tag, `"v1-consent-`) || !strings.HasSuffix(tag, `-sheet"`) || h.Get("Last-Modified") != "" ||
					h.Get("Cache-Control") != "private, no-cache" || strings.Join(h["Vary"], ", ") != "Cookie, Sec-GPC" || h.Get("Accept-Ranges") != "" {
					t.Errorf("%v", h)
				}
				head := g.do(t, "HEAD", "/a.css", "", c.fields...)
				delete(h, "Content-Length")
				for _, h := range []http.Header{h, head.Header} {
					delete(h, "Date")
				}
				if fmt.Sprint(head.Header) != fmt.Sprint(h) {
					t.Errorf("HEAD tells %v, GET %v", head.Header, h)
				}
				tags[c.want+h.Get("Etag")] = true
				again := g.do(t, "GET", "/a.css", "", append(slices.Clone(c.fields), "If-None-Match: "+h.Get("Etag"))...)
				if want := map[bool]int{true: 304, false: 200}[name != "looked at by hand"]; again.StatusCode != want ||
					again.Header.Get("Etag") != h.Get("Etag") || again.Header.Get("Cache-Control") != "private, no-cache" || len(again.Header["Vary"]) != 1 {
					t.Errorf("asked if it still holds: %d %v", again.StatusCode, again.Header)
				}
				if other := g.do(t, "GET", "/a.css", "", byStyle, granted, "If-None-Match: "+h.Get("Etag"), "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT"); c.want == inertSheet &&
					(other.StatusCode != 200 || other.body != denying) {
					t.Errorf("after a grant: %d", other.StatusCode)
				}
			}
		})
	}
	if len(tags) < 3 {
		t.Errorf("the variants have the tags %v", tags)
	}
	if rewritten := g.counts(t, `caddy_consent_sheets_total{reason="",result="rewritten"}`, "?"); rewritten == "0" {
		t.Error("nothing is counted")
	}
}

// TestSheetUnchanged compares sheets in which nothing is found with what the upstream sends, byte for byte and field for
// field.
func TestSheetUnchanged(t *testing.T) {
	for name, c := range map[string]struct {
		lines, sheet string
		fields       []string
		reason       string // by which it is counted
	}{
		"nothing found":           {"", harmless, nil, ""},
		"without a tag":           {"", harmless, []string{"Etag: "}, ""},
		"empty":                   {"", "", nil, ""},
		"over what is held":       {"", harmless + strings.Repeat("a{b:url(c.png)}\n", 100<<10), nil, "known"},
		"no policy blocks":        {"third_parties pass\n", denying, nil, ""},
		"mode observe":            {"mode observe\n", denying, nil, ""},
		"no-transform":            {"", denying, []string{"Cache-Control: no-transform"}, "no-transform"},
		"UTF-16":                  {"", "\xff\xfe@\x00i\x00", nil, "charset"},
		"UTF-16 by its type":      {"", denying, []string{"Content-Type: text/css; charset=utf-16le"}, "charset"},
		"a coding nobody decodes": {"", denying, []string{"Content-Encoding: dcb"}, "coding"},
		"not well compressed":     {"", denying, []string{"Content-Encoding: gzip"}, ""},
		"of another type":         {"", denying, []string{"Content-Type: text/x-scss"}, ""},
		"gzip":                    {"", gzipped(t, harmless), []string{"Content-Encoding: gzip"}, ""},
		"brotli":                  {"", compressed(t, "br", harmless), []string{"Content-Encoding: br"}, ""},
		"zstd":                    {"", compressed(t, "zstd", harmless), []string{"Content-Encoding: zstd"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			portal := sheetServer(map[string]string{"/a.css": c.sheet}, c.fields...)
			server := httptest.NewServer(portal)
			defer server.Close()
			plain, g := &guarded{url: server.URL}, guard(t, c.lines+declared, portal)
			if c.reason == "known" {
				g.do(t, "GET", "/a.css", "", "Accept: text/css")
				c.reason = ""
			}
			for _, more := range [][]string{
				nil, {`If-None-Match: "v1"`}, {`If-None-Match: "v1"`, "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT"}, {"Range: bytes=1-3"},
			} {
				if len(more) > 0 && more[0][:3] == "If-" && (name == "not well compressed" || name == "of another type" || c.reason == "coding") {
					continue // what was no sheet that can be read may be one by now, so it comes anew
				}
				for _, method := range []string{"GET", "HEAD"} {
					fields := append([]string{"Accept: text/css", "Accept-Encoding: gzip, br, zstd"}, more...)
					with, without := g.do(t, method, "/a.css", "", fields...), plain.do(t, method, "/a.css", "", fields...)
					for _, h := range []http.Header{with.Header, without.Header} {
						delete(h, "Date")
						delete(h, "Via")
						delete(h, "Server")
					}
					if with.StatusCode != without.StatusCode || with.body != without.body || with.ContentLength != without.ContentLength ||
						fmt.Sprint(with.Header) != fmt.Sprint(without.Header) {
						t.Errorf("%s, %v: %d %v, %d bytes\nwithout the module %d %v, %d bytes", method, more,
							with.StatusCode, with.Header, len(with.body), without.StatusCode, without.Header, len(without.body))
					}
				}
			}
			if c.reason != "" {
				if got := g.counts(t, fmt.Sprintf(`caddy_consent_sheets_total{reason=%q,result="passed"}`, c.reason), "1"); got == "0" {
					t.Error("it is not counted")
				}
			}
		})
	}
}

func compressed(t *testing.T, coding, text string) string {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&out)
	case "br":
		w = brotli.NewWriter(&out)
	case "zstd":
		w, _ = zstd.NewWriter(&out)
	}
	_, _ = io.WriteString(w, text)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func decompressed(t *testing.T, coding, body string) string {
	t.Helper()
	var r io.Reader = strings.NewReader(body)
	var err error
	switch coding {
	case "gzip":
		r, err = gzip.NewReader(r)
	case "br":
		r = brotli.NewReader(r)
	case "zstd":
		r, err = zstd.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestSheetCodings: one of the sheets is long enough to come in several pieces, of which the first names what is denied.
func TestSheetCodings(t *testing.T) {
	var rules strings.Builder
	for i := range 40000 {
		fmt.Fprintf(&rules, ".c%d{color:#%06x}\n", i*7919%65536, i*i)
	}
	sheets := map[string]string{"/a.css": denying, "/long.css": denying + rules.String() + denying}
	want := map[string]string{"/a.css": inertSheet, "/long.css": inertSheet + rules.String() + inertSheet}
	for _, coding := range []string{"gzip", "br", "zstd"} {
		served := make(map[string]string)
		for path, sheet := range sheets {
			served[path] = compressed(t, coding, sheet)
		}
		for path := range sheets {
			t.Run(coding+path, func(t *testing.T) {
				g := guard(t, declared, sheetServer(served, "Content-Encoding: "+coding))
				for range 2 {
					res := g.do(t, "GET", path, "", byStyle, "Accept-Encoding: gzip, br, zstd, dcb")
					if got := decompressed(t, res.Header.Get("Content-Encoding"), res.body); got != want[path] || res.Header.Get("Content-Encoding") != coding {
						t.Errorf("%s: %.200s", res.Header.Get("Content-Encoding"), got)
					}
					if asks := g.asked.Header.Get("Accept-Encoding"); asks != "gzip, br, zstd" {
						t.Errorf("asks for %q", asks)
					}
				}
			})
		}
	}
}

// TestSheetOfBefore: a browser has a sheet from before a service was declared, and asks if it still holds.
func TestSheetOfBefore(t *testing.T) {
	for name, fields := range map[string][]string{
		"by its tag":  {byStyle, `If-None-Match: "v1"`, "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT"},
		"by its date": {byStyle, "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT"},
		"a part":      {byStyle, "Range: bytes=10-", `If-Range: "v1"`},
		"by its name": {`If-None-Match: "v1"`},
	} {
		t.Run(name, func(t *testing.T) {
			g := guard(t, declared, sheetServer(map[string]string{"/a.css": denying, "/b.css": harmless}))
			for range 2 {
				if res := g.do(t, "GET", "/a.css", "", fields...); res.StatusCode != 200 || res.body != inertSheet {
					t.Errorf("%d %s", res.StatusCode, res.body)
				}
			}
			g.do(t, "GET", "/b.css", "", byStyle)
			if res := g.do(t, "GET", "/b.css", "", byStyle, `If-None-Match: "v1"`); res.StatusCode != 304 || len(res.Header["Vary"]) > 0 {
				t.Errorf("one in which nothing is found: %d, %v", res.StatusCode, res.Header)
			}
		})
	}
	t.Run("without a tag", func(t *testing.T) {
		g := guard(t, declared, sheetServer(map[string]string{"/a.css": denying}, "Etag: "))
		res := g.do(t, "GET", "/a.css", "", byStyle)
		if res.StatusCode != 200 || res.Header.Get("Etag") != "" || res.Header.Get("Last-Modified") != "" || res.body != inertSheet {
			t.Errorf("%v %s", res.Header, res.body)
		}
	})
}

// TestSheetIntegrity: a sheet whose hash a page demands is left alone and counted, however the page names it.
func TestSheetIntegrity(t *testing.T) {
	for link, left := range map[string]bool{
		`<link rel="stylesheet" href="a.css?v=1" integrity="sha256-x">`:                             true,
		`<link integrity=sha256-x rel=stylesheet href="/dir/../dir/a.css?v=1">`:                     true,
		`<base href="/dir/x/"><link rel="stylesheet" href="../a.css?v=1" integrity="sha256-x">`:     true,
		`<link rel="preload" as="style" href="/dir/a.css?v=1" integrity="sha256-x">`:                true,
		`<link rel="stylesheet" href="a.css?v=1" integrity="">`:                                     false,
		`<link rel="stylesheet" href="a.css?v=2" integrity="sha256-x">`:                             false,
		`<link rel="stylesheet" href="https://other.example/dir/a.css?v=1" integrity="sha256-x">`:   false,
		`<link rel="stylesheet" href="a.css?v=1"><!-- <link href="a.css?v=1" integrity="sha1"> -->`: false,
	} {
		t.Run(link, func(t *testing.T) {
			g := guard(t, declared, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, ".css") {
					w.Header().Set("Content-Type", "text/css")
					w.Header().Set("Etag", `"v1"`)
					_, _ = io.WriteString(w, denying)
					return
				}
				html("<!doctype html><title>x</title>"+link)(w, r)
			})
			g.do(t, "GET", "/dir/page", "", byVisitor)
			want := map[bool]string{true: denying, false: inertSheet}[left]
			for range 2 {
				res := g.do(t, "GET", "/dir/a.css?v=1", "", byStyle)
				if res.body != want || strings.Contains(res.Header.Get("Etag"), "consent") == left {
					t.Errorf("%v %s", res.Header, res.body)
				}
			}
			if counted := map[bool]string{true: "2", false: "0"}[left]; g.counts(t, `caddy_consent_sheets_total{reason="integrity",result="passed"}`, counted) != counted {
				t.Error("it is not counted as many times")
			}
		})
	}
}

// TestSheetFlushed: a sheet whose upstream flushes it piece by piece waits until it is known what becomes of it.
func TestSheetFlushed(t *testing.T) {
	for name, sheet := range map[string]string{"found": denying, "not found": harmless} {
		t.Run(name, func(t *testing.T) {
			g := guard(t, declared, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/css")
				for _, piece := range strings.SplitAfter(sheet, "/") {
					_, _ = io.WriteString(w, piece)
					_ = http.NewResponseController(w).Flush()
				}
			})
			want := strings.NewReplacer("//tool.example/x.css", "data:text/css,", "https://cdn.tool.example/p.gif", "data:,").Replace(sheet)
			if res := g.do(t, "GET", "/", "", byStyle); res.body != want || (len(res.Header["Vary"]) > 0) != (want != sheet) {
				t.Errorf("%v %s", res.Header, res.body)
			}
		})
	}
}

// TestSheetMemory sends sheets of 100 MB, one of them of a million imports.
func TestSheetMemory(t *testing.T) {
	const size = 100 << 20
	for name, piece := range map[string]string{
		"nothing found":     strings.Repeat("a{b:url(c.png)}\n", 1<<10),
		"a million imports": strings.Repeat("@import url(\"//tool.example/x.css\") screen and (min-width:100px) and (color);\n", 1<<10),
	} {
		t.Run(name, func(t *testing.T) {
			g := guard(t, declared, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/css")
				for sent := 0; sent < size; sent += len(piece) {
					_, _ = io.WriteString(w, piece)
				}
			})
			r, _ := http.NewRequest("GET", g.url, nil)
			r.Header.Set("Sec-Fetch-Dest", "style")
			before := heap()
			res, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			buffer := make([]byte, 1<<20)
			came, most := 0, int64(0)
			for err = nil; err == nil; {
				var n int
				n, err = io.ReadFull(res.Body, buffer)
				if bytes.Contains(buffer[:n], []byte("tool.example")) {
					t.Fatal("what is denied is named")
				}
				if came += n; came>>24 != (came-n)>>24 {
					most = max(most, heap()-before)
				}
			}
			if err != io.ErrUnexpectedEOF && err != io.EOF || came < size/2 || most > 16<<20 {
				t.Errorf("%d bytes, %v, the heap grew by %d", came, err, most)
			}
			if cache := res.Header.Get("Cache-Control"); cache != "private, no-cache" {
				t.Errorf("Cache-Control: %s", cache)
			}
		})
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
