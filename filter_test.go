package consent_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/klauspost/compress/zstd"
	"github.com/quic-go/quic-go/http3"

	_ "github.com/caddy-consent/caddy-consent"
	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// behaviour is a handler behind the module: the directive `behave` runs the one
// that behaviours has for the path.
type behaviour struct{}

var behaviours sync.Map // path → func(http.ResponseWriter, *http.Request) error

func init() {
	caddy.RegisterModule(behaviour{})
	httpcaddyfile.RegisterHandlerDirective("behave", func(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
		h.Next()
		return behaviour{}, nil
	})
	httpcaddyfile.RegisterDirectiveOrder("behave", httpcaddyfile.Before, "respond")
}

func (behaviour) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.behave", New: func() caddy.Module { return behaviour{} }}
}

func (behaviour) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	if f, ok := behaviours.Load(r.URL.Path); ok {
		return f.(func(http.ResponseWriter, *http.Request) error)(w, r)
	}
	return next.ServeHTTP(w, r)
}

func behave(path string, f func(w http.ResponseWriter, r *http.Request) error) {
	behaviours.Store(path, f)
}

// patience is how long anything may take on a busy machine; only what hangs takes it.
const patience = time.Minute

const (
	session = "sessionid=1; HttpOnly; Path=/"
	tracker = "_ga=GA1.2.3; Path=/; Max-Age=63072000"
	gone    = "old=; Max-Age=0"
	notice  = `id="caddy-consent"`
	manage  = `data-caddy-consent="manage"`

	// How a browser asks for a page, and how one did that sends no Fetch metadata.
	navigation = "Sec-Fetch-Dest: document"
	old        = "Accept: text/html,*/*"
)

// setCookies adds a necessary cookie, a tracker and a deletion.
func setCookies(w http.ResponseWriter) {
	for _, line := range []string{tracker, session, gone} {
		w.Header().Add("Set-Cookie", line)
	}
}

var kept = []string{session, gone}

// client speaks one version of HTTP.
type client struct {
	name string
	http.RoundTripper
}

func clients(t *testing.T) []client {
	insecure := func() *tls.Config { return &tls.Config{InsecureSkipVerify: true} } // a test's own certificate
	one := &http.Transport{TLSClientConfig: insecure(), TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}, DisableCompression: true}
	two := &http.Transport{TLSClientConfig: insecure(), ForceAttemptHTTP2: true, DisableCompression: true}
	three := &http3.Transport{TLSClientConfig: insecure(), DisableCompression: true}
	t.Cleanup(func() { one.CloseIdleConnections(); two.CloseIdleConnections(); three.Close() })
	return []client{{"HTTP/1.1", one}, {"HTTP/2.0", two}, {"HTTP/3.0", three}}
}

// answer is a response read to its end.
type answer struct {
	*http.Response
	body  string
	err   error // of reading the body
	early []textproto.MIMEHeader
}

func (c client) do(t *testing.T, method, url string, fields ...string) answer {
	t.Helper()
	a, err := c.try(t, method, url, fields...)
	if err != nil {
		t.Fatalf("%s %s %s: %v", c.name, method, url, err)
	}
	return a
}

// try is do for an answer that may not come at all.
func (c client) try(t *testing.T, method, url string, fields ...string) (answer, error) {
	t.Helper()
	var a answer
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		Got1xxResponse: func(_ int, h textproto.MIMEHeader) error { a.early = append(a.early, h); return nil },
	})
	r, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Add(name, value)
	}
	if a.Response, err = c.RoundTrip(r); err != nil {
		return a, err
	}
	defer a.Body.Close()
	if a.Proto != c.name {
		t.Errorf("answered over %s, not %s", a.Proto, c.name)
	}
	body, err := io.ReadAll(a.Body)
	a.body, a.err = string(body), err
	return a, nil
}

// around are what stands around the module where that may make a difference.
var around = map[string]string{"bare": "", "encode and log": "encode\n log {\n output discard\n }\n"}

// secureSites runs a site for each of around, with these directives, over TLS, so that
// every client can talk to it, and returns their origins.
func secureSites(t *testing.T, directives string) map[string]string {
	t.Helper()
	certificate, key := harness.Certificate(t)
	var sites string
	origins := make(map[string]string)
	for name, around := range around {
		port := harness.FreePort(t)
		origins[name] = fmt.Sprintf("https://localhost:%d", port)
		sites += fmt.Sprintf("https://localhost:%d {\n tls %s %s\n %s %s\n}\n", port, certificate, key, around, directives)
	}
	harness.Caddy(t, sites)
	return origins
}

// visit is a case of a matrix: who asks where, and how.
type visit struct {
	name string // of its subtest
	client
	around, origin string
	how            []string // a value of each list
}

// matrix are the visits of every client to each origin of secureSites, with every
// combination of what is in the lists.
func matrix(t *testing.T, origins map[string]string, lists ...[]string) []visit {
	t.Helper()
	var all []visit
	speakers := clients(t)
	for _, how := range harness.Combinations(append([][]string{slices.Sorted(maps.Keys(origins))}, lists...)...) {
		for _, c := range speakers {
			all = append(all, visit{c.name + "/" + named(how...), c, how[0], origins[how[0]], how[1:]})
		}
	}
	return all
}

// named is the name of a subtest for these values, of which header fields are short.
func named(values ...string) string {
	values = slices.Clone(values)
	for i, value := range values {
		switch _, field, ok := strings.Cut(value, ": "); {
		case value == navigation:
			values[i] = "navigation"
		case value == old:
			values[i] = "old"
		case ok:
			values[i] = field
		case value == "":
			values[i] = "none"
		}
		values[i] = strings.ReplaceAll(strings.Trim(values[i], "/"), "/", "_")
	}
	return strings.Join(values, "/")
}

var (
	anyPage   = []string{navigation, old}
	anyCoding = []string{"gzip", "identity"}
)

// TestResponseShapes is the matrix: whatever a handler does with its
// response, over each version of HTTP, with and without encode and log around, no
// tracker passes and nothing else changes.
func TestResponseShapes(t *testing.T) {
	upstream := newUpstream(t)
	origins := secureSites(t, "consent {\n service ga {\n purpose statistics\n }\n }\n behave\n reverse_proxy /up/* "+upstream.URL)

	cases := map[string]struct {
		method string
		do     func(w http.ResponseWriter, r *http.Request) error
		check  func(t *testing.T, a answer)
	}{
		"write only": {do: func(w http.ResponseWriter, _ *http.Request) error {
			_, err := io.WriteString(w, `{"a":1}`)
			return err
		}, check: body(`{"a":1}`)},
		"flush first": {do: func(w http.ResponseWriter, _ *http.Request) error {
			if err := http.NewResponseController(w).Flush(); err != nil {
				return err
			}
			_, err := io.WriteString(w, "flushed")
			return err
		}, check: body("flushed")},
		"io.Copy": {do: func(w http.ResponseWriter, _ *http.Request) error {
			_, err := io.Copy(w, io.LimitReader(zeros{}, 100_000))
			return err
		}, check: body(strings.Repeat("0", 100_000))},
		"io.Copy of a typed body": {do: func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Type", "application/octet-stream")
			_, err := io.Copy(w, io.LimitReader(zeros{}, 100_000))
			return err
		}, check: body(strings.Repeat("0", 100_000))},
		"a range of a file": {do: func(w http.ResponseWriter, r *http.Request) error {
			r.Header.Set("Range", "bytes=2-4")
			http.ServeContent(w, r, "a.csv", time.Now(), strings.NewReader("0123456789"))
			return nil
		}, check: func(t *testing.T, a answer) {
			body("234")(t, a)
			if a.StatusCode != 206 || a.Header.Get("Content-Range") != "bytes 2-4/10" {
				t.Errorf("%d %v", a.StatusCode, a.Header)
			}
		}},
		"a header only": {do: func(w http.ResponseWriter, _ *http.Request) error {
			w.WriteHeader(http.StatusAccepted)
			return nil
		}, check: status(http.StatusAccepted)},
		"nothing at all": {do: func(http.ResponseWriter, *http.Request) error { return nil }, check: status(200)},
		"an error before bytes": {do: func(http.ResponseWriter, *http.Request) error {
			return caddyhttp.Error(http.StatusBadGateway, errors.New("no upstream"))
		}, check: status(http.StatusBadGateway)},
		"an error after bytes": {do: func(w http.ResponseWriter, _ *http.Request) error {
			_, _ = io.WriteString(w, "begun")
			return caddyhttp.Error(http.StatusBadGateway, errors.New("lost"))
		}, check: body("begun")},
		"early hints": {do: func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Link", "</a.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			_, err := io.WriteString(w, "then")
			return err
		}, check: func(t *testing.T, a answer) {
			body("then")(t, a)
			if len(a.early) != 1 || a.early[0].Get("Link") == "" || !reflect.DeepEqual(a.early[0]["Set-Cookie"], kept) {
				t.Errorf("early hints %v", a.early)
			}
		}},
		"HEAD": {method: http.MethodHead, do: func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Length", "12345")
			w.WriteHeader(200)
			return nil
		}, check: func(t *testing.T, a answer) {
			if a.ContentLength != 12345 {
				t.Errorf("length %d", a.ContentLength)
			}
		}},
		"204": {do: func(w http.ResponseWriter, _ *http.Request) error { w.WriteHeader(204); return nil }, check: status(204)},
		"304": {do: func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("ETag", `"x"`)
			w.WriteHeader(304)
			return nil
		}, check: func(t *testing.T, a answer) {
			if status(304)(t, a); a.Header.Get("ETag") != `"x"` {
				t.Errorf("%v", a.Header)
			}
		}},
		"cookies added after the header": {do: func(w http.ResponseWriter, _ *http.Request) error {
			w.WriteHeader(200)
			w.Header().Add("Set-Cookie", "late=1")
			_, err := io.WriteString(w, "x")
			w.Header().Add("Set-Cookie", "later=1")
			return err
		}, check: body("x")},
		"another spelling of the field": {do: func(w http.ResponseWriter, _ *http.Request) error {
			w.Header()["set-cookie"] = w.Header()["Set-Cookie"]
			w.Header()["SET-COOKIE"] = []string{tracker}
			delete(w.Header(), "Set-Cookie")
			_, err := io.WriteString(w, "x")
			return err
		}, check: body("x")},
		"server-sent events": {do: func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Type", "text/event-stream")
			for i := range 3 {
				fmt.Fprintf(w, "data: %d\n\n", i)
				if err := http.NewResponseController(w).Flush(); err != nil {
					return err
				}
			}
			return nil
		}, check: body("data: 0\n\ndata: 1\n\ndata: 2\n\n")},
		"trailers": {do: func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Trailer", "Checksum, Set-Cookie")
			lines := w.Header()["Set-Cookie"]
			delete(w.Header(), "Set-Cookie")
			_, err := io.WriteString(w, "body")
			_ = http.NewResponseController(w).Flush()
			w.Header().Set("Checksum", "abc")
			w.Header()["Set-Cookie"] = lines
			w.Header()[http.TrailerPrefix+"Set-Cookie"] = []string{tracker}
			return err
		}, check: func(t *testing.T, a answer) {
			if a.body != "body" || a.Trailer.Get("Checksum") != "abc" {
				t.Errorf("%q, trailers %v", a.body, a.Trailer)
			}
		}},
		"a page": {do: func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Type", "text/html")
			_, err := io.WriteString(w, "<!doctype html><title>x</title><body>page")
			return err
		}, check: func(t *testing.T, a answer) {
			if strings.Count(a.body, notice) != 1 || !strings.HasPrefix(unguarded(a.body), `<!doctype html><title>x</title><body><div id="caddy-consent"`) ||
				!strings.HasSuffix(a.body, "</div>page") {
				t.Errorf("%q", a.body)
			}
		}},
		"a page that an error cuts": {do: func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<!doctype html><p>half a ta<b")
			return errors.New("lost")
		}, check: func(t *testing.T, a answer) {
			if !strings.HasSuffix(a.body, "<p>half a ta<b") {
				t.Errorf("%q", a.body)
			}
		}},
	}
	// First, so that the tunnels are long gone when Caddy stops: it counts their bytes
	// while it closes what is left of them, which the race detector does not like.
	for around, origin := range origins {
		t.Run("HTTP/1.1/"+around+"/a WebSocket through the proxy", func(t *testing.T) { webSocketWorks(t, origin) })
	}
	for _, x := range matrix(t, origins) {
		t.Run(x.name, func(t *testing.T) {
			for name, c := range cases {
				t.Run(name, func(t *testing.T) {
					behave("/"+name, func(w http.ResponseWriter, r *http.Request) error {
						setCookies(w)
						return c.do(w, r)
					})
					method := c.method
					if method == "" {
						method = http.MethodGet
					}
					a := x.do(t, method, x.origin+"/"+strings.ReplaceAll(name, " ", "%20"), "Sec-Fetch-Dest: document")
					all := slices.Concat(a.Header["Set-Cookie"], a.Trailer["Set-Cookie"])
					if name != "trailers" && !reflect.DeepEqual(all, kept) || name == "trailers" && slices.Contains(all, tracker) {
						t.Errorf("Set-Cookie %q, want %q", all, kept)
					}
					c.check(t, a)
				})
			}
			t.Run("events come as they are sent", func(t *testing.T) { eventsComeAsSent(t, x.client, x.origin) })
			t.Run("trailers of the upstream", func(t *testing.T) {
				a := x.do(t, "GET", x.origin+"/up/trailers")
				if a.body != "body" || a.Trailer.Get("Checksum") != "abc" || len(a.Trailer["Set-Cookie"]) > 0 {
					t.Errorf("%q, trailers %v", a.body, a.Trailer)
				}
			})
		})
	}
}

func body(want string) func(*testing.T, answer) {
	return func(t *testing.T, a answer) {
		t.Helper()
		if a.body != want || a.err != nil {
			t.Errorf("body %.80q (%d bytes, %v), want %.80q", a.body, len(a.body), a.err, want)
		}
	}
}

func status(want int) func(*testing.T, answer) {
	return func(t *testing.T, a answer) {
		t.Helper()
		if a.StatusCode != want {
			t.Errorf("status %d, want %d", a.StatusCode, want)
		}
	}
}

// zeros is an endless body of the character 0.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

