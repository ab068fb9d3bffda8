// Package cookies works on cookies as they stand on the wire: raw Set-Cookie and
// Cookie field values in, raw values out, read as user agents read them
// (RFC 6265bis, draft-ietf-httpbis-rfc6265bis). net/http's parser is not used:
// it rejects names and values that browsers store, and what it rejects could
// not be filtered.
package cookies

import (
	"encoding/binary"
	"iter"
	"net/http"
	"strings"
	"time"
)

// maxAttributeValue is the length in octets from which a user agent ignores an
// attribute's value (RFC 6265bis, section 5.6, step 6).
const maxAttributeValue = 1024

// maxAttributes is how many attributes all browsers read: Chromium looks at 16
// pairs, the cookie itself included. What stands behind is read by some only.
const maxAttributes = 15

// Name returns the name of the cookie that a browser would store for the
// Set-Cookie value line; it is empty for a nameless cookie (a line without "="
// before the first ";", or with nothing before it). ok is false for a line that
// holds a control character, which browsers discard whole or cut short.
// RFC 6265bis, section 5.6, steps 1 to 5.
func Name(line string) (name string, ok bool) {
	if hasControl(line) {
		return "", false
	}
	pair, _, _ := strings.Cut(line, ";")
	name, _ = splitPair(pair)
	return name, true
}

// hasControl tells whether s holds a control character other than the tab. It looks at
// eight bytes at a time: one at a time this was a third of what a Set-Cookie line costs.
func hasControl(s string) bool {
	const (
		each = 0x0101010101010101
		high = 0x80 * each
	)
	for ; len(s) >= 8; s = s[8:] {
		w := binary.LittleEndian.Uint64([]byte(s[:8]))
		del := w ^ 0x7f*each
		// A high bit is left where some byte of w is below " ", or some byte of del zero.
		if ((w-' '*each)&^w|(del-each)&^del)&high != 0 && anyControl(s[:8]) {
			return true
		}
	}
	return anyControl(s)
}

func anyControl(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return true
		}
	}
	return false
}

// Value returns the value of the cookie that line sets.
func Value(line string) string {
	pair, _, _ := strings.Cut(line, ";")
	_, value := splitPair(pair)
	return value
}

// splitPair reads a name-value-pair: without "=" all of it is the value.
func splitPair(pair string) (name, value string) {
	name, value, found := strings.Cut(pair, "=")
	if !found {
		return "", trim(pair)
	}
	return trim(name), trim(value)
}

