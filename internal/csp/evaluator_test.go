package csp

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// An evaluator of policies written after CSP3 step by step, apart from the package's
// own reading: what Admit returns is judged by it.

type parsedPolicy map[string][]string

var asciiSpace = regexp.MustCompile(`[\t\n\f\r ]+`)

func parseOne(text string) parsedPolicy {
	policy := parsedPolicy{}
	for _, token := range strings.Split(text, ";") {
		token = strings.Trim(token, "\t\n\f\r ")
		if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r >= 0x80 }) {
			continue
		}
		words := asciiSpace.Split(token, -1)
		if name := strings.ToLower(words[0]); policy[name] == nil {
			policy[name] = append([]string{}, words[1:]...)
		}
	}
	return policy
}

func parseAll(values []string) (policies []parsedPolicy) {
	for _, text := range strings.Split(strings.Join(values, ","), ",") {
		policies = append(policies, parseOne(text))
	}
	return policies
}

var (
	hostSource = regexp.MustCompile(`(?i)^(?:([a-z][a-z0-9+.-]*)://)?(\*|(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::([0-9]+|\*))?` +
		`(/(?:(?:[a-z0-9._~!$&'()*+=:@-]|%[0-9a-f]{2})(?:[a-z0-9._~!$&'()*+=:@/-]|%[0-9a-f]{2})*)?)?$`)
	schemeOnly = regexp.MustCompile(`(?i)^([a-z][a-z0-9+.-]*):$`)
	nonceForm  = regexp.MustCompile(`(?i)^'nonce-([a-z0-9+/_-]+={0,2})'$`)
	hashForm   = regexp.MustCompile(`(?i)^'(sha256|sha384|sha512)-([a-z0-9+/_-]+={0,2})'$`)
)

// request is one that a page makes, or code in it.
type request struct {
	directive string // the effective one
	url       *url.URL
	nonce     string
	hash      string // of its integrity metadata
	inline    bool   // an inline script, style or handler; no url
	eval      bool
	inserted  bool // by a script: not by the parser
}

var fallbacks = map[string][]string{
	"script-src-elem": {"script-src-elem", "script-src", "default-src"},
	"script-src-attr": {"script-src-attr", "script-src", "default-src"},
	"script-src":      {"script-src", "default-src"},
	"style-src-elem":  {"style-src-elem", "style-src", "default-src"},
	"style-src-attr":  {"style-src-attr", "style-src", "default-src"},
	"worker-src":      {"worker-src", "child-src", "script-src", "default-src"},
	"frame-src":       {"frame-src", "child-src", "default-src"},
	"form-action":     {"form-action"},
}

func (p parsedPolicy) allows(r request, page *url.URL) bool {
	chain := fallbacks[r.directive]
	if chain == nil {
		chain = []string{r.directive, "default-src"}
	}
	for _, name := range chain {
		if list, ok := p[name]; ok {
			return listAllows(list, r, page)
		}
	}
	return true
}

func holds(list []string, keyword string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, keyword) })
}

func listAllows(list []string, r request, page *url.URL) bool {
	scriptLike := strings.HasPrefix(r.directive, "script-src") || r.directive == "worker-src"
	nonceOK, hashOK := false, false
	for _, expression := range list {
		if m := nonceForm.FindStringSubmatch(expression); m != nil && m[1] == r.nonce {
			nonceOK = true
		}
		if m := hashForm.FindStringSubmatch(expression); m != nil && strings.ToLower(m[1])+"-"+m[2] == r.hash {
			hashOK = true
		}
	}
	switch {
	case r.eval:
		return holds(list, "'unsafe-eval'")
	case r.inline:
		if nonceOK && strings.HasSuffix(r.directive, "-elem") {
			return true
		}
		if hashOK {
			return true
		}
		for _, expression := range list {
			if nonceForm.MatchString(expression) || hashForm.MatchString(expression) {
				return false
			}
		}
		return holds(list, "'unsafe-inline'") && !(scriptLike && holds(list, "'strict-dynamic'"))
	case scriptLike:
		if nonceOK || hashOK {
			return true
		}
		if holds(list, "'strict-dynamic'") {
			return r.inserted
		}
	case r.directive == "style-src-elem" && nonceOK:
		return true
	}
	if len(list) == 1 && strings.EqualFold(list[0], "'none'") {
		return false
	}
	return slices.ContainsFunc(list, func(expression string) bool { return expressionAllows(expression, r.url, page) })
}

func expressionAllows(expression string, u, page *url.URL) bool {
	if expression == "*" {
		return u.Scheme == "http" || u.Scheme == "https" || u.Scheme == page.Scheme
	}
	if strings.EqualFold(expression, "'self'") {
		return u.Host == page.Host && (u.Scheme == page.Scheme || u.Scheme == "https")
	}
	if m := schemeOnly.FindStringSubmatch(expression); m != nil {
		return schemeAllows(m[1], u.Scheme)
	}
	m := hostSource.FindStringSubmatch(expression)
	if m == nil || u.Host == "" {
		return false
	}
	scheme, host, port, path := m[1], m[2], m[3], m[4]
	if scheme == "" {
		scheme = page.Scheme
	}
	if !schemeAllows(scheme, u.Scheme) {
		return false
	}
	name := strings.ToLower(u.Hostname())
	switch {
	case host == "*":
	case strings.HasPrefix(host, "*."):
		if !strings.HasSuffix(name, strings.ToLower(host[1:])) {
			return false
		}
	case strings.ToLower(host) != name:
		return false
	}
	standard := map[string]int{"http": 80, "https": 443}[u.Scheme]
	actual := standard
	if u.Port() != "" {
		actual, _ = strconv.Atoi(u.Port())
	}
	wanted := standard
	if port != "" {
		wanted, _ = strconv.Atoi(port)
	}
	return (port == "*" || actual == wanted) && pathAllows(path, u.EscapedPath())
}

func schemeAllows(a, b string) bool {
	switch a = strings.ToLower(a); {
	case a == b:
		return true
	case a == "http", a == "wss":
		return b == "https"
	case a == "ws":
		return b == "wss" || b == "http" || b == "https"
	}
	return false
}

func pathAllows(a, b string) bool {
	if a == "" || a == "/" && b == "" {
		return true
	}
	as, bs := strings.Split(a, "/"), strings.Split(b, "/")
	exact := !strings.HasSuffix(a, "/")
	if len(as) > len(bs) || exact && len(as) != len(bs) {
		return false
	}
	if !exact {
		as = as[:len(as)-1]
	}
	for i := range as {
		x, errX := url.PathUnescape(as[i])
		y, errY := url.PathUnescape(bs[i])
		if errX != nil || errY != nil || x != y {
			return false
		}
	}
	return true
}
