package deflate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// errChecksum is a member whose text is not what its sender has summed up.
var errChecksum = errors.New("deflate: the checksum of a gzip member is wrong")

// Gzip edits the text of a gzip stream (RFC 1952) that is written to it, and passes the stream on. What is
// decided of the text has gone out when a Write returns, but for up to seven bits.
type Gzip struct {
	out    io.Writer
	scan   Scan
	done   func() bool
	editor editor

	state      memberState
	first      bool   // no member has begun
	memberFrom int64  // where the member's text begins
	summed     int64  // the text up to which came is
	came       uint32 // the CRC of the member's text as it came
	sent       uint32 // the CRC of all text as it goes out
	written    uint32 // its length, modulo 2^32
	skimming   bool   // no edit can come any more
	skimmed    int64  // how much text of the member has passed since
	err        error
}

// Scan looks at text that has come and was not decided yet, and at the text's end. It returns edits, in order and
// without overlap, by their offsets in the whole text, and up to where the text is decided: no edit will come that
// begins before. The text is valid during the call only.
type Scan func(text []byte, end bool) (edits []Edit, decided int)

// memberState is how far a member is.
type memberState uint8

const (
	inHeader memberState = iota
	inBody
	inTrailer
	betweenMembers
	behindAll // what follows is no part of the page
)

// step is how much text is decoded, edited and let go at a time: it bounds what a small stream of a large
// text holds.
const step = 16 << 10

// Reset makes the editor ready for another stream, with its memory. done tells that no edit can come any more, so
// that what follows need not be looked at; nil knows of no such moment.
func (g *Gzip) Reset(out io.Writer, scan Scan, done func() bool) {
	g.editor.reset()
	g.skimming, g.skimmed, g.done = false, 0, done
	g.out, g.scan, g.state, g.first, g.err = out, scan, inHeader, true, nil
	g.memberFrom, g.summed, g.came, g.sent, g.written = 0, 0, 0, 0, 0
}

// Write takes the next bytes of the stream. It takes all, or fails.
func (g *Gzip) Write(p []byte) (int, error) {
	if g.err != nil {
		return 0, g.err
	}
	g.editor.in = append(g.editor.in, p...)
	if g.err = g.advance(); g.err != nil {
		return 0, g.err
	}
	return len(p), nil
}

// advance goes on as far as what has come allows.
func (g *Gzip) advance() error {
	e := &g.editor
	for {
		var ready bool
		var err error
		switch g.state {
		case inHeader:
			ready, err = g.header()
		case inBody:
			if ready, err = g.body(); err == nil && e.decoder.state == ended {
				e.bit = (e.bit + 7) &^ 7
				g.state, ready = inTrailer, true
			}
		case inTrailer:
			ready, err = g.trailer()
		case betweenMembers:
			ready = g.next()
		case behindAll:
			e.in = e.in[:e.bit>>3-e.inBase]
			return nil
		}
		if err != nil || !ready {
			return err
		}
	}
}

// body decodes a step of a member's text, and lets it go on.
func (g *Gzip) body() (ready bool, err error) {
	e := &g.editor
	if g.skimming {
		n, more, err := e.skim()
		g.skimmed += n
		return more, errors.Join(err, g.send())
	}
	ready, err = e.decode(step)
	text := e.slice(g.summed, e.position())
	g.came, g.summed = crc32.Update(g.came, crc32.IEEETable, text), e.position()
	if len(text) > 0 { // also what came before an error
		err = errors.Join(err, g.pass(false))
		g.skimming = g.done != nil && g.done() && e.canSkim()
	}
	return ready, err
}

// come are the bytes that have come and were not taken.
func (g *Gzip) come() []byte { return g.editor.in[g.editor.bit>>3-g.editor.inBase:] }

// take takes some of them.
func (g *Gzip) take(n int) { g.editor.bit += int64(n) * 8 }

// maxHeader bounds a member's header, whose name and comment may be of any length.
const maxHeader = 64 << 10

// header reads a member's header (RFC 1952, section 2.3). The first one passes as it came.
func (g *Gzip) header() (ready bool, err error) {
	b := g.come()
	n, ok := headerLength(b)
	switch {
	case n < 0:
		return false, errCorrupt
	case !ok && len(b) > maxHeader:
		return false, errCorrupt
	case !ok:
		return false, nil
	}
	e := &g.editor
	if g.first {
		g.first = false
		e.out.bytes = append(e.out.bytes, b[:n]...)
	}
	g.take(n)
	e.decoder.state, e.origin = betweenBlocks, e.position()
	g.memberFrom, g.came, g.summed = e.position(), 0, e.position()
	g.state = inBody
	return true, nil
}

