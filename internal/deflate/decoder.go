package deflate

import (
	"encoding/binary"
	"slices"
)

// window is how far back a match may reach.
const window = 32 << 10

// match is a token that repeats earlier text.
type match struct {
	pos, bit     int64 // where it stands in the text and in the stream
	length, dist uint16
	bits         uint8 // how long it is in the stream
}

// manyMatches is after how many of them it is time to pass on what they were.
const manyMatches = 1 << 10

// end is where the text behind it begins.
func (m *match) end() int64 { return m.pos + int64(m.length) }

// behind is where the token behind it begins in the stream.
func (m *match) behind() int64 { return m.bit + int64(m.bits) }

// decoder reads a stream as far as it has come, and remembers where each token stands.
type decoder struct {
	in      []byte // not yet used up; what follows it in memory is not read
	inBase  int64  // where in[0] stands in the stream, in bytes
	bit     int64  // where the next token begins
	text    []byte // the last 32 KiB and what is still to be passed on
	base    int64  // where text[0] stands in the text
	origin  int64  // where the text that matches may refer to begins
	blocks  []*block
	matches []match
	free    []*block
	state   state
	left    int // of a stored block
	// where the last final block begins and ends in the stream
	finalBit, endBit int64
	literal          code
	distant          code
	table            struct {
		literal [1 << literalBits]entry
		dist    [1 << distBits]entry
	}
}

type state uint8

const (
	betweenBlocks state = iota
	inCodes
	inStored
	ended // behind the final block
)

func (d *decoder) reset() {
	for _, b := range d.blocks {
		d.recycle(b)
	}
	d.in, d.inBase, d.bit = d.in[:0], 0, 0
	d.text, d.base, d.origin = d.text[:0], 0, 0
	d.blocks, d.matches, d.state = d.blocks[:0], d.matches[:0], betweenBlocks
	d.finalBit, d.endBit = 0, 0
	d.literal.entries, d.distant.entries = literalEntries[:], distEntries[:]
}

// position is where the text ends up to now.
func (d *decoder) position() int64 { return d.base + int64(len(d.text)) }

// available is where the stream ends up to now, in bits.
func (d *decoder) available() int64 { return (d.inBase + int64(len(d.in))) * 8 }

// peek returns the 57 bits or more that begin at a bit, zeros behind the end.
func (d *decoder) peek(bit int64) uint64 {
	i := int(bit>>3 - d.inBase)
	if i+8 <= len(d.in) {
		return binary.LittleEndian.Uint64(d.in[i:]) >> (bit & 7)
	}
	var last [8]byte
	if i < len(d.in) {
		copy(last[:], d.in[i:])
	}
	return binary.LittleEndian.Uint64(last[:]) >> (bit & 7)
}

// decode reads on until the text has grown by that much, or more by a match, or there are many blocks or matches, or
// what has come is used up. more tells that it could read on at once.
func (d *decoder) decode(limit int) (more bool, err error) {
	until := d.position() + int64(limit)
	d.matches = slices.Grow(d.matches, manyMatches)
	for blocks := 0; d.position() < until && blocks < manyBlocks && len(d.matches) < cap(d.matches); {
		progress := false
		switch d.state {
		case betweenBlocks:
			progress, err = d.beginBlock()
			blocks++
		case inCodes:
			progress, err = d.codes(until)
		case inStored:
			progress = d.copyStored(until)
		case ended:
			return false, nil
		}
		if err != nil || !progress {
			return false, err
		}
	}
	return true, nil
}

// copyStored takes what has come of a stored block.
func (d *decoder) copyStored(until int64) bool {
	n := min(d.left, int(d.available()-d.bit)>>3, int(until-d.position()))
	if n <= 0 {
		return false
	}
	i := int(d.bit>>3 - d.inBase)
	d.text = append(d.text, d.in[i:i+n]...)
	d.bit += int64(n) * 8
	if d.left -= n; d.left == 0 {
		d.endBlock(d.bit, d.bit)
	}
	return true
}

// outcome is why a run over tokens has ended.
type outcome uint8

const (
	complete outcome = iota
	starved          // the next token has not all come
	blockEnd         // the token before was the block's end
	corrupt
)

// maxLength is that of a match.
const maxLength = 258

// codes decodes tokens of a block.
func (d *decoder) codes(until int64) (progress bool, err error) {
	at, most, from := len(d.text), int(until-d.base), d.bit
	d.text = slices.Grow(d.text, most-at+slack)
	at, why := d.tokens(d.text[:cap(d.text)], at, most)
	d.text = d.text[:at]
	switch why {
	case corrupt:
		return false, errCorrupt
	case blockEnd:
		b := d.blocks[len(d.blocks)-1]
		d.endBlock(d.bit-int64(b.lengths[endOfBlock]), d.bit)
	}
	return d.bit > from, nil
}

// slack is how far what is decoded at once may reach beyond what is wanted: literals, a match, and what copying
// it in pieces writes too much.
const slack = 2 + maxLength + piece

// tokens decodes into text from at on, until there is as much as is wanted. It goes on boldly while the longest
// token has come for certain, then with care.
func (d *decoder) tokens(text []byte, at, most int) (int, outcome) {
	foreign := max(int(d.origin-d.base), 0) // how much of the text is of an earlier member, which no match may refer to
	for at < most && len(d.matches) < cap(d.matches) {
		var ok bool
		if at, ok = d.bold(text, at, most, foreign); !ok {
			return at, corrupt
		}
		if at >= most || len(d.matches) == cap(d.matches) {
			break
		}
		t, why := d.token(d.bit)
		switch {
		case why == starved, why == corrupt:
			return at, why
		case why == blockEnd:
			d.bit += int64(t.bits)
			return at, blockEnd
		case t.dist > at-foreign:
			return at, corrupt
		case t.dist > 0:
			d.matches = append(d.matches, match{d.base + int64(at), d.bit, uint16(t.length), uint16(t.dist), uint8(t.bits)})
			repeat(text, at, t.length, t.dist)
		default:
			text[at] = t.literal
		}
		at += t.length
		d.bit += int64(t.bits)
	}
	return at, complete
}

