package deflate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strings"
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
	memberCame uint32 // the CRC of all text before it, as it came
	came       uint32 // the CRC of all text that went out, as it came
	apart      uint32 // what it and the CRC of the text as it went out differ by, behind the last edit
	apartAt    int64  // where that is
	scratch    []byte // an insertion, to be summed up
	passed     int64  // how many bytes went out
	grown      int    // how many more they were than came, where the rest passes unseen
	unseen     int64  // how many bytes of that have passed
	searched   int    // up to where in what has come no member begins
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
	inUnseen  // what follows passes as it comes, but for a trailer
	untouched // what follows passes as it comes
)

// enough is how much goes out at a time, where more may come at once.
const enough = 16 << 10

// step is how much text is decoded, edited and let go at a time, and piecewise how much of what comes is taken at a
// time: they bound what a stream holds.
const (
	step      = 8 << 10
	piecewise = 8 << 10
)

// Reset makes the editor ready for another stream, with its memory. done tells that no edit can come any more, so
// that what follows need not be looked at; nil knows of no such moment.
func (g *Gzip) Reset(out io.Writer, scan Scan, done func() bool) {
	g.editor.reset()
	*g = Gzip{editor: g.editor, scratch: g.scratch, out: out, scan: scan, done: done, first: true}
}

// Write takes the next bytes of the stream. It takes all, or fails.
func (g *Gzip) Write(p []byte) (int, error) {
	if g.err != nil {
		return 0, g.err
	}
	for rest := p; len(rest) > 0 && g.err == nil; {
		n := min(len(rest), piecewise)
		g.editor.in = append(g.editor.in, rest[:n]...)
		g.err, rest = g.advance(), rest[n:]
	}
	if g.err = errors.Join(g.err, g.send()); g.err != nil {
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
		case inUnseen:
			return g.passUnseen()
		case untouched:
			return g.letThrough(len(e.in))
		}
		if err != nil || !ready {
			return err
		}
	}
}

// body decodes a step of a member's text, and lets it go on.
func (g *Gzip) body() (ready bool, err error) {
	e := &g.editor
	before := e.position()
	ready, err = e.decode(step)
	if ready || e.position() > before { // also what came before an error
		err = errors.Join(err, g.pass(false))
		if err == nil && g.done != nil && g.done() && e.canPassUnseen() {
			return true, g.beginUnseen()
		}
	}
	return ready, err
}

// come are the bytes that have come and were not taken.
func (g *Gzip) come() []byte { return g.editor.in[g.editor.bit>>3-g.editor.inBase:] }

// take takes some of them.
func (g *Gzip) take(n int) { g.editor.bit += int64(n) * 8 }

// magic is how a member begins, minHeader how long its header is at least, reservedFlags what has no meaning yet.
const (
	magic         = "\x1f\x8b\x08"
	minHeader     = 10
	reservedFlags = 7 << 5
)

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
	g.memberFrom, g.memberCame = e.position(), g.cameCRC()
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
	)
	if !strings.HasPrefix(magic, string(b[:min(len(b), len(magic))])) {
		return -1, false
	}
	if len(b) < minHeader {
		return 0, false
	}
	flags := b[3] // those that are reserved are the reader's to judge
	n = minHeader
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
	if len(b) < trailerLength {
		return false, nil
	}
	length := uint32(g.editor.position() - g.memberFrom)
	if binary.LittleEndian.Uint32(b) != g.memberCRC() || binary.LittleEndian.Uint32(b[4:]) != length {
		return false, errChecksum
	}
	g.take(trailerLength)
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
	if len(e.out.bytes) < enough {
		return nil // more may come
	}
	return g.send()
}

