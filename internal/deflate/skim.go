package deflate

import "encoding/binary"

// canSkim tells whether the rest of the stream can pass without its text: all text has gone out, and no match to
// come can reach back over an edit.
func (e *editor) canSkim() bool {
	return e.at == e.position() && e.atBit == e.bit && len(e.matches) == 0 && (len(e.past) == 0 || e.past[len(e.past)-1].end <= e.at-window)
}

// skim reads on as far as the stream has come, and lets its tokens out as they are. It makes no text of them, which
// is most of the work of decoding, and returns how much text they stand for. more tells that it could go on at once.
func (e *editor) skim() (length int64, more bool, err error) {
	defer func() {
		e.flushCopy()
		e.atBit = e.bit
		e.forget(e.bit, e.at)
	}()
	for range 16 { // blocks: then what is out should go
		switch e.decoder.state {
		case betweenBlocks:
			begun, err := e.beginBlock()
			if err != nil || !begun {
				return length, false, err
			}
			if e.decoder.state == betweenBlocks || e.decoder.state == ended { // an empty stored one, by which senders flush
				e.stored(nil)
				e.leaveSkimmed()
			}
		case inCodes:
			e.openBlock(e.blocks[0])
			from := e.bit
			n, end, err := e.skimCodes()
			length += n
			e.copyBits(from, e.bit)
			if err != nil || !end {
				return length, false, err
			}
			e.open = false
			e.leaveSkimmed()
		case inStored:
			i := int(e.bit>>3 - e.inBase)
			n := min(e.left, len(e.in)-i)
			if n <= 0 {
				return length, false, nil
			}
			e.stored(e.in[i : i+n])
			length += int64(n)
			e.bit += int64(n) * 8
			if e.left -= n; e.left == 0 {
				e.endBlock(e.bit, e.bit)
				e.leaveSkimmed()
			}
		case ended:
			return length, false, nil
		}
	}
	return length, true, nil
}

// leaveSkimmed gives back the block that has ended.
func (e *editor) leaveSkimmed() {
	for _, b := range e.blocks {
		e.recycle(b)
	}
	e.blocks = e.blocks[:0]
}

// skimCodes goes over tokens, the block's end too, as far as they have come.
func (e *editor) skimCodes() (length int64, end bool, err error) {
	for {
		length += e.skimBold()
		t, why := e.token(e.bit)
		switch why {
		case corrupt:
			return length, false, errCorrupt
		case starved:
			return length, false, nil
		}
		length += int64(t.length)
		e.bit += int64(t.bits)
		if why == blockEnd {
			e.endBlock(e.bit-int64(t.bits), e.bit)
			return length, true, nil
		}
	}
}

// skimBold counts what tokens stand for; see decoder.bold.
func (d *decoder) skimBold() (length int64) {
	in, literal, distant := d.in, &d.table.literal, &d.table.dist
	pos := int(d.bit>>3 - d.inBase)
	if pos+8 > len(in) {
		return 0
	}
	next, n := binary.LittleEndian.Uint64(in[pos:])>>(d.bit&7), 56-uint(d.bit&7)
	pos += 7
	for pos+8 <= len(in) {
		next |= binary.LittleEndian.Uint64(in[pos:]) << (n & 63)
		pos += int(63-n) >> 3
		n |= 56
		e := literal[next&(1<<literalBits-1)]
		if e&kindMask == kindLiteral {
			length++
			next, n = next>>e.length(), n-e.length()
			if e = literal[next&(1<<literalBits-1)]; e&kindMask == kindLiteral {
				length++
				next, n = next>>e.length(), n-e.length()
				if e = literal[next&(1<<literalBits-1)]; e&kindMask == kindLiteral {
					length++
					next, n = next>>e.length(), n-e.length()
				}
			}
			continue
		}
		if e&kindMask != kindMatch {
			break
		}
		left := next >> e.length()
		repeated := int64(e.value()) + int64(left&(1<<e.extra()-1))
		left >>= e.extra()
		de := distant[left&(1<<distBits-1)]
		if de&kindMask != kindMatch {
			break
		}
		length += repeated
		next, n = left>>(de.length()+de.extra()), n-(e.length()+e.extra()+de.length()+de.extra())
	}
	d.bit = (d.inBase+int64(pos))<<3 - int64(n)
	return length
}
