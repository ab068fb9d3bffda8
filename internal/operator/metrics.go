package operator

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts what the module does, in the registry of the running configuration: a
// reload begins anew, as Caddy's own counters do. All labels have few values.
type Metrics struct {
	// Rewritten counts pages that went through the rewriter; PassedCharset and PassedCoding
	// those that passed untouched, because markup cannot be found in their character encoding
	// or their content coding cannot be decoded.
	Rewritten, PassedCharset, PassedCoding prometheus.Counter
	// LongTags and LongTexts count the pieces of rewritten pages that passed without being
	// looked at, because they are too long to be held.
	LongTags, LongTexts prometheus.Counter
}

// NewMetrics makes the counters, or finds those that another handler of the same
// configuration has made.
func NewMetrics(registry prometheus.Registerer) (*Metrics, error) {
	pages, err := counters(registry, "caddy_consent_pages_total",
		"Pages by what became of them: rewritten, or passed untouched for a reason.", "result", "reason")
	if err != nil {
		return nil, err
	}
	unread, err := counters(registry, "caddy_consent_unread_total",
		"Pieces of rewritten pages that passed without being looked at: tags over 64 KiB, texts of scripts over 256 KiB.", "piece")
	if err != nil {
		return nil, err
	}
	return &Metrics{
		Rewritten:     pages.WithLabelValues("rewritten", ""),
		PassedCharset: pages.WithLabelValues("passed", "charset"),
		PassedCoding:  pages.WithLabelValues("passed", "coding"),
		LongTags:      unread.WithLabelValues("tag"),
		LongTexts:     unread.WithLabelValues("text"),
	}, nil
}

func counters(registry prometheus.Registerer, name, help string, labels ...string) (*prometheus.CounterVec, error) {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	err := registry.Register(vec)
	if registered := (prometheus.AlreadyRegisteredError{}); errors.As(err, &registered) {
		return registered.ExistingCollector.(*prometheus.CounterVec), nil
	}
	return vec, err
}
