package blocking

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/internal/policy"
)

func fieldsPage(t testing.TB) *Page {
	p, err := policy.New(policy.Declaration{Services: []policy.Service{{ID: "tool", Name: "m", Purpose: "embeds", Hosts: []policy.Pattern{"d.test"}}}})
	if err != nil {
		t.Fatal(err)
	}
	return &Page{Rules: New(p, "/_consent"), Host: "own.test", Recorder: noHosts{}}
}

type noHosts struct{}

func (noHosts) Host([]byte, policy.Owner, bool) {}
func (noHosts) Script(policy.Owner)             {}

// FuzzFields: what is left has nothing more to withhold.
func FuzzFields(f *testing.F) {
	f.Add("Report-To", `{"group":"a","endpoints":[{"url":"https://d.test/"}]}`)
	f.Add("Refresh", `0; url=//d.test`)
	f.Add("Speculation-Rules", `"https://d.test/x", "/y"`)
	f.Add("Reporting-Endpoints", `a="https://d.test/x", b="/y"`)
	f.Fuzz(func(t *testing.T, name, value string) {
		h := http.Header{name: {value}}
		p := fieldsPage(t)
		p.Fields(h)
		if out := h[name]; len(out) > 0 {
			again := http.Header{name: {out[0]}}
			if p.Fields(again); len(again[name]) > 0 && again[name][0] != out[0] || len(again[name]) == 0 && out[0] != "" {
				t.Fatalf("%q: %q, then %q", value, out, again)
			}
		}
	})
}

func TestHeaderFieldParsing(t *testing.T) {
	p := fieldsPage(t)
	for _, c := range []struct{ name, value string }{
		{"Report-To", `{"group":"a","max_age":1,"endpoints":[{"url":"https://d.test/r"},{"url":5}]}`},
		{"Report-To", `{"group":"a","max_age":1,"endpoints":[{"url":"https://d.test/r"},null,5]}`},
		{"Report-To", `{"group":"a","max_age":1,"endpoints":[{"url":"https://d.test/r","URL":"/own"}]}`},
		{"Reporting-Endpoints", `a="https://d.test/r";x=1`},
		{"Reporting-Endpoints", `a=?1, b="https://d.test/r"`},
		{"Refresh", `0;URL='https://d.test/'`}, {"Refresh", `0, https://d.test/`}, {"Refresh", `0 https://d.test/`}, {"Refresh", `.5;url=https://d.test/`},
		{"Speculation-Rules", `"https://d.test/x";a="b"`}, {"Speculation-Rules", "\t\"https://d.test/x\""},
	} {
		t.Run(fmt.Sprintf("%s %.100q", c.name, c.value), func(t *testing.T) {
			h := http.Header{c.name: {c.value}}
			p.Fields(h)
			if strings.Contains(strings.Join(h[c.name], ""), "d.test") {
				t.Errorf("%s: %s passes", c.name, c.value)
			}
		})
	}
}
