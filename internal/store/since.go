package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/certmagic"
)

const (
	policiesFolder = "consent/policies/"
	policiesLock   = "consent_policies"

	// StoragePatience is how long the storage may take: a visitor may be waiting.
	StoragePatience = 5 * time.Second
)

// storedPolicy is what the storage holds of a version of the policy.
type storedPolicy struct {
	Since time.Time `json:"since"`
}

// KnownSince tells since when this version of the policy is in force, the zero time where it never was.
func KnownSince(ctx context.Context, storage certmagic.Storage, version string) (time.Time, error) {
	since, err := loadSince(ctx, storage, policiesFolder+version+".json")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, fmt.Errorf("the date since which the policy is in force: %w", err)
	}
	return since, nil
}

// TakeForce notes, with the first request, what a configuration that is only validated must leave alone: the key that
// signs choices and, where the policy is enforced, that it is. It tells since when.
func TakeForce(storage certmagic.Storage, keys *Keys, version string, enforced bool) (since time.Time, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), StoragePatience)
	defer cancel()
	if err := keys.Keep(ctx); err != nil {
		return time.Time{}, err
	}
	if !enforced {
		return KnownSince(ctx, storage, version)
	}
	return Since(ctx, storage, version, time.Now())
}

// retry is how long a storage that has failed is left alone.
const retry = time.Minute

// AtFirst returns a function that does something when it is first called, and again, after a while, until that works.
// Calls that come meanwhile wait for the first attempt, and not for a later one.
func AtFirst(do func() error, failed func(error)) func() {
	var mu sync.Mutex
	var done, tried atomic.Bool
	var next time.Time
	return func() {
		switch {
		case done.Load():
			return
		case !tried.Load():
			mu.Lock()
		case !mu.TryLock():
			return
		}
		defer mu.Unlock()
		if done.Load() || time.Now().Before(next) {
			return
		}
		if err := do(); err != nil {
			next = time.Now().Add(retry)
			tried.Store(true)
			failed(err)
			return
		}
		done.Store(true)
	}
}

// Since tells when the first instance of all that share the storage enforced this version
// of the policy. Where there was none, it is now, and noted under the storage's lock.
// A version that comes back keeps its first date.
func Since(ctx context.Context, storage certmagic.Storage, version string, now time.Time) (time.Time, error) {
	file := policiesFolder + version + ".json"
	since, err := loadSince(ctx, storage, file)
	if errors.Is(err, fs.ErrNotExist) {
		since, err = noteSince(ctx, storage, file, now)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("the date since which the policy is in force: %w", err)
	}
	return since, nil
}

// noteSince writes the date under the storage's lock, unless there is one by then.
func noteSince(ctx context.Context, storage certmagic.Storage, file string, now time.Time) (since time.Time, err error) {
	err = locked(ctx, storage, policiesLock, func() error {
		since, err = loadSince(ctx, storage, file)
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		since = now.UTC().Truncate(time.Second)
		return storeJSON(ctx, storage, file, storedPolicy{since})
	})
	return since, err
}

func loadSince(ctx context.Context, storage certmagic.Storage, file string) (time.Time, error) {
	var stored storedPolicy
	if err := loadJSON(ctx, storage, file, &stored); err != nil {
		return time.Time{}, err
	}
	if stored.Since.IsZero() {
		return time.Time{}, fmt.Errorf("%s in the storage contains no date", file)
	}
	return stored.Since, nil
}
