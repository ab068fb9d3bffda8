package harness

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// World stands for all hosts of the internet but the site: the browsers of its Settings send there
// whatever they ask of any other host, and it notes what that was.
type World struct {
	Settings Settings

	mu       sync.Mutex
	requests []Request
}

// Request is what a browser has asked of another host than the site.
type Request struct {
	Host, Path string
	// For is what the answer is for (Sec-Fetch-Dest).
	For string
	// Referer is the page that the request tells of.
	Referer string
}

// Hangs is the path that no host answers.
const Hangs = "/hangs"

var theWorld = sync.OnceValue(func() *World {
	w := new(World)
	plain := httptest.NewUnstartedServer(w)
	secure := httptest.NewUnstartedServer(w)
	secure.StartTLS() // for its certificate
	listener := &either{plain.Listener, secure.TLS.Clone()}
	plain.Listener = listener
	plain.Config.ErrorLog = nil
	plain.Start()
	w.Settings = Settings{Elsewhere: listener.Addr().String()}
	return w
})

// Elsewhere is the world around the site, as if nobody had asked it yet.
func Elsewhere() *World {
	w := theWorld()
	w.Forget()
	return w
}

// Forget forgets what was asked.
func (w *World) Forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests = nil
}

// Requests are those that were made since the last Forget, in their order.
func (w *World) Requests() []Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.requests)
}

// Hosts are the hosts that were asked, each once, in the order of their first requests.
func (w *World) Hosts() []string {
	var hosts []string
	for _, r := range w.Requests() {
		if !slices.Contains(hosts, r.Host) {
			hosts = append(hosts, r.Host)
		}
	}
	return hosts
}

// Await waits until a host is asked for which that holds.
func (w *World) Await(t testing.TB, holds func(host string) bool, what string) {
	t.Helper()
	for deadline := time.Now().Add(patience); !slices.ContainsFunc(w.Hosts(), holds); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s is not asked, but %v", what, w.Hosts())
		}
	}
}

// Silent fails the test where anything was asked.
func (w *World) Silent(t testing.TB, when string) {
	t.Helper()
	for _, r := range w.Requests() {
		t.Errorf("%s: %s%s is asked for, as %s", when, r.Host, r.Path, r.For)
	}
}

func (w *World) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.requests = append(w.requests, Request{r.Host, r.URL.Path, r.Header.Get("Sec-Fetch-Dest"), r.Header.Get("Referer")})
	w.mu.Unlock()
	if r.URL.Path == Hangs {
		<-r.Context().Done()
		return
	}
	rw.Header().Set("Access-Control-Allow-Origin", "*")
	rw.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "script":
		rw.Header().Set("Content-Type", "text/javascript")
		// It says that it has run, and in a cookie of the site what trackers write there.
		_, _ = fmt.Fprintf(rw, "(window.ran = window.ran || []).push(%q);\n", r.Host+r.URL.Path)
		if strings.HasSuffix(r.Host, "googletagmanager.com") {
			_, _ = io.WriteString(rw, `document.cookie = "_ga=GA1.1.1.1; path=/; max-age=63072000"; document.cookie = "_ga_X=GS1.1; path=/; `+
				`domain=" + location.hostname + "; max-age=63072000";`)
		}
	case "image":
		rw.Header().Set("Content-Type", "image/gif")
		gif, _ := base64.StdEncoding.DecodeString("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
		_, _ = rw.Write(gif)
	case "style":
		rw.Header().Set("Content-Type", "text/css")
	default:
		rw.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(rw, "<!doctype html><title>"+r.Host+"</title>")
	}
}

// either takes connections in TLS and in the clear.
type either struct {
	net.Listener
	config *tls.Config
}

func (l *either) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &begun{Conn: c, config: l.config}, nil
}

// begun finds out by the first byte, when that is read, what a connection speaks.
type begun struct {
	net.Conn
	config *tls.Config
	once   sync.Once
	speaks net.Conn
}

func (c *begun) Read(p []byte) (int, error) {
	c.once.Do(func() {
		r := bufio.NewReader(c.Conn)
		c.speaks = peeked{c.Conn, r}
		if first, err := r.Peek(1); err == nil && first[0] == 0x16 { // a TLS handshake record (RFC 8446, section 5.1)
			c.speaks = tls.Server(c.speaks, c.config)
		}
	})
	return c.speaks.Read(p)
}

func (c *begun) Write(p []byte) (int, error) { return c.speaks.Write(p) }

type peeked struct {
	net.Conn
	r *bufio.Reader
}

func (p peeked) Read(b []byte) (int, error) { return p.r.Read(b) }
