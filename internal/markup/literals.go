package markup

import "bytes"

// Literals finds which of a set of strings a text holds, in one pass: it looks at two
// bytes at a time and jumps as far as no literal can end before (the algorithm of Wu and
// Manber, with blocks of two). A text costs the same whether it is searched for two literals or for a
// hundred.
type Literals struct {
	literals []string
	shortest int
	// shift tells by two bytes, folded, how far behind them the window may move; 0: a literal
	// may begin with the window that ends here. first is the first literal to compare then,
	// next the one after it.
	shift [shiftSlots]uint8
	first [shiftSlots]int16
	next  []int16
}

const shiftSlots = 1 << 12

// NewLiterals makes a set of strings of two bytes at least. The order tells which is found
// where several begin at one place.
func NewLiterals(literals ...string) *Literals {
	l := &Literals{literals: literals, shortest: 255, next: make([]int16, len(literals))}
	for _, literal := range literals {
		l.shortest = min(l.shortest, len(literal))
	}
	for i := range l.shift {
		l.shift[i], l.first[i] = uint8(l.shortest-1), -1
	}
	for i := len(literals) - 1; i >= 0; i-- {
		literal := literals[i]
		for end := 1; end < l.shortest; end++ {
			slot := shiftSlot(literal[end-1], literal[end])
			l.shift[slot] = min(l.shift[slot], uint8(l.shortest-1-end))
		}
		slot := shiftSlot(literal[l.shortest-2], literal[l.shortest-1])
		l.next[i], l.first[slot] = l.first[slot], int16(i)
	}
	return l
}

func shiftSlot(a, b byte) int { return (int(a)<<5 ^ int(b)) & (shiftSlots - 1) }

// Find returns the index of the literal that begins first in text, -1 where there is none.
func (l *Literals) Find(text []byte) int {
	if len(l.literals) == 0 {
		return -1
	}
	for end := l.shortest - 1; end < len(text); {
		slot := shiftSlot(text[end-1], text[end])
		if shift := l.shift[slot]; shift > 0 {
			end += int(shift)
			continue
		}
		rest := text[end-l.shortest+1:]
		for i := l.first[slot]; i >= 0; i = l.next[i] {
			if bytes.HasPrefix(rest, []byte(l.literals[i])) {
				return int(i)
			}
		}
		end++
	}
	return -1
}
