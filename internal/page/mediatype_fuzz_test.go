package page

import (
	"mime"
	"strings"
	"testing"
)

// FuzzMediaType compares with the standard library, which refuses more, and with what two equal fields say.
func FuzzMediaType(f *testing.F) {
	for _, s := range []string{
		"text/html", "text/html; charset=utf-8", `text/html; charset="utf-8"`, "text/html;charset=utf-8;charset=x",
		"*/*", `a/b; x="\"`, "text/html; charset=", "text/html,text/plain", `text/html;x=",";charset=gbk`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsAny(s, ",\r\n\x00\f\v") {
			mediaType([]string{s})
			return
		}
		got, _ := mediaType([]string{s})
		want, _, err := mime.ParseMediaType(s)
		if err == nil && strings.Contains(want, "/") && want != "*/*" && got != want &&
			isToken(strings.Replace(want, "/", "", 1)) && strings.Count(want, "/") == 1 {
			t.Fatalf("%q: %q, mime %q", s, got, want)
		}
		if got2, _ := mediaType([]string{s, s}); got != got2 && !strings.Contains(s, `"`) {
			t.Fatalf("%q twice: %q %q", s, got, got2)
		}
	})
}
