package csp

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const (
	hashGuard  = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	hashNotice = "sha256-BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB="
	guard      = "data.example.fr/_consent/assets/1a2b3c4d/guard.js"
	notice     = "data.example.fr/_consent/assets/1a2b3c4d/notice.js"
	style      = "data.example.fr/_consent/assets/1a2b3c4d/notice.css"
	choice     = "data.example.fr/_consent/choice"
	frame      = "data.example.fr/_consent/frame/"
)

// ours is what a page with a notice needs.
var ours = []Resource{
	{Kind: Script, Path: "/_consent/assets/1a2b3c4d/guard.js", Hash: hashGuard},
	{Kind: Script, Path: "/_consent/assets/1a2b3c4d/notice.js", Hash: hashNotice},
	{Kind: Style, Path: "/_consent/assets/1a2b3c4d/notice.css"},
	{Kind: Connect, Path: "/_consent/choice"},
	{Kind: Frame, Path: "/_consent/frame/"},
	{Kind: Form, Path: "/_consent/choice"},
}

const page = "https://data.example.fr"

func TestPolicyOwnPaths(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []string
		want   []string // nil for no change
		marks  Element
	}{
		{"no policy", nil, nil, Element{}},
		{"an empty one", []string{""}, nil, Element{}},
		{"nothing about us", []string{"frame-ancestors 'none'; base-uri 'self'; upgrade-insecure-requests"}, nil, Element{}},
		{"the site itself", []string{"default-src 'self'; form-action 'self'"}, nil, Element{}},
		{"what many write", []string{"default-src https: data: 'unsafe-inline' 'unsafe-eval'"}, nil, Element{}},
		{"any", []string{"default-src *"}, nil, Element{}},
		{"not ours to change", []string{"img-src 'none'; font-src 'none'; object-src 'none'; worker-src 'none'"}, nil, Element{}},
		{
			"nothing at all",
			[]string{"default-src 'none'"},
			[]string{"default-src 'none'; frame-src " + frame + "; connect-src " + choice + "; style-src " + style + "; script-src " + guard + " " + notice},
			Element{},
		},
		{
			"an empty list is 'none'",
			[]string{"default-src ;\tform-action"},
			[]string{"default-src; frame-src " + frame + "; connect-src " + choice +
				"; style-src " + style + "; script-src " + guard + " " + notice + " ;\tform-action " + choice},
			Element{},
		},
		{
			"GitHub's",
			[]string{"default-src 'none'; base-uri 'self'; child-src github.githubassets.com github.com/assets-cdn/worker/ github.com/assets/; " +
				"connect-src 'self' uploads.github.com api.github.com wss://alive.github.com; " +
				"font-src github.githubassets.com; form-action 'self' github.com gist.github.com; frame-ancestors 'none'; " +
				"frame-src viewscreen.githubusercontent.com; img-src 'self' data: blob:; " +
				"script-src github.githubassets.com; " +
				"style-src 'unsafe-inline' github.githubassets.com; upgrade-insecure-requests; worker-src github.githubassets.com"},
			[]string{"default-src 'none'; base-uri 'self'; child-src github.githubassets.com github.com/assets-cdn/worker/ github.com/assets/; " +
				"connect-src 'self' uploads.github.com api.github.com wss://alive.github.com; " +
				"font-src github.githubassets.com; form-action 'self' github.com gist.github.com; frame-ancestors 'none'; " +
				"frame-src viewscreen.githubusercontent.com " +
				frame + "; img-src 'self' data: blob:; script-src github.githubassets.com " + guard + " " + notice +
				"; style-src 'unsafe-inline' github.githubassets.com " + style + "; upgrade-insecure-requests; worker-src github.githubassets.com"},
			Element{},
		},
		{
			"Google's: the nonce will do",
			[]string{"script-src 'report-sample' 'nonce-r4nd0m+/_-=' 'unsafe-inline' 'strict-dynamic' https: http: 'unsafe-eval';" +
				"object-src 'none';base-uri 'self';report-uri /csp"},
			nil,
			Element{Nonce: "r4nd0m+/_-="},
		},
		{
			"strict-dynamic by hashes",
			[]string{"script-src 'sha256-CCCC=' 'strict-dynamic' 'unsafe-inline' https:"},
			[]string{"script-src 'sha256-CCCC=' 'strict-dynamic' 'unsafe-inline' https: '" + hashGuard + "' '" + hashNotice + "'"},
			Element{Integrity: true},
		},
		{
			"strict-dynamic that decides for more than scripts",
			[]string{"default-src 'sha256-CCCC=' 'Strict-Dynamic' https://data.example.fr"},
			[]string{"default-src 'sha256-CCCC=' 'Strict-Dynamic' https://data.example.fr; " +
				"script-src 'sha256-CCCC=' 'Strict-Dynamic' https://data.example.fr '" +
				hashGuard + "' '" + hashNotice + "'"},
			Element{Integrity: true},
		},
		{
			"strict-dynamic of script elements alone",
			[]string{"script-src 'none'; script-src-elem 'strict-dynamic' 'nonce-abc'"},
			nil,
			Element{Nonce: "abc"},
		},
		{
			"a nonce without strict-dynamic: no second one, no hash",
			[]string{"script-src 'nonce-abc' 'unsafe-inline'"},
			[]string{"script-src 'nonce-abc' 'unsafe-inline' " + guard + " " + notice},
			Element{},
		},
		{
			"'unsafe-inline' stays on",
			[]string{"script-src 'unsafe-inline' cdn.example; style-src 'unsafe-inline'"},
			[]string{"script-src 'unsafe-inline' cdn.example " + guard + " " + notice + "; style-src 'unsafe-inline' " + style},
			Element{},
		},
		{
			"a policy by paths, then one by the nonce",
			[]string{"script-src cdn.example", "script-src 'nonce-abc' 'strict-dynamic'"},
			[]string{"script-src cdn.example " + guard + " " + notice, "script-src 'nonce-abc' 'strict-dynamic'"},
			Element{Nonce: "abc"},
		},
		{
			"two by the same nonce",
			[]string{"script-src 'nonce-abc', script-src 'strict-dynamic' 'nonce-x' 'nonce-abc'", "script-src 'nonce-x'"},
			[]string{"script-src 'nonce-abc' " + guard + " " + notice + ", script-src 'strict-dynamic' 'nonce-x' 'nonce-abc'", "script-src 'nonce-x'"},
			Element{Nonce: "x"},
		},
		{
			"two nonces: the second has to take the hash",
			[]string{"script-src 'nonce-ABC' 'strict-dynamic'", "script-src 'nonce-abc' 'strict-dynamic'"},
			[]string{"script-src 'nonce-ABC' 'strict-dynamic'", "script-src 'nonce-abc' 'strict-dynamic' '" + hashGuard + "' '" + hashNotice + "'"},
			Element{Nonce: "ABC", Integrity: true},
		},
		{
			"what is no nonce",
			[]string{"script-src 'strict-dynamic' 'nonce-' 'nonce-a.b' nonce-abc 'nonce-abc 'nonce-a===' '" +
				strings.ToUpper(hashGuard[:6]) + hashGuard[6:] + "' '" + hashNotice + "'"},
			nil,
			Element{Integrity: true},
		},
		{
			"in one field, by commas",
			[]string{"default-src 'self', script-src 'none' ,, style-src x"},
			[]string{"default-src 'self', script-src " + guard + " " + notice + " ,, style-src x " + style},
			Element{},
		},
		{
			"capitals and odd whitespace",
			[]string{" Script-SRC\t'NONE'\f; STYLE-SRC\f\fx\f;;"},
			[]string{" Script-SRC\t" + guard + " " + notice + "\f; STYLE-SRC\f\fx " + style + "\f;;"},
			Element{},
		},
		{
			"the first of two counts",
			[]string{"script-src 'self'; script-src 'none'; style-src 'none'; style-src 'self'"},
			[]string{"script-src 'self'; script-src 'none'; style-src " + style + "; style-src 'self'"},
			Element{},
		},
		{
			"'none' among others counts for nothing",
			[]string{"script-src 'none' 'self'; style-src 'none' x"},
			[]string{"script-src 'none' 'self'; style-src 'none' x " + style},
			Element{},
		},
		{
			"frames by child-src, which workers keep",
			[]string{"child-src blob:; default-src *"},
			[]string{"child-src blob:; frame-src blob: " + frame + "; default-src *"},
			Element{},
		},
		{
			"the elem directives decide",
			[]string{"script-src 'self'; script-src-elem x; style-src-elem 'none'; style-src 'self'"},
			[]string{"script-src 'self'; script-src-elem x " + guard + " " + notice + "; style-src-elem " + style + "; style-src 'self'"},
			Element{},
		},
		{
			"form-action falls back to nothing",
			[]string{"default-src 'self'; form-action https://pay.example"},
			[]string{"default-src 'self'; form-action https://pay.example " + choice},
			Element{},
		},
		{
			"directives that are not ASCII count for nothing",
			[]string{"script-src é 'none'; style-src 'none'"},
			[]string{"script-src é 'none'; style-src " + style},
			Element{},
		},
		{"trusted types", []string{"Require-Trusted-Types-For 'SCRIPT'; trusted-types a"}, nil, Element{TrustedTypes: true}},
		{"trusted types for nothing", []string{"require-trusted-types-for script; require-trusted-types-for 'script'"}, nil, Element{}},
		{"sandbox", []string{"sandbox allow-scripts allow-forms"}, nil, Element{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := slices.Clone(c.values)
			got, marks := Permit(c.values, page, ours, Element{})
			want := c.want
			if want == nil {
				want = c.values
				if len(got) > 0 && &got[0] != &c.values[0] {
					t.Error("another slice")
				}
			}
			if !slices.Equal(got, want) || marks != c.marks {
				t.Errorf("got  %q %+v\nwant %q %+v", got, marks, want, c.marks)
			}
			if !slices.Equal(c.values, before) {
				t.Errorf("the caller's values changed: %q", c.values)
			}
			again, marks2 := Permit(got, page, ours, marks)
			if !slices.Equal(again, got) || marks2 != marks {
				t.Errorf("twice: %q %+v", again, marks2)
			}
		})
	}
}

