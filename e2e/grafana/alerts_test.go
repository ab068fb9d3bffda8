package grafana

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// series makes each alert fire, by what its counters do in each minute of a day and a half.
var series = map[string]string{
	"ChoicesWithoutProof": `      - {series: 'caddy_consent_ledger_errors_total{instance="a"}', values: '0+1x2160'}`,
	"LedgerEndIsNotKept":  `      - {series: 'caddy_consent_ledger_head_errors_total{instance="a"}', values: '0+1x2160'}`,
	"PagesWithoutAnyNotice": "      - {series: 'caddy_consent_pages_total{instance=\"a\",result=\"rewritten\",reason=\"\"}', values: '0+5x2160'}\n" +
		"      - {series: 'caddy_consent_notices_total{instance=\"a\"}', values: '7+0x2160'}",
	"PagesPassAsTheyAre": `      - {series: 'caddy_consent_pages_total{instance="a",result="passed",reason="charset"}', values: '0+1x2160'}`,
	"UndeclaredHosts":    `      - {series: 'caddy_consent_undeclared_total{instance="a",kind="host"}', values: '0+1x2160'}`,
	"RewriterIsSlow": "      - {series: 'caddy_consent_rewrite_seconds_bucket{instance=\"a\",le=\"0.1\"}', values: '0+1x2160'}\n" +
		"      - {series: 'caddy_consent_rewrite_seconds_bucket{instance=\"a\",le=\"0.4\"}', values: '0+9x2160'}\n" +
		"      - {series: 'caddy_consent_rewrite_seconds_bucket{instance=\"a\",le=\"+Inf\"}', values: '0+9x2160'}",
}

// quiet is a day and a half of a site on which all is well.
const quiet = `      - {series: 'caddy_consent_ledger_errors_total{instance="a"}', values: '3+0x2160'}
      - {series: 'caddy_consent_ledger_head_errors_total{instance="a"}', values: '2+0x2160'}
      - {series: 'caddy_consent_pages_total{instance="a",result="rewritten",reason=""}', values: '0+5x2160'}
      - {series: 'caddy_consent_pages_total{instance="a",result="passed",reason="charset"}', values: '4+0x2160'}
      - {series: 'caddy_consent_notices_total{instance="a"}', values: '0+1x2160'}
      - {series: 'caddy_consent_undeclared_total{instance="a",kind="host"}', values: '9+0x2160'}
      - {series: 'caddy_consent_rewrite_seconds_bucket{instance="a",le="0.1"}', values: '0+9x2160'}
      - {series: 'caddy_consent_rewrite_seconds_bucket{instance="a",le="+Inf"}', values: '0+9x2160'}`

func TestAlertRules(t *testing.T) {
	harness.LeaveToCI(t)
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		harness.Missing(t, "promtool (Debian: prometheus)")
	}
	rules := filepath.Join(harness.Root(), "examples", "alerts.yml")
	text, err := os.ReadFile(rules)
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`(?m)- alert: (\w+)$`).FindAllStringSubmatch(string(text), -1)
	if len(names) != len(series) {
		t.Errorf("%d alerts, %d are tested", len(names), len(series))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "rule_files: [%q]\nevaluation_interval: 1m\ntests:\n  - interval: 1m\n    input_series:\n%s\n    promql_expr_test:\n"+
		"      - expr: 'count(ALERTS) or vector(0)'\n        eval_time: 30h\n        exp_samples: [{labels: '{}', value: 0}]\n", rules, quiet)
	for _, name := range names {
		fmt.Fprintf(&b, "  - interval: 1m\n    input_series:\n%s\n    promql_expr_test:\n"+
			"      - expr: 'count by (alertname) (ALERTS{alertstate=\"firing\"})'\n        eval_time: 30h\n"+
			"        exp_samples: [{labels: '{alertname=\"%s\"}', value: 1}]\n", series[name[1]], name[1])
	}
	file := filepath.Join(t.TempDir(), "tests.yml")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if output, err := exec.Command(promtool, "test", "rules", file).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, output)
	}
}
