package bench

import (
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// BenchmarkStalledReader reports what a Caddy holds for each visitor who asks for a long page and reads nothing of
// it, with the module and without.
func BenchmarkStalledReader(t *testing.B) {
	const readers = 60
	// Long enough, compressed too, that no socket's buffers take it; an element in each kilobyte is withheld.
	var page strings.Builder
	page.WriteString("<!doctype html><html><head><title>x</title></head><body>")
	for page.Len() < 12<<20 {
		_, _ = fmt.Fprintf(&page, `<p>%x</p><img src="https://i.ytimg.com/vi/%x.jpg" alt="">`, randomBytes(450), randomBytes(8))
	}
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if strings.HasSuffix(r.URL.Path, "gzip") {
			w.Header().Set("Content-Encoding", "gzip")
			z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
			_, _ = io.WriteString(z, page.String())
			return
		}
		_, _ = io.WriteString(w, page.String())
	}))
	defer portal.Close()
	port, upstream := harness.FreePort(t), strings.TrimPrefix(portal.URL, "http://")
	i := harness.StartInstance(t, "", fmt.Sprintf("http://:%d {\n\tconsent /page* {\n\t\tservice youtube\n\t}\n\treverse_proxy %s\n}\n", port, upstream))
	held := func() int {
		res, err := http.Get("http://" + i.Admin + "/debug/pprof/heap?gc=1&debug=1")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		sum := 0
		for _, found := range regexp.MustCompile(`# (?:HeapInuse|Stack) = (\d+)`).FindAllSubmatch(text, -1) {
			n, _ := strconv.Atoi(string(found[1]))
			sum += n
		}
		return sum
	}
	holds := func(path string) int {
		before := held()
		var connections []net.Conn
		for range readers {
			c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\nSec-Fetch-Dest: document\r\n\r\n", path)
			connections = append(connections, c)
		}
		now, last := held(), 0
		for ; now-last > now/100 || last-now > now/100; now, last = held(), now {
			time.Sleep(500 * time.Millisecond) // until they have what they take
		}
		took := (now - before) / readers
		for _, c := range connections {
			c.Close()
		}
		for last := 0; now > before+before/4 && now != last; last, now = now, held() {
			time.Sleep(200 * time.Millisecond) // until they are gone
		}
		return took
	}
	holds("/page") // fills pools
	for _, c := range []struct{ name, path string }{{"plain/without", "/plain"}, {"plain/with", "/page"}, {"gzip/without", "/plain-gzip"}, {"gzip/with", "/page-gzip"}} {
		t.Run(c.name, func(b *testing.B) {
			for range b.N {
				b.ReportMetric(float64(holds(c.path))/1024, "KB/reader")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return b
}