// headerLength is how long a member's header is; ok is false where it has not all come, and the length is
// negative where it is none.
func headerLength(b []byte) (n int, ok bool) {
	const (
		hasCRC     = 1 << 1
		hasExtra   = 1 << 2
		hasName    = 1 << 3
		hasComment = 1 << 4
		reserved   = 7 << 5
	)
	magic := []byte{0x1f, 0x8b, 8}
	if !bytes.HasPrefix(magic, b[:min(len(b), 3)]) {
		return -1, false
	}
	if len(b) < 10 {
		return 0, false
	}
	flags := b[3]
	if flags&reserved != 0 {
		return -1, false
	}
	n = 10
	if flags&hasExtra != 0 {
		if len(b) < n+2 {
			return 0, false
		}
		n += 2 + int(binary.LittleEndian.Uint16(b[n:]))
	}
	for _, flag := range []byte{hasName, hasComment} {
		if flags&flag == 0 {
			continue
		}
		if len(b) < n {
			return 0, false
		}
		end := bytes.IndexByte(b[n:], 0)
		if end < 0 {
			return 0, false
		}
		n += end + 1
	}
	if flags&hasCRC != 0 {
		if len(b) < n+2 {
			return 0, false
		}
		if binary.LittleEndian.Uint16(b[n:]) != uint16(crc32.ChecksumIEEE(b[:n])) {
			return -1, false
		}
		n += 2
	}
	return n, len(b) >= n
}

// trailer compares what a member's sender has summed up (RFC 1952, section 2.3.1).
func (g *Gzip) trailer() (ready bool, err error) {
	b := g.come()
	if len(b) < 8 {
		return false, nil
	}
	length := g.editor.position() - g.memberFrom + g.skimmed
	crc := binary.LittleEndian.Uint32(b)
	if binary.LittleEndian.Uint32(b[4:]) != uint32(length) || !g.skimming && crc != g.came {
		return false, errChecksum
	}
	if g.skimming {
		// What the sender says of the rest is in what it says of the whole. What is wrong stays so.
		rest := crc ^ moved(g.came, g.skimmed)
		g.sent = joined(g.sent, rest, g.skimmed)
		g.written += uint32(g.skimmed)
		g.skimmed = 0
	}
	g.take(8)
	g.state = betweenMembers
	return true, nil
}

// next tells whether another member follows. Its blocks go out in the first one.
func (g *Gzip) next() (ready bool) {
	b := g.come()
	switch {
	case len(b) > 0 && b[0] != 0x1f, len(b) > 1 && b[1] != 0x8b:
		g.state = behindAll
	case len(b) > 1:
		g.state = inHeader
	default:
		return false
	}
	return true
}

// pass lets the text out that is decided.
func (g *Gzip) pass(end bool) error {
	e := &g.editor
	text := e.slice(e.at, e.position())
	edits, decided := g.scan(text, end)
	g.sum(text[:decided], e.at, edits)
	e.emit(e.at+int64(decided), edits)
	return g.send()
}

// sum adds what goes out to the CRC and the length.
func (g *Gzip) sum(text []byte, base int64, edits []Edit) {
	at := 0
	add := func(text []byte) {
		g.sent = crc32.Update(g.sent, crc32.IEEETable, text)
		g.written += uint32(len(text))
	}
	for _, edit := range edits {
		offset := int(edit.Offset - base)
		add(text[at:offset])
		add([]byte(edit.Replacement))
		at = offset + edit.Length
	}
	add(text[at:])
}

// send passes on the bytes that are whole.
func (g *Gzip) send() error {
	out := &g.editor.out
	if len(out.bytes) == 0 {
		return nil
	}
	_, err := g.out.Write(out.bytes)
	out.bytes = out.bytes[:0]
	return err
}

// Rescan looks again at what was not decided, when the scanner has changed its mind.
func (g *Gzip) Rescan() error {
	if g.err == nil {
		g.err = g.pass(false)
	}
	return g.err
}

// Close ends the stream. An error says that what came was cut short or broken, so that what went out must not
// look complete.
func (g *Gzip) Close() error {
	if g.err != nil {
		return g.err
	}
	if g.state != betweenMembers && g.state != behindAll {
		g.err = io.ErrUnexpectedEOF
		return g.err
	}
	if g.err = g.pass(true); g.err != nil {
		return g.err
	}
	e := &g.editor
	e.finish()
	e.out.bytes = binary.LittleEndian.AppendUint32(e.out.bytes, g.sent)
	e.out.bytes = binary.LittleEndian.AppendUint32(e.out.bytes, g.written)
	g.err = g.send()
	return g.err
}

// Abandon passes what has come and was not decided, as it is, without an end.
func (g *Gzip) Abandon() error {
	if g.err != nil && !errors.Is(g.err, io.ErrUnexpectedEOF) {
		return g.err
	}
	e := &g.editor
	e.emit(e.position(), nil)
	e.current()
	e.closeBlock()
	e.stored(nil) // so that the last byte is whole, and means nothing
	return g.send()
}
