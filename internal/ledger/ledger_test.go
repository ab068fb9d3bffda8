package ledger

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

type testKey string

func (k testKey) Sign(message []byte) []byte {
	h := hmac.New(sha256.New, []byte(k))
	h.Write(message)
	return h.Sum(nil)
}

func (k testKey) Verify(message, mac []byte) bool { return hmac.Equal(mac, k.Sign(message)) }

// memory keeps a head.
type memory struct {
	mu   sync.Mutex
	head *Head
	err  error
}

func (m *memory) Load() (*Head, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.head, m.err
}

func (m *memory) Store(h Head) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		m.head = &h
	}
	return m.err
}

// process is a ledger from the start of a process to its end.
type process struct {
	*Ledger
	log      bytes.Buffer
	heads    *memory
	failures []error
	unkept   []error
}

func start(t *testing.T, heads *memory) *process {
	t.Helper()
	chain, err := NewChain(heads)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{heads: heads}
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(&p.log), zap.InfoLevel)
	p.Ledger = &Ledger{Logger: zap.New(core).Named("http.handlers.consent.ledger"), Chain: chain, Keys: testKey("k"), Heads: heads,
		Failed: func(err error) { p.failures = append(p.failures, err) },
		Unkept: func(err error) { p.unkept = append(p.unkept, err) }}
	return p
}

// records writes n choices and ends the process; its lines are returned.
func (p *process) records(t *testing.T, n int) []string {
	t.Helper()
	for i := range n {
		p.Record(entry(i))
	}
	if err := p.Chain.Close(); err != nil {
		t.Fatal(err)
	}
	if len(p.failures)+len(p.unkept) > 0 {
		t.Fatal(p.failures, p.unkept)
	}
	return strings.Split(strings.TrimSpace(p.log.String()), "\n")
}

func entry(i int) Entry {
	return Entry{
		Site: "data.ville.example", Receipt: fmt.Sprint("R", i), Time: Timestamp(time.UnixMilli(1764000000000 + int64(i))), Policy: "0123456789abcdef",
		Notice: "n", Language: "fr", Choice: "custom", How: "settings", Granted: []string{"matomo"}, Refused: []string{"ga"}, Withdrawn: []string{},
	}
}

// verified checks files of lines, with the key and what is kept.
func verified(heads []Head, files ...[]string) *Verification {
	v := &Verification{Keys: testKey("k"), Heads: heads}
	for i, lines := range files {
		if err := v.Read(fmt.Sprint("log", i), strings.NewReader(strings.Join(lines, "\n")+"\n")); err != nil {
			v.problem("%v", err)
		}
	}
	v.Finish()
	return v
}

func TestChainAcrossProcesses(t *testing.T) {
	heads := new(memory)
	first, second := start(t, heads).records(t, 3), start(t, heads).records(t, 2)
	third := start(t, heads).records(t, 1)
	v := verified([]Head{*heads.head}, third, first, second) // in any order of files
	if len(v.Problems) > 0 || v.Entries != 6 || v.Chains != 3 {
		t.Errorf("%d entries in %d chains: %q", v.Entries, v.Chains, v.Problems)
	}
	var e Entry
	if err := json.Unmarshal([]byte(second[0]), &e); err != nil || e.After == nil || e.After.Seq != 3 || e.Prev == none {
		t.Errorf("a restart does not name the last: %s", second[0])
	}
}

func TestLogOtherLines(t *testing.T) {
	lines := start(t, new(memory)).records(t, 2)
	mixed := []string{
		"", `{"level":"info","msg":"server running"}`, "not JSON", lines[0], `{"chain":7}`,
		"2026/11/25 INFO\thttp.handlers.consent.ledger\tchoice\t" + lines[1],
	}
	if v := verified(nil, mixed); len(v.Problems) > 0 || v.Entries != 2 {
		t.Errorf("%d entries: %q", v.Entries, v.Problems)
	}
}

