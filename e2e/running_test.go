package e2e

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// running is an example that runs, as a visitor of https://data.example.fr has it.
type running struct {
	client *http.Client
	// asked are the requests that came to the portal, the latest last.
	asked []*http.Request
}

// run runs an example as it stands in its file, but for where the instance listens, keeps its files and
// finds the portal, and who vouches for the certificates.
func run(t *testing.T, name string, portal http.HandlerFunc) *running {
	t.Helper()
	e := new(running)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.asked = append(e.asked, r)
		portal(w, r)
	})
	text := documentation(t, filepath.Join("examples", name))
	upstream := httptest.NewUnstartedServer(handler)
	if strings.Contains(text, "reverse_proxy https://") {
		upstream.StartTLS()
	} else {
		upstream.Start()
	}
	t.Cleanup(upstream.Close)

	var config map[string]any
	if err := json.Unmarshal(adapted(t, name, placed(t, text)), &config); err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", harness.FreePort(t))
	config["admin"] = map[string]any{"disabled": true, "config": map[string]any{"persist": false}}
	config["storage"] = map[string]any{"module": "file_system", "root": t.TempDir()}
	apps := config["apps"].(map[string]any)
	certificate, key := harness.Certificate(t)
	apps["tls"] = map[string]any{"certificates": map[string]any{"load_files": []any{map[string]any{"certificate": certificate, "key": key}}}}
	for _, server := range apps["http"].(map[string]any)["servers"].(map[string]any) {
		server := server.(map[string]any)
		server["listen"] = []string{address}
		server["automatic_https"] = map[string]any{"disable": true}
		server["tls_connection_policies"] = []any{map[string]any{"fallback_sni": "localhost"}}
	}
	leadTo(config, strings.SplitN(upstream.URL, "//", 2)[1])
	whole, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := caddy.Load(whole, true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = caddy.Stop() })

	e.client = visitor(t, address)
	return e
}

// visitor is a client that finds every host at that address, and follows no redirect.
func visitor(t *testing.T, address string) *http.Client {
	transport := &http.Transport{
		DisableCompression: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// leadTo makes all proxies of a configuration ask the portal at that address, whoever vouches for it.
func leadTo(value any, address string) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			leadTo(element, address)
		}
	case map[string]any:
		if value["handler"] == "reverse_proxy" {
			value["upstreams"] = []any{map[string]any{"dial": address}}
			if transport, ok := value["transport"].(map[string]any); ok && transport["tls"] != nil {
				transport["tls"].(map[string]any)["insecure_skip_verify"] = true
			}
		}
		for _, member := range value {
			leadTo(member, address)
		}
	}
}

// do sends a request of the visitor's and returns the answer and its body.
func (e *running) do(t *testing.T, method, path, body string, fields ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "https://data.example.fr"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range append([]string{"Content-Type: application/x-www-form-urlencoded"}, fields...) {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Set(name, value)
	}
	res, err := e.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(content)
}

// chosen is the Cookie field of a visitor who has sent that form.
func (e *running) chosen(t *testing.T, form string) string {
	t.Helper()
	res, body := e.do(t, "POST", "/_consent/choice", form)
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s: %s %s", form, res.Status, body)
	}
	pair, _, _ := strings.Cut(res.Header.Get("Set-Cookie"), ";")
	return "Cookie: " + pair
}

// checksOrigin is a portal that refuses posts as Django does over HTTPS, where Origin or Referer names
// another host than Host does, and redirects to itself by its whole address.
func checksOrigin(w http.ResponseWriter, r *http.Request) {
	self := "https://" + r.Host
	switch {
	case r.Method == "POST" && (r.Header.Get("Origin") != self || !strings.HasPrefix(r.Header.Get("Referer"), self+"/")):
		http.Error(w, "CSRF verification failed.", http.StatusForbidden)
	case r.URL.Path == "/account/":
		w.Header().Set("Location", self+"/login/?next=/account/")
		w.WriteHeader(http.StatusFound)
	default:
		html("<html><body>")(w, r)
	}
}

