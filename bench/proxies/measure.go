package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/bench/internal/portal"
)

// exchange is one case: requests and their answers.
type exchange struct {
	name string
	path string
	// many tells that each request comes from another visitor.
	many bool
}

var cases = []exchange{
	{name: "API response, 2 KB", path: "/api"},
	{name: "API response, six Set-Cookie lines", path: "/cookies"},
	{name: "4 KB page", path: "/" + asIs + "/4"},
	{name: "60 KB page", path: "/" + asIs + "/60"},
	{name: "500 KB page", path: "/" + asIs + "/500"},
	{name: "60 KB dense page, one number new", path: "/" + asIs + "/dense60"},
	{name: "60 KB dense page, one number new, many visitors", path: "/" + asIs + "/dense60", many: true},
	{name: "500 KB dense page, one number new", path: "/" + asIs + "/dense500"},
	{name: "60 KB dense page, each row new", path: "/" + asIs + "/new60"},
	{name: "60 KB page, half of it inline scripts", path: "/" + asIs + "/scripts60"},
	{name: "4 KB page, gzip from upstream", path: "/" + compressed + "/4"},
	{name: "60 KB page, gzip from upstream", path: "/" + compressed + "/60"},
	{name: "60 KB dense page, gzip from upstream, one number new", path: "/" + compressed + "/dense60"},
	{name: "500 KB page, gzip from upstream", path: "/" + compressed + "/500"},
	{name: "60 KB page, compressed by the proxy", path: "/" + encoded + "/60"},
}

// What the module inserts before a choice and after it.
const (
	notice = `id="caddy-consent"`
	manage = `data-caddy-consent`
)

// guard is what it inserts in the head besides.
var guard = regexp.MustCompile(`<script data-caddy-consent="[^"]*" src="[^"]*/guard\.js"[^>]*></script>`)

// numbered is what differs in dense pages from answer to answer.
var numbered = regexp.MustCompile(`/explore/\d{8}"`)

// visitors is how many come in turn where there are many: more than the module remembers choices of.
const visitors = 2000

// requests are those of an exchange, which come in turn.
func (p *proxy) requests(e exchange) [][]byte {
	if !e.many {
		return [][]byte{p.request(e.path)}
	}
	requests := make([][]byte, visitors)
	for i := range requests {
		cookies := []string{fmt.Sprintf("sessionid=%032x", i), fmt.Sprintf("csrftoken=%064x", i)}
		if len(p.choices) > 0 {
			cookies = append(cookies, p.choices[i%len(p.choices)])
		}
		requests[i] = p.requestWith(e.path, strings.Join(cookies, "; "))
	}
	return requests
}

// request is one of the visitor who has chosen first.
func (p *proxy) request(path string) []byte {
	cookie := ""
	if len(p.choices) > 0 {
		cookie = p.choices[0]
	}
	return p.requestWith(path, cookie)
}

// requestWith is what a browser would send.
func (p *proxy) requestWith(path, cookie string) []byte {
	fields := []string{
		"GET " + path + " HTTP/1.1", "Host: 127.0.0.1:" + strconv.Itoa(p.port),
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
		"Accept-Language: fr,en;q=0.8", "Accept-Encoding: gzip, deflate, br, zstd",
	}
	if path == "/api" || path == "/cookies" {
		fields = append(fields, "Accept: application/json", "Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors", "Sec-Fetch-Site: same-origin")
	} else {
		fields = append(fields, "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
			"Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: none", "Sec-Fetch-User: ?1")
	}
	if cookie != "" {
		fields = append(fields, "Cookie: "+cookie)
	}
	return []byte(strings.Join(fields, "\r\n") + "\r\n\r\n")
}

// sample is what one proxy made of one case in one turn.
type sample struct {
	cpu      float64 // microseconds of one response
	rate     float64 // responses a second
	p50, p99 float64 // milliseconds of a response at half that rate
	size     float64 // bytes of the body
}

func (p *proxy) sample(o options, e exchange) (s sample, err error) {
	size, err := p.check(e)
	if err != nil {
		return s, err
	}
	l, err := newLoad(p.port, o.concurrency)
	if err != nil {
		return s, err
	}
	defer l.close()
	requests := p.requests(e)
	if _, _, err := l.run(requests, o.requests/5, o.time/5, 0); err != nil { // warms up
		return s, err
	}
	before, err := cpuTime(p.pid())
	if err != nil {
		return s, err
	}
	answers, took, err := l.run(requests, o.requests, o.time, 0)
	if err != nil {
		return s, err
	}
	time.Sleep(time.Millisecond) // the proxy still has to count what it sent last
	after, err := cpuTime(p.pid())
	if err != nil {
		return s, err
	}
	n := len(answers)
	s = sample{cpu: float64(after-before) / 1e3 / float64(n), rate: float64(n) / took.Seconds(), size: float64(size)}
	if answers, _, err = l.run(requests, o.requests/2, o.time/2, 2*took/time.Duration(n)); err != nil {
		return s, err
	}
	n = len(answers)
	s.p50, s.p99 = answers[n/2].Seconds()*1e3, answers[n*99/100].Seconds()*1e3
	return s, nil
}

