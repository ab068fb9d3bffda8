// Package operators runs the module as operators do: as a process, with its commands, its admin API, its
// ledger in a file.
package operators

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// portal is a site that sets and loads what no charter names.
func portal(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Add("Set-Cookie", "sessionid=1; Path=/; HttpOnly")
		w.Header().Add("Set-Cookie", "_ga=GA1; Path=/")
		w.Header().Add("Set-Cookie", "app_theme=dark; Path=/")
		_, _ = io.WriteString(w, harness.Document("",
			`<h1>Données</h1><iframe src="https://www.youtube.com/embed/x"></iframe><img src="https://tiles.ville.example/1.png">`))
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// site is an instance in front of the portal, with its ledger in a file.
type site struct {
	*harness.Instance
	url, upstream string
	t             *testing.T
}

func serve(t *testing.T, consent string) *site {
	t.Helper()
	s := &site{upstream: portal(t), t: t}
	s.url = fmt.Sprintf("http://localhost:%d", harness.FreePort(t))
	s.Instance = harness.StartInstance(t, ledgerLog, s.caddyfile(consent))
	return s
}

// ledgerLog is what docs/operating.md says of the ledger's own file.
const ledgerLog = "\tlog ledger {\n\t\tinclude http.handlers.consent.ledger\n\t\toutput file ledger.log\n\t}\n\tlog default {\n" +
	"\t\texclude http.handlers.consent.ledger\n\t}"

func (s *site) caddyfile(consent string) string {
	return fmt.Sprintf("%s {\n\tmetrics /metrics\n\tconsent {\n%s\n\t}\n\treverse_proxy %s\n}\n", s.url, consent, s.upstream)
}

// reloads gives the site another consent block.
func (s *site) reloads(consent string) {
	s.t.Helper()
	s.Write(ledgerLog, s.caddyfile(consent))
	s.Reload()
}

// do sends a request over a connection of its own: a reload ends those that are idle, perhaps in the moment
// in which one is used again.
func (s *site) do(method, address string, body io.Reader, fields ...string) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, address, body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Close = true
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Add(name, value)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	// It came to the listener that a reload has just ended: nothing was sent, or a second time does no harm.
	if dial := (*net.OpError)(nil); errors.As(err, &dial) && dial.Op == "dial" || errors.Is(err, io.EOF) && method == http.MethodGet {
		res, err = http.DefaultTransport.RoundTrip(r)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res, string(text)
}

// visits navigates to a page.
func (s *site) visits(path string, fields ...string) string {
	s.t.Helper()
	res, body := s.do("GET", s.url+path, nil, append(fields, "Sec-Fetch-Dest: document")...)
	if res.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %s", path, res.Status)
	}
	return body
}

// chooses sends the form, and returns the Cookie field of the visitor from then on.
func (s *site) chooses(form string, fields ...string) string {
	s.t.Helper()
	res, body := s.do("POST", s.url+"/_consent/choice", strings.NewReader(form), append(fields, "Content-Type: application/x-www-form-urlencoded")...)
	if res.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("%s: %s %s", form, res.Status, body)
	}
	pair, _, _ := strings.Cut(res.Header.Get("Set-Cookie"), ";")
	return "Cookie: " + pair
}

// admin asks the admin API, and decodes what it answers.
func (s *site) admin(method, path string, into any) *http.Response {
	s.t.Helper()
	res, body := s.do(method, "http://"+s.Admin+path, nil)
	if into != nil {
		if err := json.Unmarshal([]byte(body), into); err != nil {
			s.t.Fatalf("%s: %v in %s", path, err, body)
		}
	}
	return res
}

type item struct {
	Name, Service, Path string
	Declared            bool
	Count               int
	Where               []string
	Done                map[string]int
}

type inventories struct {
	Sites []struct {
		Site, Policy, Mode string
		Cookies, Hosts     []item
	}
}

// seen are the names of the one site's inventory.
func (s *site) seen() (cookies, hosts map[string]item) {
	s.t.Helper()
	var answer inventories
	s.admin("GET", "/consent/inventory", &answer)
	if len(answer.Sites) != 1 {
		s.t.Fatalf("%d sites", len(answer.Sites))
	}
	cookies, hosts = make(map[string]item), make(map[string]item)
	for _, i := range answer.Sites[0].Cookies {
		cookies[i.Name] = i
	}
	for _, i := range answer.Sites[0].Hosts {
		hosts[i.Name] = i
	}
	return cookies, hosts
}

