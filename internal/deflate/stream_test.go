package deflate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"
)

// passing is a scanner that changes nothing.
func passing(text []byte, _ bool) ([]Edit, int) { return nil, len(text) }

// inserting inserts a text at an offset.
func inserting(offset int, replacement string) Scan {
	edits := []Edit{{int64(offset), 0, replacement}}
	return scanner(rand.New(rand.NewPCG(3, 3)), edits)
}

func gzipped(t testing.TB, text []byte, fields ...byte) []byte {
	t.Helper()
	stream := encoders["Go"](rand.New(rand.NewPCG(1, 1)), text)
	if len(fields) > 0 { // flags, and what they promise
		stream = append(append(stream[:3:3], fields[0]), append(stream[4:10:10], append(fields[1:], stream[10:]...)...)...)
	}
	return stream
}

func TestWriteSplits(t *testing.T) {
	text := page(rand.New(rand.NewPCG(5, 5)), 3000)
	stream := encoders["klauspost"](rand.New(rand.NewPCG(8, 8)), text)
	decide := func() Scan {
		return scannerAt(text, []Edit{{100, 0, "inserted"}, {1500, 40, ""}, {2900, 3, strings.Repeat("replaced", 50)}})
	}
	var want []byte
	for split := range len(stream) {
		var out bytes.Buffer
		g := new(Stream)
		g.Reset(&out, Gzip, decide(), nil)
		for _, piece := range [][]byte{stream[:split], stream[split:]} {
			if _, err := g.Write(piece); err != nil {
				t.Fatal(split, err)
			}
		}
		if err := g.Close(); err != nil {
			t.Fatal(split, err)
		}
		got, err := inflated(out.Bytes())
		if want == nil {
			want = got
		}
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("split at %d: %v", split, err)
		}
	}
}

// scannerAt decides all at once, as far as edits allow.
func scannerAt(_ []byte, edits []Edit) Scan {
	var base int64
	return func(text []byte, end bool) (out []Edit, decided int) {
		decided = len(text)
		for len(edits) > 0 {
			if behind := edits[0].Offset + int64(edits[0].Length) - base; behind > int64(len(text)) || behind == int64(len(text)) && !end {
				decided = min(decided, int(max(0, edits[0].Offset-base)))
				break
			}
			out, edits = append(out, edits[0]), edits[1:]
		}
		base += int64(decided)
		return out, decided
	}
}

func TestStreamUnedited(t *testing.T) {
	text := page(rand.New(rand.NewPCG(6, 6)), 100_000)
	stream := encoders["Go"](rand.New(rand.NewPCG(2, 2)), text)
	out, err := edited(rand.New(rand.NewPCG(1, 1)), Gzip, stream, passing, 0)
	if err != nil {
		t.Fatal(err)
	}
	if grown := len(out) - len(stream); grown < -8 || grown > 8 {
		t.Errorf("%d bytes became %d", len(stream), len(out))
	}
}

func TestGzipHeader(t *testing.T) {
	text := []byte("<html><body>page")
	crc := func(stream []byte, n int) []byte {
		return binary.LittleEndian.AppendUint16(nil, uint16(crc32.ChecksumIEEE(stream[:n])))
	}
	plain := gzipped(t, text, 2, 0, 0)
	copy(plain[10:], crc(plain, 10))
	for name, stream := range map[string][]byte{
		"a name":    gzipped(t, text, 8, 'a', '.', 'h', 0),
		"a comment": gzipped(t, text, 16, 'c', 0),
		"a field":   gzipped(t, text, 4, 3, 0, 1, 2, 3),
		"all":       gzipped(t, text, 28, 1, 0, 9, 'n', 0, 'c', 0),
		"a CRC":     plain,
	} {
		t.Run(name, func(t *testing.T) {
			out, err := edited(rand.New(rand.NewPCG(1, 1)), Gzip, stream, inserting(12, "new "), 1)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			if got, err := inflated(out); err != nil || string(got) != "<html><body>new page" || !bytes.Equal(out[:12], stream[:12]) {
				t.Errorf("%s: %q %v", name, got, err)
			}
		})
	}
}

