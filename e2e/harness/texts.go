package harness

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Languages are all that visitors are spoken to in.
var Languages = []string{"ar", "ca", "de", "en", "es", "eu", "fr", "it", "nl", "pt"}

// Texts reads what the module says in a language.
func Texts(t testing.TB, language string) map[string]string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(Root(), "internal", "notice", "embedded", language+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var read map[string]string
	if err := json.Unmarshal(content, &read); err != nil {
		t.Fatal(err)
	}
	return read
}
