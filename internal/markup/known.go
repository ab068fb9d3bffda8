package markup

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"math"
	"sync/atomic"

	"github.com/caddy-consent/caddy-consent/internal/deflate"
)

// Pages of a site are nearly the same from visit to visit. Known remembers runs of pages in the body in which the
// scan found nothing to change and asked for no host, so that the same run need not be read again: where the same
// bytes begin in the same state and the same rules hold, they end in the same state.
//
// It holds a hash of each run, not its bytes: GMAC (NIST SP 800-38D) under a key of this process. Whoever does not
// know the key makes two runs of the same hash with a probability of at most 2^-120. What is remembered takes 1 MiB, of
// whatever pages: a new run takes the place of an old one. Pages in gzip are remembered as they are compressed besides,
// in 0.7 MB. It is safe for concurrent use.
type Known struct {
	gmac              cipher.AEAD
	shortest, longest int // of runs, in bytes
	slots             []slot
	compressed        *deflate.Memory // of pages in gzip
}

// slot holds one hash. Two writers may leave halves of two: a hash that no run has.
type slot struct{ high, low atomic.Uint64 }

// NewKnown returns a memory that knows nothing.
func NewKnown() *Known { return newKnown(2<<10, 8<<10, 1<<16) }

func newKnown(shortest, longest, slots int) *Known {
	var key [16]byte
	rand.Read(key[:]) // never fails
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // of a key of 16 bytes
	}
	gmac, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // of AES
	}
	return &Known{gmac, shortest, longest, make([]slot, slots), deflate.NewMemory(gmac, shortest, slots/4)}
}

type sum struct{ high, low uint64 }

// place is that of the hash among the slots.
func (k *Known) place(of sum) *slot { return &k.slots[of.high%uint64(len(k.slots))] }

func (k *Known) has(s sum) bool {
	slot := k.place(s)
	return slot.high.Load() == s.high && slot.low.Load() == s.low
}

func (k *Known) add(s sum) {
	slot := k.place(s)
	slot.high.Store(s.high)
	slot.low.Store(s.low)
}

// run is how far the scan is in the current one.
type run struct {
	from  int64 // where it begins as runs are cut, perhaps before the window
	until int64 // up to where there is nothing to do
	isCut bool  // a run ends there, not only what of it is in the window
	// isNew tells that it is to be remembered: sum is the hash of what of it is in the window, judged and passed are as
	// they stood there.
	isNew  bool
	sum    sum
	judged int
	passed Passed

	nonce [12]byte // of the rules
	hash  [16]byte // as it is made
}

// recall passes over the runs that are known, from i on in the window, where the scan is between two tokens. It returns
// where what is to be read begins, and where to ask again. What of a run is in the window counts for one, as the same
// page mostly comes in the same pieces.
func (s *Scanner) recall(w []byte, i int) (from, until int) {
	r, at := &s.run, s.base+int64(i)
	if at < r.until {
		return i, int(min(r.until-s.base, int64(len(w))))
	}
	if r.isNew && at == r.until && s.judged == r.judged && s.Passed == r.passed {
		s.Known.add(r.sum)
	}
	if r.isCut || r.until == 0 {
		r.from = at
	}
	until, r.isNew, r.isCut = len(w), false, false
	for s.recalls() {
		end := s.Known.cut(w, i, int(r.from-s.base))
		if r.isCut = end >= 0; !r.isCut {
			end = i + bytes.LastIndexByte(w[i:], '<')
		}
		if !r.isCut && end-i < s.Known.shortest/8 {
			break
		}
		if r.sum = s.sumOf(w[i:end]); !s.Known.has(r.sum) {
			until, r.isNew, r.judged, r.passed = end, true, s.judged, s.Passed
			break
		}
		if i = end; !r.isCut {
			break
		}
		r.from = s.base + int64(end)
	}
	r.until = s.base + int64(until)
	return i, until
}

// recalls tells whether nothing but the rules and the bytes that come decides how the scan goes on.
func (s *Scanner) recalls() bool {
	return !s.unsettled && s.depth == 0 && s.head < 0 && s.capture.from < 0 && !s.tag.held && len(s.baseHost) == 0 && s.scheme == s.Scheme
}

// sumOf is the hash of a run under the current rules, as far as they judge anything but hosts.
func (s *Scanner) sumOf(text []byte) sum {
	r := &s.run
	if r.nonce == [12]byte{} {
		binary.LittleEndian.PutUint64(r.nonce[:], s.Alike)
		for i, holds := range [...]bool{true, s.Host != nil, s.Script != nil, s.Granted != nil, s.Meta != nil, s.Charset, s.Scheme == "https", s.Path != nil} {
			if holds {
				r.nonce[8] |= 1 << i
			}
		}
	}
	hash := s.Known.gmac.Seal(r.hash[:0], r.nonce[:], nil, text)
	return sum{high: binary.LittleEndian.Uint64(hash), low: binary.LittleEndian.Uint64(hash[8:])}
}

// cut returns where a run ends that begins at from, which may lie before the window; -1: not from i on in what is there.
// Runs are cut by their content, so that a token that differs from visit to visit moves one run only: at the first "<"
// whose surroundings hash well behind the shortest run, at any behind the longest.
func (k *Known) cut(w []byte, i, from int) int {
	const before, behind = 24, 8
	for at := max(i+1, from+k.shortest, before); at < len(w); at++ {
		j := bytes.IndexByte(w[at:], '<')
		if at += j; j < 0 || at+behind > len(w) {
			return -1
		}
		if at-from >= k.longest || hashesWell(w[at-before:at+behind]) {
			return at
		}
	}
	return -1
}

// hashesWell is true of one in eight.
func hashesWell(surroundings []byte) bool {
	const odd, one = 0x9e3779b97f4a7c15, 8
	h := uint64(0)
	for ; len(surroundings) >= 8; surroundings = surroundings[8:] {
		h = (h ^ binary.LittleEndian.Uint64(surroundings)) * odd
		h ^= h >> 29
	}
	return h < math.MaxUint64/one
}