func TestLedgerTampering(t *testing.T) {
	heads := new(memory)
	first, second := start(t, heads).records(t, 5), start(t, heads).records(t, 4)
	kept := []Head{*heads.head}
	clone := func(lines []string) []string { return append([]string(nil), lines...) }
	with := func(lines []string, i int, line string) []string { lines = clone(lines); lines[i] = line; return lines }
	forged := func(line string, change func(*Entry), key testKey) string {
		var e Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		change(&e)
		l := Ledger{Keys: key}
		if err := l.seal(&e); err != nil {
			t.Fatal(err)
		}
		out, _ := json.Marshal(e)
		return string(out)
	}
	grants := func(e *Entry) { e.Granted, e.Refused = []string{"matomo", "ga"}, nil }
	var other Entry
	stranger := start(t, new(memory)).records(t, 2)
	if err := json.Unmarshal([]byte(first[1]), &other); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		files [][]string
		want  string
	}{
		"a word altered": {
			[][]string{with(first, 1, strings.Replace(first[1], `"refused":["ga"]`, `"refused":[]`, 1)), second},
			"log0:2: entry 2 of chain " + other.Chain + " was altered",
		},
		"a time altered":           {[][]string{with(first, 1, strings.Replace(first[1], "00:00.001Z", "00:00.002Z", 1)), second}, "entry 2"},
		"a member doubled":         {[][]string{with(first, 1, strings.Replace(first[1], `"granted":`, `"granted":[],"granted":`, 1)), second}, `has "granted" twice`},
		"a member in another case": {[][]string{with(first, 1, strings.Replace(first[1], `"granted":`, `"Granted":`, 1)), second}, "was altered"},
		"in both cases":            {[][]string{with(first, 1, strings.Replace(first[1], `"granted":`, `"Granted":[],"granted":`, 1)), second}, `has "granted" twice`},
		"with another letter":      {[][]string{with(first, 1, strings.Replace(first[1], `"site":`, `"\u017fite":"x","site":`, 1)), second}, `has "site" twice`},
		"one doubled within":       {[][]string{first, with(second, 0, strings.Replace(second[0], `"after":{`, `"after":{"seq":1,`, 1))}, `has "seq" twice`},
		"one added within":         {[][]string{first, with(second, 0, strings.Replace(second[0], `"after":{`, `"after":{"x":1,`, 1))}, "was altered"},
		"nothing said aloud":       {[][]string{with(first, 1, strings.Replace(first[1], `"site":`, `"unwritten":0,"site":`, 1)), second}, "was altered"},
		"the hash altered too": {
			[][]string{with(first, 1, forged(first[1], grants, "other")), second}, "entry 2 of chain " + other.Chain + " is forged",
		},
		"the MAC taken away":        {[][]string{with(first, 1, strings.Replace(first[1], `"mac":"`, `"nomac":"`, 1)), second}, "is forged"},
		"one replaced with the key": {[][]string{with(first, 1, forged(first[1], grants, "k")), second}, "does not follow"},
		"the first removed":         {[][]string{first[1:], second}, "entries 1 to 1 before it were removed"},
		"one removed":               {[][]string{append(clone(first[:2]), first[3:]...), second}, "entry 3 was removed before it"},
		"several removed":           {[][]string{append(clone(first[:1]), first[4:]...), second}, "entries 2 to 4 were removed before it"},
		"the last of a chain":       {[][]string{first[:4], second}, "ended with entry 5, which was removed"},
		"the last of all":           {[][]string{first, second[:3]}, "entry 4 was removed after it"},
		"a whole chain":             {[][]string{second}, "was removed, or is in a file that was not given"},
		"the last chain":            {[][]string{first}, "chain " + kept[0].Chain + ", whose last entry, 4, the site has stored, was removed"},
		"two exchanged": {
			[][]string{{first[0], first[2], first[1], first[3], first[4]}, second}, "comes after entry 3: they were reordered",
		},
		"one twice": {[][]string{append(clone(first), first[4]), second}, "appears twice"},
		"one inserted": {
			[][]string{append(clone(first[:2]), append([]string{forged(first[1], func(e *Entry) { e.Seq = 3 }, "k")}, first[2:]...)...), second}, "twice",
		},
		"a line cut":         {[][]string{with(first, 1, first[1][:len(first[1])/2]), second}, "log0:2: the entry cannot be read"},
		"a chain put before": {[][]string{first, with(second, 0, forged(second[0], func(e *Entry) { e.After.Seq = 4 }, "k"))}, "does not follow"},
		"the link to it taken away": {
			[][]string{first, with(second, 0, forged(second[0], func(e *Entry) { e.After = nil }, "k"))}, "refers to a previous entry, but does not say which",
		},
		"a line beyond all measure":  {[][]string{with(first, 1, `{"chain":"`+strings.Repeat("x", 2*maxLine)), second}, "log0:2: skipped a line of more than"},
		"the end replaced with keys": {[][]string{first, with(second, 3, forged(second[3], grants, "k"))}, "does not match the entry that the site stored"},
	} {
		t.Run(name, func(t *testing.T) {
			v := verified(kept, c.files...)
			if !strings.Contains(strings.Join(v.Problems, "\n"), c.want) {
				t.Errorf("%s: %q, want %q", name, v.Problems, c.want)
			}
		})
	}
	if v := verified(kept, first, second, stranger); len(v.Problems) > 0 {
		t.Errorf("as they were: %q", v.Problems)
	}
}

