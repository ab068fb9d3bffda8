package markup

import (
	"bytes"
	"io"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// levels are how pages come compressed: stored, by Huffman's codes alone, with matches near and far.
var levels = []int{gzip.NoCompression, gzip.HuffmanOnly, gzip.BestSpeed, 6, gzip.BestCompression}

var gzipWriters [5]sync.Pool

// inGzip sends a page through a stream, compressed in one of the ways, in pieces of size bytes.
func inGzip(t testing.TB, scanner Scanner, page string, size, way int) (string, Passed) {
	t.Helper()
	var in, out bytes.Buffer
	w, ok := gzipWriters[way].Get().(*gzip.Writer)
	if !ok {
		w, _ = gzip.NewWriterLevel(nil, levels[way])
	}
	defer gzipWriters[way].Put(w)
	w.Reset(&in)
	_, _ = io.WriteString(w, page) // to memory
	_ = w.Close()

	s := NewStream(&out, Page{Rules: scanner.Rules, XML: scanner.XML, Charset: scanner.Charset, From: []string{"gzip"}, To: []string{"gzip"}})
	defer s.End()
	for in.Len() > 0 {
		if _, err := s.Write(in.Next(size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := decompress("gzip", out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return text, s.Passed()
}
