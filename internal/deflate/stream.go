// Package deflate edits the text of a compressed stream without compressing anew what does not change.
//
// A [Stream] is written to as a response comes. It decodes what it gets, which costs little, and shows the text to a
// [Scan], which answers with edits. What goes out are the stream's own tokens, bit by bit, but for those that an edit
// touches: matches that reached back over one, and the headers of blocks that something is inserted into. Once no edit
// can come any more, what follows passes as it is, and is not decoded. Nor is what a [Memory] knows.
//
// The package knows nothing of what the text is, nor where a stream comes from. It reads blocks (RFC 1951) in the
// envelopes of gzip (RFC 1952) and zlib (RFC 1950) and in none. A stream takes some 150 KB, with a [Memory] 270 KB, and
// time that is linear in its length and that of its text, whatever its sender made it of. What is broken stays so: the text before comes out, then an
// error, or where nobody looks any more, the broken bytes. It has no word for a preset dictionary, which is an error.
package deflate

import (
	"bytes"
	"errors"
	"io"
)

// Stream edits the text of a compressed stream that is written to it, and passes the stream on. What is
// decided of the text has gone out when a Write returns, but for up to seven bits.
type Stream struct {
	editor  editor
	scratch []byte // an insertion, to be summed up
	trace   trace
	progress
}

// progress is how far a stream is.
type progress struct {
	out    io.Writer
	format Format
	scan   Scan
	done   func() bool

	state      memberState
	first      bool   // no member has begun
	memberFrom int64  // where the member's text begins
	memberCame uint32 // the CRC of all text before it, as it came
	sums       sums   // the checksum that the format has
	came       uint32 // that of all text that went out, as it came
	apart      uint32 // what it and that of the text as it went out differ by, behind the last edit
	apartAt    int64  // where that is
	passed     int64  // how many bytes went out
	grown      int    // how many more they were than came, where the rest passes unseen
	unseen     int64  // how many bytes of that have passed
	searched   int    // up to where in what has come no member begins
	err        error
}

// Edit replaces Length bytes of the text at Offset.
type Edit struct {
	Offset      int64
	Length      int
	Replacement string
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
	unread    // what follows is known up to now
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
func (s *Stream) Reset(out io.Writer, format Format, scan Scan, done func() bool) {
	s.editor.reset()
	s.trace.reset()
	s.progress = progress{out: out, format: format, scan: scan, done: done, first: true, sums: crcSums}
}

// Write takes the next bytes of the stream. It takes all, or fails.
func (s *Stream) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	for rest := p; len(rest) > 0 && s.err == nil; {
		n := len(rest)
		if _, unseen := s.Growth(); !unseen {
			n = s.trace.untilSegment(min(n, piecewise))
		}
		s.editor.in = append(s.editor.in, rest[:n]...)
		whole := s.trace.come(rest[:n])
		if s.err, rest = s.advance(), rest[n:]; whole && s.err == nil {
			s.err = s.atSegment()
		}
	}
	if s.err = errors.Join(s.err, s.send()); s.err != nil {
		return 0, s.err
	}
	return len(p), nil
}

// advance goes on as far as what has come allows.
func (s *Stream) advance() error {
	e := &s.editor
	for {
		var ready bool
		var err error
		switch s.state {
		case inHeader:
			ready, err = s.header()
		case inBody:
			if ready, err = s.body(); err == nil && e.decoder.state == ended {
				e.bit = (e.bit + 7) &^ 7
				s.state, ready = inTrailer, true
			}
		case inTrailer:
			ready, err = s.trailer()
		case betweenMembers:
			ready = s.next()
		case behindAll:
			e.in = e.in[:e.bit>>3-e.inBase]
			return nil
		case inUnseen:
			return s.passUnseen()
		case untouched:
			return s.letThrough(len(e.in))
		case unread:
			return nil // until a segment has come
		}
		if err != nil || !ready {
			return err
		}
	}
}

// body decodes a step of a member's text, and lets it go on.
func (s *Stream) body() (ready bool, err error) {
	e := &s.editor
	before := e.position()
	ready, err = e.decode(step)
	if ready || e.position() > before { // also what came before an error
		err = errors.Join(err, s.pass(false))
		if err == nil && s.done != nil && s.done() && s.format != zlib && e.canPassUnseen() {
			return true, s.beginUnseen()
		}
	}
	return ready, err
}

// come are the bytes that have come and were not taken.
func (s *Stream) come() []byte { return s.editor.in[s.editor.bit>>3-s.editor.inBase:] }

// take takes some of them.
func (s *Stream) take(n int) { s.editor.bit += int64(n) * 8 }

