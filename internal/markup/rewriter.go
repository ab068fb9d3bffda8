package markup

import "io"

// Rewriter applies a scanner's edits to the page written to it and passes the
// result on. What is decided passes at once; what is not, at most a piece of a tag
// or the 64 KiB in which a <frameset> may still come, waits.
type Rewriter struct {
	Out     io.Writer
	Scanner Scanner

	held []byte
	base int64 // offset in the page of held[0]
}

// Write takes the next bytes of the page. It takes all, or fails.
func (r *Rewriter) Write(p []byte) (int, error) {
	if r.Scanner.Done() && len(r.held) == 0 {
		return r.Out.Write(p)
	}
	if err := r.scan(p, false); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close ends the page: what was held is decided and passes.
func (r *Rewriter) Close() error { return r.scan(nil, true) }

// Abandon passes what is held unchanged, for a page that ends before its end.
func (r *Rewriter) Abandon() error {
	_, err := r.Out.Write(r.held)
	r.held = nil
	return err
}

func (r *Rewriter) scan(p []byte, eof bool) error {
	window := p
	if len(r.held) > 0 {
		r.held = append(r.held, p...)
		window = r.held
	}
	edits, decided := r.Scanner.Scan(window, eof)
	if err := r.pass(r.apply(window[:decided], edits)); err != nil {
		return err
	}
	r.base += int64(decided)
	if decided > 0 || len(r.held) == 0 {
		r.held = append(r.held[:0], window[decided:]...)
	}
	return nil
}

// apply makes the output of decided bytes. It is one piece, so that a writer that
// judges by the first one (encode's minimum length) sees what it would have seen.
func (r *Rewriter) apply(decided []byte, edits []Edit) []byte {
	if len(edits) == 0 {
		return decided
	}
	size := len(decided)
	for _, e := range edits {
		size += len(e.Replacement) - e.Length
	}
	out, at := make([]byte, 0, size), 0
	for _, e := range edits {
		offset := int(e.Offset - r.base)
		out = append(append(out, decided[at:offset]...), e.Replacement...)
		at = offset + e.Length
	}
	return append(out, decided[at:]...)
}

func (r *Rewriter) pass(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	_, err := r.Out.Write(b)
	return err
}
