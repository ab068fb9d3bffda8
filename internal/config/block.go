// Package config reads the blocks of a Caddyfile, checks options, and tells what is wrong with a word where it stands.
package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"golang.org/x/text/language"

	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// A Block reads a block of the Caddyfile and remembers where its words stand.
type Block struct {
	*caddyfile.Dispenser
	places map[string]caddyfile.Token
}

// NewBlock reads at the cursor of a dispenser.
func NewBlock(d *caddyfile.Dispenser) Block { return Block{d, make(map[string]caddyfile.Token)} }

// nested reads the block that follows the current line; its words stand apart from those around it.
func (b Block) nested() Block { return NewBlock(b.Dispenser) }

// within remembers where the words of a nested block stand, behind a word of this one.
func (b Block) within(word string, nested Block) {
	for inner, place := range nested.places {
		b.places[word+" "+inner] = place
	}
}

// Read goes through the lines of the block that the cursor is before.
func (b Block) Read(words map[string]func() error) error {
	for nesting := b.Nesting(); b.NextBlock(nesting); {
		read, ok := words[b.Val()]
		if !ok {
			return b.Errf("unrecognized subdirective %q: expected one of %s", b.Val(), strings.Join(slices.Sorted(maps.Keys(words)), ", "))
		}
		if err := read(); err != nil {
			return err
		}
	}
	return nil
}

// once notes the place of a word and refuses a second one.
func (b Block) once(word string) error {
	if first, ok := b.places[word]; ok {
		return b.Errf("%s is given twice, first on line %d", word, first.Line)
	}
	b.places[word] = b.Token()
	return nil
}

// Located adds the file and line of the word that an error is about.
func (b Block) Located(err error) error {
	if e := (*policy.Error)(nil); errors.As(err, &e) {
		if place, ok := b.places[e.Where]; ok {
			return fmt.Errorf("%w, at %s:%d", err, place.File, place.Line)
		}
	}
	return b.WrapErr(err)
}

// Text reads one argument.
func (b Block) Text(to *string) func() error {
	return func() error {
		word := b.Val()
		if err := b.once(word); err != nil {
			return err
		}
		if !b.AllArgs(to) || *to == "" {
			return b.Errf("%s takes one value: write quotes around one with spaces", word)
		}
		return nil
	}
}

// List reads one argument or more.
func (b Block) List(to *[]string) func() error {
	return func() error {
		word := b.Val()
		if err := b.once(word); err != nil {
			return err
		}
		*to = b.RemainingArgs()
		if len(*to) == 0 {
			return b.Errf("%s takes one value or more", word)
		}
		for i, value := range *to {
			if value == "" || slices.Contains((*to)[:i], value) {
				return b.Errf("%s: %q is empty or given twice", word, value)
			}
		}
		return nil
	}
}

// LanguageTag reads one, such as fr.
func (b Block) LanguageTag(to *string) func() error {
	return func() error {
		if err := b.Text(to)(); err != nil {
			return err
		}
		return b.checkLanguage(*to)
	}
}

func (b Block) checkLanguage(tag string) error {
	if _, err := language.Parse(tag); err != nil {
		return b.Errf("invalid language tag %q: give one such as fr or en", tag)
	}
	return nil
}

// Duration reads a positive one, in Caddy's units, such as 180d.
func (b Block) Duration(to *caddy.Duration) func() error {
	return func() error {
		word, value := b.Val(), ""
		if err := b.Text(&value)(); err != nil {
			return err
		}
		parsed, err := caddy.ParseDuration(value)
		if err != nil || parsed <= 0 {
			return b.Errf("%s: invalid duration %q: give one such as 180d or 12h", word, value)
		}
		*to = caddy.Duration(parsed)
		return nil
	}
}

// translated reads [<lang>] <text> into the text of that language.
func (b Block) translated(to *map[string]string) func() error {
	return func() error {
		word, args, tag := b.Val(), b.RemainingArgs(), ""
		switch len(args) {
		case 2:
			if tag = args[0]; b.checkLanguage(tag) != nil {
				return b.checkLanguage(tag)
			}
			tag = language.Make(tag).String() // "FR" is "fr"
		case 1:
		default:
			return b.Errf("%s takes a text, and a language before it if it is for one alone: write quotes around what has spaces", word)
		}
		if _, ok := (*to)[tag]; ok {
			return b.Errf("%s is given twice in the same language", word)
		}
		if args[len(args)-1] == "" {
			return b.Errf("%s is empty", word)
		}
		if *to == nil {
			*to = make(map[string]string)
		}
		(*to)[tag] = args[len(args)-1]
		return nil
	}
}

// named reads a name and, where there is one, what belongs to it.
func (b Block) named(name, belongs *string) func() error {
	return func() error {
		word := b.Val()
		if err := b.once(word); err != nil {
			return err
		}
		args := b.RemainingArgs()
		if len(args) < 1 || len(args) > 2 || slices.Contains(args, "") {
			return b.Errf("%s takes one value or two: write quotes around one with spaces", word)
		}
		*name = args[0]
		if len(args) == 2 {
			*belongs = args[1]
		}
		return nil
	}
}

// alone reads a word without arguments.
func (b Block) alone() error {
	word := b.Val()
	if err := b.once(word); err != nil {
		return err
	}
	if b.NextArg() {
		return b.Errf("%s takes no value on its line", word)
	}
	return nil
}

// flag is set by the word alone.
func (b Block) flag(to *bool) func() error {
	return func() error {
		*to = true
		return b.alone()
	}
}

// id reads the id that follows purpose or service.
func (b Block) id(id *string) error {
	word := b.Val()
	if !b.AllArgs(id) || *id == "" {
		return b.Errf("%s takes one id: what else there is to say of it stands in a block, on lines of its own", word)
	}
	return b.once(word + " " + *id)
}

// colours reads a colour for a light scheme and, where there is one, for a dark one.
func (b Block) colours(light, dark *string) func() error {
	return func() error {
		if word := b.Val(); b.CountRemainingArgs() == 0 {
			return b.Errf(`%s needs a colour, such as 0b4f8a or "#0b4f8a": without quotes, # starts a comment`, word)
		}
		return b.named(light, dark)()
	}
}
