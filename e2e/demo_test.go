package e2e

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// The demo: Caddyfile.example as it is, in front of the demo portal it
// brings, which sets trackers on everything it sends.

// demo is the demo as a client without a browser sees it.
type demo struct{ harness.Demo }

func startDemo(t *testing.T) demo {
	t.Helper()
	return demo{harness.StartDemo(t)}
}

// demoOthers are the rest: frames, data, files, redirects, errors.
var demoOthers = []string{
	harness.DemoMap, harness.DemoAPI, harness.DemoCSV, "/api/nothing", "/explore", "/account/", "/logout/",
	"/static/ods/portal.css", "/static/ods/portal.js", "/static/ods/map.svg", "/static/ods/missing.png",
}

// demoTrackers are the cookies that the portal sets on every response besides:
// the last three are traps. "" is a cookie without a name.
var demoTrackers = []string{
	"_ga", "_ga_ABC123", "_gid", "_pk_id.1.1fff", "_pk_ses.1.1fff", "_fbp", "AWSALB", "__utma",
	"SessionID", "csrftoken2", "",
}

func TestDemoTrackers(t *testing.T) {
	d := startDemo(t)
	requests := demoRequests()
	for _, r := range requests {
		if missing := harness.Without(demoTrackers, demoExchange(t, d.Portal, r).cookies()); len(missing) > 0 {
			t.Fatalf("the portal itself does not set %q on %s: the test proves nothing", missing, r)
		}
	}

	refused := d.choose(t, "choice=refuse")
	var choice struct {
		State    string
		Services map[string]bool
	}
	if body := d.get(t, "/_consent/choice", "Cookie: "+refused).body; json.Unmarshal([]byte(body), &choice) != nil ||
		choice.State != "given" || !maps.Equal(choice.Services, map[string]bool{"matomo": false, "ga": false, "youtube": false}) {
		t.Errorf("after refusing, the choice is %s", body)
	}
	for _, visitor := range []struct{ state, cookie string }{
		{"BeforeTheChoice", ""},
		{"AfterRefusing", refused},
		{"WithACookieThatIsNoChoice", "cookies_preferences=" + `%7B%22ga%22%3Atrue%2C%22mac%22%3A%22AAAA%22%7D`},
	} {
		t.Run(visitor.state, func(t *testing.T) {
			for _, r := range requests {
				if got := harness.Without(demoExchange(t, d.Site, r.with(visitor.cookie)).cookies(), harness.Necessary); len(got) > 0 {
					t.Errorf("%s sets %q", r, got)
				}
			}
		})
	}
}

func TestDemoAcceptedCookies(t *testing.T) {
	d := startDemo(t)
	cookie := d.choose(t, "choice=custom&service=matomo")
	for _, path := range slices.Concat(harness.DemoPages, demoOthers) {
		t.Run(strings.ReplaceAll(path, "/", "_"), func(t *testing.T) {
			got := harness.Without(d.get(t, path, "Cookie: "+cookie).cookies(), harness.Necessary)
			if want := []string{"_pk_id.1.1fff", "_pk_ses.1.1fff"}; !slices.Equal(got, want) {
				t.Errorf("%s sets %q besides the necessary ones, want %q", path, got, want)
			}
		})
	}
}

func TestDemoUpstreamCookies(t *testing.T) {
	d := startDemo(t)
	cookies := "Cookie: _ga=1; sessionid=2; =3; SessionID=4; csrftoken=5; _pk_id.1.1fff=6; csrftoken; AWSALB=7"
	received := func(address string) string {
		body := demoExchange(t, address, demoRequest{"GET", "/pages/a-propos/", []string{cookies}}).body
		_, list, _ := strings.Cut(body, `<ul id="cookies-received">`)
		list, _, _ = strings.Cut(list, "</ul>")
		return list
	}
	if list := received(d.Portal); !strings.Contains(list, "<li>_ga</li>") {
		t.Fatalf("the portal does not tell what it receives: %q", list)
	}
	if got, want := received(d.Site), "<li>sessionid</li><li>csrftoken</li>"; got != want {
		t.Errorf("through the proxy, the portal receives %q, want %q", got, want)
	}
}

