package harness

import (
	"fmt"
	"os"
	"testing"
)

// Main runs the tests of a package that needs something the machine may lack. Where it
// lacks that, all of them are skipped, and `go test` says "[no tests to run]" behind the
// package's name. The browsers that they have used end with them.
func Main(m *testing.M, there func() bool) {
	code := m.Run()
	closeBrowsers()
	closeEngines()
	if code == 0 && !there() {
		fmt.Print("\ntesting: warning: no tests to run\n") // what `go test` looks for
	}
	os.Exit(code)
}

// IsWhole tells whether tests try all that they can, as in CI (CONSENT_E2E=required); elsewhere some try a share.
func IsWhole() bool { return os.Getenv("CONSENT_E2E") == "required" }

// Share is what a test goes through: the whole in CI, elsewhere a share of it.
func Share[T any](whole []T, share ...T) []T {
	if IsWhole() {
		return whole
	}
	return share
}

// LeaveToCI skips what only CI tries, since it takes long and much like it is tried everywhere.
func LeaveToCI(t testing.TB) {
	t.Helper()
	if !IsWhole() {
		t.Skip("CONSENT_E2E=required, as in CI, tries this too")
	}
}

// Missing ends a test that needs what the machine lacks: skipped, or failed where
// CONSENT_E2E=required says that all must be there, as in CI.
func Missing(t testing.TB, what string) {
	t.Helper()
	if IsWhole() {
		t.Fatalf("%s is missing, and CONSENT_E2E=required", what)
	}
	t.Skipf("%s is missing: this is not tested", what)
}
