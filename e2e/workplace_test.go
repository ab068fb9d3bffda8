package e2e

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// asCaddy is the variable that makes a Caddy of this binary: to link another takes longer than all that is tried with it.
const asCaddy = "CONSENT_AS_CADDY"

func TestMain(m *testing.M) {
	if os.Getenv(asCaddy) != "" {
		caddycmd.Main()
		return // Go then ends it with 0
	}
	os.Exit(m.Run())
}

// caddyBinary is a Caddy with the module, in CI the one that was built with xcaddy.
func caddyBinary(t *testing.T) string {
	t.Helper()
	if harness.IsWhole() {
		return harness.Binary(t)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "caddy")
	if err := os.WriteFile(script, fmt.Appendf(nil, "#!/bin/sh\n%s=1 exec '%s' \"$@\"\n", asCaddy, self), 0o700); err != nil {
		t.Fatal(err)
	}
	return script
}

// workplace is where an operator works: in the folder of an instance that runs as docs/operating.md says, which a
// visitor has seen and chosen at.
type workplace struct {
	*harness.Instance
	portal string
	// plain and secure are the site's ports; names lead readers' placeholders to it.
	plain, secure int
	names         *strings.Replacer
}

func newWorkplace(t *testing.T) *workplace {
	t.Helper()
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Set-Cookie", "_ga=GA1; Path=/")
		html(harness.Document("", `<h1>Données</h1><iframe src="https://www.youtube.com/embed/x"></iframe>`))(w, r)
	}))
	t.Cleanup(portal.Close)
	w := &workplace{portal: portal.URL, plain: harness.FreePort(t), secure: harness.FreePort(t)}
	certificate, key := harness.Certificate(t)
	w.Instance = harness.NewInstance(t, caddyBinary(t), `	fallback_sni localhost
	log default {
		exclude http.handlers.consent.ledger
	}
	log ledger {
		include http.handlers.consent.ledger
		output file consent-ledger.log
	}`, fmt.Sprintf(`(site) {
	consent {
		site data.example.fr
		controller "Ville d'Exemple" dpo@ville.example
	}
	reverse_proxy %s
}
http://localhost:%d {
	import site
}
https://data.example.fr:%d {
	tls %s %s
	import site
}`, portal.URL, w.plain, w.secure, certificate, key))
	w.Start()
	w.names = strings.NewReplacer("https://<site>", fmt.Sprintf("http://localhost:%d", w.plain), "<logs>", w.Folder, "<command>", "audit")

	v := &running{client: visitor(t, fmt.Sprintf("127.0.0.1:%d", w.secure))}
	v.do(t, "GET", "/", "", "Sec-Fetch-Dest: document")
	_, receipt := v.do(t, "GET", "/_consent/receipt", "", v.chosen(t, "choice=refuse&how=notice"))
	w.write(t, "receipt.json", receipt)
	return w
}

func (w *workplace) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.Folder, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// holds runs a line, which has to succeed and to print these words.
func (w *workplace) holds(t *testing.T, line, input string, words ...string) {
	t.Helper()
	output, code := w.Shell(line, input)
	if code != 0 {
		t.Errorf("%s: exit status %d\n%s", line, code, output)
	}
	for _, word := range words {
		if !strings.Contains(output, word) {
			t.Errorf("%s does not print %q:\n%s", line, word, output)
		}
	}
}

// prints runs a command, with more where a page only names it, which prints these words.
func prints(more string, words ...string) runner {
	return func(t *testing.T, w *workplace, command string) {
		if program, _, _ := strings.Cut(command, " "); program == "curl" {
			needs(t, program)
		}
		w.holds(t, w.names.Replace(command+more), "", words...)
	}
}

func needs(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		harness.Missing(t, program)
	}
}

func both(one, other runner) runner {
	return func(t *testing.T, w *workplace, command string) {
		one(t, w, command)
		other(t, w, command)
	}
}

func initialised(t *testing.T, w *workplace, command string) {
	w.holds(t, "mkdir new && cd new && "+command, "data.example.fr\n"+w.portal+"\nVille d'Exemple\n")
	w.holds(t, "cd new && caddy validate", "", "Valid configuration")
}

func saved(t *testing.T, w *workplace, command string) {
	answer, err := http.Get("http://" + w.Admin + "/consent/inventory")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	inventory, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.json", "b.json", "c.json"} {
		w.write(t, name, string(inventory))
	}
	w.holds(t, command, "", "\nservice ga\n")
}

func kept(t *testing.T, w *workplace, command string) {
	begin, folder, _ := strings.Cut(w.names.Replace(command), "--output ")
	// The folder may have the time in its name, which goes on.
	w.holds(t, "folder="+folder+" && "+begin+`--output "$folder" && cd "$folder" && sha256sum --check SHA256SUMS`, "", "notice.html: OK")
}

// packaged: the ledger is where the package has it. Its commands are as everywhere, with the package's Caddyfile.
func packaged(t *testing.T, w *workplace, command string) {
	w.holds(t, strings.Replace(command, "<logs>/ledger", "consent-ledger", 1), "", "1 entry in 1 chain")
	step("packaging/Caddyfile", "output file", "/var/log/caddy-consent/ledger.log")(t, w, command)
}

// resolved asks the site by its own name, at the port and the address that it has here.
func resolved(t *testing.T, w *workplace, command string) {
	needs(t, "curl")
	port := fmt.Sprint(w.secure)
	w.holds(t, strings.NewReplacer("<site>:443:<address>", "data.example.fr:"+port+":127.0.0.1", "<site>", "data.example.fr:"+port).Replace(command),
		"", "<h1>Données</h1>")
}

