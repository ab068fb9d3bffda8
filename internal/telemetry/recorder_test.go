package telemetry

import (
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/caddy-consent/caddy-consent/internal/inventory"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// TestUntouchedLogLines: each visit of a page that passes unchanged is counted, and few are logged.
func TestUntouchedLogLines(t *testing.T) {
	p, err := policy.New(policy.Declaration{})
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	metrics, err := NewMetrics(registry, p)
	if err != nil {
		t.Fatal(err)
	}
	core, lines := observer.New(zap.WarnLevel)
	collector := NewCollector(metrics, &Site{Policy: p, Inventory: inventory.New()}, Events{}, zap.New(core))
	now := time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)
	for i := range 1000 {
		r := Recorder{Collector: collector, Path: "/", Time: now.Add(time.Duration(i) * time.Second), Method: http.MethodGet}
		r.Untouched(metrics.PassedTransform, "its Cache-Control has no-transform")
	}
	if counted, logged := counted(t, registry)["caddy_consent_pages_total no-transform passed"], lines.Len(); counted != 1000 || logged != untouchedBurst+1000/60 {
		t.Errorf("%g counted, %d logged", counted, logged)
	}
}

// What the inventory says of a cookie that nobody declares is how the site first sets it, not how it deletes it.
func TestUndeclaredCookieDescription(t *testing.T) {
	p, err := policy.New(policy.Declaration{})
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := NewMetrics(prometheus.NewRegistry(), p)
	if err != nil {
		t.Fatal(err)
	}
	site := &Site{Policy: p, Inventory: inventory.New()}
	collector := NewCollector(metrics, site, Events{}, zap.NewNop())
	now := time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)
	for _, seen := range []struct {
		method, name, line string
		class              policy.Class
		outcome            inventory.Outcome
	}{
		{http.MethodGet, "sso", "sso=; Max-Age=0", policy.ClassUndeclared, inventory.Passed},
		{http.MethodPost, "sso", "sso=1; httponly; Max-Age=3600", policy.ClassUndeclared, inventory.Stripped},
		{http.MethodGet, "sso", "sso=2", policy.ClassUndeclared, inventory.Stripped},
		{http.MethodGet, "theme", "theme=dark; Expires=Sat, 27 Nov 2027 00:00:00 GMT", policy.ClassUndeclared, inventory.Passed},
		{http.MethodGet, "seen", "seen=1", policy.ClassUndeclared, inventory.Stripped},
		{http.MethodGet, "sessionid", "sessionid=1; HttpOnly", policy.ClassNecessary, inventory.Passed},
		{http.MethodGet, "left", "left=; Max-Age=0", policy.ClassUndeclared, inventory.Expired},
	} {
		r := Recorder{Collector: collector, Path: "/", Time: now, Method: seen.method}
		r.SetCookie(seen.name, seen.line, seen.class, seen.outcome)
	}
	want := map[string]*inventory.Setting{
		"sso": {HTTPOnly: true, Life: 3600, Posted: true}, "theme": {Life: 365 * 24 * 3600}, "seen": {}, "sessionid": nil, "left": nil,
	}
	items := site.Inventory.Cookies.Items()
	if len(items) != len(want) {
		t.Errorf("%d cookies", len(items))
	}
	for _, item := range items {
		switch wanted := want[item.Name]; {
		case (item.Set == nil) != (wanted == nil):
			t.Errorf("%s: described: %t", item.Name, item.Set != nil)
		case wanted != nil && *item.Set != *wanted:
			t.Errorf("%s: %+v", item.Name, *item.Set)
		}
	}
}
