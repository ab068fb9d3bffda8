package equality

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

var (
	chosen = flag.String("ways", "", "the ways for markup to try, as a regular expression of their names")
	share  = flag.Int("share", 0, "of html5lib's cases, each way tries one of so many")
)

// html5lib are the inputs of the standard's tree-construction tests, which ship with golang.org/x/net/html.
func html5lib(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "golang.org/x/net/html").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "testdata", "html5lib-tests", "tree-construction", "*.dat"))
	if err != nil || len(files) == 0 {
		t.Fatal("no test data", err)
	}
	var inputs []string
	known := make(map[string]bool)
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range strings.Split("\n"+string(content), "\n#data\n")[1:] {
			input, _, _ := strings.Cut(test, "\n#errors")
			if !known[input] {
				known[input] = true
				inputs = append(inputs, input)
			}
		}
	}
	return inputs
}

// written are those whose markup asks the guard to look closely, though nothing in it is denied. HOST is the site's own.
var written = []string{
	``, ` `, `a`, `<`, `</`, `<a`, `<img`, `<img `, `<img src=`, `<img src="`, `<!`, `<!-`, `<!--`, `<!-->`, `<?`, `&`, `&amp`, `&#`,
	`a < b > c`, "\x00", "a\r\nb\rc",
	`<img src="/a.svg">`, `<img src=//HOST/a.svg alt=">">`, `<IMG SRC='http://HOST/a.svg'/>`, `<img srcset="/a.svg 1x, //HOST/b.svg 2x" src>`,
	`<img src="http&colon;//HOST/a.svg">`, `<img src="\\HOST\a.svg">`,
	`<picture><source srcset="//HOST/a.svg"><img src="/b.svg"></picture>`, `<video src="//HOST/v" poster=/a.svg></video>`,
	`<audio><source src=//HOST/v><track src=/t></audio>`,
	`<link rel=stylesheet href="//HOST/a.css"><link rel=canonical href="https://www.youtube.com/embed/x">`,
	`<a href="https://www.youtube.com/embed/x">x</a>`, `<area href="https://stats.test/x">`,
	`<iframe></iframe>`, `<iframe src="//HOST/empty"></iframe>`, `<iframe srcdoc="<img src='//HOST/a.svg'>"></iframe>`,
	`<iframe srcdoc="&lt;p title=&quot;<img src='https://stats.test/'>&quot;&gt;"></iframe>`,
	`<object data="//HOST/a.svg"></object><embed src="//HOST/a.svg">`, `<input type=image src="//HOST/a.svg"><button formaction="//HOST/a">x</button>`,
	`<form action="//HOST/a"><input name=action></form>`,
	`<form><input name=matches><input name=querySelectorAll><input name=localName><input name=getAttribute><input name=attributes>` +
		`<input name=ownerDocument><img name=src src=//HOST/a.svg></form>`,
	`<svg><image href="//HOST/a.svg"/><use href="#a"/><use xlink:href="//HOST/a.svg#tree"/></svg>`, `<svg><script href="//HOST/a.js"/></svg>`,
	`<svg><style><img src=//HOST/a.svg></style></svg>`,
	`<math><mi><img src=//HOST/a.svg></mi></math>`, `<math><annotation-xml encoding="text/html"><img src=//HOST/a.svg></annotation-xml></math>`,
	`<script src="//HOST/a.js"></script>`, `<script>ran('//HOST')</script>`, `<script type=text/plain>https://stats.test</script>`,
	`<script type="application/json">{"a":"//stats.test"}</script>`,
	`<style>a{background:url(//HOST/a.svg)}</style>`, `<p style="background:url(//HOST/a.svg)">`,
	`<table background="//HOST/a.svg"><tr><td background=//HOST/a.svg>x`, `<body background="//HOST/a.svg">`,
	`<template><img src=//HOST/a.svg><script>ran(1)</script></template>`, `<template shadowrootmode=open><img src=//HOST/a.svg><slot></slot></template>`,
	`<div><template shadowrootmode=closed shadowrootdelegatesfocus shadowrootclonable><img src=//HOST/a.svg></template><b>x</b></div>`,
	`<div><template shadowrootmode=open><template shadowrootmode=open></template></template></div>`,
	`<noscript><img src=//HOST/a.svg></noscript>`, `<noscript><p title="</noscript><img src=//HOST/a.svg>">`,
	`<textarea><img src="//stats.test/a.svg"></textarea>`, `<title><img src=//stats.test/></title>`,
	`<!--<img src="//stats.test/">-->`, `<!-- > <img src=//HOST/a.svg> -->`, `<xmp><img src=//stats.test/></xmp>`,
	`<noembed><img src=//stats.test/></noembed>`, `<noframes><img src=//stats.test/></noframes>`,
	`<p title="<img alt='x onfocus=ran(1) autofocus tabindex=0 y' src='https://stats.test/i.gif'>">`,
	`<p title='<img src="//stats.test/a.gif" onerror="ran(2)">' data-x="<script>ran(3)</script>">`,
	`<p title="<iframe srcdoc='<script>ran(4)</script>' src=https://www.youtube.com/embed/x>"><img src=//HOST/a.svg>`,
	`<a title="</a><img src=https://stats.test/x onerror=ran(5)>">`,
	`<div a="<script src=https://www.googletagmanager.com/gtag/js>"></div>`, `<select><option><img src=//HOST/a.svg></select>`,
	`<table><img src=//HOST/a.svg><tr><td><img src=//HOST/a.svg></table>`,
	`<tr><td><img src=//HOST/a.svg></td></tr>`, `<td>a<td><img src=//HOST/a.svg>`, `<caption><img src=//HOST/a.svg>`,
	`<col span=2><img src=//HOST/a.svg>`, `<frame src=//HOST/empty>`, `<plaintext><img src=//stats.test/>`,
	`<x-test a=1><img src=//HOST/a.svg></x-test>`, `<x-test a=1 src=//HOST/></x-test><x-test></x-test>`, `<p is="x-test">`,
	`<img is=x-img src=//HOST/a.svg>`,
	`<img src=/a.svg onload="ran(6)"><b onclick="ran(7)">x</b>`, `<details open><summary>x</summary><img src=//HOST/a.svg></details>`,
	`<dialog open><img src=//HOST/a.svg></dialog>`,
	`<base href="//HOST/b/"><img src=a.svg>`, `<meta name=referrer content=origin><img src=//HOST/a.svg>`, `<p>a<b><i>b</b>c</i><img src=//HOST/a.svg>`,
	`<a><a><img src=//HOST/a.svg></a></a>`, `<nobr><nobr><img src=//HOST/a.svg>`,
	`<img src=//HOST/a.svg data-consent-src="x">`, `<img data-consent-service="ga" src=//HOST/a.svg>`,
	`<p data-caddy-consent>x</p><img src=//HOST/a.svg>`, `<img src=//[bad/>`, `<img src="//HOST:99999/">`,
	`<img src="javascript:ran(8)"><iframe src="about:blank"></iframe>`,
	`<svg><foreignObject><iframe srcdoc="//HOST"></iframe></foreignObject></svg>`,
	`<svg xmlns:x="http://www.w3.org/1999/xlink"><image x:href="//HOST/a.svg"/></svg>`,
	`<svg><animate attributeName=href to="//HOST/a"/><set attributeName=href to="//HOST/a.svg"/></svg>`,
	`<svg><feImage href="//HOST/a.svg"/><a xlink:href="https://stats.test/">x</a></svg>`, `<img src=//HOST/a.svg src=//stats.test/b.svg>`,
	`<img alt="` + strings.Repeat("//", 300) + `">`,
}

