package commands

import (
	"slices"
	"strings"
	"testing"
)

func TestNews(t *testing.T) {
	const text = "a {\n\tconsent {\n\t\tsite a\n\t\tservice ga\n\t\t#   _ga_X: once, sent by browsers, first at /\n\n\t\t#\tnecessary x\n\t}\n}\n" +
		"b {\n\tconsent {\n\t\tsite b\n\t\tservice youtube\n\t}\n}\n"
	for lines, isNew := range map[string]bool{
		"# Google:\n#   _ga: 3 times, sent by browsers, first at /\nservice ga":           false,
		"#   _ga_X: twice, sent by browsers, first at /":                                  false,
		"# YouTube:\n#   VISITOR: 3 times, sent by browsers, first at /\nservice youtube": true, // in another site's
		"# x: 7 times, set by the site, first at /\n#\tnecessary x":                       false,
		"# xy: 7 times, set by the site, first at /\n#\tnecessary xy":                     true,
		"#   _ga_X: 9 times, sent by browsers, first at /\n# The service ga is …":         false,
		"#   _ga_Y: 9 times, sent by browsers, first at /\n# The service ga is …":         true,
	} {
		t.Run(lines, func(t *testing.T) {
			e, err := placeIn("Caddyfile", []byte(text), "a", "\n"+lines+"\n\nservice other\n")
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"service other"}
			if isNew {
				want = append(strings.Split(lines+"\n", "\n"), want...)
			}
			if got := e.news([]byte(text)); !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}
