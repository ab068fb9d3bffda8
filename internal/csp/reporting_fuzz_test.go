package csp

import (
	"strings"
	"testing"
)

// FuzzWithoutReports: no denied address is left, and nothing else changes.
func FuzzWithoutReports(f *testing.F) {
	f.Add("img-src *; report-uri https://d.test/r /own; style-src *")
	f.Add("report-uri d.test, report-uri https://d.test;")
	f.Fuzz(func(t *testing.T, s string) {
		denied := func(u string) bool { return strings.Contains(u, "d.test") }
		out := WithoutReports([]string{s}, denied)[0]
		if !strings.Contains(strings.ToLower(s), "report-uri") && out != s {
			t.Fatalf("%q became %q", s, out)
		}
		if again := WithoutReports([]string{out}, denied)[0]; again != out {
			t.Fatalf("%q, %q, %q", s, out, again)
		}
		for _, policy := range strings.Split(out, ",") {
			for _, directive := range strings.Split(policy, ";") {
				w := strings.FieldsFunc(directive, func(c rune) bool { return strings.ContainsRune(" \t\n\f\r", c) })
				if len(w) > 1 && strings.EqualFold(w[0], "report-uri") && strings.Contains(directive, "d.test") {
					t.Fatalf("%q: %q", s, out)
				}
			}
		}
	})
}
