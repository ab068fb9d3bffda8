package notice

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/internal/policy"
)

func TestContrastRatio(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{
		{"#000", "#fff", 21},
		{"#fff", "#000", 21},
		{"#123456", "#123456", 1},
		{"#777", "#fff", 4.48},
		{"#767676", "#fff", 4.54},
		{"#f00", "#fff", 4.00},
		{"#00f", "#fff", 8.59},
		{"#0f0", "#000", 15.30},
	} {
		t.Run(fmt.Sprintf("%s on %s", c.a, c.b), func(t *testing.T) {
			if got := contrast(parseColour(c.a), parseColour(c.b)); math.Abs(got-c.want) > 0.005 {
				t.Errorf("%s on %s: %.3f, want %.2f", c.a, c.b, got, c.want)
			}
		})
	}
}

func TestAccentTextColour(t *testing.T) {
	for _, c := range []struct{ accent, want string }{
		{"#0b4f8a", "#ffffff"}, {"#9ccbff", "#000000"}, {"#000", "#ffffff"}, {"#fff", "#000000"}, {"#757575", "#ffffff"}, {"#777", "#000000"},
	} {
		t.Run(c.accent, func(t *testing.T) {
			if got := parseColour(c.accent).contrary().hex(); got != c.want {
				t.Errorf("on %s: %s", c.accent, got)
			}
		})
	}
	for grey := range 256 {
		c := colour{uint8(grey), uint8(grey), uint8(grey)}
		if contrast(c, c.contrary()) < minContrast {
			t.Errorf("neither black nor white can be read on %s", c.hex())
		}
	}
}

func TestDefaultColours(t *testing.T) {
	sheet, err := embedded.ReadFile("embedded/style.css")
	if err != nil {
		t.Fatal(err)
	}
	first := func(t *testing.T, scheme int, property string) string {
		t.Helper()
		found := regexp.MustCompile(`--consent-`+property+`:\s*(#[0-9a-f]+) !important;`).FindAllSubmatch(sheet, -1)
		if len(found) < 2 { // the light one and the dark one
			t.Fatalf("%d times %s", len(found), property)
		}
		return string(found[scheme][1])
	}
	for i, scheme := range (Style{}).schemes() {
		t.Run(scheme.name, func(t *testing.T) {
			for property, c := range map[string]shade{"accent": scheme.accent, "text": scheme.text, "surface": scheme.surface} {
				if want := parseColour(first(t, i, property)); c.colour != want {
					t.Errorf("%s in the %s: %s, not %s", property, scheme.name, c.hex(), want.hex())
				}
			}
		})
	}
}