// newUpstream is a server to be proxied.
func newUpstream(t *testing.T) *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("/up/trailers", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "Checksum")
		_, _ = io.WriteString(w, "body")
		w.Header().Set("Checksum", "abc")
		w.Header().Set(http.TrailerPrefix+"Set-Cookie", tracker)
	})
	mux.HandleFunc("/up/events", func(w http.ResponseWriter, r *http.Request) {
		setCookies(w)
		w.Header().Set("Content-Type", "text/event-stream")
		for {
			if _, err := io.WriteString(w, "data: tick\n\n"); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
	mux.HandleFunc("/up/socket", func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprintf(rw, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSet-Cookie: %s\r\nSet-Cookie: %s\r\n\r\n",
			tracker, session)
		rw.Flush()
		line, _ := rw.ReadString('\n')
		_, _ = rw.WriteString("echo " + line)
		rw.Flush()
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// eventsComeAsSent reads two events of a stream that never ends.
func eventsComeAsSent(t *testing.T, c client, origin string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, "GET", origin+"/up/events", nil)
	res, err := c.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if !reflect.DeepEqual(res.Header["Set-Cookie"], kept) {
		t.Errorf("Set-Cookie %q", res.Header["Set-Cookie"])
	}
	lines := bufio.NewScanner(res.Body)
	events := 0
	for events < 2 && lines.Scan() {
		if lines.Text() == "data: tick" {
			events++
		}
	}
	if events < 2 {
		t.Errorf("%d events, %v", events, lines.Err())
	}
}

// webSocketWorks upgrades a connection by hand and talks over it.
func webSocketWorks(t *testing.T, origin string) {
	t.Helper()
	u, _ := url.Parse(origin)
	var dialer net.Dialer
	raw, err := dialer.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	conn := tls.Client(raw, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}) // a test's own certificate
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "GET /up/socket HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nAccept: text/html\r\n\r\n", u.Host)
	reader := bufio.NewReader(conn)
	res, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != 101 || !reflect.DeepEqual(res.Header["Set-Cookie"], []string{session}) {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	fmt.Fprint(conn, "hello\n")
	if line, err := reader.ReadString('\n'); line != "echo hello\n" {
		t.Errorf("%q %v", line, err)
	}
	if rest, err := io.ReadAll(reader); len(rest) > 0 || err != nil {
		t.Errorf("after the end: %q %v", rest, err)
	}
}

// site runs the module in front of behave with these lines in its block, over plain
// HTTP, and returns its origin.
func site(t *testing.T, lines string) (string, client) {
	port := harness.FreePort(t)
	harness.Caddy(t, fmt.Sprintf("http://127.0.0.1:%d {\n encode\n consent {\n%s\n}\n behave\n}\n", port, lines))
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return fmt.Sprintf("http://127.0.0.1:%d", port), client{"HTTP/1.1", transport}
}

const services = "service ga {\n purpose statistics\n }\n service matomo {\n exempt\n }\n"

// choose makes a choice and returns the pair that the browser then sends.
func (c client) choose(t *testing.T, origin, form string) string {
	t.Helper()
	return c.chooseAt(t, origin+"/_consent/choice", form)
}

// chooseAt is choose where the module has another path.
func (c client) chooseAt(t *testing.T, url, form string) string {
	t.Helper()
	r, _ := http.NewRequest("POST", url, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s: %s", form, res.Status)
	}
	pair, _, _ := strings.Cut(res.Header.Get("Set-Cookie"), ";")
	return pair
}

func TestCookieUpstream(t *testing.T) {
	origin, c := site(t, services)
	behave("/echo", func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "text/plain")
		_, err := fmt.Fprintf(w, "%q", r.Header["Cookie"])
		return err
	})
	for sent, want := range map[string]string{
		"sessionid=a%3Db; csrftoken=\"q\"":       `["sessionid=a%3Db; csrftoken=\"q\""]`,
		"_ga=1; sessionid=x;django_language=fr ": `["sessionid=x;django_language=fr"]`,
		"_ga=1; _fbp=2":                          `[]`,
		"_pk_id.1=exempt; nameless":              `["_pk_id.1=exempt"]`,
	} {
		t.Run(sent, func(t *testing.T) {
			if a := c.do(t, "GET", origin+"/echo", "Cookie: "+sent); a.body != want {
				t.Errorf("%q: upstream got %s, want %s", sent, a.body, want)
			}
		})
	}
	accepted := c.choose(t, origin, "choice=accept")
	if a := c.do(t, "GET", origin+"/echo", "Cookie: _ga=1; x=2; "+accepted); a.body != fmt.Sprintf("[%q]", "_ga=1; "+accepted) {
		t.Errorf("accepted: upstream got %s", a.body)
	}
	if a := c.do(t, "GET", origin+"/echo", "Cookie: _pk_id.1=a; sessionid=1", "Sec-GPC: 1"); a.body != `["sessionid=1"]` {
		t.Errorf("with the signal: upstream got %s", a.body)
	}
}

// A service behind the site's own name gets nothing before it is granted, however its path is written.
func TestServicePaths(t *testing.T) {
	const lines = "service stats {\n purpose statistics\n paths /stats/* /collect\n }\n"
	asked := func(t *testing.T, more string) (origin string, c client, reached func(path string, fields ...string) (int, bool)) {
		origin, c = site(t, lines+more)
		return origin, c, func(path string, fields ...string) (int, bool) {
			var got *http.Request
			behave(strings.SplitN(path, "?", 2)[0], func(w http.ResponseWriter, r *http.Request) error {
				got = r
				_, err := io.WriteString(w, "counted")
				return err
			})
			r, err := http.NewRequest("POST", origin, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.URL.Opaque = strings.TrimPrefix(origin, "http:") + path // as it is written here
			for _, field := range fields {
				name, value, _ := strings.Cut(field, ": ")
				r.Header.Set(name, value)
			}
			res, err := c.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if body, _ := io.ReadAll(res.Body); res.StatusCode == http.StatusForbidden &&
				(len(body) > 0 || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Vary") == "") {
				t.Errorf("%s: %q, %v", path, body, res.Header)
			}
			return res.StatusCode, got != nil
		}
	}
	origin, c, reached := asked(t, "")
	granted := "Cookie: " + c.choose(t, origin, "choice=accept")
	for _, path := range []string{"/stats/hit.php", "/stats/", "/collect", "/collect?v=2", "/sta%74s/x", "//stats/x", "/./stats/x", "/a/../stats/x", "/stats//x"} {
		t.Run(path, func(t *testing.T) {
			if status, got := reached(path); status != http.StatusForbidden || got {
				t.Errorf("before the choice: %d, reached: %t", status, got)
			}
			if status, _ := reached(path, "Cookie: "+c.choose(t, origin, "choice=refuse")); status != http.StatusForbidden {
				t.Errorf("refused: %d", status)
			}
			if status, _ := reached(path, granted); status == http.StatusForbidden {
				t.Error("granted, but refused")
			}
		})
	}
	for _, path := range []string{"/", "/statsx", "/collect/more", "/a/stats/x"} {
		t.Run(path, func(t *testing.T) {
			if status, got := reached(path); status != http.StatusOK || !got {
				t.Errorf("%d, reached: %t", status, got)
			}
		})
	}
	if status, got := reached("/stats/x", granted); status != http.StatusOK || !got {
		t.Errorf("granted: %d, reached: %t", status, got)
	}
	for _, more := range []string{"mode observe", "third_parties pass"} {
		t.Run(more, func(t *testing.T) {
			_, _, reached := asked(t, more)
			if status, got := reached("/stats/x"); status != http.StatusOK || !got {
				t.Errorf("%d, reached: %t", status, got)
			}
		})
	}
}

func TestConsentVars(t *testing.T) {
	port := harness.FreePort(t)
	harness.Caddy(t, fmt.Sprintf("http://127.0.0.1:%d {\n consent {\n%s\n}\n respond \"{http.vars.consent.state} {http.vars.consent.granted} "+
		"{http.vars.consent.ga} {http.vars.consent.key}\"\n}\n", port, services))
	origin := fmt.Sprintf("http://127.0.0.1:%d", port)
	c := client{"HTTP/1.1", &http.Transport{}}
	if a := c.do(t, "GET", origin+"/"); !strings.HasPrefix(a.body, "none matomo denied ") || len(strings.Fields(a.body)) != 4 {
		t.Errorf("%q", a.body)
	}
	if a := c.do(t, "GET", origin+"/", "Cookie: "+c.choose(t, origin, "choice=accept")); !strings.HasPrefix(a.body, "given ga,matomo granted ") {
		t.Errorf("%q", a.body)
	}
}

const html = "<!doctype html><html><head><title>T</title></head><body><h1>Données</h1></body></html>"

// page is a behaviour that serves html with these header fields.
func page(content string, fields ...string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		for _, field := range fields {
			name, value, _ := strings.Cut(field, ": ")
			w.Header().Add(name, value)
		}
		_, err := io.WriteString(w, content)
		return err
	}
}

func TestNoticeNavigation(t *testing.T) {
	origin, c := site(t, "")
	htmlType := "Content-Type: text/html; charset=utf-8"
	behave("/page", page(html, htmlType))
	behave("/untyped", page(html))
	behave("/fragment", page("<div>part</div>", htmlType))
	behave("/untyped-first", func(w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(200)
		_, err := io.WriteString(w, html)
		return err
	})
	behave("/untyped-data", func(w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(200)
		_, err := io.WriteString(w, "a;b;c")
		return err
	})
	behave("/two-codings", page(gzipped(html), htmlType, "Content-Encoding: identity", "Content-Encoding: gzip"))
	behave("/json", page(`{"html":"<body>"}`, "Content-Type: application/json"))
	behave("/attachment", page(html, htmlType, "Content-Disposition: attachment"))
	behave("/no-transform", page(html, htmlType, "Cache-Control: no-transform"))
	behave("/utf-16", page(html, "Content-Type: text/html; charset=utf-16"))
	behave("/xhtml", page(`<html xmlns="http://www.w3.org/1999/xhtml"><head/><body><p/></body></html>`, "Content-Type: application/xhtml+xml"))
	behave("/unknown-coding", page(html, htmlType, "Content-Encoding: compress"))
	behave("/frameset", page("<!doctype html><frameset><frame src=x></frameset>", htmlType))
	behave("/error", func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(404)
		_, err := io.WriteString(w, html)
		return err
	})
	for _, x := range []struct {
		path, field string
		want        bool
	}{
		{"/page", navigation, true}, {"/page", old, true}, {"/untyped", navigation, true}, {"/untyped", old, true}, {"/untyped-first", navigation, true},
		{"/untyped-first", old, true}, {"/untyped-data", navigation, false}, {"/two-codings", navigation, true}, {"/error", navigation, true},
		{"/xhtml", navigation, true},
		{"/page", "Sec-Fetch-Dest: iframe", false}, {"/page", "Sec-Fetch-Dest: empty", false}, {"/page", "Accept: */*", false}, {"/page", "X: y", false},
		{"/fragment", old, false}, {"/json", navigation, false}, {"/json", old, false}, {"/attachment", navigation, false},
		{"/no-transform", navigation, false},
		{"/utf-16", navigation, false}, {"/unknown-coding", navigation, false}, {"/frameset", navigation, false},
	} {
		t.Run(named(x.path, x.field), func(t *testing.T) {
			a := c.do(t, "GET", origin+x.path, x.field)
			if got := strings.Contains(a.body, notice); got != x.want {
				t.Errorf("%s with %s: notice %v, want %v", x.path, x.field, got, x.want)
			}
			if !x.want && (x.path == "/page" && unguarded(a.body) != html || x.path == "/fragment" && a.body != "<div>part</div>" ||
				x.path == "/untyped-data" && (a.body != "a;b;c" || a.Header.Get("Content-Type") != "text/plain; charset=utf-8")) {
				t.Errorf("%s with %s: changed to %q", x.path, x.field, a.body)
			}
		})
	}
}

func TestGuardNothingDenied(t *testing.T) {
	origin, c := site(t, "service matomo {\n exempt\n }\n undeclared pass\n third_parties pass\n")
	behave("/page", page(html, "Content-Type: text/html"))
	hasGuard := func(fields ...string) bool {
		return strings.Contains(c.do(t, "GET", origin+"/page", fields...).body, "/guard.js")
	}
	if !hasGuard(navigation) {
		t.Error("with the notice, without a choice")
	}
	if hasGuard(navigation, "Cookie: "+c.choose(t, origin, "choice=accept")) {
		t.Error("with the choice, by which all is allowed")
	}
	if hasGuard("Sec-Fetch-Dest: iframe", "Sec-Fetch-Mode: navigate") {
		t.Error("in a frame, which has no notice")
	}
}

func TestBaseElementURLs(t *testing.T) {
	origin, c := site(t, services+"service youtube")
	const frame = `<iframe src="https://www.youtube.com/embed/x"></iframe>`
	for base, away := range map[string]bool{
		"": false, `<base href="/x/">`: false, `<base href="` + origin + `/y/">`: false, `<base target="_top">`: false,
		`<base href="//cdn.example/">`: true, `<base href="https://cdn.example/"><base href="/">`: true, `<base href="http://127.0.0.1:1/">`: true,
	} {
		t.Run(named(base), func(t *testing.T) {
			behave("/based", page("<!doctype html><html><head>"+base+"</head><body>"+frame+"</body></html>", "Content-Type: text/html"))
			for _, fields := range [][]string{nil, {"Cookie: " + c.choose(t, origin, "choice=refuse")}} {
				text := c.do(t, "GET", origin+"/based", append(fields, navigation)...).body
				if !strings.Contains(text, ` src="/_consent/assets/`) {
					t.Errorf("%s: the guard, which comes first: %s", base, text)
				}
				text = unguarded(text)
				before, after := strings.Count(text, `="/_consent/`), strings.Count(text, `="`+origin+`/_consent/`)
				if away && (before > 0 || after < 3) || !away && (before < 3 || after > 0) {
					t.Errorf("%s: %d with the path alone, %d with the origin: %s", base, before, after, text)
				}
			}
		})
	}
}

func TestIntegrityPolicyHashes(t *testing.T) {
	origin, c := site(t, services)
	for policy, demands := range map[string]bool{
		"Integrity-Policy: blocked-destinations=(script), endpoints=(x)": true, "Integrity-Policy-Report-Only: blocked-destinations=(style script)": true,
		"Integrity-Policy: blocked-destinations=(style)": false, "X: y": false,
	} {
		t.Run(policy, func(t *testing.T) {
			behave("/trusting", page(html, "Content-Type: text/html", policy))
			text := c.do(t, "GET", origin+"/trusting", navigation).body
			if got := strings.Count(text, `=" crossorigin="">`); strings.Count(text, ` integrity="sha256-`) != got || (got > 0) != demands {
				t.Errorf("%s: %d: %s", policy, got, text)
			}
			if got := strings.Count(text, ` data-cfasync="false"`); got != 2 {
				t.Errorf("%d scripts are left out by Rocket Loader", got)
			}
		})
	}
}

