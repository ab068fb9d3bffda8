package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/certmagic"

	"github.com/caddy-consent/caddy-consent/internal/policy"
)

func storage(t *testing.T) *certmagic.FileStorage { return &certmagic.FileStorage{Path: t.TempDir()} }

func open(t *testing.T, s certmagic.Storage) *Keys {
	t.Helper()
	k, err := OpenKeys(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Keep(context.Background()); err != nil {
		t.Fatal(err)
	}
	return k
}

var message = []byte("choice")

func TestKeyConcurrentStart(t *testing.T) {
	s := storage(t)
	var wait sync.WaitGroup
	signatures := make([]string, 8)
	for i := range signatures {
		wait.Go(func() {
			if k, err := OpenKeys(context.Background(), s); err == nil && k.Keep(context.Background()) == nil {
				signatures[i] = string(k.Sign(message))
			}
		})
	}
	wait.Wait()
	for _, signature := range signatures {
		if signature == "" || signature != signatures[0] {
			t.Fatal("the keys differ")
		}
	}
}

func TestKeyRotation(t *testing.T) {
	s := storage(t)
	before := open(t, s)
	signed := before.Sign(message)
	if err := RotateKey(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	after := open(t, s)
	if string(after.Sign(message)) != string(signed) {
		t.Error("a key signs that not every instance can know")
	}
	after.now = func() time.Time { return time.Now().Add(activation) }
	if string(after.Sign(message)) == string(signed) {
		t.Error("the key did not change")
	}
	if !after.Verify(message, signed) {
		t.Error("the old key's signature is refused")
	}
	if after.Verify([]byte("other"), signed) || after.Verify(message, nil) {
		t.Error("a forged signature is accepted")
	}
}

func TestKeyRotationElsewhere(t *testing.T) {
	s := storage(t)
	here := open(t, s)
	if err := RotateKey(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	elsewhere := open(t, s)
	elsewhere.now = func() time.Time { return time.Now().Add(activation) }
	signed := elsewhere.Sign(message)
	if here.Verify(message, signed) {
		t.Error("the storage is read at every forged cookie")
	}
	here.refreshed = time.Now().Add(-refreshInterval)
	if !here.Verify(message, signed) {
		t.Error("another instance's new key is not noticed")
	}
}

func TestKeyRetention(t *testing.T) {
	s, ctx := storage(t), context.Background()
	now := time.Now()
	first := open(t, s).Sign(message)
	if err := addKey(ctx, s, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	k := open(t, s)
	for after, want := range map[time.Duration]bool{2 * time.Hour: true, policy.MaxLifetime: true, policy.MaxLifetime + 2*time.Hour: false} {
		t.Run(after.String(), func(t *testing.T) {
			k.now = func() time.Time { return now.Add(after) }
			if k.Verify(message, first) != want || !(AllKeys{k}).Verify(message, first) {
				t.Errorf("after %v", after)
			}
		})
	}
}

func TestKeyLimit(t *testing.T) {
	stored := &storedKeys{}
	for range maxKeys + 10 {
		stored = withNewKey(stored, time.Now())
	}
	if len(stored.Keys) != maxKeys {
		t.Errorf("%d keys", len(stored.Keys))
	}
}

func TestKeyFileBroken(t *testing.T) {
	s := storage(t)
	file := filepath.Join(s.Path, "consent", "keys.json")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"", "{", "{}", `{"keys":[{"key":"c2hvcnQ="}]}`} {
		t.Run(fmt.Sprintf("%q", content), func(t *testing.T) {
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := OpenKeys(context.Background(), s); err == nil {
				t.Errorf("%q is accepted", content)
			}
		})
	}
}
