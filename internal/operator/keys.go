// Package operator joins the module to Caddy beyond HTTP: its storage and its
// admin API. It is the only package below the root that knows Caddy.
package operator

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/certmagic"

	"github.com/caddy-consent/caddy-consent/internal/policy"
)

const (
	keysFile = "consent/keys.json"
	keysLock = "consent_keys"

	// storagePatience is how long the storage may take: a visitor may be waiting.
	storagePatience = 5 * time.Second
	// refreshInterval is how long a rotation elsewhere may go unnoticed.
	refreshInterval = time.Minute
)

// storedKeys is what the storage holds, the newest key first.
type storedKeys struct {
	Keys []storedKey `json:"keys"`
}

type storedKey struct {
	Created time.Time `json:"created"`
	Key     []byte    `json:"key"`
}

// Keys signs choices with the newest key in Caddy's storage and verifies with all,
// so that instances that share a storage honour each other's cookies.
type Keys struct {
	storage certmagic.Storage
	current atomic.Pointer[storedKeys]

	refreshing sync.Mutex
	refreshed  time.Time // guarded by refreshing
}

// OpenKeys loads the keys. The first instance of all makes one, under the storage's
// lock.
func OpenKeys(ctx context.Context, storage certmagic.Storage) (*Keys, error) {
	k := &Keys{storage: storage, refreshed: time.Now()}
	stored, err := load(ctx, storage)
	if errors.Is(err, fs.ErrNotExist) {
		stored, err = addKey(ctx, storage, time.Now(), false)
	}
	if err != nil {
		return nil, fmt.Errorf("the key that signs choices: %w", err)
	}
	k.current.Store(stored)
	return k, nil
}

// RotateKey makes a new key, which signs from now on. The old ones go on verifying
// until no choice can be as old as they are.
func RotateKey(ctx context.Context, storage certmagic.Storage) error {
	_, err := addKey(ctx, storage, time.Now(), true)
	return err
}

// addKey makes a key under the storage's lock, unless there is one by then that will
// do.
func addKey(ctx context.Context, storage certmagic.Storage, now time.Time, another bool) (stored *storedKeys, err error) {
	err = locked(ctx, storage, keysLock, func() error {
		stored, err = load(ctx, storage)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			stored = &storedKeys{}
		case err != nil || !another:
			return err
		}
		stored = withNewKey(stored, now)
		return storeJSON(ctx, storage, keysFile, stored)
	})
	return stored, err
}

// withNewKey puts a new key before those that may still have signed a valid choice.
func withNewKey(stored *storedKeys, now time.Time) *storedKeys {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails
	keys := []storedKey{{Created: now.UTC(), Key: key}}
	for i, old := range stored.Keys {
		retired := now // when the key ceased to sign
		if i > 0 {
			retired = stored.Keys[i-1].Created
		}
		if now.Sub(retired) < policy.MaxLifetime {
			keys = append(keys, old)
		}
	}
	return &storedKeys{keys}
}

func load(ctx context.Context, storage certmagic.Storage) (*storedKeys, error) {
	var stored storedKeys
	if err := loadJSON(ctx, storage, keysFile, &stored); err != nil {
		return nil, err
	}
	for _, k := range stored.Keys {
		if len(k.Key) < sha256.Size {
			return nil, fmt.Errorf("%s in the storage: a key of %d bytes, not %d", keysFile, len(k.Key), sha256.Size)
		}
	}
	if len(stored.Keys) == 0 {
		return nil, fmt.Errorf("%s in the storage holds no key", keysFile)
	}
	return &stored, nil
}

// Sign returns the HMAC-SHA256 of message with the newest key.
func (k *Keys) Sign(message []byte) []byte {
	k.refresh()
	return mac(k.current.Load().Keys[0].Key, message)
}

// Verify tells whether any of the keys signed message. Where none did, another
// instance may have rotated: the storage is looked at again, at most once a minute.
func (k *Keys) Verify(message, given []byte) bool {
	return k.verify(message, given) || k.refresh() && k.verify(message, given)
}

func (k *Keys) verify(message, given []byte) bool {
	for _, key := range k.current.Load().Keys {
		if hmac.Equal(given, mac(key.Key, message)) {
			return true
		}
	}
	return false
}

// refresh reads the keys anew if it is time to, and nobody else is doing so. A
// storage that fails leaves the keys as they are.
func (k *Keys) refresh() bool {
	if !k.refreshing.TryLock() {
		return false
	}
	defer k.refreshing.Unlock()
	if time.Since(k.refreshed) < refreshInterval {
		return false
	}
	k.refreshed = time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), storagePatience)
	defer cancel()
	stored, err := load(ctx, k.storage)
	if err != nil {
		return false
	}
	k.current.Store(stored)
	return true
}

func mac(key, message []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(message)
	return h.Sum(nil)
}