func TestStyleErrors(t *testing.T) {
	for _, c := range []struct {
		style Style
		want  string // "" for nothing
	}{
		{Style{}, ""},
		{Style{Position: "corner", Accent: "#000091", AccentDark: "#8585f6", Font: []string{"Marianne", "sans-serif"}, Radius: "0"}, ""},
		{Style{Control: "top-end"}, ""},
		{Style{Control: "left"}, `style control: invalid value "left": expected one of bottom-start, bottom-end, top-start, top-end`},
		{Style{Position: "left"}, `style position: invalid value "left": expected one of bottom, top, corner`},

		{Style{Text: "#767676"}, ""},
		{Style{Text: "767676"}, ""},
		{
			Style{Text: "#777"},
			"style text: in the light scheme, the contrast of the text #777777 with the surface #ffffff (the default) is 4.48; WCAG 2.2 (1.4.3) requires 4.5",
		},
		{Style{Accent: "#777", Surface: "#fff"}, "style accent: in the light scheme, the contrast of the accent #777777 with the surface #ffffff is 4.48"},
		{
			Style{Accent: "#0b4f8a", AccentDark: "#0b4f8a"},
			"style accent: in the dark scheme, the contrast of the accent #0b4f8a with the surface #17202b (the default) is 1.9",
		},
		{Style{TextDark: "#16202c"}, "style text: in the dark scheme"},
		{
			Style{SurfaceDark: "#fff", TextDark: "#000"},
			"style surface: in the dark scheme, the contrast of the accent #9ccbff (the default) with the surface #ffffff is 1.69",
		},
		{Style{SurfaceDark: "#fff", TextDark: "#000", AccentDark: "#0b4f8a"}, ""},
		{Style{Surface: "#000"}, "style surface: in the light scheme, the contrast of the text #16202c (the default) with the surface #000000"},

		{Style{Accent: "blue"}, `style accent: invalid colour "blue": give one such as "#0b4f8a" or "#fff"`},
		{Style{AccentDark: "#12345"}, `style accent: invalid colour "#12345"`},
		{Style{Text: "#0b4f8a;"}, "style text:"},
		{Style{Text: "#0b4f8a\n"}, "style text:"},
		{Style{Text: "#0b4f8a80"}, "style text:"},
		{Style{TextDark: "##fff"}, "style text:"},
		{Style{Surface: "rgb(0 0 0)"}, "style surface:"},
		{Style{SurfaceDark: "#fff}body{display:none"}, "style surface:"},
		{Style{Surface: "#"}, "style surface:"},
		{Style{Surface: "#ﬀf"}, "style surface:"},

		{Style{Font: []string{"Segoe UI", "Noto Sans CJK-JP", "Źródło", "ヒラギノ角ゴ", "देवनागरी", "0xProto"}}, ""},
		{Style{Font: []string{"Arial", ""}}, `style font: invalid font name ""`},
		{Style{Font: []string{`Arial"; color: red`}}, "style font:"},
		{Style{Font: []string{"Arial, sans-serif"}}, "style font:"},
		{Style{Font: []string{`Arial\`}}, "style font:"},
		{Style{Font: []string{"Arial\nbody"}}, "style font:"},
		{Style{Font: []string{"Arial\x00"}}, "style font:"},
		{Style{Font: []string{"Arial\xff"}}, "style font:"},
		{Style{Font: []string{"Arial\u2028"}}, "style font:"},
		{Style{Font: []string{"Arial*/"}}, "style font:"},
		{Style{Font: []string{"a}body{display:none"}}, "style font:"},
		{Style{Font: []string{"url(x)"}}, "style font:"},
		{Style{Font: []string{" Arial"}}, "style font:"},

		{Style{Radius: "40px"}, ""},
		{Style{Radius: "0.5rem"}, ""},
		{Style{Radius: ".5em"}, ""},
		{Style{Radius: "2.5rem"}, ""},
		{Style{Radius: "41px"}, `style radius: invalid length "41px": give one such as 0, 4px or 0.5rem; the maximum is 40px, 2.5rem or 2.5em`},
		{Style{Radius: "2.51em"}, "style radius:"},
		{Style{Radius: strings.Repeat("9", 400) + "px"}, "style radius:"},
		{Style{Radius: "-1px"}, "style radius:"},
		{Style{Radius: "4"}, "style radius:"},
		{Style{Radius: "4%"}, "style radius:"},
		{Style{Radius: "4.px"}, "style radius:"},
		{Style{Radius: "1e1px"}, "style radius:"},
		{Style{Radius: "4px;color:red"}, "style radius:"},
		{Style{Radius: "4px\n"}, "style radius:"},
		{Style{Radius: "4px 8px"}, "style radius:"},
		{Style{Radius: "calc(1px)"}, "style radius:"},
	} {
		t.Run(fmt.Sprintf("%v", c.style), func(t *testing.T) {
			err := c.style.Check()
			var typed *policy.Error
			switch {
			case err == nil && c.want == "":
			case err == nil || c.want == "" || !strings.Contains(err.Error(), c.want) || !errors.As(err, &typed):
				t.Errorf("%+v: %v, want %q", c.style, err, c.want)
			}
		})
	}
}

func TestContrastRatioRounding(t *testing.T) {
	for ratio, want := range map[float64]string{1: "1.00", 4.4781: "4.48", 4.4999: "4.49"} {
		t.Run(fmt.Sprint(ratio), func(t *testing.T) {
			if got := tooLow(ratio); got != want {
				t.Errorf("%v: %s", ratio, got)
			}
		})
	}
}

func TestStyleCSS(t *testing.T) {
	const all = "#caddy-consent, [data-caddy-consent=manage], [data-caddy-consent=status], .caddy-consent-charter {\n"
	for _, c := range []struct {
		style Style
		want  string
	}{
		{Style{}, ""},
		{Style{Position: "top"}, ""},
		{Style{Radius: "4px"}, all + "\t--consent-radius: 4px !important;\n}\n"},
		{Style{Radius: "0"}, all + "\t--consent-radius: 0px !important;\n}\n"},
		{Style{Font: []string{"Marianne", "Segoe UI", "Sans-Serif"}}, all + "\t--consent-font: \"Marianne\", \"Segoe UI\", sans-serif !important;\n}\n"},
		{Style{Font: []string{"Marianne"}}, all + "\t--consent-font: \"Marianne\", system-ui, sans-serif !important;\n}\n"},
		// The dark one of the style sheet stays.
		{
			Style{Accent: "#009"},
			"@media (prefers-color-scheme: light) {\n" + all + "\t--consent-accent: #000099 !important;\n\t--consent-on-accent: #ffffff !important;\n}\n}\n",
		},
		{
			Style{AccentDark: "8585F6"},
			"@media (prefers-color-scheme: dark) {\n" + all + "\t--consent-accent: #8585f6 !important;\n\t--consent-on-accent: #000000 !important;\n}\n}\n",
		},
		{
			Style{Text: "#000", Surface: "#eee", TextDark: "#fff", Radius: "1em"},
			all + "\t--consent-radius: 1em !important;\n}\n" +
				"@media (prefers-color-scheme: light) {\n" + all +
				"\t--consent-text: #000000 !important;\n\t--consent-surface: #eeeeee !important;\n" +
				"\t--consent-muted: #3c3c3c !important;\n\t--consent-line: #b3b3b3 !important;\n}\n}\n" +
				"@media (prefers-color-scheme: dark) {\n" + all +
				"\t--consent-text: #ffffff !important;\n\t--consent-muted: #c5c7ca !important;\n\t--consent-line: #515860 !important;\n}\n}\n",
		},
		// Where text is just dark enough, nothing is paler.
		{
			Style{Text: "#767676"},
			"@media (prefers-color-scheme: light) {\n" + all +
				"\t--consent-text: #767676 !important;\n\t--consent-muted: #767676 !important;\n\t--consent-line: #dddddd !important;\n}\n}\n",
		},
	} {
		t.Run(fmt.Sprintf("%v", c.style), func(t *testing.T) {
			want := c.want
			if want != "" {
				want = "\n@layer caddy-consent {\n" + want + "}\n"
			}
			if got := c.style.CSS(); got != want || c.style.Check() != nil {
				t.Errorf("%+v: %v\n%s\nwant\n%s", c.style, c.style.Check(), got, want)
			}
		})
	}
}

func TestStyleSheetOrder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "style.css"), []byte("body{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	style := Style{Radius: "4px"}
	own := renderer(t, func(o *Options, _ *policy.Declaration) { o.Templates, o.Style = dir, style })
	if a, ok := own.Asset(own.assets.folder + "style.css"); !ok || string(a.Body) != "body{}"+style.CSS() {
		t.Errorf("%s", a.Body)
	}
	plain, styled := renderer(t, nil), renderer(t, func(o *Options, _ *policy.Declaration) { o.Style = style })
	before, _ := plain.Asset(plain.assets.folder + "style.css")
	after, _ := styled.Asset(styled.assets.folder + "style.css")
	if string(after.Body) != string(before.Body)+style.CSS() {
		t.Error("the embedded style sheet is not there as it was")
	}
	if plain.assets.folder == styled.assets.folder {
		t.Error("other bytes under the same name")
	}
}
