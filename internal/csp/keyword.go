package csp

import "strings"

// has tells whether a list holds a keyword, quotes included. CSP3, section 2.3.1.
func has(list, keyword string) bool {
	for word, rest := next(list); word != ""; word, rest = next(rest) {
		if strings.EqualFold(word, keyword) {
			return true
		}
	}
	return false
}

// firstNonce returns the first nonce of a list, "" where it has none.
func firstNonce(list string) string {
	for word, rest := next(list); word != ""; word, rest = next(rest) {
		if nonce := quoted(word, "nonce"); nonce != "" {
			return nonce
		}
	}
	return ""
}

// hasNonce compares in the case that is written. CSP3, section 6.7.2.3.
func hasNonce(list, nonce string) bool {
	return hasQuoted(list, "nonce", nonce)
}

// hasHash looks for a hash such as "sha256-<base64>". CSP3, section 6.7.2.4.
func hasHash(list, hash string) bool {
	algorithm, digest, _ := strings.Cut(hash, "-")
	return hasQuoted(list, algorithm, digest)
}

func hasQuoted(list, name, value string) bool {
	for word, rest := next(list); word != "" && value != ""; word, rest = next(rest) {
		if quoted(word, name) == value {
			return true
		}
	}
	return false
}

// quoted returns the value of a nonce-source or hash-source, 'name-value', whose name
// may be in any case; "" where word is none. CSP3, section 2.3.1.
func quoted(word, name string) string {
	if len(word) < len(name)+4 || word[0] != '\'' || word[len(word)-1] != '\'' ||
		!strings.EqualFold(word[1:1+len(name)], name) || word[1+len(name)] != '-' {
		return ""
	}
	value := word[len(name)+2 : len(word)-1]
	if !isBase64(value) {
		return ""
	}
	return value
}

// isBase64 tells a base64-value, in either alphabet.
func isBase64(s string) bool {
	digits := strings.TrimRight(s, "=")
	if digits == "" || len(s)-len(digits) > 2 {
		return false
	}
	for i := 0; i < len(digits); i++ {
		if c := digits[i]; !isLetter(c) && !isDigit(c) && c != '+' && c != '/' && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
