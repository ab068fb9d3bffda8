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
