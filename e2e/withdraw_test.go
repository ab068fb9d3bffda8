package e2e

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/publicsuffix"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// nginx is one with its defaults in front of a Caddy, which then answers 502 to headers of over 4 KB.
func nginx(t *testing.T, upstream string) (address string) {
	t.Helper()
	binary, err := exec.LookPath("nginx")
	if err != nil {
		harness.Missing(t, "nginx (Debian: nginx)")
	}
	dir, port := t.TempDir(), harness.FreePort(t)
	var folders strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&folders, "\t%s_temp_path %s;\n", kind, filepath.Join(dir, kind))
	}
	config := fmt.Sprintf("daemon off;\npid %s/pid;\nerror_log %s/error.log;\nevents {}\nhttp {\n\taccess_log off;\n%s\tserver {\n"+
		"\t\tlisten 127.0.0.1:%d;\n\t\tlocation / {\n\t\t\tproxy_pass http://%s;\n\t\t\tproxy_set_header Host $http_host;\n\t\t}\n\t}\n}\n",
		dir, dir, folders.String(), port, upstream)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-e", filepath.Join(dir, "error.log"), "-p", dir, "-c", file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() })
	address = fmt.Sprintf("127.0.0.1:%d", port)
	harness.AwaitAnswer(t, "http://"+address+"/")
	return address
}

// TestWithdrawalBehindProxy: GA, five services, forty cookies of one, and cookies of deep paths.
func TestWithdrawalBehindProxy(t *testing.T) {
	lines := "\nservice ga\n"
	for i := range 5 {
		lines += fmt.Sprintf("service tool%d {\npurpose embeds\ncookies tool%d tool%d_*\n}\n", i, i, i)
	}
	lines += "service many {\npurpose embeds\ncookies srv_*\n}\n"
	sets := map[string][]string{
		"/": {"_ga=1; Path=/; Domain=ville.example; Max-Age=9999; HttpOnly", "_ga_ABC=1; Path=/; Max-Age=9999",
			"_gid=1; Path=/; Domain=data.ville.example; Max-Age=9999"},
		"/catalogue/dataset/": {"tool0=1; Path=/catalogue/; Max-Age=9999; HttpOnly",
			"tool1_deep=1; Path=/catalogue/dataset; Domain=ville.example; Max-Age=9999", "tool2=1; Max-Age=9999",
			"tool3=1; Path=/catalogue/dataset/; Domain=data.ville.example; Max-Age=9999"},
		"/forty": {"tool4=1; Path=/; Max-Age=9999"},
	}
	for i := range 40 {
		sets["/forty"] = append(sets["/forty"], fmt.Sprintf("srv_%02d=a-value-of-some-length; Path=/; Domain=ville.example; Max-Age=9999", i))
	}
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Sets") != "" {
			w.Header()["Set-Cookie"] = sets[r.URL.Path]
		}
		html("<!doctype html><title>x</title><body>x")(w, r)
	}))
	t.Cleanup(portal.Close)
	port := harness.FreePort(t)
	harness.Caddy(t, fmt.Sprintf("http://:%d {\n\tconsent {\n%s\n\t}\n\treverse_proxy %s\n}\n", port, lines, strings.TrimPrefix(portal.URL, "http://")))
	front := nginx(t, fmt.Sprintf("127.0.0.1:%d", port))
	site := &url.URL{Scheme: "http", Host: "data.ville.example", Path: "/"}
	jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, front)
		}},
	}
	ask := func(method, path, body string, fields ...string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, site.String()[:len(site.String())-1]+path, strings.NewReader(body))
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
		if want := map[string]int{"GET": 200, "POST": 303}[method]; res.StatusCode != want {
			t.Fatalf("%s %s: %s", method, path, res.Status)
		}
		if size := fieldsOf(res.Header); size > 4000 {
			t.Errorf("%s %s: a header of %d bytes", method, path, size)
		}
	}
	trackers := func() (names []string) {
		for _, path := range []string{"/", "/catalogue/dataset/", "/forty"} {
			for _, c := range jar.Cookies(site.JoinPath(path)) {
				if c.Name != "cookies_preferences" && !slices.Contains(names, c.Name) {
					names = append(names, c.Name)
				}
			}
		}
		return names
	}
	form := "Content-Type: application/x-www-form-urlencoded"
	ask("POST", "/_consent/choice", "choice=accept", form)
	for path := range sets {
		ask("GET", path, "", byVisitor, "X-Sets: yes")
	}
	if got := len(trackers()); got != 48 {
		t.Fatalf("%d cookies are set: %q", got, trackers())
	}
	ask("POST", "/_consent/choice", "choice=refuse&return=/forty", form)
	before := len(trackers())
	if before > 40 {
		t.Errorf("%d are left at once", before)
	}
	for range 8 { // pages that the visitor goes on to
		for _, path := range []string{"/", "/catalogue/dataset/"} {
			ask("GET", path, "", byVisitor)
		}
	}
	if left := trackers(); len(left) > 0 {
		t.Errorf("left are %q", left)
	}
}

// fieldsOf is the size of a header on the wire.
func fieldsOf(h http.Header) int {
	var b strings.Builder
	_ = h.Write(&b)
	return b.Len()
}