// trim removes WSP (space and tab), and nothing else that Go calls space.
func trim(s string) string {
	s = trimLeft(s)
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

func trimLeft(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	return s
}

// attribute is one cookie-av; start and end are the offsets of its trimmed
// value in the line, equal where it has none.
type attribute struct {
	name, value string
	start, end  int
}

func attributes(line string) iter.Seq[attribute] {
	return func(yield func(attribute) bool) {
		at := strings.IndexByte(line, ';')
		for at >= 0 {
			at++
			next := strings.IndexByte(line[at:], ';')
			end := len(line)
			if next >= 0 {
				end = at + next
			}
			av := line[at:end]
			name, value, found := strings.Cut(av, "=")
			a := attribute{name: trim(name), value: trim(value), start: end, end: end}
			if found {
				a.start = end - len(trimLeft(value))
				a.end = a.start + len(a.value)
			}
			if !yield(a) {
				return
			}
			if next < 0 {
				return
			}
			at = end
		}
	}
}

// Expiry is when a browser forgets a cookie.
type Expiry struct {
	// Time is the end of its life; the zero time for a session cookie.
	Time time.Time
	// Doubtful tells that browsers disagree: an attribute that one of them
	// ignores comes after one that it reads, or there are more attributes than
	// all of them look at.
	Doubtful bool
}

// ExpiryOf reads Max-Age and Expires as browsers do: the last Max-Age wins, any
// Max-Age goes before Expires (RFC 6265bis, section 5.7, step 3).
func ExpiryOf(line string, now time.Time) Expiry {
	var (
		maxAge, expires           time.Time // of the last valid attribute
		lastMaxAgeBad, lastExpBad bool      // the last one of its name is not valid
		count                     int
		e                         Expiry
	)
	for a := range attributes(line) {
		count++
		if len(a.value) > maxAttributeValue {
			e.Doubtful = true
			continue
		}
		switch {
		case strings.EqualFold(a.name, "Max-Age"):
			t, ok := parseMaxAge(a.value, now)
			if lastMaxAgeBad = !ok; ok {
				maxAge = t
			}
		case strings.EqualFold(a.name, "Expires"):
			t, ok, doubtful := parseDate(a.value)
			if lastExpBad = !ok; ok {
				expires = t
				// The specification passes over a time zone, some browsers do not.
				lastExpBad = doubtful || !hasSuffixFold(a.value, "GMT") && now.Sub(t).Abs() < 26*time.Hour
			}
		}
	}
	// The specification skips a bad attribute and keeps the one before it;
	// Chromium looks at the last one only and, where that is bad, at none.
	switch {
	case !maxAge.IsZero():
		e.Time, e.Doubtful = maxAge, e.Doubtful || lastMaxAgeBad
	case !expires.IsZero():
		e.Time, e.Doubtful = expires, e.Doubtful || lastExpBad
	}
	e.Doubtful = e.Doubtful || count > maxAttributes
	return e
}

func hasSuffixFold(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}

// IsHTTPOnly tells whether scripts cannot read the cookie (RFC 6265bis, section 5.6.6).
func IsHTTPOnly(line string) bool {
	for a := range attributes(line) {
		if strings.EqualFold(a.name, "HttpOnly") {
			return true
		}
	}
	return false
}

// DomainOf is the domain for which the cookie is set, "" where that is the host alone; the last attribute wins
// (RFC 6265bis, sections 5.6.3 and 5.7, step 4).
func DomainOf(line string) (domain string) {
	for a := range attributes(line) {
		if strings.EqualFold(a.name, "domain") && len(a.value) <= maxAttributeValue {
			domain = strings.ToLower(strings.TrimPrefix(a.value, "."))
		}
	}
	return domain
}

// Deletes tells whether line can only remove a cookie: it is past its end in
// every browser's reading.
func Deletes(line string, now time.Time) bool {
	e := ExpiryOf(line, now)
	return !e.Time.IsZero() && !e.Time.After(now) && !e.Doubtful
}

// Clock is the earlier of our clock and the sender's, by which browsers read Expires: they add to it by how much the
// response's Date is behind theirs.
func Clock(now time.Time, date string) time.Time {
	if sent, err := http.ParseTime(date); err == nil && sent.Before(now) {
		return sent
	}
	return now
}

// farFuture and longPast stand for the ends that no browser counts to.
var (
	farFuture = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	longPast  = time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC)
)

// parseMaxAge reads a Max-Age value: an optional "-" and digits; zero and below
// is the earliest time there is (RFC 6265bis, section 5.6.2).
func parseMaxAge(value string, now time.Time) (time.Time, bool) {
	digits, negative := strings.CutPrefix(value, "-")
	if digits == "" || !isDigits(digits) {
		return time.Time{}, false
	}
	digits = strings.TrimLeft(digits, "0")
	if negative || digits == "" {
		return longPast, true
	}
	if len(digits) > 11 { // thousands of years: beyond what time.Duration counts
		return farFuture, true
	}
	var seconds int64
	for _, d := range []byte(digits) {
		seconds = seconds*10 + int64(d-'0')
	}
	return time.Unix(now.Unix()+seconds, 0), true
}

// Shorten returns line with every Max-Age and Expires changed so that the cookie
// ends at end at the latest, and every other byte kept. A line that ends by
// itself before, or with the browser's session, is returned as it is.
func Shorten(line string, now, end time.Time) string {
	if e := ExpiryOf(line, now); !e.Doubtful && (e.Time.IsZero() || !e.Time.After(end)) {
		return line
	}
	var b strings.Builder
	done := 0
	replace := func(a attribute, value string) {
		b.WriteString(line[done:a.start])
		if a.start == a.end && !strings.HasSuffix(line[:a.start], "=") {
			b.WriteByte('=') // the attribute had no value
		}
		b.WriteString(value)
		done = a.end
	}
	for a := range attributes(line) {
		switch {
		case strings.EqualFold(a.name, "Max-Age"):
			replace(a, formatSeconds(end.Sub(now)))
		case strings.EqualFold(a.name, "Expires"):
			replace(a, end.UTC().Format(dateFormat))
		}
	}
	b.WriteString(line[done:])
	return b.String()
}
