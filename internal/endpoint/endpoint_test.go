package endpoint

import (
	"regexp"
	"testing"
)

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		charter string
		gpc     bool
		path    string
		want    bool
	}{
		{"", false, "/_consent/choice", true},
		{"", false, "/_consent", false},
		{"", false, "/_consents/choice", false},
		{"", false, "/x/_consent/choice", false},
		{"", false, "/cookies", false},
		{"/cookies", false, "/cookies", true},
		{"/cookies/", false, "/cookies/", true},
		{"/cookies", false, "/cookies/x", false},
		{"/a.b", false, "/a+b", false},
		{"", false, GPC, false},
		{"", true, GPC, true},
		{"", true, GPC + "/", false},
	} {
		t.Run(c.charter+" "+c.path, func(t *testing.T) {
			if got := regexp.MustCompile(Pattern(Default, c.charter, c.gpc)).MatchString(c.path); got != c.want {
				t.Errorf("with GPC %t: %t", c.gpc, got)
			}
		})
	}
}

func TestPrefixOwns(t *testing.T) {
	for path, want := range map[string]bool{
		Default.Choice(): true, Default.Assets(): true, string(Default): false, "/_consent-more/x": false, "/": false,
	} {
		if got := Default.Owns(path); got != want {
			t.Errorf("%s: %t", path, got)
		}
	}
}
