package policy

import (
	"slices"
	"strings"
)

// Pattern is a cookie or host name, exact or with "*" anywhere, each standing for
// any characters or none.
type Pattern string

// Match compares byte for byte: cookie names are case-sensitive.
func (p Pattern) Match(name string) bool {
	pattern := string(p)
	if pattern != "" && pattern[0] != '*' && (name == "" || name[0] != pattern[0]) {
		return false // as with most: names are compared with pattern after pattern
	}
	star := strings.IndexByte(pattern, '*')
	if star < 0 {
		return pattern == name
	}
	if !strings.HasPrefix(name, pattern[:star]) {
		return false
	}
	name, pattern = name[star:], pattern[star+1:]
	for {
		// What stands between two stars matches at its first occurrence; what
		// follows the last star must end the name.
		star = strings.IndexByte(pattern, '*')
		if star < 0 {
			return strings.HasSuffix(name, pattern)
		}
		i := strings.Index(name, pattern[:star])
		if i < 0 {
			return false
		}
		name, pattern = name[i+star:], pattern[star+1:]
	}
}

// matchesAny tells whether one of the patterns matches.
func matchesAny(patterns []Pattern, name string) bool {
	return slices.ContainsFunc(patterns, func(p Pattern) bool { return p.Match(name) })
}
