package inventory

import (
	"fmt"
	"strings"
)

// Token writes a name, which may come from anybody, as a token of a Caddyfile.
func Token(name string) string {
	plain := strings.IndexFunc(name, func(c rune) bool { return c <= ' ' || c == 0x7f || strings.ContainsRune("\"`{}#\\", c) || c > 0x7f }) < 0
	if plain && name != "" && !strings.HasPrefix(name, "<<") { // which begins a heredoc
		return name
	}
	return strings.ReplaceAll(fmt.Sprintf("%q", name), "{$", "{ $") // no variable of the environment's, in comments either
}

// IsDeclarable tells whether a line can declare the name, and no other: a star in it would stand for anything.
func (i Item) IsDeclarable() bool { return !strings.Contains(i.Name, "*") }
