package markup

import (
	"strings"
	"testing"
)

// styled is a page in which the text of a <style> is between "{" and "}"; what it gets is a mark, and the text as it was.
func styled(before, text, after string) string {
	original := strings.NewReplacer("‹data:,›", "", "‹data:text/css,›", "", "«", "", "»", "").Replace(text)
	return before + `<style‹ data-s data-c-text="` + escapeQuoted.Replace(original) + `"›` + after + `>` + text + `</style>`
}

func TestStyle(t *testing.T) {
	become(t, denying(),
		styled("", `a{b:url(«//d.test/x»‹data:,›)}`, ""), styled("<svg></svg>", `@import "«//d.test»‹data:text/css,›";c{content:"<&'"}`, " media=print"),
		styled("<body>", `a{b:url("«//d.test»‹data:,›"),url(//a.test),url('«//x.d.test»‹data:,›')}`, ` type="text/css"`),
		styled("<noscript>", `a{b:url(«//d.test/x»‹data:,›)}`, "")+`</noscript>`,
		styled("<base href=//d.test>", `a{b:url(#x),url(«x»‹data:,›),url(//a.test)}`, ""), styled("", `a{b:url(«//\64.test»‹data:,›)`, " ‡data-c-text=x"),
		`<style>a{b:url(//a.test)}</style>`, `<style>a{content:"//d.test"}/*url(//d.test)*/</style>`, `<style type=text/less>a{b:url(//d.test)}</style>`,
		strings.TrimSuffix(styled("", `a{b:url(«//d.test»‹data:,›`, ""), "</style>"), `<style></style><img† ‡src=//d.test>`, `<style>`+strings.Repeat(" ", maxText-10)+`</style><img† ‡src=//d.test>`,
	)
	become(t, Rules{Head: headed}, `<head>‹`+headed+`›<style>a{b:url(//d.test)}</style>`)
	srcdoc := `<iframe srcdoc="&lt;style‹ data-s data-c-text=&quot;a{b:url(//d.test)}&quot;›>a{b:url(«//d.test»‹data:,›)}&lt;/style>"></iframe>`
	become(t, denying(), srcdoc)
}

// TestStyleLimits: what is too long passes, and is counted.
func TestStyleLimits(t *testing.T) {
	for name, page := range map[string]string{
		"a sheet":    `<style>` + strings.Repeat(" ", maxText) + `a{b:url(//d.test)}</style>`,
		"an address": `<style>a{b:url(//d.test/` + strings.Repeat("x", maxTag) + `)}</style>`,
	} {
		t.Run(name, func(t *testing.T) {
			becomes(t, Scanner{Rules: denying()}, page, Passed{Texts: 1})
		})
	}
}
