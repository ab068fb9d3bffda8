// Package harness starts what the tests in e2e talk to: Caddy with the module,
// the Django site, a browser.
package harness

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"

	// The directives that the tests' Caddyfiles use.
	_ "github.com/caddyserver/caddy/v2/modules/standard"
)

// Root is the folder of the repository.
func Root() string {
	_, here, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(here), "..", "..")
}

// Caddy runs sites (a Caddyfile without global options) in this process until
// the test ends. Only one runs at a time, so tests that use it are not parallel.
func Caddy(t testing.TB, sites string) {
	t.Helper()
	CaddyWith(t, "", sites)
}

// CaddyWith does so with further lines of global options.
func CaddyWith(t testing.TB, options, sites string) {
	t.Helper()
	if !strings.Contains(options, "storage ") {
		options += fmt.Sprintf("\n\tstorage file_system %q", t.TempDir())
	}
	globals := fmt.Sprintf("{\n\tadmin off\n\tpersist_config off\n\tauto_https disable_redirects\n\tskip_install_trust\n\tlog {\n\t\tlevel ERROR\n"+
		"\t}\n\tlog ledger {\n\t\tinclude http.handlers.consent.ledger\n\t\toutput discard\n\t}\n%s\n}\n", options)
	config, _, err := caddyfile.Adapter{ServerType: httpcaddyfile.ServerType{}}.Adapt([]byte(globals+sites), nil)
	if err != nil {
		t.Fatalf("adapting the Caddyfile: %v", err)
	}
	if err := caddy.Load(config, true); err != nil {
		t.Fatalf("starting Caddy: %v", err)
	}
	t.Cleanup(func() { _ = caddy.Stop() })
}

// FreePort returns a port on the loopback interface that nobody listens on, by TCP or by UDP, and that nobody else is
// given until the test ends: not by the tests of another package either, which run at the same time. It is none of those
// that systems give to connections that go out, of which one may come before the listener, and none that browsers shun.
func FreePort(t testing.TB) int {
	t.Helper()
	for range 1000 {
		port := 12_000 + 2*rand.IntN(10_000)
		claim, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+1)) // whoever has the one behind it has the port
		if err != nil {
			continue
		}
		if isFree(fmt.Sprintf("127.0.0.1:%d", port)) {
			t.Cleanup(func() { _ = claim.Close() })
			return port
		}
		_ = claim.Close()
	}
	t.Fatal("no port is free")
	return 0
}

func isFree(address string) bool {
	tcp, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	defer tcp.Close()
	udp, err := net.ListenPacket("udp", address)
	if err != nil {
		return false
	}
	return udp.Close() == nil
}

// AwaitAnswer polls url until it answers, for servers started as other processes.
func AwaitAnswer(t testing.TB, url string) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for time.Now().Before(deadline) {
		if res, err := http.Get(url); err == nil {
			res.Body.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s does not answer", url)
}
