package blocking

import (
	"strings"

	"github.com/caddy-consent/caddy-consent/internal/markup"
	"github.com/caddy-consent/caddy-consent/internal/page"
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
	target := len(s) - len(strings.TrimLeft(s, " \t"))
	if strings.HasPrefix(s[target:], "<") {
		if end := strings.IndexByte(s, '>'); end >= 0 {
			target = end
		}
	}
	return target + indexUnquoted(s[target:], ',')
}

// indexUnquoted is where a character first stands outside of quotes, or the end.
func indexUnquoted(s string, c byte) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == c && !quoted:
			return i
		}
	}
	return len(s)
}

func (p *Page) withholdsLink(link string) bool {
	target, parameters, ok := strings.Cut(strings.TrimLeft(link, " \t"), ">")
	target, begins := strings.CutPrefix(target, "<")
	if !ok || !begins {
		return false
	}
	relation, sources, related := "", "", false
	for rest := parameters; rest != ""; {
		end := indexUnquoted(rest, ';')
		name, value := parameter(rest[:end])
		rest = strings.TrimPrefix(rest[end:], ";")
		switch {
		case name == "rel" && !related: // the first one counts
			relation, related = value, true
		case name == "imagesrcset":
			sources = value
		}
	}
	if !markup.LinkLoads([]byte(relation), true) {
		return false
	}
	withheld := p.withholds(target)
	for source := range markup.Candidates([]byte(sources)) {
		withheld = p.withholds(string(source)) || withheld
	}
	return withheld
}

// parameter reads one of a link's, its name in lower case, its value without quotes.
func parameter(text string) (name, value string) {
	name, value, _ = strings.Cut(text, "=")
	if value = strings.Trim(value, " \t"); strings.HasPrefix(value, `"`) {
		value, _ = page.Unquote(value[1:])
	}
	return strings.ToLower(strings.Trim(name, " \t")), value
}
