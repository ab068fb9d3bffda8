package csp

import (
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// Words that policies are made of here: enough of each kind to meet the others.
var (
	directiveWords = []string{
		"default-src", "script-src", "script-src", "script-src-elem", "style-src", "style-src-elem", "connect-src",
		"child-src", "frame-src", "form-action", "worker-src", "img-src", "Script-Src", "DEFAULT-SRC", "script-src-attr",
		"require-trusted-types-for", "sandbox", "unknown-src",
	}
	sourceWords = []string{
		"'self'", "'none'", "'NONE'", "*", "https:", "http:", "data:", "ws:", "'unsafe-inline'", "'unsafe-eval'", "'strict-dynamic'",
		"'Strict-Dynamic'", "'nonce-abc'", "'nonce-xyz'", "'NONCE-abc'", "'nonce-'", "'sha256-CCCC='", "'" + hashGuard + "'",
		"data.example.fr", "*.example.fr", "example.fr", "data.example.fr:8443", "https://data.example.fr", "localhost:8080", "*:*",
		"data.example.fr/_consent/", "data.example.fr/_consent/assets", "data.example.fr/_consent/choice", "cdn.example", "https://cdn.example/lib/",
		"'script'", "é", "!",
	}
	separators = []string{";", "; ", " ; ", ";;", ", ", ",", "\t;\f"}
	spaces     = []string{" ", "  ", "\t", "\f "}
)

// compose makes a policy of the words that choose picks.
func compose(choose func(n int) int) string {
	var b strings.Builder
	for range choose(7) {
		b.WriteString(directiveWords[choose(len(directiveWords))])
		for range choose(6) {
			b.WriteString(spaces[choose(len(spaces))])
			b.WriteString(sourceWords[choose(len(sourceWords))])
		}
		b.WriteString(separators[choose(len(separators))])
	}
	return b.String()
}

var directiveOf = map[Kind]string{Script: "script-src-elem", Style: "style-src-elem", Connect: "connect-src", Frame: "frame-src", Form: "form-action"}

// probes are what a page might load or run besides what is ours.
func probes(page *url.URL) (list []request) {
	for _, directive := range []string{
		"script-src-elem", "style-src-elem", "connect-src", "frame-src", "form-action", "worker-src", "img-src", "object-src",
	} {
		for _, address := range []string{
			page.String() + "/", page.String() + "/app.js", page.String() + "/_consent", page.String() + "/_consent/", page.String() + "/_consent/choice/x",
			page.String() + "/_consent/assets/1a2b3c4d/guard.js/", page.String() + "/_consent/assets/1a2b3c4d/", page.String() + "/_consent/frames",
			"http://data.example.fr/_consent/x", "https://data.example.fr:9/_consent/choice", "https://www.example.fr/_consent/choice",
			"https://cdn.example/lib/a.js", "https://evil.example/_consent/choice", "wss://cdn.example/", "data:text/html,x", "blob:x",
		} {
			u, err := url.Parse(address)
			if err != nil {
				panic(err)
			}
			list = append(list, request{directive: directive, url: u})
			if directive == "script-src-elem" {
				list = append(list, request{directive: directive, url: u, nonce: "abc"},
					request{directive: directive, url: u, nonce: "xyz", hash: "sha256-DDDD="},
					request{directive: directive, url: u, hash: "sha256-CCCC="}, request{directive: directive, url: u, inserted: true})
			}
		}
	}
	for _, directive := range []string{"script-src-elem", "script-src-attr", "style-src-elem", "style-src-attr"} {
		list = append(list, request{directive: directive, inline: true}, request{directive: directive, inline: true, nonce: "abc"},
			request{directive: directive, inline: true, hash: "sha256-CCCC="})
	}
	return append(list, request{directive: "script-src", eval: true})
}

// judge judges what became of policies: our resources pass, if they were refused, and
// nothing else changes.
func judge(t *testing.T, before, after []parsedPolicy, marks Element, page *url.URL, rest []request, changed bool) {
	t.Helper()
	if len(before) != len(after) {
		t.Fatal("other policies")
	}
	passed, sockets := true, false
	for _, resource := range ours {
		r := request{directive: directiveOf[resource.Kind], url: &url.URL{Scheme: page.Scheme, Host: page.Host, Path: resource.Path}}
		if strings.HasSuffix(resource.Path, "/") {
			r.url.Path += "below/it"
		}
		for _, p := range before {
			passed = passed && p.allows(r, page)
		}
		if r.nonce = marks.Nonce; marks.Integrity {
			r.hash = resource.Hash
		}
		for i, p := range after {
			if !p.allows(r, page) {
				t.Fatalf("policy %d refuses %s %s", i, r.directive, r.url)
			}
		}
	}
	if !changed {
		return
	}
	for i := range before {
		for _, list := range before[i] {
			sockets = sockets || slices.ContainsFunc(list, func(s string) bool { return strings.HasPrefix(strings.ToLower(s), "ws") })
		}
		for _, r := range rest {
			if was, is := before[i].allows(r, page), after[i].allows(r, page); was != is {
				t.Fatalf("policy %d allows %+v: %v, was %v", i, r, is, was)
			}
		}
	}
	if passed && !sockets { // a ws: source allows us by the letter, but not in all browsers
		t.Fatal("without a resource that is refused")
	}
}

func checkAdmitted(t *testing.T, values []string, origin string, rest []request) {
	t.Helper()
	u, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	got, marks := Permit(values, origin, ours, Element{})
	defer func() {
		if t.Failed() {
			t.Logf("%s: %q became %q", origin, values, got)
		}
	}()
	judge(t, parseAll(values), parseAll(got), marks, u, rest, !slices.Equal(got, values))
	if again, marks2 := Permit(got, origin, ours, marks); !slices.Equal(again, got) || marks2 != marks {
		t.Fatalf("then %q", again)
	}
}

func checkAdmittedMeta(t *testing.T, content, origin string, rest []request) {
	t.Helper()
	u, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	got, marks := PermitMeta(content, origin, ours, Element{})
	defer func() {
		if t.Failed() {
			t.Logf("%s: %q became %q", origin, content, got)
		}
	}()
	judge(t, []parsedPolicy{parseOne(content)}, []parsedPolicy{parseOne(got)}, marks, u, rest, got != content)
}

var origins = []string{page, "https://data.example.fr:8443", "http://localhost:8080", "http://data.example.fr"}

func TestPolicyPermissionsKept(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	for _, origin := range origins {
		u, _ := url.Parse(origin)
		rest := probes(u)
		for range 500 {
			values := []string{compose(source.IntN), compose(source.IntN)}
			checkAdmitted(t, values[:1+source.IntN(2)], origin, rest)
		}
	}
}

func FuzzPermitComposed(f *testing.F) {
	f.Add([]byte("\x01\x00\x01\x00\x01"), uint8(0))
	f.Add([]byte("\x05\x01\x02\x00\x0b\x00\x0d\x00\x00\x00\x01"), uint8(1))
	var rest [4][]request
	for i, origin := range origins {
		u, _ := url.Parse(origin)
		rest[i] = probes(u)
	}
	f.Fuzz(func(t *testing.T, choices []byte, which uint8) {
		if len(choices) > 200 {
			return
		}
		policy := compose(func(n int) int {
			if len(choices) == 0 {
				return 0
			}
			c := int(choices[0]) % n
			choices = choices[1:]
			return c
		})
		checkAdmitted(t, []string{policy}, origins[which%4], rest[which%4])
	})
}

func FuzzPermit(f *testing.F) {
	for _, seed := range []string{
		"default-src 'none'; form-action 'none', script-src x",
		"script-src 'nonce-abc' 'strict-dynamic' 'unsafe-inline' https:; object-src 'none'",
		"default-src 'self' *.example.fr:* https://data.example.fr/_consent%2f/; style-src\f'none'\f;",
		";;,,;script-src;,", "script-src é\xff; script-src-elem 'sha256-x'",
	} {
		f.Add(seed)
	}
	u, _ := url.Parse(page)
	rest := probes(u)
	f.Fuzz(func(t *testing.T, value string) {
		if len(value) > 2000 {
			return
		}
		checkAdmitted(t, []string{value}, page, rest)
		checkAdmittedMeta(t, value, page, rest)
	})
}

func FuzzOrigin(f *testing.F) {
	for _, seed := range []string{page, "http://localhost:8080", "https://[::1]:8443", "x", "://:", "https://a;b,c d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, origin string) {
		got, _ := Permit([]string{"default-src 'none'; form-action x"}, origin, ours, Element{})
		source, ok := strings.CutPrefix(got[0][strings.LastIndex(got[0], " "):], " ")
		if !ok || !originOf(origin).matches(source, "/_consent/choice") || strings.ContainsAny(source, ";, ") {
			t.Fatalf("%q: %q", origin, got)
		}
	})
}
