package e2e

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var (
	notProse    = regexp.MustCompile(`(?m)^(\||#|\t| {4}|!\[|<!--).*$`)
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

func TestSentenceLength(t *testing.T) {
	for _, page := range pages(t) {
		text := documentation(t, page)
		for line := range strings.Lines(notProse.ReplaceAllString(fenced.ReplaceAllString(text, ""), "")) {
			if utf8.RuneCountInString(line) > 121 {
				t.Errorf("%s: a line is longer than 120 characters: %s", page, line)
			}
		}
		lengths := sentences(text)
		if len(lengths) == 0 {
			continue
		}
		median, longest := lengths[len(lengths)/2], lengths[len(lengths)-1]
		t.Logf("%s: %d sentences, median %d words, longest %d", page, len(lengths), median, longest)
		if median > 18 || longest > 40 {
			t.Errorf("%s: sentences have at most 40 words, and half of them at most 18", page)
		}
	}
}