func TestSourceMatch(t *testing.T) {
	const path = "/_consent/assets/1a2b/guard.js"
	for _, c := range []struct {
		origin  string
		allowed string // sources
		refused string
	}{
		{
			"https://data.example.fr",
			"* 'self' 'SELF' https: http: HTTPS: data.example.fr DATA.example.FR *.example.fr *.fr https://* http://*:* *:443 *:* " +
				"https://data.example.fr http://data.example.fr:443 data.example.fr:* data.example.fr/ data.example.fr/_consent/ " +
				"data.example.fr/_consent/assets/1a2b/guard.js data.example.fr/%5fconsent/ data.example.fr/_consent/assets/1a2b/guard%2ejs",
			"'none' self 'unsafe-inline' 'nonce-abc' data: blob: wss: example.fr *.data.example.fr *ample.fr *. *.* .fr " +
				"data.example.fr. www.data.example.fr data.example.fr:80 data.example.fr:8443 data.example.fr: data.example.fr:x " +
				"data.example.fr/_consent data.example.fr/_consent/assets data.example.fr/_consent/assets/1a2b/guard.js/ " +
				"data.example.fr/_consent/assets/1a2b/guard.js?x data.example.fr/_Consent/ data.example.fr//_consent/ data.example.fr/_consent%2f " +
				"data.example.fr/%zz/ data.example.fr/_consent/%5 wss://data.example.fr ftp://data.example.fr " +
				"//data.example.fr https:data.example.fr https:// https:///_consent/ /_consent/ ://x @ [::1]",
		},
		{
			"https://data.example.fr:8443", "'self' https: data.example.fr:8443 *.fr:* https://data.example.fr:8443/",
			"data.example.fr data.example.fr:443 *.example.fr https://data.example.fr",
		},
		{"http://data.example.fr", "'self' * http: data.example.fr data.example.fr:80 http://*", "https: https://data.example.fr data.example.fr:443"},
		{
			"http://localhost:8080", "'self' localhost:8080 http://localhost:8080 localhost:* *:8080",
			"localhost localhost: *.localhost:8080 https://localhost:8080",
		},
		{"http://127.0.0.1:8080", "'self' 127.0.0.1:8080", "127.0.0.1"},
		{"https://[::1]:8443", "'self' * https:", "[::1]:8443 *:8443 https://[::1]:8443 https://*:*"},
		{"https://a_b.example", "'self' * https:", "a_b.example *.example"},
		{"", "'self' *", "https: http: x */ : ://"},
	} {
		t.Run(fmt.Sprintf("%q", c.origin), func(t *testing.T) {
			o := originOf(c.origin)
			for source := range strings.FieldsSeq(c.allowed) {
				if !o.matches(source, path) {
					t.Errorf("%s refuses %s", source, c.origin)
				}
			}
			for source := range strings.FieldsSeq(c.refused) {
				if o.matches(source, path) {
					t.Errorf("%s allows %s", source, c.origin)
				}
			}
		})
	}
}