// check makes sure that the answer is what the names of the proxy and the case say, and
// tells how long its body is.
func (p *proxy) check(e exchange) (int, error) {
	c, err := dial(p.port)
	if err != nil {
		return 0, err
	}
	defer c.conn.Close()
	res, raw, err := c.read(p.request(e.path))
	if err != nil {
		return 0, err
	}
	coding := ""
	if inGzip(e.path) {
		coding = "gzip"
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Encoding") != coding {
		return 0, fmt.Errorf("answers %s %v", res.Status, res.Header)
	}
	got := raw
	if coding != "" {
		if got, err = inflate(raw); err != nil {
			return 0, err
		}
	}

	want := bodies[e.path]
	got = numbered.ReplaceAll(got, []byte("/explore/"+portal.Number+`"`))
	at := bytes.Index(want, []byte(portal.BodyTag))
	switch sent := len(res.Header["Set-Cookie"]); {
	case e.path == "/cookies" && !p.maySend(sent), e.path != "/cookies" && sent > 0:
		return 0, fmt.Errorf("%d cookies", sent)
	case p.inserted == "" && compressedBodies[e.path] != nil && !bytes.Contains(want, []byte(portal.Number)) && !bytes.Equal(raw, compressedBodies[e.path]):
		return 0, errors.New("the compressed body is changed")
	case p.inserted == "" || at < 0:
		if !bytes.Equal(got, want) {
			return 0, errors.New("the body is changed")
		}
		return len(raw), nil
	}
	at += len(portal.BodyTag)
	got = guard.ReplaceAll(got, nil)
	middle, before := bytes.CutPrefix(got, want[:at])
	middle, after := bytes.CutSuffix(middle, want[at:])
	if !before || !after || !bytes.Contains(middle, []byte(p.inserted)) || bytes.Contains(middle, []byte(notice)) != (p.inserted == notice) {
		return 0, fmt.Errorf("the page is changed otherwise than by %s: %.300q", p.inserted, middle)
	}
	return len(raw), nil
}

// maySend tells whether so many of the six cookies are right.
func (p *proxy) maySend(sent int) bool {
	switch {
	case p.kind != "consent":
		return sent == len(portal.Cookies)
	case p.choice == "accept": // what is not declared stays out
		return portal.NecessaryCookies < sent && sent <= len(portal.Cookies)
	}
	return sent == portal.NecessaryCookies
}

func inGzip(path string) bool {
	return strings.HasPrefix(path, "/"+compressed+"/") || strings.HasPrefix(path, "/"+encoded+"/")
}

func inflate(body []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// slow are the pages whose first byte is timed.
var slow = []string{asIs + "/" + late, compressed + "/" + late, compressed + "/" + unbuffered}

// firstByte tells how long after the upstream's flush the visitor has the first byte of
// the page itself, not only of its compressed form, in milliseconds.
func (p *proxy) firstByte(o options, site *upstream, page string) (float64, error) {
	c, err := dial(p.port)
	if err != nil {
		return 0, err
	}
	defer c.conn.Close()
	request := p.request("/" + page)
	var waited []float64
	for i := range o.flushes + 1 {
		res, err := c.ask(request)
		if err != nil {
			return 0, err
		}
		var body io.Reader = res.Body
		if res.Header.Get("Content-Encoding") == "gzip" {
			if body, err = gzip.NewReader(body); err != nil {
				return 0, err
			}
		}
		if _, err := io.ReadFull(body, make([]byte, 1)); err != nil {
			return 0, err
		}
		if now := time.Now().UnixNano(); i > 0 { // the first one warms up
			waited = append(waited, float64(now-site.flushed.Load())/1e6)
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			return 0, err
		}
	}
	return median(waited), nil
}

// memoryInFlight tells what an unfinished response takes, in bytes.
func (p *proxy) memoryInFlight(ctx context.Context, o options, site *upstream, coding string) (float64, error) {
	if err := p.start(ctx); err != nil {
		return 0, err
	}
	defer p.stop()
	var clients []*client
	defer func() {
		for _, c := range clients {
			c.conn.Close()
		}
		site.hold() // the others go on, and find their connections closed
		for site.holding.Load() > 0 && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
	}()
	warm, err := dial(p.port)
	if err != nil {
		return 0, err
	}
	clients = append(clients, warm)
	for range 20 {
		if err := warm.get(p.request("/" + coding + "/60")); err != nil {
			return 0, err
		}
	}

	before, err := rss(p.pid())
	if err != nil {
		return 0, err
	}
	for range o.inFlight {
		c, err := dial(p.port)
		if err != nil {
			return 0, err
		}
		clients = append(clients, c)
		if _, err := c.conn.Write(p.request("/" + coding + "/" + held)); err != nil {
			return 0, err
		}
	}
	for deadline := time.Now().Add(10 * time.Second); site.holding.Load() < int64(o.inFlight); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) || ctx.Err() != nil {
			return 0, fmt.Errorf("only %d of %d requests went on", site.holding.Load(), o.inFlight)
		}
	}
	time.Sleep(200 * time.Millisecond) // the proxy still works on the last ones
	after, err := rss(p.pid())
	return float64(after-before) / float64(o.inFlight), err
}

func median(samples []float64) float64 {
	sorted := slices.Sorted(slices.Values(samples))
	return sorted[len(sorted)/2]
}

// middle tells between what the middle half of the samples is: now and then a machine that
// is shared does something else altogether.
func middle(samples []float64) (low, high float64) {
	sorted := slices.Sorted(slices.Values(samples))
	out := len(sorted) / 4
	return sorted[out], sorted[len(sorted)-1-out]
}