func TestGzipMembers(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for _, behind := range []string{"", "\x00\x00\x00", "\x1fgarbage", "no gzip"} {
		for _, pieces := range []int{0, 1, 50} {
			var stream, text []byte
			for range 3 {
				piece := page(r, 20_000)
				stream, text = append(stream, encoders["Go"](r, piece)...), append(text, piece...)
			}
			edits := someEdits(r, text)
			out, err := edited(r, Gzip, append(stream, behind...), scanner(r, edits), pieces)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := inflated(out); err != nil || !bytes.Equal(got, applied(text, edits)) {
				t.Errorf("behind %q, pieces of %d: %v", behind, pieces, err)
			}
		}
	}
}

func TestStreamBroken(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	text := page(r, 30_000)
	broken := 0
	for i := range 240 {
		stream := bytes.Clone(encoders["klauspost"](r, text))
		switch i % 3 {
		case 0:
			stream = stream[:r.IntN(len(stream))]
		case 1:
			stream[10+r.IntN(len(stream)-10)] ^= 1 << r.IntN(8)
		default:
			at := 10 + r.IntN(len(stream)-10)
			stream = append(stream[:at:at], stream[min(len(stream), at+1+r.IntN(20)):]...)
		}
		want, wantErr := inflated(stream)
		out, err := edited(r, Gzip, stream, passing, []int{0, 700}[i%2])
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("case %d: %v, the decoder says %v", i, err, wantErr)
		}
		if err == nil {
			continue
		}
		broken++
		got, err := inflated(out)
		if err == nil {
			t.Fatalf("case %d: the broken stream became whole", i)
		}
		if n := min(len(got), len(want)); !bytes.Equal(got[:n], want[:n]) {
			t.Fatalf("case %d: other text than before the break", i)
		}
	}
	if broken < 120 {
		t.Errorf("only %d were broken", broken)
	}
}

func TestStreamAbandoned(t *testing.T) {
	text := page(rand.New(rand.NewPCG(4, 2)), 40_000)
	stream := encoders["Go"](rand.New(rand.NewPCG(3, 2)), text)
	for cut := 100; cut < len(stream); cut += 997 {
		var out bytes.Buffer
		g := new(Stream)
		g.Reset(&out, Gzip, func([]byte, bool) ([]Edit, int) { return nil, 0 }, nil) // all is held
		if _, err := g.Write(stream[:cut]); err != nil {
			t.Fatal(err)
		}
		if err := g.Abandon(); err != nil {
			t.Fatal(err)
		}
		want, _ := inflated(stream[:cut])
		got, err := inflated(out.Bytes())
		if !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.HasPrefix(text, got) || len(got) < len(want) {
			t.Errorf("cut at %d: %d bytes, want %d, %v", cut, len(got), len(want), err)
		}
	}
}

func TestWriteLatency(t *testing.T) {
	text := page(rand.New(rand.NewPCG(7, 2)), 60_000)
	stream := encoders["Go"](rand.New(rand.NewPCG(7, 7)), text)
	var out bytes.Buffer
	g := new(Stream)
	decided := 0
	g.Reset(&out, Gzip, func(text []byte, _ bool) ([]Edit, int) { decided += len(text); return nil, len(text) }, nil)
	for at := 0; at < len(stream); at += 500 {
		if _, err := g.Write(stream[at:min(len(stream), at+500)]); err != nil {
			t.Fatal(err)
		}
		// Seven bits are a token or two, of 258 bytes at the most.
		if got, _ := inflated(out.Bytes()); decided-len(got) > 2*258 {
			t.Fatalf("after %d bytes: %d bytes of text are out, %d were decided", at, len(got), decided)
		}
	}
}

// maxHeld is how much memory a stream may take, besides what the scanner has not decided.
const maxHeld = 160 << 10

// held is how much memory it does take.
func (g *Stream) held() int {
	e := &g.editor
	return int(unsafe.Sizeof(*g)) + cap(e.text) + cap(e.in) + cap(e.out.bytes) + cap(g.scratch) + cap(e.matches)*int(unsafe.Sizeof(match{})) +
		cap(g.trace.segment) + cap(g.trace.points)*int(unsafe.Sizeof(point{})) + (len(e.blocks)+len(e.free))*int(unsafe.Sizeof(block{})+unsafe.Sizeof(codeLengths{})*3)
}

