package rewrite

import (
	"bytes"
	"sync"
)

const (
	// maxBuffered bounds what is buffered until a length is known; a page of up to 64 KiB and a notice fit.
	maxBuffered = 96 << 10
	// piece is how much of a longer page goes out at a time, which is cheaper than in the pieces in which it comes. Caddy
	// writes no more at once.
	piece = 64 << 10
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func newBuffer() *bytes.Buffer { return buffers.Get().(*bytes.Buffer) }

func (b *Body) freeBuffer() {
	if b.buffer != nil {
		b.buffer.Reset()
		buffers.Put(b.buffer)
		b.buffer = nil
	}
}

// output takes what comes out of the stream.
type output struct{ *Body }

// Write buffers it, or sends it.
func (o output) Write(p []byte) (n int, err error) {
	if o.buffer == nil {
		return o.send(p)
	}
	most := piece
	if o.pending {
		most = maxBuffered
	}
	for o.buffer.Len()+len(p)-n > most {
		o.begin(o.newLength())
		most = piece
		room := max(0, piece-o.buffer.Len())
		o.buffer.Write(p[n : n+room])
		n += room
		full := o.buffer.Bytes()
		if _, err := o.send(full[:piece]); err != nil {
			return n, err
		}
		o.buffer.Reset()
		o.buffer.Write(full[piece:])
	}
	o.buffer.Write(p[n:])
	return len(p), nil
}
