package markup

import (
	"io"
	"strings"
	"testing"
)

// worst are inputs in which something begins again and again, or never ends.
func worst() map[string]string {
	const size = 1 << 20
	repeat := func(before, text, after string) string {
		return before + strings.Repeat(text, (size-len(before)-len(after))/len(text)) + after
	}
	times := func(n int, text string) string { return strings.Repeat(text, n) }
	return map[string]string{
		"text":                   repeat("<body>", "text ", ""),
		"a tag that never ends":  repeat(`<a x="`, "x", ""),
		"attributes that do not": repeat(`<a `, `x="y" `, ""),
		"a quote in each tag":    repeat("<body>", `<a x="><b y='>`, ""),
		"quotes apart":           repeat("<body>", `<a x= '" y= "'>`, ""),
		"an image never ends":    repeat(`<img src="`, "x", ""),
		"images in quotes":       repeat("<body>", `<img src="`+times(1000, "<")+`">`, ""),
		"less-thans":             repeat("", "<", ""),
		"less-thans in a body":   repeat("<body>", "<", ""),
		"less-thans with spaces": repeat("<body>", "< ", ""),
		"empty tags":             repeat("<body>", "<a>", ""),
		"end tags":               repeat("<body>", "</a>", ""),
		"links":                  repeat("<body>", `<a href="/some/path/of/a/link" class="link">`, ""),
		"links in svg":           repeat("<svg>", `<a href="/x">`, ""),
		"pings":                  repeat("<body>", `<a ping="`+times(5000, "//a.test ")+`">`, ""),
		"pings that are none":    repeat("<body>", `<a `+times(5000, "pin g pi ")+`>`, ""),
		"modules":                repeat("<body>", `<script type=module>import "//a.test"</script>`, ""),
		"a module of imports":    repeat("<script type=module>", "import/*", ""),
		"imports":                repeat("<body>", "<script type=module>"+times(20000, `import "`)+"</script>", ""),
		"a map of quotes":        repeat("<body>", "<script type=importmap>"+times(20000, `"`)+"</script>", ""),
		"a map of hosts":         repeat("<body>", "<script type=importmap>"+times(5000, `"//a.test"`)+"</script>", ""),
		"images":                 repeat("<body>", "<img>", ""),
		"denied images":          repeat("<body>", `<img src=//d.test>`, ""),
		"images of others":       repeat("<body>", `<img src="//a.test/x" alt=x>`, ""),
		"slashes":                repeat("<body>", "</", ""),
		"dashes in a comment":    repeat("<!--", "-", ""),
		"bangs in a comment":     repeat("<!--", "--!-", ""),
		"comments":               repeat("<body>", "<!---->", ""),
		"declarations":           repeat("<body>", "<!x>", ""),
		"a script never ends":    repeat("<script>", "x", ""),
		"a script in a script":   repeat("<script>", "<!--<script ", ""),
		"escaped less-thans":     repeat("<script><!--<script ", "<", ""),
		"escaped ends":           repeat("<script><!--<script>", "</script><script>", ""),
		"ends that are none":     repeat("<script>", "</scrip", ""),
		"scripts":                repeat("<body>", "<script>x</script>", ""),
		"denied styles":          repeat("<body>", "<style>a{b:url(//d.test)}</style>", ""),
		"a style of imports":     repeat("<body>", "<style>"+times(5000, `@import "//d.test";`)+"</style>", ""),
		"a style never ends":     repeat("<style>", "@import/*", ""),
		"denied scripts":         repeat("<body>", "<script>track()</script>", ""),
		"a title never ends":     repeat("<title>", "</titl", ""),
		"brackets in CDATA":      repeat("<svg><![CDATA[", "]]", ""),
		"brackets and more":      repeat("<svg><![CDATA[", "]]x", ""),
		"svg nests":              repeat("", "<svg>", ""),
		"svg in svg":             repeat("", "<svg><foreignObject>", ""),
		"svg open and closed":    repeat("", "<svg></svg>", ""),
		"groups in svg":          repeat("<svg>", "<g>", ""),
		"ends in deep svg":       repeat(times(maxOpen, "<svg><g>"), "</x></script>", ""),
		"ends in deep HTML":      repeat("<svg><foreignObject>"+times(maxOpen, "<a>"), "</x></p>", ""),
		"breaking out":           repeat("", "<svg><p>", ""),
		"attributes":             repeat("<body>", "<img "+times(4000, "a ")+">", ""),
		"attributes of one name": repeat("<body>", "<img "+times(4000, "src ")+">", ""),
		"too many attributes":    repeat("<body>", "<img "+times(30000, "a ")+">", ""),
		"links of no kind":       repeat("<body>", "<link "+times(4000, "href ")+">", ""),
		"gated twice":            repeat("<body>", "<img data-c-service=yes "+times(1000, "src data-c-src ")+">", ""),
		"denied twice":           repeat("<body>", "<img src=//d.test "+times(4000, "src ")+">", ""),
		"kinds of link":          repeat("<body>", `<link rel="`+times(8000, "x ")+`" href=x>`, ""),
		"candidates":             repeat("<body>", `<img srcset="`+times(2000, "//a.test 1x, ")+`">`, ""),
		"commas":                 repeat("<body>", `<img srcset="`+times(50000, ",")+`">`, ""),
		"parentheses":            repeat("<body>", `<img srcset="`+times(20000, "a (")+`">`, ""),
		"ampersands":             repeat("<body>", `<img src="`+times(50000, "&")+`">`, ""),
		"references":             repeat("<body>", `<img src="`+times(5000, "&notanentity;")+`">`, ""),
		"lines in a URL":         repeat("<body>", "<img src='"+times(50000, "\n")+"'>", ""),
		"hosts in other letters": repeat("<body>", `<img src=//bücher.test>`, ""),
		"hosts in percents":      repeat("<body>", `<img src=//%64.test>`, ""),
		"a long host":            repeat("<body>", `<img src=//`+times(60000, "a")+`é>`, ""),
		"a document":             repeat("<body>", `<iframe srcdoc="`+times(6000, "<img src=a>")+`"></iframe>`, ""),
		"documents":              repeat("<body>", `<iframe srcdoc="<iframe srcdoc='<iframe srcdoc=x></iframe>'></iframe>"></iframe>`, ""),
		"denied in a document":   repeat("<body>", `<iframe srcdoc="`+times(2000, "&lt;img src=//d.test&gt;")+`"></iframe>`, ""),
		"denied in many":         repeat("<body>", `<iframe srcdoc="`+times(60, "<p>")+`<img src=//d.test>"></iframe>`, ""),
		"noscript never ends":    repeat("<noscript>", "<img src=//d.test>", ""),
		"noscripts":              repeat("<body>", "<noscript><img src=/a></noscript>", ""),
		"denied in a noscript":   repeat("<body>", "<noscript>"+times(5000, "<img src=//d.test>")+"</noscript>", ""),
		"denied before frames":   repeat("<form action=//d.test>", "<form action=//d.test></form>", ""),
		"frames may come":        repeat("<p>", "<!--x--> <p>", ""),
		"frames in templates":    repeat("<p><template>", "<frameset>", ""),
		"templates":              repeat("", "<template>", ""),
		"bases":                  repeat("<body>", "<base href=//a.test>", ""),
		"charsets":               repeat("<body>", "<meta charset=utf-8>", ""),
		"content types":          repeat("<body>", `<meta http-equiv=content-type content="text/html; charset=utf-8">`, ""),
		"charset over and over":  repeat("<body>", `<meta http-equiv=content-type content="`+times(20000, "x")+`">`, ""),
	}
}

// BenchmarkWorstInput feeds them in pieces of 1 KiB.
func BenchmarkWorstInput(b *testing.B) {
	for name, page := range worst() {
		content := []byte(page)
		for _, which := range []struct {
			name  string
			rules Rules
		}{{"", granting()}, {" with a notice", func() Rules { r := granting(); r.Head, r.Body = headed, insert(notice); return r }()}} {
			b.Run(name+which.name, func(b *testing.B) {
				b.SetBytes(int64(len(content)))
				for b.Loop() {
					r := Rewriter{Out: io.Discard, Scanner: Scanner{Rules: which.rules}}
					for rest := content; len(rest) > 0; rest = rest[min(1024, len(rest)):] {
						if _, err := r.Write(rest[:min(1024, len(rest))]); err != nil {
							b.Fatal(err)
						}
					}
					if err := r.Close(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
