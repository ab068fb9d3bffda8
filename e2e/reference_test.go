package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"

	consent "github.com/caddy-consent/caddy-consent"
	"github.com/caddy-consent/caddy-consent/e2e/harness"
	"github.com/caddy-consent/caddy-consent/internal/config"
)

func documentation(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(harness.Root(), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// words are what the parser takes in a block, by what it says of an unknown one.
func words(t *testing.T, block string) []string {
	t.Helper()
	_, list, ok := strings.Cut(adapt(":80 {\n consent {\n "+fmt.Sprintf(block, "no-such-word")+"\n }\n}"), "one of ")
	if !ok {
		t.Fatalf("%s takes any word", block)
	}
	list, _, _ = strings.Cut(list, ", at ")
	return strings.Split(list, ", ")
}

// adapted turns a Caddyfile into the configuration; what `caddy fmt` would change is an error.
func adapted(t *testing.T, name, text string) (config []byte) {
	t.Helper()
	config, warnings, err := caddyfile.Adapter{ServerType: httpcaddyfile.ServerType{}}.Adapt([]byte(text), map[string]any{"filename": name})
	if err != nil {
		t.Errorf("%s: %v\n%s", name, err, text)
	}
	for _, warning := range warnings {
		t.Errorf("%s: %s\n%s", name, warning, text)
	}
	return config
}

// placed has a Caddyfile's files below a folder of the test's, the reference's example of a catalogue among them.
func placed(t *testing.T, text string) string {
	t.Helper()
	folder := t.TempDir()
	_, example, _ := strings.Cut(section(t, "### catalogue"), "```json\n")
	example, _, _ = strings.Cut(example, "```")
	catalogue := filepath.Join(t.TempDir(), "catalogue.json") // where no templates are
	if err := os.WriteFile(catalogue, []byte(example), 0o600); err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("/var/log/caddy", folder, "/srv/caddy", folder, "/etc/caddy/consent", folder, "/etc/caddy/catalogue.json", catalogue).Replace(text)
}

// provisioned tells whether a whole Caddyfile would run here.
func provisioned(t *testing.T, name, text string) {
	t.Helper()
	config := adapted(t, name, placed(t, text))
	if t.Failed() {
		return
	}
	var c caddy.Config
	if err := caddy.StrictUnmarshalJSON(config, &c); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	c.Admin = &caddy.AdminConfig{Disabled: true}
	c.StorageRaw = []byte(`{"module":"file_system","root":` + quote(t.TempDir()) + `}`)
	if err := caddy.Validate(&c); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

func TestReferenceDirectives(t *testing.T) {
	reference := documentation(t, "docs/reference.md")
	sections := make(map[string]string)
	for _, section := range strings.Split(reference, "\n### ")[1:] {
		word, text, _ := strings.Cut(section, "\n")
		text, _, _ = strings.Cut(text, "\n## ")
		sections[word] = text
	}
	known := words(t, "%s")
	for _, word := range known {
		if sections[word] == "" {
			t.Errorf("%s is not explained", word)
		}
		if !regexp.MustCompile("(?s)```caddyfile\n.*\n\t\t" + word + "[ \n].*```").MatchString(sections[word]) {
			t.Errorf("%s has no example", word)
		}
	}
	for word := range sections {
		if !slices.Contains(known, word) {
			t.Errorf("%s is explained and does not exist", word)
		}
	}
	for word, block := range map[string]string{"purpose": "purpose x {\n%s\n}", "service": "service x {\n%s\n}", "style": "style {\n%s\n}"} {
		known := words(t, block)
		for _, line := range known {
			if !strings.Contains(sections[word], "\n| `"+line+"` |") {
				t.Errorf("%s: the line %s is not explained", word, line)
			}
		}
		for _, line := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|").FindAllStringSubmatch(sections[word], -1) {
			if !slices.Contains(known, line[1]) {
				t.Errorf("%s: the line %s is explained and does not exist", word, line[1])
			}
		}
	}
	// The values that a word takes are those that the parser names when it is given another.
	for _, word := range []string{"undeclared", "third_parties", "mode", "observe", "inventory", "gpc", "native", "manage", "page_coding"} {
		_, values, _ := strings.Cut(adapt(":80 {\n consent {\n "+word+" no-such-value\n }\n}"), ": expected one of ")
		values, _, _ = strings.Cut(values, ", at ")
		list := strings.Split(values, ", ")
		for _, value := range list {
			if !strings.Contains(sections[word], "`"+value+"`") {
				t.Errorf("%s: the value %s is not explained", word, value)
			}
		}
		if !strings.Contains(sections[word], "Default: `"+list[0]+"`") {
			t.Errorf("%s: the default %s is not said", word, list[0])
		}
	}
}

func TestDocumentationExamples(t *testing.T) {
	for _, name := range []string{"docs/reference.md", "docs/operating.md", "docs/scale.md"} {
		t.Run(name, func(t *testing.T) {
			blocks := regexp.MustCompile("(?s)```caddyfile\n(.*?)```").FindAllStringSubmatch(documentation(t, name), -1)
			if len(blocks) == 0 {
				t.Errorf("%s has no example", name)
			}
			for _, block := range blocks {
				provisioned(t, name, block[1])
			}
		})
	}
}

func TestReferenceMetrics(t *testing.T) {
	reference := documentation(t, "docs/reference.md")
	g := guard(t, "", html("<html><body>"))
	for line := range strings.Lines(g.do(t, "GET", "/metrics", "").body) {
		if name, ok := strings.CutPrefix(line, "# TYPE caddy_consent_"); ok {
			name, _, _ = strings.Cut(name, " ")
			if !strings.Contains(reference, "| `caddy_consent_"+name+"` |") {
				t.Errorf("caddy_consent_%s is not explained", name)
			}
		}
	}
	metrics := g.do(t, "GET", "/metrics", "").body
	for _, name := range regexp.MustCompile("(?m)^\\| `(caddy_consent_\\w+)` \\|").FindAllStringSubmatch(reference, -1) {
		if !strings.Contains(metrics, "# TYPE "+name[1]+" ") {
			t.Errorf("%s is explained and does not exist", name[1])
		}
	}
}

// section is what the reference says under a heading.
func section(t *testing.T, heading string) string {
	t.Helper()
	_, text, ok := strings.Cut(documentation(t, "docs/reference.md"), "\n"+heading+"\n")
	if !ok {
		t.Fatalf("the reference lacks %q", heading)
	}
	level, _, _ := strings.Cut(heading, " ")
	text, _, _ = strings.Cut(text, "\n"+level+" ")
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// fields are the names that a struct has in JSON.
func fields(of reflect.Type) (names []string) {
	for i := range of.NumField() {
		if name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	return names
}

func TestReferenceJSONFields(t *testing.T) {
	lists := map[string]string{"applications": "application", "purposes": "purpose", "services": "service"}
	inner := map[string]reflect.Type{
		"controller": reflect.TypeFor[config.Controller](), "purpose": reflect.TypeFor[config.Purpose](),
		"service": reflect.TypeFor[config.Service](), "style": reflect.TypeFor[config.Style](),
	}
	for _, name := range fields(reflect.TypeFor[consent.Handler]()) {
		word := name
		if of := lists[name]; of != "" {
			word = of
		}
		text := strings.ReplaceAll(section(t, "### "+word), "\n", " ")
		known := []string{name}
		if of := inner[word]; of != nil {
			known = append(known, fields(of)...)
		}
		for _, field := range known {
			if !strings.Contains(text, "`"+field+"`") {
				t.Errorf("%s: the field %s is not named", word, field)
			}
		}
		if !strings.Contains(text, "JSON: `"+name+"`") {
			t.Errorf("%s: it is not said that its field is %s", word, name)
		}
		for _, said := range regexp.MustCompile("JSON: `(\\w+)`(?: and `(\\w+)`)?").FindAllStringSubmatch(text, -1) {
			for _, field := range said[1:] {
				if field != "" && !slices.Contains(known, field) {
					t.Errorf("%s: the field %s does not exist", word, field)
				}
			}
		}
	}
}

func TestReferenceDefaults(t *testing.T) {
	said := func(word, line string) string {
		text := section(t, "### "+word)
		if line != "" {
			_, text, _ = strings.Cut(text, "\n| `"+line+"` |")
			text, _, _ = strings.Cut(text, "\n")
		}
		found := regexp.MustCompile("Default: `([^`]+)`").FindStringSubmatch(strings.ReplaceAll(text, "\n", " "))
		if found == nil {
			t.Fatalf("%s %s: no default is said", word, line)
		}
		return found[1]
	}
	g := guard(t, "service ga", html("<html><body>"))
	remember, err := caddy.ParseDuration(said("remember", ""))
	if err != nil {
		t.Fatal(err)
	}
	path := said("path", "")
	made := g.do(t, "POST", path+"/choice", "choice=accept", "Content-Type: application/x-www-form-urlencoded")
	if want := fmt.Sprintf("Max-Age=%.0f;", remember.Seconds()); !strings.Contains(made.Header.Get("Set-Cookie")+";", want) {
		t.Errorf("a choice is kept as %s, want %s", made.Header.Get("Set-Cookie"), want)
	}
	charter := g.do(t, "GET", path+"/charter", "")
	if got := charter.Header.Get("Content-Language"); got != said("language", "") {
		t.Errorf("the language is %s", got)
	}
	page := g.do(t, "GET", "/", "", byVisitor).body
	if !strings.Contains(page, `data-position="`+said("style", "position")+`"`) {
		t.Errorf("the notice is not at the %s: %s", said("style", "position"), page)
	}
	css := g.do(t, "GET", regexp.MustCompile(regexp.QuoteMeta(path)+`/assets/[0-9a-f]+/style\.css`).FindString(page), "").body
	for _, line := range []string{"accent", "text", "surface", "radius"} {
		for _, value := range strings.Fields(said("style", line)) {
			if line != "radius" {
				value = "#" + value
			}
			if !strings.Contains(css, "--consent-"+line+": "+value+" !important;") {
				t.Errorf("style %s: %s is not in the style sheet", line, value)
			}
		}
	}
}

func TestReferenceEndpoints(t *testing.T) {
	g := guard(t, "service youtube\ninventory browser", html("<html><body>"))
	choice := g.chosen(t, "choice=accept")
	asset := regexp.MustCompile(`/_consent/assets/\S+?/notice\.js`).FindString(g.do(t, "GET", "/", "", byVisitor).body)
	allowed := make(map[string]string) // methods by path
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+) (\\S+)` \\|").FindAllStringSubmatch(section(t, "## Endpoints"), -1) {
		method, path := row[1], strings.Replace(row[2], "/_consent/assets/…", asset, 1)
		allowed[path] += method + " "
		query := map[string]string{"/_consent/placeholder": "?service=youtube"}[path]
		if res := g.do(t, method, path+query, "choice=accept", "Content-Type: application/x-www-form-urlencoded", choice); res.StatusCode == 404 ||
			res.StatusCode == 405 {
			t.Errorf("%s %s: %s", method, path, res.Status)
		}
	}
	if len(allowed) < 8 {
		t.Fatalf("only %d endpoints are found", len(allowed))
	}
	for path, methods := range allowed {
		answer := g.do(t, "DELETE", path, "")
		var others []string
		for _, method := range strings.Split(answer.Header.Get("Allow"), ", ") {
			if method != "HEAD" && !strings.Contains(methods, method) {
				others = append(others, method)
			}
		}
		if answer.StatusCode != 405 || len(others) > 0 {
			t.Errorf("%s: %s, and takes %v besides", path, answer.Status, others)
		}
	}
	source := documentation(t, "internal/visitor/visitor.go")
	for _, path := range regexp.MustCompile(`path == h\.Path\+"(/\w+)"`).FindAllStringSubmatch(source, -1) {
		if allowed["/_consent"+path[1]] == "" {
			t.Errorf("%s is not explained", path[1])
		}
	}
}

func TestReferencePlaceholders(t *testing.T) {
	text := section(t, "## Placeholders")
	var found []string
	for _, name := range regexp.MustCompile("(?m)^\\| `\\{http\\.vars\\.consent\\.([^}]+)\\}`").FindAllStringSubmatch(text, -1) {
		found = append(found, name[1])
	}
	for _, name := range regexp.MustCompile(`\{"consent\.(\w+)",`).FindAllStringSubmatch(documentation(t, "internal/decision/decision.go"), -1) {
		if !slices.Contains(found, name[1]) {
			t.Errorf("%s is not explained", name[1])
		}
	}
	if want := []string{"state", "granted", "key", "<service>"}; !slices.Equal(found, want) {
		t.Errorf("explained are %v", found)
	}
}
