package blocking

import (
	"strings"

	"github.com/caddy-consent/caddy-consent/internal/markup"
)

// Links returns a response's Link field values without the links that would load from what is denied;
// lines itself where that is all. RFC 8288, section 3.
func (p *Page) Links(lines []string) []string {
	var kept []string // nil while all pass as they are
	for i, line := range lines {
		passed := p.links(line)
		if kept == nil && passed != line {
			kept = append(make([]string, 0, len(lines)), lines[:i]...)
		}
		if kept != nil && passed != "" {
			kept = append(kept, passed)
		}
	}
	if kept == nil {
		return lines
	}
	return kept
}

func (p *Page) links(line string) string {
	var kept []string
	dropped := false
	for rest := line; rest != ""; {
		end := linkLength(rest)
		link := rest[:end]
		rest = strings.TrimPrefix(rest[end:], ",")
		if p.withholdsLink(link) {
			dropped = true
		} else {
			kept = append(kept, strings.TrimLeft(link, " \t"))
		}
	}
	if !dropped {
		return line
	}
	return strings.Join(kept, ", ")
}

// linkLength is where a link ends: at a comma that is neither in its URL nor in quotes.
func linkLength(s string) int {
	inURL, quoted := false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"' && !inURL:
			quoted = !quoted
		case quoted:
		case c == '<':
			inURL = true
		case c == '>':
			inURL = false
		case c == ',' && !inURL:
			return i
		}
	}
	return len(s)
}

func (p *Page) withholdsLink(link string) bool {
	target, parameters, ok := strings.Cut(strings.TrimLeft(link, " \t"), ">")
	target, begins := strings.CutPrefix(target, "<")
	if !ok || !begins || !loadsByRelation(parameters) {
		return false
	}
	return p.withholds(target)
}

// loadsByRelation reads the first rel of a link's parameters.
func loadsByRelation(parameters string) bool {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		return markup.LinkLoads([]byte(strings.Trim(value, "\" \t")), true)
	}
	return false
}
