package deflate

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

// manyBlocks is after how many of them it is time to pass on what they were.
const manyBlocks = 256

// bitString is a copy of bits.
type bitString struct {
	bytes  []byte
	offset uint8 // of its first bit
	length int
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
	if d.bit = at; b.final {
		d.finalBit = b.headerBit
	}
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
	lengths := code{entries: lengthEntries[:]}
	if err := lengths.build(table[:], ofLengths[:], false); err != nil {
		return false, 0, err
	}
	var all [286 + 30]uint8
	total := nLiterals + nDistances
	if at, err = d.lengths(&table, all[:total], at, available); err != nil || at == 0 {
		return false, 0, err
	}
	b.lengths = new(codeLengths)
	copy(b.lengths[:], all[:nLiterals])
	copy(b.lengths[literals:], all[nLiterals:total])
	if b.lengths[endOfBlock] == 0 {
		return false, 0, errCorrupt
	}
	return true, at, nil
}

// lengths reads the code lengths of a block, which are coded by the table (RFC 1951, section 3.2.7). The end is 0 where the bits
// that are available do not suffice.
func (d *decoder) lengths(table *[1 << 7]entry, all []uint8, at, available int64) (end int64, err error) {
	for i := 0; i < len(all); {
		next := d.peek(at)
		e := table[next&127]
		if at += int64(e.length()); at > available {
			return 0, nil
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
				return 0, errCorrupt
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
			return 0, nil
		}
		if i+repeat > len(all) {
			return 0, errCorrupt
		}
		for range repeat {
			all[i] = value
			i++
		}
	}
	return at, nil
}

func (d *decoder) endBlock(endBit, nextBit int64) {
	b := d.blocks[len(d.blocks)-1]
	b.ended, b.end, b.endBit, b.nextBit = true, d.position(), endBit, nextBit
	d.bit = nextBit
	d.state = betweenBlocks
	if b.final {
		d.state, d.endBit = ended, nextBit
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