func TestStreamMemory(t *testing.T) {
	for name, text := range map[string][]byte{"a page": page(rand.New(rand.NewPCG(1, 3)), 1<<20), "short matches": bytes.Repeat([]byte("abc"), 1<<18)} {
		t.Run(name, func(t *testing.T) {
			for coder, encode := range encoders {
				stream := encode(rand.New(rand.NewPCG(4, 4)), text)
				g, most := new(Stream), 0
				g.Reset(io.Discard, Gzip, passing, nil)
				for rest := stream; len(rest) > 0; {
					n := min(len(rest), 32<<10)
					if _, err := g.Write(rest[:n]); err != nil {
						t.Fatal(err)
					}
					rest, most = rest[n:], max(most, g.held())
				}
				t.Logf("%s, %s: %d KB", name, coder, most>>10)
				if most > maxHeld {
					t.Errorf("%s, %s: %d bytes are held", name, coder, most)
				}
			}
		})
	}
}

func TestStreamWorstCase(t *testing.T) {
	// Zeros: a thousand times their size. They go out as they come.
	bomb := encoders["Go"](rand.New(rand.NewPCG(0, 0)), make([]byte, 1<<20))
	w := new(Stream)
	out := 0
	w.Reset(counting{&out}, Gzip, passing, nil)
	for rest := bomb; len(rest) > 0; {
		n := min(len(rest), 32<<10)
		if _, err := w.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
		if held := w.held(); held > maxHeld {
			t.Fatalf("%d bytes are held", held)
		}
	}
	// A stream of empty stored blocks, and of one-byte ones.
	for name, blocks := range map[string]string{
		"empty blocks": "\x00\x00\x00\xff\xff", "blocks of a byte": "\x00\x01\x00\xfe\xffx", "empty fixed blocks": "\x02\x08\x20\x80\x00",
	} {
		t.Run(name, func(t *testing.T) {
			var g Stream
			out = 0
			g.Reset(counting{&out}, Gzip, passing, nil)
			stream := append([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), strings.Repeat(blocks, 100_000)...)
			if _, err := g.Write(stream); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if out > 3*len(stream) || cap(g.editor.blocks) > 2*manyBlocks {
				t.Errorf("%s: %d bytes became %d, %d blocks are held", name, len(stream), out, len(g.editor.blocks))
			}
		})
	}
}

func FuzzEdited(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{0, 10, 3000} {
		f.Add(gzipped(f, page(r, n)), uint16(5), uint8(3), "inserted", uint8(7))
	}
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"), uint16(0), uint8(0), "x", uint8(1))
	f.Fuzz(func(t *testing.T, stream []byte, offset uint16, length uint8, replacement string, pieces uint8) {
		text, wantErr := inflated(stream)
		at := min(int(offset), len(text))
		edits := []Edit{{int64(at), min(int(length), len(text)-at), replacement}}
		out, err := edited(rand.New(rand.NewPCG(1, 1)), Gzip, stream, scannerAt(text, edits), int(pieces))
		if wantErr == nil && err != nil {
			t.Fatalf("a stream that is whole is said to be broken: %v", err)
		}
		if err != nil || wantErr != nil {
			return
		}
		if got, err := inflated(out); err != nil || !bytes.Equal(got, applied(text, edits)) {
			t.Fatalf("%v: %d bytes, want %d", err, len(got), len(applied(text, edits)))
		}
	})
}

func FuzzDecoder(f *testing.F) {
	f.Add(gzipped(f, page(rand.New(rand.NewPCG(1, 1)), 2000)))
	f.Fuzz(func(t *testing.T, stream []byte) {
		want, wantErr := inflated(stream)
		var text []byte
		g := new(Stream)
		g.Reset(io.Discard, Gzip, func(come []byte, _ bool) ([]Edit, int) { text = append(text, come...); return nil, len(come) }, nil)
		_, err := g.Write(stream)
		err = errors.Join(err, g.Close())
		if wantErr == nil && (err != nil || !bytes.Equal(text, want)) {
			t.Fatalf("%v: decoded %d bytes, want %d", err, len(text), len(want))
		}
	})
}
