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
	length, dist int32
}

// block is one block of the stream (RFC 1951, section 3.2.3).
type block struct {
	stored, final bool
	start, end    int64 // in the text; end is right once ended
	ended         bool
	endBit        int64 // where the code for its end begins
	nextBit       int64 // where the next block begins
	header        bitString
	headerBit     int64 // where it began in the stream
	dataBit       int64 // where it ended
	used          bool  // something was written in its codes
	lengths       *codeLengths
	codes         *[literals + distances]uint16 // reversed; made when they are first needed
}

// codeLengths are those of literals, lengths and the end, then those of distances.
type codeLengths [literals + distances]uint8

// fixedLengths are those of a block with the fixed codes (RFC 1951, section 3.2.6).
var fixedLengths = func() *codeLengths {
	var l codeLengths
	for symbol := range literals {
		switch {
		case symbol < 144:
			l[symbol] = 8
		case symbol < 256:
			l[symbol] = 9
		case symbol < 280:
			l[symbol] = 7
		default:
			l[symbol] = 8
		}
	}
	for symbol := range distances {
		l[literals+symbol] = 5
	}
	return &l
}()

// maxBlocks bounds how many blocks the text may be in that is held.
const maxBlocks = 1 << 16

// bitString is a copy of bits.
type bitString struct {
	bytes  []byte
	offset uint8 // of its first bit
	length int
}

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
	literal code
	distant code
	table   struct {
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
	d.literal.entry, d.distant.entry = literalEntry, distEntry
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

// decode reads on until the text has grown by that much, or more by a match, or what has come is used up.
// more tells that it could read on at once.
func (d *decoder) decode(limit int) (more bool, err error) {
	until := d.position() + int64(limit)
	for d.position() < until {
		progress := false
		switch d.state {
		case betweenBlocks:
			progress, err = d.beginBlock()
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

func (d *decoder) newBlock() *block {
	if n := len(d.free); n > 0 {
		b := d.free[n-1]
		d.free = d.free[:n-1]
		return b
	}
	return new(block)
}

func (d *decoder) recycle(b *block) {
	if len(d.free) < 8 {
		*b = block{header: bitString{bytes: b.header.bytes[:0]}}
		d.free = append(d.free, b)
	}
}

// beginBlock reads a block's header, if it has come.
func (d *decoder) beginBlock() (bool, error) {
	if d.available() < d.bit+3 {
		return false, nil
	}
	b := d.newBlock()
	head := d.peek(d.bit)
	b.final, b.headerBit = head&1 != 0, d.bit
	var ready bool
	var err error
	at := d.bit + 3
	switch head >> 1 & 3 {
	case 0:
		b.stored = true
		ready, at, err = d.storedHeader(at)
	case 1:
		ready = true
		b.lengths = fixedLengths
	case 2:
		ready, at, err = d.dynamicHeader(b, at)
	default:
		err = errCorrupt
	}
	if err != nil || !ready {
		d.recycle(b)
		return false, err
	}
	if !b.stored {
		if err := d.literal.build(d.table.literal[:], b.lengths[:literals], true); err != nil {
			return false, err
		}
		if err := d.distant.build(d.table.dist[:], b.lengths[literals:], true); err != nil {
			return false, err
		}
	}
	b.start, b.dataBit = d.position(), at
	first := int(b.headerBit>>3 - d.inBase)
	b.header = bitString{append(b.header.bytes[:0], d.in[first:min(len(d.in), int((at+7)>>3-d.inBase))]...), uint8(b.headerBit & 7), int(at - b.headerBit)}
	if len(d.blocks) == maxBlocks {
		return false, errCorrupt
	}
	d.blocks = append(d.blocks, b)
	d.bit = at
	d.state = inCodes
	if b.stored {
		d.state = inStored
		if d.left == 0 {
			d.endBlock(at, at)
		}
	}
	return true, nil
}

// storedHeader reads the length of a stored block (RFC 1951, section 3.2.4).
func (d *decoder) storedHeader(at int64) (ready bool, end int64, err error) {
	at = (at + 7) &^ 7
	if d.available() < at+32 {
		return false, 0, nil
	}
	lengths := uint32(d.peek(at))
	if lengths&0xffff != ^lengths>>16 {
		return false, 0, errCorrupt
	}
	d.left = int(lengths & 0xffff)
	return true, at + 32, nil
}

// lengthOrder is that of the code lengths of code lengths (RFC 1951, section 3.2.7).
var lengthOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

func (d *decoder) dynamicHeader(b *block, at int64) (ready bool, end int64, err error) {
	available := d.available()
	head := d.peek(at)
	nLiterals, nDistances, nLengths := int(head&31)+257, int(head>>5&31)+1, int(head>>10&15)+4
	at += 14
	if available < at+int64(nLengths)*3 {
		return false, 0, nil
	}
	if nLiterals > 286 || nDistances > 30 {
		return false, 0, errCorrupt
	}
	var ofLengths [19]uint8
	for i := range nLengths {
		ofLengths[lengthOrder[i]] = uint8(d.peek(at) & 7)
		at += 3
	}
	var table [1 << 7]entry
	lengths := code{entry: func(symbol int) entry { return entry(symbol) << 16 }}
	if err := lengths.build(table[:], ofLengths[:], false); err != nil {
		return false, 0, err
	}
	var all [286 + 30]uint8
	total := nLiterals + nDistances
	for i := 0; i < total; {
		next := d.peek(at)
		e := table[next&127]
		if at += int64(e.length()); at > available {
			return false, 0, nil
		}
		next >>= e.length()
		symbol := e.value()
		if symbol < 16 {
			all[i] = uint8(symbol)
			i++
			continue
		}
		var value uint8
		var repeat int
		switch symbol {
		case 16:
			if i == 0 {
				return false, 0, errCorrupt
			}
			value, repeat = all[i-1], 3+int(next&3)
			at += 2
		case 17:
			repeat = 3 + int(next&7)
			at += 3
		default:
			repeat = 11 + int(next&127)
			at += 7
		}
		if at > available {
			return false, 0, nil
		}
		if i+repeat > total {
			return false, 0, errCorrupt
		}
		for range repeat {
			all[i] = value
			i++
		}
	}
	b.lengths = new(codeLengths)
	copy(b.lengths[:], all[:nLiterals])
	copy(b.lengths[literals:], all[nLiterals:total])
	if b.lengths[endOfBlock] == 0 {
		return false, 0, errCorrupt
	}
	return true, at, nil
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

func (d *decoder) endBlock(endBit, nextBit int64) {
	b := d.blocks[len(d.blocks)-1]
	b.ended, b.end, b.endBit, b.nextBit = true, d.position(), endBit, nextBit
	d.bit = nextBit
	d.state = betweenBlocks
	if b.final {
		d.state = ended
	}
	d.merge()
}

// merge takes away a block that nobody misses, so that no stream is more blocks than text: an empty one, but for a
// stored one, by which senders flush; a stored one becomes a part of the stored one before it.
func (d *decoder) merge() {
	last := len(d.blocks) - 1
	b := d.blocks[last]
	switch {
	case !b.stored && b.start == b.end && !b.used:
	case b.stored && last > 0 && d.blocks[last-1].stored:
		before := d.blocks[last-1]
		before.end, before.endBit, before.nextBit = b.end, b.endBit, b.nextBit
	default:
		return
	}
	d.blocks = d.blocks[:last]
	d.recycle(b)
}

// outcome is why a run over tokens has ended.
type outcome uint8

const (
	enough   outcome = iota
	starved          // the next token has not all come
	blockEnd         // the token before was the block's end
	corrupt
)

// maxLength is that of a match.
const maxLength = 258

// codes decodes tokens of a block.
func (d *decoder) codes(until int64) (progress bool, err error) {
	at, most := len(d.text), int(until-d.base)
	d.text = slices.Grow(d.text, most-at+maxLength) // also for what the last token has beyond what is wanted
	at, bit, endLength, why := d.tokens(d.text[:cap(d.text)], at, most, d.bit)
	progress = bit > d.bit
	d.text, d.bit = d.text[:at], bit
	switch why {
	case corrupt:
		return false, errCorrupt
	case blockEnd:
		d.endBlock(bit-endLength, bit)
	}
	return progress, nil
}

// tokens decodes into text from at on, until there is as much as is wanted. It goes on boldly while the longest
// token has come for certain, then with care. What it works on are locals, which the processor can keep.
func (d *decoder) tokens(text []byte, at, most int, bit int64) (_ int, _ int64, endLength int64, _ outcome) {
	in, inBase, available := d.in, d.inBase, d.available()
	literal, distant := &d.table.literal, &d.table.dist
	foreign := max(int(d.origin-d.base), 0) // how much of the text is of an earlier member, which no match may refer to
	for at < most {
		i := int(bit>>3 - inBase)
		var next uint64
		if i+8 <= len(in) {
			next = binary.LittleEndian.Uint64(in[i:]) >> (bit & 7)
		} else {
			next = d.peek(bit)
		}
		e := literal[next&(1<<literalBits-1)]
		// Three literals fit into the bits for certain, and a match behind them does not.
		if e&kindMask == kindLiteral && bit+48 <= available {
			text[at] = byte(e >> 16)
			at++
			n := e.length()
			if e = literal[next>>n&(1<<literalBits-1)]; e&kindMask == kindLiteral {
				text[at] = byte(e >> 16)
				at++
				n += e.length()
				if e = literal[next>>n&(1<<literalBits-1)]; e&kindMask == kindLiteral {
					text[at] = byte(e >> 16)
					at++
					n += e.length()
				}
			}
			bit += int64(n)
			continue
		}
		if e&kindMask == kindLong {
			var ok bool
			if e, ok = d.literal.long(next); !ok || e&kindMask == kindLong {
				if bit+maxCodeLength > available {
					return at, bit, 0, starved
				}
				return at, bit, 0, corrupt
			}
		}
		n := int64(e.length())
		next >>= e.length()
		switch e & kindMask {
		case kindLiteral:
			if bit+n > available {
				return at, bit, 0, starved
			}
			text[at] = byte(e >> 16)
			at++
		case kindEnd:
			if bit+n > available {
				return at, bit, 0, starved
			}
			return at, bit + n, n, blockEnd
		default:
			length := e.value() + int(next&(1<<e.extra()-1))
			next >>= e.extra()
			n += int64(e.extra())
			de := distant[next&(1<<distBits-1)]
			if de&kindMask == kindLong {
				var ok bool
				if de, ok = d.distant.long(next); !ok || de&kindMask == kindLong {
					if bit+n+maxCodeLength > available {
						return at, bit, 0, starved
					}
					return at, bit, 0, corrupt
				}
			}
			next >>= de.length()
			dist := de.value() + int(next&(1<<de.extra()-1))
			n += int64(de.length() + de.extra())
			if bit+n > available {
				return at, bit, 0, starved
			}
			if dist > at-foreign {
				return at, bit, 0, corrupt
			}
			d.matches = append(d.matches, match{d.base + int64(at), bit, int32(length), int32(dist)})
			if dist >= length {
				copy(text[at:at+length], text[at-dist:])
			} else {
				for k := range length {
					text[at+k] = text[at-dist+k]
				}
			}
			at += length
		}
		bit += n
	}
	return at, bit, 0, enough
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
