package markup

import (
	"io"
	"sync"

	"github.com/caddy-consent/caddy-consent/internal/deflate"
)

// inPlace tells whether a page that comes and goes in these codings can be edited as it is compressed.
func inPlace(from, to []string) (format deflate.Format, ok bool) {
	if len(from) != 1 || len(to) != 1 || from[0] != to[0] {
		return 0, false
	}
	switch from[0] {
	case "gzip":
		return deflate.Gzip, true
	case "deflate":
		return deflate.Deflate, true
	}
	return 0, false
}

// compressedEditor applies the edits that are found to a compressed page, and leaves as it is what they do not touch.
type compressedEditor struct {
	deflate.Stream
	finder  finder
	scanner *Scanner // of a page
}

// compressedEditors are used again, with the memory of their windows.
var compressedEditors = sync.Pool{New: func() any { return new(compressedEditor) }}

func newCompressedEditor(out io.Writer, format deflate.Format, r *Rewriter) *compressedEditor {
	c := compressedEditors.Get().(*compressedEditor)
	c.finder, c.scanner = r.finder(), &r.Scanner
	c.Reset(out, format, c.scan, c.finder.Done)
	if known := c.scanner.Known; known != nil && r.sheet == nil {
		c.Remember(deflate.Recall{Memory: known.compressed, Rules: c.scanner.rulesSum(), Scan: c.scanner})
		c.scanner.notes.on = true
	}
	return c
}

// scan lets the scanner look at text that is not decided, as long as an edit may still come.
func (c *compressedEditor) scan(text []byte, end bool) ([]deflate.Edit, int) {
	if c.finder.Done() && !end {
		return nil, len(text)
	}
	return c.finder.Scan(text, end)
}

// Flush passes what need not wait: the head does not wait any longer for the page's encoding.
func (c *compressedEditor) Flush() error {
	if c.scanner.head >= 0 && c.scanner.begun {
		c.scanner.head = -1
		if err := c.Rescan(); err != nil {
			return err
		}
	}
	return c.Stream.Flush()
}

// release puts the editor back. Nothing may be done with it after.
func (c *compressedEditor) release() {
	c.Reset(nil, 0, nil, nil)
	c.finder, c.scanner = nil, nil
	compressedEditors.Put(c)
}
