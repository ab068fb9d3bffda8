package csp

import "strings"

// Allowlist returns a policy that lets a page load from, and send to, itself and these
// host sources alone, and that has violations reported to a path; to nowhere where
// report is "". What reaches no host (inline code, eval, data and blob URLs) stays as
// the page has it: the upstream's own policies, which stay in force besides, decide
// about that. Sources are such as example.com, *.example.com, https://x.example:8443;
// what could be no source is left out.
func Allowlist(sources []string, report string) string {
	var hosts strings.Builder
	for _, source := range sources {
		if source != "" && strings.Trim(source, sourceCharacters) == "" {
			hosts.WriteByte(' ')
			hosts.WriteString(source)
		}
	}
	// One directive is what all kinds of loads fall back to (CSP3, section 6.8.3), also
	// those that a later standard adds. Where a form is posted to falls back to nothing.
	policy := "default-src 'self'" + hosts.String() + " 'unsafe-inline' 'unsafe-eval' data: blob: filesystem:" +
		"; form-action 'self'" + hosts.String() + " data: blob: javascript: mailto:"
	if report != "" {
		policy += "; report-uri " + escape(report)
	}
	return policy
}

// sourceCharacters end neither a source nor a policy and quote no keyword. "_" and
// brackets are in hosts that some browsers know.
const sourceCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_*:/[]%~"
