package ledger

import (
	"encoding/json"
	"strings"
	"testing"
)

func receiptOf(t *testing.T, e Entry) string {
	t.Helper()
	var r Receipt
	r.Header.RecordID, r.Header.Time = e.Receipt, e.Time
	for _, id := range e.Granted {
		r.Events = append(r.Events, ReceiptEvent{Service: id, State: ConsentGiven})
	}
	for _, id := range e.Refused {
		r.Events = append(r.Events, ReceiptEvent{Service: id, State: ConsentRefused})
	}
	text, err := r.Seal(testKey("k"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestReceiptVerification(t *testing.T) {
	lines := start(t, new(memory)).records(t, 3)
	genuine := receiptOf(t, entry(1))
	var compact any
	if err := json.Unmarshal([]byte(genuine), &compact); err != nil {
		t.Fatal(err)
	}
	reordered, _ := json.Marshal(compact)
	richer := entry(1)
	richer.Granted = []string{"matomo", "ga"}
	for name, c := range map[string]struct {
		receipt string
		log     []string
		want    string // "" where all holds
	}{
		"alone":                {genuine, nil, ""},
		"with its ledger":      {genuine, lines, ""},
		"written otherwise":    {string(reordered), lines, ""},
		"altered":              {strings.Replace(genuine, ConsentRefused, ConsentGiven, 1), lines, "was altered"},
		"something added":      {strings.Replace(genuine, "{", `{"also":"this",`, 1), nil, "was altered"},
		"something twice":      {strings.Replace(genuine, `"header": {`, `"header": {"record_time":"2020-01-01T00:00:00.000Z",`, 1), nil, "was altered"},
		"forged":               {strings.Replace(genuine, `"mac": "`, `"mac": "AAAA`, 1), nil, "is forged"},
		"of no entry":          {receiptOf(t, entry(7)), lines, "matches no entry"},
		"other than its entry": {receiptOf(t, richer), lines, "does not match"},
	} {
		t.Run(name, func(t *testing.T) {
			files := [][]string{{c.receipt}}
			if c.log != nil {
				files = append(files, c.log)
			}
			v := verified(nil, files...)
			problems := strings.Join(v.Problems, "\n")
			if v.Receipts != 1 || (c.want == "") != (problems == "") || !strings.Contains(problems, c.want) {
				t.Errorf("%s: %d receipts, %q, want %q", name, v.Receipts, v.Problems, c.want)
			}
		})
	}
}