func TestNoticeCacheHeaders(t *testing.T) {
	origin, c := site(t, "")
	behave("/cached", page(html, "Content-Type: text/html", `ETag: "v1"`, "Cache-Control: public, max-age=600", "Content-MD5: x",
		"Accept-Ranges: bytes", fmt.Sprint("Content-Length: ", len(html))))
	for _, method := range []string{"GET", "HEAD"} {
		t.Run(method, func(t *testing.T) {
			a := c.do(t, method, origin+"/cached", "Sec-Fetch-Dest: document")
			if method == "GET" && !strings.Contains(a.body, notice) {
				t.Error("no notice")
			}
			h := a.Header
			if h.Get("Cache-Control") != "private, no-store" || h.Get("Content-Md5") != "" || h.Get("Accept-Ranges") != "" ||
				!strings.HasPrefix(h.Get("Etag"), `"v1-consent-`) {
				t.Errorf("%s: %v", method, h)
			}
			if method == "HEAD" && a.ContentLength >= 0 {
				t.Errorf("HEAD has a length that GET has not: %d", a.ContentLength)
			}
			vary := strings.Join(h["Vary"], ", ")
			for _, name := range []string{"Cookie", "Sec-Fetch-Dest", "Sec-GPC"} {
				if !strings.Contains(vary, name) {
					t.Errorf("%s: Vary %s", method, vary)
				}
			}
		})
	}
	a := c.do(t, "GET", origin+"/cached", "Accept: text/html")
	if !strings.Contains(strings.Join(a.Header["Vary"], ","), "Accept") {
		t.Errorf("Accept decided: %v", a.Header["Vary"])
	}
	chosen := c.choose(t, origin, "choice=accept")
	a = c.do(t, "GET", origin+"/cached", "Sec-Fetch-Dest: document", "Cookie: "+chosen)
	if a.Header.Get("Cache-Control") != "public, max-age=600" || strings.Contains(a.body, notice+" ") || !strings.Contains(a.body, manage) {
		t.Errorf("after the choice: %v %q", a.Header, a.body)
	}
}

// TestNotModifiedVariant follows a page through the visitor's choices.
func TestNotModifiedVariant(t *testing.T) {
	origin, c := site(t, services)
	behave("/conditional", func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("ETag", `"v1"`)
		http.ServeContent(w, r, "x.html", time.Now().Add(-time.Hour), strings.NewReader(html))
		return nil
	})
	get := func(fields ...string) answer {
		return c.do(t, "GET", origin+"/conditional", append(fields, "Sec-Fetch-Dest: document")...)
	}
	modified := "If-Modified-Since: " + time.Now().UTC().Format(http.TimeFormat)
	first := get()
	if first.StatusCode != 200 || !strings.Contains(first.body, notice) {
		t.Fatalf("%d %q", first.StatusCode, first.body)
	}
	tag := "If-None-Match: " + first.Header.Get("Etag")
	if a := get(tag, modified); a.StatusCode != 304 || a.Header.Get("Etag") != first.Header.Get("Etag") || len(a.Header["Vary"]) == 0 {
		t.Errorf("the same variant: %d %v", a.StatusCode, a.Header)
	}
	refused, accepted := "Cookie: "+c.choose(t, origin, "choice=refuse"), "Cookie: "+c.choose(t, origin, "choice=accept")
	for _, cookie := range []string{refused, accepted} {
		for _, conditions := range [][]string{{tag}, {modified}, {tag, modified}, {`If-None-Match: "v1"`}, {"If-None-Match: *"}} {
			a := get(append(conditions, cookie)...)
			if a.StatusCode != 200 || strings.Contains(a.body, notice+" ") {
				t.Errorf("%v: %d %q", conditions, a.StatusCode, a.body)
			}
		}
	}
	tag = "If-None-Match: " + get(refused).Header.Get("Etag")
	if a := get(tag, refused); a.StatusCode != 304 {
		t.Errorf("refused, again: %d", a.StatusCode)
	}
	if a := get(tag, accepted); a.StatusCode != 200 {
		t.Errorf("refused, then accepted: %d", a.StatusCode)
	}
	// What is no page is asked for as ever.
	if a := c.do(t, "GET", origin+"/conditional", `If-None-Match: "v1"`); a.StatusCode != 304 || a.Header.Get("Etag") != `"v1"` {
		t.Errorf("a fetch: %d %v", a.StatusCode, a.Header)
	}
}

// TestDownloadConditions: a navigation that leads to a download is answered as without the module, from the second time on.
func TestDownloadConditions(t *testing.T) {
	origin, c := site(t, services)
	modified := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for path, vary := range map[string]string{"/data.csv": "", "/negotiated.csv": "Accept-Language", "/page.txt": ""} {
		behave(path, func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Set("ETag", `"v1"`)
			if vary != "" {
				w.Header().Set("Vary", vary)
			}
			http.ServeContent(w, r, path, modified, strings.NewReader("a,b\n1,2\n"))
			return nil
		})
		t.Run(path, func(t *testing.T) {
			get := func(fields ...string) int {
				return c.do(t, "GET", origin+path, append(fields, navigation)...).StatusCode
			}
			date := modified.Format(http.TimeFormat)
			if got := get(`If-None-Match: "v1"`); got != http.StatusOK {
				t.Fatalf("%d for what nobody has asked for yet", got)
			}
			byDate := http.StatusNotModified
			if vary != "" {
				byDate = http.StatusOK
			}
			for _, x := range []struct {
				want   int
				fields []string
			}{
				{http.StatusNotModified, []string{`If-None-Match: "v1"`}},
				{http.StatusNotModified, []string{`If-None-Match: "v1"`, "If-Modified-Since: " + date}},
				{byDate, []string{"If-Modified-Since: " + date}},
				{http.StatusPartialContent, []string{"Range: bytes=4-", `If-Range: "v1"`}},
				{http.StatusOK, []string{"Range: bytes=4-", `If-Range: "v0"`}},
				{http.StatusOK, []string{"Range: bytes=4-", `If-Range: "v0"`, `If-None-Match: "v1"`}},
				{http.StatusOK, []string{`If-None-Match: "v0"`}},
				{http.StatusOK, []string{`If-None-Match: "v0", "v1"`}}, // of several, any may be a page's
			} {
				if got := get(x.fields...); got != x.want {
					t.Errorf("%q: %d, want %d", x.fields, got, x.want)
				}
			}
		})
	}
}

// TestConditionsUnsafeMethod: a form that must not write over what is there goes upstream as it was sent.
func TestConditionsUnsafeMethod(t *testing.T) {
	origin, c := site(t, services)
	behave("/form", func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "text/html")
		_, err := fmt.Fprintf(w, "<p>%q", r.Header["If-None-Match"])
		return err
	})
	if a := c.do(t, "POST", origin+"/form", navigation, "If-None-Match: *"); !strings.Contains(a.body, `<p>["*"]`) || !strings.Contains(a.body, notice) {
		t.Error(a.body)
	}
}

// TestServiceCookieShared: no shared cache gives those who refuse what it keeps of an answer that sets a service's cookie.
func TestServiceCookieShared(t *testing.T) {
	origin, c := site(t, services)
	for path, x := range map[string]struct{ set, control string }{
		"/pixel": {tracker, "public, max-age=60, s-maxage=600"}, "/plain": {session, "public, max-age=60, s-maxage=600"}, "/unsaid": {tracker, "max-age=60"},
	} {
		behave(path, func(w http.ResponseWriter, r *http.Request) error {
			h := w.Header()
			h.Set("Content-Type", "image/gif")
			h.Set("Cache-Control", x.control)
			if path != "/unsaid" {
				h.Set("X-Accel-Expires", "600")
			}
			h.Set("Set-Cookie", x.set)
			_, err := io.WriteString(w, "GIF89a")
			return err
		})
	}
	accepted, refused := "Cookie: "+c.choose(t, origin, "choice=accept"), "Cookie: "+c.choose(t, origin, "choice=refuse")
	for _, x := range []struct{ path, cookie, control, accel string }{
		{"/pixel", accepted, "private, max-age=60", ""},
		{"/pixel", refused, "public, max-age=60, s-maxage=600", "600"},
		{"/plain", accepted, "public, max-age=60, s-maxage=600", "600"},
		{"/unsaid", accepted, "max-age=60", ""}, // shared caches do not store what sets a cookie, unless they are told to
	} {
		h := c.do(t, "GET", origin+x.path, x.cookie, "Sec-Fetch-Dest: image").Header
		if h.Get("Cache-Control") != x.control || h.Get("X-Accel-Expires") != x.accel {
			t.Errorf("%s: %v", x.path, h)
		}
	}
}

// TestWorkerPolicyRevalidated: the script of a worker is no longer the one that came with the policy of another choice.
func TestWorkerPolicyRevalidated(t *testing.T) {
	origin, c := site(t, "third_parties strict\nservice ga {\n purpose statistics\n }\n")
	behave("/worker.js", func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("ETag", `"v1"`)
		http.ServeContent(w, r, "worker.js", time.Time{}, strings.NewReader("//"))
		return nil
	})
	for _, choice := range []string{"accept", "refuse"} {
		a := c.do(t, "GET", origin+"/worker.js", "Cookie: "+c.choose(t, origin, "choice="+choice), "Sec-Fetch-Dest: worker", `If-None-Match: "v1"`)
		policy := a.Header.Get("Content-Security-Policy")
		if allowed := strings.Contains(policy, "google-analytics.com"); a.StatusCode != http.StatusOK || policy == "" || allowed != (choice == "accept") {
			t.Errorf("%s: %s with the policy %q", choice, a.Status, policy)
		}
	}
	if a := c.do(t, "GET", origin+"/worker.js", "Sec-Fetch-Dest: script", `If-None-Match: "v1"`); a.StatusCode != http.StatusNotModified {
		t.Errorf("a page's script: %s", a.Status)
	}
}

// TestNothingWritten: what handlers have put into a header that the server writes is judged as well.
func TestNothingWritten(t *testing.T) {
	origin, c := site(t, "third_parties strict\nservice ga {\n purpose statistics\n }\n")
	behave("/nothing", func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Refresh", "0; url=https://www.google-analytics.com/")
		w.Header().Set("Link", "<https://www.google-analytics.com/x.js>; rel=preload; as=script, </x.css>; rel=preload; as=style")
		w.Header().Set("Content-Type", "text/html")
		return nil
	})
	a := c.do(t, "GET", origin+"/nothing", navigation)
	if a.StatusCode != http.StatusOK || strings.Contains(fmt.Sprint(a.Header["Refresh"], a.Header["Link"]), "google") ||
		!strings.Contains(a.Header.Get("Link"), "/x.css") || a.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("%s %v", a.Status, a.Header)
	}
}

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

func TestContentEncoding(t *testing.T) {
	origin, c := site(t, "page_coding any")
	large := strings.Replace(html, "</body>", strings.Repeat("<p>Jeu de données</p>", 2000)+"</body>", 1)
	var asked string
	for coding, compress := range map[string]func(io.Writer) io.WriteCloser{
		"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
		"br":      func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) },
		"zstd":    func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z },
	} {
		t.Run(coding, func(t *testing.T) {
			var b bytes.Buffer
			w := compress(&b)
			_, _ = io.WriteString(w, large)
			_ = w.Close()
			compressed := b.String()
			behave("/"+coding, func(w http.ResponseWriter, r *http.Request) error {
				asked = r.Header.Get("Accept-Encoding")
				return page(compressed, "Content-Type: text/html", "Content-Encoding: "+coding)(w, r)
			})
			for _, dest := range []string{navigation, "Accept: text/html"} {
				a := c.do(t, "GET", origin+"/"+coding, dest, "Accept-Encoding: gzip, deflate, br, zstd, dcb")
				if asked != "gzip, deflate, br, zstd" || a.Header.Get("Content-Encoding") != coding {
					t.Fatalf("%s: asked for %q, got %v", dest, asked, a.Header)
				}
				text, err := decompress(coding, a.body)
				if err != nil || strings.Count(text, notice) != 1 || !strings.HasSuffix(text, large[len(large)-10000:]) {
					t.Errorf("%s: %v, %d bytes", dest, err, len(text))
				}
			}
			// The upstream compresses though it was asked not to: the client gets what it can read.
			a := c.do(t, "GET", origin+"/"+coding, navigation, "Accept-Encoding: identity")
			if a.Header.Get("Content-Encoding") != "" || strings.Count(a.body, notice) != 1 {
				t.Errorf("identity: %v %.60q", a.Header, a.body)
			}
			// What is no page passes as it came.
			if a := c.do(t, "GET", origin+"/"+coding, "Sec-Fetch-Dest: empty", "Accept-Encoding: dcb, "+coding); a.body != compressed ||
				asked != "dcb, "+coding {
				t.Errorf("a fetch: asked for %q, %d bytes", asked, len(a.body))
			}
		})
	}
}

func TestAcceptEncodingConfigured(t *testing.T) {
	fetch := "Sec-Fetch-Dest: empty"
	for _, x := range []struct{ line, metadata, accept, want string }{
		{"", navigation, "gzip, deflate, br, zstd", "gzip"},
		{"", "Accept: text/html", "br, GZIP;q=0.5", "gzip"},
		{"", "Sec-Fetch-Dest: iframe", "gzip, br", "gzip"},
		{"", navigation, "br;q=1, *;q=0.1", "gzip"},
		{"", navigation, "gzip;q=0, br", "gzip;q=0, br"},
		{"", navigation, "br, dcb", "br"},
		{"", navigation, "identity", "identity"},
		{"", fetch, "gzip, deflate, br, zstd, dcb", "gzip, deflate, br, zstd, dcb"},
		{"page_coding any", navigation, "gzip, deflate, br, zstd, dcb", "gzip, deflate, br, zstd"},
		{"page_coding identity", navigation, "gzip, br", "identity"},
		{"page_coding identity", navigation, "", "identity"},
		{"page_coding identity", fetch, "gzip, br", "gzip, br"},
		{"mode observe", navigation, "gzip, br, dcb", "gzip, br, dcb"},
	} {
		t.Run(named(x.line, x.metadata, x.accept), func(t *testing.T) {
			origin, c := site(t, x.line)
			asked := ""
			behave("/asked", func(w http.ResponseWriter, r *http.Request) error {
				asked = strings.Join(r.Header["Accept-Encoding"], " and ")
				return page(html, "Content-Type: text/html")(w, r)
			})
			fields := []string{x.metadata}
			if x.accept != "" {
				fields = append(fields, "Accept-Encoding: "+x.accept)
			}
			if c.do(t, "GET", origin+"/asked", fields...); asked != x.want {
				t.Errorf("%q, %s, accepting %q: asked for %q, want %q", x.line, x.metadata, x.accept, asked, x.want)
			}
		})
	}
}

func decompress(coding, body string) (string, error) {
	var r io.Reader
	var err error
	switch coding {
	case "gzip":
		r, err = gzip.NewReader(strings.NewReader(body))
	case "deflate":
		r, err = zlib.NewReader(strings.NewReader(body))
	case "br":
		r = brotli.NewReader(strings.NewReader(body))
	case "zstd":
		r, err = zstd.NewReader(strings.NewReader(body))
	}
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	return string(text), err
}

