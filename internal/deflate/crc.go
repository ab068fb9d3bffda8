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

// moved is a CRC with that many bytes of zeros behind it.
func moved(crc uint32, length int64) uint32 {
	power := uint32(1) << 23 // x^8
	for ; length > 0; length >>= 1 {
		if length&1 != 0 {
			crc = times(power, crc)
		}
		power = times(power, power)
	}
	return crc
}

// joined is the CRC of two texts one behind the other.
func joined(first, second uint32, length int64) uint32 { return moved(first, length) ^ second }
