package deflate

import (
	"bytes"
	"encoding/binary"
)

// When no edit can come any more, the rest of a stream passes byte by byte, and nothing of it is decoded. Three things
// make that possible. Tokens must fall on the same bits of a byte as they came, for where the last block ends in its
// byte is not known: empty blocks move them there. The trailer says how long the whole text is and what its CRC is,
// from which that of the rest follows. And another member can only begin behind a trailer, with bytes that are rare.

// canPassUnseen tells whether the rest of the blocks can: all text has gone out, and no match to come can reach
// back over an edit.
func (e *editor) canPassUnseen() bool {
	all := e.at == e.position() && e.atBit == e.bit && len(e.matches) == 0
	return e.decoder.state != ended && e.at >= e.sent && all && !e.reachesBack()
}

// reachesBack tells whether a match behind the text that is out may reach back over an edit.
func (e *editor) reachesBack() bool {
	n := len(e.past)
	return n > 0 && e.past[n-1].end > e.at-window
}

// align lets out what is needed so that bytes of the stream can follow from here on, in the middle of a block too.
func (e *editor) align() {
	phase := uint(e.bit & 7)
	switch e.decoder.state {
	case inCodes:
		b := e.blocks[0]
		if !e.open || b.final || e.out.n != phase {
			e.reopen(b, phase, b.mark()) // now the final one is, if it was
		}
	case inStored:
		e.out.write(e.blocks[0].mark(), 3)
		e.out.align()
		e.out.write(uint64(e.left)|uint64(^uint16(e.left))<<16, 32)
	case betweenBlocks:
		e.pad(phase)
	}
	if phase > 0 {
		e.out.write(uint64(e.in[e.bit>>3-e.inBase]>>phase), 8-phase)
	}
	e.in = e.in[:copy(e.in, e.in[(e.bit+7)>>3-e.inBase:])]
}

// reopen begins a block once more, so that what follows its header falls on that bit of a byte.
func (e *editor) reopen(b *block, phase uint, mark uint64) {
	e.closeBlock()
	e.pad((phase - uint(b.header.length)) & 7)
	e.out.write(mark, 1)
	e.out.copy(b.header.bytes, int(b.header.offset)+1, b.header.length-1)
	b.used = true
}

// mark is what a block that is the last begins with (RFC 1951, section 3.2.3).
func (b *block) mark() uint64 {
	if b.final {
		return 1
	}
	return 0
}

// oddBlock is an empty block of an odd number of bits: its codes are two of one bit each for literals and the end, and
// two for distances, which any decoder takes (RFC 1951, section 3.2.7).
var oddBlock = func() (w bitWriter) {
	w.write(2<<1|0<<3|1<<8|15<<13, 17) // 257 literals, 2 distances, 19 lengths of code lengths
	for _, symbol := range lengthOrder {
		if symbol == 18 || symbol == 1 {
			w.write(1, 3)
		} else {
			w.write(0, 3)
		}
	}
	w.write(0, 1)        // 1 for the literal 0
	w.write(1|127<<1, 8) // 138 times 0
	w.write(1|106<<1, 8) // 117 times 0
	w.write(0, 1+2)      // 1 for the end, and for each distance
	w.write(1, 1)        // the end
	return w
}()

// pad ends at that bit of a byte, by blocks of nothing.
func (e *editor) pad(phase uint) {
	if (e.out.n^phase)&1 != 0 {
		e.out.append(oddBlock)
	}
	for e.out.n != phase {
		e.writeFixed(nil) // ten bits
	}
}

const (
	trailerLength = 8
	// held is how much is kept back: a trailer, and what may be the header of the next member behind it, or junk.
	held = trailerLength + minHeader
)

// beginUnseen lets the rest pass.
func (s *Stream) beginUnseen() error {
	e := &s.editor
	from := (e.bit + 7) >> 3
	e.align()
	s.state, s.searched = inUnseen, trailerLength
	s.trace.Memory = nil  // nothing is left to be remembered
	if s.format == bare { // there is no trailer
		s.state = untouched
	}
	err := s.send()
	s.grown = int(s.passed - from)
	return err
}

// passUnseen passes what has come, but for what may be a trailer.
func (s *Stream) passUnseen() error {
	e := &s.editor
	for {
		n := bytes.Index(e.in[min(s.searched, len(e.in)):], []byte(magic))
		if n < 0 {
			s.searched = max(s.searched, len(e.in)-len(magic)+1)
			return s.letThrough(len(e.in) - held)
		}
		at := s.searched + n
		if len(e.in) < at+minHeader {
			s.searched = at
			return s.letThrough(at - trailerLength)
		}
		s.searched = at + 1
		if isHeader(e.in[at:]) && s.endUnseen(e.in[at-trailerLength:at], int64(at-trailerLength)) {
			s.state = untouched
			return s.letThrough(len(e.in))
		}
	}
}

// letThrough passes that many bytes.
func (s *Stream) letThrough(n int) error {
	if n <= 0 {
		return nil
	}
	e := &s.editor
	_, err := s.out.Write(e.in[:n])
	e.in = e.in[:copy(e.in, e.in[n:])]
	s.unseen += int64(n)
	s.searched = max(trailerLength, s.searched-n)
	return err
}

// isHeader tells whether bytes are the header of a member, as far as can be told: by the flags and
// the two fields of which few values are in use (RFC 1952, section 2.3).
func isHeader(b []byte) bool {
	flags, level, system := b[3], b[8], b[9]
	return flags&reservedFlags == 0 && (level == 0 || level == 2 || level == 4) && (system <= 13 || system == 255)
}

// endUnseen corrects a trailer by what of the text has become another; what was wrong stays so. ok is false where these
// bytes, behind so many others that passed, cannot be one: where the text would be longer than any such stream's.
func (s *Stream) endUnseen(trailer []byte, behind int64) (ok bool) {
	const most = 1032 // bytes of text for each byte: matches of 258, of two bits
	if int64(s.restOf(trailer)) > (s.unseen+behind+1)*most {
		return false
	}
	s.correct(trailer)
	return true
}

// restOf is how long the text is, as a trailer says, behind what of it is out.
func (s *Stream) restOf(trailer []byte) uint32 {
	return binary.LittleEndian.Uint32(trailer[4:]) - uint32(s.editor.at-s.memberFrom)
}

// correct makes a trailer that of the text as it goes out, whose rest nobody has seen: what its CRC and that of the
// member differ by follows from what they did where the text is out. They have its sum as it came in common.
func (s *Stream) correct(trailer []byte) {
	e, rest := &s.editor, s.restOf(trailer)
	difference := moved(s.memberCame, e.at-s.memberFrom) ^ moved(s.apart, e.at-s.apartAt)
	crc := binary.LittleEndian.Uint32(trailer) ^ moved(difference, int64(rest))
	binary.LittleEndian.PutUint32(trailer, crc)
	binary.LittleEndian.PutUint32(trailer[4:], uint32(e.at+e.growth)+rest)
}