func TestContentEncodingBroken(t *testing.T) {
	origin, c := site(t, "")
	whole := gzipped(strings.Repeat(html, 5000))
	behave("/cut", page(whole[:len(whole)/2], "Content-Type: text/html", "Content-Encoding: gzip"))
	for _, encoding := range anyCoding {
		t.Run(encoding, func(t *testing.T) {
			r, _ := http.NewRequest("GET", origin+"/cut", nil)
			r.Header.Set("Sec-Fetch-Dest", "document")
			r.Header.Set("Accept-Encoding", encoding)
			res, err := c.RoundTrip(r)
			if err != nil {
				return // nothing at all is broken enough
			}
			if _, err := io.ReadAll(res.Body); err == nil {
				t.Errorf("%s: the page looks complete", encoding)
			}
			res.Body.Close()
		})
	}
}

func TestFlushPage(t *testing.T) {
	origin, c := site(t, "")
	next := make(chan string)
	behave("/slow", func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "text/html")
		for part := range next {
			_, _ = io.WriteString(w, part)
			if err := http.NewResponseController(w).Flush(); err != nil {
				return err
			}
		}
		return nil
	})
	for _, field := range []string{"Sec-Fetch-Dest: document", "Accept: text/html"} {
		if !t.Run(named(field), func(t *testing.T) {
			r, _ := http.NewRequest("GET", origin+"/slow", nil)
			name, value, _ := strings.Cut(field, ": ")
			r.Header.Set(name, value)
			r.Header.Set("Accept-Encoding", "identity")
			go func() { next <- "<!doctype html><title>x</title>" }()
			res, err := c.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			read := func(until string) {
				var got strings.Builder
				for b := make([]byte, 1); !strings.HasSuffix(got.String(), until); {
					if _, err := res.Body.Read(b); err != nil {
						t.Fatalf("%v after %q", err, got.String())
					}
					got.Write(b)
				}
			}
			read("</title>")
			next <- "<body>one"
			read(notice)
			read("one")
			next <- "two"
			read("two")
			res.Body.Close()
			close(next)
			next = make(chan string)
		}) {
			return // its handler may still wait
		}
	}
}

func TestHandleErrors(t *testing.T) {
	port := harness.FreePort(t)
	harness.Caddy(t, fmt.Sprintf("http://127.0.0.1:%d {\n consent\n behave\n handle_errors {\n consent\n behave\n }\n}\n", port))
	behave("/fails", func(w http.ResponseWriter, r *http.Request) error {
		if r.Context().Value(caddyhttp.ErrorCtxKey) == nil {
			return caddyhttp.Error(http.StatusBadGateway, errors.New("no upstream"))
		}
		setCookies(w)
		return page(html, "Content-Type: text/html")(w, r)
	})
	a := client{"HTTP/1.1", &http.Transport{}}.do(t, "GET", fmt.Sprintf("http://127.0.0.1:%d/fails", port), "Sec-Fetch-Dest: document")
	if !reflect.DeepEqual(a.Header["Set-Cookie"], kept) || strings.Count(a.body, notice) != 1 {
		t.Errorf("%v %q", a.Header, a.body)
	}
}

func TestChoiceAcrossSites(t *testing.T) {
	one, two := harness.FreePort(t), harness.FreePort(t)
	harness.Caddy(t, fmt.Sprintf("http://127.0.0.1:%d {\n consent\n respond {http.vars.consent.state}\n}\nhttp://127.0.0.1:%d {\n consent\n"+
		" respond {http.vars.consent.state}\n}\n", one, two))
	c := client{"HTTP/1.1", &http.Transport{}}
	cookie := c.choose(t, fmt.Sprintf("http://127.0.0.1:%d", one), "choice=accept")
	if a := c.do(t, "GET", fmt.Sprintf("http://127.0.0.1:%d/", two), "Cookie: "+cookie); a.body != "given" {
		t.Errorf("%q", a.body)
	}
}

func TestSetCookieThousands(t *testing.T) {
	origin, c := site(t, services)
	behave("/many", func(w http.ResponseWriter, r *http.Request) error {
		for i := range 5000 {
			w.Header().Add("Set-Cookie", fmt.Sprintf("t%d=%s; Max-Age=%d", i, strings.Repeat("x", 10), i+1))
		}
		w.Header().Add("Set-Cookie", session)
		_, err := fmt.Fprint(w, len(r.Header.Get("Cookie")))
		return err
	})
	huge := strings.Repeat("a=b; ", 1500) + "sessionid=1; " + strings.Repeat("cookies_preferences=%7B%7D; ", 100)
	a := c.do(t, "GET", origin+"/many", "Cookie: "+huge)
	if !reflect.DeepEqual(a.Header["Set-Cookie"], []string{session}) {
		t.Errorf("%d Set-Cookie lines", len(a.Header["Set-Cookie"]))
	}
	want := fmt.Sprint(len("sessionid=1" + strings.Repeat("; cookies_preferences=%7B%7D", 100)))
	if a.body != want || a.StatusCode != 200 {
		t.Errorf("%d, upstream got %s bytes of cookies", a.StatusCode, a.body)
	}
}

// TestConcurrentResponses runs what is pooled (writers, compressors) hard;
// the race detector sees what is used after it was given back.
func TestConcurrentResponses(t *testing.T) {
	origin, c := site(t, "")
	bodies := map[string]string{"/mix/json": `{"a":1}`}
	for i := range 3 {
		bodies[fmt.Sprint("/mix/page", i)] = strings.Replace(html, "</body>", strings.Repeat(fmt.Sprintf("<p>%d</p>", i), 20_000)+"</body>", 1)
	}
	served := make(map[string]string) // path → content
	for path, content := range bodies {
		kind := "Content-Type: text/html"
		if path == "/mix/json" {
			kind = "Content-Type: application/json"
		}
		behave(path, page(content, kind))
		behave(path+".gz", page(gzipped(content), kind, "Content-Encoding: gzip"))
		served[path], served[path+".gz"] = content, content
	}
	ask := func(path, content string) {
		a := c.do(t, "GET", origin+path, "Sec-Fetch-Dest: document", "Accept-Encoding: gzip")
		text := a.body
		if a.Header.Get("Content-Encoding") == "gzip" {
			r, err := gzip.NewReader(strings.NewReader(a.body))
			if err != nil {
				t.Error(err)
				return
			}
			b, err := io.ReadAll(r)
			if err != nil {
				t.Error(path, err)
			}
			text = string(b)
		}
		_, after, _ := strings.Cut(content, "<body>")
		if !strings.HasSuffix(text, after) || strings.Contains(text, notice) == strings.HasPrefix(path, "/mix/json") {
			t.Errorf("%s: %d bytes that are another's", path, len(text))
		}
	}
	var wait sync.WaitGroup
	for range 4 {
		for path, content := range served {
			wait.Go(func() {
				for range 5 {
					ask(path, content)
				}
			})
		}
	}
	wait.Wait()
}

// lengthy is a page of so many bytes, which can be compressed to three quarters.
func lengthy(size int) string {
	const head, tail = "<!doctype html><title>T</title><body><p>", "</p></body></html>"
	noise := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	return head + base64.StdEncoding.EncodeToString(noise)[:size-len(head)-len(tail)] + tail
}

// unguarded is a page without the guard, where it has one.
func unguarded(rewritten string) string {
	if at := harness.GuardTag.FindStringIndex(rewritten); at != nil {
		return rewritten[:at[0]] + rewritten[at[1]:]
	}
	return rewritten
}

// inserted is what a rewritten page has right after <body>; ok tells that all else is as
// in the page, but for the guard.
func inserted(rewritten, page string) (snippet string, ok bool) {
	head, rest, _ := strings.Cut(page, "<body>")
	snippet, begins := strings.CutPrefix(unguarded(rewritten), head+"<body>")
	snippet, ends := strings.CutSuffix(snippet, rest)
	return snippet, begins && ends
}

// hasNotice tells whether a page was rewritten, and nothing but the notice added.
func hasNotice(rewritten, page string) bool {
	snippet, ok := inserted(rewritten, page)
	return ok && strings.Count(snippet, "<div "+notice) == 1 && strings.HasPrefix(snippet, "<div "+notice)
}

// decoded is the body without its content codings.
func (a answer) decoded(t *testing.T) string {
	t.Helper()
	text := a.body
	if codings := strings.Join(a.Header["Content-Encoding"], ", "); codings != "" && text != "" {
		for _, coding := range slices.Backward(strings.Split(codings, ", ")) {
			var err error
			if text, err = decompress(coding, text); err != nil {
				t.Errorf("%s: %v", codings, err)
			}
		}
	}
	return text
}

func TestContentLength(t *testing.T) {
	origins := secureSites(t, "consent {\n third_parties pass\n }\n behave")
	spaces := strings.Repeat(" ", 200_000)
	for path, c := range map[string]struct {
		content, coding string
		announced       bool
		known           bool // its length goes out
		decodedKnown    bool // or, where it comes in a coding, that of the page in no coding
	}{
		"/small":                 {html, "", true, true, true},
		"/64-KiB":                {lengthy(64 << 10), "", true, true, true},
		"/large":                 {lengthy(300_000), "", true, true, true}, // known when the body has begun
		"/body-comes-late":       {strings.Replace(html, "<body>", spaces+"<body>", 1), "", true, false, false},
		"/unannounced":           {lengthy(64 << 10), "", false, false, false},
		"/small.gz":              {html, "gzip", true, true, true},
		"/60-KiB.gz":             {lengthy(80_000), "gzip", true, true, true},
		"/large.gz":              {lengthy(200_000), "gzip", true, true, false}, // known when the rest passes unseen
		"/large-when-decoded.gz": {strings.Replace(html, "</h1>", spaces+"</h1>", 1), "gzip", true, true, false},
		"/unannounced.gz":        {lengthy(64 << 10), "gzip", false, false, false},
	} {
		t.Run(named(path), func(t *testing.T) {
			sent, fields := c.content, []string{"Content-Type: text/html; charset=utf-8"}
			if c.coding != "" {
				sent = gzipped(c.content)
				fields = append(fields, "Content-Encoding: "+c.coding)
			}
			if c.announced {
				fields = append(fields, fmt.Sprint("Content-Length: ", len(sent)))
			}
			behave(path, func(w http.ResponseWriter, r *http.Request) error {
				if err := page("", fields...)(w, r); err != nil {
					return err
				}
				_, err := io.Copy(w, struct{ io.Reader }{strings.NewReader(sent)}) // in pieces, as servers and proxies do
				return err
			})
			for _, x := range matrix(t, origins, anyCoding, anyPage) {
				t.Run(x.name, func(t *testing.T) {
					accept, metadata := x.how[0], x.how[1]
					a := x.do(t, "GET", x.origin+path, metadata, "Accept-Encoding: "+accept)
					if a.err != nil || !hasNotice(a.decoded(t), c.content) {
						t.Errorf("%v, %d bytes", a.err, len(a.body))
					}
					known := c.known
					if accept == "identity" {
						known = c.decodedKnown
					} else if x.around != "bare" && c.coding == "" {
						known = false // encode compresses it
					}
					if known && a.ContentLength < 0 || a.ContentLength >= 0 && a.ContentLength != int64(len(a.body)) || known && len(a.TransferEncoding) > 0 {
						t.Errorf("length %d %v, not %d", a.ContentLength, a.TransferEncoding, len(a.body))
					}
					if !known && a.ContentLength >= 0 && len(a.body) > 4096 { // the server itself knows that of less
						t.Errorf("gathered, %d bytes", len(a.body))
					}
					head := x.do(t, "HEAD", x.origin+path, metadata, "Accept-Encoding: "+accept)
					if head.ContentLength >= 0 && head.ContentLength != a.ContentLength || head.StatusCode != 200 {
						t.Errorf("HEAD says %d %d, GET %d", head.StatusCode, head.ContentLength, a.ContentLength)
					}
				})
			}
		})
	}
}

func TestTrailerPage(t *testing.T) {
	origins := secureSites(t, "consent\n behave")
	behave("/trailers", func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Trailer", "Checksum, Set-Cookie")
		err := page(html, "Content-Type: text/html", fmt.Sprint("Content-Length: ", len(html)))(w, r)
		w.Header().Set("Checksum", "abc")
		setCookies(w)
		return err
	})
	for _, x := range matrix(t, origins) {
		t.Run(x.name, func(t *testing.T) {
			a := x.do(t, "GET", x.origin+"/trailers", navigation)
			if a.err != nil || !hasNotice(a.body, html) || a.Trailer.Get("Checksum") != "abc" || slices.Contains(a.Trailer["Set-Cookie"], tracker) {
				t.Errorf("%v, length %d, trailers %v, %q", a.err, a.ContentLength, a.Trailer, a.body)
			}
		})
	}
}

// pieces compresses parts into one gzip stream, flushed after each.
func pieces(parts ...string) []string {
	var all []string
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for i, part := range parts {
		_, _ = io.WriteString(w, part)
		_ = w.Flush()
		if i == len(parts)-1 {
			_ = w.Close()
		}
		all = append(all, b.String())
		b.Reset()
	}
	return all
}

func TestFlushContentLength(t *testing.T) {
	origins := secureSites(t, "consent\n behave")
	parts := []string{"<!doctype html><title>x</title>", "<body>one", "two", "</body></html>"}
	// What the client sees of the page, at the latest, when that part was flushed.
	seen := []string{"</title>", "</div>one", "two", "</html>"}
	for path, sent := range map[string][]string{"/flushed": parts, "/flushed.gz": pieces(parts...)} {
		proceed := make(chan struct{})
		behave(path, func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Length", fmt.Sprint(len(strings.Join(sent, ""))))
			if path == "/flushed.gz" {
				w.Header().Set("Content-Encoding", "gzip")
			}
			for i, part := range sent {
				if i > 0 {
					select {
					case <-proceed:
					case <-r.Context().Done():
						return r.Context().Err()
					}
				}
				_, err := io.WriteString(w, part)
				if err = errors.Join(err, http.NewResponseController(w).Flush()); err != nil {
					return err
				}
			}
			return nil
		})
		for _, x := range matrix(t, origins, anyCoding, anyPage) {
			if !t.Run(named(path)+"/"+x.name, func(t *testing.T) {
				a, err := x.readAlong(t, x.origin+path, seen, proceed, x.how[1], "Accept-Encoding: "+x.how[0])
				if err != nil || !hasNotice(a, strings.Join(parts, "")) {
					t.Fatalf("%v, %q", err, a)
				}
			}) {
				return // its handler may still wait
			}
		}
	}
}

