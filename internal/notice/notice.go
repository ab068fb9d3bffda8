// Package notice renders what visitors see: the notice, the control to come back to
// it and the charter page, from the policy and the texts in each language.
package notice

import (
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/csp"
	"github.com/caddy-consent/caddy-consent/internal/endpoint"
	"github.com/caddy-consent/caddy-consent/internal/policy"
	"github.com/caddy-consent/caddy-consent/internal/recent"
)

//go:generate go run ./minify

//go:embed embedded/*.html embedded/*.css embedded/*.json minified
var embedded embed.FS

// Options say how to render.
type Options struct {
	Policy *policy.Policy
	// Path is the prefix of the module's own URLs, Charter the path of the charter.
	Path    endpoint.Prefix
	Charter string
	// Language is the tag of the language for visitors who ask for none that there is.
	Language string
	// Remember is how long a choice is valid; the texts name it.
	Remember time.Duration
	// Manage tells that pages carry a control to come back to the choice.
	Manage bool
	// Guard is what the guard holds back.
	Guard Guard
	// Templates is a folder whose files (notice.html, manage.html, charter.html, placeholder.html,
	// style.css, charter.css, placeholder.css, notice.js, <language>.json) go before the embedded ones; "" for none.
	Templates string
	// Style is how it looks where the operator wants it other than style.css has it.
	Style Style
	// Since is when this version of the policy began to hold, the zero time where it has not yet.
	Since time.Time
}

// Renderer holds what can be rendered beforehand: all but the visitor's host and
// path.
type Renderer struct {
	options     Options
	languages   languages
	assets      assets
	notice      *template.Template
	charter     *template.Template
	placeholder *template.Template
	notices     map[noticeKey]snippet
	manages     map[manageKey]snippet
	version     string
	resources   Resources
	since       atomic.Pointer[time.Time]
	last        recent.Cache[placed] // by the path to come back to
}

type noticeKey struct {
	language string
	refusing bool
}

type manageKey struct {
	language string
	guarded  bool
}

// New reads the templates and texts and renders them. The errors name the file
// that is wrong.
func New(o Options) (*Renderer, error) {
	r := &Renderer{options: o, notices: make(map[noticeKey]snippet), manages: make(map[manageKey]snippet)}
	files, err := override(o.Templates)
	if err != nil {
		return nil, err
	}
	if r.languages, err = readLanguages(files, o.Language); err != nil {
		return nil, err
	}
	r.SetSince(o.Since)
	if r.assets, err = readAssets(files, o); err != nil {
		return nil, err
	}
	if r.notice, err = parse(files, "notice.html"); err != nil {
		return nil, err
	}
	manage, err := parse(files, "manage.html")
	if err != nil {
		return nil, err
	}
	if r.charter, err = parse(files, "charter.html"); err != nil {
		return nil, err
	}
	if r.placeholder, err = parse(files, "placeholder.html"); err != nil {
		return nil, err
	}
	for tag := range r.languages.texts {
		for _, also := range []bool{false, true} {
			refusing, guarded := noticeKey{tag, also}, manageKey{tag, also}
			if r.notices[refusing], err = r.prepare(r.notice, Place{Language: tag, OptOut: also}); err != nil {
				return nil, err
			}
			if r.manages[guarded], err = r.prepare(manage, Place{Language: tag, Guarded: also}); err != nil {
				return nil, err
			}
		}
	}
	r.version, r.resources = r.hash(), r.findResources()
	// These are rendered for each visitor; a mistake in them shows now.
	someone := Visitor{Place: Place{Language: r.languages.fallback, Site: "example.com"}}
	if _, err := r.Charter(someone); err != nil {
		return nil, err
	}
	if _, err := r.Settings(someone); err != nil {
		return nil, err
	}
	if _, err := r.Placeholder(someone); err != nil {
		return nil, err
	}
	return r, nil
}

// Manages tells that pages carry the control.
func (r *Renderer) Manages() bool { return r.options.Manage }

// SetSince says since when the policy is, where that was not known from the beginning.
func (r *Renderer) SetSince(since time.Time) { r.since.Store(&since) }

// Version changes with whatever is inserted into pages.
func (r *Renderer) Version() string { return r.version }

func (r *Renderer) hash() string {
	h := sha256.New()
	for _, tag := range r.languages.tags {
		for _, s := range []snippet{r.notices[noticeKey{tag, false}], r.notices[noticeKey{tag, true}], r.manages[manageKey{tag, false}]} {
			for _, piece := range s.pieces {
				h.Write([]byte(piece))
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:4])
}

// override lays the operator's folder over the embedded files.
func override(dir string) (fs.FS, error) {
	texts, err := fs.Sub(embedded, "embedded")
	if err != nil {
		return nil, err
	}
	scripts, err := fs.Sub(embedded, "minified")
	if err != nil {
		return nil, err
	}
	base := overlay{texts, scripts}
	if dir == "" {
		return base, nil
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("templates: %s is not a readable folder", dir)
	}
	return overlay{os.DirFS(dir), base}, nil
}

type overlay struct{ over, base fs.FS }

func (o overlay) Open(name string) (fs.File, error) {
	f, err := o.over.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return o.base.Open(name)
	}
	return f, err
}

