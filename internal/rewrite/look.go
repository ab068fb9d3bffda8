package rewrite

import (
	"io"
	"net/http"
	"sync"

	"github.com/caddy-consent/caddy-consent/internal/markup"
)

// maxLooked bounds what is held of a body while it is looked at.
const maxLooked = 1 << 20

// A Look reads a body and holds it as it came, until it is known what becomes of it. The zero Look has none.
type Look struct {
	stream *markup.Stream
	held   []byte
	length int // as the header tells it, 0 where it does not
	err    error
}

// Begin begins a look, by which nothing is edited. A length is that of the whole body, 0 where it is not known.
func (l *Look) Begin(p markup.Page, length int) {
	*l = Look{stream: markup.NewStream(io.Discard, p), held: (*looked.Get().(*[]byte))[:0], length: length}
}

// Write holds the next bytes, and reads them. What is over the length is http.ErrContentLength.
func (l *Look) Write(p []byte) (int, error) {
	fits := p
	if l.length > 0 && len(p) > l.length-len(l.held) {
		fits = p[:l.length-len(l.held)]
	}
	l.held = append(l.held, fits...)
	if l.err == nil {
		_, l.err = l.stream.Write(fits)
	}
	if len(fits) < len(p) {
		return len(fits), http.ErrContentLength
	}
	return len(p), nil
}

// IsFull tells that no more should be held.
func (l *Look) IsFull() bool { return len(l.held) >= maxLooked }

// IsBroken tells that the rest cannot be read.
func (l *Look) IsBroken() bool { return l.err != nil }

// Close reads what is left, at the body's end, and tells whether all of it was there.
func (l *Look) Close() (whole bool) {
	if l.err == nil {
		l.err = l.stream.Close()
	}
	return l.err == nil && (l.length == 0 || len(l.held) == l.length)
}

// End returns what is held, and frees the rest.
func (l *Look) End() []byte {
	held := l.held
	if l.stream != nil {
		l.stream.End()
	}
	*l = Look{}
	return held
}

// looked are the buffers in which bodies are held: to make room for one takes longer than to look at it.
var looked = sync.Pool{New: func() any { return new([]byte) }}

// FreeLooked takes what End has returned, once it is written, to be used again.
func FreeLooked(held []byte) {
	if cap(held) <= 2*maxLooked {
		looked.Put(&held)
	}
}
