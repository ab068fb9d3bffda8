package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const asJSON = "Content-Type: application/json"

// What pages tell with inventory browser: names alone, of pages of the site itself, in bounds.
func TestInventoryEndpoint(t *testing.T) {
	const path = "/_consent/inventory"
	g := guard(t, "inventory browser\n"+declared, html(portalPage))
	list := func(n int, name string) string {
		return `"` + strings.TrimSuffix(strings.Repeat(name+`","`, n), `","`) + `"`
	}
	for name, c := range map[string]struct {
		body   string
		fields []string
		status int
	}{
		"names":             {`{"cookies":["_ga","theme"],"storage":["cart"],"hosts":["cdn.example"]}`, []string{asJSON, "Sec-Fetch-Site: same-origin"}, 204},
		"nothing":           {`{}`, []string{asJSON}, 204},
		"any bytes":         {`{"storage":["\u0000\n{$HOME}é"]}`, []string{asJSON}, 204},
		"another site's":    {`{"hosts":["evil.example"]}`, []string{asJSON, "Sec-Fetch-Site: cross-site"}, 403},
		"a sister site's":   {`{"hosts":["evil.example"]}`, []string{asJSON, "Sec-Fetch-Site: same-site"}, 403},
		"another origin's":  {`{"hosts":["evil.example"]}`, []string{asJSON, "Origin: https://evil.example"}, 403},
		"a form":            {`{"hosts":["evil.example"]}`, []string{"Content-Type: text/plain"}, 400},
		"no type":           {`{}`, []string{"Content-Type: "}, 400},
		"an unknown member": {`{"values":["x"]}`, []string{asJSON}, 400},
		"no list":           {`{"cookies":"x"}`, []string{asJSON}, 400},
		"numbers":           {`{"cookies":[1]}`, []string{asJSON}, 400},
		"more behind":       {`{}{}`, []string{asJSON}, 400},
		"no JSON":           {`cookies`, []string{asJSON}, 400},
		"an empty name":     {`{"cookies":[""]}`, []string{asJSON}, 400},
		"a long name":       {`{"cookies":["` + strings.Repeat("x", 129) + `"]}`, []string{asJSON}, 400},
		"40 names":          {`{"cookies":[` + list(40, "x") + `]}`, []string{asJSON}, 204},
		"41 names":          {`{"cookies":[` + list(41, "x") + `]}`, []string{asJSON}, 400},
		"an address":        {`{"hosts":["https://cdn.example/x"]}`, []string{asJSON}, 400},
		"over 16 KiB":       {`{"cookies":["` + strings.Repeat("x", 16<<10) + `"]}`, []string{asJSON}, 413}, // and little over, so that all is sent before the answer
	} {
		t.Run(name, func(t *testing.T) {
			if res := g.do(t, "POST", path, c.body, c.fields...); res.StatusCode != c.status || res.Header.Get("Set-Cookie") != "" || c.status == 204 && res.body != "" {
				t.Errorf("%s %v %q, want %d", res.Status, res.Header, res.body, c.status)
			}
		})
	}
	t.Run("GET", func(t *testing.T) {
		if res := g.do(t, "GET", path, ""); res.StatusCode != 405 || res.Header.Get("Allow") != "POST" {
			t.Errorf("%s, Allow %q", res.Status, res.Header.Get("Allow"))
		}
	})
	t.Run("no client-chosen label", func(t *testing.T) {
		if got := g.counts(t, `caddy_consent_undeclared_total{kind="host"}`, "1"); got != "1" {
			t.Errorf("%s hosts are counted", got)
		}
	})
	for name, lines := range map[string]string{"not asked for": "", "observing": "mode observe\ninventory browser\n"} {
		t.Run(name, func(t *testing.T) {
			if res := guard(t, lines+declared, html(portalPage)).do(t, "POST", path, `{}`, asJSON); res.StatusCode != 404 {
				t.Errorf("%s, want 404", res.Status)
			}
		})
	}
}

// A flood of reports is refused, all visitors' together, and told when to come again.
func TestReportFlood(t *testing.T) {
	g := guard(t, "inventory browser\n"+declared, html(portalPage))
	taken, refused := 0, 0
	for i := range 600 {
		path, body, kind := "/_consent/inventory", fmt.Sprintf(`{"hosts":["h%d.example"]}`, i), asJSON
		if i%2 == 0 {
			path, kind = "/_consent/report", "Content-Type: application/csp-report"
			body = fmt.Sprintf(`{"csp-report":{"blocked-uri":"https://h%d.example/","effective-directive":"img-src"}}`, i)
		}
		switch res := g.do(t, "POST", path, body, kind); res.StatusCode {
		case http.StatusNoContent:
			taken++
		case http.StatusTooManyRequests:
			if refused++; res.Header.Get("Retry-After") == "" {
				t.Error("it is not said when to come again")
			}
		default:
			t.Fatal(res.Status)
		}
	}
	if taken < 200 || refused == 0 {
		t.Errorf("%d are taken, %d refused", taken, refused)
	}
}
