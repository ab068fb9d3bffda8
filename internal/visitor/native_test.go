package visitor

import (
	"testing"

	"golang.org/x/time/rate"

	"github.com/caddy-consent/caddy-consent/internal/policy"
)

func TestNativeChoiceRepeated(t *testing.T) {
	n := natives{limit: rate.NewLimiter(rate.Inf, 0)}
	refusal := native{time: 1}
	if !n.isNew(refusal) {
		t.Error("it is not new the first time")
	}
	for i := range maxNatives - 1 {
		if !n.isNew(native{int64(i + 2), policy.Set(1)}) {
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

func TestNativeChoiceLimit(t *testing.T) {
	var n natives
	recorded := 0
	for i := range 1000 {
		if n.isNew(native{int64(i + 1), 0}) {
			recorded++
		}
	}
	if recorded < nativeBurst || recorded > nativeBurst+5 || len(n.known) != recorded {
		t.Errorf("%d of 1000 are recorded, %d remembered", recorded, len(n.known))
	}
}

func TestNativeChoiceNoTimestamp(t *testing.T) {
	var n natives
	for range 3 {
		if !n.isNew(native{}) || len(n.known) > 0 {
			t.Errorf("%d are remembered", len(n.known))
		}
	}
}
