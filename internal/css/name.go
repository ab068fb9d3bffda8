package css

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// class are the bytes by what they do. Line breaks are those before section 3.3 makes one kind of them. A NUL, which
// becomes U+FFFD there, belongs to names; so does all that is not ASCII, as browsers have it.
var class = func() (table [256]uint8) {
	mark := func(bit uint8, bytes string) {
		for i := range len(bytes) {
			table[bytes[i]] |= bit
		}
	}
	mark(begins, `"'(/@\<`)
	mark(nests, `()`)
	mark(ends, `;{}`)
	mark(space, " \t"+lineBreaks)
	mark(inDouble, `"\`+lineBreaks)
	mark(inSingle, `'\`+lineBreaks)
	mark(inUnquoted, `"'()\`+" \t"+lineBreaks+"\v\x7f")
	for c := range table {
		switch {
		case 'a' <= c|0x20 && c|0x20 <= 'z', '0' <= c && c <= '9', c == '-', c == '_', c == 0, c >= 0x80:
			table[c] |= inName
		case c < ' ':
			table[c] |= inUnquoted // non-printable
		}
	}
	return table
}()

const (
	begins     uint8 = 1 << iota // something that counts, between tokens
	nests                        // a parenthesis, within a function whose strings are addresses
	ends                         // a prelude
	inName                       // may stand in a name
	space                        // white space
	inDouble                     // does something in a string in double quotes
	inSingle                     // does something in one in single quotes
	inUnquoted                   // does something in an unquoted url
)

// pairClass are the classes of two bytes together, so that half as many are looked up; of its memory ASCII touches a
// few KB. Between tokens a "(" begins nothing behind what cannot end url, src, image-set or image; where an escape ends
// the name, the "\" begins it.
var pairClass = func() (table [1 << 16]uint8) {
	for pair := range table {
		first, second := uint8(pair), uint8(pair>>8)
		table[pair] = class[first] | class[second]
		if second == '(' && bytes.IndexByte([]byte("lcte"), first|0x20) < 0 {
			table[pair] = class[first] | class['(']&^begins
		}
	}
	return table
}()

func classOfPair(b *[16]byte, i int) uint8 { return pairClass[binary.LittleEndian.Uint16(b[i:])] }

const lineBreaks = "\n\r\f"

func isLineBreak(c byte) bool { return c == '\n' || c == '\r' || c == '\f' }

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

// until returns the index of the next byte of one of these classes, from i on; len(w) where there is none. Most of a
// sheet passes here, sixteen bytes at a time.
func until(w []byte, i int, classes uint8) int {
	rest := w[i:]
	for len(rest) >= 16 {
		b := (*[16]byte)(rest)
		if (classOfPair(b, 0)|classOfPair(b, 2)|classOfPair(b, 4)|classOfPair(b, 6)|
			classOfPair(b, 8)|classOfPair(b, 10)|classOfPair(b, 12)|classOfPair(b, 14))&classes != 0 {
			break
		}
		rest = rest[16:]
	}
	for k, c := range rest {
		if class[c]&classes != 0 {
			return len(w) - len(rest) + k
		}
	}
	return len(w)
}

// behind returns the index of the next byte that is of none of these classes.
func behind(w []byte, i int, classes uint8) int {
	for ; i < len(w) && class[w[i]]&classes != 0; i++ {
	}
	return i
}

// escape returns where the escape ends whose "\" is at i (section 4.3.7, "consume an escaped code point"). whole is
// false where that depends on what follows the window.
func escape(w []byte, i int, eof bool) (end int, whole bool) {
	end = i + 1
	if end == len(w) {
		return end, eof
	}
	if !isHex(w[end]) {
		return end + 1, true
	}
	for ; end < len(w) && end < i+7 && isHex(w[end]); end++ {
	}
	switch {
	case end == len(w):
		return end, eof
	case w[end] == '\r':
		return lineBreak(w, end, eof)
	case class[w[end]]&space != 0:
		end++
	}
	return end, true
}

// lineBreak returns where the line break at i ends: "\r\n" is one.
func lineBreak(w []byte, i int, eof bool) (end int, whole bool) {
	switch {
	case w[i] != '\r':
		return i + 1, true
	case i+1 == len(w):
		return i + 1, eof
	case w[i+1] == '\n':
		return i + 2, true
	}
	return i + 1, true
}

// isEscape tells whether the "\" at i begins one (section 4.3.8); at the window's end it may.
func isEscape(w []byte, i int) bool {
	return w[i] == '\\' && (i+1 == len(w) || !isLineBreak(w[i+1]))
}

// name returns where the name that goes on at i ends (section 4.3.11, "consume an ident sequence"). Where whole is
// false it may go on behind the window, from end on.
func name(w []byte, i int, eof bool) (end int, whole bool) {
	for {
		i = behind(w, i, inName)
		switch {
		case i == len(w):
			return i, eof
		case !isEscape(w, i):
			return i, true
		}
		end, whole := escape(w, i, eof)
		if !whole {
			return i, false
		}
		i = end
	}
}

// isNameAt tells whether a name begins at i (section 4.3.9, "would start an ident sequence"); known is false where
// that depends on what follows the window.
func isNameAt(w []byte, i int, eof bool) (is, known bool) {
	starts := func(i int) bool {
		c := w[i]
		return class[c]&inName != 0 && c != '-' && !('0' <= c && c <= '9') || isEscape(w, i)
	}
	switch {
	case i == len(w):
		return false, eof
	case w[i] == '\\' && i+1 == len(w):
		return true, eof
	case w[i] != '-':
		return starts(i), true
	case i+1 == len(w):
		return false, eof
	case w[i+1] == '\\' && i+2 == len(w):
		return true, eof
	}
	return w[i+1] == '-' || starts(i+1), true
}

const (
	// longestName is the longest of those that count, longestWritten the longest way to write it: of each character
	// an escape of six digits and "\r\n".
	longestName    = len("-webkit-image-set")
	longestWritten = longestName * 9
)

// nameBefore returns where the name without escapes begins that ends before i; whole is false where it is longer than
// those that count.
func (s *Scanner) nameBefore(w []byte, i int) (begin int, whole bool) {
	floor := max(int(s.floor-s.base), 0)
	for begin = i; begin > floor && class[w[begin-1]]&inName != 0; begin-- {
		if i-begin == longestName {
			return begin, false
		}
	}
	return begin, begin > 0 || !s.long
}

// folded is a name without its escapes, in lower case; nil for one that is longer than those that count.
func (s *Scanner) folded(written []byte) []byte {
	if len(written) > longestWritten {
		return nil
	}
	out := unescape(s.name[:0], written, false)
	for i, c := range out {
		if 'A' <= c && c <= 'Z' {
			out[i] = c | 0x20
		}
	}
	return out
}

// unescape appends what is written to out, without escapes. What a string breaks off with a "\" goes on.
func unescape(out, written []byte, inString bool) []byte {
	for i := 0; i < len(written); i++ {
		c := written[i]
		if c == '\\' {
			switch {
			case i+1 == len(written): // the end of the sheet
				if inString {
					return out
				}
				c = 0
			case isHex(written[i+1]):
				end, _ := escape(written, i, true)
				out = utf8.AppendRune(out, codePoint(written[i+1:end]))
				i = end - 1
				continue
			case isLineBreak(written[i+1]):
				end, _ := lineBreak(written, i+1, true)
				i = end - 1
				continue
			default:
				i++
				c = written[i]
			}
		}
		if c == 0 {
			out = utf8.AppendRune(out, utf8.RuneError)
			continue
		}
		out = append(out, c)
	}
	return out
}

// codePoint is what the digits of an escape stand for.
func codePoint(digits []byte) (r rune) {
	for _, c := range digits {
		switch {
		case !isHex(c):
		case c <= '9':
			r = r<<4 | rune(c-'0')
		default:
			r = r<<4 | rune(c|0x20-'a'+10)
		}
	}
	if r == 0 || !utf8.ValidRune(r) {
		return utf8.RuneError
	}
	return r
}
