package markup

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// remembered sends a compressed page through a stream, and returns the page, what was asked for of hosts, and what has
// passed.
func remembered(t testing.TB, rules Rules, known *Known, in []byte, size int, flushes bool) string {
	t.Helper()
	var asked []string
	host := rules.Host
	rules.Known, rules.Host = known, func(name []byte) *Mark {
		asked = append(asked, string(name))
		return host(name)
	}
	var out bytes.Buffer
	s := NewStream(&out, Page{Rules: rules, From: []string{"gzip"}, To: []string{"gzip"}})
	defer s.End()
	for len(in) > 0 {
		n := min(size, len(in))
		if _, err := s.Write(in[:n]); err != nil {
			t.Fatal(err)
		}
		if in = in[n:]; flushes {
			if err := s.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := decompress("gzip", out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(text, asked, s.Passed())
}

func inLevel(level int, text string) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, level)
	_, _ = io.WriteString(w, text) // to memory
	_ = w.Close()
	return b.Bytes()
}

const begun = `<!doctype html><html lang=fr><head><title>x</title></head><body>`

// far is what stands between the places of what is inserted and those that matter here.
var far = strings.Repeat("<p title='x'>La ville publie ses données.</p>\n", 800)

func TestKnownInGzip(t *testing.T) {
	plain := begun + far + rows(900, func(int) string { return "rien" })
	for name, other := range map[string]string{
		"same page":         plain,
		"denied image":      strings.Replace(plain, "Jeu 490000<", "Jeu <img src=//d.test><", 1),
		"host asked":        strings.Replace(plain, "Jeu 490000<", "Jeu <img src=//a.test><", 1),
		"denied script":     strings.Replace(plain, "Jeu 490000<", "Jeu <script>x()</script><", 1),
		"tag from a prefix": strings.Replace(plain, `<td title="a &lt; b"><a href="/explore/700">`, `<img src=//d.test>`, 1),
		"comment begins":    strings.Replace(plain, "Jeu 490000<", "<!--<", 1),
		"encoding":          strings.Replace(plain, "<title>", "<meta charset=iso-2022-jp><title>", 1),
		"at the end":        plain + "<img src=//d.test>",
		"less":              plain[:len(plain)-100],
	} {
		t.Run(name, func(t *testing.T) {
			for level := range 10 {
				known := NewKnown()
				for range 3 {
					remembered(t, hazards(), known, inLevel(level, plain), 32<<10, false)
				}
				in := inLevel(level, other)
				want := remembered(t, hazards(), nil, in, 32<<10, false)
				for _, size := range []int{32 << 10, 1000, 32 << 10, 77, 32 << 10} {
					if got := remembered(t, hazards(), known, in, size, size == 1000); got != want {
						t.Errorf("level %d, in pieces of %d: another page", level, size)
					}
				}
			}
		})
	}
}

// TestKnownInGzipAsks: of a page that passes without being read, hosts are asked for all the same, and where one is
// denied now, the page is read.
func TestKnownInGzipAsks(t *testing.T) {
	page := begun + far + rows(400, func(row int) string {
		if row%20 > 0 {
			return fmt.Sprintf("%x", uint32(row)*2654435761)
		}
		return fmt.Sprintf(`<script>f()</script><img src=//a%d.test><script type=module>import "//b.test"</script>`, row/20%2)
	})
	in, read := inLevel(6, page), 0
	rules := hazards()
	rules.Script = func([]byte) *Mark { read++; return nil }
	want := remembered(t, rules, nil, in, 32<<10, false)
	known := NewKnown()
	for visit, most := range []int{read, read, read / 2, read / 2} {
		read = 0
		if got := remembered(t, rules, known, in, 32<<10, false); got != want || read > most {
			t.Errorf("visit %d: %d scripts are read, want at most %d; the page is the same: %v", visit, read, most, got == want)
		}
	}
	rules.Host = func(host []byte) *Mark {
		if string(host) == "a1.test" {
			return &Mark{Attributes: " data-m"}
		}
		return nil
	}
	want = remembered(t, rules, nil, in, 32<<10, false)
	for range 2 {
		if got := remembered(t, rules, known, in, 32<<10, false); got != want || !strings.Contains(got, " data-m") {
			t.Error("another page where a host is denied now")
		}
	}
}

// TestKnownInGzipPaths: whether a path is asked for depends on whose the page is.
func TestKnownInGzipPaths(t *testing.T) {
	in := inLevel(6, begun+far+rows(400, func(row int) string {
		if row == 300 {
			return `<script src="//own.test/stats/x.js"></script>`
		}
		return fmt.Sprintf("%x", uint32(row)*2654435761)
	}))
	rules := hazards()
	rules.Site, rules.Page = "other.test", "/"
	rules.Path = func(path, _ string) *Mark {
		if strings.HasPrefix(path, "/stats/") {
			return &Mark{Attributes: " data-m"}
		}
		return nil
	}
	known := NewKnown()
	for range 3 {
		remembered(t, rules, known, in, 32<<10, false)
	}
	rules.Site = "own.test"
	want := remembered(t, rules, nil, in, 32<<10, false)
	if got := remembered(t, rules, known, in, 32<<10, false); got != want || !strings.Contains(want, " data-m") {
		t.Error("another page, where a denied path is one of the page's own")
	}
}

// FuzzKnownInGzip: what comes out of a page does not depend on what of others was remembered.
func FuzzKnownInGzip(f *testing.F) {
	for i, seed := range fuzzSeeds {
		change := []string{"<img src=//d.test>", "<img src=//a.test>"}[i%2]
		f.Add(seed, []byte{byte(i)}, uint16(300*i), change, uint8(i), uint16(i*i*7), i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, page string, recipe []byte, at uint16, change string, level uint8, size uint16, body bool) {
		rules := hazards()
		page = assembled(page, recipe)
		if page = far[:200] + page + "</p>" + far[:int(at)%7000] + page + far[:1000]; body {
			page = "<body>" + far + page
		} else {
			rules.Head, rules.Body, rules.Meta = "", nil, nil
		}
		i := len(page) - int(at)%len(page)
		other := page[:i] + change + page[i:]
		known := newKnown(32+int(level)*2, 300, 1<<13)
		in, changed := inLevel(int(level)%10, page), inLevel(int(level)%10, other)
		want := remembered(t, rules, nil, in, len(in), false)
		for _, size := range []int{len(in), len(in), 1 + int(size), len(in)} {
			if got := remembered(t, rules, known, in, size, size%2 > 0); got != want {
				t.Fatalf("in pieces of %d: another page", size)
			}
		}
		want = remembered(t, rules, nil, changed, len(changed), false)
		for _, size := range []int{len(changed), 1 + int(size), len(changed)} {
			if got := remembered(t, rules, known, changed, size, size%2 > 0); got != want {
				t.Fatalf("%q at %d, in pieces of %d: another page", change, i, size)
			}
		}
	})
}

// flushedGzip compresses parts of a page; each but the last ends with a flush.
func flushedGzip(parts ...string) (pieces [][]byte) {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, 6)
	for i, part := range parts {
		_, _ = io.WriteString(w, part) // to memory
		if i < len(parts)-1 {
			_ = w.Flush()
		} else {
			_ = w.Close()
		}
		pieces = append(pieces, bytes.Clone(b.Bytes()))
		b.Reset()
	}
	return pieces
}

