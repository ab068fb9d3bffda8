package telemetry

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-consent/caddy-consent/internal/inventory"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// counted is what the counters say, by name and labels.
func counted(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			key := family.GetName()
			for _, label := range metric.GetLabel() {
				key += " " + label.GetValue()
			}
			got[key] = metric.GetCounter().GetValue()
		}
	}
	return got
}

func TestMetricsSharedByHandlers(t *testing.T) {
	registry := prometheus.NewRegistry()
	p, err := policy.New(policy.Declaration{Services: []policy.Service{policy.FromCatalogue("ga")}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		m, err := NewMetrics(registry, p)
		if err != nil {
			t.Fatal(err)
		}
		m.Rewritten.Inc()
		m.LongTags.Add(2)
		m.SetCookie(0, inventory.Shortened)
		m.SetCookie(policy.ClassUndeclared, inventory.Stripped)
		m.Withheld(policy.ClassUndeclared)
		m.Blocked(0)
		m.Blocked(policy.Owner(len(p.Owners()) - 1))
		m.UndeclaredHost()
	}
	got := counted(t, registry)
	for key, want := range map[string]float64{
		"caddy_consent_pages_total  rewritten":                            2,
		"caddy_consent_pages_total charset passed":                        0,
		"caddy_consent_pages_total coding passed":                         0,
		"caddy_consent_unread_total tag":                                  4,
		"caddy_consent_unread_total text":                                 0,
		"caddy_consent_set_cookie_lines_total shortened statistics":       2,
		"caddy_consent_set_cookie_lines_total stripped undeclared":        2,
		"caddy_consent_set_cookie_lines_total passed necessary":           0,
		"caddy_consent_cookies_withheld_total undeclared":                 2,
		"caddy_consent_undeclared_total cookie":                           4,
		"caddy_consent_undeclared_total host":                             2,
		"caddy_consent_blocked_total ga":                                  2,
		"caddy_consent_blocked_total " + p.Owners()[len(p.Owners())-1].ID: 2,
		"caddy_consent_notices_total":                                     0,
	} {
		if value, ok := got[key]; !ok || value != want {
			t.Errorf("%s: %v, want %v (of %v)", key, value, want, got)
		}
	}
}
