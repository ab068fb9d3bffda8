package deflate

import (
	"bytes"
	"compress/flate"
	stdzlib "compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"io"
	"math/rand/v2"
	"testing"
)

// inOtherEnvelopes are the blocks of a gzip stream of one member, in zlib's envelope, with a small window, and in none.
func inOtherEnvelopes(t testing.TB, stream, text []byte) map[string][]byte {
	t.Helper()
	n, ok := headerLength(stream)
	if !ok {
		t.Fatal("no gzip")
	}
	blocks := stream[n : len(stream)-trailerLength]
	return map[string][]byte{
		"zlib": binary.BigEndian.AppendUint32(append([]byte{0x18, 0x95}, blocks...), adler32.Checksum(text)),
		"bare": bytes.Clone(blocks),
	}
}

// inflatedFrom decodes a stream, behind which nothing may follow.
func inflatedFrom(envelope string, stream []byte) (text []byte, err error) {
	in := bytes.NewReader(stream)
	r := flate.NewReader(in)
	if envelope == "zlib" {
		if stream[0] != 0x78 {
			return nil, fmt.Errorf("the window is not 32 KB: %x", stream[0])
		}
		if r, err = stdzlib.NewReader(in); err != nil {
			return nil, err
		}
	}
	text, err = io.ReadAll(r)
	if err == nil && in.Len() > 0 {
		err = fmt.Errorf("%d bytes behind the end", in.Len())
	}
	return text, err
}

func TestEnvelopeEdits(t *testing.T) {
	for i := range 60 {
		t.Run(fmt.Sprintf("case %d", i), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(i), 31))
			text := page(r, r.IntN(150_000))
			edits := someEdits(r, text)
			for coder, encode := range encoders {
				for envelope, stream := range inOtherEnvelopes(t, encode(r, text), text) {
					out, err := edited(r, Deflate, stream, scanner(r, edits), []int{0, 1, 4000}[i%3])
					if err != nil {
						t.Fatalf("case %d, %s, %s: %v", i, coder, envelope, err)
					}
					if got, err := inflatedFrom(envelope, out); err != nil || !bytes.Equal(got, applied(text, edits)) {
						t.Fatalf("case %d, %s, %s: %v, %d bytes", i, coder, envelope, err, len(got))
					}
				}
			}
		})
	}
}

func TestEnvelopePassthrough(t *testing.T) {
	unseen := 0
	for i := range 60 {
		r := rand.New(rand.NewPCG(uint64(i), 32))
		text := page(r, 40_000+r.IntN(100_000))
		edits := someEdits(r, text[:r.IntN(10_000)])
		for envelope, stream := range inOtherEnvelopes(t, encoders["Go"](r, text), text) {
			out, passed, err := unseenFrom(t, Deflate, stream, edits, []int{1, 700, 1 << 20}[i%3])
			if err != nil || passed && envelope == "zlib" {
				t.Fatal(i, envelope, passed, err)
			}
			if passed {
				unseen++
			}
			if got, err := inflatedFrom(envelope, out); err != nil || !bytes.Equal(got, applied(text, edits)) {
				t.Fatalf("case %d, %s, %d edits: %v, %d bytes", i, envelope, len(edits), err, len(got))
			}
		}
	}
	if unseen < 20 {
		t.Errorf("only %d of 60 streams passed unseen", unseen)
	}
}

func TestEnvelopeBroken(t *testing.T) {
	text := page(rand.New(rand.NewPCG(1, 33)), 3000)
	whole := inOtherEnvelopes(t, gzipped(t, text), text)["zlib"]
	wrong, cut := bytes.Clone(whole), whole[:len(whole)-1]
	wrong[len(wrong)-1] ^= 1
	for name, stream := range map[string][]byte{
		"a wrong checksum": wrong, "a checksum cut short": cut, "half a header": whole[:1],
		"a dictionary": append([]byte{0x78, 0xbb, 0, 0, 0, 1}, whole[2:]...),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := edited(rand.New(rand.NewPCG(1, 1)), Deflate, stream, passing, 0); err == nil {
				t.Errorf("%s: no error", name)
			}
		})
	}
}

func TestChecksumConcatenation(t *testing.T) {
	text := page(rand.New(rand.NewPCG(2, 3)), 5000)
	for name, x := range map[string]struct {
		sums
		start, whole uint32
	}{"CRC": {crcSums, 0, gzipCRC(t, text)}, "Adler": {adlerSums, 1, adler32.Checksum(text)}} {
		t.Run(name, func(t *testing.T) {
			for _, at := range []int{0, 1, 7, 256, 4999, 5000} {
				if got := x.add(x.add(x.start, text[:at]), text[at:]); got != x.whole {
					t.Errorf("%s, at %d: %x", name, at, got)
				}
				one, other := x.add(x.start, text[:at]), x.add(x.start, []byte("another beginning"))
				apart := x.moved(x.difference(other, one), int64(len(text)-at))
				if got, want := x.sum(x.whole, apart), x.add(other, text[at:]); got != want {
					t.Errorf("%s, another beginning up to %d: %x, want %x", name, at, got, want)
				}
			}
		})
	}
}

// gzipCRC is a text's as a gzip stream has it.
func gzipCRC(t testing.TB, text []byte) uint32 {
	stream := gzipped(t, text)
	return binary.LittleEndian.Uint32(stream[len(stream)-trailerLength:])
}

func FuzzOtherEnvelopes(f *testing.F) {
	text := page(rand.New(rand.NewPCG(1, 1)), 2000)
	for _, stream := range inOtherEnvelopes(f, gzipped(f, text), text) {
		f.Add(stream, uint16(5), uint8(3), "inserted", uint8(7))
	}
	f.Fuzz(func(t *testing.T, stream []byte, offset uint16, length uint8, replacement string, pieces uint8) {
		envelope := "bare"
		if len(stream) > 1 && stream[0]&15 == 8 && (int(stream[0])<<8+int(stream[1]))%31 == 0 {
			envelope, stream[0], stream[1] = "zlib", 0x78, 0x9c
		}
		want, wantErr := inflatedFrom(envelope, stream)
		at := min(int(offset), len(want))
		edits := []Edit{{int64(at), min(int(length), len(want)-at), replacement}}
		out, err := edited(rand.New(rand.NewPCG(1, 1)), Deflate, stream, scannerAt(nil, edits), int(pieces))
		if wantErr != nil {
			return
		}
		if got, decodeErr := inflatedFrom(envelope, out); err != nil || decodeErr != nil || !bytes.Equal(got, applied(want, edits)) {
			t.Fatalf("%s: %v, %v: %d bytes", envelope, err, decodeErr, len(got))
		}
	})
}
