package deflate

import "hash/crc32"

// A CRC is a polynomial over GF(2), its highest power lowest: to have it of two texts one behind the other, that
// of the first is multiplied by x for each bit of the second, and added to that of the second.

// times multiplies two polynomials modulo the CRC's own.
func times(a, b uint32) (product uint32) {
	for bit := uint32(1) << 31; bit > 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		carry := b & 1
		b >>= 1
		if carry != 0 {
			b ^= crc32.IEEE
		}
	}
	return product
}

// powers are x^8, x^16, x^32 and so on.
var powers = func() (powers [63]uint32) {
	powers[0] = 1 << 23
	for i := range powers[1:] {
		powers[i+1] = times(powers[i], powers[i])
	}
	return powers
}()

// moved is a CRC with that many bytes of zeros behind it.
func moved(crc uint32, length int64) uint32 {
	if crc == 0 {
		return 0
	}
	for i := 0; length > 0; i++ {
		if length&1 != 0 {
			crc = times(powers[i], crc)
		}
		length >>= 1
	}
	return crc
}