// readAlong reads a page, decoded; when it has come to each of seen, it lets the upstream
// proceed.
func (c client) readAlong(t *testing.T, url string, seen []string, proceed chan<- struct{}, fields ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience) // what waits in vain, else
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, "GET", url, nil)
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Set(name, value)
	}
	res, err := c.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body := io.Reader(res.Body)
	if res.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(body); err != nil {
			return "", err
		}
	}
	var got strings.Builder
	b := make([]byte, 1)
	for i, until := range seen {
		for !strings.HasSuffix(got.String(), until) {
			if _, err := io.ReadFull(body, b); err != nil {
				return got.String(), err
			}
			got.Write(b)
		}
		if i < len(seen)-1 {
			proceed <- struct{}{}
		}
	}
	_, err = io.Copy(&got, body)
	return got.String(), err
}

func TestPageTruncated(t *testing.T) {
	sizes := map[string]int{"gathered": 60_000, "streamed": 300_000}
	upstream := http.NewServeMux()
	server := httptest.NewServer(upstream)
	defer server.Close()
	origins := secureSites(t, "consent\n behave\n reverse_proxy /up/* "+server.URL)
	parts := map[string]func(string) string{
		"nothing":          func(string) string { return "" },
		"half":             func(s string) string { return s[:len(s)/2] },
		"all-but-one-byte": func(s string) string { return s[:len(s)-1] },
	}
	var paths []string
	for _, c := range harness.Combinations(
		slices.Collect(maps.Keys(sizes)), []string{"plain", "gzip"}, slices.Collect(maps.Keys(parts)),
		[]string{"no-error", "an-error", "length", "chunks"}, // of a handler, and of an upstream
	) {
		size, coding, part, end := c[0], c[1], c[2], c[3]
		sent, fields := lengthy(sizes[size]), []string{"Content-Type: text/html"}
		if coding == "gzip" {
			sent = gzipped(sent)
			fields = append(fields, "Content-Encoding: gzip")
		}
		length := fmt.Sprint("Content-Length: ", len(sent))
		sent = parts[part](sent)
		path := "/" + strings.Join(c, "-")
		switch end {
		case "no-error", "an-error":
			behave(path, func(w http.ResponseWriter, r *http.Request) error {
				setCookies(w)
				err := page(sent, append(fields, length)...)(w, r)
				if end == "an-error" {
					err = errors.Join(err, errors.New("lost"))
				}
				return err
			})
		case "length":
			path = "/up" + path
			upstream.HandleFunc(path, breaksOff(append(fields, length), sent))
		case "chunks":
			path = "/up" + path
			if len(sent) > 0 {
				sent = fmt.Sprintf("%x\r\n%s\r\n", len(sent), sent) // and no last chunk
			}
			upstream.HandleFunc(path, breaksOff(append(fields, "Transfer-Encoding: chunked"), sent))
		}
		paths = append(paths, path)
	}
	for _, x := range matrix(t, origins, paths, anyCoding) {
		t.Run(x.name, func(t *testing.T) {
			path := x.how[0]
			a, err := x.try(t, "GET", x.origin+path, navigation, "Accept-Encoding: "+x.how[1])
			switch {
			case err != nil: // nothing at all is broken enough
			case a.StatusCode == http.StatusBadGateway && strings.Contains(path, "nothing"): // before any header went out
			case a.err == nil:
				t.Errorf("%d bytes look complete", len(a.body))
			case !reflect.DeepEqual(a.Header["Set-Cookie"], kept):
				t.Errorf("Set-Cookie %q", a.Header["Set-Cookie"])
			}
		})
	}
}

// breaksOff answers with these header fields and bytes, and closes the connection.
func breaksOff(fields []string, sent string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\n")
		for _, line := range []string{tracker, session, gone} {
			fmt.Fprintf(conn, "Set-Cookie: %s\r\n", line)
		}
		fmt.Fprintf(conn, "%s\r\n\r\n", strings.Join(fields, "\r\n"))
		_, _ = io.WriteString(conn, sent)
	}
}

// TestDecompressionBomb holds its reader back, so that
// what is gathered stays in memory.
func TestDecompressionBomb(t *testing.T) {
	origin, c := site(t, "")
	huge := strings.Replace(html, "</h1>", strings.Repeat(" ", 40<<20)+"</h1>", 1)
	small := gzipped(huge)
	if len(small) > 64<<10 {
		t.Fatalf("%d bytes are not small", len(small))
	}
	behave("/huge", page(small, "Content-Type: text/html", "Content-Encoding: gzip", fmt.Sprint("Content-Length: ", len(small))))
	for _, metadata := range anyPage {
		t.Run(named(metadata), func(t *testing.T) {
			before := heap()
			r, _ := http.NewRequest("GET", origin+"/huge", nil)
			name, value, _ := strings.Cut(metadata, ": ")
			r.Header.Set(name, value)
			r.Header.Set("Accept-Encoding", "identity")
			res, err := c.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			if grown := heap() - before; grown > 8<<20 {
				t.Errorf("%s: the heap has grown by %d bytes", metadata, grown)
			}
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || !hasNotice(string(body), huge) {
				t.Errorf("%s: %v, %d bytes", metadata, err, len(body))
			}
		})
	}
}

// heap is how many bytes of it are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// encoded is a text in codings, in the order in which they were applied.
func encoded(text string, codings ...string) string {
	for _, coding := range codings {
		var b bytes.Buffer
		w := map[string]func() io.WriteCloser{
			"gzip": func() io.WriteCloser { return gzip.NewWriter(&b) },
			"br":   func() io.WriteCloser { return brotli.NewWriter(&b) },
		}[coding]()
		_, _ = io.WriteString(w, text)
		_ = w.Close()
		text = b.String()
	}
	return text
}

func TestContentEncodingMultiple(t *testing.T) {
	origins := secureSites(t, "consent\n behave")
	large := lengthy(100_000)
	behave("/one-line", page(encoded(large, "gzip", "br"), "Content-Type: text/html", "Content-Encoding: gzip, br"))
	behave("/two-lines", page(encoded(large, "gzip", "br"), "Content-Type: text/html", "Content-Encoding: gzip", "Content-Encoding: br"))
	wanted := map[string]string{"gzip, br": "gzip, br", "br": "", "gzip, br;q=0": "", "identity": "", "*": "gzip, br"}
	for _, x := range matrix(t, origins, []string{"/one-line", "/two-lines"}, slices.Collect(maps.Keys(wanted)), anyPage) {
		t.Run(x.name, func(t *testing.T) {
			path, accept := x.how[0], x.how[1]
			a := x.do(t, "GET", x.origin+path, x.how[2], "Accept-Encoding: "+accept)
			if a.err != nil || !hasNotice(a.decoded(t), large) {
				t.Errorf("%v, %d bytes", a.err, len(a.body))
			}
			if got := strings.Join(a.Header["Content-Encoding"], ", "); got != wanted[accept] && x.around == "bare" {
				t.Errorf("comes in %q", got)
			}
		})
	}
}

// logging is harness.Caddy, but what is logged from warnings on goes to a file.
func logging(t *testing.T, sites string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "log")
	globals := fmt.Sprintf("{\n admin off\n persist_config off\n log {\n level INFO\n output file %q\n format json\n }\n storage file_system %q\n}\n",
		file, t.TempDir())
	config, _, err := caddyfile.Adapter{ServerType: httpcaddyfile.ServerType{}}.Adapt([]byte(globals+sites), nil)
	if err == nil {
		err = caddy.Load(config, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = caddy.Stop() })
	return file
}

// counted reads the module's counters where Caddy serves them.
func (c client) counted(t *testing.T, origin string) map[string]string {
	t.Helper()
	values := make(map[string]string)
	for line := range strings.Lines(c.do(t, "GET", origin+"/metrics").body) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && strings.HasPrefix(name, "caddy_consent_") {
			values[name] = value
		}
	}
	return values
}

func TestPageNotRewritable(t *testing.T) {
	port := harness.FreePort(t)
	file := logging(t, fmt.Sprintf("http://127.0.0.1:%d {\n consent\n metrics /metrics\n behave\n}\n", port))
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), `"logger":"http.handlers.consent","msg":"the policy is loaded"`) {
		t.Errorf("the log does not tell that the module works: %v\n%s", err, text)
	}
	origin, c := fmt.Sprintf("http://127.0.0.1:%d", port), client{"HTTP/1.1", &http.Transport{DisableCompression: true}}
	var utf16 strings.Builder
	for _, char := range "\ufeff" + html {
		utf16.Write([]byte{byte(char), byte(char >> 8)})
	}
	const japanese = "<!doctype html><html><head><meta charset=iso-2022-jp><title>\x1b$B4A;z\x1b(B</title></head><body>\x1b$B4A;z\x1b(B</body></html>"
	const tag = `caddy_consent_pages_total{reason=%q,result=%q}`
	for path, x := range map[string]struct {
		sent   string
		fields []string
		reason string // "" where it is rewritten
	}{
		"/coding":          {"\x1f\x9d" + html, []string{"Content-Type: text/html", "Content-Encoding: compress"}, "coding"},
		"/gzip-and-coding": {gzipped(html), []string{"Content-Type: text/html", "Content-Encoding: gzip", "Content-Encoding: dcb"}, "coding"},
		"/utf-16":          {utf16.String(), []string{"Content-Type: text/html; charset=utf-16"}, "charset"},
		"/utf-16-by-mark":  {utf16.String(), []string{"Content-Type: text/html"}, "charset"},
		"/no-transform":    {html, []string{"Content-Type: text/html", "Cache-Control: no-transform"}, "no-transform"},
		"/unknown":         {html, []string{"Content-Type: text/html; charset=klingon"}, ""},
		"/no-coding":       {html, []string{"Content-Type: text/html", "Content-Encoding: utf-8"}, ""},
		"/meta":            {japanese, []string{"Content-Type: text/html"}, "charset"},
		"/meta-overridden": {japanese, []string{"Content-Type: text/html; charset=utf-8"}, ""},
		"/latin":           {html, []string{"Content-Type: text/html; charset=iso-8859-1"}, ""},
	} {
		t.Run(named(path), func(t *testing.T) {
			behave(path, page(x.sent, x.fields...))
			result := "passed"
			if x.reason == "" {
				result = "rewritten"
			}
			before := c.counted(t, origin)
			a := c.do(t, "GET", origin+path, navigation, "Accept-Encoding: gzip")
			if x.reason != "" && a.body != x.sent || x.reason == "" && !hasNotice(a.body, x.sent) {
				t.Errorf("%s: %q", path, a.body)
			}
			after := c.counted(t, origin)
			for name, value := range after {
				if strings.HasPrefix(name, "caddy_consent_rewrite_") {
					continue // how much and how long, of all pages that are rewritten
				}
				was, _ := strconv.Atoi(before[name])
				now, err := strconv.Atoi(value)
				want := was
				if name == fmt.Sprintf(tag, x.reason, result) || name == "caddy_consent_notices_total" && x.reason == "" {
					want++
				}
				if now != want || err != nil {
					t.Errorf("%s: %s is %s, was %s", path, name, value, before[name])
				}
			}
			if _, ok := after[fmt.Sprintf(tag, x.reason, result)]; !ok {
				t.Errorf("%s: not counted in %v", path, after)
			}
			lines, err := os.ReadFile(file)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			want := 0
			if x.reason != "" {
				want = 1
			}
			if got := strings.Count(string(lines), fmt.Sprintf("%q:%q", "path", path)); got != want {
				t.Errorf("%s: %d lines in the log, want %d", path, got, want)
			}
		})
	}
}

func TestMetricsReload(t *testing.T) {
	c := client{"HTTP/1.1", &http.Transport{}}
	behave("/counted", page(html, "Content-Type: text/html"))
	const rewritten = `caddy_consent_pages_total{reason="",result="rewritten"}`
	for _, handlers := range []int{1, 2, 2, 1} {
		var sites string
		var origins []string
		for range handlers {
			port := harness.FreePort(t)
			origins = append(origins, fmt.Sprintf("http://127.0.0.1:%d", port))
			sites += fmt.Sprintf("http://127.0.0.1:%d {\n consent\n metrics /metrics\n behave\n}\n", port)
		}
		harness.Caddy(t, sites)
		for i, origin := range origins {
			if a := c.do(t, "GET", origin+"/counted", navigation); !hasNotice(a.body, html) {
				t.Errorf("%q", a.body)
			}
			for _, anywhere := range origins {
				if got := c.counted(t, anywhere)[rewritten]; got != fmt.Sprint(i+1) {
					t.Errorf("%d handlers, %d pages: %s counted", handlers, i+1, got)
				}
			}
		}
		c.RoundTripper.(*http.Transport).CloseIdleConnections()
	}
}

func TestDigestHeaders(t *testing.T) {
	origin, c := site(t, "")
	about := []string{"Content-Md5: x", "Digest: md5=x", "Content-Digest: sha-256=:x:", "Repr-Digest: sha-256=:x:", "Accept-Ranges: bytes",
		fmt.Sprint("Content-Length: ", len(html))}
	behave("/digests", page(html, append(about, "Content-Type: text/html")...))
	behave("/digests-no-transform", page(html, append(about, "Content-Type: text/html", "Cache-Control: max-age=5, no-transform")...))
	for _, x := range []struct {
		path, metadata string
		changed        bool
	}{
		{"/digests", navigation, true}, {"/digests", old, true}, {"/digests", "Sec-Fetch-Dest: empty", false}, {"/digests", "Sec-Fetch-Dest: image", false},
		{"/digests-no-transform", navigation, false}, {"/digests-no-transform", old, false},
	} {
		t.Run(named(x.path, x.metadata), func(t *testing.T) {
			a := c.do(t, "GET", origin+x.path, x.metadata)
			if x.changed != hasNotice(a.body, html) || x.changed != (a.body != html) {
				t.Errorf("%s with %s: %q", x.path, x.metadata, a.body)
			}
			for _, field := range about {
				name, value, _ := strings.Cut(field, ": ")
				if got := a.Header.Get(name); x.changed == (got == value) || x.changed && got != "" && name != "Content-Length" {
					t.Errorf("%s with %s: %s: %s", x.path, x.metadata, name, got)
				}
			}
		})
	}
}

