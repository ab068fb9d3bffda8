// Package bench measures what the module costs: the same exchange without it and
// with it, in one run, in turns. docs/performance.md tells how to read the figures.
package bench

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	_ "github.com/caddy-consent/caddy-consent"
	"github.com/caddy-consent/caddy-consent/bench/internal/portal"
	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// exchange is one request and what the module has to make of the answer.
type exchange struct {
	name   string
	path   string
	fields []string
	cookie string
	chosen bool // the visitor has accepted; the choice's cookie comes besides

	setCookies int    // how many Set-Cookie lines the visitor gets
	inserted   string // what the page gets, "" where nothing changes
}

var (
	browser    = []string{"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Accept-Language: fr,en;q=0.8", "Accept-Encoding: gzip, deflate, br, zstd"}
	fetch      = append(slices.Clip(browser), "Accept: application/json", "Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors", "Sec-Fetch-Site: same-origin")
	style      = append(slices.Clip(browser), "Accept: text/css,*/*;q=0.1", "Sec-Fetch-Dest: style", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Site: same-origin")
	navigation = append(slices.Clip(browser), "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: none", "Sec-Fetch-User: ?1")
)

const (
	necessary = "sessionid=8dk2b5h3z0t9q1x7c4v6n8m2l5k3j1h0; django_language=fr; csrftoken=Zc0vJ1xq3mT5yR7uW9eA2sD4fG6hK8lP"
	notice    = `<div id="caddy-consent"`
	manage    = `data-caddy-consent`
)

var exchanges = []exchange{
	{name: "api", path: "/api", fields: fetch},
	{name: "api after a choice", path: "/api", fields: fetch, cookie: necessary, chosen: true},
	{name: "style sheet that is known", path: "/sheet", fields: style},
	{name: "six cookies, three stripped", path: "/cookies", fields: fetch, setCookies: 3},
	{name: "page with the notice", path: "/page", fields: navigation, inserted: notice},
	{name: "page with the notice, gzip", path: "/gzip", fields: navigation, inserted: notice},
	{name: "page after a choice", path: "/page", fields: navigation, cookie: necessary, chosen: true, inserted: manage},
}

// twoServices is the configuration that all is measured with; the test of
// allocations also takes none at all.
const twoServices = `{"services": [{"id": "ga"}, {"id": "matomo"}]}`

// The bodies that the upstream sends. It compresses nothing while it is measured,
// so that all of the time added shows.
var (
	apiBody   = portal.JSON(1 << 10)
	sheetBody = []byte(strings.Repeat(madeRule, 200<<10/len(madeRule)))
	pageBody  = portal.Page(60 << 10)
	gzipBody  = compress(pageBody)
)

// upstream is the site. It sends a body in pieces as large as reverse_proxy's.
func upstream(w http.ResponseWriter, r *http.Request) {
	h, body := w.Header(), apiBody
	h.Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/cookies":
		h["Set-Cookie"] = slices.Clone(portal.Cookies)
	case "/sheet":
		body = sheetBody
		h.Set("Content-Type", "text/css")
		h.Set("Etag", `"4a6f65-f0e2"`)
	case "/page", "/gzip":
		body = pageBody
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Vary", "Accept-Language")
		h.Set("Etag", `"4a6f65-f0e1"`)
		if r.URL.Path == "/gzip" {
			body = gzipBody
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	for piece := range slices.Chunk(body, 32<<10) {
		if _, err := w.Write(piece); err != nil {
			return
		}
	}
}

// A response that needs no change is the most frequent one: the API's, an image, a
// script, a style sheet. What the module needs to see that comes from pools and from what it
// remembers of earlier requests.
func TestUnchangedResponseAllocs(t *testing.T) {
	if raceDetector() {
		t.Skip("the race detector makes pools forget at random")
	}
	harness.Caddy(t, "")
	// A collection would empty the pools in the middle of the count.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for name, config := range map[string]string{"a bare consent": `{}`, "two services": twoServices} {
		off, on := handlers(t, config)
		for _, e := range exchanges[:3] {
			r := e.request(t, "http://data.example", on.answer)
			e.check(t, r, off.answer, on.answer)
			w := new(memory)
			without := testing.AllocsPerRun(1000, func() { off.serve(w, r) })
			with := testing.AllocsPerRun(1000, func() { on.serve(w, r) })
			if with != without {
				t.Errorf("%s, %s: %v allocations a request, %v without the module", name, e.name, with, without)
			}
		}
	}
}

// BenchmarkHandler calls the handlers as Caddy does, without sockets and without
// the rest of Caddy: what is added is the module's own time.
func BenchmarkHandler(b *testing.B) {
	harness.Caddy(b, "")
	// As in a server, whose heap is some tens of megabytes: one as small as the
	// benchmark's would be collected every two milliseconds, on both sides and at random.
	defer debug.SetGCPercent(debug.SetGCPercent(800))
	off, on := handlers(b, twoServices)
	for _, e := range exchanges {
		b.Run(e.name, func(b *testing.B) {
			r := e.request(b, "http://data.example", on.answer)
			e.check(b, r, off.answer, on.answer)
			w := new(memory)
			compare(b, func() { off.serve(w, r) }, func() { on.serve(w, r) })
		})
	}
}

// BenchmarkProxy asks a whole Caddy over the loopback interface, one request after
// the other on one connection. Client and upstream are in the same process and
// count on both sides.
func BenchmarkProxy(b *testing.B) {
	site := httptest.NewServer(http.HandlerFunc(upstream))
	defer site.Close()
	off := fmt.Sprintf("http://127.0.0.1:%d", harness.FreePort(b))
	on := fmt.Sprintf("http://127.0.0.1:%d", harness.FreePort(b))
	harness.Caddy(b, off+" {\n\treverse_proxy "+site.URL+"\n}\n"+
		on+" {\n\tconsent {\n\t\tservice ga\n\t\tservice matomo\n\t}\n\treverse_proxy "+site.URL+"\n}\n")

	client := &http.Transport{DisableCompression: true}
	defer client.CloseIdleConnections()
	ask := func(r *http.Request) *http.Response {
		res, err := client.RoundTrip(r)
		if err != nil {
			b.Fatal(err)
		}
		return res
	}
	for _, e := range exchanges {
		b.Run(e.name, func(b *testing.B) {
			viaOn := e.request(b, on, ask)
			viaOff := viaOn.Clone(b.Context())
			viaOff.URL, viaOff.Host = e.url(b, off), ""
			e.check(b, viaOn, func(*http.Request) *http.Response { return ask(viaOff) }, ask)
			get := func(r *http.Request) func() {
				return func() {
					res := ask(r)
					if _, err := io.Copy(io.Discard, res.Body); err != nil {
						b.Fatal(err)
					}
					res.Body.Close()
				}
			}
			compare(b, get(viaOff), get(viaOn))
		})
	}
}

// compare measures off and on in turns, batch by batch, so that both see the same
// load of the machine. The times are medians of the batches, the ratio and what is
// added are medians of the pairs: a microsecond's tenth would drown in the difference
// of two medians. The allocations are means. B/op and allocs/op are those of on.
func compare(b *testing.B, off, on func()) {
	const batch = 10 * time.Millisecond
	size := 0
	for began := time.Now(); size < 20 || time.Since(began) < 5*batch; size++ { // also warms up
		off()
		on()
	}
	size = max(1, size/10)

	var offs, ons, added, ratios []float64
	var offCost, onCost cost
	for b.Loop() {
		var offTime, onTime float64
		if len(ratios)%2 == 0 {
			offTime, onTime = offCost.add(size, off), onCost.add(size, on)
		} else {
			onTime, offTime = onCost.add(size, on), offCost.add(size, off)
		}
		offs, ons = append(offs, offTime), append(ons, onTime)
		added, ratios = append(added, onTime-offTime), append(ratios, onTime/offTime)
	}

	runs := float64(size * len(ratios))
	b.ReportMetric(0, "ns/op") // that of a pair of batches: no use
	b.ReportMetric(median(offs), "off-ns/op")
	b.ReportMetric(median(ons), "on-ns/op")
	b.ReportMetric(median(added), "added-ns/op")
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(float64(onCost.allocs)/runs, "allocs/op")
	b.ReportMetric(float64(onCost.bytes)/runs, "B/op")
	b.ReportMetric((float64(onCost.allocs)-float64(offCost.allocs))/runs, "allocs-added/op")
	b.ReportMetric((float64(onCost.bytes)-float64(offCost.bytes))/runs, "B-added/op")
}

// cost is the memory that one side has taken.
type cost struct{ allocs, bytes uint64 }

// add runs a batch and returns the nanoseconds of one run.
func (c *cost) add(size int, f func()) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	for range size {
		f()
	}
	elapsed := time.Since(began)
	runtime.ReadMemStats(&after)
	c.allocs += after.Mallocs - before.Mallocs
	c.bytes += after.TotalAlloc - before.TotalAlloc
	return float64(elapsed) / float64(size)
}

