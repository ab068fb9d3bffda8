package operator

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
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
	return k
}

var message = []byte("choice")

func TestInstancesThatStartTogetherMakeOneKey(t *testing.T) {
	s := storage(t)
	var wait sync.WaitGroup
	signatures := make([]string, 8)
	for i := range signatures {
		wait.Go(func() {
			if k, err := OpenKeys(context.Background(), s); err == nil {
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

func TestRotationKeepsVerifyingWithTheOldKey(t *testing.T) {
	s := storage(t)
	before := open(t, s)
	signed := before.Sign(message)
	if err := RotateKey(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	after := open(t, s)
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

func TestARotationElsewhereIsNoticed(t *testing.T) {
	s := storage(t)
	here := open(t, s)
	if err := RotateKey(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	signed := open(t, s).Sign(message)
	if here.Verify(message, signed) {
		t.Error("the storage is read at every forged cookie")
	}
	here.refreshed = time.Now().Add(-refreshInterval)
	if !here.Verify(message, signed) {
		t.Error("another instance's new key is not noticed")
	}
}

func TestAKeyIsForgottenWhenNoChoiceCanBeAsOld(t *testing.T) {
	s, ctx := storage(t), context.Background()
	now := time.Now()
	for _, at := range []time.Time{now, now.Add(time.Hour), now.Add(policy.MaxLifetime), now.Add(policy.MaxLifetime + 2*time.Hour)} {
		if _, err := addKey(ctx, s, at, true); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := load(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	// The first ceased to sign after an hour, more than 13 months ago.
	if len(stored.Keys) != 3 {
		t.Errorf("%d keys", len(stored.Keys))
	}
}

func TestABrokenKeyFileIsAnError(t *testing.T) {
	s := storage(t)
	file := filepath.Join(s.Path, "consent", "keys.json")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"", "{", "{}", `{"keys":[{"key":"c2hvcnQ="}]}`} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenKeys(context.Background(), s); err == nil {
			t.Errorf("%q is accepted", content)
		}
	}
}

func TestTheAdminAPIRotatesTheKey(t *testing.T) {
	s := storage(t)
	signed := open(t, s).Sign(message)
	a := &Admin{storage: s}
	handler := a.Routes()[0].Handler
	if err := handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/consent/keys/rotate", nil)); err != nil {
		t.Fatal(err)
	}
	if after := open(t, s); string(after.Sign(message)) == string(signed) || !after.Verify(message, signed) {
		t.Error("the key was not rotated")
	}
	w := httptest.NewRecorder()
	var problem caddy.APIError
	if err := handler.ServeHTTP(w, httptest.NewRequest("GET", "/consent/keys/rotate", nil)); !errors.As(err, &problem) || problem.HTTPStatus != 405 || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET: %v %v", err, w.Header())
	}
}
