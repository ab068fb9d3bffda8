package markup

// A page in gzip that has come before passes without being decoded (deflate.Recall). What its scan asked of Host is
// asked again, in the same order, so that nobody sees a difference.

// maxNotes bounds what is remembered of that.
const maxNotes = 64

// notes are what the scan has asked that changes nothing.
type notes struct {
	on      bool
	asked   []string
	count   int      // of all that was ever asked
	answers []answer // to what was asked before the scan has come there
}

type answer struct {
	host string
	mark *Mark
}

// ask asks Host, unless it was asked before.
func (n *notes) ask(host []byte, of func([]byte) *Mark) (mark *Mark) {
	isNew := len(n.answers) == 0
	if isNew {
		mark = of(host)
	} else if next := n.answers[0]; next.host == string(host) {
		mark, n.answers = next.mark, n.answers[1:]
	} else { // never one for another; as this is not counted, nothing is remembered
		n.answers = nil
		return of(host)
	}
	switch {
	case !n.on, mark != nil, len(n.asked) == maxNotes:
		return mark
	case isNew:
		n.asked = append(n.asked, string(host))
	}
	n.count++
	return mark
}

// rulesSum tells apart what decides of a page whose hosts are asked for again: the rules, whether styles count by their
// hash, and which host is the page's own, whose paths are asked for besides.
func (s *Scanner) rulesSum() (rules [16]byte) {
	var by [2]byte
	for i := range by {
		if s.Hashes != nil && s.Hashes.IsHashedStyle(nil, i > 0) {
			by[i] = 1
		}
	}
	s.sumOf(append(by[:], s.Site...))
	return s.run.hash
}

// State is for deflate.ScanState. In the states named here nothing but the state decides what the next byte means.
func (s *Scanner) State() (judged int, _ uint8, alone bool) {
	judged = s.judged - s.notes.count + s.Passed.Tags + s.Passed.Texts
	if s.Passed.Encoding != "" || s.Passed.AMP {
		judged++
	}
	settled := s.begun && !s.Done() && !s.XML && s.next == 0 && s.given == len(s.edits) && s.recalls()
	inTag := s.plain && s.state >= tagName && s.state <= selfClosingStartTag
	inComment := s.state >= bogusComment && s.state <= commentEndBang
	return judged, uint8(s.state), settled && (s.state == data || inTag || inComment)
}

// Asked is for deflate.ScanState.
func (s *Scanner) Asked() []string {
	asked := s.notes.asked
	s.notes.asked = nil
	return asked
}

// Ask is for deflate.ScanState.
func (s *Scanner) Ask(hosts []string) (same bool) {
	same = true
	for _, host := range hosts {
		mark := s.Host([]byte(host))
		same = same && mark == nil
		s.notes.answers = append(s.notes.answers, answer{host, mark})
	}
	return same
}
