package ledger

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Verification checks ledgers and receipts. All files are read before Finish says what the whole is.
type Verification struct {
	// Keys has sealed what is genuine; nil finds no forgery, but all else.
	Keys Verifier
	// Heads are the last entries that the site has kept, by which it shows where a ledger's end is missing.
	Heads []Head
	// Partial accepts that the beginning is not there: that older files were deleted, as they must be. What is
	// missing behind another entry of the same file was not deleted so.
	Partial bool

	// Entries and Receipts count what was checked, Chains the chains.
	Entries, Receipts, Chains int
	// Problems say what does not hold, Notes what is worth knowing.
	Problems, Notes []string

	// logs counts the files that are no receipts.
	logs int
	// before are the Entries before the file that is read.
	before int
	// forged counts the entries that no key sealed.
	forged  int
	foreign map[string]bool // names of members that are not the ledger's
	chains  map[string][]position
	choices map[string]position // of the receipts that were read
	wanted  []Receipt
	from    map[string]string // the file of each receipt
}

// position is an entry in a file.
type position struct {
	Link
	file    string
	line    int
	receipt string
	at      string
	granted []string
	begins  bool // no entry stands before it in the file
}

func (p position) String() string {
	return fmt.Sprintf("%s:%d: entry %d of chain %s", p.file, p.line, p.Seq, p.Chain)
}

func (v *Verification) problem(format string, args ...any) {
	v.Problems = append(v.Problems, fmt.Sprintf(format, args...))
}

// maxLine bounds what one line of a log may be.
const maxLine = 1 << 20

// Read takes a log, compressed with gzip or not, with or without other entries than the ledger's, or a receipt.
// Its error says why the file cannot be read.
func (v *Verification) Read(name string, r io.Reader) error {
	if v.chains == nil {
		v.chains, v.choices, v.from = make(map[string][]position), make(map[string]position), make(map[string]string)
		v.foreign = make(map[string]bool)
	}
	in := bufio.NewReaderSize(r, maxLine)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(in)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		in = bufio.NewReaderSize(unzipped, maxLine)
	}
	if start, _ := in.Peek(maxLine); v.readReceipt(name, start) {
		return nil
	}
	v.logs, v.before = v.logs+1, v.Entries
	return v.readLog(name, in)
}

func (v *Verification) readLog(name string, in *bufio.Reader) error {
	for number := 1; ; number++ {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			v.problem("%s:%d: skipped a line of more than %d bytes, which is longer than any entry", name, number, maxLine)
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = in.ReadSlice('\n')
			}
		} else {
			v.readLine(name, number, line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, number, err)
		}
	}
}

// readLine takes a line of a log; what is not the ledger's is left out.
func (v *Verification) readLine(name string, number int, line []byte) {
	v.readPiece(name, number, line, nil)
}

// readPiece takes a line, or what stands on it before the entry next.
func (v *Verification) readPiece(name string, number int, line []byte, next *position) {
	text := line
	if brace := bytes.IndexByte(line, '{'); brace >= 0 {
		text = line[brace:] // behind what the console format writes
	}
	var e Entry
	if err := json.Unmarshal(text, &e); err == nil {
		if e.inLedger() {
			v.readEntry(e, text, e.at(name, number))
		}
		return
	}
	// A full disk or a crash leaves a part of an entry without line feed, and the next entry on the same line.
	end := len(text)
	for range maxCut {
		if end = bytes.LastIndexByte(text[:end], '{'); end <= 0 {
			break
		}
		var e Entry
		if json.Unmarshal(text[end:], &e) == nil && e.inLedger() {
			at := e.at(name, number)
			v.readPiece(name, number, text[:end], &at)
			v.readEntry(e, text[end:], at)
			return
		}
	}
	switch {
	case next != nil && (next.Unwritten > 0 || next.Seq == 1):
		v.Notes = append(v.Notes, fmt.Sprintf("%s: on its line stands a part of an entry before it, which was not written to its end", next))
	case bytes.Contains(line, []byte("consent.ledger")) || bytes.Contains(line, []byte(`"receipt"`)):
		v.problem("%s:%d: the entry cannot be read: it was truncated or altered", name, number)
	}
}

