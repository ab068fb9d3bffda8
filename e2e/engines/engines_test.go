// Package engines sees the notice and the guard in several browsers, with the same cases in each.
package engines

import (
	"testing"

	_ "github.com/caddy-consent/caddy-consent"
	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m, harness.HasEngine) }

// inEach runs a test in every engine.
func inEach(t *testing.T, test func(t *testing.T, engine *harness.Engine)) {
	for _, e := range harness.Engines {
		t.Run(e.Name, func(t *testing.T) { test(t, harness.StartEngine(t, e.Name)) })
	}
}
