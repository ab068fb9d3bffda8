package csp

import "strings"

// HashedStyles are the policies of a page that let inline styles count by the hash of their text. One that is changed
// would not count any more, and the hash of what it becomes comes too late: the header is sent before the style is read.
// The zero value is of a page without such policies.
type HashedStyles struct {
	elements   []string // the source list of each that has hashes for <style>
	attributes bool     // one has them for style attributes
}

// Add takes note of the values of Content-Security-Policy fields.
func (s *HashedStyles) Add(values []string) {
	for _, value := range values {
		for policy := range strings.SplitSeq(value, ",") {
			s.AddMeta(policy)
		}
	}
}

// AddMeta takes note of the content of a meta element, which is one policy.
func (s *HashedStyles) AddMeta(policy string) {
	if d, ok := decider(policy, Style); ok && hasAnyHash(d.value) {
		s.elements = append(s.elements, d.value)
	}
	for _, name := range []string{"style-src-attr", "style-src", "default-src"} {
		if d, ok := find(policy, name); ok {
			s.attributes = s.attributes || has(d.value, "'unsafe-hashes'") && hasAnyHash(d.value)
			return
		}
	}
}

// Attribute tells whether a style attribute may count by its hash. Where it may not, a list with hashes refuses all of them
// (CSP3, sections 6.7.3.2 and 6.7.3.3).
func (s *HashedStyles) Attribute() bool { return s.attributes }

// Element tells whether a <style> with that nonce, "" for none, counts by its hash if at all: hashes switch off
// 'unsafe-inline', so that there only a nonce is left.
func (s *HashedStyles) Element(nonce string) bool {
	for _, list := range s.elements {
		if !hasNonce(list, nonce) {
			return true
		}
	}
	return false
}

// hasAnyHash looks for a hash-source. CSP3, section 2.3.1.
func hasAnyHash(list string) bool {
	for word, rest := next(list); word != ""; word, rest = next(rest) {
		for _, algorithm := range []string{"sha256", "sha384", "sha512"} {
			if quoted(word, algorithm) != "" {
				return true
			}
		}
	}
	return false
}