func TestVerificationWithoutKey(t *testing.T) {
	lines := start(t, new(memory)).records(t, 3)
	check := func(lines ...string) *Verification {
		v := new(Verification)
		if err := v.Read("log", strings.NewReader(strings.Join(lines, "\n"))); err != nil {
			t.Fatal(err)
		}
		v.Finish()
		return v
	}
	if v := check(lines...); len(v.Problems) > 0 || !strings.Contains(strings.Join(v.Notes, "\n"), "no last entry that the site has stored") {
		t.Errorf("%q", v.Problems)
	}
	if v := check(lines[0], strings.Replace(lines[1], "custom", "accept", 1), lines[2]); len(v.Problems) != 1 {
		t.Errorf("%q", v.Problems)
	}
}

func TestVerificationOtherStorage(t *testing.T) {
	lines := start(t, new(memory)).records(t, 3)
	v := &Verification{Keys: testKey("other")}
	if err := v.Read("log", strings.NewReader(strings.Join(lines, "\n"))); err != nil {
		t.Fatal(err)
	}
	if v.Finish(); len(v.Problems) != 3 || !strings.Contains(strings.Join(v.Notes, "\n"), "no entry at all was sealed by a key of this storage") {
		t.Errorf("%q, %q", v.Problems, v.Notes)
	}
}

func TestVerificationPartial(t *testing.T) {
	heads := new(memory)
	start(t, heads).records(t, 3)
	second := start(t, heads).records(t, 3)
	third := start(t, heads).records(t, 3)
	stranger := start(t, new(memory)).records(t, 1)
	for name, c := range map[string]struct {
		files [][]string
		want  string // "" where all holds
	}{
		"whole chains are gone":            {[][]string{second, third}, ""},
		"and a chain's beginning":          {[][]string{second[1:], third}, ""},
		"in one file":                      {[][]string{append(slices.Clone(second[2:]), third...)}, ""},
		"another instance's file":          {[][]string{stranger, second[1:]}, ""},
		"a beginning behind another entry": {[][]string{append(slices.Clone(second), third[1:]...)}, "entries 1 to 1 before it were removed"},
		"a whole chain behind another":     {[][]string{append(slices.Clone(stranger), third...)}, "the previous chain"},
		"a middle":                         {[][]string{append(slices.Clone(second[:1]), second[2:]...)}, "entry 2 was removed"},
	} {
		t.Run(name, func(t *testing.T) {
			v := &Verification{Keys: testKey("k"), Partial: true}
			for i, lines := range c.files {
				if err := v.Read(fmt.Sprint("log", i), strings.NewReader(strings.Join(lines, "\n"))); err != nil {
					t.Fatal(err)
				}
			}
			v.Finish()
			if problems := strings.Join(v.Problems, "\n"); (c.want == "") != (problems == "") || !strings.Contains(problems, c.want) {
				t.Errorf("%q, want %q", v.Problems, c.want)
			}
		})
	}
}