func (s *site) ledger() []map[string]any {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.Folder, "ledger.log"))
	if err != nil {
		s.t.Fatal(err)
	}
	var entries []map[string]any
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		var entry map[string]any
		if err := json.Unmarshal(lines.Bytes(), &entry); err != nil {
			s.t.Fatal(err)
		}
		entries = append(entries, entry)
	}
	return entries
}

func TestAdminAPIState(t *testing.T) {
	s := serve(t, "site Essai\nservice ga")
	s.visits("/explore/", "Cookie: sessionid=1; _fbp=2; _ga=3")
	s.do("POST", s.url+"/_consent/report",
		strings.NewReader(`{"csp-report":{"blocked-uri":"https://cdn.unknown.example/x.js","effective-directive":"script-src"}}`),
		"Content-Type: application/csp-report", "Referer: "+s.url+"/pages/a?b")

	cookies, hosts := s.seen()
	for name, want := range map[string]string{
		"sessionid": "{sessionid necessary /explore/ true 2 [upstream browser] map[passed:2]}",
		"_ga":       "{_ga ga /explore/ true 5 [upstream browser] map[expired:3 stripped:1 withheld:1]}",
		"app_theme": "{app_theme  /explore/ false 1 [upstream] map[stripped:1]}",
		"_fbp":      "{_fbp facebook /explore/ false 1 [browser] map[withheld:1]}",
	} {
		if got := fmt.Sprint(cookies[name]); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for name, want := range map[string]string{
		"www.youtube.com":     "{www.youtube.com youtube /explore/ false 1 [page] map[blocked:1]}",
		"tiles.ville.example": "{tiles.ville.example  /explore/ false 1 [page] map[passed:1]}",
		"cdn.unknown.example": "{cdn.unknown.example  /pages/a false 1 [report] map[blocked:1]}",
	} {
		if got := fmt.Sprint(hosts[name]); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}

	var policy struct {
		Sites []struct {
			Site, Mode, Path, Undeclared string
			Necessary                    []string
			Services                     []struct{ ID, Provider, Lifetime string }
		}
	}
	s.admin("GET", "/consent/policy", &policy)
	if got := fmt.Sprint(policy.Sites); got != "[{Essai enforce /_consent strip [sessionid django_language csrftoken cookies_preferences] [{ga "+
		"Google 9480h0m0s}]}]" {
		t.Errorf("policy %s", got)
	}
	var counters map[string]float64
	s.admin("GET", "/consent/counters", &counters)
	for deadline := time.Now().Add(20 * time.Second); counters["caddy_consent_rewrite_seconds_count"] < 1 && time.Now().Before(deadline); {
		s.admin("GET", "/consent/counters", &counters) // the page is counted after its last byte
	}
	for name, want := range map[string]float64{
		"caddy_consent_notices_total": 1, `caddy_consent_undeclared_total{kind="host"}`: 3, `caddy_consent_blocked_total{service="youtube"}`: 1,
		"caddy_consent_rewrite_seconds_count": 1, "caddy_consent_ledger_errors_total": 0, "caddy_consent_ledger_head_errors_total": 0,
	} {
		if got, ok := counters[name]; !ok || got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if counters["caddy_consent_rewrite_bytes_total"] < 200 {
		t.Errorf("%v bytes were rewritten", counters["caddy_consent_rewrite_bytes_total"])
	}
	var version map[string]string
	if s.admin("GET", "/consent/version", &version); version["version"] == "" || !strings.HasPrefix(version["caddy"], "v2.") {
		t.Errorf("version %v", version)
	}
}

// Strangers push out nothing that the server has seen, by a hundred thousand invented hosts; those of other sites are
// not heard at all.
func TestInventoryFlood(t *testing.T) {
	s := serve(t, "mode observe")
	s.visits("/explore/")
	report := func(prefix string, fields ...string) int {
		var list []string
		for i := range 100 {
			list = append(list, fmt.Sprintf(`{"type":"csp-violation","body":{"blockedURL":"https://%s-%d.example/x","effectiveDirective":"img-src"}}`, prefix, i))
		}
		res, _ := s.do("POST", s.url+"/_consent/report", strings.NewReader("["+strings.Join(list, ",")+"]"), append(fields, "Content-Type: application/reports+json")...)
		return res.StatusCode
	}
	for i := range 10 {
		if status := report(fmt.Sprint("elsewhere", i), "Origin: https://evil.example", "Sec-Fetch-Site: cross-site"); status != http.StatusForbidden {
			t.Fatalf("another site's report: %d", status)
		}
	}
	answers := make(map[int]int)
	for i := range 1000 {
		answers[report(fmt.Sprint("invented", i))]++
	}
	cookies, hosts := s.seen()
	if answers[http.StatusNoContent] < 200 || answers[http.StatusTooManyRequests] == 0 || answers[http.StatusNoContent]+answers[http.StatusTooManyRequests] != 1000 {
		t.Errorf("answers: %v", answers)
	}
	if len(hosts) != 1000 || hosts["www.youtube.com"].Count != 1 || hosts["tiles.ville.example"].Count != 1 || len(cookies) != 3 {
		t.Errorf("%d hosts and %d cookies are left; of the page's %v and %v", len(hosts), len(cookies), hosts["www.youtube.com"], hosts["tiles.ville.example"])
	}
	for name := range hosts {
		if strings.HasPrefix(name, "elsewhere") {
			t.Errorf("%s is kept", name)
		}
	}
}

func TestAdminAPIErrors(t *testing.T) {
	s := serve(t, "")
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"POST", "/consent/", 404, ""}, {"GET", "/consent/nothing", 404, ""}, {"POST", "/consent/inventory/", 404, ""},
		{"POST", "/consent/inventory", 405, "GET"}, {"DELETE", "/consent/policy", 405, "GET"}, {"GET", "/consent/keys/rotate", 405, "POST"},
	} {
		var answer struct{ Error string }
		res := s.admin(c.method, c.path, &answer)
		if res.StatusCode != c.status || res.Header.Get("Allow") != c.allow || answer.Error == "" {
			t.Errorf("%s %s: %s, Allow %q, %q", c.method, c.path, res.Status, res.Header.Get("Allow"), answer.Error)
		}
	}
}

