package config

import "github.com/caddy-consent/caddy-consent/internal/notice"

// Style is the look of the notice and the charter. Colours are hexadecimal: #rgb or
// #rrggbb, with or without the #. Error: a contrast below 4.5 between accent or text and
// the surface, in the light or the dark scheme, with the defaults filled in (WCAG 2.2,
// 1.4.3).
type Style struct {
	// Sets where the notice is: bottom or top (centred at that edge), or corner.
	// Default: bottom.
	Position string `json:"position,omitempty"`
	// Sets where the control that reopens the choice is: bottom-start, bottom-end, top-start or top-end. Start and end
	// follow the direction of the text. Default: bottom-start.
	Control string `json:"control,omitempty"`
	// Sets the colour of buttons and links. Labels on buttons are black or white,
	// whichever has more contrast. Default: #0b4f8a.
	Accent string `json:"accent,omitempty"`
	// Sets the accent for visitors who prefer a dark scheme. Default: #9ccbff, even if
	// Accent is set.
	AccentDark string `json:"accent_dark,omitempty"`
	// Sets the colour of text; those of secondary text and lines are derived from it. Default: #16202c.
	Text string `json:"text,omitempty"`
	// Sets the colour of text in a dark scheme. Default: #edf2f7, even if Text is set.
	TextDark string `json:"text_dark,omitempty"`
	// Sets the colour of the background. Default: #fff.
	Surface string `json:"surface,omitempty"`
	// Sets the background in a dark scheme. Default: #17202b, even if Surface is set.
	SurfaceDark string `json:"surface_dark,omitempty"`
	// Lists font families by preference: fonts that visitors have or the site loads, or
	// generic families such as sans-serif. If none is generic, the system's fonts are the
	// fallback. Default: the system's. Error: a name with characters other than letters,
	// digits, spaces and hyphens.
	Font []string `json:"font,omitempty"`
	// Sets the radius of corners: 0, or a number of px (40 at most), rem or em (2.5 at
	// most). Default: 10px.
	Radius string `json:"radius,omitempty"`
}

// Of is the style as it is rendered; a nil Style is the default one.
func (s *Style) Of() notice.Style {
	if s == nil {
		return notice.Style{}
	}
	return notice.Style(*s)
}

// Style reads the block of a look.
func (b Block) Style(to **Style) func() error {
	return func() error {
		if err := b.alone(); err != nil {
			return err
		}
		s := new(Style)
		inner := b.nested()
		err := inner.Read(map[string]func() error{
			"position": inner.Text(&s.Position),
			"control":  inner.Text(&s.Control),
			"accent":   inner.colours(&s.Accent, &s.AccentDark),
			"text":     inner.colours(&s.Text, &s.TextDark),
			"surface":  inner.colours(&s.Surface, &s.SurfaceDark),
			"font":     inner.List(&s.Font),
			"radius":   inner.Text(&s.Radius),
		})
		b.within("style", inner)
		*to = s
		return err
	}
}
