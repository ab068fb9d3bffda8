package adminapi

import (
	"testing"

	"github.com/caddy-consent/caddy-consent/internal/inventory"
)

// The lines can be pasted, whatever strangers have named their cookies.
func TestLinesForNames(t *testing.T) {
	for _, c := range []struct {
		item             inventory.Item
		kind, word, want string
	}{
		{inventory.Item{Name: "theme"}, "cookie", "necessary", "necessary theme\nor in a service:\ncookies theme"},
		{inventory.Item{Name: "a b"}, "cookie", "necessary", "necessary \"a b\"\nor in a service:\ncookies \"a b\""},
		{inventory.Item{Name: "<<EOF"}, "cookie", "necessary", "necessary \"<<EOF\"\nor in a service:\ncookies \"<<EOF\""},
		{inventory.Item{Name: "{$SECRET}"}, "host", "allow", "allow \"{ $SECRET}\"\nor in a service:\nhosts \"{ $SECRET}\""},
		{inventory.Item{Name: "pref _ga*"}, "cookie", "necessary", "none: a star in it would stand for any other name"},
		{inventory.Item{Name: "_ga_*", Service: "mine"}, "cookie", "necessary", "none: a star in it would stand for any other name"},
		{inventory.Item{Name: "_fbp", Service: "facebook"}, "cookie", "necessary", "service facebook"},
		{inventory.Item{Name: "_new", Service: "mine"}, "cookie", "necessary", "in service mine:\ncookies _new"},
		{inventory.Item{Name: "/m/matomo.js", Service: "matomo", Pattern: "/m/*"}, "path", "", "service matomo {\n\tpaths /m/*\n}"},
		{inventory.Item{Name: "/a b/matomo.js", Service: "mine", Pattern: "/a b/*"}, "path", "", "in service mine:\npaths \"/a b/*\""},
	} {
		t.Run(c.item.Name, func(t *testing.T) {
			got := undeclaredOf([]inventory.Item{c.item}, []string{"mine"}, c.kind, c.word)
			if len(got) != 1 || got[0].Line != c.want {
				t.Errorf("%+v, want %q", got, c.want)
			}
		})
	}
}
