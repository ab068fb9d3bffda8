package csp

import "strings"

// WithoutReports returns the values of Content-Security-Policy fields without those addresses to which
// violations are reported that are denied (CSP3, section 6.5.1); values itself where that is all. All other
// bytes stay.
func WithoutReports(values []string, denied func(url string) bool) []string {
	return editEach(values, func(value string) string { return withoutReports(value, denied) })
}

func withoutReports(value string, denied func(url string) bool) string {
	const name = "report-uri"
	for at := 0; at < len(value); {
		text := value[at:]
		if i := strings.IndexAny(text, ";,"); i >= 0 { // policies of one field are separated by commas
			text = text[:i]
		}
		directive, addresses := next(text)
		var kept strings.Builder
		if strings.EqualFold(directive, name) && keepReports(&kept, addresses, denied) {
			value = value[:at] + kept.String() + value[at+len(text):]
			text = kept.String()
		}
		at += len(text) + 1
	}
	return value
}

// keepReports writes a report-uri with what is left of its addresses, nothing where none is; it tells
// whether one was denied.
func keepReports(kept *strings.Builder, addresses string, denied func(url string) bool) (dropped bool) {
	for word, rest := next(addresses); word != ""; word, rest = next(rest) {
		if denied(word) {
			dropped = true
			continue
		}
		if kept.Len() == 0 {
			kept.WriteString("report-uri")
		}
		kept.WriteByte(' ')
		kept.WriteString(word)
	}
	return dropped
}
