package visitor

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/internal/csp"
)

// Whatever is sent, what is taken keeps to the bounds.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{
		`{"cookies":["_ga"],"storage":["cart"],"hosts":["cdn.example"]}`, `{}`, `[]`, `null`, `{"hosts":["\u0000"]}`, `{"cookies":null}`, `{"Cookies":["x"]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest("POST", "/_consent/inventory", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		names, problem := readNames(httptest.NewRecorder(), r)
		if problem != nil {
			if problem.status != 400 && problem.status != 413 {
				t.Errorf("%d", problem.status)
			}
			return
		}
		for _, list := range [][]string{names.Cookies, names.Storage, names.Hosts} {
			for _, name := range list {
				if len(list) > maxNames || name == "" || len(name) > maxNameBytes {
					t.Errorf("%d names, one of %d bytes", len(list), len(name))
				}
			}
		}
		for _, host := range names.Hosts {
			if !csp.IsHost(host) {
				t.Errorf("%q is taken for a host", host)
			}
		}
	})
}
