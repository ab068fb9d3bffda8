package harness

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// Road is an HTTP proxy that leads every host to the World: browsers have no other setting in common that does. It
// notes what hosts are connected to, also where nothing is asked of them.
type Road struct {
	Address string

	world     *World
	mu        sync.Mutex
	connected map[string]bool
}

var theRoad = sync.OnceValue(func() *Road {
	r := &Road{world: theWorld(), connected: make(map[string]bool)}
	server := httptest.NewServer(r)
	r.Address = strings.TrimPrefix(server.URL, "http://")
	return r
})

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
	r.mu.Lock()
	r.connected[strings.ToLower(host)] = true
	r.mu.Unlock()
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
	go func() {
		_, _ = io.Copy(there, buffered)
		_ = there.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(here, there)
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
