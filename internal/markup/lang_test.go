package markup

import (
	"fmt"
	"strings"
	"testing"
)

// TestLangAttribute: it is read as browsers do, whatever the split.
func TestLangAttribute(t *testing.T) {
	long := strings.Repeat("x", maxLang+1)
	for _, c := range []struct {
		page, want string
		xml        bool
	}{
		{page: `<!doctype html><html lang="fr"><body>x`, want: "fr"},
		{page: `<HTML class=a LANG=fr-FR data-x>x`, want: "fr-FR"},
		{page: `<html lang=' &#101;n '><head><title>a</title></head><p>x`, want: " en "},
		{page: `<html><head></head><body lang="fr">x`},
		{page: `<html lang=""><body>x`},
		{page: `<html xml:lang="fr"><body>x`},
		{page: `<p lang="fr">x`},
		{page: `x`},
		{page: `<!-- <html lang="de"> --><html lang="fr" lang="en">x`, want: "fr"},
		{page: `<html><html lang="fr"><body>x`, want: "fr"}, // lacking ones are added
		{page: `<html lang="en"><html lang="fr"><body>x`, want: "en"},
		{page: `<head><template><html lang="en"></template></head><body>x`},
		{page: `<html lang="` + long + `"><body>x`},
		{page: `<html lang="fr"><head/><body>x</body></html>`, want: "fr", xml: true},
		{page: `<html lang="fr" xml:lang="eu"><body>x</body></html>`, want: "eu", xml: true},
		{page: `<HTML lang="fr"><body>x</body></HTML>`, xml: true},
	} {
		t.Run(fmt.Sprintf("%.60q", c.page), func(t *testing.T) {
			for size := 1; size <= len(c.page); size++ {
				told, calls := "", 0
				scanner := Scanner{XML: c.xml, Rules: Rules{Body: func(lang []byte) string {
					told, calls = string(lang), calls+1
					return notice
				}}}
				out, _ := uncompressed(t, scanner, c.page, size)
				if told != c.want || calls != 1 || strings.Count(out, notice) != 1 {
					t.Errorf("%s in pieces of %d: told %q in %d calls, want %q; %s", c.page, size, told, calls, c.want, out)
					break
				}
			}
		})
	}
}
