package markup

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// everything are rules that look at all of a page and change what they can.
func everything() Rules {
	mark := &Mark{Attributes: ` data-m=""`}
	return Rules{
		Head:    "<script src=/g></script>",
		Body:    insert(notice),
		Host:    func([]byte) *Mark { return mark },
		Script:  func([]byte) *Mark { return mark },
		Frame:   standIn,
		Meta:    func([]byte) string { return "default-src 'none'" },
		Prefix:  "data-x-",
		Gate:    "data-x-service",
		Granted: func([]byte) *Mark { return mark },
	}
}

// endless are pages that are made of a beginning and of one text again and again.
var endless = map[string]struct{ begin, text string }{
	"a page": {"<!doctype html><title>T</title><body>",
		`<div class="a b"><p>Jeux de données &amp; cartes</p><!-- c --><img src=//t.example/i.png alt=""><a href="/x">x</a>` +
			`<script>var a = "<b>" + 1 < 2;</script><script async src="https://t.example/t.js"></script>` +
			`<iframe src="//f.example/" srcdoc="&lt;img src=//t.example/&gt;"></iframe>` +
			`<noscript><img src="//t.example/p.gif"></noscript><svg><image href="//t.example/s.svg"/></svg></div>` +
			strings.Repeat("<p>La ville publie ses jeux de données ouvertes, et rien d'autre.</p>\n", 60)},
	"one text":                   {"<!doctype html><body>", "La ville publie ses jeux de données ouvertes, et rien d'autre. "},
	"one comment":                {"<!doctype html><body><!--", "- <p> -- > <script> "},
	"one tag":                    {"<!doctype html><body><img ", `src="//t.example/i.png" a='b' c `},
	"one attribute":              {`<!doctype html><body><img src="`, `//t.example/i.png?a=b&amp;c>`},
	"one tag name":               {"<!doctype html><body><", "img"},
	"one script":                 {"<!doctype html><body><script>", `document.write("<script>" + '<p>'); <!-- `},
	"one style":                  {"<!doctype html><head><style>", "a{b:url(//t.example/x)} "},
	"one noscript":               {"<!doctype html><body><noscript>", `<img src="//t.example/p.gif"> & text`},
	"one title":                  {"<!doctype html><title>", "text <b> &amp; </titl "},
	"one doctype":                {"<!doctype ", `html "x" `},
	"one head":                   {"<!doctype html><head>", "<meta name=a content=b><link rel=icon href=//t.example/i.png>\n"},
	"open elements":              {"<!doctype html><body>", "<div><b>"},
	"open SVG":                   {"<!doctype html><body><svg>", "<g>"},
	"open templates":             {"<!doctype html>", "<template>"},
	"nothing yet":                {"", " \n"},
	"spaces, perhaps a frameset": {"<!doctype html><head></head>", "<!-- c --> \n"},
	"one marked section":         {"<!doctype html><body><svg><![CDATA[", "]] > <p> "},
}

// TestMemoryPage writes pages much larger than what may be held of them.
func TestMemoryPage(t *testing.T) {
	for name, page := range endless {
		t.Run(name, func(t *testing.T) {
			for _, xml := range []bool{false, true} {
				size := 16 << 20 // 64 times what may be held
				switch {
				case raceDetector():
					size = 4 << 20 // it makes all this twenty times slower
				case name == "a page" && !xml && os.Getenv("CONSENT_NIGHTLY") != "":
					size = 1 << 30
				case name == "a page" && !xml:
					size = 64 << 20
				}
				var r Rewriter
				var out counter
				r.Reset(&out, Page{Rules: everything(), XML: xml})
				grown := feed(t, &r, page.begin, page.text, size)
				if err := r.Close(); err != nil || int(out) < size {
					t.Errorf("%s, XML %v: %d bytes of %d, %v", name, xml, out, size, err)
				}
				if grown > maxGrowth {
					t.Errorf("%s, XML %v: the heap grows by %d bytes", name, xml, grown)
				}
			}
		})
	}
}

func TestMemoryCompressedPage(t *testing.T) {
	const size = 4 << 20
	for name, page := range endless {
		t.Run(name, func(t *testing.T) {
			var out counter
			s := NewStream(&out, Page{Rules: everything(), From: []string{"gzip"}, To: []string{"gzip"}})
			w, _ := gzip.NewWriterLevel(s, gzip.BestSpeed)
			grown := feed(t, w, page.begin, page.text, size)
			if err := w.Close(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := s.Close(); err != nil || out == 0 {
				t.Errorf("%s: %v", name, err)
			}
			s.End()
			if grown > 2*maxGrowth { // the compressors' windows, too
				t.Errorf("%s: the heap grows by %d bytes", name, grown)
			}
		})
	}
}

// TestMemoryDecompressionBomb pushes 32 MiB in a few bytes.
func TestMemoryDecompressionBomb(t *testing.T) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, "<!doctype html><body>")
	space := bytes.Repeat([]byte(" "), 1<<20)
	for range 32 {
		_, _ = w.Write(space)
	}
	_ = w.Close()
	out := &watcher{before: heap()}
	s := NewStream(out, Page{Rules: everything(), From: []string{"gzip"}})
	if _, err := s.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil || out.n < 32<<20 || out.most > maxGrowth {
		t.Errorf("%v, %d bytes, the heap grows by %d", err, out.n, out.most)
	}
	s.End()
}

// raceDetector tells whether the test runs with it.
func raceDetector() bool {
	build, _ := debug.ReadBuildInfo()
	return slices.Contains(build.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// maxGrowth is over what may be held of a page: a script of 256 KiB, before and after.
const maxGrowth = 2 << 20

// feed writes so many bytes and returns by how many the heap has grown at most.
func feed(t *testing.T, w io.Writer, begin, text string, size int) (grown int64) {
	t.Helper()
	piece := []byte(strings.Repeat(text, 1+(32<<10)/len(text)))
	before := heap()
	if _, err := io.WriteString(w, begin); err != nil {
		t.Fatal(err)
	}
	next := 0
	for written := 0; written < size; written += len(piece) {
		if _, err := w.Write(piece); err != nil {
			t.Fatal(err)
		}
		if written >= next { // twice where what is held may be longest, then now and then
			grown = max(grown, heap()-before)
			next = max(next+next/2, written+256<<10)
		}
	}
	return max(grown, heap()-before)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// counter counts the bytes written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// watcher also looks at the heap, every 8 MiB.
type watcher struct {
	n            int
	before, most int64
}

func (w *watcher) Write(p []byte) (int, error) {
	if w.n>>23 != (w.n+len(p))>>23 {
		w.most = max(w.most, heap()-w.before)
	}
	w.n += len(p)
	return len(p), nil
}
