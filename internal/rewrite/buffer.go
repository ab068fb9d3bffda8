package rewrite

import (
	"bytes"
	"sync"
)

// maxBuffered bounds what is buffered; a page of up to 64 KiB and a notice fit. A longer one
// goes out in pieces of about that size, which is cheaper than in those in which it
// comes.
const maxBuffered = 96 << 10

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
func (o output) Write(p []byte) (int, error) {
	if o.buffer == nil {
		return o.send(p)
	}
	if o.buffer.Len()+len(p) > maxBuffered {
		if err := o.flush(o.newLength()); err != nil {
			return 0, err
		}
	}
	if len(p) > maxBuffered {
		return o.send(p)
	}
	return o.buffer.Write(p)
}