func TestInventoryAndChainReload(t *testing.T) {
	s := serve(t, "mode observe")
	s.visits("/")
	s.chooses("choice=accept")
	s.reloads("service ga")
	s.chooses("choice=accept")
	if cookies, hosts := s.seen(); !cookies["_ga"].Declared || cookies["_ga"].Count != 1 || len(hosts) != 2 {
		t.Errorf("after a reload: %v, %v", cookies, hosts)
	}
	s.Stop()
	s.Start()
	s.chooses("choice=refuse")
	entries := s.ledger()
	if len(entries) != 3 {
		t.Fatalf("%d entries", len(entries))
	}
	first, second, third := entries[0], entries[1], entries[2]
	if second["chain"] != first["chain"] || second["seq"] != 2.0 || second["prev"] != first["hash"] {
		t.Errorf("the chain broke at the reload: %v", second)
	}
	if third["chain"] == first["chain"] || third["seq"] != 1.0 || third["prev"] != second["hash"] ||
		fmt.Sprint(third["after"]) != fmt.Sprintf("map[chain:%v seq:2]", first["chain"]) {
		t.Errorf("the chain after the restart does not name the last: %v", third)
	}
	if output, code := s.Run("consent", "verify", "ledger.log"); code != 0 || !strings.Contains(output, "3 entries in 2 chains") {
		t.Errorf("verify: %d\n%s", code, output)
	}
}

