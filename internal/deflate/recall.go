package deflate

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
)

// Streams come again byte for byte. Where one had no edit from a place P on to its end, the rest of another that has
// begun with the same bytes passes as it is, and is not decoded, as long as it stays the same.
//
// What goes out is the same text as without, for this holds of every point that is remembered. Its sum is that of all
// bytes of the stream from the first one up to it, under the rules that the scan judges by; and at P nothing but these
// rules and the text to come decided how the scan goes on (see Recall). So whoever is at the same P, and has the same
// bytes, would decode the same text from them, and decide the same of it: that no edit begins before the point's text,
// whatever comes next. The stream's bits may go out up to there, where a token ends in the midst of a block. What is
// behind waits, such as the beginning of a tag, which may end in another way this time.
//
// They go out as bits that fall on the same bits of a byte as they came. But all that has come since P is kept, up to
// maxUnread, and the decoder stands still at P. Where the stream becomes another, it catches up: it reads what was
// kept, and lets nothing of it out again. So nothing is gained where not all of the rest is known. That is why a stream
// is only remembered at its end, and when it has come a second time: pages that differ each time drive no others out.

// Recall is what lets a stream pass what has come before. It is for Gzip alone: zlib's trailer does not say how long a
// text is that nobody has seen.
type Recall struct {
	Memory *Memory
	// Rules tell apart what scans judge by.
	Rules [16]byte
	Scan  ScanState
}

// ScanState is behind a Scan.
type ScanState interface {
	// State tells how the scan stands. Judged grows whenever the scan gives an edit, or does anything else that somebody
	// can see, but for what Asked returns. Alone tells that nothing decides how it goes on but the text to come, Rules and
	// state, and that it waits for nothing before where it is.
	State() (judged int, state uint8, alone bool)
	// Asked is what the scan has asked somebody since it was last called, where the answer was that nothing changes.
	Asked() []string
	// Ask asks it again, before the scan has come there, which does not ask then. It tells whether the answers are the
	// same.
	Ask(asked []string) (same bool)
}

// maxUnread bounds what is kept of a stream while nobody reads it.
const maxUnread = 96 << 10

// maxAsked bounds what a stream keeps of what was asked since P.
const maxAsked = 256

// Memory holds streams as their points, 40 bytes each; those that are the oldest leave. It is safe for concurrent use.
type Memory struct {
	mac     cipher.AEAD
	segment int

	mu         sync.RWMutex
	runs       map[place][]*run
	order      []*run // the oldest first
	held, most int    // points, or what takes as much

	ends [1 << 12]atomic.Uint64 // of streams that came once
}

// NewMemory returns a memory that knows nothing. Streams are known by mac, a GMAC (NIST SP 800-38D) whose key nobody
// else has, in segments of that many bytes: whoever does not know it makes two streams of the same sum with a
// probability of at most 2^-100. It holds so many points.
func NewMemory(mac cipher.AEAD, segment, points int) *Memory {
	return &Memory{mac: mac, segment: segment, runs: make(map[place][]*run), most: points}
}

type sum [16]byte

// place is a P: where segments end, how far the text is out by then, and how the scan stands.
type place struct {
	sum   sum
	text  int64
	state uint8
}

// run is a stream from P on.
type run struct {
	place  place
	final  int64   // the bit of the stream where the final block begins
	points []point // one for each segment, and one for the end
	asked  []string
}

// point is where a segment has ended.
type point struct {
	sum   sum
	bit   int64 // up to where bits may go out
	text  int64 // where that is in the text
	asked int   // how much of what the run asks was asked by then
}

// maxVariants is how many streams are remembered that go on from the same place.
const maxVariants = 4

// size is how many points take as much memory.
func (r *run) size() int {
	const point, besides = 40, 6
	n := besides + len(r.points)
	for _, asked := range r.asked {
		n += 1 + len(asked)/point
	}
	return n
}

// end is the sum of all of the stream.
func (r *run) end() sum { return r.points[len(r.points)-1].sum }

// at are the runs that begin at a place.
func (m *Memory) at(p place) []*run {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.runs[p]
}