func median(samples []float64) float64 {
	slices.Sort(samples)
	return samples[len(samples)/2]
}

// handlers are the upstream alone and the module in front of it, provisioned by the
// Caddy that runs.
func handlers(t testing.TB, config string) (off, on chain) {
	t.Helper()
	last := caddyhttp.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		upstream(w, r)
		return nil
	})
	consent := provision(t, config)
	return chain(last), func(w http.ResponseWriter, r *http.Request) error {
		return consent.ServeHTTP(w, r, last)
	}
}

func provision(t testing.TB, config string) caddyhttp.MiddlewareHandler {
	t.Helper()
	module, err := caddy.ActiveContext().LoadModuleByID("http.handlers.consent", json.RawMessage(config))
	if err != nil {
		t.Fatal(err)
	}
	return module.(caddyhttp.MiddlewareHandler)
}

// chain is a chain of handlers as Caddy calls it.
type chain caddyhttp.HandlerFunc

var server = new(caddyhttp.Server)

func (c chain) serveTo(w http.ResponseWriter, r *http.Request) {
	if err := c(w, caddyhttp.PrepareRequest(r, caddy.NewReplacer(), w, server)); err != nil {
		panic(err)
	}
}

func (c chain) serve(w *memory, r *http.Request) {
	w.reset()
	c.serveTo(w, r)
}

