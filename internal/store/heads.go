package store

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"path"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/certmagic"

	"github.com/caddy-consent/caddy-consent/internal/ledger"
)

const headsFolder = "consent/ledger"

// Heads keeps in Caddy's storage the last entry of this instance's ledger.
type Heads struct {
	storage certmagic.Storage
	file    string
}

// OpenHeads finds the place of this instance's, which Caddy tells apart by the id in its data folder. Where
// that folder cannot be written, the instance is a new one at each start, and so is its ledger.
func OpenHeads(storage certmagic.Storage) Heads {
	name := rand.Text()
	if id, err := caddy.InstanceID(); err == nil {
		name = id.String()
	}
	return Heads{storage, path.Join(headsFolder, name+".json")}
}

// Load returns the last entry, nil where there is none.
func (h Heads) Load() (*ledger.Head, error) {
	ctx, cancel := context.WithTimeout(context.Background(), StoragePatience)
	defer cancel()
	var head ledger.Head
	switch err := loadJSON(ctx, h.storage, h.file, &head); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &head, nil
}

// Store keeps the last entry.
func (h Heads) Store(head ledger.Head) error {
	ctx, cancel := context.WithTimeout(context.Background(), StoragePatience)
	defer cancel()
	return storeJSON(ctx, h.storage, h.file, head)
}

// AllHeads are those of all instances that share a storage.
func AllHeads(ctx context.Context, storage certmagic.Storage) ([]ledger.Head, error) {
	files, err := storage.List(ctx, headsFolder, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var heads []ledger.Head
	for _, file := range files {
		head, err := Heads{storage, file}.Load()
		if err != nil {
			return nil, err
		}
		if head != nil {
			heads = append(heads, *head)
		}
	}
	return heads, nil
}

// chains holds the process's one chain, which outlives reloads.
var chains = caddy.NewUsagePool()

const chainKey = "chain"

// chain lets the pool end a chain when no handler is left.
type chain struct{ *ledger.Chain }

func (c chain) Destruct() error { return c.Close() }

// OpenChain returns the process's chain, which follows the last entry of the process before. Each is
// given back with CloseChain.
func OpenChain(heads Heads) (*ledger.Chain, error) {
	opened, _, err := chains.LoadOrNew(chainKey, func() (caddy.Destructor, error) {
		begun, err := ledger.NewChain(heads)
		return chain{begun}, err
	})
	if err != nil {
		return nil, err
	}
	return opened.(chain).Chain, nil
}

// CloseChain gives a chain back.
func CloseChain() error {
	_, err := chains.Delete(chainKey)
	return err
}
