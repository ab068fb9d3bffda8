package deflate

import (
	"hash/adler32"
	"hash/crc32"
)

// sums are a checksum whose values can be counted with. Where two texts go on in the same way, what their sums differ by
// follows from what it was and from how far they go on: so a text that was edited is summed up only where it was.
type sums struct {
	add             func(sum uint32, text []byte) uint32
	sum, difference func(a, b uint32) uint32
	moved           func(difference uint32, length int64) uint32 // by so much text
}

// crcSums are gzip's (RFC 1952, section 8).
var crcSums = sums{
	add:        func(sum uint32, text []byte) uint32 { return crc32.Update(sum, crc32.IEEETable, text) },
	sum:        func(a, b uint32) uint32 { return a ^ b },
	difference: func(a, b uint32) uint32 { return a ^ b },
	moved:      moved,
}

// adlerSums are zlib's (RFC 1950, section 8.2): the sum of all bytes, and that of all those sums, modulo a prime.
var adlerSums = sums{
	add: func(sum uint32, text []byte) uint32 {
		piece := adlerDifference(adler32.Checksum(text), 1)
		return adlerSum(adlerMoved(adlerDifference(sum, 1), int64(len(text))), adlerSum(piece, 1))
	},
	sum:        adlerSum,
	difference: adlerDifference,
	moved:      adlerMoved,
}

const adlerPrime = 65521

func adlerSum(a, b uint32) uint32 {
	return (a>>16+b>>16)%adlerPrime<<16 | (a&0xffff+b&0xffff)%adlerPrime
}

func adlerDifference(a, b uint32) uint32 {
	return (a>>16+adlerPrime-b>>16)%adlerPrime<<16 | (a&0xffff+adlerPrime-b&0xffff)%adlerPrime
}

// adlerMoved adds the difference of the bytes' sums once for each byte.
func adlerMoved(difference uint32, length int64) uint32 {
	low := difference & 0xffff
	return uint32((int64(difference>>16)+length%adlerPrime*int64(low))%adlerPrime)<<16 | low
}

// noSums are those of what has none.
var noSums = sums{
	add:        func(uint32, []byte) uint32 { return 0 },
	sum:        func(uint32, uint32) uint32 { return 0 },
	difference: func(uint32, uint32) uint32 { return 0 },
	moved:      func(uint32, int64) uint32 { return 0 },
}

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
