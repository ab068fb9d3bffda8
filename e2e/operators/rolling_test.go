package operators

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// The command of docs/operating.md takes in what Caddy has rolled and compressed, and of that alone the whole
// is verified.
func TestVerifyCommandRolledLogs(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join(harness.Root(), "docs", "operating.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := regexp.MustCompile(`caddy consent verify --config Caddyfile /var/log/caddy/(\S+)`).FindSubmatch(guide)
	if documented == nil {
		t.Fatal("the guide has no such command")
	}
	s := &site{upstream: portal(t), t: t, url: fmt.Sprintf("http://localhost:%d", harness.FreePort(t))}
	rolling := strings.Replace(ledgerLog, "output file ledger.log", "output file consent-ledger.log {\n\t\t\troll_size 1MiB\n\t\t}", 1)
	s.Instance = harness.StartInstance(t, rolling, s.caddyfile("site "+strings.Repeat("x", 250)+"\nservice ga"))

	files := func() []string {
		found, err := filepath.Glob(filepath.Join(s.Folder, string(documented[1])))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	const choices = 1400 // of some 900 bytes
	for range choices {
		s.chooses("choice=accept&how=notice")
	}
	// Caddy compresses behind its work.
	deadline := time.Now().Add(2 * time.Minute)
	for len(files()) != 2 || !slices.ContainsFunc(files(), func(file string) bool { return strings.HasSuffix(file, ".log.gz") }) {
		if time.Now().After(deadline) {
			t.Fatalf("nothing is rolled: %v", files())
		}
		time.Sleep(20 * time.Millisecond)
	}
	output, code := s.Run(append([]string{"consent", "verify"}, files()...)...)
	if code != 0 || !strings.Contains(output, fmt.Sprintf("%d entries in 1 chain,", choices)) {
		t.Errorf("verify: %d\n%s", code, output)
	}
	if output, code := s.Run("consent", "verify", "consent-ledger.log"); code != 1 {
		t.Errorf("without what was rolled: %d\n%s", code, output)
	}
	if output, code := s.Run("consent", "verify", "--partial", "consent-ledger.log"); code != 0 {
		t.Errorf("when older files are known to be gone: %d\n%s", code, output)
	}
}
