// Package varianttest makes sites for tests.
package varianttest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/caddy-consent/caddy-consent/internal/blocking"
	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/decision"
	"github.com/caddy-consent/caddy-consent/internal/endpoint"
	"github.com/caddy-consent/caddy-consent/internal/inventory"
	"github.com/caddy-consent/caddy-consent/internal/notice"
	"github.com/caddy-consent/caddy-consent/internal/page"
	"github.com/caddy-consent/caddy-consent/internal/policy"
	"github.com/caddy-consent/caddy-consent/internal/recent"
	"github.com/caddy-consent/caddy-consent/internal/telemetry"
	"github.com/caddy-consent/caddy-consent/internal/variant"
)

// A Site has the services ga and youtube, and counts in a registry of its own.
type Site struct {
	*variant.Site
	Registry *prometheus.Registry
	records  *telemetry.Collector
}

// New makes one; with strict, pages load from nobody else.
func New(t testing.TB, strict bool) *Site {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var d policy.Declaration
	for _, id := range []string{"ga", "youtube"} {
		service := policy.FromCatalogue(id)
		service.ID = id
		d.Services = append(d.Services, service)
	}
	p, err := policy.New(d)
	must(err)
	renderer, err := notice.New(notice.Options{
		Policy: p, Path: endpoint.Default, Charter: endpoint.Default.Charter(), Language: "fr", Remember: time.Hour,
	})
	must(err)
	decider := &decision.Decider{Policy: p, GPC: choice.HonourGPC}
	if strict {
		decider.Report = endpoint.Default.Report()
	}
	registry := prometheus.NewRegistry()
	metrics, err := telemetry.NewMetrics(registry, p)
	must(err)
	return &Site{
		Site: &variant.Site{
			Policy: p, Decider: decider, Blocking: blocking.New(p, endpoint.Default), Notice: renderer, Workers: new(page.Workers), Hashed: new(recent.Cache[struct{}]),
			Tag: "test", Blocks: true, Guarded: true, Manages: true,
			Trusts: func(*http.Request) bool { return false },
		},
		Registry: registry,
		records:  telemetry.NewCollector(metrics, &telemetry.Site{Policy: p, Inventory: inventory.New()}, telemetry.Events{}, zap.NewNop()),
	}
}

// Recorder notes what a request and its response show.
func (s *Site) Recorder(r *http.Request) telemetry.Recorder {
	return telemetry.Recorder{Collector: s.records, Path: r.URL.Path, Time: time.Now(), Method: r.Method}
}

// Count is the sum of the metrics whose name begins so, and whose labels have that value; "" for any.
func (s *Site) Count(t testing.TB, name, value string) (sum int) {
	t.Helper()
	families, err := s.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			has := value == ""
			for _, label := range metric.GetLabel() {
				has = has || label.GetValue() == value
			}
			if has && strings.HasPrefix(family.GetName(), name) {
				sum += int(metric.GetCounter().GetValue())
			}
		}
	}
	return sum
}

// Request is one for a path of the site; the fields are as "Name: value".
func Request(path string, fields ...string) *http.Request {
	r := &http.Request{Method: http.MethodGet, Host: "ville.example", URL: &url.URL{Path: path}, Header: Header(fields...)}
	return r
}

// Header makes one of fields as "Name: value".
func Header(fields ...string) http.Header {
	h := make(http.Header)
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		h.Add(name, value)
	}
	return h
}
