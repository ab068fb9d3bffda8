package deflate

import "slices"

// editor emits a decoder's tokens, with edits.
type editor struct {
	decoder
	out bitWriter

	at       int64 // up to where the text has gone out
	atBit    int64 // where the token there begins in the stream; right only at the beginning of a token
	block    int   // the one that at is in, of d.blocks
	match    int   // the next one at or behind at, of d.matches
	open     bool  // the block's header has gone out, and not its end
	from, to int64 // bits of the stream that are still to be copied
	// edits that matches may still reach back over, the last one last, with how much the text has
	// grown up to there.
	past   []pastEdit
	growth int64
	sent   int64 // up to where the text has gone out unread
}

type pastEdit struct {
	offset, end   int64 // in the text as it came
	before, after int64 // how much longer the text had become before it, and behind it
}

// maxKept bounds what is kept of the memory of a stream that is done: a scanner may hold much text back.
const maxKept = 128 << 10

func (e *editor) reset() {
	e.decoder.reset()
	if cap(e.text) > maxKept {
		e.text = nil
	}
	if cap(e.in) > maxKept {
		e.in = nil
	}
	if cap(e.matches) > maxKept/24 {
		e.matches = nil
	}
	if cap(e.out.bytes) > maxKept {
		e.out.bytes = nil
	}
	e.out.reset()
	e.at, e.atBit, e.block, e.match, e.open, e.from, e.to = 0, 0, 0, 0, false, 0, 0
	e.past, e.growth, e.sent = e.past[:0], 0, 0
}

// emit lets the text out up to a position, with the edits that begin before it, or at it.
func (e *editor) emit(position int64, edits []Edit) {
	if e.at < e.sent {
		if e.skipSent(min(position, e.sent)); e.at < e.sent {
			e.release()
			return
		}
	}
	for _, edit := range edits {
		e.pass(edit.Offset, true)
		e.insert(edit.Replacement)
		end := edit.Offset + int64(edit.Length)
		e.pass(end, false)
		before := e.growth
		e.growth += int64(len(edit.Replacement)) - int64(edit.Length)
		e.past = append(e.past, pastEdit{edit.Offset, end, before, e.growth})
	}
	e.pass(position, true)
	e.flushCopy()
	e.release()
}

// release gives back what lies behind.
func (e *editor) release() {
	gone := 0
	for gone < len(e.past) && e.past[gone].end < e.at-window {
		gone++
	}
	e.past = e.past[:copy(e.past, e.past[gone:])]
	e.matches = e.matches[:copy(e.matches, e.matches[e.match:])]
	e.match = 0
	if e.block > 0 {
		for _, b := range e.blocks[:e.block] {
			e.recycle(b)
		}
		e.blocks = e.blocks[:copy(e.blocks, e.blocks[e.block:])]
		e.block = 0
	}
	e.forget(e.atBit, e.at)
}

// current is the block that the next byte is in; blocks that have ended are left.
func (e *editor) current() *block {
	for e.block < len(e.blocks) {
		b := e.blocks[e.block]
		if e.at == b.start && e.atBit <= b.headerBit {
			e.atBit = b.dataBit
		}
		if !b.ended || e.at < b.end {
			return b
		}
		e.leave(b)
	}
	return nil
}

// leave ends a block, whose text has all gone out.
func (e *editor) leave(b *block) {
	if b.stored {
		if b.start == b.end { // an empty one is how the sender flushes
			e.closeBlock()
			e.stored(nil)
		}
	} else if e.open {
		e.copyBits(b.endBit, b.nextBit)
		e.open = false
	}
	e.atBit = b.nextBit
	e.block++
}

// pass goes on up to a position that has been decoded, and lets the text out as it is, or leaves it out.
func (e *editor) pass(to int64, keep bool) {
	for e.at < to {
		b := e.current()
		end := to
		if b.ended {
			end = min(end, b.end)
		}
		switch {
		case b.stored:
			if keep {
				e.closeBlock()
				e.stored(e.slice(e.at, end))
			}
			e.atBit += (end - e.at) * 8
			e.at = end
		case keep:
			e.copyTokens(b, end)
		default:
			e.skipTokens(b, end)
		}
	}
	if keep {
		e.current() // so that a block's end goes out with its last byte
	}
}

