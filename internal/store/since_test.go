package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/certmagic"
)

const version = "0123456789abcdef"

var noon = time.Date(2026, 3, 1, 12, 0, 0, 123, time.FixedZone("CET", 3600))

func since(t *testing.T, s certmagic.Storage, version string, now time.Time) time.Time {
	t.Helper()
	got, err := Since(context.Background(), s, version, now)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestSinceStored(t *testing.T) {
	s := storage(t)
	first := since(t, s, version, noon)
	if want := noon.Truncate(time.Second); !first.Equal(want) {
		t.Errorf("%v, not %v", first, want)
	}
	content, err := os.ReadFile(filepath.Join(s.Path, "consent", "policies", version+".json"))
	if err != nil || string(content) != `{"since":"2026-03-01T11:00:00Z"}` {
		t.Errorf("%s %v", content, err)
	}
	if again := since(t, s, version, noon.Add(time.Hour)); !again.Equal(first) {
		t.Errorf("after a restart it is %v", again)
	}
	if other := since(t, s, "fedcba9876543210", noon.Add(2*time.Hour)); !other.Equal(first.Add(2 * time.Hour)) {
		t.Errorf("another policy's is %v", other)
	}
	if back := since(t, s, version, noon.Add(3*time.Hour)); !back.Equal(first) {
		t.Errorf("of a policy that came back it is %v", back)
	}
}

func TestSinceConcurrentStart(t *testing.T) {
	s := storage(t)
	var wait sync.WaitGroup
	dates := make([]time.Time, 3)
	for i := range dates {
		wait.Go(func() {
			dates[i], _ = Since(context.Background(), s, version, noon.Add(time.Duration(i)*time.Hour))
		})
	}
	wait.Wait()
	for _, date := range dates {
		if date.IsZero() || !date.Equal(dates[0]) {
			t.Fatal(dates)
		}
	}
}

// lateStorage has the file only once the lock is held: another instance was faster.
type lateStorage struct {
	certmagic.Storage
	t *testing.T
}

func (s lateStorage) Lock(ctx context.Context, name string) error {
	since(s.t, s.Storage, version, noon)
	return s.Storage.Lock(ctx, name)
}

func TestSinceLostRace(t *testing.T) {
	if got := since(t, lateStorage{storage(t), t}, version, noon.Add(time.Hour)); !got.Equal(noon.Truncate(time.Second)) {
		t.Error(got)
	}
}

func TestSinceFileBroken(t *testing.T) {
	s := storage(t)
	file := filepath.Join(s.Path, "consent", "policies", version+".json")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"", "{", "{}", "null", `{"since":"yesterday"}`, `{"since":"0001-01-01T00:00:00Z"}`} {
		t.Run(fmt.Sprintf("%q", content), func(t *testing.T) {
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := Since(context.Background(), s, version, noon)
			if err == nil || !strings.Contains(err.Error(), "consent/policies/"+version+".json") || !got.IsZero() {
				t.Errorf("%q: %v %v", content, got, err)
			}
			if after, err := os.ReadFile(file); err != nil || string(after) != content {
				t.Errorf("%q became %q", content, after)
			}
		})
	}
}

// brokenStorage fails at one of its duties.
type brokenStorage struct {
	certmagic.Storage
	lock, unlock, store error
}

func (s brokenStorage) Lock(ctx context.Context, name string) error {
	if s.lock != nil {
		return s.lock
	}
	return s.Storage.Lock(ctx, name)
}

func (s brokenStorage) Unlock(ctx context.Context, name string) error {
	return errors.Join(s.Storage.Unlock(ctx, name), s.unlock)
}

func (s brokenStorage) Store(ctx context.Context, key string, value []byte) error {
	if s.store != nil {
		return s.store
	}
	return s.Storage.Store(ctx, key, value)
}

func TestSinceStorageError(t *testing.T) {
	failure := errors.New("no space")
	for _, s := range []brokenStorage{
		{Storage: storage(t), lock: failure}, {Storage: storage(t), unlock: failure}, {Storage: storage(t), store: failure},
	} {
		if got, err := Since(context.Background(), s, version, noon); !errors.Is(err, failure) || !got.IsZero() {
			t.Errorf("%v %v", got, err)
		}
	}
}
