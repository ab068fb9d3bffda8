package deflate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"
)

// Format is what stands around the blocks.
type Format uint8

const (
	// Gzip is that of RFC 1952: a header and a trailer with a CRC, once or more often.
	Gzip Format = iota
	// Deflate is zlib's (RFC 1950), or nothing at all: HTTP's coding of that name comes as either
	// (RFC 9110, section 8.4.1.2).
	Deflate

	zlib // what came as Deflate is that
	bare // or nothing
)

// errChecksum is a text that is not what its sender has summed up.
var errChecksum = errors.New("deflate: the checksum of the text is wrong")

// magic is how a member begins, minHeader how long its header is at least, reservedFlags what has no meaning yet.
const (
	magic         = "\x1f\x8b\x08"
	minHeader     = 10
	reservedFlags = 7 << 5
)

// maxHeader bounds a member's header, whose name and comment may be of any length.
const maxHeader = 64 << 10

// header reads what comes before the blocks. That of the first member passes as it came.
func (s *Stream) header() (ready bool, err error) {
	e, b := &s.editor, s.come()
	n, ok := 0, true
	switch s.format {
	case Gzip:
		n, ok = headerLength(b)
	case Deflate:
		if len(b) < 2 {
			return false, nil
		}
		n = s.deflateHeader(b[0], b[1])
	}
	switch {
	case n < 0, !ok && len(b) > maxHeader:
		return false, errCorrupt
	case !ok:
		return false, nil
	}
	if s.first && s.format == Gzip {
		e.out.bytes = append(e.out.bytes, b[:n]...)
	}
	s.first = false
	s.take(n)
	e.decoder.state, e.origin = betweenBlocks, e.position()
	s.memberFrom, s.memberCame = e.position(), s.cameSum()
	s.state = inBody
	return true, nil
}

// deflateHeader tells zlib's envelope from bare blocks, and says how long its header is (RFC 1950, section 2.2), or a
// negative length where it names a dictionary. As it goes out it has the largest window: matches may reach further back
// than they did.
func (s *Stream) deflateHeader(method, flags byte) (n int) {
	const (
		hasDictionary = 1 << 5
		level         = 3 << 6
		window32K     = 0x78
	)
	if method&15 != 8 || (int(method)<<8+int(flags))%31 != 0 {
		s.format, s.sums = bare, noSums
		return 0
	}
	if flags&hasDictionary != 0 {
		return -1
	}
	s.format, s.sums, s.came = zlib, adlerSums, 1
	flags &= level
	flags += byte(31 - (window32K<<8+int(flags))%31)
	s.editor.out.bytes = append(s.editor.out.bytes, window32K, flags)
	return 2
}

// headerLength is how long a member's header is; ok is false where it has not all come, and the length is
// negative where it is none.
func headerLength(b []byte) (n int, ok bool) {
	const (
		hasCRC     = 1 << 1
		hasExtra   = 1 << 2
		hasName    = 1 << 3
		hasComment = 1 << 4
	)
	if !strings.HasPrefix(magic, string(b[:min(len(b), len(magic))])) {
		return -1, false
	}
	if len(b) < minHeader {
		return 0, false
	}
	flags := b[3] // those that are reserved are the reader's to judge
	n = minHeader
	if flags&hasExtra != 0 {
		if len(b) < n+2 {
			return 0, false
		}
		n += 2 + int(binary.LittleEndian.Uint16(b[n:]))
	}
	for _, flag := range []byte{hasName, hasComment} {
		if flags&flag == 0 {
			continue
		}
		if len(b) < n {
			return 0, false
		}
		end := bytes.IndexByte(b[n:], 0)
		if end < 0 {
			return 0, false
		}
		n += end + 1
	}
	if flags&hasCRC != 0 {
		if len(b) < n+2 {
			return 0, false
		}
		if binary.LittleEndian.Uint16(b[n:]) != uint16(crc32.ChecksumIEEE(b[:n])) {
			return -1, false
		}
		n += 2
	}
	return n, len(b) >= n
}

// trailer compares what the text's sender has summed up (RFC 1952, section 2.3.1; RFC 1950, section 2.2).
func (s *Stream) trailer() (ready bool, err error) {
	b := s.come()
	switch s.format {
	case Gzip:
		if len(b) < trailerLength {
			return false, nil
		}
		length := uint32(s.editor.position() - s.memberFrom)
		if binary.LittleEndian.Uint32(b) != s.memberCRC() || binary.LittleEndian.Uint32(b[4:]) != length {
			return false, errChecksum
		}
		s.take(trailerLength)
		s.state = betweenMembers
	case zlib:
		if len(b) < 4 {
			return false, nil
		}
		if binary.BigEndian.Uint32(b) != s.cameSum() {
			return false, errChecksum
		}
		s.state = behindAll
	default:
		s.state = behindAll
	}
	return true, nil
}

// writeTrailer does so of the text as it went out.
func (s *Stream) writeTrailer() {
	e := &s.editor
	switch s.format {
	case Gzip:
		e.out.bytes = binary.LittleEndian.AppendUint32(e.out.bytes, s.sentSum())
		e.out.bytes = binary.LittleEndian.AppendUint32(e.out.bytes, uint32(e.position()+e.growth))
	case zlib:
		e.out.bytes = binary.BigEndian.AppendUint32(e.out.bytes, s.sentSum())
	}
}

// memberCRC is that of the member's text.
func (s *Stream) memberCRC() uint32 {
	return s.cameSum() ^ moved(s.memberCame, s.editor.position()-s.memberFrom)
}

// next tells whether another member follows. Its blocks go out in the first one.
func (s *Stream) next() (ready bool) {
	b := s.come()
	switch {
	case len(b) > 0 && b[0] != 0x1f, len(b) > 1 && b[1] != 0x8b:
		s.state = behindAll
	case len(b) > 1:
		s.state = inHeader
	default:
		return false
	}
	return true
}
