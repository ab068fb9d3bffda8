package operators

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// initial runs `caddy consent init` in a folder of its own.
func initial(t *testing.T, answers string, args ...string) (caddyfile, said string, code int) {
	t.Helper()
	folder := t.TempDir()
	cmd := exec.CommandContext(t.Context(), harness.Binary(t), append([]string{"consent", "init"}, args...)...)
	cmd.Dir, cmd.Stdin = folder, strings.NewReader(answers)
	output, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "Caddyfile"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if err == nil {
		validate := exec.CommandContext(t.Context(), harness.Binary(t), "validate")
		validate.Dir = folder
		if out, err := validate.CombinedOutput(); err != nil {
			t.Errorf("it is not valid: %v\n%s\n%s", err, out, text)
		}
	}
	return string(text), string(output), cmd.ProcessState.ExitCode()
}

// hosted is a portal that answers by these names alone, and else as fails does.
func hosted(t *testing.T, fails http.HandlerFunc, names ...string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range names {
			if r.Host == name || name == "own" && strings.HasPrefix(r.Host, "127.0.0.1:") {
				w.Header().Set("Content-Type", "text/html")
				w.Header().Add("Set-Cookie", "_ga=1")
				w.Header().Add("Set-Cookie", "app_theme=dark")
				_, _ = io.WriteString(w, `<title>Données</title><img src="https://tiles.ville.example/1.png">`)
				return
			}
		}
		fails(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func refuse(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "which site?", http.StatusBadRequest)
}

func TestInitCommand(t *testing.T) {
	t.Run("asked", func(t *testing.T) {
		text, said, code := initial(t, "no name\ndata.example.fr\ndata.example.fr\n"+hosted(t, refuse, "own")+"\n\nVille d’Essai\n")
		if code != 0 || !strings.Contains(said, `invalid site name "no name"`) || !strings.Contains(said, "the site's own name") ||
			!strings.Contains(said, "visitors must be told who is responsible") {
			t.Errorf("%d: %s", code, said)
		}
		for _, want := range []string{
			"\ndata.example.fr {\n", "\t\tsite data.example.fr\n\t\tcontroller \"Ville d’Essai\"\n", "\t\tmode observe\n", "\t\tservice ga\n",
			"#	necessary app_theme\n", "#	allow tiles.ville.example\n", "\t\theader_up Host 127.0.0.1:", "\t\theader_down Location ",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("lacks %q:\n%s", want, text)
			}
		}
	})
	flags := func(portal string) []string {
		return []string{"--site", "http://data.example.fr:8080", "--portal", portal, "--controller", `Ville "d'Essai"`, "--contact", "dpo@ville.example"}
	}
	t.Run("alias", func(t *testing.T) {
		text, said, code := initial(t, "", flags(hosted(t, refuse, "own", "data.example.fr:8080"))...)
		if code != 0 || !strings.Contains(text, "header_up Host {host}") || !strings.Contains(text, "http://data.example.fr:8080 {") ||
			!strings.Contains(text, `controller "Ville \"d'Essai\"" dpo@ville.example`) {
			t.Errorf("%d: %s\n%s", code, said, text)
		}
	})
	t.Run("alias alone", func(t *testing.T) {
		redirects := func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://data.example.fr:8080/", http.StatusMovedPermanently)
		}
		text, said, code := initial(t, "", flags(hosted(t, redirects, "data.example.fr:8080"))...)
		if code != 0 || !strings.Contains(text, "header_up Host {host}") {
			t.Errorf("%d: %s\n%s", code, said, text)
		}
	})
	moved := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no answer":          {[]string{"--site", "data.example.fr"}, "set it with --portal"},
		"bad site":           {[]string{"--site", "data.example.fr/x"}, "invalid site name"},
		"bad contact":        {[]string{"--site", "data.example.fr", "--contact", "dpo"}, "--contact: "},
		"page as portal":     {[]string{"--site", "a.example", "--portal", "https://b.example/explore/"}, "scheme and host only"},
		"bad portal":         {[]string{"--site", "a.example", "--portal", "ftp://b.example"}, "invalid address"},
		"portal is the site": {[]string{"--site", "a.example", "--portal", "https://a.example"}, "the site's own name"},
		"nobody answers":     {flags(fmt.Sprintf("http://127.0.0.1:%d", harness.FreePort(t))), "does not answer at"},
		"moved":              {flags(hosted(t, moved("https://elsewhere.example/"))), "redirects to elsewhere.example: give that address instead"},
		"plain HTTP":         {flags(strings.Replace(hosted(t, refuse), "http:", "https:", 1)), "else write http:// before its name"},
		"name not known":     {flags(hosted(t, moved("http://data.example.fr:8080/"))), "keep the name registered"},
		"an error":           {flags(hosted(t, refuse)), "answers with 400 Bad Request"},
	} {
		t.Run(name, func(t *testing.T) {
			text, said, code := initial(t, "", c.args...)
			if code != 2 || !strings.Contains(said, c.want) || text != "" {
				t.Errorf("%d: %s\n%s", code, said, text)
			}
		})
	}
	t.Run("existing file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "there")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, said, code := initial(t, "", "--output", file); code != 2 || !strings.Contains(said, "already exists") {
			t.Errorf("%d: %s", code, said)
		}
	})
	t.Run("file that comes meanwhile", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "there")
		comes := func(w http.ResponseWriter, r *http.Request) {
			if err := os.WriteFile(file, []byte("of somebody else"), 0o600); err != nil {
				t.Error(err)
			}
			http.NotFound(w, r)
		}
		_, said, code := initial(t, "", append(flags(hosted(t, comes, "own")), "--output", file)...)
		if text, err := os.ReadFile(file); err != nil || code != 2 || string(text) != "of somebody else" {
			t.Errorf("%d: %v\n%s\n%s", code, err, said, text)
		}
	})
}