func TestDemoLogin(t *testing.T) {
	d := startDemo(t)
	form := d.get(t, "/login/")
	if got := form.cookies(); !slices.Contains(got, "csrftoken") {
		t.Fatalf("the login page sets %q, without csrftoken", got)
	}
	token := form.cookie("csrftoken")
	login := demoExchange(t, d.Site, demoRequest{"POST", "/login/", []string{
		"Cookie: " + token, "Origin: http://" + d.Site, "Referer: http://" + d.Site + "/login/",
	}})
	session := login.cookie("sessionid")
	if login.status != 302 || session == "" {
		t.Fatalf("logging in answers %d and sets %q", login.status, login.cookies())
	}
	if got := d.get(t, "/account/", "Cookie: "+session); got.status != 200 {
		t.Errorf("the account answers %d to the session", got.status)
	}
	if got := d.get(t, "/logout/", "Cookie: "+session).cookies(); !slices.Contains(got, "sessionid") {
		t.Errorf("logging out does not delete the session: it sets %q", got)
	}
}

func TestDemoNotice(t *testing.T) {
	d := startDemo(t)
	const notice = `id="caddy-consent"`
	const html = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"
	for _, path := range harness.DemoPages {
		t.Run(strings.ReplaceAll(path, "/", "_"), func(t *testing.T) {
			for _, headers := range [][]string{
				{html, "Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate"},
				{html, "Sec-Fetch-Dest: document", "Accept-Encoding: gzip"},
				{html}, // a browser without fetch metadata
				{html, "Accept-Encoding: gzip"},
			} {
				if n := strings.Count(d.get(t, path, headers...).body, notice); n != 1 {
					t.Errorf("%s with %q holds the notice %d times, want once", path, headers, n)
				}
			}
			if strings.Contains(d.get(t, path, "Accept: */*", "Sec-Fetch-Dest: empty").body, notice) {
				t.Errorf("%s holds the notice when a script fetches it", path)
			}
		})
	}
	for path, headers := range map[string][]string{
		harness.DemoMap:         {html, "Sec-Fetch-Dest: iframe"},
		harness.DemoAPI:         {html, "Sec-Fetch-Dest: document"},
		harness.DemoCSV:         {html, "Sec-Fetch-Dest: document"},
		"/static/ods/portal.js": {"Accept: */*", "Sec-Fetch-Dest: script"},
	} {
		t.Run(strings.ReplaceAll(path, "/", "_"), func(t *testing.T) {
			through := d.get(t, path, headers...)
			direct := demoExchange(t, d.Portal, demoRequest{"GET", path, headers})
			if strings.Contains(through.body, notice) {
				t.Errorf("%s holds the notice", path)
			}
			if path != harness.DemoMap && through.body != direct.body {
				t.Errorf("%s is not what the portal sent", path)
			}
			if direct.status != 200 || len(direct.body) == 0 {
				t.Errorf("the portal answers %d to %s", direct.status, path)
			}
		})
	}
}

func TestDemoContentEncoding(t *testing.T) {
	d := startDemo(t)
	for _, path := range slices.Concat(harness.DemoPages, []string{"/static/ods/portal.css", "/static/ods/portal.js"}) {
		for _, coding := range []string{"gzip", "zstd"} {
			t.Run(coding+strings.ReplaceAll(path, "/", "_"), func(t *testing.T) {
				r := demoRequest{"GET", path, []string{"Accept: text/html", "Sec-Fetch-Dest: document", "Accept-Encoding: " + coding}}
				if direct := demoExchange(t, d.Portal, r); direct.coding != coding {
					t.Fatalf("the portal sends %s as %q, want %q", path, direct.coding, coding)
				}
				if through := demoExchange(t, d.Site, r); through.coding != coding {
					t.Errorf("%s is sent as %q, want %q", path, through.coding, coding)
				}
			})
		}
	}
}

// demoRequest is one request, headers as lines.
type demoRequest struct {
	method, path string
	headers      []string
}

func (r demoRequest) String() string {
	return fmt.Sprintf("%s %s with %q", r.method, r.path, r.headers)
}

// with adds a cookie to the request.
func (r demoRequest) with(cookie string) demoRequest {
	if cookie != "" {
		r.headers = append(slices.Clip(r.headers), "Cookie: "+cookie)
	}
	return r
}