// copyTokens lets tokens of a block out, up to a position in it.
func (e *editor) copyTokens(b *block, to int64) {
	edited := int64(-1) // before that lies an edit
	if n := len(e.past); n > 0 {
		edited = e.past[n-1].end
	}
	for e.at < to {
		e.openBlock(b)
		from := e.atBit
		e.overMatches(to, edited)
		if m := e.nextMatch(); m == nil || m.pos > e.at {
			e.overLiterals(b, to)
		}
		e.copyBits(from, e.atBit)
		if m := e.nextMatch(); m != nil && m.pos <= e.at && e.at < to {
			end := min(to, m.end())
			e.repeat(b, m, end)
			e.leaveMatch(m, end)
		}
	}
}

// overMatches goes on over matches, and what is between them, up to a position or to one whose source does not lie
// behind another.
func (e *editor) overMatches(to, behind int64) {
	if m := e.nextMatch(); m == nil || m.pos < e.at { // some of it has gone out
		return
	}
	next := e.match
	for next < len(e.matches) {
		m := &e.matches[next]
		if m.end() > to || m.pos-int64(m.dist) < behind {
			break
		}
		next++
	}
	if next > e.match {
		last := &e.matches[next-1]
		e.at, e.atBit, e.match = last.end(), last.behind(), next
	}
}

// skipTokens leaves tokens of a block out, up to a position in it.
func (e *editor) skipTokens(b *block, to int64) {
	for e.at < to {
		if m := e.nextMatch(); m != nil && m.pos <= e.at {
			e.leaveMatch(m, min(to, m.end()))
		} else {
			e.overLiterals(b, to)
		}
	}
}

// leaveMatch goes on up to a position in a match, or behind it.
func (e *editor) leaveMatch(m *match, to int64) {
	if e.at = to; to == m.end() {
		e.atBit = m.behind()
		e.match++
	}
}

// overLiterals goes on over literals, up to a position in the block or the next match.
func (e *editor) overLiterals(b *block, to int64) {
	m := e.nextMatch()
	switch {
	case b.ended && to == b.end && (m == nil || m.pos >= to): // a match there is the next block's
		e.at, e.atBit = to, b.endBit
	case m != nil && m.pos <= to:
		e.at, e.atBit = m.pos, m.bit
	case to == e.position():
		e.at, e.atBit = to, e.bit
	default:
		for _, c := range e.slice(e.at, to) {
			e.atBit += int64(b.lengths[c])
		}
		e.at = to
	}
}

// nextMatch is the match that the text at is in, or the next one; nil where there is none yet.
func (e *editor) nextMatch() *match {
	if e.match < len(e.matches) {
		return &e.matches[e.match]
	}
	return nil
}

// source tells how many of the bytes from a position on are still there as they came, or how many of them are not,
// and how much longer the text before them has become.
func (e *editor) source(from int64) (n int64, intact bool, grown int64) {
	next, _ := slices.BinarySearchFunc(e.past, from, func(p pastEdit, from int64) int {
		if p.end <= from {
			return -1
		}
		return 1
	})
	if next > 0 {
		grown = e.past[next-1].after
	} else {
		grown = e.past[0].before
	}
	switch {
	case next == len(e.past):
		return maxLength, true, grown
	case e.past[next].offset <= from:
		return e.past[next].end - from, false, grown
	}
	return e.past[next].offset - from, true, grown
}

// repeat lets a part of a match out, from where the text is up to a position in it, by matches where their source
// is still there, else by literals.
func (e *editor) repeat(b *block, m *match, to int64) {
	dist := int64(m.dist)
	for at := e.at; at < to; {
		n, intact, moved := to-at, true, dist
		if len(e.past) > 0 {
			var grown int64
			n, intact, grown = e.source(at - dist)
			moved += e.growth - grown
			n = min(n, to-at)
			if moved != dist {
				n = min(n, dist) // what it repeats of itself has not gone out yet
			}
		}
		hasCode := false
		if intact && n >= 3 && moved <= window {
			_, hasCode = b.matchBits(int(n), int(moved))
		}
		if hasCode {
			e.writeMatch(b, int(n), int(moved))
		} else {
			e.writeLiterals(b, e.slice(at, at+n))
		}
		at += n
	}
}

// slice is a piece of the text.
func (e *editor) slice(from, to int64) []byte { return e.text[from-e.base : to-e.base] }

// copyBits has bits of the stream copied, before long; those that follow each other at once.
func (e *editor) copyBits(from, to int64) {
	if e.to != from {
		e.flushCopy()
		e.from = from
	}
	e.to = to
}

func (e *editor) flushCopy() {
	if e.to > e.from {
		e.out.copy(e.in, int(e.from-e.inBase*8), int(e.to-e.from))
	}
	e.from, e.to = 0, -1
}

