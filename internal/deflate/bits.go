package deflate

import (
	"encoding/binary"
	"slices"
)

// bitWriter gathers bits, the first lowest (RFC 1951, section 3.1.1).
type bitWriter struct {
	bytes []byte
	acc   uint64
	n     uint // in acc, up to 7 between calls
}

func (w *bitWriter) reset() { w.bytes, w.acc, w.n = w.bytes[:0], 0, 0 }

// write takes up to 56 bits.
func (w *bitWriter) write(value uint64, n uint) {
	w.acc |= value << w.n
	w.n += n
	w.bytes = binary.LittleEndian.AppendUint64(w.bytes, w.acc)
	whole := w.n >> 3
	w.bytes = w.bytes[:len(w.bytes)-8+int(whole)]
	w.acc >>= whole * 8
	w.n &= 7
}

// align fills the byte with zeros.
func (w *bitWriter) align() {
	if w.n > 0 {
		w.write(0, 8-w.n)
	}
}

// append takes all bits of another.
func (w *bitWriter) append(other bitWriter) {
	w.copy(other.bytes, 0, len(other.bytes)*8)
	w.write(other.acc, other.n)
}

// copy takes bits from a string of them.
func (w *bitWriter) copy(from []byte, at, length int) {
	from, at = from[at>>3:], at&7
	w.bytes = slices.Grow(w.bytes, length>>3+16)
	to := w.bytes[len(w.bytes):cap(w.bytes)]
	if w.n == uint(at) && length >= 64 { // whole bytes of both are the same
		first := uint(8-at) & 7
		w.write(uint64(from[0])>>at&(1<<first-1), first)
		whole := (length - int(first)) >> 3
		begin := int(first+7) >> 3
		w.bytes = append(w.bytes, from[begin:begin+whole]...)
		from, at, length = from[begin+whole:], 0, length-int(first)-whole*8
		to = w.bytes[len(w.bytes):cap(w.bytes)]
	}
	// Seven bytes at a time, so that what is left over for the next stays as long.
	done := 0
	for ; length >= 56 && len(from) >= 8; length -= 56 {
		next := w.acc | binary.LittleEndian.Uint64(from)>>at&(1<<56-1)<<w.n
		binary.LittleEndian.PutUint64(to[done:], next)
		w.acc = next >> 56
		from, done = from[7:], done+7
	}
	w.bytes = w.bytes[:len(w.bytes)+done]
	for length > 0 {
		var last [8]byte
		copy(last[:], from)
		n := min(length, 56)
		w.write(binary.LittleEndian.Uint64(last[:])>>at&(1<<n-1), uint(n))
		from, length = from[min(7, len(from)):], length-n
	}
}
