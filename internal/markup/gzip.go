package markup

import (
	"io"
	"sync"

	"github.com/caddy-consent/caddy-consent/internal/deflate"
)

// isGzip tells whether a page has the one coding that can be edited in place.
func isGzip(codings []string) bool { return len(codings) == 1 && codings[0] == "gzip" }

// gzipEditor applies a scanner's edits to a page that comes and goes in gzip, and leaves compressed as it is what
// they do not touch.
type gzipEditor struct {
	deflate.Gzip
	scanner *Scanner
	edits   []deflate.Edit
}

// gzipEditors are used again, with the memory of their windows.
var gzipEditors = sync.Pool{New: func() any { return new(gzipEditor) }}

func newGzipEditor(out io.Writer, scanner *Scanner) *gzipEditor {
	g := gzipEditors.Get().(*gzipEditor)
	g.scanner = scanner
	g.Reset(out, g.scan, scanner.Done)
	return g
}

// scan lets the scanner look at text that is not decided, as long as an edit may still come.
func (g *gzipEditor) scan(text []byte, end bool) ([]deflate.Edit, int) {
	if g.scanner.Done() && !end {
		return nil, len(text)
	}
	edits, decided := g.scanner.Scan(text, end)
	g.edits = g.edits[:0]
	for _, e := range edits {
		g.edits = append(g.edits, deflate.Edit(e))
	}
	return g.edits, decided
}

// Flush passes what need not wait: the head does not wait any longer for the page's encoding.
func (g *gzipEditor) Flush() error {
	if g.scanner.head >= 0 && g.scanner.begun {
		g.scanner.head = -1
		if err := g.Rescan(); err != nil {
			return err
		}
	}
	return g.Gzip.Flush()
}

// release puts the editor back. Nothing may be done with it after.
func (g *gzipEditor) release() {
	g.Reset(nil, nil, nil)
	clear(g.edits)
	g.scanner = nil
	gzipEditors.Put(g)
}
