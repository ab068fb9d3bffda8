package harness

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// HasNPM tells whether this machine has the packages that e2e/npm/package.json names.
func HasNPM() bool {
	_, err := os.Stat(packages())
	return err == nil
}

// NPM is the folder of these packages.
func NPM(t testing.TB) string {
	t.Helper()
	if !HasNPM() {
		Missing(t, "what e2e/npm/package.json names (npm ci --prefix e2e/npm)")
	}
	return packages()
}

func packages() string { return filepath.Join(Root(), "e2e", "npm", "node_modules") }

// HTMLErrors are what html-validate says against the HTML standard and WCAG in a file. A button
// that submits may leave its type out: so the contract writes them.
func HTMLErrors(t testing.TB, file string) []string {
	t.Helper()
	command := exec.Command("node", filepath.Join(NPM(t), "html-validate", "bin", "html-validate.mjs"),
		"--config", filepath.Join(Root(), "e2e", "npm", "htmlvalidate.json"), "--formatter", "json", file)
	var out, complaints bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaints
	failure := command.Run() // also where it found something
	var results []struct {
		Messages []struct{ RuleID, Message, Selector string }
	}
	if err := json.Unmarshal(out.Bytes(), &results); err != nil {
		t.Fatalf("html-validate: %v, %v\n%s%s", failure, err, &out, &complaints)
	}
	var found []string
	for _, result := range results {
		for _, m := range result.Messages {
			found = append(found, m.RuleID+": "+m.Message+" ("+m.Selector+")")
		}
	}
	return found
}