func TestUpstreamHostNames(t *testing.T) {
	for name, host := range map[string]string{"opendatasoft.caddyfile": "ville.opendatasoft.com", "opendatasoft-alias.caddyfile": "data.example.fr"} {
		t.Run(name, func(t *testing.T) {
			e := run(t, name, checksOrigin)
			const own = "https://data.example.fr"
			for _, c := range []struct {
				origin, referer string
				want            int
			}{
				{own, own + "/login/?next=/", 200},
				{"https://elsewhere.example", "https://elsewhere.example/", 403},
				{own + ".elsewhere.example", own + ".elsewhere.example/", 403},
				{"null", "", 403},
			} {
				res, body := e.do(t, "POST", "/login/", "username=ada", "Origin: "+c.origin, "Referer: "+c.referer, "X-Forwarded-Host: elsewhere.example")
				if res.StatusCode != c.want {
					t.Errorf("%s: a post from %s: %s %s", name, c.origin, res.Status, body)
				}
			}
			asked := e.asked[0]
			if asked.Host != host || asked.Header.Get("X-Forwarded-Proto") != "https" || asked.Header.Get("X-Forwarded-For") == "" {
				t.Errorf("%s: the portal is asked as %s, with %v", name, asked.Host, asked.Header)
			}
			if forwarded := asked.Header.Get("X-Forwarded-Host"); forwarded != "" && forwarded != host {
				t.Errorf("%s: X-Forwarded-Host is %s", name, forwarded)
			}
			if res, _ := e.do(t, "GET", "/account/", ""); res.Header.Get("Location") != own+"/login/?next=/account/" {
				t.Errorf("%s: redirected to %s", name, res.Header.Get("Location"))
			}
		})
	}
}

func TestConsentVarsExample(t *testing.T) {
	e := run(t, "vars.caddyfile", html("<html><body>"))
	undecided, _ := e.do(t, "GET", "/", "")
	if got := e.asked[0].Header.Get("X-Consent") + "|" + e.asked[0].Header.Get("X-Consent-Matomo"); got != "|denied" {
		t.Errorf("the portal is told %s before a choice", got)
	}
	if res, _ := e.do(t, "GET", "/pages/videos/a", ""); res.StatusCode != http.StatusFound || res.Header.Get("Location") != "/pages/videos-textes/" {
		t.Errorf("who has not allowed videos gets %s %s", res.Status, res.Header.Get("Location"))
	}
	accepted := e.chosen(t, "choice=accept")
	decided, _ := e.do(t, "GET", "/pages/videos/a", "", accepted, "X-Consent: forged")
	latest := e.asked[len(e.asked)-1].Header
	got := strings.Join(latest["X-Consent"], "+") + "|" + latest.Get("X-Consent-Matomo")
	if decided.StatusCode != 200 || got != "matomo,youtube|granted" {
		t.Errorf("%s, the portal is told %s after a choice", decided.Status, got)
	}
	before, after := undecided.Header.Get("X-Consent-Key"), decided.Header.Get("X-Consent-Key")
	if len(before) < 10 || len(after) < 10 || before == after {
		t.Errorf("the keys are %q and %q", before, after)
	}
	if got := undecided.Header.Get("X-Consent-Chosen") + "|" + decided.Header.Get("X-Consent-Chosen"); got != "|1" {
		t.Errorf("who has chosen: %s", got)
	}
}

func TestCacheKeyVariant(t *testing.T) {
	e := run(t, "cdn.caddyfile", html("<html><body>"))
	keys := make(map[string]bool)
	for _, cookie := range []string{"Cookie: a=b", e.chosen(t, "choice=accept"), e.chosen(t, "choice=refuse"), e.chosen(t, "choice=refuse")} {
		res, _ := e.do(t, "GET", "/", "", cookie, "X-Consent-Key: forged")
		key := strings.Join(e.asked[len(e.asked)-1].Header["X-Consent-Key"], "+")
		if len(key) < 10 || key != res.Header.Get("X-Consent-Key") {
			t.Errorf("upstream gets %q, the CDN %q", key, res.Header.Get("X-Consent-Key"))
		}
		keys[key] = true
	}
	if len(keys) != 3 {
		t.Errorf("%d variants", len(keys))
	}
}