// demoRequests are all paths, with all methods, as a browser, a frame, a script
// and other clients ask for them.
func demoRequests() []demoRequest {
	var all []demoRequest
	for _, path := range slices.Concat(harness.DemoPages, demoOthers) {
		for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE"} {
			for _, headers := range [][]string{
				nil,
				{"Accept: text/html", "Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: none"},
				{"Accept: text/html", "Sec-Fetch-Dest: document", "Accept-Encoding: gzip, br, zstd"},
				{"Accept: text/html", "Sec-Fetch-Dest: iframe"},
				{"Accept: application/json", "Sec-Fetch-Dest: empty", "Accept-Encoding: gzip"},
				{"Accept: image/*", "Sec-Fetch-Dest: image"},
				{"Accept: */*", "Range: bytes=0-9"},
				{"Accept: */*", "If-None-Match: *"},
				{"Accept: text/html", "Sec-GPC: 1"},
				{"Accept: text/html", "Cookie: csrftoken=token; sessionid=session"},
			} {
				all = append(all, demoRequest{method, path, headers})
			}
		}
	}
	return all
}

// demoResponse is a response as it came over the wire, its Set-Cookie values unparsed.
type demoResponse struct {
	status     int
	setCookies []string
	coding     string
	body       string // without gzip
}

// cookies lists the names of the cookies, as a browser reads them.
func (r demoResponse) cookies() []string {
	var names []string
	for _, line := range r.setCookies {
		pair, _, _ := strings.Cut(line, ";")
		name, _, named := strings.Cut(pair, "=")
		if !named {
			name = ""
		}
		names = append(names, strings.TrimSpace(name))
	}
	return names
}

// cookie returns a cookie that was set, as name=value, or "".
func (r demoResponse) cookie(name string) string {
	for _, line := range r.setCookies {
		if pair, _, _ := strings.Cut(line, ";"); strings.HasPrefix(pair, name+"=") {
			return pair
		}
	}
	return ""
}

// get asks the site for path.
func (d demo) get(t *testing.T, path string, headers ...string) demoResponse {
	t.Helper()
	return demoExchange(t, d.Site, demoRequest{"GET", path, headers})
}

// choose makes a choice as the notice's form does, and returns its cookie.
func (d demo) choose(t *testing.T, form string) string {
	t.Helper()
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).
		Post("http://"+d.Site+"/_consent/choice", "application/x-www-form-urlencoded", strings.NewReader(form+"&return=/"))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	cookie := demoResponse{setCookies: res.Header["Set-Cookie"]}.cookie("cookies_preferences")
	if cookie == "" {
		t.Fatalf("%s answers %s and sets %q", form, res.Status, res.Header["Set-Cookie"])
	}
	return cookie
}

// demoExchange sends one request and reads every header line of the answer from
// the wire, those of informational responses too.
func demoExchange(t *testing.T, address string, r demoRequest) demoResponse {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute)) // for what hangs

	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", r.method, r.path, address)
	for _, line := range r.headers {
		fmt.Fprintf(conn, "%s\r\n", line)
	}
	if r.method == "POST" || r.method == "PUT" {
		const form = "username=visiteur"
		fmt.Fprintf(conn, "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", len(form), form)
	} else {
		fmt.Fprint(conn, "\r\n")
	}
	wire, err := io.ReadAll(conn)
	if err != nil {
		t.Fatalf("%s: %v", r, err)
	}

	var got demoResponse
	for rest := wire; ; {
		head, after, complete := bytes.Cut(rest, []byte("\r\n\r\n"))
		if _, err := fmt.Sscanf(string(head), "HTTP/1.1 %d", &got.status); !complete || err != nil {
			t.Fatalf("%s answers %q", r, wire)
		}
		for line := range strings.SplitSeq(string(head), "\r\n") {
			if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Set-Cookie") {
				got.setCookies = append(got.setCookies, strings.TrimSpace(value))
			}
		}
		if got.status >= 200 {
			res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(rest)), &http.Request{Method: r.method})
			if err != nil {
				t.Fatalf("%s: %v", r, err)
			}
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatalf("%s: %v", r, err)
			}
			got.coding = res.Header.Get("Content-Encoding")
			if got.coding == "gzip" && len(body) > 0 {
				if body, err = gunzip(body); err != nil {
					t.Fatalf("%s: %v", r, err)
				}
			}
			got.body = string(body)
			return got
		}
		rest = after
	}
}

func gunzip(body []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
