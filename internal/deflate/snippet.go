package deflate

import (
	"bytes"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/flate"
)

// maxShort is up to how many bytes an insertion is not worth compressing, maxInCodes up to how many it may be
// written in the codes of the block around it.
const (
	maxShort   = 64
	maxInCodes = 1 << 10
)

// insert lets new text out: in the codes of the block around it, or in blocks of its own, behind which the block begins
// once more. What takes less is written.
func (e *editor) insert(text string) {
	if text == "" {
		return
	}
	b := e.current()
	inCodes := b != nil && !b.stored && len(text) <= maxInCodes && b.has([]byte(text))
	if len(text) <= maxShort {
		if inCodes {
			e.writeLiterals(b, []byte(text))
			return
		}
		e.closeBlock()
		e.writeFixed([]byte(text))
		return
	}
	s := snippetOf(text)
	if inCodes && e.bitsInCodes(b, s) <= s.bits()+int(b.lengths[endOfBlock])+b.header.length {
		e.writeInCodes(b, s)
		return
	}
	e.closeBlock()
	e.flushCopy()
	if s.stored {
		e.stored([]byte(text))
	} else {
		e.out.append(s.blocks)
	}
}

// snippet is an insertion: its text, what in it repeats, if it is short enough to be written in other codes, and blocks of
// its own, none of them final. An encoder may not have compressed it at all.
type snippet struct {
	text    string
	matches []match
	blocks  bitWriter
	stored  bool
}

// bits is how many its blocks take.
func (s *snippet) bits() int {
	if s.stored {
		return 8 * len(s.text)
	}
	return 8*len(s.blocks.bytes) + int(s.blocks.n)
}

// bitsInCodes is how many it takes in a block's codes, which have all its bytes.
func (e *editor) bitsInCodes(b *block, s *snippet) (bits int) {
	e.inCodes(b, s, func(text string) {
		for i := range len(text) {
			bits += int(b.lengths[text[i]])
		}
	}, func(_, _ int, length int) { bits += length })
	return bits
}

func (e *editor) writeInCodes(b *block, s *snippet) {
	e.inCodes(b, s, func(text string) { e.writeLiterals(b, []byte(text)) }, func(length, dist, _ int) { e.writeMatch(b, length, dist) })
}

// inCodes goes over it as a block can have it: not each match has a code there.
func (e *editor) inCodes(b *block, s *snippet, literals func(text string), match func(length, dist, bits int)) {
	at := 0
	for i := range s.matches {
		m := &s.matches[i]
		bits, ok := b.matchBits(int(m.length), int(m.dist))
		if !ok {
			continue
		}
		literals(s.text[at:m.pos])
		match(int(m.length), int(m.dist), bits)
		at = int(m.end())
	}
	literals(s.text[at:])
}

// snippets remembers insertions as they are written: the same ones come again and again.
var snippets snippetCache

// maxSnippets bounds how many are remembered, maxSnippet how long they may be.
const (
	maxSnippets = 64
	maxSnippet  = 16 << 10
)

// snippetCache holds snippets by their text; the oldest leaves.
type snippetCache struct {
	mu    sync.RWMutex
	known map[string]*snippet
	order [maxSnippets]string
	next  int
}

func (c *snippetCache) get(text string) (s *snippet, ok bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	s, ok = c.known[text]
	return s, ok
}

func (c *snippetCache) put(s *snippet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = make(map[string]*snippet)
	}
	if _, known := c.known[s.text]; known {
		return
	}
	delete(c.known, c.order[c.next])
	c.order[c.next], c.known[s.text] = s.text, s
	c.next = (c.next + 1) % maxSnippets
}

// snippetOf compresses a text, unless that was done before.
func snippetOf(text string) *snippet {
	s, known := snippets.get(text)
	if !known {
		s = compressed(text)
		if len(text) <= maxSnippet {
			snippets.put(s)
		}
	}
	return s
}

// compressors compress insertions.
var compressors = sync.Pool{New: func() any {
	c := new(compressor)
	c.flate, _ = flate.NewWriter(&c.bytes, 6)
	c.decoder.reset()
	return c
}}

type compressor struct {
	flate   *flate.Writer
	bytes   bytes.Buffer
	decoder decoder
}

// compressed compresses a text. An encoder ends what it writes; where its blocks begin and end is found by decoding them.
// One that is stored cannot be copied, for its place in a byte matters.
func compressed(text string) *snippet {
	s := &snippet{text: text}
	c := compressors.Get().(*compressor)
	defer compressors.Put(c)
	c.bytes.Reset()
	c.flate.Reset(&c.bytes)
	_, _ = io.WriteString(c.flate, text) // to memory
	_ = c.flate.Close()
	d := &c.decoder
	d.reset()
	d.in = append(d.in, c.bytes.Bytes()...)
	for more, err := true, error(nil); more; {
		if more, err = d.decode(len(text) + 1); err != nil {
			return &snippet{text: text, stored: true} // not known to happen
		}
	}
	if len(text) <= maxInCodes {
		s.matches = slices.Clone(d.matches)
	}
	for _, b := range d.blocks {
		switch {
		case b.stored && b.start < b.end:
			s.stored = true
		case !b.stored:
			s.blocks.write(0, 1)
			s.blocks.copy(d.in, int(b.headerBit)+1, int(b.nextBit-b.headerBit)-1)
		}
	}
	return s
}
