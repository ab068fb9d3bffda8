package main

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"

	"github.com/caddy-consent/caddy-consent/bench/internal/portal"
)

// What Apache and nginx insert, about as long as the notice. It comes in two pieces,
// because a word in nginx's configuration has 4 KB at most, and contains nothing that
// either would not take literally.
var (
	insertedMark   = `id="proxies-inserted"`
	insertedPieces = [2]string{
		`<div ` + insertedMark + ` class="notice"><p>` + portal.Prose(rand.New(rand.NewPCG(3, 4)), 2500),
		portal.Prose(rand.New(rand.NewPCG(5, 6)), 2400) + `</p></div>`,
	}
)

// numberedGzip makes a gzip stream of a page in which one number differs from answer to answer: it stands in a stored block,
// which begins at the returned place.
func numberedGzip(page []byte) (stream []byte, at int) {
	before, after, _ := bytes.Cut(page, []byte(portal.Number))
	parts := compress(before, nil) // the flush behind the first part ends it with a whole byte
	b := bytes.NewBuffer(parts[0])
	at = b.Len()
	n := uint16(len(portal.Number))
	b.Write([]byte{0, byte(n), byte(n >> 8), byte(^n), byte(^n >> 8)}) // RFC 1951, section 3.2.4
	b.WriteString(portal.Number)
	w, _ := flate.NewWriter(b, level)
	_, _ = w.Write(after) // to memory
	_ = w.Close()
	stream = binary.LittleEndian.AppendUint32(b.Bytes(), crc32.ChecksumIEEE(page))
	return binary.LittleEndian.AppendUint32(stream, uint32(len(page))), at + 5
}

// checksum is that of a page in which a number differs, in the trailer of its gzip stream.
type checksum struct {
	zero  uint32                        // with Number
	flips [len(portal.Number)][4]uint32 // what a bit of a digit makes of it: a CRC is linear
}

func checksumOf(page []byte) *checksum {
	c := &checksum{zero: crc32.ChecksumIEEE(page)}
	at := bytes.Index(page, []byte(portal.Number))
	for i := range c.flips {
		for bit := range c.flips[i] {
			flipped := bytes.Clone(page)
			flipped[at+i] ^= 1 << bit
			c.flips[i][bit] = crc32.ChecksumIEEE(flipped) ^ c.zero
		}
	}
	return c
}

// with returns the checksum with those digits.
func (c *checksum) with(digits []byte) uint32 {
	sum := c.zero
	for i, flips := range c.flips {
		for bit, flip := range flips {
			if (digits[i]^portal.Number[i])>>bit&1 == 1 {
				sum ^= flip
			}
		}
	}
	return sum
}

// level is that of the upstream's compression.
const level = 6

// compress makes pieces of one gzip stream. The upstream's flush ends each.
func compress(pieces ...[]byte) [][]byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, level)
	var compressed [][]byte
	for i, piece := range pieces {
		_, _ = w.Write(piece) // to memory
		if i < len(pieces)-1 {
			_ = w.Flush()
		} else {
			_ = w.Close()
		}
		compressed = append(compressed, bytes.Clone(b.Bytes()))
		b.Reset()
	}
	return compressed
}
