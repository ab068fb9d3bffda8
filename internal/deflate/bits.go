package deflate

import "encoding/binary"

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

// copy takes bits from a string of them.
func (w *bitWriter) copy(from []byte, at, length int) {
	for length > 0 {
		n := min(length, 56)
		i := at >> 3
		var next uint64
		if i+8 <= len(from) {
			next = binary.LittleEndian.Uint64(from[i:])
		} else {
			var last [8]byte
			copy(last[:], from[i:])
			next = binary.LittleEndian.Uint64(last[:])
		}
		w.write(next>>(at&7)&(1<<n-1), uint(n))
		at, length = at+n, length-n
	}
}
