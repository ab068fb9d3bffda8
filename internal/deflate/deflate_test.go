package deflate

import (
	"bytes"
	stdgzip "compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// page is a text of n bytes as pages have it: repeating, with some chance in it.
func page(r *rand.Rand, n int) []byte {
	words := strings.Fields("<div class=\"dataset\"> </div> <a href=\"/explore/dataset/ arbres bancs \"> </a> données ouvertes " +
		"<script src=\"https://www.example.org/a.js\"></script> é ü 0 1 2 3 4 5 6 7 8 9")
	var b bytes.Buffer
	for b.Len() < n {
		switch r.IntN(12) {
		case 0:
			for range r.IntN(30) {
				b.WriteByte(byte(r.IntN(256)))
			}
		case 1:
			b.WriteString(strings.Repeat(words[r.IntN(len(words))], r.IntN(100)))
		default:
			b.WriteString(words[r.IntN(len(words))])
			b.WriteByte(' ')
		}
	}
	return b.Bytes()[:n]
}

// someEdits are edits of a text, in order.
func someEdits(r *rand.Rand, text []byte) (edits []Edit) {
	n := r.IntN(8)
	if r.IntN(4) == 0 {
		n = r.IntN(60)
	}
	var at []int
	for range n {
		at = append(at, r.IntN(len(text)+1))
	}
	if r.IntN(4) == 0 {
		at = append(at, 0)
	}
	if r.IntN(4) == 0 {
		at = append(at, len(text))
	}
	slices.Sort(at)
	behind := 0
	for _, offset := range at {
		if offset < behind {
			offset = behind
		}
		length := 0
		switch r.IntN(4) {
		case 0:
			length = r.IntN(20)
		case 1:
			length = r.IntN(3000)
		}
		length = min(length, len(text)-offset)
		replacement := ""
		switch r.IntN(5) {
		case 0:
		case 1:
			replacement = string(page(r, 1+r.IntN(6000)))
		case 2:
			replacement = string(text[offset : offset+length])
		default:
			replacement = string(page(r, 1+r.IntN(60)))
		}
		edits = append(edits, Edit{int64(offset), length, replacement})
		behind = offset + length
	}
	return edits
}

func applied(text []byte, edits []Edit) []byte {
	var out []byte
	at := 0
	for _, e := range edits {
		out = append(append(out, text[at:e.Offset]...), e.Replacement...)
		at = int(e.Offset) + e.Length
	}
	return append(out, text[at:]...)
}

// scanner gives the edits of a text as they come within reach, and holds text back by chance.
func scanner(r *rand.Rand, edits []Edit) Scan {
	var base int64
	return func(text []byte, end bool) (out []Edit, decided int) {
		decided = len(text)
		if !end && r.IntN(2) == 0 {
			decided = r.IntN(len(text) + 1)
		}
		for len(edits) > 0 {
			e := edits[0]
			behind := e.Offset + int64(e.Length) - base
			if behind > int64(len(text)) {
				decided = min(decided, int(e.Offset-base))
				break
			}
			if behind > int64(decided) || !end && e.Length == 0 && behind == int64(decided) {
				if e.Offset-base > int64(decided) || r.IntN(2) == 0 {
					decided = min(decided, int(e.Offset-base))
					break
				}
				decided = int(behind)
			}
			out, edits = append(out, e), edits[1:]
		}
		base += int64(decided)
		return out, decided
	}
}

// edited sends a stream through an editor, in pieces.
func edited(r *rand.Rand, format Format, stream []byte, scan Scan, pieces int) ([]byte, error) {
	var out bytes.Buffer
	g := new(Stream)
	g.Reset(&out, format, scan, nil)
	for rest := stream; len(rest) > 0; {
		n := len(rest)
		if pieces > 0 {
			n = min(n, 1+r.IntN(pieces))
		}
		if _, err := g.Write(rest[:n]); err != nil {
			return out.Bytes(), err
		}
		rest = rest[n:]
	}
	err := g.Close()
	return out.Bytes(), err
}

// inflated decodes a stream with Go's decoder, which must find one member and nothing behind it.
func inflated(stream []byte) ([]byte, error) {
	in := bytes.NewReader(stream)
	z, err := stdgzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	text, err := io.ReadAll(z)
	if err == nil && in.Len() > 0 {
		err = fmt.Errorf("%d bytes behind the end", in.Len())
	}
	return text, err
}

// allInflated decodes all members.
func allInflated(stream []byte) ([]byte, error) {
	z, err := stdgzip.NewReader(bytes.NewReader(stream))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// encoders compress as those do that pages come from.
var encoders = map[string]func(r *rand.Rand, text []byte) []byte{
	"Go": func(r *rand.Rand, text []byte) []byte {
		var b bytes.Buffer
		w, _ := stdgzip.NewWriterLevel(&b, []int{0, 1, 2, 5, 6, 9, stdgzip.HuffmanOnly}[r.IntN(7)])
		writeFlushing(r, w, text)
		return b.Bytes()
	},
	"klauspost": func(r *rand.Rand, text []byte) []byte {
		var b bytes.Buffer
		w, _ := gzip.NewWriterLevel(&b, []int{gzip.NoCompression, 1, 3, 5, 6, 9, gzip.HuffmanOnly, gzip.StatelessCompression}[r.IntN(8)])
		writeFlushing(r, w, text)
		return b.Bytes()
	},
}

func writeFlushing(r *rand.Rand, w interface {
	io.WriteCloser
	Flush() error
}, text []byte) {
	flushes := r.IntN(3) == 0
	for len(text) > 0 {
		n := min(len(text), 1+r.IntN(20_000))
		_, _ = w.Write(text[:n])
		if flushes {
			_ = w.Flush()
		}
		text = text[n:]
	}
	_ = w.Close()
}

func TestEditedText(t *testing.T) {
	const cases = 150 // thousands more once in a while
	for i := range cases {
		t.Run(fmt.Sprintf("case %d", i), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(i), 7))
			size := r.IntN(3000)
			if i%5 == 0 {
				size = r.IntN(150_000)
			}
			text := page(r, size)
			edits := someEdits(r, text)
			want := applied(text, edits)
			for name, encode := range encoders {
				stream := encode(r, text)
				pieces := []int{0, 1 + r.IntN(5000), 3}[r.IntN(3)]
				out, err := edited(r, Gzip, stream, scanner(r, edits), pieces)
				if err != nil {
					t.Fatalf("case %d, %s: %v", i, name, err)
				}
				got, err := inflated(out)
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("case %d, %s, %d bytes, %d edits, pieces of %d: %v, %d bytes, want %d", i, name, size, len(edits), pieces, err, len(got), len(want))
				}
				recalled(t, r, stream, edits, want)
			}
		})
	}
}
