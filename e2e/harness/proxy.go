package harness

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
)

// Road leads every host of a test to the World, and notes what hosts are connected to, also where nothing is asked of
// them.
type Road struct {
	// Proxy is the address of an HTTP proxy, which all engines can be told of.
	Proxy string
	// Direct is where the hosts are by themselves, for TLS, for HTTP in the clear, and for QUIC. Chromium can be told so,
	// and leaves out some of what it loads where there is a proxy.
	Direct string

	world     *World
	mu        sync.Mutex
	connected map[string]bool
}

var theRoad = sync.OnceValue(func() *Road {
	r := &Road{world: theWorld(), connected: make(map[string]bool)}
	server := httptest.NewServer(r)
	r.Proxy = strings.TrimPrefix(server.URL, "http://")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	r.Direct = listener.Addr().String()
	go r.serve(listener)
	// Nobody answers here: the first packet says all.
	_, _ = quic.ListenAddr(r.Direct, r.noting(), nil) // where the port is taken, a test says so by its control
	return r
})

// noting is a configuration that notes the host that a client asks for, and ends the handshake.
func (r *Road) noting() *tls.Config {
	return &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		r.note(hello.ServerName)
		return nil, errors.New("noted")
	}}
}

func (r *Road) note(host string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.connected[strings.TrimSuffix(strings.ToLower(host), ".")] = true
}

func (r *Road) serve(listener net.Listener) {
	for {
		here, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer here.Close()
			// The first record of TLS is the client's hello, with the host in it (RFC 8446, section 5.1).
			first := bufio.NewReaderSize(here, 1<<15)
			if head, err := first.Peek(5); err == nil && head[0] == 0x16 {
				if hello, err := first.Peek(5 + int(head[3])<<8 + int(head[4])); err == nil {
					_ = tls.Server(said{bytes.NewReader(hello)}, r.noting()).Handshake()
				}
			}
			there, err := net.Dial("tcp", r.world.Settings.Elsewhere)
			if err != nil {
				return
			}
			defer there.Close()
			join(here, first, there)
		}()
	}
}

// said is a connection on which something was said, and nobody listens.
type said struct{ io.Reader }

func (said) Write(p []byte) (int, error)      { return len(p), nil }
func (said) Close() error                     { return nil }
func (said) LocalAddr() net.Addr              { return nil }
func (said) RemoteAddr() net.Addr             { return nil }
func (said) SetDeadline(time.Time) error      { return nil }
func (said) SetReadDeadline(time.Time) error  { return nil }
func (said) SetWriteDeadline(time.Time) error { return nil }

// join passes on what both sides say.
func join(here net.Conn, from io.Reader, there net.Conn) {
	go func() {
		_, _ = io.Copy(there, from)
		_ = there.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(here, there)
}

// Connected tells whether a browser has connected to a host by TLS.
func (r *Road) Connected(host string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.connected[host]
}

func (r *Road) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if request.Method != http.MethodConnect {
		r.world.ServeHTTP(w, request)
		return
	}
	host, _, err := net.SplitHostPort(request.Host)
	if err != nil || !ofTests(host) {
		http.Error(w, "no such host", http.StatusBadGateway) // what browsers ask of their makers
		return
	}
	r.note(host)
	there, err := net.Dial("tcp", r.world.Settings.Elsewhere)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer there.Close()
	here, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer here.Close()
	if _, err := io.WriteString(here, "HTTP/1.1 200 Connected\r\n\r\n"); err != nil {
		return
	}
	join(here, buffered, there)
}

// ofTests tells whether a host is one that stands in a test: RFC 2606 keeps these names free.
func ofTests(host string) bool {
	host = strings.TrimSuffix(host, ".")
	return strings.HasSuffix(host, ".test") || strings.HasSuffix(host, ".example")
}

// TheRoad is the one that all engines take.
func TheRoad() *Road { return theRoad() }

// TheWorld is what the road leads to, with all that it was asked.
func TheWorld() *World { return theWorld() }
