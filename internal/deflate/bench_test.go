package deflate

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// portalPage is a page of n bytes that compresses as a portal's do.
func portalPage(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("arbres bancs population budget écoles mobilité qualité eau air bruit " +
		"commune quartier année total nombre part évolution carte tableau export")
	var b bytes.Buffer
	b.WriteString("<!doctype html><html lang=fr><head><title>Données</title></head><body>")
	for b.Len() < n {
		fmt.Fprintf(&b, `<div class="ods-catalog-card" ng-if="item.visible"><a class="ods-catalog-card__link" `+
			`href="/explore/dataset/%s-%d/information/">%s %s</a><p class="ods-catalog-card__description">`,
			words[r.IntN(len(words))], r.IntN(10000), words[r.IntN(len(words))], words[r.IntN(len(words))])
		for range r.IntN(20) {
			b.WriteString(words[r.IntN(len(words))] + " ")
		}
		b.WriteString("</p></div>\n")
	}
	return b.Bytes()[:n]
}

func BenchmarkEdit(b *testing.B) {
	snippet := string(portalPage(5000))
	for _, size := range []int{4 << 10, 60 << 10, 500 << 10} {
		text := portalPage(size)
		var compressed bytes.Buffer
		w, _ := gzip.NewWriterLevel(&compressed, 6)
		_, _ = w.Write(text)
		_ = w.Close()
		edits := []Edit{{40, 0, snippet[:200]}, {70, 0, snippet}}
		for name, done := range map[string]func() bool{"edited": nil, "edited, the rest unseen": func() bool { return true }} {
			b.Run(fmt.Sprintf("%dKB/%s", size>>10, name), func(b *testing.B) {
				g := new(Stream)
				out := 0
				for b.Loop() {
					out = 0
					left := edits
					g.Reset(counting{&out}, Gzip, func(text []byte, _ bool) ([]Edit, int) {
						e := left
						left = nil
						return e, len(text)
					}, done)
					for rest := compressed.Bytes(); len(rest) > 0; {
						n := min(len(rest), 32<<10)
						if _, err := g.Write(rest[:n]); err != nil {
							b.Fatal(err)
						}
						rest = rest[n:]
					}
					if err := g.Close(); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(out)/float64(compressed.Len()), "size")
			})
		}
		b.Run(fmt.Sprintf("%dKB/recompressed", size>>10), func(b *testing.B) {
			r := new(gzip.Reader)
			w, _ := gzip.NewWriterLevel(nil, 1)
			out := 0
			for b.Loop() {
				out = 0
				_ = r.Reset(bytes.NewReader(compressed.Bytes()))
				w.Reset(counting{&out})
				_, _ = w.Write([]byte(snippet[:200] + snippet))
				_, _ = io.Copy(w, r)
				_ = w.Close()
			}
			b.ReportMetric(float64(out)/float64(compressed.Len()), "size")
		})
	}
}

type counting struct{ n *int }

func (c counting) Write(p []byte) (int, error) { *c.n += len(p); return len(p), nil }
