package csp

import "strings"

// source is a host-source taken apart; what it does not say is "".
// CSP3, section 2.3.1.
type source struct{ scheme, host, port, path string }

// parseSource reads a host-source, or a scheme-source, which has no host. It looks at
// the form of a host and a port only as far as what they are compared with leaves open.
func parseSource(expression string) (s source, ok bool) {
	rest := expression
	if scheme, after, found := strings.Cut(expression, ":"); found && isScheme(scheme) {
		if after == "" {
			return source{scheme: scheme}, true
		}
		if authority, found := strings.CutPrefix(after, "//"); found {
			s.scheme, rest = scheme, authority
		}
	}
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		rest, s.path = rest[:i], rest[i:]
	}
	host, port, hasPort := strings.Cut(rest, ":")
	s.host, s.port = host, port
	return s, host != "" && hasPort == (port != "") && isPath(s.path)
}

func isScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isLetter(c) && (i == 0 || !isDigit(c) && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	return s != ""
}

// isPath tells a path-absolute (RFC 3986, section 3.3) without ";" and ",".
func isPath(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c == '%' && (i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2])) || c != '%' && !isPathByte(c) {
			return false
		}
	}
	return !strings.HasPrefix(s, "//")
}

func isPathByte(c byte) bool {
	return isLetter(c) || isDigit(c) || strings.IndexByte("/-._~!$&'()*+=:@", c) >= 0
}

// matchesPath tells whether a source's path covers a URL's: all that is below it where
// it ends with "/", else that one. CSP3, section 6.7.2.12.
func matchesPath(pattern, path string) bool {
	if pattern == "" {
		return true
	}
	for {
		wanted, wantedRest, wantedMore := strings.Cut(pattern, "/")
		piece, rest, more := strings.Cut(path, "/")
		switch {
		case !wantedMore:
			return wanted == "" || !more && samePiece(wanted, piece)
		case !more || !samePiece(wanted, piece):
			return false
		}
		pattern, path = wantedRest, rest
	}
}

// samePiece compares two pieces of paths as they are when percent-decoded.
func samePiece(a, b string) bool {
	for a != "" && b != "" {
		var x, y byte
		x, a = unescape(a)
		y, b = unescape(b)
		if x != y {
			return false
		}
	}
	return a == b
}

func unescape(s string) (c byte, rest string) {
	if s[0] == '%' && len(s) > 2 && isHex(s[1]) && isHex(s[2]) {
		return hexValue(s[1])<<4 | hexValue(s[2]), s[3:]
	}
	return s[0], s[1:]
}

// escape makes a path one that can stand in a policy.
func escape(path string) string {
	const digits = "0123456789ABCDEF"
	b := make([]byte, 0, len(path)+8)
	for i := 0; i < len(path); i++ {
		if c := path[i]; isPathByte(c) || c == '%' && isPath(path[i:min(i+3, len(path))]) {
			b = append(b, c)
		} else {
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return string(b)
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func hexValue(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
