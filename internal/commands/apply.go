package commands

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// edit is lines that go into a Caddyfile before one of its lines, which are counted from 1.
type edit struct {
	at    int
	lines []string
	// from is the line of the directive.
	from int
	// opens tells that the directive before has no block yet: it opens with these lines.
	opens bool
}

// placeIn finds the block of the directive consent that declares a site of that name, or the only one.
func placeIn(file string, text []byte, site, lines string) (e edit, err error) {
	tokens, err := caddyfile.Tokenize(text, file)
	if err != nil {
		return e, err
	}
	var found []edit
	for i := 0; i < len(tokens); i++ {
		first := i == 0 || tokens[i-1].Line < tokens[i].Line
		if !first || tokens[i].Text != "consent" {
			continue
		}
		place, names := edit{from: tokens[i].Line, at: tokens[i].Line + 1, opens: true}, ""
		last := i
		for last+1 < len(tokens) && tokens[last+1].Line == tokens[i].Line {
			last++
		}
		if last > i && tokens[last].Text == "{" {
			depth := 1
			for i = last + 1; i < len(tokens) && depth > 0; i++ {
				switch tokens[i].Text {
				case "{":
					depth++
				case "}":
					depth--
				case "site":
					if depth == 1 && tokens[i-1].Line < tokens[i].Line && i+1 < len(tokens) {
						names = tokens[i+1].Text
					}
				}
			}
			i--
			place = edit{from: place.from, at: tokens[i].Line}
		}
		if site == "" || names == "" || names == site {
			found = append(found, place)
		}
	}
	switch len(found) {
	case 0:
		return e, fmt.Errorf("%s has no consent block for the site %q: name the right file with --config", file, site)
	case 1:
	default:
		return e, fmt.Errorf("%s has several consent blocks: add a line `site` to each, and choose one with --site", file)
	}
	e = found[0]
	e.lines = strings.Split(strings.Trim(lines, "\n"), "\n")
	return e, nil
}

// seenOf is what a suggestion says of a name behind it.
var seenOf = regexp.MustCompile(`: (asked for )?(once|twice|\d+ times), `)

// news are the lines without those blocks that the directive holds already. A block is known by the lines that it offers,
// and one without any by its names.
func (e edit) news(text []byte) []string {
	there := strings.Split(string(text), "\n")[e.from-1 : e.at-1]
	holds := func(is func(line string) bool) bool {
		return slices.ContainsFunc(there, func(line string) bool { return is(strings.TrimSpace(line)) })
	}
	var news []string
	for block := range strings.SplitSeq(strings.Join(e.lines, "\n"), "\n\n") {
		var offered, named []bool // whether the directive holds each
		for line := range strings.SplitSeq(block, "\n") {
			if !strings.HasPrefix(line, "#") || strings.HasPrefix(line, "#\t") {
				offered = append(offered, holds(func(other string) bool { return other == strings.TrimSpace(line) }))
			} else if at := seenOf.FindStringIndex(line); at != nil {
				named = append(named, holds(func(other string) bool { return strings.HasPrefix(other, line[:at[0]+1]) }))
			}
		}
		if len(offered) == 0 {
			offered = named
		}
		if len(offered) > 0 && !slices.Contains(offered, false) {
			continue
		}
		if len(news) > 0 {
			news = append(news, "")
		}
		news = append(news, strings.Split(block, "\n")...)
	}
	return news
}

// apply returns the Caddyfile with the lines in it.
func (e edit) apply(text []byte) []byte {
	lines := strings.SplitAfter(string(text), "\n")
	before := lines[e.at-2]
	indent := before[:len(before)-len(strings.TrimLeft(before, "\t "))]
	if !e.opens {
		closing := lines[e.at-1]
		indent = closing[:len(closing)-len(strings.TrimLeft(closing, "\t "))]
	}
	var added []string
	if above := strings.TrimSpace(before); !e.opens && above != "" && !strings.HasSuffix(above, "{") {
		added = append(added, "\n")
	}
	for _, line := range e.lines {
		if line != "" {
			line = indent + "\t" + line
		}
		added = append(added, line+"\n")
	}
	if e.opens {
		lines[e.at-2] = strings.TrimRight(before, "\r\n") + " {\n"
		added = append(added, indent+"}\n")
	}
	return []byte(strings.Join(slices.Insert(lines, e.at-1, added...), ""))
}

// diff shows what changes: the lines that are added, and some around them.
func diff(before, after []byte) string {
	a, b := strings.Split(string(before), "\n"), strings.Split(string(after), "\n")
	start, end := 0, 0
	for start < min(len(a), len(b)) && a[start] == b[start] {
		start++
	}
	for end < min(len(a), len(b))-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	const around = 3
	from := max(start-around, 0)
	var out strings.Builder
	fmt.Fprintf(&out, "@@ -%d +%d @@\n", from+1, from+1)
	write := func(sign string, lines []string) {
		for _, line := range lines {
			out.WriteString(sign + line + "\n")
		}
	}
	write(" ", a[from:start])
	write("-", a[start:len(a)-end])
	write("+", b[start:len(b)-end])
	write(" ", a[len(a)-end:min(len(a)-end+around, len(a))])
	return out.String()
}

// offer shows what would change in a Caddyfile, asks whether it shall, and writes it.
func (c Commands) offer(file, site, lines string, yes bool) error {
	file = cmp.Or(file, "Caddyfile")
	before, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	e, err := placeIn(file, before, site, lines)
	if err != nil {
		return err
	}
	if e.lines = e.news(before); len(e.lines) == 0 {
		_, err := fmt.Fprintf(out, "# %s holds all of this already: answer the questions in it, and reload Caddy.\n", file)
		return err
	}
	after := e.apply(before)
	if err := adapts(after, c, file); err != nil {
		return fmt.Errorf("nothing was written, since %s would no longer be valid (if these lines are in it already, reload Caddy first): %w", file, err)
	}
	fmt.Fprintf(out, "--- %s\n%s", file, diff(before, after))
	if !yes {
		fmt.Fprintf(os.Stderr, "Write this to %s? [y/N] ", file)
		in := bufio.NewScanner(os.Stdin)
		if in.Scan(); !strings.EqualFold(strings.TrimSpace(in.Text()), "y") {
			return errors.New("nothing was written")
		}
	}
	if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, before) {
		return fmt.Errorf("nothing was written, since %s has changed in the meantime", file)
	}
	if err := os.WriteFile(file, after, 0o644); err != nil { // which keeps the mode that it has
		return err
	}
	fmt.Fprintf(os.Stderr, "Wrote %s. Next: answer the questions in it, then caddy reload --config %s\n", file, file)
	return nil
}
