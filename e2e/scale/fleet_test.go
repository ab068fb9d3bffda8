// Package scale runs several instances of the module as processes that share a storage.
package scale

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// storage is what the instances share.
type storage struct {
	// option is the line of the Caddyfile that names it.
	option string
	binary string
	// keys and storeKeys are the file of the keys that sign choices.
	keys      func() []byte
	storeKeys func([]byte)
}

func fileStorage(t *testing.T) storage {
	folder := t.TempDir()
	keys := filepath.Join(folder, "consent", "keys.json")
	return storage{
		option: fmt.Sprintf("storage file_system %q", folder),
		binary: harness.Binary(t),
		keys: func() []byte {
			text, err := os.ReadFile(keys)
			if err != nil {
				t.Fatal(err)
			}
			return text
		},
		storeKeys: func(text []byte) {
			if err := os.WriteFile(keys, text, 0o600); err != nil {
				t.Fatal(err)
			}
		},
	}
}

// redisStorage is a real Redis, reached by a Caddy that xcaddy has built with a storage module.
func redisStorage(t *testing.T) storage {
	server, err := exec.LookPath("redis-server")
	if err != nil {
		harness.Missing(t, "Redis (Debian: redis-server)")
	}
	binary := binaryWithRedis(t)
	port := fmt.Sprint(harness.FreePort(t))
	redis := exec.Command(server, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
	redis.Dir = t.TempDir()
	if err := redis.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = redis.Process.Kill(); _ = redis.Wait() })
	cli := func(stdin []byte, args ...string) ([]byte, error) {
		cmd := exec.Command("redis-cli", append([]string{"-p", port}, args...)...)
		if stdin != nil {
			cmd.Stdin = bytes.NewReader(stdin)
		}
		return cmd.Output()
	}
	for deadline := time.Now().Add(2 * time.Minute); ; {
		if pong, err := cli(nil, "PING"); err == nil && strings.HasPrefix(string(pong), "PONG") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("Redis does not answer")
		}
		time.Sleep(20 * time.Millisecond)
	}
	const keys = "file:consent/keys.json"
	return storage{
		option: "storage redis 127.0.0.1:" + port,
		binary: binary,
		keys: func() []byte {
			text, err := cli(nil, "--raw", "HGET", keys, "value")
			if err != nil {
				t.Fatal(err)
			}
			return bytes.TrimSpace(text)
		},
		storeKeys: func(text []byte) {
			if _, err := cli(text, "-x", "HSET", keys, "value"); err != nil {
				t.Fatal(err)
			}
		},
	}
}

// binaryWithRedis is the Caddy that CONSENT_CADDY names, which has the storage module; .ci/run builds one.
func binaryWithRedis(t *testing.T) string {
	file := os.Getenv("CONSENT_CADDY")
	modules, err := exec.Command(file, "list-modules").Output()
	if err != nil || !bytes.Contains(modules, []byte("caddy.storage.redis")) {
		harness.Missing(t, "a Caddy with the storage of e2e/scale/redisstorage (CONSENT_CADDY=<file>, built as .ci/run does)")
	}
	return file
}

// site is what all instances serve; its verbs are port, upstream.
const site = `http://localhost:%d {
	consent {
		site Essai
		service ga
		service youtube
	}
	reverse_proxy %s
}
`

const ledgerLog = "\tlog ledger {\n\t\tinclude http.handlers.consent.ledger\n\t\toutput file ledger.log\n\t}\n"