// bold decodes tokens whose codes the tables have, as long as there are more bits than the longest takes. ok is
// false where a match reaches back over the beginning. What it works on are locals, which the processor can keep.
func (d *decoder) bold(text []byte, at, most, foreign int) (_ int, ok bool) {
	in, literal, distant, matches := d.in, &d.table.literal, &d.table.dist, d.matches
	pos := int(d.bit>>3 - d.inBase)
	if pos+8 > len(in) {
		return at, true
	}
	// The next bits, the first lowest, and how many there are: 56 to 63 once filled.
	next, n := binary.LittleEndian.Uint64(in[pos:])>>(d.bit&7), 56-uint(d.bit&7)
	pos += 7
	ok = true
	for at < most && pos+8 <= len(in) && len(matches) < cap(matches) {
		next |= binary.LittleEndian.Uint64(in[pos:]) << (n & 63)
		pos += int(63-n) >> 3
		n |= 56
		e := literal[next&(1<<literalBits-1)]
		if e&kindMask == kindLiteral {
			// Three fit into the bits for certain, and a match behind them does not.
			text[at] = byte(e >> 16)
			at++
			next, n = next>>e.length(), n-e.length()
			if e = literal[next&(1<<literalBits-1)]; e&kindMask == kindLiteral {
				text[at] = byte(e >> 16)
				at++
				next, n = next>>e.length(), n-e.length()
				if e = literal[next&(1<<literalBits-1)]; e&kindMask == kindLiteral {
					text[at] = byte(e >> 16)
					at++
					next, n = next>>e.length(), n-e.length()
				}
			}
			continue
		}
		if e&kindMask != kindMatch {
			break
		}
		left := next >> e.length()
		length := e.value() + int(left&(1<<e.extra()-1))
		left >>= e.extra()
		de := distant[left&(1<<distBits-1)]
		if de&kindMask != kindMatch {
			break
		}
		left >>= de.length()
		dist := de.value() + int(left&(1<<de.extra()-1))
		if dist > at-foreign {
			ok = false
			break
		}
		bits := e.length() + e.extra() + de.length() + de.extra()
		matches = matches[:len(matches)+1]
		m := &matches[len(matches)-1] // its fields one by one: copying a whole one would wait for them
		m.pos, m.bit = d.base+int64(at), (d.inBase+int64(pos))<<3-int64(n)
		m.length, m.dist, m.bits = uint16(length), uint16(dist), uint8(bits)
		next, n = left>>de.extra(), n-bits
		if length <= piece && dist >= length {
			copyPiece(text[at:], text[at-dist:])
		} else {
			repeat(text, at, length, dist)
		}
		at += length
	}
	d.bit, d.matches = (d.inBase+int64(pos))<<3-int64(n), matches
	return at, ok
}

// piece is how many bytes are copied at once.
const piece = 16

func copyPiece(to, from []byte) {
	a, b := binary.LittleEndian.Uint64(from), binary.LittleEndian.Uint64(from[8:])
	binary.LittleEndian.PutUint64(to, a)
	binary.LittleEndian.PutUint64(to[8:], b)
}

// repeat copies a match. Where it repeats what it writes itself, each copy gives the next one twice as much.
func repeat(text []byte, at, length, dist int) {
	for n := 0; n < length; {
		n += copy(text[at+n:at+length], text[at-dist:at+n])
	}
}

// token is a literal, with a length of 1 and no distance, a match, or the end of the block.
type token struct {
	literal      byte
	length, dist int
	bits         uint
}

// token reads one with care.
func (d *decoder) token(bit int64) (t token, why outcome) {
	next := d.peek(bit)
	left := d.available() - bit
	e, ok := d.literal.next(d.table.literal[:], next)
	if !ok {
		return t, starvedOrCorrupt(left)
	}
	t.bits = e.length()
	switch e & kindMask {
	case kindLiteral:
		t.literal, t.length = byte(e>>16), 1
	case kindEnd:
		why = blockEnd
	default:
		next >>= e.length()
		t.length = e.value() + int(next&(1<<e.extra()-1))
		next >>= e.extra()
		t.bits += e.extra()
		if e, ok = d.distant.next(d.table.dist[:], next); !ok {
			return t, starvedOrCorrupt(left - int64(t.bits))
		}
		next >>= e.length()
		t.dist = e.value() + int(next&(1<<e.extra()-1))
		t.bits += e.length() + e.extra()
	}
	if int64(t.bits) > left {
		return t, starved
	}
	return t, why
}

// starvedOrCorrupt tells whether bits that are no code may become one when more have come.
func starvedOrCorrupt(left int64) outcome {
	if left < maxCodeLength {
		return starved
	}
	return corrupt
}

// forget drops what nobody needs any more: the stream before a bit, the text before a position, but for
// what matches may refer to.
func (d *decoder) forget(bit, position int64) {
	if drop := int(bit>>3 - d.inBase); drop > 0 && (drop >= len(d.in) || drop >= 4<<10) {
		d.in = d.in[:copy(d.in, d.in[drop:])]
		d.inBase += int64(drop)
	}
	keep := min(position, d.position()-window)
	if drop := int(keep - d.base); drop >= window {
		d.text = d.text[:copy(d.text, d.text[drop:])]
		d.base += int64(drop)
	}
}
