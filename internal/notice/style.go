package notice

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// Style is how the operator wants the notice and the charter to look. What is left
// out is as style.css has it.
type Style struct {
	Position             string // one of positions; "" is the first
	Control              string // one of controls; "" is the first
	Accent, AccentDark   string // of buttons and links
	Text, TextDark       string
	Surface, SurfaceDark string // what stands behind them
	Font                 []string
	Radius               string
}

var (
	positions = []string{"bottom", "top", "corner"}
	controls  = []string{"bottom-start", "bottom-end", "top-start", "top-end"}

	// genericFamilies are keywords; a name in quotes would be a font of that name.
	genericFamilies = []string{
		"serif", "sans-serif", "monospace", "cursive", "fantasy",
		"system-ui", "ui-serif", "ui-sans-serif", "ui-monospace", "ui-rounded",
	}

	// maxRadius is the largest radius in each unit. A length has nothing that could
	// end its declaration.
	maxRadius = map[string]float64{"px": 40, "rem": 2.5, "em": 2.5}
	length    = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?|\.[0-9]+)(px|rem|em)$`)

	hexadecimal = regexp.MustCompile(`^#?([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$`)
)

// minContrast is what WCAG 2.2 asks of text, links included (1.4.3). It is more than
// what it asks of controls and the focus (1.4.11), which have the same colours.
const minContrast = 4.5

// Check finds what is wrong with the style. Its errors are of type *policy.Error and
// say what would be right.
func (s Style) Check() error {
	wrong := func(word, format string, args ...any) error {
		return policy.Errorf("style "+word, format, args...)
	}
	if s.Position != "" && !slices.Contains(positions, s.Position) {
		return wrong("position", "invalid value %q: expected one of %s", s.Position, strings.Join(positions, ", "))
	}
	if s.Control != "" && !slices.Contains(controls, s.Control) {
		return wrong("control", "invalid value %q: expected one of %s", s.Control, strings.Join(controls, ", "))
	}
	for _, c := range []struct{ word, value string }{
		{"accent", s.Accent}, {"accent", s.AccentDark},
		{"text", s.Text}, {"text", s.TextDark},
		{"surface", s.Surface}, {"surface", s.SurfaceDark},
	} {
		if c.value != "" && !hexadecimal.MatchString(c.value) {
			return wrong(c.word, `invalid colour %q: give one such as "#0b4f8a" or "#fff"`, c.value)
		}
	}
	for _, family := range s.Font {
		if !isFamily(family) {
			return wrong("font", "invalid font name %q: use letters, digits, spaces and hyphens, and start with a letter or digit", family)
		}
	}
	if s.Radius != "" && !isRadius(s.Radius) {
		return wrong("radius", "invalid length %q: give one such as 0, 4px or 0.5rem; the maximum is 40px, 2.5rem or 2.5em", s.Radius)
	}
	for _, scheme := range s.schemes() {
		for _, pair := range []struct {
			word string
			shade
		}{{"text", scheme.text}, {"accent", scheme.accent}} {
			ratio := contrast(pair.colour, scheme.surface.colour)
			if ratio >= minContrast {
				continue
			}
			word := pair.word
			if !pair.given {
				word = "surface"
			}
			return wrong(word, "in the %s scheme, the contrast of the %s %s with the surface %s is %s; WCAG 2.2 (1.4.3) requires %v",
				scheme.name, pair.word, pair.shade, scheme.surface, tooLow(ratio), minContrast)
		}
	}
	return nil
}

// isFamily tells whether a font can have that name: nothing in it ends a string.
func isFamily(name string) bool {
	for i, c := range name {
		switch {
		case unicode.IsLetter(c), unicode.IsDigit(c):
		case i > 0 && (unicode.IsMark(c) || c == ' ' || c == '-'):
		default:
			return false
		}
	}
	return name != ""
}

func isRadius(radius string) bool {
	if radius == "0" {
		return true
	}
	parts := length.FindStringSubmatch(radius)
	if parts == nil {
		return false
	}
	n, err := strconv.ParseFloat(parts[1], 64)
	return err == nil && n <= maxRadius[parts[2]]
}

