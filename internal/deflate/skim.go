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
	length, bit, endLength, why := e.overTokens(e.bit)
	e.bit = bit
	switch why {
	case corrupt:
		return length, false, errCorrupt
	case blockEnd:
		e.endBlock(bit-endLength, bit)
		return length, true, nil
	}
	return length, false, nil
}

// overTokens counts what tokens stand for; see decoder.tokens.
func (d *decoder) overTokens(bit int64) (length, _ int64, endLength int64, _ outcome) {
	in, inBase, available := d.in, d.inBase, d.available()
	literal, distant := &d.table.literal, &d.table.dist
	for {
		i := int(bit>>3 - inBase)
		var next uint64
		if i+8 <= len(in) {
			next = binary.LittleEndian.Uint64(in[i:]) >> (bit & 7)
		} else {
			next = d.peek(bit)
		}
		e := literal[next&(1<<literalBits-1)]
		if e&kindMask == kindLiteral && bit+48 <= available {
			n := e.length()
			length++
			if e = literal[next>>n&(1<<literalBits-1)]; e&kindMask == kindLiteral {
				n += e.length()
				length++
				if e = literal[next>>n&(1<<literalBits-1)]; e&kindMask == kindLiteral {
					n += e.length()
					length++
				}
			}
			bit += int64(n)
			continue
		}
		if e&kindMask == kindLong {
			var ok bool
			if e, ok = d.literal.long(next); !ok || e&kindMask == kindLong {
				if bit+maxCodeLength > available {
					return length, bit, 0, starved
				}
				return length, bit, 0, corrupt
			}
		}
		n := int64(e.length())
		next >>= e.length()
		switch e & kindMask {
		case kindLiteral:
			if bit+n > available {
				return length, bit, 0, starved
			}
			length++
		case kindEnd:
			if bit+n > available {
				return length, bit, 0, starved
			}
			return length, bit + n, n, blockEnd
		default:
			repeated := int64(e.value()) + int64(next&(1<<e.extra()-1))
			next >>= e.extra()
			n += int64(e.extra())
			de := distant[next&(1<<distBits-1)]
			if de&kindMask == kindLong {
				var ok bool
				if de, ok = d.distant.long(next); !ok || de&kindMask == kindLong {
					if bit+n+maxCodeLength > available {
						return length, bit, 0, starved
					}
					return length, bit, 0, corrupt
				}
			}
			if n += int64(de.length() + de.extra()); bit+n > available {
				return length, bit, 0, starved
			}
			length += repeated
		}
		bit += n
	}
}
