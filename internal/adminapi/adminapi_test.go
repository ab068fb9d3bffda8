package adminapi

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/certmagic"

	"github.com/caddy-consent/caddy-consent/internal/store"
)

func TestRotateKey(t *testing.T) {
	ctx, s := context.Background(), &certmagic.FileStorage{Path: t.TempDir()}
	keys, err := store.OpenKeys(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Keep(ctx); err != nil {
		t.Fatal(err)
	}
	message := []byte("a choice")
	signed := keys.Sign(message)
	before, err := s.Load(ctx, "consent/keys.json")
	if err != nil {
		t.Fatal(err)
	}

	handler := (&Admin{storage: s}).Routes()[0].Handler
	if err := handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/consent/keys/rotate", nil)); err != nil {
		t.Fatal(err)
	}
	after, err := s.Load(ctx, "consent/keys.json")
	if err != nil || len(after) <= len(before) {
		t.Errorf("no key was added: %s became %s, %v", before, after, err)
	}
	if keys, err = store.LoadKeys(ctx, s); err != nil || !keys.Verify(message, signed) {
		t.Errorf("what was signed before does not hold, %v", err)
	}

	w := httptest.NewRecorder()
	var problem caddy.APIError
	err = handler.ServeHTTP(w, httptest.NewRequest("GET", "/consent/keys/rotate", nil))
	if !errors.As(err, &problem) || problem.HTTPStatus != 405 || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET: %v %v", err, w.Header())
	}
}
