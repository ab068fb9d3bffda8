package policy

import (
	"strings"
	"testing"
)

func TestKnownPath(t *testing.T) {
	for address, want := range map[string]string{
		"/matomo/matomo.js":                          "matomo /matomo/* /matomo/matomo.js",
		"/matomo/matomo.php?idsite=1&rec=1":          "matomo /matomo/* /matomo/matomo.php",
		"/piwik.php?idsite=1":                        "matomo /piwik.php /piwik.php",
		"/js/piwik.js":                               "matomo /js/piwik.js /js/piwik.js",
		"/tools/piwik/js/container_a1B2c3.js":        "matomo /tools/piwik/js/container_a1B2c3.js /tools/piwik/js/container_a1B2c3.js",
		"/gtm.js?id=GTM-ABC12":                       "ga /gtm.js /gtm.js?id=GTM-*",
		"/metrics/gtag/js?id=G-1":                    "ga /metrics/gtag/js /metrics/gtag/js?id",
		"/metrics/g/collect?v=2&tid=G-1&_p=1":        "ga /metrics/g/collect /metrics/g/collect?v=2&tid",
		"/collect?tid=G-1&v=2":                       "ga /collect /collect?v=2&tid=G-*",
		"/hit.xiti?s=1":                              "xiti /hit.xiti /hit.xiti",
		"/event?s=1&idclient=2":                      "piano /event /event?s&idclient",
		"/pa/piano-analytics.js":                     "piano /pa/piano-analytics.js /pa/piano-analytics.js",
		"/piwik-pro/ppms.php":                        "piwik-pro /piwik-pro/* /piwik-pro/ppms.php",
		"/js/plausible.js":                           "plausible /js/plausible.js /js/plausible.js",
		"/collect":                                   "",
		"/collect?v=2":                               "",
		"/gtm.js":                                    "",
		"/gtm.js?id=1":                               "",
		"/matomo/":                                   "",
		"/matomo.jsx":                                "",
		"/xmatomo.js":                                "",
		"/js/script.js":                              "",
		"/a b/matomo.js":                             "", // no line of a Caddyfile lists it
		"/*/matomo.js":                               "",
		"/" + strings.Repeat("x", 300) + "/piwik.js": "",
		"": "",
	} {
		t.Run(address, func(t *testing.T) {
			path, query, _ := strings.Cut(address, "?")
			id, pattern, seen := BuiltIn().KnownPath(path, query)
			if got := strings.TrimSpace(id + " " + string(pattern) + " " + seen); got != want {
				t.Errorf("%q, want %q", got, want)
			}
			path, query, _ = strings.Cut(seen, "?")
			if again, _, same := BuiltIn().KnownPath(path, query); again != id || same != seen {
				t.Errorf("what was seen, %q, is known as %q of %q", seen, same, again)
			}
			if pattern != "" && (validPath(pattern) != nil || !pattern.Match(path)) {
				t.Errorf("%q does not list %q", pattern, path)
			}
		})
	}
}

// What the inventory keeps is the catalogue's own text besides the path, never what a visitor sent.
func TestKnownPathValues(t *testing.T) {
	if _, _, seen := BuiltIn().KnownPath("/g/collect", "v=2&tid=G-SECRET&uid=alice"); strings.Contains(seen, "SECRET") || strings.Contains(seen, "alice") {
		t.Errorf("kept %q", seen)
	}
}

func TestKnownPathAllocations(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { BuiltIn().KnownPath("/explore/dataset/things/table/", "page=2") }); n > 0 {
		t.Errorf("a path of the site costs %v allocations", n)
	}
}

func FuzzKnownPath(f *testing.F) {
	f.Add("/metrics/g/collect", "v=2&tid=G-1")
	f.Add("/matomo/matomo.php", "")
	f.Fuzz(func(t *testing.T, path, query string) {
		id, pattern, seen := BuiltIn().KnownPath(path, query)
		if (id == "") != (pattern == "") || (id == "") != (seen == "") {
			t.Fatalf("%q, %q, %q", id, pattern, seen)
		}
		if id != "" && (validPath(pattern) != nil || !pattern.Match(path)) {
			t.Errorf("%q does not list %q", pattern, path)
		}
	})
}
