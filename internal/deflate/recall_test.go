package deflate

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
)

func newMemory(t testing.TB, segment, points int) *Memory {
	t.Helper()
	block, err := aes.NewCipher(make([]byte, 16))
	if err != nil {
		t.Fatal(err)
	}
	mac, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return NewMemory(mac, segment, points)
}

// tags is a scan that changes each tag in which there is a "!", and does not decide what may become one.
type tags struct {
	at     int64
	judged int
	edits  []Edit
	seen   int // bytes of text
}

func (s *tags) scan(text []byte, end bool) ([]Edit, int) {
	s.edits = s.edits[:0]
	decided := 0
	for {
		open := bytes.IndexByte(text[decided:], '<')
		if open < 0 {
			decided = len(text)
			break
		}
		decided += open
		shut := bytes.IndexByte(text[decided:], '>')
		if shut < 0 {
			if end {
				decided = len(text)
			}
			break
		}
		if bytes.IndexByte(text[decided:decided+shut], '!') >= 0 {
			s.edits = append(s.edits, Edit{s.at + int64(decided) + 1, shut - 1, "changed"})
			s.judged++
		}
		decided += shut + 1
	}
	s.at += int64(decided)
	s.seen += decided
	return s.edits, decided
}

func (s *tags) State() (judged int, state uint8, alone bool) { return s.judged, 0, true }

func (s *tags) Asked() []string { return nil }

func (s *tags) Ask([]string) bool { return true }

// offsets is a scan whose edits stand at certain places, whatever the text is.
type offsets struct {
	tags
	of Scan
}

func (s *offsets) scan(text []byte, end bool) ([]Edit, int) {
	edits, decided := s.of(text, end)
	s.judged += len(edits)
	return edits, decided
}

// recalled fails where a stream that comes again does not become what it did for the first time.
func recalled(t testing.TB, r *rand.Rand, stream []byte, edits []Edit, want []byte) {
	t.Helper()
	memory := newMemory(t, 256, 1<<12)
	for visit := range 3 {
		var out bytes.Buffer
		g, s := new(Stream), &offsets{of: scanner(r, edits)}
		g.Reset(&out, Gzip, s.scan, nil)
		g.Remember(Recall{memory, [16]byte{}, s})
		for rest := stream; len(rest) > 0; {
			n := min(len(rest), 1+r.IntN(20_000))
			if _, err := g.Write(rest[:n]); err != nil {
				t.Fatalf("visit %d: %v", visit, err)
			}
			rest = rest[n:]
		}
		err := g.Close()
		got, decodes := inflated(out.Bytes())
		if err = errors.Join(err, decodes); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("visit %d: %v, %d bytes, want %d", visit, err, len(got), len(want))
		}
	}
}

// way is how a stream comes.
type way struct {
	size    int  // of its pieces
	flushes bool // after each
	abandon bool // in the end
	memory  *Memory
}

// sent is what becomes of a stream, and how much of its text was looked at.
func (w way) sent(t testing.TB, stream []byte) (out []byte, seen int, err error) {
	t.Helper()
	var b bytes.Buffer
	s, g := new(tags), new(Stream)
	g.Reset(&b, Gzip, s.scan, nil)
	if w.memory != nil {
		g.Remember(Recall{w.memory, [16]byte{}, s})
	}
	for rest := stream; len(rest) > 0 && err == nil; rest = rest[min(len(rest), w.size):] {
		if _, err = g.Write(rest[:min(len(rest), w.size)]); err == nil && w.flushes {
			err = g.Flush()
		}
		if n := len(g.editor.in); g.state == unread && n > maxUnread+piecewise {
			t.Fatalf("%d bytes are kept unread", n)
		}
		if held := g.held(); held > maxHeld+maxUnread*5/4 { // slices grow by as much
			t.Fatalf("%d bytes are held", held)
		}
	}
	switch {
	case err != nil:
	case w.abandon:
		err = g.Abandon()
	default:
		err = g.Close()
	}
	return b.Bytes(), s.seen, err
}

// same fails where a stream does not become with a memory what it does without. It returns how much of its text was
// looked at.
func (w way) same(t testing.TB, stream []byte) (seen int) {
	t.Helper()
	without := w
	without.memory = nil
	want, _, wantErr := without.sent(t, stream)
	got, seen, err := w.sent(t, stream)
	wantText, wantDecodes := inflated(want)
	text, decodes := inflated(got)
	switch {
	case fmt.Sprint(err) != fmt.Sprint(wantErr):
		t.Fatalf("%v, without a memory %v", err, wantErr)
	case (decodes == nil) != (wantDecodes == nil):
		t.Fatalf("it decodes with %v, without a memory with %v", decodes, wantDecodes)
	case wantErr == nil && !bytes.Equal(text, wantText):
		t.Fatalf("%d bytes, without a memory %d", len(text), len(wantText))
	case wantErr != nil && !bytes.HasPrefix(text, wantText) && !bytes.HasPrefix(wantText, text):
		t.Fatal("another text comes before the break")
	}
	return seen
}

