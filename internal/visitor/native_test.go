package visitor

import (
	"testing"

	"github.com/caddy-consent/caddy-consent/internal/policy"
)

func TestAChoiceOfThePortalsOwnBannerIsNewOnce(t *testing.T) {
	var n natives
	refusal := native{} // without a time, and nothing granted
	if !n.isNew(refusal) {
		t.Error("it is not new the first time")
	}
	for i := range maxNatives - 1 {
		if !n.isNew(native{int64(i + 1), policy.Set(1)}) {
			t.Fatalf("choice %d is not new", i)
		}
		if n.isNew(refusal) {
			t.Fatalf("after %d others it is new again", i+1)
		}
	}
	// What is remembered is bounded: the oldest leaves.
	if !n.isNew(native{-1, 0}) || !n.isNew(refusal) || len(n.known) != maxNatives {
		t.Errorf("%d are remembered", len(n.known))
	}
}