func TestRangeRequest(t *testing.T) {
	origin, c := site(t, "")
	behave("/ranged", func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("ETag", `"v1"`)
		http.ServeContent(w, r, "x.html", time.Now().Add(-time.Hour), strings.NewReader(html))
		return nil
	})
	whole := c.do(t, "GET", origin+"/ranged", navigation)
	for _, x := range []struct {
		fields []string
		status int
		body   string // "" for the page with the notice
	}{
		{[]string{navigation, "Range: bytes=0-40"}, 206, html[:41]},
		{[]string{old, "Range: bytes=0-40"}, 206, html[:41]},
		{[]string{old, "Range: bytes=-5"}, 206, html[len(html)-5:]},
		{[]string{navigation, "Range: bytes=9999-"}, 416, "invalid range: failed to overlap\n"},
		{[]string{navigation, "Range: bytes=9-", `If-Range: "v1"`}, 200, ""},
		{[]string{navigation, "Range: bytes=9-", "If-Range: " + whole.Header.Get("Etag")}, 200, ""},
		{[]string{old, "Range: bytes=9-", "If-Range: " + time.Now().UTC().Format(http.TimeFormat)}, 200, ""},
		{[]string{"Sec-Fetch-Dest: empty", "Range: bytes=9-", `If-Range: "v1"`}, 206, html[9:]},
	} {
		t.Run(named(x.fields...), func(t *testing.T) {
			a := c.do(t, "GET", origin+"/ranged", x.fields...)
			if a.StatusCode != x.status || x.body != "" && a.body != x.body || x.body == "" && !hasNotice(a.body, html) {
				t.Errorf("%q: %d %q", x.fields, a.StatusCode, a.body)
			}
			if x.status == 206 && a.Header.Get("Etag") != `"v1"` {
				t.Errorf("%q: a part of a page with the tag %s of another variant", x.fields, a.Header.Get("Etag"))
			}
		})
	}
}

func TestETagVariant(t *testing.T) {
	origin, c := site(t, "")
	tags := map[string]string{"/strong": `"v1"`, "/weak": `W/"v1"`}
	for path, tag := range tags {
		behave(path, func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Set("Asked", strings.Join(r.Header["If-None-Match"], " | ")+strings.Join(r.Header["If-Modified-Since"], "since"))
			return page(html, "Content-Type: text/html", "ETag: "+tag)(w, r)
		})
	}
	for _, how := range harness.Combinations(slices.Collect(maps.Keys(tags)), anyCoding, anyPage) {
		t.Run(named(how...), func(t *testing.T) {
			path, accept, metadata, tag := how[0], how[1], how[2], tags[how[0]]
			first := c.do(t, "GET", origin+path, metadata, "Accept-Encoding: "+accept).Header.Get("Etag")
			if first == tag || strings.HasPrefix(first, "W/") != strings.HasPrefix(tag, "W/") {
				t.Errorf("the tag %s", first)
			}
			second := strings.Replace(first, "v1", "v2,", 1)
			for sent, want := range map[string]string{
				first:                            tag,
				`"other", ` + first:              tag,
				first + " , " + second + ", W/x": tag + ", " + strings.Replace(tag, "v1", "v2,", 1),
				`*`:                              "",
				tag:                              "",
				`"other", W/"other"`:             "",
				strings.Replace(first, "v1-", "v1-x-", 1): strings.Replace(tag, "v1", "v1-x", 1),
				strings.TrimSuffix(first, `"`) + `-x"`:    "",
			} {
				a := c.do(t, "GET", origin+path, metadata, "Accept-Encoding: "+accept, "If-None-Match: "+sent,
					"If-Modified-Since: Mon, 23 Nov 2026 12:00:00 GMT")
				if got := a.Header.Get("Asked"); got != want || !hasNotice(a.decoded(t), html) {
					t.Errorf("If-None-Match: %s became %s, want %s", sent, got, want)
				}
			}
		})
	}
}

// TestPageLanguage; entity tags tell the variants apart,
// though the header goes out before the page says its language.
func TestPageLanguage(t *testing.T) {
	origin, c := site(t, "")
	german := `<!doctype html><html class="a" lang="de-DE"><title>x</title><body>Seite`
	behave("/plain", page(german, `Etag: "1"`, fmt.Sprint("Content-Length: ", len(german))))
	behave("/streamed", page(german, `Etag: "1"`))
	behave("/gzip", page(gzipped(german), "Content-Type: text/html", `Etag: "1"`, "Content-Encoding: gzip"))
	for _, path := range []string{"/plain", "/streamed", "/gzip"} {
		t.Run(named(path), func(t *testing.T) {
			tags := make(map[string]string)
			for _, v := range []struct {
				query, want string
				fields      []string
			}{
				{"", "de", []string{"Accept-Language: en"}},
				{"", "de", []string{"Accept-Language: fi"}},
				{"?flg=en-us", "en", []string{"Accept-Language: fr"}},
				{"", "fr", []string{"Cookie: django_language=fr", "Accept-Language: en"}},
				{"", "de", []string{"Cookie: django_language=fi", "Accept-Language: en"}},
			} {
				a := c.do(t, "GET", origin+path+v.query, append(v.fields, navigation, "Accept-Encoding: gzip")...)
				if text := a.decoded(t); !strings.Contains(text, ` lang="`+v.want+`" dir="ltr"`) {
					t.Errorf("%s%s %q: the notice is not in %s: %.600s", path, v.query, v.fields, v.want, text)
				}
				if varies := strings.Contains(strings.Join(a.Header["Vary"], ","), "Accept-Language"); varies != (v.want == "de") {
					t.Errorf("%s%s %q: Vary %q", path, v.query, v.fields, a.Header["Vary"])
				}
				tag := a.Header.Get("ETag")
				if other, ok := tags[tag]; ok && other != v.want {
					t.Errorf("%s: the notices in %s and %s have the same tag %s", path, other, v.want, tag)
				}
				tags[tag] = v.want
			}
			// Where the same language is chosen or only asked for, the page decides for the latter alone.
			chosen := c.do(t, "GET", origin+path+"?flg=en", navigation, "Accept-Encoding: gzip").Header.Get("ETag")
			asked := c.do(t, "GET", origin+path, navigation, "Accept-Language: en", "Accept-Encoding: gzip").Header.Get("ETag")
			if chosen == asked || chosen == "" {
				t.Errorf("%s: notices in two languages have the tags %s and %s", path, chosen, asked)
			}
		})
	}
}

func TestXHTMLWellFormed(t *testing.T) {
	const strange = `A & <B> "c"`
	origin, c := site(t, fmt.Sprintf("site %q\n controller %q\n service x {\n name %q\n provider %q\n purpose statistics\n cookies x\n"+
		" description %q\n }\n", strange, strange, strange, strange, strange))
	xhtml := `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="fr"><head><title>T &amp; U</title><script>//<![CDATA[
if (1 < 2 && 3 > 2) {}
//]]></script></head><body><p>Données<br/></p>` + strings.Repeat("<p/>", 50_000) + `</body></html>`
	kind := "Content-Type: application/xhtml+xml"
	behave("/x", page(xhtml, kind))
	behave("/x-known", page(xhtml, kind, fmt.Sprint("Content-Length: ", len(xhtml))))
	behave("/x-gz", page(gzipped(xhtml), kind, "Content-Encoding: gzip"))
	behave("/x-short", page(`<html xmlns="http://www.w3.org/1999/xhtml"><head/><body><p/></body></html>`, kind))
	chosen := "Cookie: " + c.choose(t, origin, "choice=accept")
	visitors := map[string][]string{
		"navigation": {navigation}, "old": {old}, "in English": {navigation, "Accept-Language: en"},
		"with the signal": {navigation, "Sec-GPC: 1"}, "chosen": {navigation, chosen}, "gzip": {navigation, "Accept-Encoding: gzip"},
	}
	for _, how := range harness.Combinations([]string{"/x", "/x-known", "/x-gz", "/x-short", "/x?a=1&b=%22%3C"}, slices.Collect(maps.Keys(visitors))) {
		t.Run(named(how...), func(t *testing.T) {
			fields := visitors[how[1]]
			a := c.do(t, "GET", origin+how[0], fields...)
			text := a.decoded(t)
			if want := map[bool]string{false: notice, true: manage}[slices.Contains(fields, chosen)]; strings.Count(text, want) != 1 {
				t.Errorf("no %s in %.300q", want, text)
			}
			for d := xml.NewDecoder(strings.NewReader(text)); ; {
				if _, err := d.Token(); err == io.EOF {
					break
				} else if err != nil {
					t.Error(err)
					break
				}
			}
		})
	}
}

func TestClientDisconnect(t *testing.T) {
	ended := make(chan error, 1)
	endless := func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Query().Has("known") {
			w.Header().Set("Content-Length", fmt.Sprint(1<<40))
		}
		out := io.Writer(w)
		if r.URL.Query().Has("gzip") {
			w.Header().Set("Content-Encoding", "gzip")
			out = gzip.NewWriter(w)
		}
		_, err := io.WriteString(out, html)
		noise := lengthy(32 << 10)
		for ; err == nil; err = errors.Join(err, r.Context().Err()) {
			_, err = io.WriteString(out, noise)
		}
		ended <- err
		return err
	}
	behave("/endless", endless)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = endless(w, r) }))
	defer upstream.Close()
	origins := secureSites(t, "consent\n behave\n reverse_proxy /up/* "+upstream.URL)
	paths := []string{"/endless", "/endless?known", "/endless?gzip", "/endless?gzip&known", "/up/endless", "/up/endless?gzip&known"}
	for _, x := range matrix(t, origins, paths, anyCoding) {
		t.Run(x.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			r, _ := http.NewRequestWithContext(ctx, "GET", x.origin+x.how[0], nil)
			r.Header.Set("Sec-Fetch-Dest", "document")
			r.Header.Set("Accept-Encoding", x.how[1])
			res, err := x.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.CopyN(io.Discard, res.Body, 200_000); err != nil {
				t.Error(err)
			}
			cancel()
			res.Body.Close()
			select {
			case <-ended:
			case <-time.After(patience):
				t.Fatal("the upstream goes on")
			}
		})
	}
}

// TestConcurrentCancellation runs what is pooled hard: nothing of an answer
// that was given up may come back in another.
func TestConcurrentCancellation(t *testing.T) {
	origins := secureSites(t, "consent\n behave")
	paths := map[string]string{"/cancel/json": "application/json"}
	sizes := []int{500, 60_000, 400_000}
	for _, how := range harness.Combinations([]string{"0", "1", "2"}, []string{"known", "unknown"}, []string{"", "gzip", "br"}) {
		i, _ := strconv.Atoi(how[0])
		coding := how[2]
		content := strings.ReplaceAll(lengthy(sizes[i]), "A", how[0])
		path := "/cancel/" + strings.Join(how, "-")
		sent, fields := content, []string{"Content-Type: text/html"}
		if coding != "" {
			sent = encoded(content, coding)
			fields = append(fields, "Content-Encoding: "+coding)
		}
		if how[1] == "known" {
			fields = append(fields, fmt.Sprint("Content-Length: ", len(sent)))
		}
		behave(path, func(w http.ResponseWriter, r *http.Request) error {
			if err := page("", fields...)(w, r); err != nil {
				return err
			}
			_, err := io.Copy(w, struct{ io.Reader }{strings.NewReader(sent)})
			return err
		})
		paths[path] = content
	}
	behave("/cancel/json", page(paths["/cancel/json"], "Content-Type: application/json"))
	var wait sync.WaitGroup
	for i, x := range matrix(t, origins, []string{"first", "second", "third"}) {
		random := rand.New(rand.NewPCG(uint64(i), 0))
		wait.Go(func() {
			for path, content := range paths {
				accept := []string{"gzip", "br", "identity"}[random.IntN(3)]
				if random.IntN(2) == 0 {
					x.giveUp(x.origin+path, random.IntN(3)*random.IntN(1+len(content)/2), "Accept-Encoding: "+accept)
					continue
				}
				a, err := x.try(t, "GET", x.origin+path, navigation, "Accept-Encoding: "+accept)
				if err != nil || a.err != nil {
					t.Errorf("%s, %s for %s: %v %v", x.name, path, accept, err, a.err)
				} else if text := a.decoded(t); text != content && !hasNotice(text, content) || text == content && path != "/cancel/json" {
					t.Errorf("%s, %s for %s: %d bytes that are wrong", x.name, path, accept, len(text))
				}
			}
		})
	}
	wait.Wait()
}

// giveUp reads so many bytes of an answer and goes away.
func (c client) giveUp(url string, after int, fields ...string) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, "GET", url, nil)
	r.Header.Set("Sec-Fetch-Dest", "document")
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Set(name, value)
	}
	if res, err := c.RoundTrip(r); err == nil {
		_, _ = io.CopyN(io.Discard, res.Body, int64(after))
		cancel()
		res.Body.Close()
	}
}

// TestPassthroughResponse compares the same handler's answers with the module in
// front and without.
func TestPassthroughResponse(t *testing.T) {
	origins := secureSites(t, "handle_path /with/* {\n consent {\n path /with/_consent\n }\n behave\n }\n handle_path /without/* {\n behave\n }")
	noise := lengthy(5_000)
	about := func(kind string, more ...string) []string {
		return append(more, "Content-Type: "+kind, `ETag: "v1"`, "Cache-Control: public, max-age=60", "Last-Modified: Mon, 23 Nov 2026 12:00:00 GMT",
			"Set-Cookie: "+session)
	}
	withStatus := func(status int, do func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
		return func(w http.ResponseWriter, r *http.Request) error { return do(statusFirst{w, status}, r) }
	}
	type asked []string
	navigations := asked{navigation, old}
	anybody := asked{navigation, old, "Sec-Fetch-Dest: empty", "Sec-Fetch-Dest: image", "Accept: */*"}
	nobody := anybody[2:]
	for path, x := range map[string]struct {
		do       func(http.ResponseWriter, *http.Request) error
		metadata asked
		vary     bool // it is a page to somebody, which caches must know
	}{
		"/json":           {page(`{"html":"<body>"}`, about("application/json")...), anybody, false},
		"/json.gz":        {page(gzipped(noise), about("application/json", "Content-Encoding: gzip")...), anybody, false},
		"/csv":            {page("a;b\n"+noise, about("text/csv; charset=utf-8", "Content-Disposition: attachment; filename=x.csv")...), anybody, false},
		"/image":          {page("\x89PNG\r\n\x1a\n"+noise, about("image/png", "Content-Length: 5008")...), anybody, false},
		"/script":         {page(`document.write("<body>")`, about("text/javascript")...), anybody, false},
		"/style.br":       {page(encoded("body{}", "br"), about("text/css", "Content-Encoding: br")...), anybody, false},
		"/text":           {page(html, about("text/plain")...), anybody, false},
		"/feed":           {page("<rss><body></body></rss>", about("application/rss+xml")...), anybody, false},
		"/unknown-type":   {page(html, about("x/y", "Content-Encoding: compress")...), anybody, false},
		"/no-type":        {page("\x00\x01"+noise, "ETag: \"v1\""), anybody, false},
		"/attachment":     {page(html, about("text/html", "Content-Disposition: attachment")...), anybody, false},
		"/no-transform":   {page(html, about("text/html", "Cache-Control: no-transform")...), anybody, false},
		"/204":            {withStatus(204, page("", `ETag: "v1"`)), anybody, false},
		"/205":            {withStatus(205, page("", about("text/html")...)), anybody, false},
		"/304":            {withStatus(304, page("", `ETag: "v1"`)), anybody, false},
		"/301":            {withStatus(301, page(`<body><a href="/x">x</a>`, about("text/html", "Location: /x")...)), anybody, false},
		"/206":            {withStatus(206, page(html[:9], about("text/html", "Content-Range: bytes 0-8/100")...)), anybody, false},
		"/418":            {withStatus(418, page(noise, about("application/json")...)), anybody, false},
		"/page":           {page(html, about("text/html")...), nobody, true},
		"/page.gz":        {page(gzipped(html), about("text/html", "Content-Encoding: gzip")...), nobody, true},
		"/xhtml":          {page(html, about("application/xhtml+xml")...), nobody, true},
		"/unknown-coding": {page(html, about("text/html", "Content-Encoding: compress")...), nobody, true},
		"/error":          {withStatus(500, page(html, about("text/html")...)), nobody, true},
		"/fragment":       {page("<li>"+noise, about("text/html")...), asked{old}, true},
		"/redirect": {func(w http.ResponseWriter, r *http.Request) error {
			http.Redirect(w, r, "/y", http.StatusFound)
			return nil
		}, navigations, false},
	} {
		behave(path, x.do)
		t.Run(named(path), func(t *testing.T) {
			for _, v := range matrix(t, origins, x.metadata, []string{"GET", "HEAD", "POST"}, anyCoding) {
				metadata, method, accept := v.how[0], v.how[1], v.how[2]
				if method == "HEAD" && path == "/fragment" {
					continue // without its body it may be a document
				}
				t.Run(v.name, func(t *testing.T) {
					with := v.do(t, method, v.origin+"/with"+path, metadata, "Accept-Encoding: "+accept)
					without := v.do(t, method, v.origin+"/without"+path, metadata, "Accept-Encoding: "+accept)
					for _, h := range []http.Header{with.Header, without.Header} {
						delete(h, "Date")
						if x.vary {
							delete(h, "Vary")
						}
					}
					if with.StatusCode != without.StatusCode || with.body != without.body || with.err != nil ||
						with.ContentLength != without.ContentLength || !slices.Equal(with.TransferEncoding, without.TransferEncoding) ||
						!reflect.DeepEqual(with.Header, without.Header) {
						t.Errorf("%d %v %d %v %q\n%d %v %d %v %q", with.StatusCode, with.Header, with.ContentLength, with.err, with.body,
							without.StatusCode, without.Header, without.ContentLength, without.err, without.body)
					}
				})
			}
		})
	}
}

