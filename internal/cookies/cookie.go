package cookies

import (
	"iter"
	"strings"
)

// Pairs yields the cookies of a Cookie field value in their order, nameless ones
// with an empty name. Servers split at ";" and at the first "=", as browsers
// join (RFC 6265bis, section 5.8.3).
func Pairs(header string) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		segment, rest, more := strings.Cut(header, ";")
		for ; ; segment, rest, more = strings.Cut(rest, ";") {
			if trim(segment) != "" && !yield(splitPair(segment)) || !more {
				return
			}
		}
	}
}

// Filter returns a Cookie field value with only the cookies whose name keep
// wants, byte for byte and in their order; header itself where that is all of
// them, "" where none is left.
func Filter(header string, keep func(name string) bool) string {
	drop := false
	for name := range Pairs(header) {
		if !keep(name) {
			drop = true
			break
		}
	}
	if !drop {
		return header
	}
	var b strings.Builder
	for segment := range strings.SplitSeq(header, ";") {
		if trim(segment) == "" {
			continue
		}
		if name, _ := splitPair(segment); !keep(name) {
			continue
		}
		if b.Len() == 0 {
			segment = strings.TrimLeft(segment, " \t")
		} else {
			b.WriteByte(';')
		}
		b.WriteString(segment)
	}
	return b.String()
}
