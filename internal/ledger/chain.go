package ledger

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Heads keeps the last entry of a chain where the next process finds it.
type Heads interface {
	// Load returns nil where there is none.
	Load() (*Head, error)
	Store(Head) error
}

// Chain is what entries of one process are chained to. It may be used from many goroutines.
type Chain struct {
	mu        sync.Mutex
	id        string
	seq       uint64
	last      string
	after     *Head
	unwritten uint64

	keeper keeper
}

// NewChain begins a chain, which follows the one whose last entry is kept.
func NewChain(heads Heads) (*Chain, error) {
	after, err := heads.Load()
	if err != nil {
		return nil, fmt.Errorf("the last entry of the previous chain: %w", err)
	}
	id := make([]byte, 8)
	_, _ = rand.Read(id) // never fails
	c := &Chain{id: hex.EncodeToString(id), last: none}
	if after != nil {
		c.after, c.last = &Head{Chain: after.Chain, Seq: after.Seq}, after.Hash
	}
	return c, nil
}

// Close waits until the last entry is kept.
func (c *Chain) Close() error { return c.keeper.close() }

// Ledger writes entries to a log, so that any of Caddy's log outputs keeps them.
type Ledger struct {
	Logger *zap.Logger
	Chain  *Chain
	Keys   Keys
	Heads  Heads
	// Failed is told of each entry that could not be written, and why.
	Failed func(error)
	// Unkept is told when the last entry could not be stored, and why. The entry itself is written.
	Unkept func(error)
}

// Record writes an entry. It has reached the log's outputs when this returns, unless Failed was told.
func (l *Ledger) Record(e Entry) {
	c := l.Chain
	c.mu.Lock()
	defer c.mu.Unlock()
	e.Link = Link{Chain: c.id, Seq: c.seq + 1, Prev: c.last, Unwritten: c.unwritten}
	if e.Seq == 1 {
		e.After = c.after
	}
	err := l.seal(&e)
	if err == nil {
		err = l.write(e)
	}
	if err != nil {
		c.unwritten++
		l.Failed(fmt.Errorf("a choice could not be written to the ledger: %w", err))
		return
	}
	c.seq, c.last, c.unwritten = e.Seq, e.Hash, 0
	c.keeper.keep(Head{Chain: c.id, Seq: e.Seq, Hash: e.Hash}, l.Heads, l.Unkept)
}

func (l *Ledger) seal(e *Entry) (err error) {
	if e.Hash, err = e.hash(); err == nil {
		e.MAC = l.Keys.Sign(sealed(e.Hash))
	}
	return err
}

// write is as zap's own, but that an output's failure is told.
func (l *Ledger) write(e Entry) error {
	entry := zapcore.Entry{Level: zapcore.InfoLevel, Time: time.Now(), LoggerName: l.Logger.Name(), Message: "choice"}
	checked := l.Logger.Core().Check(entry, nil)
	if checked == nil {
		return fmt.Errorf("no log accepts entries of the logger %s at level INFO: check include, exclude and level of the log options", l.Logger.Name())
	}
	var failure strings.Builder
	checked.ErrorOutput = zapcore.AddSync(&failure)
	checked.Write(e.fields()...)
	if failure.Len() > 0 {
		return errors.New(strings.TrimSpace(failure.String()))
	}
	return nil
}
