package scale

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

func TestReloadUnderLoad(t *testing.T) {
	// Caddy, with the module or without, resets connections that come in while it changes configurations
	// (docs/scale.md says how many); the Caddy in front asks again.
	port := harness.FreePort(t)
	// Connections to the portal that a configuration leaves idle end with their time, of two minutes else.
	i := harness.StartInstance(t, ledgerLog, fmt.Sprintf(site, port, portal(t)+" {\n\t\ttransport http {\n\t\t\tkeepalive 1s\n\t\t}\n\t}"))
	origin := startFront(t, harness.Binary(t), fmt.Sprintf("localhost:%d", port), "")

	// A long stream goes on through all of it.
	stream, err := client.Transport.RoundTrip(request(t, origin+"/stream"))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()

	reload := func(n int) {
		for range n {
			caddyfile, err := os.ReadFile(i.Caddyfile())
			if err != nil {
				t.Fatal(err)
			}
			r, err := http.NewRequest("POST", "http://"+i.Admin+"/load", strings.NewReader(string(caddyfile)))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "text/caddyfile")
			r.Header.Set("Cache-Control", "must-revalidate") // though nothing has changed
			res, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if body, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
				t.Fatalf("reload: %s %s", res.Status, body)
			}
			res.Body.Close()
		}
	}
	choices := 0
	load := func(during func()) {
		done := make(chan struct{})
		var group sync.WaitGroup
		var mu sync.Mutex
		for range 3 {
			group.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					if err := looks(origin); err != nil {
						t.Error(err)
					}
					cookie, _, err := chooses(origin)
					if err == nil {
						mu.Lock()
						choices++
						mu.Unlock()
						err = honours(origin, cookie)
					}
					if err != nil {
						t.Error(err)
					}
					if res, body, err := ask("GET", origin+"/api", ""); err != nil || res.StatusCode != 200 || body != `{"results":[]}` || res.Header.Get("Set-Cookie") != "" {
						t.Errorf("the API: %v %s", err, body)
					}
				}
			})
		}
		during()
		close(done)
		group.Wait()
	}

	load(func() { reload(10) })
	before := usageOf(t, i)
	load(func() { reload(90) })
	// What is let go takes a moment to be gone; what leaks would be there ninety times.
	var after usage
	for deadline := time.Now().Add(30 * time.Second); ; {
		after = usageOf(t, i)
		if after.goroutines <= before.goroutines+20 && after.files <= before.files+10 && after.heap <= before.heap+8<<20 || time.Now().After(deadline) {
			break
		}
	}
	t.Logf("after 10 reloads %+v, after 100 %+v; %d choices", before, after, choices)
	if after.goroutines > before.goroutines+20 || after.files > before.files+10 || after.heap > before.heap+8<<20 {
		t.Errorf("after 10 reloads %+v, after 100 %+v", before, after)
	}

	if _, err := io.ReadFull(stream.Body, make([]byte, 64)); err != nil {
		t.Errorf("the stream has ended: %v", err)
	}
	var answer struct {
		Sites []struct {
			Cookies []struct {
				Name  string
				Count int
			}
		}
	}
	_, text, err := ask("GET", "http://"+i.Admin+"/consent/inventory", "")
	if err != nil || json.Unmarshal([]byte(text), &answer) != nil || len(answer.Sites) != 1 {
		t.Fatalf("inventory: %v %s", err, text)
	}
	for _, cookie := range answer.Sites[0].Cookies {
		// Each round has seen a page and an answer of the API.
		if cookie.Name == "_ga" && cookie.Count < 2*choices {
			t.Errorf("the inventory has seen _ga %d times in %d rounds", cookie.Count, choices)
		}
	}
	output, code := i.Run("consent", "verify", "ledger.log")
	var entries, chains int
	if _, err := fmt.Sscanf(output, "%d entries in %d chain", &entries, &chains); err != nil || code != 0 || chains != 1 || entries < choices {
		t.Errorf("verify, after %d choices: %d %v\n%s", choices, code, err, output)
	}
}

func request(t *testing.T, address string) *http.Request {
	r, err := http.NewRequestWithContext(t.Context(), "GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// usage is what a process holds.
type usage struct{ goroutines, files, heap int }

func usageOf(t *testing.T, i *harness.Instance) (u usage) {
	t.Helper()
	number := func(path, pattern string) int {
		_, text, err := ask("GET", "http://"+i.Admin+path, "")
		found := regexp.MustCompile(pattern).FindStringSubmatch(text)
		if err != nil || found == nil {
			t.Fatalf("%s: %v, %.200s", path, err, text)
		}
		n, _ := strconv.Atoi(found[1])
		return n
	}
	u.heap = number("/debug/pprof/heap?gc=1&debug=1", `# HeapAlloc = (\d+)`)
	u.goroutines = number("/debug/pprof/goroutine?debug=1", `total (\d+)`)
	open, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(i.PID()), "fd"))
	if err != nil {
		t.Skipf("open files cannot be counted on this system: %v", err)
	}
	u.files = len(open)
	return u
}
