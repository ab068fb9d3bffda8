package main

import (
	"bytes"
	"compress/gzip"
	"math/rand/v2"

	"github.com/caddy-consent/caddy-consent/bench/internal/portal"
)

// What Apache and nginx insert, about as long as the notice. It comes in two pieces,
// because a word in nginx's configuration has 4 KB at most, and contains nothing that
// either would not take literally.
var (
	insertedMark   = `id="proxies-inserted"`
	insertedPieces = [2]string{
		`<div ` + insertedMark + ` class="notice"><p>` + portal.Prose(rand.New(rand.NewPCG(3, 4)), 2500),
		portal.Prose(rand.New(rand.NewPCG(5, 6)), 2400) + `</p></div>`,
	}
)

// compress makes pieces of one gzip stream. The upstream's flush ends each.
func compress(pieces ...[]byte) [][]byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, 6)
	var compressed [][]byte
	for i, piece := range pieces {
		_, _ = w.Write(piece) // to memory
		if i < len(pieces)-1 {
			_ = w.Flush()
		} else {
			_ = w.Close()
		}
		compressed = append(compressed, bytes.Clone(b.Bytes()))
		b.Reset()
	}
	return compressed
}
