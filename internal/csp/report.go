package csp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Violation is what a browser reports that a policy refused.
type Violation struct {
	// Host is the blocked URL's, in lower case; "" for inline code, eval, data URLs and
	// what else has none.
	Host string
	// Directive is the one that decided, such as img-src.
	Directive string
}

// maxReports is how many reports of one list are read: they come from anybody.
const maxReports = 100

var errNoReport = errors.New("no report of a policy's violation")

// Reports reads what a browser sends about violations: one of application/csp-report
// (CSP3, section 5.3), or a list of application/reports+json (the Reporting API's), of
// which reports of other types are left out and only the first 100 count.
func Reports(contentType string, body []byte) ([]Violation, error) {
	media, _, _ := strings.Cut(contentType, ";")
	switch strings.ToLower(strings.TrimSpace(media)) {
	case "application/csp-report":
		return single(body)
	case "application/reports+json":
		return listed(body)
	}
	return nil, fmt.Errorf("%w: Content-Type %q", errNoReport, contentType)
}

func single(body []byte) ([]Violation, error) {
	var report struct {
		Body struct {
			Blocked   string `json:"blocked-uri"`
			Effective string `json:"effective-directive"`
			Violated  string `json:"violated-directive"` // older browsers': the whole directive
		} `json:"csp-report"`
	}
	if err := json.Unmarshal(body, &report); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoReport, err)
	}
	directive := report.Body.Effective
	if directive == "" {
		directive, _ = next(report.Body.Violated)
	}
	v, ok := violation(report.Body.Blocked, directive)
	if !ok {
		return nil, errNoReport
	}
	return []Violation{v}, nil
}

func listed(body []byte) ([]Violation, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if start, err := decoder.Token(); err != nil || start != json.Delim('[') {
		return nil, fmt.Errorf("%w: not a list", errNoReport)
	}
	var violations []Violation
	for range maxReports {
		if !decoder.More() {
			if _, err := decoder.Token(); err != nil {
				return nil, fmt.Errorf("%w: a list without an end", errNoReport)
			}
			break
		}
		var report struct {
			Type string          `json:"type"`
			Body json.RawMessage `json:"body"`
		}
		if err := decoder.Decode(&report); err != nil {
			return nil, fmt.Errorf("%w: %w", errNoReport, err)
		}
		var body struct {
			Blocked   string `json:"blockedURL"`
			Effective string `json:"effectiveDirective"`
		}
		if report.Type != "csp-violation" || json.Unmarshal(report.Body, &body) != nil {
			continue
		}
		if v, ok := violation(body.Blocked, body.Effective); ok {
			violations = append(violations, v)
		}
	}
	return violations, nil
}

// violation takes only what may be a directive's name: it ends up in metrics and
// inventories.
func violation(blocked, directive string) (Violation, bool) {
	const longest = 40
	if directive == "" || len(directive) > longest || strings.Trim(directive, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" {
		return Violation{}, false
	}
	return Violation{Host: hostOf(blocked), Directive: strings.ToLower(directive)}, true
}

func hostOf(blocked string) string {
	u, err := url.Parse(blocked)
	if err != nil {
		return ""
	}
	switch u.Scheme {
	case "http", "https", "ws", "wss":
	default:
		return ""
	}
	if host := strings.ToLower(u.Hostname()); IsHost(host) {
		return host
	}
	return ""
}

// IsHost tells whether a name can be a host's, in lower case and in ASCII.
func IsHost(name string) bool {
	const longest = 253 // of a name in the DNS
	return name != "" && len(name) <= longest && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_:") == ""
}
