package markup

import "bytes"

// Literals finds which of a set of strings a text holds, in one pass: it looks at two
// bytes in every few, and closer only where these stand near the beginning of a literal.
// A text costs about the same whether it is searched for two literals or for a hundred.
type Literals struct {
	literals []string
	stride   int // the length of the shortest less one: a literal covers two bytes at some multiple of it
	// inside tells by two bytes, folded, that they stand in the beginning of a literal, as far
	// as the shortest reaches. first is the first literal that begins with them, next the one after it.
	inside [pairs]bool
	first  [pairs]int16
	next   []int16
}

const pairs = 1 << 12

func pair(a, b byte) int { return (int(a)<<5 ^ int(b)) & (pairs - 1) }

// NewLiterals makes a set of strings of two bytes at least. The order tells which is found
// where several begin at one place.
func NewLiterals(literals ...string) *Literals {
	l := &Literals{literals: literals, next: make([]int16, len(literals))}
	for i, literal := range literals {
		if i == 0 || len(literal)-1 < l.stride {
			l.stride = len(literal) - 1
		}
	}
	for i := range l.first {
		l.first[i] = -1
	}
	for i := len(literals) - 1; i >= 0; i-- {
		literal := literals[i]
		for k := range l.stride {
			l.inside[pair(literal[k], literal[k+1])] = true
		}
		begin := pair(literal[0], literal[1])
		l.next[i], l.first[begin] = l.first[begin], int16(i)
	}
	return l
}

// Find returns the index of the literal that begins first in text, of those that count; -1
// where there is none. With a nil counts all do.
func (l *Literals) Find(text []byte, counts func(literal int) bool) int {
	if len(l.literals) == 0 {
		return -1
	}
	for at := l.stride; at < len(text); at += l.stride {
		if !l.inside[pair(text[at-1], text[at])] {
			continue
		}
		for start := at - l.stride; start < at; start++ {
			for i := l.first[pair(text[start], text[start+1])]; i >= 0; i = l.next[i] {
				if bytes.HasPrefix(text[start:], []byte(l.literals[i])) && (counts == nil || counts(int(i))) {
					return int(i)
				}
			}
		}
	}
	return -1
}
