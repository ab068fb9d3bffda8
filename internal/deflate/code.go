package deflate

import (
	"errors"
	"math/bits"
)

// errCorrupt is a stream that is none.
var errCorrupt = errors.New("deflate: the stream is corrupt")

// The alphabets (RFC 1951, section 3.2.5) and the longest code.
const (
	maxCodeLength = 15
	literals      = 288
	distances     = 32
	endOfBlock    = 256
)

// lengthBase and distBase are the shortest length and distance of each symbol, the extras how many bits
// follow it.
var (
	lengthBase  = [29]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra = [29]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distBase    = [30]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distExtra   = [30]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
)

// lengthSymbol is the symbol of each length from 3 to 258, less 257.
var lengthSymbol = func() (symbols [259]uint8) {
	for symbol, base := range lengthBase {
		for length := int(base); length < int(base)+1<<lengthExtra[symbol] && length <= 258; length++ {
			symbols[length] = uint8(symbol)
		}
	}
	symbols[258] = 28
	return symbols
}()

// distSymbol is the symbol of a distance.
func distSymbol(dist int) int {
	if dist < 5 {
		return dist - 1
	}
	top := bits.Len32(uint32(dist-1)) - 1
	return 2*top + (dist-1)>>(top-1)&1
}

// entry is what a table says of the bits that come next: the code's length in the lowest four bits, the number
// of extra bits in the next four, then the kind, and from bit 16 on the literal, length or distance.
type entry uint32

const (
	kindLiteral entry = 0 << 8
	kindMatch   entry = 1 << 8 // a length, or a distance
	kindEnd     entry = 2 << 8
	kindLong    entry = 3 << 8 // a code longer than the table's index, or none
	kindMask    entry = 3 << 8
)

func (e entry) length() uint { return uint(e & 15) }
func (e entry) extra() uint  { return uint(e >> 4 & 15) }
func (e entry) value() int   { return int(e >> 16) }

// The tables are indexed by that many bits.
const (
	literalBits = 10
	distBits    = 8
)

// code is a Huffman code: a table for what is short, and the canonical order for the rest.
type code struct {
	count   [maxCodeLength + 1]uint16
	symbol  [literals]uint16
	entries []entry // of each symbol, without a length
}

// build makes the code of these lengths, and fills its table. As with zlib a code must be complete, but for
// one that has a single symbol of one bit, or none at all where that is allowed.
func (c *code) build(table []entry, lengths []uint8, mayBeEmpty bool) error {
	clear(c.count[:])
	for _, n := range lengths {
		c.count[n&maxCodeLength]++
	}
	used := len(lengths) - int(c.count[0])
	c.count[0] = 0
	left, longest := 1, 0
	var offsets [maxCodeLength + 2]uint16
	for n := 1; n <= maxCodeLength; n++ {
		left = left<<1 - int(c.count[n])
		if left < 0 {
			return errCorrupt
		}
		if c.count[n] > 0 {
			longest = n
		}
		offsets[n+1] = offsets[n] + c.count[n]
	}
	if left > 0 && !(used == 0 && mayBeEmpty) && !(used == 1 && longest == 1 && mayBeEmpty) {
		return errCorrupt
	}
	for symbol, n := range lengths {
		if n > 0 {
			c.symbol[offsets[n]] = uint16(symbol)
			offsets[n]++
		}
	}
	c.fill(table)
	return nil
}

// fill doubles the table for each further bit: what follows a shorter code makes no difference. Codes are counted up as
// they stand in the stream, with the first bit lowest.
func (c *code) fill(table []entry) {
	table[0] = kindLong
	at, next := 0, 0
	for n := 1; 1<<n <= len(table); n++ {
		copy(table[1<<(n-1):1<<n], table)
		last := 1<<n - 1
		for range c.count[n] {
			table[next] = c.entries[c.symbol[at]] | entry(n)
			at++
			if next == last {
				continue // that was the last code
			}
			highest := 1 << (bits.Len(uint(next^last)) - 1)
			next = next&(highest-1) | highest
		}
	}
}

// firstCodes are the first codes of each length (RFC 1951, section 3.2.2).
func firstCodes(count *[maxCodeLength + 1]uint16) (next [maxCodeLength + 1]uint16) {
	first := uint16(0)
	for n := 1; n <= maxCodeLength; n++ {
		first = (first + count[n-1]) << 1
		next[n] = first
	}
	return next
}

// reversed is a code as it stands in the stream, its first bit lowest.
func reversed(code uint16, length uint8) uint16 { return bits.Reverse16(code) >> (16 - length) }

// next is the entry of the code that comes next, from the table if that has it; ok is false where there is none.
func (c *code) next(table []entry, bits uint64) (e entry, ok bool) {
	if e = table[bits&uint64(len(table)-1)]; e&kindMask != kindLong {
		return e, true
	}
	e, ok = c.long(bits)
	return e, ok && e&kindMask != kindLong
}

// long decodes a code that the table does not have, bit by bit; ok is false where there is none.
func (c *code) long(from uint64) (e entry, ok bool) {
	value, first, index := 0, 0, 0
	for n := 1; n <= maxCodeLength; n++ {
		value |= int(from & 1)
		from >>= 1
		count := int(c.count[n])
		if value-count < first {
			return c.entries[c.symbol[index+value-first]] | entry(n), true
		}
		index += count
		first = (first + count) << 1
		value <<= 1
	}
	return 0, false
}

// The entries of all symbols; those that no stream may have are as if there were no code.
var (
	literalEntries = func() (entries [literals]entry) {
		for symbol := range entries {
			switch {
			case symbol < endOfBlock:
				entries[symbol] = kindLiteral | entry(symbol)<<16
			case symbol == endOfBlock:
				entries[symbol] = kindEnd
			case symbol-257 < len(lengthBase):
				entries[symbol] = kindMatch | entry(lengthExtra[symbol-257])<<4 | entry(lengthBase[symbol-257])<<16
			default:
				entries[symbol] = kindLong
			}
		}
		return entries
	}()
	distEntries = func() (entries [distances]entry) {
		for symbol := range entries {
			entries[symbol] = kindLong
			if symbol < len(distBase) {
				entries[symbol] = kindMatch | entry(distExtra[symbol])<<4 | entry(distBase[symbol])<<16
			}
		}
		return entries
	}()
	lengthEntries = func() (entries [19]entry) {
		for symbol := range entries {
			entries[symbol] = entry(symbol) << 16
		}
		return entries
	}()
)