// What else a log writes is not the ledger's: its encoder may append fields.
func TestLogOtherMembers(t *testing.T) {
	lines := start(t, new(memory)).records(t, 2)
	for i := range lines {
		lines[i] = strings.Replace(lines[i], `,"mac":`, `,"size":1e999,"server":{"name":"a"},"mac":`, 1)
	}
	v := verified(nil, lines)
	notes := strings.Join(v.Notes, "\n")
	if len(v.Problems) > 0 || v.Entries != 2 || strings.Count(notes, `has "server", which is not the ledger's`) != 1 || strings.Contains(notes, `"level"`) {
		t.Errorf("%d entries, %q, %q", v.Entries, v.Problems, v.Notes)
	}
}

// A head's chain may be in a file that was deleted in time; a receipt that is checked alone says nothing of it.
func TestVerificationChainNowhere(t *testing.T) {
	other, elsewhere := start(t, new(memory)).records(t, 1), []Head{{Chain: "elsewhere", Seq: 7, Hash: "h"}}
	partial := &Verification{Keys: testKey("k"), Heads: elsewhere, Partial: true}
	if err := partial.Read("log", strings.NewReader(other[0])); err != nil {
		t.Fatal(err)
	}
	partial.Finish()
	for name, v := range map[string]*Verification{"partial": partial, "a receipt": verified(elsewhere, []string{receiptOf(t, entry(0))})} {
		if len(v.Problems) > 0 || !strings.Contains(strings.Join(v.Notes, "\n"), "chain elsewhere") {
			t.Errorf("%s: %q, %q", name, v.Problems, v.Notes)
		}
	}
}

// brokenOutput fails while it is told to.
type brokenOutput struct {
	bytes.Buffer
	broken bool
}

func (b *brokenOutput) Write(p []byte) (int, error) {
	if b.broken {
		return 0, errors.New("no space left on device")
	}
	return b.Buffer.Write(p)
}

func TestEntryWriteFailure(t *testing.T) {
	p := start(t, new(memory))
	log := new(brokenOutput)
	p.Logger = zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), log, zap.InfoLevel))
	p.Record(entry(0))
	log.broken = true
	p.Record(entry(1))
	p.Record(entry(2))
	log.broken = false
	p.Record(entry(3))
	if err := p.Chain.Close(); err != nil {
		t.Fatal(err)
	}
	if len(p.failures) != 2 || !strings.Contains(p.failures[0].Error(), "no space left on device") {
		t.Errorf("failures: %v", p.failures)
	}
	v := verified(nil, strings.Split(strings.TrimSpace(log.String()), "\n"))
	if len(v.Problems) > 0 || v.Entries != 2 || !strings.Contains(strings.Join(v.Notes, "\n"), "2 choices before it could not be written") {
		t.Errorf("%d entries, %q, %q", v.Entries, v.Problems, v.Notes)
	}
}

func (b *brokenOutput) Sync() error { return nil }

// fullDisk writes a part of an entry while it is full.
type fullDisk struct {
	brokenOutput
	part func(p []byte) []byte
}

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.part == nil {
		return d.Buffer.Write(p)
	}
	n, _ := d.Buffer.Write(d.part(p))
	return n, errors.New("no space left on device")
}