// varied is what compresses badly.
func varied(n int) string {
	return rows(n, func(row int) string { return fmt.Sprintf("%x", uint32(row)*2654435761) })
}

// TestKnownInGzipFlushed: what a sender has flushed, or left unfinished, is seen as early as of a page that nobody knows.
func TestKnownInGzipFlushed(t *testing.T) {
	page, tail := begun+far+varied(1000), varied(60)
	unseen := "<meta charset=iso-2022-jp>" + strings.Repeat("la suite du texte ", 3000) // whose rest passes unseen
	more := flushedGzip(page, varied(3), tail)
	for name, c := range map[string]struct {
		pieces [][]byte // that come
		end    func(*Stream) error
	}{
		"flushed, then unseen":   {flushedGzip(page, unseen, tail)[:2], (*Stream).Flush},
		"abandoned, then unseen": {flushedGzip(page, unseen, tail)[:2], (*Stream).Abandon},
		"more behind a flush":    {[][]byte{more[0], more[1], more[2][:20]}, (*Stream).Flush},
	} {
		t.Run(name, func(t *testing.T) {
			known := NewKnown()
			for range 3 {
				remembered(t, hazards(), known, bytes.Join(flushedGzip(page, tail), nil), 32<<10, false)
				remembered(t, hazards(), known, bytes.Join(more, nil), 32<<10, false)
			}
			if got, want := seen(t, known, c.end, c.pieces...), seen(t, nil, c.end, c.pieces...); got < want {
				t.Errorf("%d bytes of text are seen, want %d", got, want)
			}
		})
	}
	t.Run("wherever segments end", func(t *testing.T) {
		piece := flushedGzip(begun+far+varied(200), tail)[0]
		want := seen(t, nil, (*Stream).Flush, piece)
		for segment := 400; segment < 2000; segment++ {
			if got := seen(t, newKnown(segment, 3*segment, 64), (*Stream).Flush, piece); got != want {
				t.Fatalf("segments of %d: %d bytes of text are seen, want %d", segment, got, want)
			}
		}
	})
}

