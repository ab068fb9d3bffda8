package e2e

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

func TestExampleCaddyfiles(t *testing.T) {
	t.Chdir(filepath.Join(harness.Root(), "examples")) // folders that they name lie there
	found := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".caddyfile") {
			found++
			text, readErr := os.ReadFile(path)
			if readErr != nil {
				return readErr
			}
			if !strings.HasPrefix(string(text), "# ") {
				t.Errorf("%s does not say what it is for", path)
			}
			provisioned(t, path, string(text))
		}
		return err
	})
	if err != nil || found < 6 {
		t.Errorf("%v: %d examples", err, found)
	}
}

func TestDockerfileBuild(t *testing.T) {
	dockerfile := documentation(t, "examples/Dockerfile")
	build := regexp.MustCompile(`xcaddy build \S+ --with \S+`).FindString(documentation(t, "README.md"))
	if build == "" || !strings.Contains(dockerfile, "RUN "+build+" ") {
		t.Errorf("it does not run %q", build)
	}
	if !strings.Contains(dockerfile, "\nUSER ") || !strings.Contains(dockerfile, "/consent/version || exit 1") {
		t.Error("it runs as root, or nobody looks whether it is well")
	}
	for _, source := range regexp.MustCompile(`(?m)^COPY (\S+) `).FindAllStringSubmatch(dockerfile, -1) {
		if source[1] == "." || strings.HasPrefix(source[1], "--from=") {
			continue
		}
		if _, err := os.Stat(filepath.Join(harness.Root(), source[1])); err != nil {
			t.Error(err)
		}
	}
}

func TestSystemdUnit(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is missing: the unit is not verified")
	}
	unit := strings.ReplaceAll(documentation(t, "examples/caddy-consent.service"), "/usr/local/bin/caddy", "/bin/true") // which is there
	file := filepath.Join(t.TempDir(), "caddy-consent.service")
	if err := os.WriteFile(file, []byte(unit), 0o600); err != nil {
		t.Fatal(err)
	}
	if output, err := exec.Command(analyze, "verify", file).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, output)
	}
}
