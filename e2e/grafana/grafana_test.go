// Package grafana checks the dashboard against a running instance, as Prometheus sees it.
package grafana

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/caddy-consent/caddy-consent"
	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

func TestMain(m *testing.M) {
	harness.Main(m, hasPrometheus)
}

func hasPrometheus() bool {
	_, err := exec.LookPath("prometheus")
	return err == nil
}

type dashboard struct {
	Panels []struct {
		Type, Title, Description string
		Datasource               struct{ UID string }
		FieldConfig              struct{ Defaults struct{ Unit string } }
		Targets                  []struct{ Expr string }
	}
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(harness.Root(), "examples", "grafana.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// prometheus scrapes the site once a second, and answers queries.
func prometheus(t *testing.T, target string) (address string) {
	t.Helper()
	folder := t.TempDir()
	config := fmt.Sprintf("global:\n  scrape_interval: 1s\nscrape_configs:\n  - job_name: caddy\n    static_configs:\n      - targets: [%q]\n", target)
	file := filepath.Join(folder, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	address = fmt.Sprintf("127.0.0.1:%d", harness.FreePort(t))
	server := exec.Command("prometheus", "--config.file", file, "--storage.tsdb.path", filepath.Join(folder, "data"), "--web.listen-address", address)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	return "http://" + address
}

// query asks for the values of an expression.
func query(address, expression string) (values []string, err error) {
	res, err := http.Get(address + "/api/v1/query?query=" + url.QueryEscape(expression))
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var answer struct {
		Status, Error string
		Data          struct {
			Result []struct{ Value [2]any }
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return nil, err
	}
	if answer.Status != "success" {
		return nil, fmt.Errorf("%s", answer.Error)
	}
	for _, series := range answer.Data.Result {
		values = append(values, fmt.Sprint(series.Value[1]))
	}
	return values, nil
}

// serve is a site that sets, gets and loads what nobody has allowed, with its metrics.
func serve(t *testing.T) (origin string) {
	t.Helper()
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Add("Set-Cookie", "sessionid=1")
		w.Header().Add("Set-Cookie", "_ga=1")
		w.Header().Add("Set-Cookie", "other=1")
		_, _ = io.WriteString(w, harness.Document("", `<iframe src="https://www.youtube.com/embed/x"></iframe><img src="https://unknown.example/x.png">`))
	}))
	t.Cleanup(portal.Close)
	origin = fmt.Sprintf("http://localhost:%d", harness.FreePort(t))
	harness.Caddy(t, fmt.Sprintf("%s {\n\tmetrics /metrics\n\tconsent {\n\t\tservice ga\n\t\tservice youtube\n\t}\n\treverse_proxy %s\n}\n", origin,
		strings.TrimPrefix(portal.URL, "http://")))
	return origin
}

// visit makes something of all that is counted happen.
func visit(t *testing.T, origin string) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(method, path, body string, fields ...string) {
		r, err := http.NewRequest(method, origin+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range fields {
			name, value, _ := strings.Cut(field, ": ")
			r.Header.Set(name, value)
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	ask("GET", "/", "", "Sec-Fetch-Dest: document", "Cookie: _ga=1; other=2")
	ask("POST", "/_consent/choice", "choice=accept", "Content-Type: application/x-www-form-urlencoded")
	ask("POST", "/_consent/choice", "choice=refuse", "Content-Type: application/x-www-form-urlencoded")
}

func TestDashboardQueries(t *testing.T) {
	harness.LeaveToCI(t)
	if !hasPrometheus() {
		harness.Missing(t, "Prometheus (Debian: prometheus)")
	}
	origin := serve(t)
	address := prometheus(t, strings.TrimPrefix(origin, "http://"))
	// Rates need two scrapes that differ.
	deadline := time.Now().Add(60 * time.Second)
	for scraped := false; !scraped; {
		visit(t, origin)
		values, err := query(address, "sum(increase(caddy_consent_notices_total[30s])) > 0")
		scraped = err == nil && len(values) > 0
		if time.Now().After(deadline) {
			t.Fatalf("nothing is scraped: %v", err)
		}
	}
	// Values come of what happens; only what must not happen is zero.
	for _, panel := range readDashboard(t).Panels {
		if panel.Type == "row" {
			continue
		}
		if panel.Description == "" || len(panel.Targets) == 0 || panel.FieldConfig.Defaults.Unit == "" || panel.Datasource.UID != "${datasource}" {
			t.Errorf("%s has no description, no query or no unit, or always the same data source", panel.Title)
		}
		for _, target := range panel.Targets {
			expression := strings.NewReplacer("$__rate_interval", "30s", "$__range", "30s", "$job", ".*", "$instance", ".*").Replace(target.Expr)
			values, err := query(address, expression)
			if err != nil || len(values) == 0 {
				t.Errorf("%s: %s: %v, %d series", panel.Title, expression, err, len(values))
				continue
			}
			quiet := slices.Contains([]string{"Choices without proof", "Ledger ends not kept", "Pages that passed unchanged", "Passed without being read"}, panel.Title)
			if !quiet && !slices.ContainsFunc(values, func(v string) bool { return v != "0" && v != "NaN" }) {
				t.Errorf("%s: %s is %v although there were visits", panel.Title, expression, values)
			}
		}
	}
}

func TestDashboardMetrics(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(harness.Root(), "examples", "grafana.json"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(harness.Root(), "internal", "telemetry", "metrics.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, word := range strings.FieldsFunc(string(source), func(c rune) bool { return c != '_' && (c < 'a' || c > 'z') }) {
		if strings.HasPrefix(word, "caddy_consent_") {
			if found++; !strings.Contains(string(text), word) {
				t.Errorf("%s is on no panel", word)
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d metrics were found", found)
	}
}
