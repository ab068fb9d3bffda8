package operator

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestHandlersOfOneConfigurationCountTogether(t *testing.T) {
	registry := prometheus.NewRegistry()
	for range 2 {
		m, err := NewMetrics(registry)
		if err != nil {
			t.Fatal(err)
		}
		m.Rewritten.Inc()
		m.LongTags.Add(2)
	}
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
	for key, want := range map[string]float64{
		"caddy_consent_pages_total  rewritten": 2, "caddy_consent_pages_total charset passed": 0, "caddy_consent_pages_total coding passed": 0,
		"caddy_consent_unread_total tag": 4, "caddy_consent_unread_total text": 0,
	} {
		if value, ok := got[key]; !ok || value != want {
			t.Errorf("%s: %v, want %v (of %v)", key, value, want, got)
		}
	}
}