// maxCut bounds in how many places of a line an entry is looked for. Its own objects are two.
const maxCut = 64

// inLedger tells entries of the ledger from others.
func (e Entry) inLedger() bool { return e.Chain != "" || e.Hash != "" || e.MAC != nil }

func (e Entry) at(file string, line int) position {
	return position{Link: e.Link, file: file, line: line, receipt: e.Receipt, at: e.Time, granted: e.Granted}
}

// readEntry takes an entry, and what the log says of it.
func (v *Verification) readEntry(e Entry, text []byte, at position) {
	at.begins = v.Entries == v.before
	v.Entries++
	members, twin := names(text)
	for _, name := range members {
		if !covered[name] && !ofLog[name] && !v.foreign[name] {
			v.foreign[name] = true
			v.Notes = append(v.Notes, fmt.Sprintf("%s has %q, which is not the ledger's: no hash covers that, here or in other entries", at, name))
		}
	}
	if twin != "" {
		v.problem("%s was altered: it has %q twice, perhaps in another case", at, twin)
	} else if hash, err := entryHash(text); err != nil || hash != e.Hash {
		v.problem("%s was altered: its hash does not match its content", at)
	} else if v.Keys != nil && !v.Keys.Verify(sealed(e.Hash), e.MAC) {
		v.problem("%s is forged: none of the site's keys sealed it", at)
		v.forged++
	}
	if e.Unwritten > 0 {
		v.Notes = append(v.Notes, fmt.Sprintf("%s: %d choices before it could not be written", at, e.Unwritten))
	}
	if before := v.chains[e.Chain]; len(before) > 0 {
		if last := before[len(before)-1]; last.file == at.file && last.Seq > e.Seq {
			v.problem("%s comes after entry %d: they were reordered", at, last.Seq)
		}
	}
	v.chains[e.Chain] = append(v.chains[e.Chain], at)
}

// Finish says what does not hold between entries.
func (v *Verification) Finish() {
	v.Chains = len(v.chains)
	if v.forged > 0 && v.forged == v.Entries {
		v.Notes = append(v.Notes, "no entry at all was sealed by a key of this storage: is it the site's, and is its storage named in the Caddyfile?")
	}
	for _, id := range slices.Sorted(maps.Keys(v.chains)) {
		entries := v.chains[id]
		slices.SortStableFunc(entries, func(a, b position) int {
			return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Unwritten, b.Unwritten))
		})
		v.checkBeginning(entries[0])
		for i := 1; i < len(entries); i++ {
			v.checkNext(entries[i-1], entries[i])
		}
	}
	if len(v.Heads) == 0 && v.Entries > 0 {
		v.Notes = append(v.Notes, "no last entry that the site has stored is known: what is missing at the end of a chain, or of all, is not found")
	}
	for _, head := range v.Heads {
		v.checkEnd(head)
	}
	v.matchReceipts()
}

func (v *Verification) checkBeginning(first position) {
	switch {
	case first.Seq != 1:
		if !v.Partial || !first.begins {
			v.problem("%s: entries 1 to %d before it were removed, or are in a file that was not given", first, first.Seq-1)
		}
	case first.After == nil:
		if first.Prev != none {
			v.problem("%s refers to a previous entry, but does not say which", first)
		}
	default:
		before, ok := v.chains[first.After.Chain]
		if !ok {
			if !v.Partial || !first.begins {
				v.problem("%s: the previous chain %s was removed, or is in a file that was not given", first, first.After.Chain)
			}
			return
		}
		i := lastOf(before, first.After.Seq)
		if i < 0 {
			v.problem("%s: the previous chain, %s, ended with entry %d, which was removed", first, first.After.Chain, first.After.Seq)
		} else if before[i].Hash != first.Prev {
			v.problem("%s does not follow %s: one of them was replaced", first, before[i])
		}
	}
}

