package deflate

import (
	"bytes"
	"sync"

	"github.com/klauspost/compress/flate"
)

// snippets remembers insertions as they are written: the same ones come again and again.
var snippets snippetCache

// maxSnippets bounds how many are remembered, maxSnippet how long they may be.
const (
	maxSnippets = 64
	maxSnippet  = 16 << 10
)

// snippetCache holds blocks by their text; the oldest leaves.
type snippetCache struct {
	mu    sync.RWMutex
	known map[string]bitWriter
	order [maxSnippets]string
	next  int
}

func (c *snippetCache) get(text string) (bitWriter, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	blocks, ok := c.known[text]
	return blocks, ok
}

func (c *snippetCache) put(text string, blocks bitWriter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = make(map[string]bitWriter)
	}
	if _, known := c.known[text]; known {
		return
	}
	delete(c.known, c.order[c.next])
	c.order[c.next], c.known[text] = text, blocks
	c.next = (c.next + 1) % maxSnippets
}

// compressors compress insertions.
var compressors = sync.Pool{New: func() any {
	c := new(compressor)
	c.flate, _ = flate.NewWriter(&c.bytes, 1)
	c.decoder.reset()
	return c
}}

type compressor struct {
	flate   *flate.Writer
	bytes   bytes.Buffer
	decoder decoder
}

// writeCompressed writes blocks of their own.
func (e *editor) writeCompressed(text string) {
	blocks, known := snippets.get(text)
	if !known {
		var ok bool
		if blocks, ok = compressed(text); !ok {
			e.stored([]byte(text))
			return
		}
		if len(text) <= maxSnippet {
			snippets.put(text, blocks)
		}
	}
	e.out.append(blocks)
}

// compressed makes blocks of a text, none of them final; ok is false where one is stored, whose place in a byte
// matters. An encoder ends what it writes; where its blocks begin and end is found by decoding them.
func compressed(text string) (out bitWriter, ok bool) {
	c := compressors.Get().(*compressor)
	defer compressors.Put(c)
	c.bytes.Reset()
	c.flate.Reset(&c.bytes)
	_, _ = c.flate.Write([]byte(text)) // to memory
	_ = c.flate.Close()
	d := &c.decoder
	d.reset()
	d.in = append(d.in, c.bytes.Bytes()...)
	for more, err := true, error(nil); more; {
		if more, err = d.decode(len(text) + 1); err != nil {
			return out, false // not known to happen
		}
	}
	for _, b := range d.blocks {
		switch {
		case b.stored && b.start < b.end:
			return out, false
		case !b.stored:
			out.write(0, 1)
			out.copy(d.in, int(b.headerBit)+1, int(b.nextBit-b.headerBit)-1)
		}
	}
	return out, true
}