func TestSourcePathPrefix(t *testing.T) {
	o := originOf(page)
	for source, want := range map[string]bool{
		"data.example.fr/_consent/":           true,
		"data.example.fr/_consent/assets/":    true,
		"data.example.fr/_consent/assets":     false,
		"data.example.fr/_consent/assets/a":   false,
		"data.example.fr/_consent/assets/a/":  false,
		"data.example.fr/_consent/assetssss/": false,
	} {
		t.Run(fmt.Sprintf("%q", source), func(t *testing.T) {
			if o.matches(source, "/_consent/assets/") != want {
				t.Errorf("%s: %v", source, !want)
			}
		})
	}
}

func TestSourceOrigin(t *testing.T) {
	resources := func(path string) []Resource { return []Resource{{Kind: Connect, Path: path}} }
	for _, c := range []struct{ origin, path, want string }{
		{"https://data.example.fr", "/_consent/choice", "data.example.fr/_consent/choice"},
		{"https://data.example.fr:8443", "/_consent/choice", "data.example.fr:8443/_consent/choice"},
		{"https://data.example.fr:443", "/c", "data.example.fr/c"},
		{"http://localhost:8080", "/c/", "localhost:8080/c/"},
		{"http://192.0.2.1:8080", "/c", "192.0.2.1:8080/c"},
		{"https://data.example.fr", "/a;b,c d'é%41%4?", "data.example.fr/a%3Bb%2Cc%20d'%C3%A9%41%254%3F"},
		{"https://[2001:db8::1]:8443", "/c", "'self'"}, // no host-source can name it
		{"https://a_b.example", "/c", "'self'"},
		{"https://data.example.fr.", "/c", "'self'"},
		{"https://data.example.fr:x", "/c", "'self'"},
		{"", "/c", "'self'"},
		{"garbage", "/c", "'self'"},
	} {
		t.Run(fmt.Sprintf("%q", c.origin+c.path), func(t *testing.T) {
			got, _ := Permit([]string{"connect-src x"}, c.origin, resources(c.path), Element{})
			if got[0] != "connect-src x "+c.want {
				t.Errorf("%s%s: %s, want %s", c.origin, c.path, got[0], c.want)
			}
		})
	}
}

