package verdict

import (
	"time"

	"github.com/caddy-consent/caddy-consent/internal/cookies"
)

// Allows tells whether a cookie of that name may be sent upstream.
func (v *Verdict) Allows(name string) bool {
	return v.policy.Allows(v.policy.Classify(name), v.InForce)
}

// Cookies returns a request's Cookie field values with only what may be sent
// upstream; lines itself where that is all, empty values left out.
func (v *Verdict) Cookies(lines []string) []string {
	for i, line := range lines {
		if cookies.Filter(line, v.Allows) != line {
			return v.filtered(lines, i)
		}
	}
	return lines
}

func (v *Verdict) filtered(lines []string, unchanged int) []string {
	kept := append(make([]string, 0, len(lines)), lines[:unchanged]...)
	for _, line := range lines[unchanged:] {
		if line = cookies.Filter(line, v.Allows); line != "" {
			kept = append(kept, line)
		}
	}
	return kept
}

// SetCookies returns those of a response's Set-Cookie lines that may pass, in their
// order; lines itself where that is all of them. chosen is when the visitor chose,
// the zero time where nobody knows.
func (v *Verdict) SetCookies(lines []string, chosen, now time.Time) []string {
	var kept []string // nil while all lines pass as they are
	for i, line := range lines {
		passed, ok := v.setCookie(line, chosen, now)
		if kept == nil && (!ok || passed != line) {
			kept = append(make([]string, 0, len(lines)), lines[:i]...)
		}
		if kept != nil && ok {
			kept = append(kept, passed)
		}
	}
	if kept == nil {
		return lines
	}
	return kept
}

// setCookie tells whether a line may pass, and in what form. One that browsers
// would not surely read alike is dropped, one that only deletes a cookie passes.
func (v *Verdict) setCookie(line string, chosen, now time.Time) (string, bool) {
	name, ok := cookies.Name(line)
	if !ok {
		return "", false
	}
	class := v.policy.Classify(name)
	if !v.policy.Allows(class, v.InForce) {
		return line, cookies.Deletes(line, now)
	}
	if class < 0 || v.policy.Services[class].MaxLife() == 0 {
		return line, true
	}
	// It lives as declared, counted from the choice: visits do not renew it.
	if chosen.IsZero() {
		chosen = now
	}
	end := chosen.Add(v.policy.Services[class].MaxLife())
	if !end.After(now) {
		return line, cookies.Deletes(line, now)
	}
	return cookies.Shorten(line, now, end), true
}