func TestLedgerEntries(t *testing.T) {
	s := serve(t, "controller Ville\nservice ga\nservice youtube\nservice matomo {\nexempt\n}")
	page := s.visits("/", "Sec-GPC: 1") // which says that it is in French
	s.chooses("choice=accept&how=notice&lang=en", "Sec-GPC: 1", "User-Agent: Mozilla/5.0 Secret", "X-Forwarded-For: 192.0.2.77")
	accepted := s.chooses("choice=grant&service=youtube&how=placeholder")
	s.chooses("choice=custom&service=ga&how=settings", accepted)
	for _, age := range []int64{5000, 6000} { // two choices of the portal's own banner: their times tell them apart
		s.visits("/", "Cookie: cookies_preferences=%7B%22ga%22%3Atrue%2C%22youtube%22%3Afalse%2C%22matomo%22%3Afalse%2C%22timestamp%22%3A"+
			fmt.Sprint(now()-age)+"%7D")
	}
	entries := s.ledger()
	var got []string
	for _, e := range entries {
		got = append(got, fmt.Sprintf("%v by %v in %v, gpc %v: %v %v %v", e["choice"], e["how"], e["language"], e["gpc"], e["granted"],
			e["refused"], e["withdrawn"]))
		if e["logger"] != "http.handlers.consent.ledger" || e["site"] != strings.TrimPrefix(s.url, "http://") || len(e["policy"].(string)) != 16 ||
			len(e["receipt"].(string)) < 20 {
			t.Errorf("%v", e)
		}
	}
	want := []string{
		"accept by notice in en, gpc true: [ga youtube matomo] [] []",
		"grant by placeholder in fr, gpc false: [youtube matomo] [ga] []",
		"custom by settings in fr, gpc false: [ga] [youtube matomo] [youtube matomo]",
		"native by native in fr, gpc false: [ga] [youtube matomo] []",
		"native by native in fr, gpc false: [ga] [youtube matomo] []",
	}
	for i, e := range entries {
		claimed, isNative := e["claimed"].(string)
		if isNative != (i > 2) || isNative && claimed >= e["time"].(string) {
			t.Errorf("entry %d is of %v, its cookie says %v", i, e["time"], e["claimed"])
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	text, _ := os.ReadFile(filepath.Join(s.Folder, "ledger.log"))
	for _, private := range []string{"192.0.2.77", "127.0.0.1", "Mozilla", "Secret"} {
		if bytes.Contains(text, []byte(private)) {
			t.Errorf("the ledger holds %s", private)
		}
	}

	// What was shown is what is kept in escrow, by its hash.
	if output, code := s.Run("consent", "notice", "--url", s.url, "--output", "escrow"); code != 0 {
		t.Fatalf("notice: %d\n%s", code, output)
	}
	kept, err := os.ReadFile(filepath.Join(s.Folder, "escrow", "fr", "notice-gpc.html"))
	if err != nil || !strings.Contains(page, string(kept)) {
		t.Errorf("%v: the notice in escrow is not the one in the page", err)
	}
	sums, err := os.ReadFile(filepath.Join(s.Folder, "escrow", "SHA256SUMS"))
	if err != nil || !strings.Contains(string(sums), entries[0]["notice"].(string)+"  en/notice-gpc.html\n") {
		t.Errorf("%v: no file has the hash that the entry names: %s", err, sums)
	}
	for _, tag := range []string{"fr", "en", "ar"} {
		_, charter := s.do("GET", s.url+"/_consent/charter?lang="+tag, nil)
		if kept, err := os.ReadFile(filepath.Join(s.Folder, "escrow", tag, "charter.html")); err != nil || charter != string(kept) {
			t.Errorf("%s: %v: the charter in escrow is not the one that is served", tag, err)
		}
	}
	if output, code := s.Run("consent", "notice", "--url", s.url, "--output", "escrow"); code != 2 || !strings.Contains(output, "name a new folder with --output") {
		t.Errorf("notice into a folder that holds another: %d\n%s", code, output)
	}
	if now, err := os.ReadFile(filepath.Join(s.Folder, "escrow", "SHA256SUMS")); err != nil || !bytes.Equal(now, sums) {
		t.Errorf("%v: what was kept has changed", err)
	}
	if err := os.Mkdir(filepath.Join(s.Folder, "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	if output, code := s.Run("consent", "notice", "--url", s.url, "--output", "empty"); code != 0 {
		t.Errorf("notice into an empty folder: %d\n%s", code, output)
	}
	s.reloads("controller Ville\nservice youtube")
	if output, code := s.Run("consent", "notice", "--url", s.url, "--output", "next"); code != 0 || !strings.Contains(output, "has not been in force yet") {
		t.Errorf("notice of the next policy: %d\n%s", code, output)
	}
	// A storage without a key is likely another than the site's.
	if err := os.RemoveAll(filepath.Join(s.Folder, "storage", "consent")); err != nil {
		t.Fatal(err)
	}
	if output, code := s.Run("consent", "notice", "--url", s.url, "--output", "elsewhere"); code != 0 ||
		!strings.Contains(output, "run the command as the user that runs Caddy") {
		t.Errorf("notice from another storage: %d\n%s", code, output)
	}
}

func TestReceiptVerification(t *testing.T) {
	s := serve(t, "controller Ville dpo@ville.example\nservice ga\nservice youtube")
	visitor := s.chooses("choice=custom&service=youtube")
	res, receipt := s.do("GET", s.url+"/_consent/receipt", nil, visitor)
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/json" || !strings.Contains(res.Header.Get("Cache-Control"), "no-store") {
		t.Fatalf("%s %v", res.Status, res.Header)
	}
	for _, part := range []string{`"schema_version": "ISO/IEC TS 27560:2023"`, `"party_contact": "dpo@ville.example"`, `"validity_duration": "P180D"`,
		`"event_state": "consent_refused"`} {
		if !strings.Contains(receipt, part) {
			t.Errorf("lacks %s in %s", part, receipt)
		}
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(s.Folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("receipt.json", receipt)
	write("forged.json", strings.Replace(receipt, "consent_refused", "consent_given", 1))
	if output, code := s.Run("consent", "verify", "receipt.json", "ledger.log"); code != 0 || !strings.Contains(output, "allowed youtube") {
		t.Errorf("verify: %d\n%s", code, output)
	}
	if output, code := s.Run("consent", "verify", "ledger.log", "forged.json"); code != 1 || !strings.Contains(output, "was altered") ||
		strings.Count(output, "2 problems found") != 1 || strings.Contains(output, "Error") {
		t.Errorf("verify of a forged one: %d\n%s", code, output)
	}
	if res, body := s.do("GET", s.url+"/_consent/receipt", nil); res.StatusCode != 404 || !strings.Contains(body, "You have no choice in force") {
		t.Errorf("without a choice: %s %s", res.Status, body)
	}
}

// TestAuditVerdictOnce: what stands at the end of the report is not said again on the standard error.
func TestAuditVerdictOnce(t *testing.T) {
	s := serve(t, "")
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "\nThe site could not be checked.\n"},
		{[]string{"--json"}, "The site could not be checked."}, // the report has no verdict
	} {
		output, code := s.Run(append([]string{"consent", "audit", "http://127.0.0.1:1/"}, c.args...)...)
		if code != 2 || strings.Count(output, "could not be checked") != 1 || !strings.Contains(output, c.want) || strings.Contains(output, "Error:") {
			t.Errorf("audit %q: %d\n%s", c.args, code, output)
		}
	}
}

func TestVerifyCommandErrors(t *testing.T) {
	s := serve(t, "")
	s.chooses("choice=accept")
	s.chooses("choice=refuse")
	s.Stop() // which stores the last entry
	whole, err := os.ReadFile(filepath.Join(s.Folder, "ledger.log"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.Folder, "cut.log"), whole[:bytes.IndexByte(whole, '\n')+1], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"nowhere.log"}, 2, "no such file"},
		{[]string{"Caddyfile"}, 2, "contain neither ledger entries"},
		{[]string{"--config", "nowhere", "ledger.log"}, 2, "nowhere"},
		{[]string{"--without-key", "ledger.log"}, 0, "nothing was altered, removed or reordered; not checked for forgery"},
		{[]string{"--config", "nowhere", "--without-key", "ledger.log"}, 0, "not checked for forgery, nor for a missing end"},
		{[]string{"--without-key", "cut.log"}, 1, "entry 2 was removed after it"},
		{[]string{}, 2, "requires at least 1 arg"},
	} {
		if output, code := s.Run(append([]string{"consent", "verify"}, c.args...)...); code != c.code || !strings.Contains(output, c.want) {
			t.Errorf("verify %q: %d\n%s", c.args, code, output)
		}
	}
}

