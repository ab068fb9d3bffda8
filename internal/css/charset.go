package css

import (
	"bytes"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

// maxCharset is how far an @charset is looked for (section 3.2, "determine the fallback encoding").
const maxCharset = 1024

// begin finds the encoding of the sheet: by a byte order mark, by what it came with, by an @charset. It returns false
// where too little has come to tell. A sheet without any of these is in the encoding of what links it, which nobody
// knows here; it is taken for one that can be read.
func (s *Scanner) begin(w []byte, eof bool) (known bool) {
	marked, size, known := ByteOrderMark(w, eof)
	switch {
	case !known:
		return false
	case size > 0:
		s.begun, s.address, s.next, s.floor = true, -1, size, int64(size)
		return true
	case marked != "":
		s.Charset = marked
	}
	if s.Charset == "" {
		if s.Charset, known = declared(w, eof); !known {
			return false
		}
	}
	s.begun, s.address = true, -1
	if s.Charset != "" && !Readable(s.Charset) {
		s.Passed.Encoding, s.state = s.Charset, leftAlone
	}
	return true
}

// ByteOrderMark is the encoding that the mark at the beginning of a text tells, "" where there is none, and how many bytes
// of it are not text: those of UTF-8's (Encoding standard, "decode"). known is false where too little has come to tell.
func ByteOrderMark(w []byte, eof bool) (encoding string, size int, known bool) {
	for _, mark := range []string{"\xef\xbb\xbf", "\xfe\xff", "\xff\xfe"} {
		switch {
		case bytes.HasPrefix(w, []byte(mark)) && len(mark) == 3:
			return "utf-8", len(mark), true
		case bytes.HasPrefix(w, []byte(mark)):
			return "utf-16", 0, true
		case bytes.HasPrefix([]byte(mark), w) && !eof:
			return "", 0, false
		}
	}
	return "", 0, true
}

// declared is the encoding that an @charset names, which stands for UTF-8 where it names UTF-16: its own bytes could
// not be read in that.
func declared(w []byte, eof bool) (name string, known bool) {
	const begin, end = `@charset "`, `";`
	w = w[:min(len(w), maxCharset)]
	label, is := bytes.CutPrefix(w, []byte(begin))
	if !is {
		return "", eof || !bytes.HasPrefix([]byte(begin), w)
	}
	label, _, is = bytes.Cut(label, []byte(end))
	if !is {
		return "", eof || len(w) == maxCharset
	}
	encoding, err := htmlindex.Get(strings.ToLower(string(label)))
	if err != nil {
		return "", true
	}
	name, _ = htmlindex.Name(encoding)
	if strings.HasPrefix(name, "utf-16") {
		return "utf-8", true
	}
	return name, true
}

// Readable tells whether sheets in an encoding are looked at, by its name: those in which a byte that looks like one
// of ASCII's signs is that sign. In East Asian encodings a "\" or an "@" may be the half of a character.
func Readable(encoding string) bool {
	switch strings.ToLower(encoding) {
	case "utf-16", "utf-16be", "utf-16le", "iso-2022-jp", "replacement", "shift_jis", "big5", "gbk", "gb18030":
		return false
	}
	return true
}