// downloaded checks one file of a release, without the others that its list names.
func downloaded(t *testing.T, w *workplace, command string) {
	w.write(t, "caddy-consent_1.0.0_amd64.deb", "package")
	w.write(t, "sha256sums.txt", fmt.Sprintf("%x  caddy-consent_1.0.0_amd64.deb\n%x  caddy-consent_1.0.0_arm64.deb\n", sha256.Sum256([]byte("package")),
		sha256.Sum256(nil)))
	w.holds(t, command, "", "caddy-consent_1.0.0_amd64.deb: OK")
}

// setting: a setting of the kernel is there. To change it would change the machine.
func setting(t *testing.T, _ *workplace, command string) {
	if runtime.GOOS != "linux" {
		t.Skip("this is a setting of Linux")
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(command, "sysctl "), "=")
	if _, err := os.Stat("/proc/sys/" + strings.ReplaceAll(name, ".", "/")); err != nil {
		t.Error(err)
	}
}

// step: a script runs the command, in a line with these words, or with its own where none are given.
func step(script string, words ...string) runner {
	return func(t *testing.T, _ *workplace, command string) {
		essential := words
		if len(words) == 0 {
			essential = strings.Fields(command)
		}
		for line := range strings.Lines(continued.ReplaceAllString(documentation(t, script), " ")) {
			lacks := func(word string) bool { return !strings.Contains(line, word) }
			if !strings.HasPrefix(strings.TrimSpace(line), "#") && !slices.ContainsFunc(essential, lacks) {
				return
			}
		}
		t.Errorf("%s has no line with all of %q", script, essential)
	}
}

// in is a command of Go's as it runs in the repository.
func in(t *testing.T, command string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
	cmd.Dir = harness.Root()
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", command, err, output)
	}
	return string(output)
}

// explained: the program is there, and has the flags that the command gives. What it measures takes too long.
func explained(t *testing.T, _ *workplace, command string) {
	words := strings.Fields(command)
	source := documentation(t, filepath.Join(words[2], "main.go"))
	for _, word := range words[3:] {
		if flag, ok := strings.CutPrefix(word, "-"); ok && !strings.Contains(source, `, "`+flag+`", `) {
			t.Errorf("%s has no flag -%s", words[2], flag)
		}
	}
	if harness.IsWhole() {
		in(t, strings.Join(words[:3], " ")+" -help")
	}
}

// generated: the command runs the program in a folder, and a test there says whether it was run.
func generated(folder, test string) runner {
	return func(t *testing.T, _ *workplace, command string) {
		if output := in(t, strings.Replace(command, "generate", "generate -n", 1)); output != "go run ./"+filepath.Base(folder)+"\n" {
			t.Errorf("it runs %q", output)
		}
		if !slices.Contains(functions(t)[folder], test) {
			t.Error("no test says whether it was run")
		}
	}
}

var word = regexp.MustCompile(`'[^']*'|\S+`)

// selects: the packages of a `go test` have tests, each of its patterns selects some, and they read its variable.
func selects(t *testing.T, _ *workplace, command string) {
	there := functions(t)
	words := word.FindAllString(command, -1)
	variable, _, isSet := strings.Cut(words[0], "=")
	if isSet {
		words = words[1:]
	}
	var folders []string
	patterns := make(map[string]string)
	for words = words[2:]; len(words) > 0; words = words[1:] {
		switch name := words[0]; {
		case name == "-v":
		case strings.HasPrefix(name, "-"):
			words = words[1:]
			patterns[name] = strings.Trim(words[0], "'")
		default:
			folders = append(folders, strings.TrimPrefix(filepath.Clean(name), "."))
		}
	}
	for _, folder := range folders {
		if len(there[folder]) == 0 {
			t.Errorf("%q has no tests", folder)
		}
		if isSet && !takesVariable(t, folder, variable) {
			t.Errorf("no test in %q reads %s", folder, variable)
		}
		for flag, prefix := range map[string]string{"-run": "Test", "-bench": "Benchmark", "-fuzz": "Fuzz"} {
			pattern, _, _ := strings.Cut(patterns[flag], "/")
			for alternative := range strings.SplitSeq(pattern, "|") {
				fits := func(name string) bool {
					return strings.HasPrefix(name, prefix) && regexp.MustCompile(alternative).MatchString(name)
				}
				if alternative != "^$" && alternative != "" && !slices.ContainsFunc(there[folder], fits) {
					t.Errorf("%s %s selects nothing in %q", flag, alternative, folder)
				}
			}
		}
	}
}

// takesVariable tells whether a test of the folder reads a variable of the environment.
func takesVariable(t *testing.T, folder, variable string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(harness.Root(), folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		return strings.Contains(documentation(t, filepath.Join(folder, filepath.Base(file))), "Getenv(\""+variable+"\")")
	})
}

// passes runs a `go test`, a fuzz target for a moment. Compiling takes too long for it to be run everywhere.
func passes(t *testing.T, _ *workplace, command string) {
	if !harness.IsWhole() {
		return
	}
	short := regexp.MustCompile(`-fuzztime \S+`).ReplaceAllString(command, "-fuzztime 1000x")
	want := "--- PASS: Test"
	if strings.Contains(command, "-fuzz ") {
		want = "fuzz: elapsed"
	} else if _, test, ok := strings.Cut(command, "-run "); ok && strings.Contains(test, "/") && strings.HasPrefix(test, "Test") {
		want = "--- PASS: " + test // the case of the test, not the test alone
	}
	if output := in(t, strings.Replace(short, "go test", "go test -v -count=1", 1)); !strings.Contains(output, want) {
		t.Errorf("%s does not say %q:\n%s", short, want, output)
	}
}
