package operators

import (
	"strings"
	"testing"
)

// What answers at paths of the site is seen, suggested, and enforced once it is declared.
func TestSuggestPaths(t *testing.T) {
	for _, mode := range []string{"observe", "enforce"} {
		t.Run(mode, func(t *testing.T) {
			s := serve(t, "mode "+mode+"\nundeclared pass\nallow tiles.ville.example\nservice youtube\nservice ga")
			s.visits("/matomo/matomo.php?idsite=1&uid=alice")
			s.do("POST", s.url+"/metrics/g/collect?v=2&tid=G-ALICE", nil)
			s.visits("/explore/?v=2")
			_, text := s.do("GET", "http://"+s.Admin+"/consent/inventory", nil)
			if strings.Contains(strings.ToLower(text), "alice") || strings.Contains(text, "idsite") {
				t.Errorf("the inventory has what visitors sent: %s", text)
			}
			got, code := s.Run("consent", "suggest", "--address", s.Admin)
			if code != 0 || !strings.Contains(got, "\nservice matomo {\n\tpaths /matomo/*\n}\n") || !strings.Contains(got, "#\tpaths /metrics/g/collect\n") {
				t.Fatalf("suggest: %d\n%s", code, got)
			}
			s.reloads("undeclared pass\nservice youtube\nservice ga {\npaths /metrics/g/collect\n}\nservice matomo {\npaths /matomo/*\n}")
			if again, code := s.Run("consent", "suggest", "--address", s.Admin); code != 0 || strings.Contains(again, "\nservice matomo") || strings.Contains(again, "paths") {
				t.Errorf("what is declared is suggested again: %d\n%s", code, again)
			}
			if res, _ := s.do("GET", s.url+"/matomo/matomo.php?idsite=1", nil); res.StatusCode != 403 {
				t.Errorf("declared and denied: %s", res.Status)
			}
		})
	}
}
