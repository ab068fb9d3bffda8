package audit

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// maxRobots bounds what is read of a robots.txt (RFC 9309, section 2.5).
const maxRobots = 500 << 10

// robots are the rules of a robots.txt that the audit heeds.
type robots struct {
	rules []rule
	// unreachable tells that nobody knows the rules, so that nothing may be visited (RFC 9309, section 2.3.1.4).
	unreachable error
}

type rule struct {
	pattern string
	allow   bool
}

// allowed tells whether robots may visit an address.
func (v *audit) allowed(ctx context.Context, u *url.URL) (bool, error) {
	origin := u.Scheme + "://" + u.Host
	r, known := v.robots[origin]
	if !known {
		r = v.readRobots(ctx, origin)
		v.robots[origin] = r
	}
	if r.unreachable != nil {
		return false, r.unreachable
	}
	return r.allows(u.RequestURI()), nil
}

func (v *audit) readRobots(ctx context.Context, origin string) robots {
	at, err := url.Parse(origin + "/robots.txt")
	if err != nil {
		return robots{unreachable: err}
	}
	for range maxRedirects {
		res, body, err := v.get(ctx, at, maxRobots)
		switch {
		case err != nil:
			return robots{unreachable: err}
		case res.StatusCode >= 500:
			return robots{unreachable: fmt.Errorf("its robots.txt answers with %s, so no page may be visited", res.Status)}
		case res.StatusCode >= 400:
			return robots{} // there is none
		case res.StatusCode >= 300 && res.Header.Get("Location") != "":
			if at, err = at.Parse(res.Header.Get("Location")); err != nil || at.Scheme != "http" && at.Scheme != "https" {
				return robots{}
			}
		case res.StatusCode == http.StatusOK:
			return parseRobots(body)
		default:
			return robots{}
		}
	}
	return robots{}
}

// parseRobots reads the rules of the group for this audit, else those for all (RFC 9309, section 2.2.1).
func parseRobots(text []byte) robots {
	own, _, _ := strings.Cut(UserAgent, " ")
	var ours, all []rule
	named := false
	var forUs, forAll, inRules bool
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxRobots)
	for lines.Scan() {
		line, _, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "\ufeff"), "#")
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "user-agent":
			if inRules {
				forUs, forAll, inRules = false, false, false
			}
			forUs = forUs || strings.EqualFold(value, own)
			forAll = forAll || value == "*"
			named = named || forUs
		case "allow", "disallow":
			inRules = true
			if value == "" {
				continue
			}
			r := rule{value, strings.EqualFold(strings.TrimSpace(key), "allow")}
			if forUs {
				ours = append(ours, r)
			}
			if forAll {
				all = append(all, r)
			}
		}
	}
	if named {
		return robots{rules: ours}
	}
	return robots{rules: all}
}

// allows tells what the longest rule says that matches; allow where two are as long.
func (r robots) allows(path string) bool {
	allowed, length := true, -1
	for _, rule := range r.rules {
		if n := len(rule.pattern); rule.matches(path) && (n > length || n == length && rule.allow) {
			allowed, length = rule.allow, n
		}
	}
	return allowed
}

// matches tells whether a rule is about a path: from its beginning, "*" stands for anything, "$" at the end
// for the path's end (RFC 9309, section 2.2.3).
func (r rule) matches(path string) bool {
	pattern, anchored := strings.CutSuffix(r.pattern, "$")
	pieces := strings.Split(pattern, "*")
	if !strings.HasPrefix(path, pieces[0]) {
		return false
	}
	rest := path[len(pieces[0]):]
	for i, piece := range pieces[1:] {
		if anchored && i == len(pieces)-2 {
			return strings.HasSuffix(rest, piece)
		}
		at := strings.Index(rest, piece)
		if at < 0 {
			return false
		}
		rest = rest[at+len(piece):]
	}
	return !anchored || rest == ""
}