// sum adds what goes out to the CRCs.
func (g *Gzip) sum(text []byte, base int64, edits []Edit) {
	came := 0
	for _, edit := range edits {
		offset := int(edit.Offset - base)
		behind := offset + edit.Length
		g.came = crc32.Update(g.came, crc32.IEEETable, text[came:offset])
		g.scratch = append(g.scratch[:0], edit.Replacement...)
		sent := crc32.Update(g.came^moved(g.apart, edit.Offset-g.apartAt), crc32.IEEETable, g.scratch)
		g.came = crc32.Update(g.came, crc32.IEEETable, text[offset:behind])
		g.apart, g.apartAt, came = sent^g.came, base+int64(behind), behind
	}
	g.came = crc32.Update(g.came, crc32.IEEETable, text[came:])
}

// cameCRC is that of all text as it came, that too which was not decided.
func (g *Gzip) cameCRC() uint32 {
	e := &g.editor
	return crc32.Update(g.came, crc32.IEEETable, e.slice(e.at, e.position()))
}

// memberCRC is that of the member's text.
func (g *Gzip) memberCRC() uint32 {
	return g.cameCRC() ^ moved(g.memberCame, g.editor.position()-g.memberFrom)
}

// sentCRC is that of all text as it went out: where both are the same, texts differ by what they differed by before.
func (g *Gzip) sentCRC() uint32 { return g.came ^ moved(g.apart, g.editor.at-g.apartAt) }

// send passes on the bytes that are whole.
func (g *Gzip) send() error {
	out := &g.editor.out
	if len(out.bytes) == 0 {
		return nil
	}
	n, err := g.out.Write(out.bytes)
	g.passed += int64(n)
	out.bytes = out.bytes[:0]
	return err
}

// Rescan looks again at what was not decided, when the scanner has changed its mind.
func (g *Gzip) Rescan() error {
	if g.err == nil && g.state != inUnseen && g.state != untouched {
		g.err = errors.Join(g.pass(false), g.send())
	}
	return g.err
}

// Flush passes what is held that cannot be the stream's end: where its sender has flushed.
func (g *Gzip) Flush() error {
	if e := &g.editor; g.err == nil && g.state == inUnseen && bytes.HasSuffix(e.in, []byte{0, 0, 0xff, 0xff}) {
		g.err = g.letThrough(len(e.in))
	}
	return g.err
}

// Growth is how many bytes more go out than come, as soon as that is known: when the rest passes unseen.
func (g *Gzip) Growth() (bytes int, known bool) {
	return g.grown, g.state == inUnseen || g.state == untouched
}

// Close ends the stream. An error says that what came was cut short or broken, so that what went out must not
// look complete.
func (g *Gzip) Close() error {
	if g.err != nil {
		return g.err
	}
	e := &g.editor
	switch g.state {
	case betweenMembers, behindAll:
	case inUnseen:
		for at := len(e.in) - trailerLength; at >= 0; at-- { // some senders let a line end follow
			if g.endUnseen(e.in[at:at+trailerLength], int64(at)) {
				break
			}
		}
		g.err = g.letThrough(len(e.in))
		return g.err
	case untouched:
		return nil
	default:
		g.err = io.ErrUnexpectedEOF
		return g.err
	}
	if g.err = g.pass(true); g.err != nil {
		return g.err
	}
	e.finish()
	e.out.bytes = binary.LittleEndian.AppendUint32(e.out.bytes, g.sentCRC())
	e.out.bytes = binary.LittleEndian.AppendUint32(e.out.bytes, uint32(e.position()+e.growth))
	g.err = g.send()
	return g.err
}

// Abandon passes what has come and was not decided, as it is, without an end.
func (g *Gzip) Abandon() error {
	if g.err != nil && !errors.Is(g.err, io.ErrUnexpectedEOF) {
		return g.err
	}
	e := &g.editor
	if g.state == inUnseen || g.state == untouched {
		return g.letThrough(len(e.in))
	}
	e.emit(e.position(), nil)
	e.current()
	e.closeBlock()
	e.stored(nil) // so that the last byte is whole, and means nothing
	return g.send()
}
