package markup

import (
	"regexp"
	"strings"
	"testing"
)

// FuzzTree: taking the insertions out of the tree gives the tree of the page.
func FuzzTree(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add(seed, []byte{8})
	}
	f.Fuzz(func(t *testing.T, page string, recipe []byte) {
		page = assembled(page, recipe)
		if deviates(page) {
			return
		}
		out, passed := scanned(t, Scanner{Rules: Rules{Head: headed, Body: insert(notice)}}, page, len(page)+1)
		if passed.Encoding != "" {
			return
		}
		sameTree(t, page, out)
	})
}

// deviates tells pages that x/net/html is known to read in another way than the standard.
func deviates(page string) bool {
	_, escaped, _ := strings.Cut(page, "<!--")
	switch {
	case strings.Contains(page, "\x00"): // dropped or replaced elsewhere than the standard does
	case strings.HasPrefix(page, "\ufeff"): // a byte order mark, which decoding takes away
	case strings.Contains(page, headed), strings.Contains(page, notice): // not ours
	case strings.Contains(strings.ToLower(page), "<script") && noTag.MatchString(escaped): // leaves the script data escaped state
	default:
		return false
	}
	return true
}

// noTag is a "<" that begins no tag.
var noTag = regexp.MustCompile(`<[^a-zA-Z/]`)