func (v *Verification) checkNext(before, next position) {
	switch {
	case next.Seq == before.Seq && next.Prev == before.Prev && next.Unwritten > before.Unwritten:
		// One log took the entry, another one failed: for the chain it was not written, and the next one says so under
		// its seal. Nothing that the chain goes on from can be removed so.
		v.Notes = append(v.Notes, fmt.Sprintf("%s stands for that at %s:%d too, which not every log took", next, before.file, before.line))
	case next.Seq == before.Seq:
		v.problem("%s appears twice, also at %s:%d", next, before.file, before.line)
	case next.Seq > before.Seq+1:
		v.problem("%s: %s removed before it", next, span(before.Seq+1, next.Seq-1))
	case next.Prev != before.Hash:
		v.problem("%s does not follow %s: one of them was replaced", next, before)
	}
}

// lastOf is the index of an entry by its number, of the last one where a log failed.
func lastOf(entries []position, seq uint64) int {
	for i, e := range slices.Backward(entries) {
		if e.Seq == seq {
			return i
		}
	}
	return -1
}

func span(from, to uint64) string {
	if from == to {
		return fmt.Sprintf("entry %d was", from)
	}
	return fmt.Sprintf("entries %d to %d were", from, to)
}

// checkEnd looks for the last entry that the site has kept.
func (v *Verification) checkEnd(head Head) {
	entries, ok := v.chains[head.Chain]
	if !ok && v.logs > 0 && !v.Partial {
		v.problem("chain %s, whose last entry, %d, the site has stored, was removed, or is in a file that was not given", head.Chain, head.Seq)
		return
	}
	if !ok {
		v.Notes = append(v.Notes, fmt.Sprintf("chain %s, of %d entries so far, is in none of these files", head.Chain, head.Seq))
		return
	}
	if last := entries[len(entries)-1]; last.Seq < head.Seq {
		v.problem("%s: %s removed after it, or left in a file that was not given", last, span(last.Seq+1, head.Seq))
		return
	}
	if i := lastOf(entries, head.Seq); i >= 0 && entries[i].Hash != head.Hash {
		v.problem("%s does not match the entry that the site stored as its last: it was replaced", entries[i])
	}
}

func (v *Verification) readReceipt(name string, text []byte) bool {
	var r Receipt
	if json.Unmarshal(text, &r) != nil || r.Header.RecordID == "" || r.Proof == nil {
		return false
	}
	v.Receipts++
	hash, err := receiptHash(text)
	_, twin := names(text)
	switch {
	case twin != "":
		v.problem("%s: receipt %s was altered: it has %q twice, perhaps in another case", name, r.Header.RecordID, twin)
	case err != nil || hash != r.Proof.Hash:
		v.problem("%s: receipt %s was altered: its hash does not match its content", name, r.Header.RecordID)
	case v.Keys != nil && !v.Keys.Verify(sealedReceipt(hash), r.Proof.MAC):
		v.problem("%s: receipt %s is forged: none of the site's keys sealed it", name, r.Header.RecordID)
	}
	v.wanted = append(v.wanted, r)
	v.from[r.Header.RecordID] = name
	return true
}

func sameServices(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// matchReceipts looks for the entry of each receipt.
func (v *Verification) matchReceipts() {
	if len(v.wanted) == 0 {
		return
	}
	for _, entries := range v.chains {
		for _, e := range entries {
			v.choices[e.receipt] = e
		}
	}
	for _, r := range v.wanted {
		id := r.Header.RecordID
		entry, ok := v.choices[id]
		switch {
		case ok && (entry.at != r.Header.Time || !sameServices(entry.granted, r.granted())):
			v.problem("%s: receipt %s does not match %s", v.from[id], id, entry)
		case ok:
			v.Notes = append(v.Notes, fmt.Sprintf("%s: receipt %s belongs to %s, made at %s: allowed %s", v.from[id], id, entry, entry.at, cmp.Or(strings.Join(entry.granted, ", "), "nothing")))
		case v.Entries > 0 && !v.Partial:
			v.problem("%s: receipt %s matches no entry in these files", v.from[id], id)
		}
	}
}