func TestNonceEarlierPolicy(t *testing.T) {
	values := []string{"script-src 'nonce-b' 'strict-dynamic'"}
	scripts := ours[:1]
	for _, c := range []struct {
		before, after Element
		added         string
	}{
		{Element{Nonce: "b", Integrity: true}, Element{Nonce: "b", Integrity: true}, ""},
		{Element{TrustedTypes: true}, Element{Nonce: "b", TrustedTypes: true}, ""},
		{Element{Nonce: "a"}, Element{Nonce: "a", Integrity: true}, " '" + hashGuard + "'"},
	} {
		t.Run(fmt.Sprintf("%+v", c.before), func(t *testing.T) {
			got, after := Permit(values, page, scripts, c.before)
			if got[0] != values[0]+c.added || after != c.after {
				t.Errorf("%+v: %q %+v", c.before, got, after)
			}
		})
	}
	got, after := Permit([]string{"script-src 'nonce-a'"}, page, scripts, Element{Nonce: "a"})
	if got[0] != "script-src 'nonce-a'" || after.Nonce != "a" {
		t.Errorf("%q %+v", got, after)
	}
	unhashed := []Resource{{Kind: Script, Path: "/x.js"}}
	got, after = Permit([]string{"script-src 'strict-dynamic'"}, page, unhashed, Element{})
	if got[0] != "script-src 'strict-dynamic'" || after != (Element{}) {
		t.Errorf("nothing would help, but %q %+v", got, after)
	}
	if _, after := Permit(values, page, ours[2:], Element{}); after.Nonce != "" {
		t.Error("a nonce without a script")
	}
}

func TestMetaElement(t *testing.T) {
	for content, want := range map[string]string{
		"":                                  "",
		"default-src 'self'":                "default-src 'self'",
		"connect-src 'self', form-action x": "connect-src 'self', form-action x " + choice, // 'self', is no source
		"script-src x,style-src y":          "script-src x,style-src y " + guard + " " + notice,
		"frame-ancestors 'none'; sandbox; report-uri /x": "frame-ancestors 'none'; sandbox; report-uri /x",
		"form-action 'none'":                             "form-action " + choice,
	} {
		t.Run(fmt.Sprintf("%.40q", content), func(t *testing.T) {
			if got, marks := PermitMeta(content, page, ours, Element{}); got != want || marks != (Element{}) {
				t.Errorf("%q: %q %+v, want %q", content, got, marks, want)
			}
		})
	}
	_, marks := PermitMeta("script-src 'strict-dynamic' 'nonce-m'; require-trusted-types-for 'script'", page, ours, Element{})
	if marks != (Element{Nonce: "m", TrustedTypes: true}) {
		t.Errorf("%+v", marks)
	}
}

func TestPolicyAllocs(t *testing.T) {
	values := []string{
		"default-src 'self'; script-src 'self' cdn.example 'unsafe-inline'; form-action 'self', default-src https://*.example.fr/_consent/",
		"script-src 'nonce-abc' 'strict-dynamic'; require-trusted-types-for 'script'",
	}
	meta := values[1]
	if n := testing.AllocsPerRun(100, func() {
		_, e := Permit(values, page, ours, Element{})
		PermitMeta(meta, page, ours, e)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
