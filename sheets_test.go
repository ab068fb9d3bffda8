package consent_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

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
