package notice

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/internal/policy"
	"github.com/caddy-consent/caddy-consent/internal/recent"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// texts are the sentences of one language by key.
type texts map[string]string

// plural is the text for a number of things. Languages that tell more than one and many
// apart have further texts for it, by the categories of CLDR: life.days.few.
func (t texts) plural(tag, key string, n int) string {
	form := plural.Cardinal.MatchPlural(language.Make(tag), n, 0, 0, 0, 0)
	return cmp.Or(t[key+"."+pluralForms[form]], t[key])
}

var pluralForms = [...]string{
	plural.Other: "other", plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many",
}

// isPlural tells whether a key is that of such a further text.
func isPlural(key string, base texts) bool {
	i := strings.LastIndexByte(key, '.')
	return i > 0 && base[key[:i]] != "" && slices.Contains(pluralForms[:], key[i+1:])
}

// languages are those that there are texts in.
type languages struct {
	texts    map[string]texts
	fallback string
	matcher  language.Matcher
	tags     []string // as the matcher counts them

	remembered *recent.Cache[string] // tags by Accept-Language
}

// readLanguages reads every <language>.json. A file of the operator may give some
// keys of an embedded language; a language of its own needs them all.
func readLanguages(files fs.FS, fallback string) (languages, error) {
	l := languages{texts: make(map[string]texts), fallback: fallback, remembered: new(recent.Cache[string])}
	layers := []fs.FS{files}
	if o, ok := files.(overlay); ok {
		layers = []fs.FS{o.base, o.over}
	}
	for _, layer := range layers {
		names, err := fs.Glob(layer, "*.json")
		if err != nil {
			return l, err
		}
		for _, name := range names {
			content, err := fs.ReadFile(layer, name)
			if err != nil {
				return l, fmt.Errorf("templates: %w", err)
			}
			var read texts
			if err := json.Unmarshal(content, &read); err != nil {
				return l, fmt.Errorf("templates: %s: %w", name, err)
			}
			tag := strings.TrimSuffix(name, ".json")
			if l.texts[tag] == nil {
				l.texts[tag] = make(texts)
			}
			maps.Copy(l.texts[tag], read)
		}
	}
	for tag, t := range l.texts {
		for key := range l.texts["en"] {
			if t[key] == "" {
				return l, fmt.Errorf("templates: %s.json lacks the text %q", tag, key)
			}
		}
		for key := range t {
			if l.texts["en"][key] == "" && !isPlural(key, l.texts["en"]) {
				return l, fmt.Errorf("templates: %s.json has an unknown text %q", tag, key)
			}
		}
	}
	if l.texts[fallback] == nil {
		return l, unsupported(fallback, slices.Sorted(maps.Keys(l.texts)))
	}
	// The first tag is what the matcher falls back to.
	l.tags = append([]string{fallback}, slices.DeleteFunc(slices.Sorted(maps.Keys(l.texts)), func(t string) bool { return t == fallback })...)
	var parsed []language.Tag
	for _, tag := range l.tags {
		p, err := language.Parse(tag)
		if err != nil {
			return l, fmt.Errorf("templates: %s.json: the file name is not a language tag: %w", tag, err)
		}
		parsed = append(parsed, p)
	}
	l.matcher = language.NewMatcher(parsed)
	return l, nil
}

func unsupported(tag string, known []string) error {
	return policy.Errorf("language", "%s is not supported: use one of %s, or put %[1]s.json into the templates folder", tag, strings.Join(known, ", "))
}

// CheckLanguage refuses a language in which there are no texts where no templates folder may bring them.
func CheckLanguage(tag string) error {
	files, err := fs.Glob(embedded, "embedded/*.json")
	if err != nil || slices.Contains(files, "embedded/"+tag+".json") {
		return err
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(path.Base(file), ".json")
	}
	return unsupported(tag, files)
}

// Language is the one that a request asks for.
type Language struct {
	Tag string
	// Chosen tells that the visitor chose it on the portal, so that it goes before that of
	// the page.
	Chosen bool
}

// Language finds the visitor's language: the one chosen on the portal (cookie
// django_language, then ?flg= in the URL that was asked for), else what the browser asks
// for, else the site's.
func (r *Renderer) Language(req *http.Request, asked *url.URL) Language {
	l := &r.languages
	if cookie, err := req.Cookie("django_language"); err == nil {
		if tag := l.match(cookie.Value); tag != "" {
			return Language{tag, true}
		}
	}
	if strings.Contains(asked.RawQuery, "flg=") {
		if tag := l.match(asked.Query().Get("flg")); tag != "" {
			return Language{tag, true}
		}
	}
	return Language{cmp.Or(l.match(req.Header.Get("Accept-Language")), l.fallback), false}
}

// On is the language of what is shown on a page that says it is in another one: who did
// not choose on the portal is best answered in the language of what he reads.
func (r *Renderer) On(lang string, asked Language) string {
	if asked.Chosen {
		return asked.Tag
	}
	return cmp.Or(r.languages.match(lang), asked.Tag)
}

// match finds the language of an Accept-Language value or of a single tag; "" where
// there is none. Browsers send few different ones, so the last are remembered.
func (l *languages) match(accept string) string {
	if accept == "" || len(accept) > maxAccept {
		return ""
	}
	tag, ok := l.remembered.Load(accept)
	if !ok {
		tag = l.find(accept)
		l.remembered.Store(accept, tag)
	}
	return tag
}

// maxAccept bounds the bytes of a value; no browser's is longer.
const maxAccept = 256

func (l *languages) find(accept string) string {
	wanted, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(wanted) == 0 {
		return ""
	}
	_, i, confidence := l.matcher.Match(wanted...)
	if confidence == language.No {
		return ""
	}
	return l.tags[i]
}
