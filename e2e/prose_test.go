package e2e

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	notProse    = regexp.MustCompile("(?m)^(\\||#|\\t| {4}|!\\[|<!--).*$")
	linkTarget  = regexp.MustCompile(`\]\([^)]*\)`)
	sentenceEnd = regexp.MustCompile(`[.!?:](\s|$)|\n\n|\n[-*] |\n\d+\. `)
)

// sentences are the lengths, in words, of a page's sentences outside of code, tables and headings.
func sentences(text string) (lengths []int) {
	text = notProse.ReplaceAllString(fenced.ReplaceAllString(text, "\n\n"), "\n\n")
	for _, sentence := range sentenceEnd.Split(linkTarget.ReplaceAllString(text, "]"), -1) {
		if words := len(strings.Fields(sentence)); words > 1 {
			lengths = append(lengths, words)
		}
	}
	slices.Sort(lengths)
	return lengths
}

// plain are the pages whose sentences are short. The others' lengths are told.
var plain = []string{"README.md", "docs/README.md", "docs/fr/README.md", ".github/SECURITY.md", ".github/CONTRIBUTING.md"}

func TestSentenceLength(t *testing.T) {
	for _, page := range append(slices.Clone(plain), pages(t)...) {
		lengths := sentences(documentation(t, page))
		if len(lengths) == 0 {
			continue
		}
		median, longest := lengths[len(lengths)/2], lengths[len(lengths)-1]
		long := len(lengths) - func() int { i, _ := slices.BinarySearch(lengths, 41); return i }()
		if t.Logf("%s: %d sentences, median %d words, longest %d, %d over 40", page, len(lengths), median, longest, long); slices.Contains(plain, page) && (median > 18 || longest > 40) {
			t.Errorf("%s: sentences have at most 40 words, and half of them at most 18", page)
		}
	}
}
