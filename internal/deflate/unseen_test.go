package deflate

import (
	"bytes"
	stdgzip "compress/gzip"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestPassthroughTail(t *testing.T) {
	unseen := 0
	for i := range 120 {
		r := rand.New(rand.NewPCG(uint64(i), 21))
		text := page(r, 40_000+r.IntN(150_000))
		edits := someEdits(r, text[:r.IntN(20_000)])
		for name, encode := range encoders {
			stream := encode(r, text)
			want := applied(text, edits)
			for range i % 3 { // further members
				more := page(r, r.IntN(5000))
				stream, want = append(stream, encode(r, more)...), append(want, more...)
			}
			out, passed, err := unseenFrom(t, Gzip, stream, edits, []int{1 << 20, 3000, 7}[i%3])
			if err != nil {
				t.Fatalf("case %d, %s: %v", i, name, err)
			}
			if passed {
				unseen++
			}
			if got, err := allInflated(out); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("case %d, %s, %d edits: %v, %d bytes, want %d", i, name, len(edits), err, len(got), len(want))
			}
		}
	}
	if unseen < 150 {
		t.Errorf("only %d of 240 streams passed unseen", unseen)
	}
}

func TestPassthroughChecksum(t *testing.T) {
	text := page(rand.New(rand.NewPCG(2, 8)), 200_000)
	for _, at := range []int{-1, -8} { // in the length, in the CRC
		t.Run(fmt.Sprintf("byte %d", at), func(t *testing.T) {
			stream := gzipped(t, text)
			stream[len(stream)+at] ^= 1
			var out bytes.Buffer
			g := new(Stream)
			g.Reset(&out, Gzip, passing, func() bool { return true })
			_, err := g.Write(stream)
			if err = errors.Join(err, g.Close()); g.state != inUnseen {
				t.Fatal("it did not pass unseen")
			}
			if _, decodeErr := inflated(out.Bytes()); decodeErr == nil && err == nil {
				t.Errorf("byte %d: it became right", at)
			}
		})
	}
}

func TestPassthroughFalseMember(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	fake := "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
	for _, before := range []string{"", "12345678", "\x00\x00\x00\x00\x00\x00\x00\xff"} {
		text := page(r, 40_000)
		for range 50 {
			text = append(append(text, before+fake...), page(r, r.IntN(3000))...)
		}
		var stream bytes.Buffer
		w, _ := stdgzip.NewWriterLevel(&stream, stdgzip.NoCompression) // so that it stands there as it is
		_, _ = w.Write(text)
		_ = w.Close()
		for _, size := range []int{1, 13, 1000, 1 << 20} {
			edits := []Edit{{10, 0, "inserted"}}
			out, _, err := unseenFrom(t, Gzip, stream.Bytes(), edits, size)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := inflated(out); err != nil || !bytes.Equal(got, applied(text, edits)) {
				t.Errorf("before it %q, in pieces of %d: %v", before, size, err)
			}
		}
	}
}

// unseenFrom edits a stream in pieces, and lets the rest pass unseen as soon as no edit is left.
func unseenFrom(t testing.TB, format Format, stream []byte, edits []Edit, size int) (edited []byte, unseen bool, err error) {
	t.Helper()
	var out bytes.Buffer
	left, scan := len(edits), scannerAt(nil, edits)
	g := new(Stream)
	g.Reset(&out, format, func(text []byte, end bool) ([]Edit, int) {
		given, decided := scan(text, end)
		left -= len(given)
		return given, decided
	}, func() bool { return left == 0 })
	for rest := stream; len(rest) > 0; rest = rest[min(len(rest), size):] {
		if _, err := g.Write(rest[:min(len(rest), size)]); err != nil {
			return out.Bytes(), false, err
		}
	}
	growth, unseen := g.Growth()
	err = g.Close()
	if err == nil && unseen && out.Len() != len(stream)+growth {
		t.Errorf("%d bytes became %d, told were %d more", len(stream), out.Len(), growth)
	}
	return out.Bytes(), unseen, err
}

func TestPassthroughFlush(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 2))
	var stream, out bytes.Buffer
	w := stdgzip.NewWriter(&stream)
	g := new(Stream)
	g.Reset(&out, Gzip, passing, func() bool { return true })
	var text []byte
	for i := range 20 {
		piece := page(r, 10+r.IntN(20_000))
		text = append(text, piece...)
		_, _ = w.Write(piece)
		_ = w.Flush()
		if _, err := g.Write(stream.Bytes()); err != nil {
			t.Fatal(err)
		}
		stream.Reset()
		if err := g.Flush(); err != nil {
			t.Fatal(err)
		}
		if got, _ := allInflated(out.Bytes()); !bytes.Equal(got, text) {
			t.Fatalf("flush %d: %d bytes are out, %d were flushed", i, len(got), len(text))
		}
	}
	_ = w.Close()
	_, err := g.Write(stream.Bytes())
	if err = errors.Join(err, g.Close()); err != nil {
		t.Fatal(err)
	}
	if got, err := inflated(out.Bytes()); err != nil || !bytes.Equal(got, text) {
		t.Error(err)
	}
}

func FuzzUnseen(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 4))
	for _, n := range []int{100, 40_000} {
		text := page(r, n)
		f.Add(gzipped(f, text), uint16(5), uint8(3), "inserted", uint16(700))
		f.Add(append(gzipped(f, text), gzipped(f, text[:50])...), uint16(5), uint8(3), strings.Repeat("inserted", 20), uint16(7))
	}
	f.Fuzz(func(t *testing.T, stream []byte, offset uint16, length uint8, replacement string, size uint16) {
		text, wantErr := allInflated(stream)
		at := min(int(offset), len(text))
		edits := []Edit{{int64(at), min(int(length), len(text)-at), replacement}}
		out, _, err := unseenFrom(t, Gzip, stream, edits, int(size)+1)
		if wantErr != nil {
			return
		}
		if got, decodeErr := allInflated(out); err != nil || decodeErr != nil || !bytes.Equal(got, applied(text, edits)) {
			t.Fatalf("%v, %v: %d bytes, want %d", err, decodeErr, len(got), len(applied(text, edits)))
		}
	})
}
