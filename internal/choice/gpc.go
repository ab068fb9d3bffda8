package choice

import "net/http"

// GPC says what the signal Sec-GPC: 1 means (Global Privacy Control).
type GPC string

const (
	// HonourGPC counts it as refusal where the visitor has not chosen here.
	HonourGPC GPC = "honour"
	// SilentGPC does so and shows no notice either.
	SilentGPC GPC = "silent"
	// IgnoreGPC does nothing.
	IgnoreGPC GPC = "ignore"
)

// Refuses tells whether a request carries the signal and it counts.
func (g GPC) Refuses(h http.Header) bool {
	values := h["Sec-Gpc"]
	return g != IgnoreGPC && len(values) > 0 && values[0] == "1"
}