// statusFirst writes a status before the first bytes.
type statusFirst struct {
	http.ResponseWriter
	status int
}

func (w statusFirst) Write(p []byte) (int, error) {
	w.WriteHeader(w.status)
	if len(p) == 0 {
		return 0, nil
	}
	return w.ResponseWriter.Write(p)
}

// TestClientDisconnectIgnored writes on and on, whatever it gets.
func TestClientDisconnectIgnored(t *testing.T) {
	ended := make(chan any, 1)
	behave("/ignores", func(w http.ResponseWriter, r *http.Request) error {
		defer func() { ended <- recover() }()
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!doctype html><title>x</title>")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		write := func() error {
			_, err := fmt.Fprintf(w, "<!-- %s --><meta name=a content=b", strings.Repeat("comment ", 200))
			_, last := io.WriteString(w, ">")
			return errors.Join(err, last)
		}
		// The connection takes some more until it is known that nobody reads it.
		for deadline := time.Now().Add(patience); write() == nil; {
			if time.Now().After(deadline) {
				panic("no write fails")
			}
		}
		for range 100 {
			_ = write()
		}
		_, _ = io.WriteString(w, "<body>hello")
		_ = http.NewResponseController(w).Flush()
		return nil
	})
	for _, x := range matrix(t, secureSites(t, "consent\n behave")) {
		t.Run(x.name, func(t *testing.T) {
			x.giveUp(x.origin+"/ignores", 1, "Accept-Encoding: identity")
			select {
			case panicked := <-ended:
				if panicked != nil {
					t.Errorf("%v", panicked)
				}
			case <-time.After(2 * patience):
				t.Fatal("the handler goes on")
			}
		})
	}
}

func TestOriginalRequest(t *testing.T) {
	seen := make(chan string, 1)
	serve := func(w http.ResponseWriter, r *http.Request) error {
		seen <- r.Host + " " + r.Header.Get("Accept-Language")
		return page(html, "Content-Type: text/html", `ETag: "v1"`)(w, r)
	}
	const changed = "internal.example en"
	paths := map[string]string{"/as-sent--": "fr", "/set------": changed, "/replaced-": changed, "/in-place-": changed}
	for path := range paths {
		behave(path, serve)
	}
	behave("/in-place-", func(w http.ResponseWriter, r *http.Request) error {
		r.Host = "internal.example"
		r.Header["Accept-Language"][0] = "en"
		return serve(w, r)
	})
	origins := secureSites(t, `consent
		handle {
			request_header /set------ Host internal.example
			request_header /set------ Accept-Language en
			request_header /replaced- Host internal.example
			request_header /replaced- Accept-Language fr en
			behave
		}`)
	for _, x := range matrix(t, origins, anyPage, []string{"", `If-None-Match: "another"`}) {
		t.Run(x.name, func(t *testing.T) {
			fields := []string{x.how[0], "Accept-Language: fr", "Accept-Encoding: identity"}
			if condition := x.how[1]; condition != "" {
				fields = append(fields, condition)
			}
			get := func(path string) answer {
				a := x.do(t, "GET", x.origin+path, fields...)
				a.body = strings.ReplaceAll(a.body, path[1:], "path")
				if got := <-seen; !strings.HasSuffix(got, paths[path]) {
					t.Fatalf("%s: behind the module it is %s", path, got)
				}
				return a
			}
			want := get("/as-sent--")
			if !hasNotice(want.body, html) {
				t.Fatalf("%q", want.body)
			}
			for path := range paths {
				if a := get(path); a.body != want.body || a.Header.Get("Etag") != want.Header.Get("Etag") {
					t.Errorf("%s: %s %q", path, a.Header.Get("Etag"), a.body)
				}
			}
		})
	}
}

// cookieLines are the Set-Cookie lines under any spelling of the name.
func cookieLines(h http.Header) (lines []string) {
	for name, values := range h {
		if strings.EqualFold(name, "Set-Cookie") {
			lines = append(lines, values...)
		}
	}
	return lines
}

func TestTrailerSetCookie(t *testing.T) {
	origins := secureSites(t, "consent\n behave")
	spellings := []string{"Set-Cookie", "set-cookie", "SET-COOKIE", "sEt-cOOkie"}
	for _, x := range matrix(t, origins, spellings, []string{"text/html", "text/plain"}) {
		t.Run(x.name, func(t *testing.T) {
			spelling, kind := x.how[0], x.how[1]
			path := fmt.Sprintf("/trailer-%s/%s", spelling, kind)
			behave(path, func(w http.ResponseWriter, r *http.Request) error {
				err := errors.Join(page(html, "Content-Type: "+kind)(w, r), http.NewResponseController(w).Flush())
				w.Header()[http.TrailerPrefix+spelling] = []string{tracker, session}
				return err
			})
			a := x.do(t, "GET", x.origin+path, navigation)
			if got := cookieLines(a.Trailer); a.err != nil || !slices.Equal(got, []string{session}) {
				t.Errorf("trailers %v, %v", a.Trailer, a.err)
			}
		})
	}
}

func TestSetCookieReplaced(t *testing.T) {
	origins := secureSites(t, "consent\n behave")
	edits := map[string]func(h http.Header){
		"same-array":       func(h http.Header) { h["Set-Cookie"] = append(h["Set-Cookie"][:0], tracker, session) },
		"in-place":         func(h http.Header) { h["Set-Cookie"][0] = tracker },
		"another-spelling": func(h http.Header) { h["set-cookie"] = []string{tracker} },
		"two-spellings":    func(h http.Header) { h["sET-cOOKIE"], h["SET-COOKIE"] = []string{tracker}, []string{tracker} },
	}
	// The header may go out with the first bytes, with later ones, or when the handler has returned.
	moments := []string{"after-the-header", "between-bytes", "before-a-flush", "at-the-end"}
	for _, x := range matrix(t, origins, slices.Collect(maps.Keys(edits)), moments) {
		t.Run(x.name, func(t *testing.T) {
			change, moment := edits[x.how[0]], x.how[1]
			path := "/replaced/" + x.how[0] + "/" + moment
			behave(path, func(w http.ResponseWriter, r *http.Request) error {
				w.Header().Set("Content-Type", "text/plain")
				w.Header()["Set-Cookie"] = []string{session, session}
				w.WriteHeader(200)
				if moment == "after-the-header" {
					change(w.Header())
				}
				_, err := io.WriteString(w, "x")
				if moment == "between-bytes" {
					change(w.Header())
					_, err = io.WriteString(w, strings.Repeat("y", 10_000))
				}
				if moment == "before-a-flush" {
					change(w.Header())
					err = errors.Join(err, http.NewResponseController(w).Flush())
				}
				if moment == "at-the-end" {
					change(w.Header())
				}
				return err
			})
			a := x.do(t, "GET", x.origin+path, "Accept-Encoding: gzip")
			got := cookieLines(a.Header)
			if a.err != nil || !strings.HasPrefix(a.decoded(t), "x") || slices.Contains(got, tracker) || !slices.Contains(got, session) {
				t.Errorf("Set-Cookie %q, %v", got, a.err)
			}
		})
	}
}

func TestContentLengthExceeded(t *testing.T) {
	origins := secureSites(t, "consent\n behave")
	result := make(chan error, 1)
	contents := map[string]string{"short": html, "gathered": lengthy(20_000), "streamed": lengthy(300_000)}
	writes := []string{"at-once", "behind", "across"}
	for _, how := range harness.Combinations(slices.Collect(maps.Keys(contents)), []string{"plain", "gzip", "untyped"}, writes) {
		content, coding, write := contents[how[0]], how[1], how[2]
		sent, fields := content, []string{"Content-Type: text/html"}
		switch coding {
		case "gzip":
			sent = gzipped(content)
			fields = append(fields, "Content-Encoding: gzip")
		case "untyped":
			fields = nil
		}
		fields = append(fields, fmt.Sprint("Content-Length: ", len(sent)))
		parts := map[string][]string{"at-once": {sent + "EXTRA"}, "behind": {sent, "EXTRA"}, "across": {sent[:9], sent[9:] + "EX", "TRA"}}[write]
		path := "/over/" + strings.Join(how, "/")
		behave(path, func(w http.ResponseWriter, r *http.Request) error {
			err := page(parts[0], fields...)(w, r)
			for _, part := range parts[1:] {
				_, next := io.WriteString(w, part)
				err = errors.Join(err, next)
			}
			result <- err
			return err
		})
		for _, x := range matrix(t, origins, anyPage) {
			t.Run(strings.Join(how, "/")+"/"+x.name, func(t *testing.T) {
				a, err := x.try(t, "GET", x.origin+path, x.how[0], "Accept-Encoding: gzip")
				if err != nil || a.err != nil || !hasNotice(a.decoded(t), content) {
					t.Errorf("%v, %v", err, a.err)
				}
				if err := <-result; !errors.Is(err, http.ErrContentLength) {
					t.Errorf("the handler gets %v", err)
				}
			})
		}
	}
}

func TestHandlerErrorAfterPage(t *testing.T) {
	origins := secureSites(t, "consent\n behave")
	long := strings.Repeat("x", 2000)
	pages := map[string]string{
		"/fails-late/body":              "<!doctype html><body>" + long + "</body></html>",
		"/fails-late/body-at-the-end":   "<!doctype html><title>" + long + "</title>",
		"/fails-late/long":              lengthy(300_000),
		"/fails-late/body-behind-64KiB": "<!doctype html><title>" + strings.Repeat(long, 40) + "</title><p>last",
	}
	for _, how := range harness.Combinations(slices.Collect(maps.Keys(pages)), []string{"", "gzip"}) {
		path, content, coding := how[0]+how[1], pages[how[0]], how[1]
		sent, fields := content, []string{"Content-Type: text/html"}
		if coding != "" {
			sent = gzipped(content)
			fields = append(fields, "Content-Encoding: "+coding)
		}
		behave(path, func(w http.ResponseWriter, r *http.Request) error {
			return errors.Join(page(sent, append(fields, fmt.Sprint("Content-Length: ", len(sent)))...)(w, r), errors.New("late"))
		})
		for _, x := range matrix(t, origins, anyPage, anyCoding) {
			t.Run(named(strings.TrimPrefix(how[0], "/fails-late/"), coding)+"/"+x.name, func(t *testing.T) {
				a, err := x.try(t, "GET", x.origin+path, x.how[0], "Accept-Encoding: "+x.how[1])
				if err != nil || a.err != nil || a.StatusCode != 200 {
					t.Fatalf("%v, %v", err, a.err)
				}
				before, snippet, found := strings.Cut(unguarded(a.decoded(t)), "<div "+notice)
				_, after, _ := strings.Cut(snippet, "</div>")
				if !found || strings.Contains(after, notice) || !strings.HasPrefix(content, before) ||
					!strings.HasSuffix(after, content[len(before):]) {
					t.Errorf("%d bytes", len(a.body))
				}
			})
		}
	}
}

func TestContentTypeSniffing(t *testing.T) {
	origins := secureSites(t, "consent\n behave")
	type untyped struct {
		content string
		first   int // bytes
		kind    string
	}
	bodies := map[string]untyped{
		"gif":  {"GIF89a...........", 4, "image/gif"},
		"pdf":  {"%PDF-1.4", 2, "application/pdf"},
		"png":  {"\x89PNG\r\n\x1a\n..", 1, "image/png"},
		"long": {"GIF89a" + strings.Repeat("\x00", 5000), 1, "image/gif"},
		"data": {"a;b;c", 1, "text/plain; charset=utf-8"},
		"page": {html, 1, "text/html; charset=utf-8"},
	}
	for _, x := range matrix(t, origins, slices.Collect(maps.Keys(bodies)), []string{"in-two", "by-bytes"}, anyPage) {
		t.Run(x.name, func(t *testing.T) {
			name, write, body := x.how[0], x.how[1], bodies[x.how[0]]
			size := map[string]int{"in-two": len(body.content), "by-bytes": 1}[write]
			path := "/untyped/" + name + "/" + write
			behave(path, func(w http.ResponseWriter, _ *http.Request) error {
				_, err := io.WriteString(w, body.content[:body.first])
				for rest := body.content[body.first:]; len(rest) > 0 && err == nil; rest = rest[min(size, len(rest)):] {
					_, err = io.WriteString(w, rest[:min(size, len(rest))])
				}
				return err
			})
			a := x.do(t, "GET", x.origin+path, x.how[2])
			if got := a.Header.Get("Content-Type"); got != body.kind || a.err != nil {
				t.Errorf("%s, %v", got, a.err)
			}
			if name == "page" && !hasNotice(a.body, html) || name != "page" && a.body != body.content {
				t.Errorf("%.80q", a.body)
			}
		})
	}
}

