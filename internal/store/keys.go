// Package store keeps in Caddy's storage, which all instances of a site share, what must outlive a process: the keys that
// sign choices, since when a policy is in force, and the end of each instance's ledger.
package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/certmagic"

	"github.com/caddy-consent/caddy-consent/internal/policy"
)

const (
	keysFile = "consent/keys.json"
	keysLock = "consent_keys"

	// refreshInterval is how long a rotation elsewhere may go unnoticed.
	refreshInterval = time.Minute
	// activation is how long a new key only verifies: by then every instance has seen it, or looks for
	// it when it meets its first signature, so that no visitor is asked again.
	activation = 2 * refreshInterval
	// maxKeys bounds how many are kept for ledgers: those of eight years, rotated monthly.
	maxKeys = 100
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
	// unkept tells that the storage had no key when it was read: the one there is must yet be kept.
	unkept atomic.Bool

	now        func() time.Time
	refreshing sync.Mutex
	refreshed  time.Time // guarded by refreshing
}

// OpenKeys loads the keys. The first instance of all makes one, which Keep writes.
func OpenKeys(ctx context.Context, storage certmagic.Storage) (*Keys, error) {
	stored, err := load(ctx, storage)
	isNew := errors.Is(err, fs.ErrNotExist)
	if isNew {
		stored, err = withNewKey(&storedKeys{}, time.Now()), nil
	}
	k, err := keysOf(storage, stored, err)
	if err == nil {
		k.unkept.Store(isNew)
	}
	return k, err
}

// Keep writes a key that was made, under the storage's lock, before anything is signed; where another instance has
// been faster, that one's holds.
func (k *Keys) Keep(ctx context.Context) error {
	if !k.unkept.Load() {
		return nil
	}
	err := locked(ctx, k.storage, keysLock, func() error {
		stored, err := load(ctx, k.storage)
		switch {
		case err == nil:
			k.current.Store(stored)
		case errors.Is(err, fs.ErrNotExist):
			return storeJSON(ctx, k.storage, keysFile, k.current.Load())
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("the key that signs choices: %w", err)
	}
	k.unkept.Store(false)
	return nil
}

// LoadKeys loads the keys that there are, to verify what was signed.
func LoadKeys(ctx context.Context, storage certmagic.Storage) (*Keys, error) {
	stored, err := load(ctx, storage)
	return keysOf(storage, stored, err)
}

func keysOf(storage certmagic.Storage, stored *storedKeys, err error) (*Keys, error) {
	if err != nil {
		return nil, fmt.Errorf("the key that signs choices: %w", err)
	}
	k := &Keys{storage: storage, refreshed: time.Now(), now: time.Now}
	k.current.Store(stored)
	return k, nil
}

// RotateKey makes a new key, which signs as soon as every instance can know it, in two minutes. The old
// ones go on verifying: choices until none can be as old as they are, ledgers for longer.
func RotateKey(ctx context.Context, storage certmagic.Storage) error {
	return addKey(ctx, storage, time.Now())
}

// addKey makes a key under the storage's lock, besides those that there are.
func addKey(ctx context.Context, storage certmagic.Storage, now time.Time) error {
	return locked(ctx, storage, keysLock, func() error {
		stored, err := load(ctx, storage)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			stored = &storedKeys{}
		case err != nil:
			return err
		}
		return storeJSON(ctx, storage, keysFile, withNewKey(stored, now))
	})
}

// withNewKey puts a new key before the others.
func withNewKey(stored *storedKeys, now time.Time) *storedKeys {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails
	keys := append([]storedKey{{Created: now.UTC(), Key: key}}, stored.Keys...)
	return &storedKeys{keys[:min(len(keys), maxKeys)]}
}

// signing is the key that signs: the newest that every instance can know, else the first of all.
func (s *storedKeys) signing(now time.Time) []byte {
	for _, k := range s.Keys {
		if now.Sub(k.Created) >= activation {
			return k.Key
		}
	}
	return s.Keys[len(s.Keys)-1].Key
}

// verifies tells whether one of the keys signed a message, that had not ceased to sign longer than that ago.
func (s *storedKeys) verifies(message, given []byte, now time.Time, ago time.Duration) bool {
	for i, k := range s.Keys {
		if i > 0 && now.Sub(s.Keys[i-1].Created.Add(activation)) >= ago {
			return false // nor those before it
		}
		if hmac.Equal(given, mac(k.Key, message)) {
			return true
		}
	}
	return false
}

func load(ctx context.Context, storage certmagic.Storage) (*storedKeys, error) {
	var stored storedKeys
	if err := loadJSON(ctx, storage, keysFile, &stored); err != nil {
		return nil, err
	}
	for _, k := range stored.Keys {
		if len(k.Key) < sha256.Size {
			return nil, fmt.Errorf("%s in the storage: the key has %d bytes instead of %d", keysFile, len(k.Key), sha256.Size)
		}
	}
	if len(stored.Keys) == 0 {
		return nil, fmt.Errorf("%s in the storage contains no key", keysFile)
	}
	return &stored, nil
}

// Sign returns the HMAC-SHA256 of message with the key that signs now.
func (k *Keys) Sign(message []byte) []byte {
	k.refresh()
	return mac(k.current.Load().signing(k.now()), message)
}

// Verify tells whether a key signed message that may have signed a choice which still holds. Where none
// did, another instance may have rotated: the storage is looked at again, at most once a minute.
func (k *Keys) Verify(message, given []byte) bool {
	return k.verify(message, given) || k.refresh() && k.verify(message, given)
}

func (k *Keys) verify(message, given []byte) bool {
	return k.current.Load().verifies(message, given, k.now(), policy.MaxLifetime)
}

// AllKeys verifies what was signed at any time.
type AllKeys struct{ *Keys }

// Verify tells whether any key that is kept signed message.
func (k AllKeys) Verify(message, given []byte) bool {
	return k.current.Load().verifies(message, given, k.now(), math.MaxInt64)
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
	ctx, cancel := context.WithTimeout(context.Background(), StoragePatience)
	defer cancel()
	if k.unkept.Load() {
		return k.Keep(ctx) == nil
	}
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