func parse(files fs.FS, name string) (*template.Template, error) {
	t, err := template.New(name).ParseFS(files, name)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	return t, nil
}

// Place is where a notice, the charter or the settings are shown, and in which language.
type Place struct {
	// Origin stands before paths: the scheme and host that the visitor's browser shows, where the page has a
	// <base> of another origin, else "".
	Origin string
	// Site is what the site is called, Return the path to come back to, in a notice escaped for
	// a URL.
	Site, Return string
	Language     string
	// OptOut tells that the browser signals refusal (Sec-GPC).
	OptOut bool
	// Guarded tells that the page has the guard, which loads the script of the control.
	Guarded bool
	// Script is how scripts are marked so that a Content-Security-Policy lets them run.
	Script csp.Element
	// Hashed tells that the page has an Integrity-Policy: scripts load by CORS, with their hash, alone.
	Hashed bool
}

// Notice returns the notice as markup of ASCII bytes alone that is well-formed in
// HTML and in XHTML.
func (r *Renderer) Notice(p Place) string {
	last, ok := r.last.Load(p.Return)
	if ok && last.place == p {
		return last.notice
	}
	notice := r.notices[noticeKey{p.Language, p.OptOut}].fill(p, r.trust(p, "notice.js"))
	if p.Script.Nonce == "" && len(p.Origin)+len(p.Site) <= maxSite {
		r.last.Store(p.Return, placed{p, notice})
	}
	return notice
}

// placed is a notice that was made for a place. As a site has few pages that many visitors come to, the next one mostly
// needs the same.
type placed struct {
	place  Place
	notice string
}

// maxSite bounds the strings that may be a request's Host.
const maxSite = 256

// Manage returns the control by which a visitor comes back to the choice.
func (r *Renderer) Manage(p Place) string {
	return r.manages[manageKey{p.Language, p.Guarded}].fill(p, r.trust(p, "notice.js"))
}

// The marks stand in a prepared snippet where a value of the Place goes. They pass
// every escaper unchanged.
const (
	markOrigin = "consent0origin0"
	markSite   = "consent0site0"
	markReturn = "consent0return0"
	markTrust  = ` consent0trust0=""`
)

// prepare renders a template with marks in place of what differs by visitor.
func (r *Renderer) prepare(t *template.Template, where Place) (snippet, error) {
	where.Site = cmp.Or(r.options.Policy.Site, markSite)
	where.Origin, where.Return = markOrigin, markReturn
	effective := choice.Choice{}.Effective(r.options.Policy, where.OptOut)
	markup, err := execute(t, r.view(Visitor{Place: where, Effective: effective}))
	if err != nil {
		return snippet{}, err
	}
	return cut(asciiOnly(strings.TrimSpace(string(markup)))), nil
}

// snippet is markup cut at its marks.
type snippet struct {
	pieces []string // literal, mark, literal, …
	length int      // of the literals
}

func cut(text string) snippet {
	var s snippet
	for {
		at, mark := len(text), ""
		for _, m := range []string{markOrigin, markSite, markReturn, markTrust} {
			if i := strings.Index(text, m); i >= 0 && i < at {
				at, mark = i, m
			}
		}
		s.pieces, s.length = append(s.pieces, text[:at], mark), s.length+at
		if mark == "" {
			return s
		}
		text = text[at+len(mark):]
	}
}

func (s snippet) fill(p Place, trust string) string {
	var b strings.Builder
	b.Grow(s.length + len(s.pieces)/2*(len(p.Origin)+len(p.Site)+len(p.Return)+len(trust)))
	for i := 0; i < len(s.pieces); i += 2 {
		b.WriteString(s.pieces[i])
		switch s.pieces[i+1] {
		case markOrigin:
			b.WriteString(p.Origin)
		case markSite:
			b.WriteString(asciiOnly(template.HTMLEscapeString(p.Site)))
		case markReturn:
			b.WriteString(asciiOnly(template.HTMLEscapeString(p.Return)))
		case markTrust:
			b.WriteString(trust)
		}
	}
	return b.String()
}

// asciiOnly writes other characters as references, so that the markup means the
// same in every encoding that pages come in.
func asciiOnly(s string) string {
	if strings.IndexFunc(s, func(c rune) bool { return c >= 0x80 }) < 0 {
		return s
	}
	var b strings.Builder
	for _, c := range s {
		if c < 0x80 {
			b.WriteRune(c)
		} else {
			fmt.Fprintf(&b, "&#%d;", c)
		}
	}
	return b.String()
}
