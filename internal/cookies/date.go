package cookies

import (
	"strconv"
	"strings"
	"time"
)

// dateFormat is IMF-fixdate, the form of dates that servers should send
// (RFC 9110, section 5.6.7).
const dateFormat = "Mon, 02 Jan 2006 15:04:05 GMT"

func formatSeconds(d time.Duration) string {
	return strconv.FormatInt(int64(d/time.Second), 10)
}

// parseDate reads a cookie-date with the tolerant algorithm of RFC 6265bis,
// section 5.1.1: tokens in any order, the first that looks like a time, a day,
// a month, a year is taken as such. Doubtful tells of a day that Chromium takes for a year ("01st").
func parseDate(s string) (t time.Time, ok, doubtful bool) {
	var (
		hour, minute, second, day, year                int
		month                                          time.Month
		foundTime, foundDay, foundMonth, foundYearFlag bool
	)
	for token := range strings.FieldsFuncSeq(s, isDateDelimiter) {
		if !foundTime {
			if h, m, sec, ok := dateTime(token); ok {
				hour, minute, second, foundTime = h, m, sec, true
				continue
			}
		}
		if !foundDay {
			if n, ok := leadingDigits(token, 1, 2); ok {
				day, foundDay, doubtful = n, true, len(token) > 2
				continue
			}
		}
		if !foundMonth {
			if m, ok := dateMonth(token); ok {
				month, foundMonth = m, true
				continue
			}
		}
		if !foundYearFlag {
			if n, ok := leadingDigits(token, 2, 4); ok {
				year, foundYearFlag = n, true
			}
		}
	}
	switch {
	case 70 <= year && year <= 99:
		year += 1900
	case 0 <= year && year <= 69:
		year += 2000
	}
	if !foundTime || !foundDay || !foundMonth || !foundYearFlag ||
		day < 1 || day > 31 || year < 1601 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false, false
	}
	t = time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	return t, t.Day() == day, doubtful // no 31st of February
}

// isDateDelimiter tells the delimiter octets of the grammar: all that is neither
// a digit, a letter, a colon nor outside ASCII.
func isDateDelimiter(r rune) bool {
	return r == '\t' || 0x20 <= r && r <= 0x2f || 0x3b <= r && r <= 0x40 ||
		0x5b <= r && r <= 0x60 || 0x7b <= r && r <= 0x7e
}

// dateTime reads hms-time, which may be followed by anything but a digit.
func dateTime(token string) (h, m, s int, ok bool) {
	first, rest, ok1 := strings.Cut(token, ":")
	second, third, ok2 := strings.Cut(rest, ":")
	if !ok1 || !ok2 {
		return 0, 0, 0, false
	}
	h, okH := allDigits(first)
	m, okM := allDigits(second)
	s, okS := leadingDigits(third, 1, 2)
	return h, m, s, okH && okM && okS
}

func allDigits(s string) (int, bool) {
	n, ok := leadingDigits(s, 1, 2)
	return n, ok && len(s) <= 2 && isDigits(s)
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || '9' < s[i] {
			return false
		}
	}
	return true
}

// leadingDigits reads min to max digits that are followed by no further one.
func leadingDigits(s string, min, max int) (n int, ok bool) {
	i := 0
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		if i == max {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
		i++
	}
	return n, i >= min
}

func dateMonth(token string) (time.Month, bool) {
	if len(token) < 3 {
		return 0, false
	}
	const names = "janfebmaraprmayjunjulaugsepoctnovdec"
	i := strings.Index(names, strings.ToLower(token[:3]))
	return time.Month(i/3 + 1), i >= 0 && i%3 == 0
}