func TestEntryCutByFullDisk(t *testing.T) {
	const fragment = "on its line stands a part of an entry before it"
	for name, c := range map[string]struct {
		part    func(p []byte) []byte
		entries int
		note    string
	}{
		"half":                  {func(p []byte) []byte { return p[:len(p)/2] }, 3, fragment},
		"a few bytes":           {func(p []byte) []byte { return p[:3] }, 3, fragment},
		"all but its line feed": {func(p []byte) []byte { return p[:len(p)-1] }, 4, "which not every log took"},
		"all but its end":       {func(p []byte) []byte { return p[:len(p)-2] }, 3, fragment},
	} {
		t.Run(name, func(t *testing.T) {
			p, disk := start(t, new(memory)), new(fullDisk)
			p.Logger = zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), disk, zap.InfoLevel)).
				Named("http.handlers.consent.ledger")
			p.Record(entry(0))
			disk.part = c.part
			p.Record(entry(1))
			disk.part = nil
			p.Record(entry(2))
			p.Record(entry(3))
			if len(p.failures) != 1 {
				t.Errorf("failures: %v", p.failures)
			}
			lines := strings.Split(strings.TrimSpace(disk.String()), "\n")
			v := verified(nil, lines)
			if len(v.Problems) > 0 || v.Entries != c.entries || !strings.Contains(strings.Join(v.Notes, "\n"), c.note) {
				t.Errorf("%d entries, %q, %q", v.Entries, v.Problems, v.Notes)
			}
			if v := verified(nil, append(lines[:1:1], lines[2:]...)); len(v.Problems) == 0 {
				t.Error("nobody sees that the line is removed")
			}
		})
	}
}

// One of two logs fails for a while: each alone is in order, and nothing can be removed from either.
func TestEntryWriteFailureOfOneLog(t *testing.T) {
	heads := new(memory)
	p := start(t, heads)
	log := new(brokenOutput)
	p.Logger = zap.New(zapcore.NewTee(p.Logger.Core(), zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), log, zap.InfoLevel)))
	for i, broken := range []bool{false, true, true, false, false, true, false} {
		log.broken = broken
		p.Record(entry(i))
	}
	if err := p.Chain.Close(); err != nil {
		t.Fatal(err)
	}
	taken := strings.Split(strings.TrimSpace(p.log.String()), "\n")
	missed := strings.Split(strings.TrimSpace(log.String()), "\n")
	next := start(t, heads).records(t, 1)
	for name, c := range map[string]struct {
		lines []string
		want  int
	}{"the one that went on": {taken, 7}, "the one that failed": {missed, 4}} {
		if v := verified([]Head{*heads.head}, c.lines, next); len(v.Problems) > 0 || v.Entries != c.want+1 {
			t.Errorf("%s: %d entries, %q", name, v.Entries, v.Problems)
		}
	}
	for i := range missed {
		if v := verified([]Head{*heads.head}, append(missed[:i:i], missed[i+1:]...), next); len(v.Problems) == 0 {
			t.Errorf("nobody sees that line %d is removed", i+1)
		}
		var written Entry
		if err := json.Unmarshal([]byte(missed[i]), &written); err != nil {
			t.Fatal(err)
		}
		without := slices.DeleteFunc(slices.Clone(taken), func(line string) bool { return strings.Contains(line, written.Hash+`","mac"`) })
		if v := verified([]Head{*heads.head}, without, next); len(without) != 6 || len(v.Problems) == 0 {
			t.Errorf("nobody sees that entry %d is removed from the other", written.Seq)
		}
	}
}

func TestEntryCutByCrash(t *testing.T) {
	heads := new(memory)
	first := start(t, heads).records(t, 2)
	second := start(t, heads).records(t, 2)
	v := verified(nil, append(first, append([]string{first[0][:300] + second[0]}, second[1:]...)...))
	if len(v.Problems) > 0 || v.Entries != 4 {
		t.Errorf("%d entries, %q", v.Entries, v.Problems)
	}
	// Nothing explains a cut elsewhere.
	if v := verified(nil, []string{first[0], first[0][:300] + first[1]}); len(v.Problems) != 1 || !strings.Contains(v.Problems[0], "cannot be read") {
		t.Errorf("%q", v.Problems)
	}
}

func TestLogLevelDisabled(t *testing.T) {
	p := start(t, new(memory))
	p.Logger = zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(&p.log), zap.ErrorLevel))
	if p.Record(entry(0)); len(p.failures) != 1 || !strings.Contains(p.failures[0].Error(), "no log accepts") {
		t.Errorf("failures: %v", p.failures)
	}
}