func TestLedgerWriteFailure(t *testing.T) {
	s := serve(t, "service ga")
	s.Write("\tlog default {\n\t\toutput file caddy.log\n\t\texclude http.handlers.consent.ledger\n\t}", s.caddyfile("service ga"))
	s.Reload()
	s.chooses("choice=accept")
	var counters map[string]float64
	if s.admin("GET", "/consent/counters", &counters); counters["caddy_consent_ledger_errors_total"] != 1 {
		t.Errorf("counted %v times", counters["caddy_consent_ledger_errors_total"])
	}
	if log, err := os.ReadFile(filepath.Join(s.Folder, "caddy.log")); err != nil ||
		!strings.Contains(string(log), "could not be written to the ledger") {
		t.Errorf("%v: the log does not say so: %s", err, log)
	}
}

// A choice that is recorded has its record, though the storage does not take the ledger's last entry.
func TestLedgerHeadStoreFailure(t *testing.T) {
	s := serve(t, "service ga")
	folder := filepath.Join(s.Folder, "storage", "consent", "ledger")
	if err := errors.Join(os.MkdirAll(filepath.Dir(folder), 0o700), os.RemoveAll(folder), os.WriteFile(folder, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	s.chooses("choice=accept")
	var counters map[string]float64
	const lost, headErrors = "caddy_consent_ledger_errors_total", "caddy_consent_ledger_head_errors_total"
	for deadline := time.Now().Add(20 * time.Second); counters[headErrors] < 1 && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		s.admin("GET", "/consent/counters", &counters)
	}
	if counters[headErrors] != 1 || counters[lost] != 0 {
		t.Errorf("counted %v times, and %v choices without a record", counters[headErrors], counters[lost])
	}
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	if output, code := s.Run("consent", "verify", "ledger.log"); code != 0 || !strings.Contains(output, "all is in order") {
		t.Errorf("verify: %d\n%s", code, output)
	}
}

func TestRotateKeyCommand(t *testing.T) {
	s := serve(t, "service ga")
	visitor := s.chooses("choice=accept")
	for _, args := range [][]string{{"--address", s.Admin}, {"--config", "Caddyfile"}} {
		if output, code := s.Run(append([]string{"consent", "rotate-key"}, args...)...); code != 0 {
			t.Errorf("rotate-key %q: %d\n%s", args, code, output)
		}
	}
	var keys struct{ Keys []any }
	text, err := os.ReadFile(filepath.Join(s.Folder, "storage", "consent", "keys.json"))
	if err != nil || json.Unmarshal(text, &keys) != nil || len(keys.Keys) != 3 {
		t.Errorf("%v: %d keys", err, len(keys.Keys))
	}
	s.reloads("service ga\nsite Essai")
	if _, state := s.do("GET", s.url+"/_consent/choice", nil, visitor); !strings.Contains(state, `"state":"given"`) {
		t.Errorf("the visitor is asked again: %s", state)
	}
	if err := os.RemoveAll(filepath.Join(s.Folder, "storage", "consent")); err != nil {
		t.Fatal(err)
	}
	if output, code := s.Run("consent", "rotate-key", "--config", "Caddyfile"); code != 2 || !strings.Contains(output, "has no signing key for this user") {
		t.Errorf("rotate-key in a storage without a key: %d\n%s", code, output)
	}
	if output, code := s.Run("consent", "rotate-key", "--address", "localhost:1"); code != 2 || !strings.Contains(output, "no instance answers") {
		t.Errorf("rotate-key without an instance: %d\n%s", code, output)
	}
}

func TestCommandHelp(t *testing.T) {
	s := serve(t, "")
	for command, want := range map[string]string{
		"suggest": "inventory of the running instance", "notice": "sha256sum --check", "verify": "altered, removed, reordered or forged",
		"rotate-key": "two minutes later", "": "mode observe",
	} {
		output, code := s.Run(strings.Fields("consent " + command + " --help")...)
		if code != 0 || !strings.Contains(output, want) {
			t.Errorf("%s --help: %d\n%s", command, code, output)
		}
	}
}

func TestSuggestCommandSources(t *testing.T) {
	s := serve(t, "mode observe")
	s.visits("/")
	asked, code := s.Run("consent", "suggest", "--address", s.Admin)
	if code != 0 || !strings.Contains(asked, "\nservice ga\n") || !strings.Contains(asked, "\nservice youtube\n") ||
		!strings.Contains(asked, "#\tnecessary app_theme\n") || !strings.Contains(asked, "#\tallow tiles.ville.example\n") {
		t.Errorf("suggest: %d\n%s", code, asked)
	}
	_, saved := s.do("GET", "http://"+s.Admin+"/consent/inventory", nil)
	if err := os.WriteFile(filepath.Join(s.Folder, "seen.json"), []byte(saved), 0o600); err != nil {
		t.Fatal(err)
	}
	if read, code := s.Run("consent", "suggest", "seen.json"); code != 0 || read != asked {
		t.Errorf("suggest from a file: %d\n%s", code, read)
	}
	s.reloads(asked) // it is a part of a Caddyfile
	if again, code := s.Run("consent", "suggest", "--address", s.Admin); code != 0 || strings.Contains(again, "\nservice ") {
		t.Errorf("what is declared is suggested again: %d\n%s", code, again)
	}
	for _, args := range [][]string{{"Caddyfile"}, {"nowhere.json"}, {"--address", "localhost:1"}, {"--site", "Autre", "seen.json"}} {
		if output, code := s.Run(append([]string{"consent", "suggest"}, args...)...); code != 2 {
			t.Errorf("suggest %q: %d\n%s", args, code, output)
		}
	}
}

// now is the time in milliseconds.
func now() int64 { return time.Now().UnixMilli() }
