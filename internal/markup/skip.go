package markup

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
)

// skip passes over text, and over tags that make no difference as long as their ends can be
// seen at a glance. It returns the "<" of what has to be read state by state, or the
// end of w; at until it stops in any case. It is the part of the tokeniser in which most of a page's bytes are passed; it
// may stop at any "<", and the states then do the same more slowly.
func (s *Scanner) skip(w []byte, i, until int) int {
	wanted, looks := s.wanted, s.Host != nil
	for {
		j := bytes.IndexByte(w[i:], '<')
		if j < 0 {
			return len(w)
		}
		if i += j; i >= until {
			return i
		}
		start, name := i, i+1
		if len(w)-name < 16 {
			return i
		}
		isEnd := w[name] == '/'
		if isEnd {
			name++
		}
		if class[w[name]]&letter == 0 {
			return i
		}
		word := binary.LittleEndian.Uint64(w[name:])
		ends := nameEnds(word)
		length := bits.TrailingZeros64(ends) >> 3
		if ends == 0 {
			return i
		}
		f := flags(0)
		if !isEnd {
			if f = flagsOf(fold(word, length)) & wanted; f != 0 && f&seldom == 0 {
				return i
			}
		}
		i = name + length
		if w[i] == '>' {
			i++
			continue
		}
		end, _ := endOfTag(w[i:])
		if end == 0 || f != 0 && mentions(w[i:i+end], "ping") || !isEnd && looks && (i+end-start > maxTag || mayStyle(w[i:i+end])) {
			return start
		}
		i += end
	}
}

const ones = 0x0101010101010101

// nameEnds has the highest bit set of each of eight bytes that is "/", ">" or not over " ";
// only the lowest such bit is to be trusted.
func nameEnds(word uint64) uint64 {
	slashes, greaters := word^(ones*'/'), word^(ones*'>')
	return ((word-ones*'!')&^word | (slashes-ones)&^slashes | (greaters-ones)&^greaters) & (ones * 0x80)
}

// fold is pack for the first bytes of word, up to eight.
func fold(word uint64, length int) uint64 { return (word | ones*0x20) & (1<<(length*8&63) - 1) }

// endOfTag returns how long the rest of a tag is, from the end of its name on; 0 where that
// has to be found out state by state. slash tells that it may be self-closing, but for
// a "/" that belongs to a value.
//
// The first ">" ends the tag unless it stands in a quoted value. The quote that opened this value
// would be the last one of its kind before it, and follow a "=" or white space.
func endOfTag(b []byte) (length int, slash bool) {
	end := bytes.IndexByte(b, '>')
	if end < 2 {
		return end + 1, end == 1 && b[0] == '/'
	}
	attributes := b[:end]
	last := attributes[end-1]
	if q := bytes.IndexByte(attributes, '\''); q >= 0 && mayOpen(attributes, bytes.LastIndexByte(attributes, '\'')) {
		return 0, false
	}
	if last == '"' {
		if mayOpen(attributes, end-1) {
			return 0, false
		}
	} else if q := bytes.IndexByte(attributes, '"'); q >= 0 && mayOpen(attributes, bytes.LastIndexByte(attributes, '"')) {
		return 0, false
	}
	return end + 1, last == '/'
}

// mayStyle tells whether a tag may have a style attribute with a function in it, for whose "(" a reference may stand. Most
// that are shorter than the shortest are passed at once.
func mayStyle(tag []byte) bool {
	return len(tag) >= len(" style=b:url(x>") && (bytes.IndexByte(tag, '(') >= 0 || bytes.IndexByte(tag, '&') >= 0) && mentions(tag, "style")
}

// hasNoStyle tells that mayStyle is false of a tag, by the rest of it behind its name, which ends at nameEnd.
func hasNoStyle(rest []byte, nameEnd int) bool {
	end, _ := endOfTag(rest)
	return end > 0 && nameEnd+end <= maxTag && !mayStyle(rest[:end])
}

// mentions tells whether a word in lower case stands anywhere in a tag. Not every byte is looked at: the word covers one of
// those that are.
func mentions(tag []byte, word string) bool {
	for i := len(word) - 1; i < len(tag); i += len(word) {
		at := strings.IndexByte(word, tag[i]|0x20)
		if at >= 0 && hasPrefixFold(tag[i-at:], word) {
			return true
		}
	}
	return false
}

// mayOpen tells whether the quote at i may open a value.
func mayOpen(attributes []byte, i int) bool {
	return i == 0 || attributes[i-1] == '=' || class[attributes[i-1]] == space
}
