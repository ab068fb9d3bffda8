package csp

import "strings"

// Kind is what our part of a page does with a URL.
type Kind uint8

const (
	// Script is a script element: script-src-elem, else script-src, else default-src.
	Script Kind = iota
	// Style is a style sheet: style-src-elem, else style-src, else default-src.
	Style
	// Connect is a call or a beacon by script: connect-src, else default-src.
	Connect
	// Frame is an iframe: frame-src, else child-src, else default-src.
	Frame
	// Form is where a form is posted to: form-action.
	Form
)

// Resource is one thing that our part of a page loads, calls or posts to.
type Resource struct {
	Kind Kind
	// Path is on the page's own origin, absolute, without a query; one that ends with
	// "/" stands for all below it.
	Path string
	// Hash is a script's, as integrity="" has it: "sha256-<base64>"; "" for none, and
	// then only a nonce can let it run under 'strict-dynamic'.
	Hash string
}

// Element is how our script elements must be marked so that the policies let them run.
type Element struct {
	// Nonce is the value of their nonce attribute, "" for none.
	Nonce string
	// Integrity tells that they need an integrity attribute with the file's hash.
	Integrity bool
	// TrustedTypes tells that a policy wants scripts to be trusted types where a script
	// inserts them.
	TrustedTypes bool
}

// Permit returns the values of Content-Security-Policy fields so that no policy in
// them refuses a resource, and how our elements must be marked for that; values itself
// where none does. A refusing policy gets the resource's path as a source and nothing
// else, or under 'strict-dynamic', where paths count for nothing, the file's hash. All
// other bytes stay. Only where no source can name the page's host (an IPv6 address) it
// gets 'self' instead of the path. origin is the page's, such as
// https://data.example.fr:8443; e is what earlier policies of the page asked of our
// elements, and the result adds to it.
func Permit(values []string, origin string, resources []Resource, e Element) ([]string, Element) {
	for _, value := range values { // before any edit: the nonce counts in each of them
		for policy, rest, more := strings.Cut(value, ","); ; policy, rest, more = strings.Cut(rest, ",") {
			e.borrowNonce(policy, resources)
			if !more {
				break
			}
		}
	}
	page := originOf(origin)
	result := editEach(values, func(value string) string { return page.permitAll(value, resources, &e) })
	return result, e
}

// editEach returns values edited, values itself where no edit changes any.
func editEach(values []string, edit func(string) string) []string {
	result := values
	for i, value := range values {
		edited := edit(value)
		if edited == value {
			continue
		}
		if &result[0] == &values[0] { // the caller's own slice stays as it is
			result = append([]string(nil), values...)
		}
		result[i] = edited
	}
	return result
}

// PermitMeta does what Permit does for the content of a meta element, which is one
// policy: a comma parts nothing there. HTML, section 4.2.5.3; CSP3, section 3.3.
func PermitMeta(content, origin string, resources []Resource, e Element) (string, Element) {
	e.borrowNonce(content, resources)
	return originOf(origin).permit(content, resources, &e), e
}

// permitAll edits each policy of a field value. CSP3, section 2.2.2.
func (o origin) permitAll(value string, resources []Resource, e *Element) string {
	for at := 0; ; {
		end := len(value)
		if i := strings.IndexByte(value[at:], ','); i >= 0 {
			end = at + i
		}
		policy := value[at:end]
		if edited := o.permit(policy, resources, e); edited != policy {
			value = value[:at] + edited + value[end:]
			end = at + len(edited)
		}
		if end == len(value) {
			return value
		}
		at = end + 1
	}
}

// permit edits one policy, resource by resource: what one has got, the next finds there.
func (o origin) permit(policy string, resources []Resource, e *Element) string {
	for _, resource := range resources {
		d, ok := decider(policy, resource.Kind)
		if !ok {
			continue
		}
		if source := o.missing(d.value, resource, e); source != "" {
			policy = add(policy, d, resource.Kind, source)
		}
	}
	e.TrustedTypes = e.TrustedTypes || wantsTrustedTypes(policy)
	return policy
}

// missing is the source that a list needs for a resource, "" where it needs none or
// where none would help.
func (o origin) missing(list string, resource Resource, e *Element) string {
	if resource.Kind == Script {
		if e.Nonce != "" && hasNonce(list, e.Nonce) {
			return ""
		}
		// 'strict-dynamic' switches off hosts and 'unsafe-inline', so that a hash takes
		// nothing from the page; an external script may be let in by its integrity.
		// CSP3, sections 6.7.1.1 and 8.2.
		if has(list, "'strict-dynamic'") {
			if resource.Hash == "" {
				return ""
			}
			e.Integrity = true
			if hasHash(list, resource.Hash) {
				return ""
			}
			return "'" + resource.Hash + "'"
		}
	}
	if o.matchesAny(list, resource.Path) {
		return ""
	}
	return o.source(resource.Path)
}

// borrowNonce marks our elements with a policy's own nonce where that is what lets
// scripts run.
func (e *Element) borrowNonce(policy string, resources []Resource) {
	if e.Nonce != "" || !anyScript(resources) {
		return
	}
	if d, ok := decider(policy, Script); ok && has(d.value, "'strict-dynamic'") {
		e.Nonce = firstNonce(d.value)
	}
}

func anyScript(resources []Resource) bool {
	for _, resource := range resources {
		if resource.Kind == Script {
			return true
		}
	}
	return false
}

// add puts a source into the directive that decides about a kind; where that one
// decides about other kinds too, into a new one with what it holds, so that nothing
// is loosened for them.
func add(policy string, d directive, kind Kind, source string) string {
	none := strings.EqualFold(d.value, "'none'") // counts only alone: CSP3, section 6.7.2.7
	chain := chains[kind]
	switch {
	case d.place < chain.own && none:
		return policy[:d.end-len(d.value)] + source + policy[d.end:]
	case d.place < chain.own:
		return policy[:d.end] + " " + source + policy[d.end:]
	case none || d.value == "":
		return policy[:d.end] + "; " + chain.plain() + " " + source + policy[d.end:]
	}
	return policy[:d.end] + "; " + chain.plain() + " " + d.value + " " + source + policy[d.end:]
}