// tagged is a page of n bytes, of whose tags few are changed behind the first one.
func tagged(r *rand.Rand, n, changed int) []byte {
	var b bytes.Buffer
	b.WriteString("<html!>")
	for b.Len() < n {
		fmt.Fprintf(&b, "<a href=/explore/dataset/%x><b>%s</b> ", r.Uint32(), strings.Repeat("données ouvertes ", r.IntN(9)))
		switch r.IntN(200) {
		case 0:
			b.WriteString(strings.Repeat("x", r.IntN(400)))
		case 1:
			fmt.Fprintf(&b, "<%s>", strings.Repeat("long ", r.IntN(600)))
		}
		if changed > 0 && r.IntN(n/changed) < 100 {
			b.WriteString("<img!>")
		}
	}
	return b.Bytes()
}

func TestRecall(t *testing.T) {
	recalled := 0
	for i := range 24 {
		r := rand.New(rand.NewPCG(uint64(i), 41))
		text := tagged(r, r.IntN(200_000), []int{0, 0, 1, 20}[i%4])
		for _, name := range slices.Sorted(maps.Keys(encoders)) { // what is drawn at random depends on the order
			encode := encoders[name]
			stream := encode(r, text)
			w := way{memory: newMemory(t, []int{1 << 10, 64, 4 << 10}[i%3], 1<<12)}
			sizes := []int{1 << 20, 32 << 10, 3000, 100}
			for range 3 {
				w.size, w.flushes = sizes[r.IntN(len(sizes))], r.IntN(3) == 0
				if seen := w.same(t, stream); seen < len(text)*9/10 {
					recalled++
				}
			}
			for range 4 { // the same but for a byte
				other := bytes.Clone(text)
				at := r.IntN(len(other) + 1)
				other = append(append(other[:at:at], "<script!>"[r.IntN(9):]...), other[at:]...)
				w.size = sizes[r.IntN(len(sizes))]
				w.same(t, encode(rand.New(rand.NewPCG(uint64(i), 43)), other))
			}
			for range 4 { // cut, broken, with something behind it
				other := bytes.Clone(stream)
				switch r.IntN(4) {
				case 0:
					other = other[:r.IntN(len(other))]
				case 1:
					other[10+r.IntN(len(other)-10)] ^= 1 << r.IntN(8)
				case 2:
					other = append(other, "behind"...)
				case 3:
					other = append(other, encode(r, tagged(r, 3000, 3))...)
				}
				w.size, w.abandon = sizes[r.IntN(len(sizes))], r.IntN(3) == 0
				w.same(t, other)
				w.abandon = false
			}
			if t.Failed() {
				t.Fatalf("case %d, %s", i, name)
			}
		}
	}
	t.Logf("%d were recalled", recalled)
	if recalled < 12 {
		t.Errorf("only %d of 144 were recalled", recalled)
	}
}

func atLevel6(t testing.TB, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, 6)
	_, _ = w.Write(text)
	_ = w.Close()
	return b.Bytes()
}

// TestRecallPasses: of a stream that has come twice, what is behind the last edit is read no more.
func TestRecallPasses(t *testing.T) {
	text := tagged(rand.New(rand.NewPCG(1, 1)), 300_000, 0)
	stream := atLevel6(t, text)
	w := way{size: 32 << 10, memory: newMemory(t, 1<<10, 1<<12)}
	for visit, most := range []int{len(text), len(text), window + 20_000, window + 20_000} {
		if seen := w.same(t, stream); seen > most {
			t.Errorf("visit %d: %d of %d bytes are looked at, want at most %d", visit, seen, len(text), most)
		}
	}
	w.flushes = true
	if seen := w.same(t, stream); seen > window+20_000 {
		t.Errorf("with flushes of a proxy, %d bytes are looked at", seen)
	}
}

// TestRecallJudgesAnew: what was remembered says nothing of a page that begins in the same way.
func TestRecallJudgesAnew(t *testing.T) {
	text := tagged(rand.New(rand.NewPCG(1, 1)), 300_000, 0)
	for _, at := range []int{60_000, 150_000, 290_000, 299_990} {
		w := way{size: 32 << 10, memory: newMemory(t, 1<<10, 1<<12)}
		for range 3 {
			w.same(t, atLevel6(t, text))
		}
		other := append(append(bytes.Clone(text[:at]), "<script!>"...), text[at:]...)
		for range 3 {
			w.same(t, atLevel6(t, other))
		}
		out, _, err := w.sent(t, atLevel6(t, other))
		got, decodes := inflated(out)
		changed := bytes.Contains(got, []byte("<changed>")) && !bytes.Contains(got, []byte("script!"))
		if err = errors.Join(err, decodes); err != nil || !changed {
			t.Errorf("a tag at %d passes as it is: %v", at, err)
		}
	}
}