func TestContentTypeFlush(t *testing.T) {
	origins := secureSites(t, "consent\n behave")
	for path, x := range map[string]struct {
		parts []string
		kind  string
	}{
		"/flush-decides/page": {[]string{"<!doctype html><title>x</title><body>one", "two</body></html>"}, "text/html; charset=utf-8"},
		"/flush-decides/text": {[]string{"GIF8", "9a"}, "text/plain; charset=utf-8"},
	} {
		proceed := make(chan struct{})
		behave(path, func(w http.ResponseWriter, r *http.Request) error {
			_, err := io.WriteString(w, x.parts[0])
			if err = errors.Join(err, http.NewResponseController(w).Flush()); err != nil {
				return err
			}
			if got := w.Header().Get("Content-Type"); got != x.kind {
				t.Errorf("%s: %q", path, got)
			}
			select {
			case <-proceed:
			case <-r.Context().Done():
				return r.Context().Err()
			}
			_, err = io.WriteString(w, x.parts[1])
			return err
		})
		for _, v := range matrix(t, origins, anyPage) {
			if !t.Run(strings.TrimPrefix(path, "/flush-decides/")+"/"+v.name, func(t *testing.T) {
				got, err := v.readAlong(t, v.origin+path, []string{x.parts[0][len(x.parts[0])-3:], x.parts[1]}, proceed, v.how[0])
				all := strings.Join(x.parts, "")
				if err != nil || got != all && !hasNotice(got, all) || hasNotice(got, all) != strings.HasPrefix(x.kind, "text/html") {
					t.Fatalf("%v, %q", err, got)
				}
			}) {
				return // its handler may still wait
			}
		}
	}
}

func TestDeferredHeaderWarning(t *testing.T) {
	for name, x := range map[string]struct{ directive, want string }{
		"a policy":               {"header {\n-Server\nContent-Security-Policy \"default-src *\"\n}", `"fields":["Content-Security-Policy"]`},
		"a lifetime and cookies": {"header {\nCache-Control public\ndefer\n}\nheader -Set-Cookie", `"fields":["Cache-Control","Set-Cookie"]`},
		"a policy at once":       {"header Content-Security-Policy \"default-src *\"\nheader {\n-Server\nX-A b\n}", ""},
		"a default":              {"header ?Cache-Control public", ""},
	} {
		t.Run(name, func(t *testing.T) {
			port := harness.FreePort(t)
			file := logging(t, fmt.Sprintf("http://127.0.0.1:%d {\n%s\nconsent\nbehave\n}\n", port, x.directive))
			lines, err := os.ReadFile(file)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			if told := strings.Contains(string(lines), "a deferred header directive of this site overwrites"); told != (x.want != "") || !strings.Contains(string(lines), x.want) {
				t.Errorf("%s: %s", x.directive, lines)
			}
		})
	}
}

const (
	tool    = "service tool {\n purpose embeds\n hosts tool.example\n }\n"
	byStyle = "Sec-Fetch-Dest: style"
)

var (
	rules     = strings.Repeat("a { color: red; background: url(own.png) }\n", 100) // so many that they are worth compressing
	toolSheet = "@import url(//tool.example/x.css);\n" + rules + "b { background: url('https://tool.example/p.gif') }\n"
	inSheet   = strings.NewReplacer("//tool.example/x.css", "data:text/css,", "https://tool.example/p.gif", "data:,").Replace(toolSheet)
)

// sheetFile answers as file servers do, with validators and conditions.
func sheetFile(sheet string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "text/css")
		w.Header().Set("Cache-Control", "public, max-age=31536000")
		w.Header().Set("Etag", `"v1"`)
		http.ServeContent(w, r, "", time.Unix(1700000000, 0), strings.NewReader(sheet))
		return nil
	}
}

// TestSheets: over each version of HTTP, also where Caddy compresses, each visitor gets their variant of a sheet that
// names what may be denied, and the same answer again where it still holds; every other sheet is as without the module.
func TestSheets(t *testing.T) {
	origins := secureSites(t, "consent /guarded/* {\n"+tool+"path /guarded/_consent\n}\n behave")
	for _, path := range []string{"/guarded/", "/free/"} {
		behave(path+"tool.css", sheetFile(toolSheet))
		behave(path+"own.css", sheetFile(rules))
	}
	cookies := make(map[string]string) // by what was chosen at which origin
	for _, origin := range origins {
		for _, choice := range []string{"accept", "refuse"} {
			c := clients(t)[0]
			cookies[origin+choice] = "Cookie: " + c.chooseAt(t, origin+"/guarded/_consent/choice", "choice="+choice)
		}
	}
	codings := []string{"gzip", "zstd", "identity"}
	for _, x := range matrix(t, origins, codings, []string{"", "refuse", "accept"}) {
		t.Run(x.name, func(t *testing.T) {
			want, encoding := inSheet, "Accept-Encoding: "+x.how[0]
			fields := []string{byStyle, encoding}
			if x.how[1] != "" {
				fields = append(fields, cookies[x.origin+x.how[1]])
			}
			if x.how[1] == "accept" {
				want = toolSheet
			}
			compressed := x.around != "bare" && x.how[0] != "identity"
			// right tells whether the header is that of a variant, and else as Caddy makes it without the module.
			right := func(method string, a answer, more ...string) {
				t.Helper()
				own, free := a.Header.Clone(), x.do(t, method, x.origin+"/free/tool.css", append(fields, more...)...)
				if method == "HEAD" && x.around != "bare" { // without a length, Caddy does not tell how it would compress
					free = x.do(t, method, x.origin+"/free/tool.css", byStyle)
					delete(free.Header, "Vary")
				}
				tag := regexp.MustCompile(`-consent-\w+-\w+-sheet`)
				if vary := slices.Index(own["Vary"], "Cookie, Sec-GPC"); vary < 0 || own.Get("Cache-Control") != "private, no-cache" || !tag.MatchString(own.Get("Etag")) {
					t.Errorf("%s: %v", method, own)
				} else if own["Vary"] = slices.Delete(own["Vary"], vary, vary+1); len(own["Vary"]) == 0 {
					delete(own, "Vary")
				}
				own.Set("Etag", tag.ReplaceAllString(own.Get("Etag"), ""))
				own.Set("Cache-Control", free.Header.Get("Cache-Control"))
				for _, name := range []string{"Date", "Content-Length", "Last-Modified", "Accept-Ranges"} {
					delete(own, name)
					delete(free.Header, name)
				}
				if a.StatusCode != free.StatusCode || fmt.Sprint(own) != fmt.Sprint(free.Header) {
					t.Errorf("%s, %v: %d %v\nwithout the module %d %v", method, more, a.StatusCode, own, free.StatusCode, free.Header)
				}
			}
			for range 2 { // the second time it is known
				a := x.do(t, "GET", x.origin+"/guarded/tool.css", fields...)
				right("GET", a)
				if got := a.decoded(t); got != want || compressed != (a.Header.Get("Content-Encoding") == x.how[0]) {
					t.Errorf("%s: %.200s", a.Header.Get("Content-Encoding"), got)
				}
				head := x.do(t, "HEAD", x.origin+"/guarded/tool.css", fields...)
				right("HEAD", head)
				if head.ContentLength == 0 || head.body != "" {
					t.Errorf("HEAD tells %d bytes", head.ContentLength)
				}
				tag, plain := a.Header.Get("Etag"), x.do(t, "GET", x.origin+"/free/tool.css", fields...).Header.Get("Etag")
				again := x.do(t, "GET", x.origin+"/guarded/tool.css", append(fields, "If-None-Match: "+tag)...)
				right("GET", again, "If-None-Match: "+plain)
				if again.StatusCode != 304 || again.body != "" {
					t.Errorf("asked again: %d", again.StatusCode)
				}
				for _, choice := range []string{"refuse", "accept"} {
					other := x.do(t, "GET", x.origin+"/guarded/tool.css", byStyle, encoding, cookies[x.origin+choice], "If-None-Match: "+tag)
					if differs := (choice == "accept") != (want == toolSheet); differs && (other.StatusCode != 200 || other.decoded(t) == want) {
						t.Errorf("with another choice, %s: %d", choice, other.StatusCode)
					}
				}
			}
			for _, more := range [][]string{nil, {`If-None-Match: "v1"`}, {`If-None-Match: "v1-` + x.how[0] + `"`}, {"Range: bytes=1-3"}} {
				for _, method := range []string{"GET", "HEAD"} {
					with, without := x.do(t, method, x.origin+"/guarded/own.css", append(fields, more...)...), x.do(t, method, x.origin+"/free/own.css", append(fields, more...)...)
					delete(with.Header, "Date")
					delete(without.Header, "Date")
					if with.StatusCode != without.StatusCode || with.body != without.body || fmt.Sprint(with.Header) != fmt.Sprint(without.Header) {
						t.Errorf("%s, %v: %d %v\nwithout the module %d %v", method, more, with.StatusCode, with.Header, without.StatusCode, without.Header)
					}
				}
			}
		})
	}
}

// TestSheetStalled: a hundred sheets that stop before they are looked at hold what came of them, and no more, until their
// visitors go away.
func TestSheetStalled(t *testing.T) {
	const streams, size = 100, 900 << 10
	piece := []byte("/*" + strings.Repeat("-", 32<<10) + "*/\n")
	held, ended := make(chan struct{}, streams), make(chan struct{}, streams)
	stall := func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "text/css")
		for sent := 0; sent < size; sent += len(piece) {
			if _, err := w.Write(piece[:min(len(piece), size-sent)]); err != nil {
				return err
			}
		}
		_ = http.NewResponseController(w).Flush()
		held <- struct{}{}
		<-r.Context().Done()
		ended <- struct{}{}
		return r.Context().Err()
	}
	behave("/stalled.css", stall)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = stall(w, r) }))
	defer upstream.Close()
	origin := secureSites(t, "consent {\n"+tool+"}\n behave\n reverse_proxy /up/* "+upstream.URL)["bare"]
	two := clients(t)[1]
	for _, path := range []string{"/stalled.css", "/up/stalled.css"} {
		t.Run(strings.TrimPrefix(path, "/"), func(t *testing.T) {
			before := heap()
			ctx, cancel := context.WithCancel(t.Context())
			answers := make(chan error, streams)
			for range streams {
				go func() {
					r, _ := http.NewRequestWithContext(ctx, "GET", origin+path, nil)
					r.Header.Set("Sec-Fetch-Dest", "style")
					res, err := two.RoundTrip(r)
					if err == nil {
						_, err = io.Copy(io.Discard, res.Body)
						res.Body.Close()
					}
					answers <- err
				}()
			}
			for range streams {
				<-held
			}
			if each := (heap() - before) / streams; path == "/stalled.css" && each > 2*size { // what a connection to an upstream holds is not ours
				t.Errorf("%d bytes are held of each", each)
			}
			cancel()
			for range streams {
				<-ended
				if err := <-answers; err == nil {
					t.Error("one of them came")
				}
			}
		})
	}
}

// TestSheetsConcurrent: of visitors who ask for a sheet at once, before anybody has looked at it, each gets what they
// have chosen, also while another text comes by the same address, and with what another visitor's browser keeps.
// TestSheetCutShort: what a handler did not send to its end is not known to be the same for everybody.
func TestSheetCutShort(t *testing.T) {
	long := strings.Repeat("a { color: red }\n", 100_000)
	fails := true
	behave("/cut.css", func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "text/css")
		w.Header().Set("ETag", `"v1"`)
		if _, err := io.WriteString(w, long); err != nil || fails {
			return errors.New("no more comes")
		}
		_, err := io.WriteString(w, toolSheet)
		return err
	})
	origin, c := site(t, tool)
	_, _ = c.try(t, "GET", origin+"/cut.css", byStyle)
	fails = false
	for range 2 {
		if a := c.do(t, "GET", origin+"/cut.css", byStyle); !strings.HasSuffix(a.body, inSheet) {
			t.Errorf("%q passes", a.body[max(0, len(a.body)-len(toolSheet)):])
		}
	}
}

func TestSheetsConcurrent(t *testing.T) {
	const visitors, rounds = 24, 12
	var (
		mu      sync.Mutex
		waiting = make(map[string]chan struct{}, rounds) // by round, until all have come
		came    = make(map[string]int)
	)
	texts := map[string]string{"harmless": rules, "denying": toolSheet}
	behave("/concurrent.css", func(w http.ResponseWriter, r *http.Request) error {
		round := r.URL.RawQuery
		mu.Lock()
		all := waiting[round]
		if all == nil {
			all = make(chan struct{})
			waiting[round] = all
		}
		came[round]++
		text := []string{"denying", "harmless"}[came[round]%2]
		if came[round] == visitors {
			close(all)
		}
		mu.Unlock()
		h, sheet := w.Header(), texts[text]
		h.Set("Content-Type", "text/css")
		if !r.URL.Query().Has("untagged") {
			h.Set("Etag", `"`+text+`"`)
		}
		_, _ = io.WriteString(w, sheet[:len(sheet)/2]) // all are looked at
		select {
		case <-all:
		case <-r.Context().Done():
			return r.Context().Err()
		}
		_, err := io.WriteString(w, sheet[len(sheet)/2:])
		return err
	})
	origin, c := site(t, tool)
	cookies := map[string]string{"": "X-Nothing: chosen"}
	for _, choice := range []string{"refuse", "accept"} {
		cookies[choice] = "Cookie: " + c.choose(t, origin, "choice="+choice)
	}
	for _, tagged := range []string{"", "&untagged"} {
		t.Run(named(tagged), func(t *testing.T) {
			var tags sync.Map // those that other visitors have got
			for round := range rounds {
				var wait sync.WaitGroup
				for i := range visitors {
					choice := []string{"", "refuse", "accept"}[(i+round)%3]
					wait.Go(func() {
						fields := []string{byStyle, cookies[choice]}
						tags.Range(func(tag, of any) bool {
							if of != choice {
								fields = append(fields, "If-None-Match: "+tag.(string))
							}
							return true
						})
						// Every other round asks for what has been looked at in the one before.
						a := c.do(t, "GET", fmt.Sprintf("%s/concurrent.css?round=%d%s", origin, round/2, tagged), fields...)
						want := map[bool]string{true: toolSheet, false: inSheet}[choice == "accept"]
						if tag := a.Header.Get("Etag"); strings.HasPrefix(tag, `"denying-consent-`) {
							tags.Store(tag, choice)
							if a.body != want {
								t.Errorf("%s gets %.100q", choice, a.body)
							}
						} else if a.body != rules && a.body != want || a.StatusCode != 200 {
							t.Errorf("%s gets %d %.100q", choice, a.StatusCode, a.body)
						}
					})
				}
				wait.Wait()
			}
		})
	}
}
