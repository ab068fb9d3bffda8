package main

import (
	"os"
	"testing"

	"github.com/caddy-consent/caddy-consent/internal/policy"
)

func TestServiceListIsFresh(t *testing.T) {
	want, err := page("../../notice/embedded/en.json")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile("../../../docs/services.md"); err != nil || string(got) != want {
		t.Errorf("docs/services.md is not what the catalogue makes (run go generate ./internal/policy): %v", err)
	}
}

func TestServiceListCells(t *testing.T) {
	names := []policy.Pattern{"a", "b*", "c|d", "e", "f"}
	for most, want := range map[int]string{2: "`a`, `b*` and 3 more", 4: "`a`, `b*`, `c\\|d`, `e` and 1 more", 5: "`a`, `b*`, `c\\|d`, `e`, `f`"} {
		if got := first(names, most); got != want {
			t.Errorf("%d: %s, want %s", most, got, want)
		}
	}
	if got := first(nil, 2); got != "–" {
		t.Errorf("none: %s", got)
	}
}
