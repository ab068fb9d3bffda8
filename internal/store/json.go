package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/caddyserver/certmagic"
)

// locked does something under a lock that all instances which share the storage heed.
func locked(ctx context.Context, storage certmagic.Storage, lock string, do func() error) (err error) {
	if err := storage.Lock(ctx, lock); err != nil {
		return fmt.Errorf("locking the storage: %w", err)
	}
	defer func() { err = errors.Join(err, storage.Unlock(context.WithoutCancel(ctx), lock)) }()
	return do()
}

// loadJSON reads a file of the storage; its error is fs.ErrNotExist where there is none.
func loadJSON(ctx context.Context, storage certmagic.Storage, file string, into any) error {
	content, err := storage.Load(ctx, file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("%s in the storage: %w", file, err)
	}
	return nil
}

func storeJSON(ctx context.Context, storage certmagic.Storage, file string, value any) error {
	content, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return storage.Store(ctx, file, content)
}
