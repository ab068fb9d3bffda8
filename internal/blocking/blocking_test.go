package blocking

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/internal/markup"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// counted is a recorder that can be compared.
type counted struct {
	policy *policy.Policy
	events []string
}

func (c *counted) Script(owner policy.Owner) {
	c.events = append(c.events, c.policy.Owners()[owner].ID)
}

func (c *counted) Host(host []byte, owner policy.Owner, withheld bool) {
	if c.policy.IsUndeclared(owner) {
		c.events = append(c.events, "undeclared "+string(host))
	}
	if withheld {
		c.Script(owner)
	}
}

func rules(t *testing.T) (*Rules, *counted) {
	t.Helper()
	p, err := policy.New(policy.Declaration{Services: []policy.Service{
		{ID: "video", Purpose: policy.Embeds, Hosts: []policy.Pattern{"video.test", "*.site.test"}, Inline: []string{"video.play("}},
		{ID: "stats", Purpose: policy.Statistics, Hosts: []policy.Pattern{"stats.test"}, Inline: []string{"stats.push("}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	c := &counted{policy: p}
	return New(p, "/_consent"), c
}

func rewritten(t *testing.T, page *Page, text string) string {
	t.Helper()
	var rules markup.Rules
	page.Withhold(&rules)
	page.Activate(&rules)
	var out bytes.Buffer
	r := markup.Rewriter{Out: &out, Scanner: markup.Scanner{Rules: rules}}
	if _, err := r.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestElementMarks(t *testing.T) {
	const (
		video = ` data-caddy-consent="" data-consent-service="video"`
		stats = ` data-caddy-consent="" data-consent-service="stats"`
	)
	for _, c := range []struct {
		granted            policy.Set
		page, want, counts string
	}{
		{0, `<img src=//video.test/x>`, `<img` + video + ` data-consent-src=//video.test/x>`, "[video]"},
		{1, `<img src=//video.test/x>`, `<img src=//video.test/x>`, "[]"},
		{0, `<img src=//www.site.test/x><img src=/y>`, `<img src=//www.site.test/x><img src=/y>`, "[]"}, // the site itself
		{0, `<img src=//cdn.site.test/x>`, `<img` + video + ` data-consent-src=//cdn.site.test/x>`, "[video]"},
		{3, `<img src=//unknown.test/x>`, `<img src=//unknown.test/x>`, "[undeclared unknown.test]"},
		{
			3, `<script src=//static.hotjar.com/x></script>`,
			`<script data-caddy-consent="" data-consent-service="hotjar" type="text/plain" data-consent-src=//static.hotjar.com/x></script>`,
			"[undeclared static.hotjar.com hotjar]",
		},
		{0, `<script>video.play(1);stats.push(2)</script>`, `<script` + video + ` type="text/plain">video.play(1);stats.push(2)</script>`, "[video]"},
		{1, `<script>video.play(1);stats.push(2)</script>`, `<script` + stats + ` type="text/plain">video.play(1);stats.push(2)</script>`, "[stats]"},
		{3, `<script>video.play(1);stats.push(2)</script>`, `<script>video.play(1);stats.push(2)</script>`, "[]"},
		{
			2, `<script type="text/plain" data-consent-service="stats" data-consent-src="/x"></script>`,
			`<script data-caddy-consent=""  data-consent-service="stats" src="/x"></script>`, "[]",
		},
		{
			1, `<script type="text/plain" data-consent-service="stats" data-consent-src="/x"></script>`,
			`<script type="text/plain" data-consent-service="stats" data-consent-src="/x"></script>`, "[]",
		},
		{3, `<img data-consent-service=nobody data-consent-src=/x>`, `<img data-consent-service=nobody data-consent-src=/x>`, "[]"},
	} {
		t.Run(fmt.Sprintf("%.60q with %b", c.page, c.granted), func(t *testing.T) {
			r, counts := rules(t)
			got := rewritten(t, &Page{Rules: r, Recorder: counts, Granted: c.granted, Origin: "https://www.site.test", Host: "www.site.test"}, c.page)
			if got != c.want || fmt.Sprint(counts.events) != c.counts {
				t.Errorf("%s with %b became %s\nwant %s\ncounted %v", c.page, c.granted, got, c.want, counts.events)
			}
		})
	}
}

func TestPlaceholderQuery(t *testing.T) {
	const own = ` src="/_consent/placeholder?service=`
	for src, want := range map[string]string{
		`https://video.test/a?b=1&amp;c="`:                own + `video&amp;lang=fr&amp;url=https%3A%2F%2Fvideo.test%2Fa%3Fb%3D1%26c%3D%22"`,
		` //www.youtube.com/é `:                           own + `youtube&amp;lang=fr&amp;url=%2F%2Fwww.youtube.com%2F%C3%A9"`,
		"//video.test/" + strings.Repeat("x", maxContent): own + `video&amp;lang=fr"`,
	} {
		t.Run(fmt.Sprintf("%.40q", src), func(t *testing.T) {
			r, counts := rules(t)
			got := rewritten(t, &Page{Rules: r, Recorder: counts, Origin: "https://www.site.test", Host: "www.site.test", Language: "fr"},
				`<iframe src='`+src+`'></iframe>`)
			if !strings.Contains(got, want+" data-consent-src='"+src+"'>") {
				t.Errorf("%s became %s, want %s", src, got, want)
			}
			got = rewritten(t, &Page{Rules: r, Recorder: counts, Origin: "https://www.site.test", Host: "www.site.test", Language: "fr", Away: true},
				`<iframe src='`+src+`'></iframe>`)
			if want = strings.Replace(want, `"`, `"https://www.site.test`, 1); !strings.Contains(got, want) {
				t.Errorf("behind a <base> of another origin, %s became %s, want %s", src, got, want)
			}
		})
	}
}

func TestPlaceholderEmbedded(t *testing.T) {
	for path, want := range map[string]string{"/a?b=1&c": "%2Fa%3Fb%3D1%26c", "/" + strings.Repeat("x", maxContent): "%2F"} {
		t.Run(fmt.Sprintf("%.40q", path), func(t *testing.T) {
			r, counts := rules(t)
			got := rewritten(t, &Page{Rules: r, Recorder: counts, Embedded: path}, `<iframe src=//video.test></iframe>`)
			if !strings.Contains(got, ` src="/_consent/placeholder?service=video&amp;url=%2F%2Fvideo.test&amp;embedded=`+want+`"`) {
				t.Errorf("%.20s: %s", path, got)
			}
		})
	}
}

func TestLinkHeader(t *testing.T) {
	for _, c := range []struct {
		lines, want []string
	}{
		{[]string{`<https://video.test/x.js>; rel=preload; as=script`}, nil},
		{
			[]string{`</own.css>; rel=preload, <//video.test>;rel="dns-prefetch preconnect" , <https://unknown.test>; rel=preconnect`},
			[]string{`</own.css>; rel=preload, <https://unknown.test>; rel=preconnect`},
		},
		{
			[]string{`<https://video.test/>; rel=canonical`, `<https://VIDEO.test/a,b>; title="a, \"b"; REL=Stylesheet`, `<https://video.test/>; rel=next`},
			[]string{`<https://video.test/>; rel=canonical`, `<https://video.test/>; rel=next`},
		},
		{
			[]string{
				`</own.png>; rel=preload; as=image; imagesrcset="/own.png 1x, https://video.test/x.png 2x"`,
				`<https://video.test/a.js>; title="x; rel=canonical"; rel=preload`, `<https://video.test/b.js>; rel="\preload"`,
				`</own.js>; title=<; rel=canonical, <https://video.test/c.js>; rel=preload`,
			},
			[]string{`</own.js>; title=<; rel=canonical`},
		},
		{
			[]string{`<https://video.test/x`, `nonsense, <`, ``, `<https://video.test/>; title="rel=preload`},
			[]string{`<https://video.test/x`, `nonsense, <`, ``, `<https://video.test/>; title="rel=preload`},
		},
	} {
		t.Run(fmt.Sprintf("%.40q", c.lines), func(t *testing.T) {
			r, counts := rules(t)
			page := &Page{Rules: r, Recorder: counts, Host: "www.site.test"}
			if got := page.Links(c.lines); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) {
				t.Errorf("%q became %q, want %q", c.lines, got, c.want)
			}
		})
	}
}

func TestSitePaths(t *testing.T) {
	p, err := policy.New(policy.Declaration{Services: []policy.Service{
		{ID: "stats", Purpose: policy.Statistics, Paths: []policy.Pattern{"/stats/*"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	const mark = ` data-caddy-consent="" data-consent-service="stats"`
	for _, c := range []struct {
		granted    policy.Set
		page, want string
		depends    bool
	}{
		{0, `<img src=/stats/x>`, `<img` + mark + ` data-consent-src=/stats/x>`, true},
		{0, `<img src=../../stats/x>`, `<img` + mark + ` data-consent-src=../../stats/x>`, true},
		{0, `<img src=//WWW.site.test/%73tats//x>`, `<img` + mark + ` data-consent-src=//WWW.site.test/%73tats//x>`, true},
		{1, `<img src=/stats/x>`, `<img src=/stats/x>`, true},
		{0, `<img src=/other/stats/x><img src=stats/x>`, `<img src=/other/stats/x><img src=stats/x>`, false},
		{0, `<img src=//other.test/stats/x>`, `<img src=//other.test/stats/x>`, false},
	} {
		t.Run(fmt.Sprintf("%q with %b", c.page, c.granted), func(t *testing.T) {
			page := &Page{Rules: New(p, "/_consent"), Recorder: &counted{policy: p}, Granted: c.granted, Host: "www.site.test", Path: "/a/b"}
			if got := rewritten(t, page, c.page); got != c.want || page.Depends != c.depends {
				t.Errorf("became %s, want %s; depends on the choice: %t", got, c.want, page.Depends)
			}
		})
	}
	page := &Page{Rules: New(p, "/_consent"), Recorder: &counted{policy: p}, Host: "www.site.test", Path: "/a/b"}
	lines := []string{`</stats/x.js>; rel=preload, </own.js>; rel=preload`, `<../stats/y.js>; rel=preload`}
	if got := page.Links(lines); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", []string{`</own.js>; rel=preload`}) {
		t.Errorf("the links become %q", got)
	}
}