// surrounded puts markup with an address of the site itself, which the guard has to look at, before and behind each case.
func surrounded(cases []string) []string {
	out := make([]string, 0, len(cases))
	for i, c := range cases {
		if i%2 == 0 {
			out = append(out, `<img src="//HOST/dot.svg">`+c)
		} else {
			out = append(out, c+`<img src="//HOST/dot.svg">`)
		}
	}
	return out
}

// markupPages are a page that has cases ready, and what it loads.
func markupPages(t *testing.T, cases []string) map[string]string {
	t.Helper()
	list, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"/markup":   harness.Document(`<script src="/testdata/markup.js"></script><script src="/cases.js"></script>`, ""),
		"/cases.js": "const cases = " + string(list) + ";",
		"/empty":    harness.Document("", ""),
		"/writing": `<!DOCTYPE html><html><head><title>a</title></head><body><p>before</p>` +
			`<script>parent['during' + location.search.slice(1)](document)</script><p>after</p></body></html>`,
	}
}

func TestMarkupParsing(t *testing.T) {
	if !all {
		t.Skip("CONSENT_EQUALITY=all compares what becomes of html5lib's cases too, which takes some minutes")
	}
	standard := html5lib(t)
	if len(standard) < 1000 {
		t.Fatalf("only %d inputs", len(standard))
	}
	markup := append(append([]string{}, written...), standard...)
	markup = append(markup, surrounded(standard)...)
	sameMarkup(t, markup, len(written), 4)
}

