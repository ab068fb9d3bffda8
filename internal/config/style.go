package config

import "github.com/caddy-consent/caddy-consent/internal/notice"

// Style is the look of the notice and the charter. Colours are hexadecimal: #rgb or
// #rrggbb, or without the #. It is an error where accent or text has a contrast of less than 4.5 with the
// surface, in the light or in the dark, after the defaults are filled in (WCAG 2.2,
// 1.4.3).
type Style struct {
	// Places the notice: bottom or top, in the middle of that edge, or corner.
	// Default: bottom.
	Position string `json:"position,omitempty"`
	// Places the control to come back, where the lines of a text start or end, at an edge of the window: bottom-start,
	// bottom-end, top-start or top-end. Default: bottom-start.
	Control string `json:"control,omitempty"`
	// Colours buttons, with black or white on them, whichever has more contrast, and
	// links. Default: #0b4f8a.
	Accent string `json:"accent,omitempty"`
	// Colours them for visitors who prefer a dark scheme. Default: #9ccbff, also where
	// the light one is given.
	AccentDark string `json:"accent_dark,omitempty"`
	// Colours text; secondary text and lines follow. Default: #16202c.
	Text string `json:"text,omitempty"`
	// Colours it in a dark scheme. Default: #edf2f7, also where the light one is given.
	TextDark string `json:"text_dark,omitempty"`
	// Colours the background. Default: #fff.
	Surface string `json:"surface,omitempty"`
	// Colours it in a dark scheme. Default: #17202b, also where the light one is given.
	SurfaceDark string `json:"surface_dark,omitempty"`
	// Lists the fonts by preference, as letters, digits, spaces and hyphens: families
	// that visitors have or the site loads, or generic ones such as sans-serif. Without
	// a generic one the system's stand behind them. Default: the system's.
	Font []string `json:"font,omitempty"`
	// Rounds the corners by this length: 0, or a number of px (40 at most), rem or em
	// (2.5 at most). Default: 10px.
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