func TestHeadStoreFailure(t *testing.T) {
	heads := new(memory)
	p := start(t, heads)
	heads.err = errors.New("unreachable")
	p.Record(entry(0))
	if err := p.Chain.Close(); err != nil {
		t.Fatal(err)
	}
	if len(p.failures) > 0 || len(p.unkept) != 1 || !strings.Contains(p.unkept[0].Error(), "unreachable") {
		t.Errorf("failures: %v, not kept: %v", p.failures, p.unkept)
	}
	if _, err := NewChain(heads); err == nil {
		t.Error("a chain begins although nobody can tell what was before")
	}
}

// What the storage did not take is stored when it is back, though nobody chooses any more; or at the end.
func TestHeadStoredAfterFailure(t *testing.T) {
	for _, closes := range []bool{false, true} {
		t.Run(fmt.Sprintf("at the end %t", closes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				heads := new(memory)
				fails := func(err error) { heads.mu.Lock(); heads.err = err; heads.mu.Unlock() }
				p := start(t, heads)
				fails(errors.New("unreachable"))
				p.Record(entry(0))
				time.Sleep(5*keepInterval + keepInterval/2)
				fails(nil)
				if !closes {
					time.Sleep(keepInterval)
				} else if err := p.Chain.Close(); err != nil {
					t.Fatal(err)
				}
				if head, err := heads.Load(); err != nil || head == nil || head.Seq != 1 {
					t.Errorf("%v is stored, %v", head, err)
				}
				if len(p.failures) > 0 || len(p.unkept) != 1 {
					t.Errorf("failures: %v, not kept: %v", p.failures, p.unkept)
				}
				if err := p.Chain.Close(); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

func TestChainConcurrency(t *testing.T) {
	heads := new(memory)
	p := start(t, heads)
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range 50 {
				p.Record(entry(worker*50 + i))
			}
		})
	}
	group.Wait()
	lines := p.records(t, 0)
	if v := verified([]Head{*heads.head}, lines); len(v.Problems) > 0 || v.Entries != 400 || v.Chains != 1 || heads.head.Seq != 400 {
		t.Errorf("%d entries, head %+v: %q", v.Entries, heads.head, v.Problems)
	}
}

func TestCanonicalJSON(t *testing.T) {
	for in, want := range map[string]string{
		`{ "b": [1, true, null, "é"], "a": {"d":"", "c":-7} }`: `{"a":{"c":-7,"d":""},"b":[1,true,null,"é"]}`,
		`"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/<>&"`:   `"€$\u000f\nA'B\"\\\\\"/<>&"`,
		`"\b\t\f\r\u2028"`:  "\"\\b\\t\\f\\r\u2028\"",
		`12345678901234567`: "12345678901234567",
	} {
		t.Run(fmt.Sprintf("%.40q", in), func(t *testing.T) {
			got, err := Canonical([]byte(in))
			if err != nil || string(got) != want {
				t.Errorf("%s became %s (%v), want %s", in, got, err, want)
			}
		})
	}
	for _, in := range []string{"1.5", "1e3", "-0", "{", "1 2", ""} {
		t.Run(fmt.Sprintf("%q", in), func(t *testing.T) {
			if got, err := Canonical([]byte(in)); err == nil {
				t.Errorf("%s became %s", in, got)
			}
		})
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte(`{"logger":"http.handlers.consent.ledger","chain":"a","seq":1,"prev":"","hash":"b","mac":"aaaa","after":{"chain":"a","seq":1}}` +
		"\n{"))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Add([]byte(`{"header":{"record_id":"r"},"proof":{"hash":"h"},"event":[{"service":"s"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		v := &Verification{Keys: testKey("k"), Heads: []Head{{Chain: "a", Seq: 2}}}
		if err := v.Read("fuzzed", bytes.NewReader(text)); err != nil {
			return
		}
		if v.Finish(); v.Entries+v.Receipts > 0 && len(v.Problems) == 0 {
			t.Errorf("something holds that nobody sealed: %q", text)
		}
	})
}
