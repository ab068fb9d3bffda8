package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// lolHTML is lol-html in a node process, which waits between its turns. It reads the
// same files and takes its time itself, so that nothing in between counts.
type lolHTML struct {
	process *exec.Cmd
	stdin   io.WriteCloser
	answers *json.Decoder
}

// turn is one line to node, result one line from it.
type turn struct {
	Files    []string `json:"files"`
	Handlers bool     `json:"handlers"`
	Seconds  float64  `json:"seconds"`
}

type result struct {
	Bytes   int     `json:"bytes"`
	Seconds float64 `json:"seconds"`
	Found   int     `json:"found"`
	Error   string  `json:"error"`
}

func startLolHTML() (*lolHTML, error) {
	l := &lolHTML{process: exec.Command("node", "lolhtml.mjs")}
	l.process.Stderr = os.Stderr
	stdout, err := l.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	l.answers = json.NewDecoder(stdout)
	if l.stdin, err = l.process.StdinPipe(); err != nil {
		return nil, err
	}
	return l, l.process.Start()
}

func (l *lolHTML) stop() {
	_ = l.stdin.Close() // node ends with its input
	_ = l.process.Wait()
}

func (l *lolHTML) candidates() []candidate {
	return []candidate{
		{"lol-html as WebAssembly, no handler", l.measure(false)},
		{"lol-html as WebAssembly, handlers for three elements", l.measure(true)},
	}
}

func (l *lolHTML) measure(handlers bool) measurement {
	return func(c *corpus, length time.Duration) (sample, error) {
		t := turn{Handlers: handlers, Seconds: length.Seconds()}
		for _, p := range c.pages {
			t.Files = append(t.Files, p.path)
		}
		var r result
		if err := json.NewEncoder(l.stdin).Encode(t); err != nil {
			return sample{}, fmt.Errorf("node is gone: %w", err)
		}
		if err := l.answers.Decode(&r); err != nil {
			return sample{}, fmt.Errorf("no answer from node: %w", err)
		}
		if r.Error != "" {
			return sample{}, errors.New(r.Error)
		}
		return sample{r.Bytes, time.Duration(r.Seconds * float64(time.Second)), r.Found}, nil
	}
}