func (c chain) answer(r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	c.serveTo(w, r)
	return w.Result()
}

// memory is where a response goes that no client waits for.
type memory struct {
	header http.Header
	body   []byte
}

func (m *memory) reset() {
	if m.header == nil {
		m.header = make(http.Header)
	}
	clear(m.header)
	m.body = m.body[:0]
}

func (m *memory) Header() http.Header { return m.header }

func (m *memory) WriteHeader(int) {}

func (m *memory) Write(p []byte) (int, error) {
	m.body = append(m.body, p...)
	return len(p), nil
}

func (e exchange) url(t testing.TB, origin string) *url.URL {
	t.Helper()
	u, err := url.Parse(origin + e.path)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// request is what the browser sends; where the visitor has chosen, the cookie comes
// from the module itself.
func (e exchange) request(t testing.TB, origin string, ask func(*http.Request) *http.Response) *http.Request {
	t.Helper()
	r := newRequest(t, http.MethodGet, origin+e.path, "")
	for _, field := range e.fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Set(name, value)
	}
	cookie := e.cookie
	if e.chosen {
		choice := newRequest(t, http.MethodPost, origin+"/_consent/choice", "choice=accept&return=/")
		choice.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res := ask(choice)
		res.Body.Close()
		given, _, _ := strings.Cut(res.Header.Get("Set-Cookie"), ";")
		if !strings.HasPrefix(given, "cookies_preferences=") {
			t.Fatalf("choosing: %s %v", res.Status, res.Header)
		}
		cookie += "; " + given
	}
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	return r
}

// newRequest makes one that a client may send and a handler may get.
func newRequest(t testing.TB, method, target, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.RemoteAddr = "192.0.2.1:1234"
	return r
}

// check makes sure that what is measured is what the name says.
func (e exchange) check(t testing.TB, r *http.Request, off, on func(*http.Request) *http.Response) {
	t.Helper()
	without, with := off(r), on(r)
	plain, rewritten := read(t, without), read(t, with)
	if without.StatusCode != http.StatusOK || with.StatusCode != http.StatusOK || without.Header.Get("Content-Encoding") != with.Header.Get("Content-Encoding") {
		t.Fatalf("%s: %s %v, %s %v without the module", e.name, with.Status, with.Header, without.Status, without.Header)
	}
	if got := len(with.Header["Set-Cookie"]); got != e.setCookies {
		t.Fatalf("%s: %d cookies, want %d", e.name, got, e.setCookies)
	}
	switch {
	case e.inserted == "" && rewritten != plain:
		t.Fatalf("%s: the body is changed", e.name)
	case !strings.Contains(rewritten, e.inserted), strings.Contains(plain, manage), strings.Contains(rewritten, notice) != (e.inserted == notice):
		t.Fatalf("%s: what is inserted is not %s", e.name, e.inserted)
	}
}

func read(t testing.TB, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	var body io.Reader = res.Body
	if res.Header.Get("Content-Encoding") == "gzip" {
		var err error
		if body, err = gzip.NewReader(body); err != nil {
			t.Fatal(err)
		}
	}
	all, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

func compress(page []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(page)
	_ = w.Close()
	return b.Bytes()
}
