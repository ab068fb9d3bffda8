package operator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/caddyserver/certmagic"
)

const (
	policiesFolder = "consent/policies/"
	policiesLock   = "consent_policies"
)

// storedPolicy is what the storage holds of a version of the policy.
type storedPolicy struct {
	Since time.Time `json:"since"`
}

// Since tells when the first instance of all that share the storage had this version
// of the policy. Where there was none, it is now, and noted under the storage's lock.
// A version that comes back keeps its first date.
func Since(ctx context.Context, storage certmagic.Storage, version string, now time.Time) (time.Time, error) {
	file := policiesFolder + version + ".json"
	since, err := loadSince(ctx, storage, file)
	if errors.Is(err, fs.ErrNotExist) {
		since, err = noteSince(ctx, storage, file, now)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("since when the policy holds: %w", err)
	}
	return since, nil
}

// noteSince writes the date under the storage's lock, unless there is one by then.
func noteSince(ctx context.Context, storage certmagic.Storage, file string, now time.Time) (_ time.Time, err error) {
	if err := storage.Lock(ctx, policiesLock); err != nil {
		return time.Time{}, fmt.Errorf("locking the storage: %w", err)
	}
	defer func() { err = errors.Join(err, storage.Unlock(context.WithoutCancel(ctx), policiesLock)) }()

	since, err := loadSince(ctx, storage, file)
	if !errors.Is(err, fs.ErrNotExist) {
		return since, err
	}
	since = now.UTC().Truncate(time.Second)
	content, err := json.Marshal(storedPolicy{since})
	if err != nil {
		return time.Time{}, err
	}
	return since, storage.Store(ctx, file, content)
}

func loadSince(ctx context.Context, storage certmagic.Storage, file string) (time.Time, error) {
	content, err := storage.Load(ctx, file)
	if err != nil {
		return time.Time{}, err
	}
	var stored storedPolicy
	if err := json.Unmarshal(content, &stored); err != nil {
		return time.Time{}, fmt.Errorf("%s in the storage: %w", file, err)
	}
	if stored.Since.IsZero() {
		return time.Time{}, fmt.Errorf("%s in the storage holds no date", file)
	}
	return stored.Since, nil
}
