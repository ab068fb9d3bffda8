package markup

import (
	"io"
	"sync"

	"github.com/caddy-consent/caddy-consent/internal/css"
)

// Rewriter applies a scanner's edits to the page written to it and passes the
// result on. What is decided passes at once; what is not waits: a piece of a tag, a script
// whose text decides, or the 64 KiB in which a <frameset> may still come.
type Rewriter struct {
	Out     io.Writer
	Scanner Scanner

	sheet  *css.Scanner // in the scanner's place; nil for a page
	held   []byte
	base   int64 // offset in the page of held[0]
	growth int   // by the edits
	err    error // of Out: what was lost there is lost
}

// Reset makes the rewriter ready for another page, with its memory.
func (r *Rewriter) Reset(out io.Writer, page Page) {
	r.Scanner.Reset(page.Rules)
	r.Scanner.XML, r.Scanner.Charset = page.XML, page.Charset
	if cap(r.held) > maxOutput {
		r.held = nil
	}
	r.Out, r.held, r.base, r.growth, r.err = out, r.held[:0], 0, 0, nil
	r.sheet = page.Sheet
}

// finder is what finds the edits.
func (r *Rewriter) finder() finder {
	if r.sheet != nil {
		return r.sheet
	}
	return &r.Scanner
}

// Write takes the next bytes of the page. It takes all, or fails.
func (r *Rewriter) Write(p []byte) (int, error) {
	if r.err == nil && r.finder().Done() && len(r.held) == 0 {
		var n int
		n, r.err = r.Out.Write(p)
		return n, r.err
	}
	if err := r.scan(p, false); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close ends the page: what was held is decided and passes.
func (r *Rewriter) Close() error { return r.scan(nil, true) }

// Flush passes what need not wait: the head does not wait any longer for the page's encoding.
func (r *Rewriter) Flush() error {
	if r.Scanner.head < 0 || !r.Scanner.begun {
		return nil
	}
	r.Scanner.head = -1
	return r.scan(nil, false)
}

// Abandon passes what is held unchanged, for a page that ends before its end.
func (r *Rewriter) Abandon() error {
	if r.err == nil {
		_, r.err = r.Out.Write(r.held)
		r.held = nil
	}
	return r.err
}

func (r *Rewriter) scan(p []byte, eof bool) error {
	if r.err != nil {
		return r.err
	}
	window := p
	if len(r.held) > 0 {
		r.held = append(r.held, p...)
		window = r.held
	}
	edits, decided := r.finder().Scan(window, eof)
	if decided == len(window) {
		r.held = r.held[:0] // now, so that Growth is known while this is written
	}
	if r.err = r.pass(window[:decided], edits); r.err != nil {
		return r.err
	}
	r.base += int64(decided)
	if decided > 0 || len(r.held) == 0 {
		r.held = append(r.held[:0], window[decided:]...)
	}
	return nil
}

// pass writes decided bytes. It is one write, which is cheaper than several, and lets a
// writer that judges by the first one (encode's minimum length) see what it would have
// seen.
func (r *Rewriter) pass(decided []byte, edits []Edit) error {
	if len(decided) == 0 && len(edits) == 0 {
		return nil
	}
	if len(edits) == 0 {
		_, err := r.Out.Write(decided)
		return err
	}
	for _, e := range edits {
		r.growth += len(e.Replacement) - e.Length
	}
	buffer := outputs.Get().(*[]byte)
	*buffer = appendEdited((*buffer)[:0], decided, r.base, edits)
	_, err := r.Out.Write(*buffer)
	if err == nil && cap(*buffer) <= maxOutput {
		outputs.Put(buffer)
	}
	return err
}

// outputs are the buffers in which edited output is made. A writer does not keep what it
// is given (io.Writer), so that they can be used again; but HTTP/2's server may, when it fails.
var outputs = sync.Pool{New: func() any { return new([]byte) }}

// maxOutput bounds what is kept of them.
const maxOutput = 128 << 10

// appendEdited applies edits to text, which stands at offset base in the page.
func appendEdited(out, text []byte, base int64, edits []Edit) []byte {
	at := 0
	for _, e := range edits {
		offset := int(e.Offset - base)
		out = append(append(out, text[at:offset]...), e.Replacement...)
		at = offset + e.Length
	}
	return append(out, text[at:]...)
}
