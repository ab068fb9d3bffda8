package operators

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// section is what the reference says under a heading of the second level.
func section(t *testing.T, heading string) string {
	t.Helper()
	reference, err := os.ReadFile(filepath.Join(harness.Root(), "docs", "reference.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(reference), "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("the reference lacks %q", heading)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// firsts are what the first group of an expression has matched, sorted.
func firsts(expression, text string) []string {
	found := make(map[string]bool)
	for _, match := range regexp.MustCompile(expression).FindAllStringSubmatch(text, -1) {
		found[match[1]] = true
	}
	return slices.Sorted(maps.Keys(found))
}

func TestReferenceAdminAPI(t *testing.T) {
	s := serve(t, "site Essai\nservice ga\nallow tiles.ville.example")
	s.visits("/")
	text := section(t, "Admin API")
	explained := firsts(`(?m)^#### \w+ /consent/(\S+)$`, text)
	var refusal struct{ Error string }
	s.admin("GET", "/consent/nothing", &refusal)
	_, list, _ := strings.Cut(refusal.Error, "/consent/ has ")
	known := strings.Split(strings.ReplaceAll(list, " and ", ", "), ", ")
	if slices.Sort(known); !slices.Equal(explained, known) {
		t.Errorf("explained are %q, there are %q", explained, known)
	}
	for _, heading := range regexp.MustCompile(`(?m)^#### (\w+) (\S+)$`).FindAllStringSubmatch(text, -1) {
		if res := s.admin(heading[1], heading[2], nil); res.StatusCode/100 != 2 {
			t.Errorf("%s %s: %s", heading[1], heading[2], res.Status)
		}
	}
	for _, path := range []string{"/consent/policy", "/consent/inventory", "/consent/version"} {
		_, part, _ := strings.Cut(text, "\n#### GET "+path+"\n")
		part, _, _ = strings.Cut(part, "\n#### POST")
		_, body := s.do("GET", "http://"+s.Admin+path, nil)
		for _, member := range firsts(`"(\w+)":`, body) {
			if member != "sites" && !strings.Contains(part, "`"+member+"`") && !strings.Contains(part, `"`+member+`"`) {
				t.Errorf("%s: the member %s is not explained", path, member)
			}
		}
	}
}

func TestReferenceLedgerFields(t *testing.T) {
	s := serve(t, "service ga")
	s.chooses("choice=accept")
	s.Stop()
	s.Start()
	s.chooses("choice=refuse") // which begins a chain that follows another
	explained := make(map[string]bool)
	for _, row := range firsts("(?m)^\\| (`.*?) \\|", section(t, "Ledger")) {
		for _, name := range firsts("`(\\w+)`", row) {
			explained[name] = true
		}
	}
	known := map[string]bool{
		"unwritten": true, // TestLedgerWriteFailure
		"claimed":   true, // TestLedgerEntries
	}
	for _, entry := range s.ledger() {
		for name := range entry {
			known[name] = true
		}
	}
	for _, ofTheLog := range []string{"level", "ts", "logger", "msg"} {
		delete(known, ofTheLog)
	}
	if !maps.Equal(explained, known) {
		t.Errorf("explained are %v, there are %v", slices.Sorted(maps.Keys(explained)), slices.Sorted(maps.Keys(known)))
	}
}

func TestCommandMistakes(t *testing.T) {
	i := harness.NewInstance(t, harness.Binary(t), "", "")
	for want, args := range map[string][]string{
		`there is no command \"sugest\": is suggest meant?`:              {"sugest"},
		`there is no command \"prove\": caddy consent --help lists them`: {"prove"},
		"see caddy consent audit --help":                                 {"audit"},
		"unknown flag: --nope: see caddy consent verify --help":          {"verify", "--nope"},
	} {
		if output, code := i.Run(append([]string{"consent"}, args...)...); code != 2 || !strings.Contains(output, want) {
			t.Errorf("%v: %d: %s", args, code, output)
		}
	}
	if output, code := i.Run("consent"); code != 0 || !strings.Contains(output, "Available Commands") {
		t.Errorf("%d: %s", code, output)
	}
}

func TestReferenceCommands(t *testing.T) {
	i := harness.NewInstance(t, harness.Binary(t), "", "")
	overview, _ := i.Run("consent", "--help")
	_, overview, _ = strings.Cut(overview, "Available Commands:")
	overview, _, _ = strings.Cut(overview, "Flags:")
	text := section(t, "Commands")
	known, explained := firsts(`(?m)^  (\S+)  `, overview), firsts("(?m)^\\| `caddy consent (\\S+)` \\|", text)
	if !slices.Equal(known, explained) {
		t.Errorf("explained are %q, there are %q", explained, known)
	}
	for _, command := range known {
		_, row, _ := strings.Cut(text, "\n| `caddy consent "+command+"` |")
		row, _, _ = strings.Cut(row, "\n")
		help, _ := i.Run("consent", command, "--help")
		_, flags, _ := strings.Cut(help, "\nFlags:\n")
		known := slices.DeleteFunc(firsts(`(?m)^ +(?:-\w, )?--([\w-]+)`, flags), func(flag string) bool { return flag == "help" })
		if explained := firsts("`--([\\w-]+)`", row); !slices.Equal(known, explained) {
			t.Errorf("%s: explained are %q, there are %q", command, explained, known)
		}
	}
}
