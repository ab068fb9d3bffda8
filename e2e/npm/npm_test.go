// Package npm sees the notice with what others have made for pages: checkers of
// accessibility and markup, and the frameworks that portals are built with. What it needs is in
// package.json.
package npm

import (
	"testing"

	_ "github.com/caddy-consent/caddy-consent"
	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

func TestMain(m *testing.M) {
	harness.Main(m, func() bool { return harness.HasChromium() && harness.HasNPM() })
}