// pass lets the text out that is decided.
func (s *Stream) pass(end bool) error {
	e := &s.editor
	text := e.slice(e.at, e.position())
	edits, decided := s.scan(text, end)
	s.sum(text[:decided], e.at, edits)
	e.emit(e.at+int64(decided), edits)
	s.trace.decided(e)
	if len(e.out.bytes) < enough {
		return nil // more may come
	}
	return s.send()
}

// sum sums up what goes out, as it came and as it goes.
func (s *Stream) sum(text []byte, base int64, edits []Edit) {
	came := 0
	for _, edit := range edits {
		offset := int(edit.Offset - base)
		behind := offset + edit.Length
		s.came = s.sums.add(s.came, text[came:offset])
		s.scratch = append(s.scratch[:0], edit.Replacement...)
		sent := s.sums.add(s.sums.sum(s.came, s.sums.moved(s.apart, edit.Offset-s.apartAt)), s.scratch)
		s.came = s.sums.add(s.came, text[offset:behind])
		s.apart, s.apartAt, came = s.sums.difference(sent, s.came), base+int64(behind), behind
	}
	s.came = s.sums.add(s.came, text[came:])
}

// cameSum is that of all text as it came, that too which was not decided.
func (s *Stream) cameSum() uint32 {
	return s.sums.add(s.came, s.editor.slice(s.editor.at, s.editor.position()))
}

// sentSum is that of all text as it went out. Behind the last edit both texts are the same, so that their sums differ by
// what they differed by there.
func (s *Stream) sentSum() uint32 {
	return s.sums.sum(s.came, s.sums.moved(s.apart, s.editor.at-s.apartAt))
}

// send passes on the bytes that are whole.
func (s *Stream) send() error {
	out := &s.editor.out
	if len(out.bytes) == 0 {
		return nil
	}
	n, err := s.out.Write(out.bytes)
	s.passed += int64(n)
	out.bytes = out.bytes[:0]
	return err
}

// Rescan looks again at what was not decided, when the scanner has changed its mind.
func (s *Stream) Rescan() error {
	if s.err == nil && s.state != inUnseen && s.state != untouched && s.state != unread {
		s.err = errors.Join(s.pass(false), s.send())
	}
	return s.err
}

// Flush passes what is held that cannot be the stream's end: where its sender has flushed.
func (s *Stream) Flush() error {
	if s.err != nil {
		return s.err
	}
	const flush = "\x00\x00\xff\xff"
	e := &s.editor
	flushed := bytes.HasSuffix(e.in, []byte(flush))
	if s.state == unread && bytes.Contains(e.in[s.trace.bit>>3-e.inBase:], []byte(flush)) { // more may have come since
		if s.err = s.catchUp(); s.err == nil && s.state == inBody {
			s.err = s.Rescan()
		}
	}
	switch {
	case s.err != nil, !flushed:
	case s.state == inUnseen:
		s.err = s.letThrough(len(e.in))
	case s.state == inBody: // the end of a block may have come without text
		s.err = s.Rescan()
	}
	return s.err
}

// Growth is how many bytes more go out than come, as soon as that is known: when the rest passes unseen.
func (s *Stream) Growth() (bytes int, known bool) {
	return s.grown, s.state == inUnseen || s.state == untouched
}

// Close ends the stream. An error says that what came was cut short or broken, so that what went out must not
// look complete.
func (s *Stream) Close() error {
	if s.err != nil {
		return s.err
	}
	e := &s.editor
	if s.state == unread {
		if s.endUnread() {
			s.err = s.send()
			return s.err
		}
		if s.err = s.catchUp(); s.err != nil {
			return s.err
		}
	}
	switch s.state {
	case betweenMembers, behindAll:
	case inUnseen:
		for at := len(e.in) - trailerLength; at >= 0; at-- { // some senders let a line end follow
			if s.endUnseen(e.in[at:at+trailerLength], int64(at)) {
				break
			}
		}
		s.err = s.letThrough(len(e.in))
		return s.err
	case untouched:
		return nil
	default:
		s.err = io.ErrUnexpectedEOF
		return s.err
	}
	if s.err = s.pass(true); s.err != nil {
		return s.err
	}
	s.ended()
	e.finish()
	s.writeTrailer()
	s.err = s.send()
	return s.err
}

// Abandon passes what has come and was not decided, as it is, without an end.
func (s *Stream) Abandon() error {
	if s.err != nil && !errors.Is(s.err, io.ErrUnexpectedEOF) {
		return s.err
	}
	e := &s.editor
	if s.state == unread {
		if err := s.catchUp(); err != nil {
			return err
		}
	}
	if s.state == inUnseen || s.state == untouched { // perhaps only now
		return s.letThrough(len(e.in))
	}
	e.emit(e.position(), nil)
	e.current()
	e.closeBlock()
	e.stored(nil) // so that the last byte is whole, and means nothing
	return s.send()
}