// add remembers a stream, unless it comes for the first time.
func (m *Memory) add(r run) {
	end := r.end()
	low, high := binary.LittleEndian.Uint64(end[:]), binary.LittleEndian.Uint64(end[8:])
	if seen := &m.ends[low%uint64(len(m.ends))]; seen.Load() != high {
		seen.Store(high)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	known, size := m.runs[r.place], r.size()
	if size > m.most || slices.ContainsFunc(known, func(k *run) bool { return k.end() == end }) {
		return
	}
	if len(known) == maxVariants {
		m.drop(slices.Index(m.order, known[0]))
	}
	for m.held+size > m.most {
		m.drop(0)
	}
	r.points, r.asked = slices.Clone(r.points), slices.Clone(r.asked)
	m.runs[r.place] = append(slices.Clip(m.runs[r.place]), &r) // others may read those before
	m.order = append(m.order, &r)
	m.held += size
}

// drop forgets a run.
func (m *Memory) drop(i int) {
	r := m.order[i]
	m.order = slices.Delete(m.order, i, i+1)
	m.held -= r.size()
	if left := m.runs[r.place]; len(left) > 1 {
		m.runs[r.place] = slices.DeleteFunc(slices.Clone(left), func(k *run) bool { return k == r })
	} else {
		delete(m.runs, r.place)
	}
}

// trace is what a stream sums up of itself.
type trace struct {
	Recall
	segment []byte   // the sum up to the last segment, first that of Rules, and what has come since
	nonce   [12]byte // the same for all: what a sum hides is none of its business
	hash    sum
	place   place   // P; in the text 0 where there is none
	bitOfP  int64   // in the stream
	judged  int     // as it was there
	points  []point // from there on
	asked   []string
	known   []*run // from there on
	bit     int64  // up to where bits behind P may go out; while the stream passes unread, they have
	text    int64  // where that is in the text
}

func (t *trace) reset() {
	clear(t.asked[:cap(t.asked)])
	*t = trace{segment: t.segment[:0], points: t.points[:0], asked: t.asked[:0]}
}

// Remember lets the stream pass what has come before. It is called before the first Write.
func (s *Stream) Remember(r Recall) {
	if s.format == Gzip {
		s.trace.Recall = r
		s.trace.segment = append(s.trace.segment, r.Rules[:]...)
	}
}

// untilSegment is how many bytes are still to come of a segment, up to n.
func (t *trace) untilSegment(n int) int {
	if t.Memory == nil {
		return n
	}
	return min(n, t.whole()-len(t.segment))
}

// whole is how long segment becomes. Up to P segments are shorter, so that it comes soon.
func (t *trace) whole() int {
	const shorter = 4
	n := t.Memory.segment
	if t.place.text == 0 {
		n = max(1, n/shorter)
	}
	return len(sum{}) + n
}

// come takes bytes that have come. It tells whether a segment ends with them.
func (t *trace) come(b []byte) (whole bool) {
	if t.Memory == nil {
		return false
	}
	t.segment = append(t.segment, b...)
	if len(t.segment) < t.whole() {
		return false
	}
	at := t.sum()
	t.segment = append(t.segment[:0], at[:]...)
	return true
}

// sum is that of all that has come.
func (t *trace) sum() sum { return sum(t.Memory.mac.Seal(t.hash[:0], t.nonce[:], nil, t.segment)) }

// atSegment is called when a segment has come, and what can be has been decoded.
func (s *Stream) atSegment() error {
	t, e := &s.trace, &s.editor
	if t.Memory == nil {
		return nil
	}
	at := sum(t.segment)
	if s.state == unread {
		if r := t.find(at, false); r != nil && e.available()-t.bitOfP <= maxUnread*8 {
			if s.passUnread(r) {
				return nil
			}
		}
		if err := s.catchUp(); err != nil || t.Memory == nil {
			return err
		}
	}
	judged, state, alone := t.Scan.State()
	asked := t.Scan.Asked()
	if judged != t.judged || s.memberFrom >= t.place.text || len(t.asked)+len(asked) > maxAsked || e.available()-t.bitOfP > maxUnread*8 {
		t.place = place{}
	}
	if t.place.text == 0 {
		if !alone || s.state != inBody || !e.betweenTokens() || e.reachesBack() {
			return nil
		}
		t.place, t.bitOfP, t.judged, t.bit, t.text = place{at, e.at, state}, e.atBit, judged, e.atBit, e.at
		t.points, t.asked, asked = t.points[:0], t.asked[:0], nil
		if t.known = t.Memory.at(t.place); len(t.known) > 0 {
			e.alignUnread()
			s.state = unread
		}
	}
	t.asked = append(t.asked, asked...)
	t.points = append(t.points, point{at, t.bit, t.text, len(t.asked)})
	return nil
}

// find returns a run that has the stream's next point. Its end is never taken for another.
func (t *trace) find(at sum, end bool) *run {
	for _, r := range t.known {
		if i := len(t.points); i < len(r.points) && r.points[i].sum == at && (i == len(r.points)-1) == end {
			return r
		}
	}
	return nil
}

// decided notes up to where bits may go out, when text has.
func (t *trace) decided(e *editor) {
	if t.place.text > 0 && e.betweenTokens() {
		t.bit, t.text = e.atBit, e.at
	}
}

// ended remembers a stream whose end has come as it should.
func (s *Stream) ended() {
	t, e := &s.trace, &s.editor
	if t.Memory == nil || t.place.text == 0 || s.memberFrom >= t.place.text {
		return
	}
	if judged, _, _ := t.Scan.State(); judged != t.judged || s.state != betweenMembers || len(s.come()) > 0 {
		return
	}
	t.asked = append(t.asked, t.Scan.Asked()...)
	t.points = append(t.points, point{t.sum(), e.endBit, e.at, len(t.asked)})
	t.Memory.add(run{t.place, e.finalBit, t.points, t.asked})
}

// passUnread passes bits up to the stream's next point, as a run has it, unless something that is asked for the text
// before it is answered in another way.
func (s *Stream) passUnread(r *run) (ok bool) {
	t, e := &s.trace, &s.editor
	p, asked := r.points[len(t.points)], len(t.asked)
	t.points, t.asked = append(t.points, p), append(t.asked, r.asked[min(asked, p.asked):p.asked]...)
	if !t.Scan.Ask(t.asked[asked:]) {
		return false
	}
	if p.bit <= t.bit {
		return true
	}
	if t.bit <= r.final && r.final < p.bit {
		e.copyUnread(t.bit, r.final)
		e.out.write(0, 1) // that block is the last no more
		t.bit = r.final + 1
	}
	e.copyUnread(t.bit, p.bit)
	t.bit, t.text = p.bit, p.text
	return true
}

// endUnread ends a stream that is known up to its end. ok is false where it is not.
func (s *Stream) endUnread() (ok bool) {
	t, e := &s.trace, &s.editor
	r := t.find(t.sum(), true)
	if r == nil || !s.passUnread(r) {
		return false
	}
	e.out.append(lastBlock)
	e.out.align()
	trailer := e.in[len(e.in)-trailerLength:]
	s.correct(trailer)
	e.out.bytes = append(e.out.bytes, trailer...)
	return true
}

// catchUp reads what has passed unread, and what was kept.
func (s *Stream) catchUp() error {
	s.editor.sent = s.trace.text
	s.state = inBody
	return errors.Join(s.advance(), s.send())
}

// betweenTokens tells whether the text that is out ends with a token, in the midst of a block.
func (e *editor) betweenTokens() bool {
	if e.at < e.sent || e.block == len(e.blocks) {
		return false
	}
	b, m := e.blocks[e.block], e.nextMatch()
	return !b.stored && e.at > b.start && (m == nil || m.pos >= e.at)
}

// alignUnread lets out what is needed so that bits of the stream can follow on the same bits of a byte.
func (e *editor) alignUnread() {
	if phase := uint(e.atBit & 7); !e.open || e.out.n != phase {
		e.reopen(e.blocks[0], phase, 0)
		e.open = true
	}
}

// copyUnread copies bits that came.
func (e *editor) copyUnread(from, to int64) {
	e.out.copy(e.in, int(from-e.inBase*8), int(to-from))
}

// skipSent goes on over text that has gone out unread, up to a position in it. What a block's end would let out has
// gone, too.
func (e *editor) skipSent(to int64) {
	out := e.out
	e.open = false
	e.pass(to, false)
	e.out = out
	if e.at == e.sent {
		e.open, e.blocks[e.block].used = true, true
	}
}