func TestSuggestCommandWrite(t *testing.T) {
	s := serve(t, "site essai\nmode observe")
	s.visits("/")
	before, err := os.ReadFile(s.Caddyfile())
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"consent", "suggest", "--write", "--address", s.Admin, "--config", s.Caddyfile()}
	if output, code := s.Run(args...); code != 2 || !strings.Contains(output, "service ga\n") || !strings.Contains(output, "nothing was written") {
		t.Errorf("without an answer: %d\n%s", code, output)
	}
	if now, err := os.ReadFile(s.Caddyfile()); err != nil || string(now) != string(before) {
		t.Errorf("it was written without an answer: %v\n%s", err, now)
	}
	if output, code := s.Run(append(args, "--yes")...); code != 0 {
		t.Errorf("%d\n%s", code, output)
	}
	written, err := os.ReadFile(s.Caddyfile())
	if err != nil {
		t.Fatal(err)
	}
	again := func(when string) {
		output, code := s.Run(append(args, "--yes")...)
		if now, err := os.ReadFile(s.Caddyfile()); err != nil || code != 0 || !strings.Contains(output, "holds all of this already") || string(now) != string(written) {
			t.Errorf("again, %s: %d: %v\n%s\n%s", when, code, err, output, now)
		}
	}
	again("before a reload")
	s.Instance.Reload()
	s.visits("/") // which changes how often names were seen
	again("after it")
	if again, code := s.Run("consent", "suggest", "--address", s.Admin); code != 0 || strings.Contains(again, "\nservice ") {
		t.Errorf("what is declared is suggested again: %d\n%s", code, again)
	}
}

// The Caddyfile is in another folder than the one in which the command runs, and imports a file beside it.
func TestSuggestCommandWriteImport(t *testing.T) {
	s := serve(t, "mode observe")
	s.visits("/")
	folder := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	write("portal.caddyfile", "reverse_proxy localhost:8000\n")
	file := write("Caddyfile", "http://localhost:8080 {\n\tconsent {\n\t\tmode observe\n\t}\n\timport portal.caddyfile\n}\n")
	output, code := s.Run("consent", "suggest", "--write", "--yes", "--address", s.Admin, "--config", file)
	if text, err := os.ReadFile(file); err != nil || code != 0 || !strings.Contains(string(text), "\t\tservice ga\n") {
		t.Errorf("%d: %v\n%s\n%s", code, err, output, text)
	}
}

// Storage keys alone are something to write.
func TestSuggestCommandWriteStorage(t *testing.T) {
	i := harness.NewInstance(t, harness.Binary(t), "", "")
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(i.Folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("own", ":80 {\n\tconsent\n\trespond ok\n}\n")
	write("seen.json", `{"sites":[{"site":"","storage":[{"name":"cart","where":["report"]}]}]}`)
	output, code := i.Run("consent", "suggest", "seen.json", "--write", "--yes", "--config", "own")
	if text, err := os.ReadFile(filepath.Join(i.Folder, "own")); err != nil || code != 0 || !strings.Contains(string(text), "storage  cart") {
		t.Errorf("%d: %v\n%s\n%s", code, err, output, text)
	}
}