// sameMarkup runs cases through all ways. The first go through every way; of the others each way meets one of so many,
// after a refusal and outside of CI fewer, but all of them where CONSENT_EQUALITY=all.
func sameMarkup(t *testing.T, cases []string, first, every int) {
	t.Helper()
	inEach(t, serve(t, markupPages(t, cases)), "/markup", func(t *testing.T, tabs tabs) {
		found := &findings{t: t, tabs: tabs, cases: cases}
		every := every
		if tabs.refused || !harness.IsWhole() {
			every *= 4
		}
		if *share > 0 {
			every = *share
		} else if all {
			every = 1
		}
		if !all && tabs.plain.Engine.Name != "chromium" {
			t.Skip("CONSENT_EQUALITY=all compares markup in this engine too")
		}
		for _, tab := range []*harness.Tab{tabs.plain, tabs.guarded} {
			harness.Ask[bool](tab, fmt.Sprintf("equal.choose(%d, %d, %q)", first, every, *chosen))
		}
		ways := harness.Ask[[]string](tabs.plain, `equal.ways`)
		const step = 100
		for from := 0; from < len(cases); from += step {
			expression := fmt.Sprintf("equal.hashes(%d, %d)", from, from+step)
			found.compare(ways, from, harness.Ask[[]string](tabs.plain, expression), harness.Ask[[]string](tabs.guarded, expression))
		}
		slow := harness.Ask[[]string](tabs.plain, `equal.slow`)
		for from := 0; from < len(cases); from += 20 {
			if from > first {
				from += len(cases) / 15
			}
			expression := fmt.Sprintf("equal.laterHashes(%d, %d)", from, from+20)
			found.compare(slow, from, harness.Ask[[]string](tabs.plain, expression), harness.Ask[[]string](tabs.guarded, expression))
		}
		found.tell()
	})
}

// findings are the cases that differ, by way.
type findings struct {
	t      *testing.T
	tabs   tabs
	cases  []string
	count  int
	differ map[string][]int
	order  []string
}

func (f *findings) compare(ways []string, from int, plain, guarded []string) {
	f.t.Helper()
	for w, way := range ways {
		without, with := strings.Fields(plain[w]), strings.Fields(guarded[w])
		if len(without) != len(with) {
			f.t.Fatalf("%s: %d cases, with the module %d", way, len(without), len(with))
		}
		for i := range without {
			if without[i] != "-" {
				f.count++
			}
			if without[i] == with[i] {
				continue
			}
			if f.differ == nil {
				f.differ = make(map[string][]int)
			}
			if f.differ[way] == nil {
				f.order = append(f.order, way)
			}
			f.differ[way] = append(f.differ[way], from+i)
		}
	}
}

// tell fails with one difference for each way, and says how many there are.
func (f *findings) tell() {
	f.t.Helper()
	f.t.Logf("%d are compared of %d cases, each in one way or more", f.count, len(f.cases))
	if f.count < 1000 {
		f.t.Errorf("only %d are compared", f.count)
	}
	shown, known := 0, make(map[string]int)
	for _, way := range f.order {
		if known[fmt.Sprint(f.differ[way])]++; known[fmt.Sprint(f.differ[way])] > 1 {
			continue // as another way
		}
		for _, i := range f.differ[way][:min(len(f.differ[way]), 6)] {
			expression := fmt.Sprintf("equal.detail(%q, %d)", way, i)
			without, with := harness.Ask[string](f.tabs.plain, expression), harness.Ask[string](f.tabs.guarded, expression)
			if without == with {
				continue // it depends on what was before
			}
			shown++
			f.t.Errorf("%s: %d differ, as %.150q%s", way, len(f.differ[way]), f.cases[i], difference(without, with))
			break
		}
		if shown == 15 {
			f.t.Fatalf("and in %d ways in all: %q", len(f.order), f.order)
		}
	}
	if shown == 0 && len(f.order) > 0 {
		f.t.Errorf("these differ, but not when they are done alone: %v", f.differ)
	}
}