// seen is how much text is seen of the pieces of a page that have come, when its stream has been flushed or abandoned.
func seen(t *testing.T, known *Known, end func(*Stream) error, pieces ...[]byte) int {
	t.Helper()
	rules := hazards()
	rules.Known = known
	var out bytes.Buffer
	s := NewStream(&out, Page{Rules: rules, From: []string{"gzip"}, To: []string{"gzip"}})
	defer s.End()
	for _, piece := range pieces {
		if _, err := s.Write(piece); err != nil {
			t.Fatal(err)
		}
	}
	if err := end(s); err != nil {
		t.Fatal(err)
	}
	return len(visible(t, out.Bytes()))
}

// visible is what can be decoded of a stream that has no end yet.
func visible(t *testing.T, stream []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(r)
	return text
}

// nonceHashes lets styles count by their hash, but those with the nonce.
type nonceHashes string

func (nonceHashes) DemandsHash([]byte) {}

func (n nonceHashes) IsHashedStyle(nonce []byte, attribute bool) bool {
	return !attribute && string(nonce) != string(n)
}

// TestKnownInGzipNonce: the same page comes with another nonce in its header, so that a style is not asked for; no answer
// is taken for another's.
func TestKnownInGzipNonce(t *testing.T) {
	in := inLevel(6, begun+far+varied(300)+`<style nonce=abc>p{background:url(//a.test/x)}</style>`+varied(50)+`<img src=//own.test/y>`+varied(100))
	rules, known := hazards(), NewKnown()
	rules.Hashes, rules.Host = nonceHashes("abc"), func([]byte) *Mark { return nil }
	for range 3 {
		remembered(t, rules, known, in, 32<<10, false)
	}
	rules.Hashes = nonceHashes("def")
	rules.Host = func(host []byte) *Mark {
		if string(host) == "own.test" {
			return &Mark{Attributes: " data-m"}
		}
		return nil
	}
	want := remembered(t, rules, nil, in, 32<<10, false)
	if got := remembered(t, rules, known, in, 32<<10, false); got != want || !strings.Contains(want, " data-m") {
		t.Errorf("what is denied is withheld: %t, without a memory %t", strings.Contains(got, " data-m"), strings.Contains(want, " data-m"))
	}
}