// portal answers with a page, an API and a stream of events.
func portal(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Set-Cookie", "_ga=1; Path=/")
		switch r.URL.Path {
		case "/api":
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"results":[]}`)
		case "/stream":
			w.Header().Set("Content-Type", "text/event-stream")
			for {
				select {
				case <-r.Context().Done():
					return
				case <-time.After(20 * time.Millisecond):
				}
				if _, err := io.WriteString(w, "data: x\n\n"); err != nil {
					return
				}
				w.(http.Flusher).Flush()
			}
		default:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, harness.Document("", strings.Repeat("<p>Jeu de données</p>", 200)+`<iframe src="https://www.youtube.com/embed/x"></iframe>`))
		}
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// client opens a connection for each request, as each visitor does.
var client = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       30 * time.Second,
}

func ask(method, address, body string, fields ...string) (*http.Response, string, error) {
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Set(name, value)
	}
	res, err := client.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res, string(text), err
}

// looks navigates to a page, which must be whole.
func looks(origin string) error {
	res, body, err := ask("GET", origin+"/", "", "Sec-Fetch-Dest: document")
	if err == nil && (res.StatusCode != 200 || !strings.Contains(body, `id="caddy-consent"`) || !strings.HasSuffix(body, "</html>")) {
		err = fmt.Errorf("the page: %s, %d bytes", res.Status, len(body))
	}
	return err
}

// chooses makes a choice, and returns the Cookie field and the receipt.
func chooses(origin string) (cookie, receipt string, err error) {
	res, body, err := ask("POST", origin+"/_consent/choice", "choice=accept&how=notice", "Content-Type: application/x-www-form-urlencoded", "Accept: application/json")
	if err != nil {
		return "", "", err
	}
	var state struct{ Receipt string }
	pair, _, _ := strings.Cut(res.Header.Get("Set-Cookie"), ";")
	if json.Unmarshal([]byte(body), &state) != nil || res.StatusCode != 200 || pair == "" {
		return "", "", fmt.Errorf("the choice: %s %s", res.Status, body)
	}
	return "Cookie: " + pair, state.Receipt, nil
}

// honours tells whether a choice is valid there.
func honours(origin, cookie string) error {
	res, body, err := ask("GET", origin+"/_consent/choice", "", cookie)
	if err == nil && !strings.Contains(body, `"state":"given"`) {
		err = fmt.Errorf("%s: the visitor is asked again: %s %s", origin, res.Status, body)
	}
	return err
}

// fleet is three instances behind a fourth.
type fleet struct {
	storage
	front     string
	instances []*harness.Instance
	origins   []string
}

func startFleet(t *testing.T, s storage) *fleet {
	f := &fleet{storage: s}
	upstream, backends := portal(t), ""
	for range 3 {
		port := harness.FreePort(t)
		f.instances = append(f.instances, harness.NewInstance(t, s.binary, ledgerLog+"\t"+s.option, fmt.Sprintf(site, port, upstream)))
		f.origins = append(f.origins, fmt.Sprintf("http://localhost:%d", port))
		backends += fmt.Sprintf("localhost:%d ", port)
	}
	for _, i := range f.instances { // at the same moment, on an empty storage
		i.Launch()
	}
	for _, i := range f.instances {
		i.Await()
	}
	f.front = startFront(t, s.binary, backends, "fail_duration 10s")
	return f
}

// startFront is a Caddy before the instances, as docs/scale.md has it: a request that an instance has not
// answered goes to another, choices too.
func startFront(t *testing.T, binary, backends, health string) (origin string) {
	origin = fmt.Sprintf("http://localhost:%d", harness.FreePort(t))
	harness.NewInstance(t, binary, "", fmt.Sprintf(`%s {
	reverse_proxy %s {
		lb_policy round_robin
		lb_try_duration 10s
		lb_try_interval 50ms
		lb_retry_match {
			method GET HEAD
		}
		lb_retry_match {
			method POST
			path /_consent/*
		}
		request_buffers 64KiB
		%s
	}
}
`, origin, backends, health)).Start()
	return origin
}

func TestSharedStorage(t *testing.T) {
	for name, open := range map[string]func(*testing.T) storage{"files": fileStorage, "Redis": redisStorage} {
		t.Run(name, func(t *testing.T) {
			f := startFleet(t, open(t))
			t.Run("AChoiceMadeAtOneIsValidAtAll", f.sharesChoices)
			t.Run("KeysRotateWithNobodyAskedAgain", f.rotates)
			t.Run("OneIsKilledAndNothingIsLost", f.losesNothing)
		})
	}
}

func (f *fleet) honoured(t *testing.T, cookie string) {
	t.Helper()
	for _, origin := range f.origins {
		if err := honours(origin, cookie); err != nil {
			t.Error(err)
		}
	}
}

func (f *fleet) choose(t *testing.T, origin string) (cookie string) {
	t.Helper()
	cookie, _, err := chooses(origin)
	if err != nil {
		t.Fatal(err)
	}
	return cookie
}

type storedKeys struct {
	Keys []struct {
		Created time.Time `json:"created"`
		Key     []byte    `json:"key"`
	} `json:"keys"`
}

func (f *fleet) stored(t *testing.T) (keys storedKeys) {
	t.Helper()
	if err := json.Unmarshal(f.keys(), &keys); err != nil {
		t.Fatal(err)
	}
	return keys
}

func (f *fleet) sharesChoices(t *testing.T) {
	for _, origin := range append(f.origins, f.front) {
		f.honoured(t, f.choose(t, origin))
	}
	if n := len(f.stored(t).Keys); n != 1 {
		t.Errorf("instances that begin together have made %d keys", n)
	}
}

func (f *fleet) rotates(t *testing.T) {
	before := f.choose(t, f.front)
	res, body, err := ask("POST", "http://"+f.instances[0].Admin+"/consent/keys/rotate", "")
	if err != nil || res.StatusCode != http.StatusNoContent {
		t.Fatal(err, body)
	}
	f.honoured(t, before)
	for _, origin := range f.origins { // at once, while not every instance can know the new key
		f.honoured(t, f.choose(t, origin))
	}
	// Two minutes later the new key signs: here it was made earlier, and the instances start anew.
	keys := f.stored(t)
	if len(keys.Keys) != 2 {
		t.Fatalf("%d keys after a rotation", len(keys.Keys))
	}
	keys.Keys[0].Created = keys.Keys[0].Created.Add(-time.Hour)
	keys.Keys[1].Created = keys.Keys[1].Created.Add(-2 * time.Hour)
	text, err := json.Marshal(keys)
	if err != nil {
		t.Fatal(err)
	}
	f.storeKeys(text)
	during := f.choose(t, f.front)
	f.instances[0].Stop()
	f.instances[0].Start()
	after := f.choose(t, f.origins[0])
	for _, cookie := range []string{before, during} {
		f.honoured(t, cookie)
	}
	for _, i := range f.instances[1:] { // these look into the storage at most once a minute, or when they start
		i.Stop()
		i.Start()
	}
	f.honoured(t, after)
	f.honoured(t, before)
}

func (f *fleet) losesNothing(t *testing.T) {
	const visitors, visits = 6, 40
	var group sync.WaitGroup
	var mu sync.Mutex
	var cut atomic.Int64
	receipts, cookies := []string{}, []string{}
	half := make(chan struct{})
	for visitor := range visitors {
		group.Go(func() {
			for visit := range visits {
				if visitor == 0 && visit == visits/2 {
					close(half)
				}
				err := looks(f.front)
				if errors.Is(err, io.ErrUnexpectedEOF) { // it was on its way; its visitor asks again
					cut.Add(1)
					err = looks(f.front)
				}
				if err != nil {
					t.Error(err)
				}
				cookie, receipt, err := chooses(f.front)
				if err != nil {
					t.Error(err)
					continue
				}
				if err := honours(f.front, cookie); err != nil {
					t.Error(err)
				}
				mu.Lock()
				receipts, cookies = append(receipts, receipt), append(cookies, cookie)
				mu.Unlock()
			}
		})
	}
	<-half
	f.instances[1].Kill()
	group.Wait()
	if n := cut.Load(); n > visitors {
		t.Errorf("%d pages were cut off, more than were on their way", n)
	}
	for _, cookie := range cookies[:20] {
		for _, i := range []int{0, 2} {
			if err := honours(f.origins[i], cookie); err != nil {
				t.Error(err)
			}
		}
	}
	// Every choice that was answered has its entry, and the ledgers hold, also that of the killed one.
	var files []string
	var all []byte
	for _, i := range f.instances {
		file := filepath.Join(i.Folder, "ledger.log")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		files, all = append(files, file), append(all, text...)
	}
	for _, receipt := range receipts {
		if !bytes.Contains(all, []byte(receipt)) {
			t.Errorf("the choice %s has no entry", receipt)
		}
	}
	if output, code := f.instances[0].Run(append([]string{"consent", "verify"}, files...)...); code != 0 {
		t.Errorf("verify: %d\n%s", code, output)
	}
}