// openBlock lets the header of a block out, unless it has gone.
func (e *editor) openBlock(b *block) {
	if e.open {
		return
	}
	e.open, b.used = true, true
	if !b.final && b.headerBit>>3 >= e.inBase {
		e.copyBits(b.headerBit, b.dataBit)
		return
	}
	e.flushCopy()
	e.out.write(0, 1) // the end comes later
	e.out.copy(b.header.bytes, int(b.header.offset)+1, b.header.length-1)
}

// closeBlock lets the end of the open block out.
func (e *editor) closeBlock() {
	if !e.open {
		return
	}
	e.open = false
	e.flushCopy()
	b := e.blocks[e.block]
	e.out.write(uint64(b.code(endOfBlock)), uint(b.lengths[endOfBlock]))
}

// stored lets text out in stored blocks.
func (e *editor) stored(text []byte) {
	e.flushCopy()
	for {
		n := min(len(text), 0xffff)
		e.out.write(0, 3)
		e.out.align()
		e.out.write(uint64(n)|uint64(^uint16(n))<<16, 32)
		e.out.bytes = append(e.out.bytes, text[:n]...)
		if text = text[n:]; len(text) == 0 {
			return
		}
	}
}

// code is the code of a symbol of a block, as it is written.
func (b *block) code(symbol int) uint16 {
	if b.codes == nil {
		b.codes = new([literals + distances]uint16)
		assign(b.codes[:literals], b.lengths[:literals])
		assign(b.codes[literals:], b.lengths[literals:])
	}
	return b.codes[symbol]
}

// assign gives each symbol its code (RFC 1951, section 3.2.2).
func assign(codes []uint16, lengths []uint8) {
	var count [maxCodeLength + 1]uint16
	for _, n := range lengths {
		count[n]++
	}
	count[0] = 0
	next := firstCodes(&count)
	for symbol, n := range lengths {
		if n > 0 {
			codes[symbol] = reversed(next[n], n)
			next[n]++
		}
	}
}

// matchBits is how many bits a match takes in a block's codes; ok is false where they have none for it.
func (b *block) matchBits(length, dist int) (bits int, ok bool) {
	l, d := lengthSymbol[length], distSymbol(dist)
	ofLength, ofDist := b.lengths[257+int(l)], b.lengths[literals+d]
	return int(ofLength + lengthExtra[l] + ofDist + distExtra[d]), ofLength > 0 && ofDist > 0
}

// writeMatch writes a match in a block's codes, which have one for it.
func (e *editor) writeMatch(b *block, length, dist int) {
	l, d := int(lengthSymbol[length]), distSymbol(dist)
	ls, ds := 257+l, literals+d
	e.openBlock(b)
	e.flushCopy()
	e.out.write(uint64(b.code(ls))|uint64(length-int(lengthBase[l]))<<b.lengths[ls], uint(b.lengths[ls]+lengthExtra[l]))
	e.out.write(uint64(b.code(ds))|uint64(dist-int(distBase[d]))<<b.lengths[ds], uint(b.lengths[ds]+distExtra[d]))
}

// writeLiterals writes text in a block's codes, or in a block of its own where they lack one.
func (e *editor) writeLiterals(b *block, text []byte) {
	if !b.has(text) {
		e.closeBlock()
		e.writeFixed(text)
		return
	}
	e.openBlock(b)
	e.flushCopy()
	for _, c := range text {
		e.out.write(uint64(b.code(int(c))), uint(b.lengths[c]))
	}
}

func (b *block) has(text []byte) bool {
	for _, c := range text {
		if b.lengths[c] == 0 {
			return false
		}
	}
	return true
}

// writeFixed writes a block with the fixed codes (RFC 1951, section 3.2.6).
func (e *editor) writeFixed(text []byte) {
	e.flushCopy()
	e.out.write(1<<1, 3)
	for _, c := range text {
		code, n := uint16(c)+0x30, uint8(8)
		if c >= 144 {
			code, n = uint16(c)-144+0x190, 9
		}
		e.out.write(uint64(reversed(code, n)), uint(n))
	}
	e.out.write(0, 7)
}

// finish ends the stream, of which all text has gone out.
func (e *editor) finish() {
	e.current()
	e.closeBlock()
	e.flushCopy()
	e.out.append(lastBlock)
	e.out.align()
}

// lastBlock is an empty one with the fixed codes, the final one.
var lastBlock = func() (w bitWriter) {
	w.write(1|1<<1, 3)
	w.write(0, 7)
	return w
}()