// CSS is what to append to style.css for a style that Check accepts; "" where there
// is nothing to change. Its declarations are important in a layer, which no rule of
// the portal's outweighs.
func (s Style) CSS() string {
	var both declarations
	if len(s.Font) > 0 {
		both.add("font", families(s.Font))
	}
	switch s.Radius {
	case "":
	case "0":
		both.add("radius", "0px") // calc() takes no number for a length
	default:
		both.add("radius", s.Radius)
	}
	var b strings.Builder
	b.WriteString(both.rule())
	b.WriteString(s.control())
	for _, scheme := range s.schemes() {
		if rule := scheme.declarations().rule(); rule != "" {
			fmt.Fprintf(&b, "@media (prefers-color-scheme: %s) {\n%s}\n", scheme.name, rule)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "\n@layer caddy-consent {\n" + b.String() + "}\n"
}

// control is the rule for where the control to come back stands, a tab at an edge of the window; "" for where it stands anyway.
func (s Style) control() string {
	edge, end, given := strings.Cut(s.Control, "-")
	if !given || s.Control == controls[0] {
		return ""
	}
	// As strong as the rule that turns it for languages that read from right to left.
	rule := "[data-caddy-consent=manage][data-caddy-consent] {\n"
	if end == "end" {
		rule += "\tinset-inline: auto 8px !important;\n"
	} else {
		rule += "\tinset-inline: 8px auto !important;\n"
	}
	if edge == "top" {
		rule += "\tinset-block: 0 auto !important;\n\tborder-width: 0 1px 1px !important;\n\tborder-radius: 0 0 8px 8px !important;\n"
	}
	return rule + "}\n"
}

// families lists the fonts, and the system's behind them where none of them is sure
// to be there.
func families(names []string) string {
	var out []string
	generic := false
	for _, name := range names {
		if lower := strings.ToLower(name); slices.Contains(genericFamilies, lower) {
			out, generic = append(out, lower), true
		} else {
			out = append(out, `"`+name+`"`)
		}
	}
	if !generic {
		out = append(out, "system-ui", "sans-serif")
	}
	return strings.Join(out, ", ")
}

// declarations are the lines of a rule for all that the module shows.
type declarations struct{ strings.Builder }

func (d *declarations) add(property, value string) {
	fmt.Fprintf(d, "\t--consent-%s: %s !important;\n", property, value)
}

func (d *declarations) rule() string {
	if d.Len() == 0 {
		return ""
	}
	return "#caddy-consent, [data-caddy-consent=manage], [data-caddy-consent=status], .caddy-consent-charter {\n" + d.String() + "}\n"
}

// scheme is the colours in the light or in the dark.
type scheme struct {
	name                  string
	accent, text, surface shade
}

// schemes fills in the colours of style.css for those that are not given.
func (s Style) schemes() [2]scheme {
	return [2]scheme{
		{"light", pick(s.Accent, "#0b4f8a"), pick(s.Text, "#16202c"), pick(s.Surface, "#fff")},
		{"dark", pick(s.AccentDark, "#9ccbff"), pick(s.TextDark, "#edf2f7"), pick(s.SurfaceDark, "#17202b")},
	}
}

// declarations are those of the colours that are given, and of what follows from
// them. A scheme in which none is given stays as it is.
func (s scheme) declarations() *declarations {
	d := new(declarations)
	if s.accent.given {
		d.add("accent", s.accent.hex())
		d.add("on-accent", s.accent.contrary().hex())
	}
	if s.text.given {
		d.add("text", s.text.hex())
	}
	if s.surface.given {
		d.add("surface", s.surface.hex())
	}
	if s.text.given || s.surface.given {
		muted := mix(s.text.colour, s.surface.colour, 0.25)
		if contrast(muted, s.surface.colour) < minContrast {
			muted = s.text.colour
		}
		d.add("muted", muted.hex())
		d.add("line", mix(s.text.colour, s.surface.colour, 0.75).hex())
	}
	return d
}

// shade is a colour that is given or the default.
type shade struct {
	colour
	given bool
}

func pick(given, standard string) shade {
	if given != "" {
		return shade{parseColour(given), true}
	}
	return shade{parseColour(standard), false}
}

func (s shade) String() string {
	if s.given {
		return s.hex()
	}
	return s.hex() + " (the default)"
}

// colour is red, green and blue.
type colour [3]uint8

// parseColour reads what hexadecimal matches.
func parseColour(s string) (c colour) {
	s = strings.TrimPrefix(s, "#")
	if len(s) == 3 {
		s = string([]byte{s[0], s[0], s[1], s[1], s[2], s[2]})
	}
	n, _ := strconv.ParseUint(s, 16, 24)
	return colour{uint8(n >> 16), uint8(n >> 8), uint8(n)}
}

func (c colour) hex() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// contrary is black or white, whichever can be read better on c.
func (c colour) contrary() colour {
	black, white := colour{}, colour{255, 255, 255}
	if contrast(black, c) > contrast(white, c) {
		return black
	}
	return white
}

// mix is a with that share of b.
func mix(a, b colour, share float64) (c colour) {
	for i := range c {
		c[i] = uint8(math.Round(float64(a[i])*(1-share) + float64(b[i])*share))
	}
	return c
}

// contrast is the contrast ratio of two colours, from 1 to 21:
// https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
func contrast(a, b colour) float64 {
	la, lb := a.luminance(), b.luminance()
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// luminance is the relative luminance: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
func (c colour) luminance() float64 {
	var linear [3]float64
	for i, v := range c {
		s := float64(v) / 255
		if s <= 0.04045 {
			linear[i] = s / 12.92
		} else {
			linear[i] = math.Pow((s+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*linear[0] + 0.7152*linear[1] + 0.0722*linear[2]
}

// tooLow writes a ratio that is below minContrast so that it does not look sufficient.
func tooLow(ratio float64) string {
	return strconv.FormatFloat(min(ratio, minContrast-0.01), 'f', 2, 64)
}
