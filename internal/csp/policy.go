// Package csp reads Content-Security-Policies as browsers do and edits them in
// place, by no more than what our part of a page needs (Content Security Policy
// Level 3, https://www.w3.org/TR/CSP3/, "CSP3" below). Where browsers differ about
// whether a policy allows something, it counts as refused: a source too many does no
// harm, one too few breaks the notice.
package csp

import "strings"

// directive is one of a policy's.
type directive struct {
	value string // without the whitespace around it
	end   int    // where the value ends in the policy
	place int    // in the chain it was looked up in
}

// chain is the directives that may decide about a kind, the most special one first:
// the first that a policy has decides alone. CSP3, section 6.8.3.
type chain struct {
	names []string
	own   int // how many of them are about this kind alone
}

// plain is the name for a directive of this kind that all browsers know.
func (c chain) plain() string { return c.names[c.own-1] }

var chains = [...]chain{
	Script:  {[]string{"script-src-elem", "script-src", "default-src"}, 2},
	Style:   {[]string{"style-src-elem", "style-src", "default-src"}, 2},
	Connect: {[]string{"connect-src", "default-src"}, 1},
	Frame:   {[]string{"frame-src", "child-src", "default-src"}, 1},
	Form:    {[]string{"form-action"}, 1},
}

// decider finds the directive of a policy that decides about a kind; where there is
// none, all is allowed.
func decider(policy string, kind Kind) (directive, bool) {
	for place, name := range chains[kind].names {
		if d, ok := find(policy, name); ok {
			d.place = place
			return d, true
		}
	}
	return directive{}, false
}

// find returns the first directive of a name: later ones count for nothing, and
// neither do those that are not ASCII. CSP3, section 2.2.1.
func find(policy, name string) (directive, bool) {
	for at := 0; at <= len(policy); {
		text := policy[at:]
		if i := strings.IndexByte(text, ';'); i >= 0 {
			text = text[:i]
		}
		if first, rest := next(text); strings.EqualFold(first, name) && isASCII(text) {
			return directive{value: trim(rest), end: at + len(trimRight(text))}, true
		}
		at += len(text) + 1
	}
	return directive{}, false
}

// wantsTrustedTypes reads require-trusted-types-for (the Trusted Types standard's).
func wantsTrustedTypes(policy string) bool {
	d, ok := find(policy, "require-trusted-types-for")
	return ok && has(d.value, "'script'")
}

// next cuts the first word off s; "" where there is none.
func next(s string) (word, rest string) {
	s = trimLeft(s)
	for i := 0; i < len(s); i++ {
		if isSpace(s[i]) {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

func trim(s string) string { return trimLeft(trimRight(s)) }

func trimLeft(s string) string {
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	return s
}

func trimRight(s string) string {
	for s != "" && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// isSpace tells ASCII whitespace as the Infra standard has it: a form feed is,
// a vertical tab is not.
func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