// TestRecallBound: a stream that is longer than what may be kept passes all the same.
func TestRecallBound(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	var text []byte
	for len(text) < 500_000 {
		text = fmt.Appendf(text, "<a %x>%x", r.Uint64(), r.Uint64())
	}
	stream := atLevel6(t, text)
	if len(stream) < 2*maxUnread {
		t.Fatalf("only %d bytes", len(stream))
	}
	w := way{size: 32 << 10, memory: newMemory(t, 1<<10, 1<<12)}
	seen := 0
	for range 4 {
		seen = w.same(t, stream)
	}
	if seen > len(text)*9/10 {
		t.Errorf("%d of %d bytes are looked at", seen, len(text))
	}
}

func TestRecallConcurrently(t *testing.T) {
	memory := newMemory(t, 256, 1<<6)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 3))
			for j := range 20 {
				text := tagged(rand.New(rand.NewPCG(uint64(j%3), 1)), 90_000, 0)
				text[r.IntN(len(text)/2)+len(text)/2] = "<!>"[r.IntN(3)]
				for range 2 {
					way{size: 4000, memory: memory}.same(t, atLevel6(t, text))
				}
			}
		})
	}
	all.Wait()
}

// TestMemoryIsBounded: what streams are remembered as takes no more than it may.
func TestMemoryIsBounded(t *testing.T) {
	const most = 1000
	memory, r := newMemory(t, 1<<10, most), rand.New(rand.NewPCG(4, 4))
	for i := range 3000 {
		points := make([]point, 1+r.IntN(60))
		for j := range points {
			points[j].sum[r.IntN(16)] = byte(1 + i)
			points[j].bit = int64(i)
		}
		asked := make([]string, r.IntN(3))
		for j := range asked {
			asked[j] = strings.Repeat("a", r.IntN(250))
		}
		of := run{place: place{text: 1 + r.Int64N(20)}, points: points, asked: asked}
		memory.add(of)
		memory.add(of)
		held := 0
		for _, r := range memory.order {
			held += r.size()
		}
		variants := 0
		for _, runs := range memory.runs {
			variants += len(runs)
			if len(runs) > maxVariants {
				t.Fatalf("%d go on from the same place", len(runs))
			}
		}
		if held != memory.held || held > most || variants != len(memory.order) {
			t.Fatalf("%d are held, counted %d, at most %d; %d runs of %d", held, memory.held, most, variants, len(memory.order))
		}
	}
	if len(memory.order) < 5 {
		t.Errorf("only %d are remembered", len(memory.order))
	}
}

// FuzzRecall: what comes out does not depend on what was remembered.
func FuzzRecall(f *testing.F) {
	for i := range uint64(6) {
		f.Add(i, uint16(40_000), uint8(i), uint8(3*i), "<a!>", uint32(30_000), uint16(700))
	}
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, changed, way_ uint8, change string, at uint32, size uint16) {
		r := rand.New(rand.NewPCG(seed, 5))
		text := tagged(r, 1+int(n)*2, int(changed)%4)
		if len(change) > 40 {
			change = change[:40]
		}
		i := int(at) % (len(text) + 1)
		other := append(append(bytes.Clone(text[:i]), change...), text[i:]...)
		coded := func(text []byte) []byte {
			return encoders[[]string{"Go", "klauspost"}[way_&1]](rand.New(rand.NewPCG(seed, uint64(way_))), text)
		}
		w := way{size: 1 + int(size), memory: newMemory(t, 16+int(way_>>3)*32, 1<<13), flushes: way_&2 > 0}
		stream, changedStream := coded(text), coded(other)
		for range 3 {
			w.same(t, stream)
		}
		w.abandon = way_&4 > 0
		w.same(t, changedStream)
		w.size = 1 << 20
		w.same(t, changedStream)
		w.same(t, stream)
	})
}

func BenchmarkRecall(b *testing.B) {
	for _, size := range []int{60 << 10, 500 << 10} {
		text := append([]byte("<!>"), portalPage(size)...)
		stream := encoders["klauspost"](rand.New(rand.NewPCG(2, 2)), text)
		on, none := newMemory(b, 2<<10, 1<<14), newMemory(b, 2<<10, 0)
		for name, memory := range map[string]*Memory{"off": nil, "on": on, "nothing repeats": none} {
			b.Run(fmt.Sprintf("%dKB/%s", size>>10, name), func(b *testing.B) {
				g, s := new(Stream), new(tags)
				for b.Loop() {
					*s = tags{edits: s.edits}
					g.Reset(io.Discard, Gzip, s.scan, nil)
					if memory != nil {
						g.Remember(Recall{memory, [16]byte{}, s})
					}
					for rest := stream; len(rest) > 0; rest = rest[min(len(rest), 32<<10):] {
						if _, err := g.Write(rest[:min(len(rest), 32<<10)]); err != nil {
							b.Fatal(err)
						}
					}
					if err := g.Close(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
