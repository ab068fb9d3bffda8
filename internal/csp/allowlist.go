package csp

import "strings"

// Allowlist returns a policy that lets a page load from, and send to, itself and these
// host sources alone, and that has violations reported to a path; to nowhere where
// report is "". What reaches no host (inline code, eval, data and blob URLs) stays as
// the page has it: the upstream's own policies, which stay in force besides, decide
// about that. Sources are such as example.com, *.example.com, https://x.example:8443;
// what could be no source is left out.
func Allowlist(sources []string, report string) string {
	hosts := hostSources(sources)
	// Where a form is posted to falls back to nothing.
	policy := loads(hosts) + "; form-action 'self'" + hosts + " data: blob: javascript: mailto:"
	if report != "" {
		policy += "; report-uri " + escape(report)
	}
	return policy
}

// Watchlist returns a policy for a Content-Security-Policy-Report-Only field, by which browsers report to a path each
// host that a page loads from, but itself and these. It says report-uri, which all engines follow (CSP3, section 6.5.1):
// report-to needs a Reporting-Endpoints field, which is the site's own.
func Watchlist(sources []string, report string) string {
	return loads(hostSources(sources)) + "; report-uri " + escape(report)
}

// loads is the one directive that all kinds of loads fall back to (CSP3, section 6.8.3), also those that a later
// standard adds.
func loads(hosts string) string {
	return "default-src 'self'" + hosts + " 'unsafe-inline' 'unsafe-eval' data: blob: filesystem:"
}

// hostSources are those that may be sources, with a space before each.
func hostSources(sources []string) string {
	var hosts strings.Builder
	for _, source := range sources {
		if source != "" && strings.Trim(source, sourceCharacters) == "" {
			hosts.WriteByte(' ')
			hosts.WriteString(source)
		}
	}
	return hosts.String()
}

// sourceCharacters end neither a source nor a policy and quote no keyword. "_" and
// brackets are in hosts that some browsers know.
const sourceCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_*:/[]%~"
