package markup

import (
	"fmt"
	"html"
	"strings"
	"testing"
)

// pathsOf returns the paths of the site www.site.test for which a page at /a/b asks.
func pathsOf(t *testing.T, page string) (joined string) {
	t.Helper()
	for _, size := range []int{1, 3, len(page) + 1} {
		var paths []string
		rules := Rules{
			Host: func([]byte) *Mark { return nil },
			Path: func(path, query string) *Mark {
				if query != "" && query != "v=2" && query != "x" {
					t.Errorf("%s has the query %q", path, query)
				}
				paths = append(paths, path)
				return nil
			},
			Site: "www.site.test", Page: "/a/b", Scheme: "https",
		}
		uncompressed(t, Scanner{Rules: rules}, page, size)
		if now := strings.Join(paths, " "); joined != "" && now != joined {
			t.Errorf("%s: asked for %q in pieces of %d, before for %q", page, now, size, joined)
		} else {
			joined = now
		}
	}
	return joined
}

func TestPathParsing(t *testing.T) {
	for url, want := range map[string]string{
		"/m/x.js": "/m/x.js", "/m/x.js?v=2#y?z": "/m/x.js", " /m\t/x\n.js ": "/m/x.js", `\m\x.js`: "/m/x.js",
		"x.js": "/a/x.js", "./x.js": "/a/x.js", "../m/x.js": "/m/x.js", "../../../m/x": "/m/x", "?x": "/a/b", "#x": "/a/b",
		"/m/./x": "/m/x", "/m/../n/x": "/n/x", "/m/%2e%2E/n": "/n", "/m/..": "/", "/m/.": "/m/", "/m//x": "/m//x",
		"/%6D/x": "/m/x", "/m%2Fx": "/m/x", "/m/%zz": "/m/%zz", "/é/x": "/é/x", "/%C3%A9/x": "/é/x",
		"https://www.site.test/m/x": "/m/x", "//WWW.site.test./m/x": "/m/x", `https:\\www.site.test\m`: "/m", "https://www.site.test": "/",
		"https://u:p@www.site.test:8443/m?x": "/m", "https:/m/x": "/m/x", "https:x": "/a/x", "http:x": "",
		"https://other.test/m/x": "", "//other.test/m": "", "data:,/m/x": "", "mailto:m/x": "", "": "",
	} {
		t.Run(fmt.Sprintf("%q", url), func(t *testing.T) {
			if got := pathsOf(t, `<img src="`+html.EscapeString(url)+`">`); got != want {
				t.Errorf("%q: %q, want %q", url, got, want)
			}
		})
	}
}

func TestPathBase(t *testing.T) {
	for page, want := range map[string]string{
		`<base href="/m/"><img src="x">`:                                     "/m/x",
		`<base href="../m/y"><img src="x"><img src="/x">`:                    "/m/x /x",
		`<base href="//www.site.test/m/"><img src="x">`:                      "/m/x",
		`<base href="//other.test/m/"><img src="x">`:                         "",
		`<base href="//other.test/m/"><img src="//www.site.test/x">`:         "/x",
		`<base href="data:,"><img src="x">`:                                  "/a/x",
		`<base href="/m/"><base href="/n/"><img src="x">`:                    "/m/x",
		`<base href="/m/"><iframe srcdoc="<img src=x>"></iframe>`:            "/m/x",
		`<iframe srcdoc="<base href=/m/><img src=x>"></iframe><img src="x">`: "/m/x /a/x",
	} {
		t.Run(fmt.Sprintf("%.60q", page), func(t *testing.T) {
			if got := pathsOf(t, page); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func TestWithheldPath(t *testing.T) {
	rules := denying()
	mark := &Mark{Attributes: " data-s"}
	rules.Site, rules.Page = "www.site.test", "/"
	rules.Path = func(path, _ string) *Mark {
		if strings.HasPrefix(path, "/m/") {
			return mark
		}
		return nil
	}
	become(t, rules,
		`<img† ‡src="/m/x">`, `<img src="/mx">`, `<img† ‡srcset="/a, m/x 2x">`, `<img† ‡src="&#x2f;m&sol;x">`,
		`<script†‹ type="text/plain"› ‡src="/m/x.js" async></script>`, `<script src="/x.js"></script>`,
		`<iframe†‹ src="/f"› ‡src="m/opt-out"></iframe>`, `<link† rel=preload as=script ‡href="//www.site.test/m/x.js">`,
		`<link rel=canonical href="/m/">`, `<a href="/m/">x</a>`, `<a† href=/ ‡ping="/m/x">x</a>`,
		`<script†‹ type="text/plain"› ‡type=module>import "/m/x.js"</script>`,
	)
}

// FuzzPath looks at addresses against a page: what comes of them is a path without dot segments, and the same behind the
// site's name as without.
func FuzzPath(f *testing.F) {
	for _, address := range []string{"/m/x", `\\www.site.test\m`, "https:x", "../%2e./x", "//www.site.test", "?x", "ht\ttps:/\\www.site.test/%6d"} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		path, ok := Path(address, "www.site.test", "/a/b", "")
		if !ok {
			return
		}
		if !strings.HasPrefix(path, "/") {
			t.Fatalf("%q is %q", address, path)
		}
		if strings.HasPrefix(address, "/") && !strings.ContainsAny(address, "\\\t\r\n") && !strings.HasPrefix(address, "//") {
			if named, ok := Path("https://www.site.test"+address, "www.site.test", "/a/b", ""); !ok || named != path {
				t.Errorf("%q is %q, and %q behind the site's name", address, path, named)
			}
		}
	})
}

// TestPathScheme: behind the page's own scheme, what has no host is relative (URL, section 4.4, "special relative or
// authority state").
func TestPathScheme(t *testing.T) {
	for address, want := range map[string]string{"https:/stats/x.gif": "/stats/x.gif", "https:x.gif": "/dir/x.gif"} {
		if path, ok := Path(address, "own.test", "/dir/s.css", "https"); path != want || !ok {
			t.Errorf("%s: %q, %t", address, path, ok)
		}
	}
	if path, ok := Path("http:/stats/x.gif", "own.test", "/dir/s.css", "https"); ok {
		t.Errorf("another scheme: %q", path)
	}
}
