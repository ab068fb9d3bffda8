package csp

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const legacy, reports = "application/csp-report", "application/reports+json"

func TestReportHostAndDirective(t *testing.T) {
	one := func(blocked, effective, violated string) string {
		return `{"csp-report":{"document-uri":"https://a.example/","blocked-uri":"` + blocked +
			`","effective-directive":"` + effective + `","violated-directive":"` + violated + `"}}`
	}
	for _, c := range []struct {
		contentType, body string
		want              []Violation
	}{
		{legacy, one("https://CDN.Example:8443/x?y", "script-src-elem", "script-src-elem"), []Violation{{"cdn.example", "script-src-elem"}}},
		{"Application/CSP-Report; charset=utf-8", one("wss://s.example", "connect-src", ""), []Violation{{"s.example", "connect-src"}}},
		{legacy, one("https://x.example", "", "img-src 'self' https://y.example"), []Violation{{"x.example", "img-src"}}},
		{legacy, one("inline", "Style-Src", ""), []Violation{{"", "style-src"}}},
		{legacy, one("eval", "script-src", ""), []Violation{{"", "script-src"}}},
		{legacy, one("", "script-src", ""), []Violation{{"", "script-src"}}},
		{legacy, one("data:text/html,https://x.example", "frame-src", ""), []Violation{{"", "frame-src"}}},
		{legacy, one("blob:https://x.example/1", "worker-src", ""), []Violation{{"", "worker-src"}}},
		{legacy, one("chrome-extension://abc/x", "img-src", ""), []Violation{{"", "img-src"}}},
		{legacy, one("https://a%3Cb%3E/", "img-src", ""), []Violation{{"", "img-src"}}},
		{legacy, one("https://"+strings.Repeat("a", 254)+"/", "img-src", ""), []Violation{{"", "img-src"}}},
		{legacy, one("https://[::1]:8443/", "img-src", ""), []Violation{{"::1", "img-src"}}},
		{reports, `[]`, nil},
		{reports,
			`[{"type":"deprecation","body":{"blockedURL":5}},` +
				`{"type":"csp-violation","age":1,"url":"https://a.example/",` +
				`"body":{"blockedURL":"https://t.example/p","effectiveDirective":"img-src","disposition":"enforce"}},
			{"type":"csp-violation"},{"type":"csp-violation","body":{"blockedURL":"inline","effectiveDirective":"script-src-attr"}},` +
				`{"type":"csp-violation","body":{"blockedURL":"inline","effectiveDirective":"a b"}}]`,
			[]Violation{{"t.example", "img-src"}, {"", "script-src-attr"}}},
	} {
		t.Run(fmt.Sprintf("%s %v", c.contentType, c.want), func(t *testing.T) {
			got, err := Reports(c.contentType, []byte(c.body))
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%s %s: %v %v, want %v", c.contentType, c.body, got, err, c.want)
			}
		})
	}
}

func TestReportInvalid(t *testing.T) {
	for _, c := range []struct{ contentType, body string }{
		{"application/json", `{"csp-report":{"blocked-uri":"inline","effective-directive":"img-src"}}`},
		{"", ""}, {legacy, ""}, {legacy, "null"}, {legacy, "{}"}, {legacy, "[]"}, {legacy, `{"csp-report":{"blocked-uri":5}}`},
		{legacy, `{"csp-report":{"blocked-uri":"inline","effective-directive":"<b>"}}`}, {legacy, `{"csp-report":{}} x`},
		{legacy, `{"csp-report":{"effective-directive":"` + strings.Repeat("a", 41) + `"}}`},
		{reports, ""}, {reports, "{}"}, {reports, "[1]"}, {reports, "[{}"}, {reports, "[{} {}]"}, {reports, `"["`},
	} {
		t.Run(fmt.Sprintf("%s %.60q", c.contentType, c.body), func(t *testing.T) {
			if got, err := Reports(c.contentType, []byte(c.body)); !errors.Is(err, errNoReport) {
				t.Errorf("%q %s: %v %v", c.contentType, c.body, got, err)
			}
		})
	}
}

func TestReportLimit(t *testing.T) {
	one := `{"type":"csp-violation","body":{"blockedURL":"inline","effectiveDirective":"img-src"}}`
	got, err := Reports(reports, []byte("["+strings.Repeat(one+",", 5000)+one+"]"))
	if err != nil || len(got) != maxReports {
		t.Errorf("%d %v", len(got), err)
	}
}

func FuzzReports(f *testing.F) {
	f.Add(true, []byte(`{"csp-report":{"blocked-uri":"https://x.example","effective-directive":"img-src"}}`))
	f.Add(false, []byte(`[{"type":"csp-violation","body":{"blockedURL":"https://x.example","effectiveDirective":"img-src"}}]`))
	f.Fuzz(func(t *testing.T, one bool, body []byte) {
		contentType := reports
		if one {
			contentType = legacy
		}
		violations, err := Reports(contentType, body)
		if len(violations) > maxReports || err != nil && violations != nil || one && err == nil && len(violations) != 1 {
			t.Fatalf("%v %v", violations, err)
		}
		for _, v := range violations {
			if v.Directive == "" || strings.ContainsAny(v.Host+v.Directive, " \"<>&'\n") || v.Host != strings.ToLower(v.Host) {
				t.Fatalf("%+v", v)
			}
		}
	})
}
