package ledger

import (
	"fmt"
	"sync"
	"time"
)

// keepInterval is how far apart heads are stored: a visitor must not wait for the storage, and the
// storage must not take as many writes as there are choices.
const keepInterval = time.Second

// keeper stores the latest head in the background.
type keeper struct {
	mu      sync.Mutex
	latest  Head
	heads   Heads
	failed  func(error)
	running chan struct{} // closed when the background has ended; nil where there is none
	closing chan struct{}
}

// keep has a head stored soon.
func (k *keeper) keep(head Head, heads Heads, failed func(error)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.latest, k.heads, k.failed = head, heads, failed
	if k.running == nil {
		k.running, k.closing = make(chan struct{}), make(chan struct{})
		go k.run(k.running, k.closing)
	}
}

// run stores heads until there is none that is not stored. What the storage does not take is tried again, and once
// more at the end.
func (k *keeper) run(running, closing chan struct{}) {
	defer close(running)
	var stored Head
	var told, last, over bool // told: this failure is known
	for {
		k.mu.Lock()
		latest, heads, failed := k.latest, k.heads, k.failed
		if latest == stored || over {
			k.running = nil
			k.mu.Unlock()
			return
		}
		k.mu.Unlock()
		if err := heads.Store(latest); err == nil {
			stored, told = latest, false
		} else {
			if !told {
				failed(fmt.Errorf("the last entry was written, but could not be stored for the next chain to refer to: %w", err))
			}
			told, over = true, last
		}
		select {
		case <-time.After(keepInterval):
		case <-closing:
			last = true
		}
	}
}

// close waits until the latest head is stored, or could not be.
func (k *keeper) close() error {
	k.mu.Lock()
	running, closing := k.running, k.closing
	k.mu.Unlock()
	if running != nil {
		close(closing)
		<-running
	}
	return nil
}
