// Package rewrite sends the body of a page that is rewritten as it comes.
package rewrite

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/caddy-consent/caddy-consent/internal/markup"
)

// A Body is the body of one page. What comes of it goes through a markup.Stream; what comes out is sent at once, or, where
// the length of the page is known, buffered until the new length is known too, so that the header tells it and the
// server needs no chunks (RFC 9112, section 6). The zero Body is of no page.
type Body struct {
	w      http.ResponseWriter
	status int
	stream *markup.Stream

	length    int  // of the page as it comes, 0 where that was not told
	remaining int  // what of it is still to come
	pending   bool // the header waits, and is written with the body
	buffer    *bytes.Buffer
	err       error // what made the rest of the page impossible

	taken  int           // how many bytes came
	worked time.Duration // how long the stream worked
	waited time.Duration // how long it waited for what comes out to be taken
}

// Begin begins a page whose header is ready and not yet written. Its length is as it comes, 0 where that is not known.
// With buffering, Body writes the header of the status itself, as soon as the new length is known or would cost too much memory;
// else the caller writes it, before the first Write.
func (b *Body) Begin(w http.ResponseWriter, status int, p markup.Page, length int, buffering bool) {
	*b = Body{w: w, status: status, length: length, remaining: length, pending: buffering}
	if buffering {
		b.buffer = newBuffer()
	}
	b.stream = markup.NewStream(output{b}, p)
}

// Read begins a page that is read alone: what comes out of it goes nowhere.
func (b *Body) Read(p markup.Page) {
	*b = Body{stream: markup.NewStream(io.Discard, p)}
}

// Began tells whether there is a page.
func (b *Body) Began() bool { return b.stream != nil }

// Waits tells that the header is still to be written by the Body.
func (b *Body) Waits() bool { return b.pending }

// Write takes the next bytes of the page. An error means that the page is broken, that it is longer than its header says
// (http.ErrContentLength), or that the visitor has gone.
func (b *Body) Write(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	var excess error
	if b.length > 0 && len(p) > b.remaining {
		p, excess = p[:b.remaining], http.ErrContentLength
	}
	s := b.start()
	n, err := b.stream.Write(p)
	b.stop(s)
	b.taken += n
	b.remaining = max(0, b.remaining-n)
	if b.pending && err == nil {
		if length := b.newLength(); length != unknown {
			err = b.flush(length)
			b.freeBuffer()
		}
	}
	if err != nil {
		b.err = err
		return n, err
	}
	return n, excess
}

// Flush sends all that is decided of the page.
func (b *Body) Flush() error {
	if b.err == nil {
		s := b.start()
		b.err = b.stream.Flush()
		b.stop(s)
	}
	if b.err == nil {
		b.err = b.flush(unknown)
	}
	return b.err
}

// Close ends the page when its handler has returned, with its error; cause is what else broke the page. An error says
// that what went out must not look complete.
func (b *Body) Close(handler, cause error) error {
	b.err = errors.Join(b.err, cause)
	// Of a page whose length is known all is there, whatever the handler says.
	whole := b.err == nil && b.remaining == 0 && (handler == nil || b.length > 0)
	s := b.start()
	switch {
	case whole:
		b.err = b.stream.Close()
	case b.err == nil:
		b.err = b.stream.Abandon()
	}
	b.stop(s)
	if b.remaining > 0 {
		b.err = errors.Join(b.err, io.ErrUnexpectedEOF)
	}
	length := unknown
	if whole && b.err == nil && b.pending {
		length = b.buffer.Len()
	}
	b.err = errors.Join(b.err, b.flush(length))
	return b.err
}

// Cost is what rewriting a page took.
type Cost struct {
	// Bytes is how many came.
	Bytes int
	// Worked is how long the rewriter took, without waiting for the upstream or the visitor.
	Worked time.Duration
	// Passed is what it did not look at.
	Passed markup.Passed
}

// Cost is that of the page so far.
func (b *Body) Cost() Cost { return Cost{b.taken, b.worked, b.stream.Passed()} }

// End frees what the Body holds, also when a handler has panicked.
func (b *Body) End() {
	if b.stream != nil {
		b.stream.End()
		b.stream = nil
	}
	b.freeBuffer()
}

// start is when the stream begins to work, moved back by how long it had waited until then.
func (b *Body) start() time.Time { return time.Now().Add(-b.waited) }

// stop counts for how long it has worked since.
func (b *Body) stop(start time.Time) { b.worked += time.Since(start) - b.waited }

// unknown is the length of a page that cannot be told.
const unknown = -1

// newLength is that of the page as it goes out, as soon as no later edit is possible.
func (b *Body) newLength() int {
	if growth, final := b.stream.Growth(); final {
		return b.length + growth
	}
	return unknown
}

// begin writes the header, if that still waits.
func (b *Body) begin(length int) {
	if !b.pending {
		return
	}
	b.pending = false
	if length != unknown {
		b.w.Header()["Content-Length"] = []string{strconv.Itoa(length)}
	}
	b.w.WriteHeader(b.status)
}

// flush sends what was buffered, after the header. What is more than a piece goes first: it may fit into what the server
// sends with the header.
func (b *Body) flush(length int) error {
	b.begin(length)
	if b.buffer == nil || b.buffer.Len() == 0 {
		return nil
	}
	rest := b.buffer.Bytes()
	b.buffer.Reset()
	if more := len(rest) - piece; more > 0 {
		if _, err := b.send(rest[:more]); err != nil {
			return err
		}
		rest = rest[more:]
	}
	_, err := b.send(rest)
	return err
}

// send passes on what comes out of the stream, and counts for how long that has to wait.
func (b *Body) send(p []byte) (int, error) {
	start := time.Now()
	n, err := b.w.Write(p)
	b.waited += time.Since(start)
	if err != nil {
		b.buffer = nil // HTTP/2's server may still read it
	}
	return n, err
}
