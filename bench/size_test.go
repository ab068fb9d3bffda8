package bench

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-consent/caddy-consent/bench/internal/portal"
	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// What a page in gzip grows by is compared with what is inserted, compressed alone at gzip's usual level: nobody could send
// less without compressing the whole page anew.
func TestGzipPageGrowth(t *testing.T) {
	harness.Caddy(t, "")
	for _, e := range exchanges[5:] {
		for _, size := range []int{4, 60, 500} {
			page := portal.Page(size << 10)
			upstream := caddyhttp.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				w.Header().Set("Content-Encoding", "gzip")
				_, err := w.Write(compress(page))
				return err
			})
			consent := provision(t, twoServices)
			on := chain(func(w http.ResponseWriter, r *http.Request) error { return consent.ServeHTTP(w, r, upstream) })
			w := httptest.NewRecorder()
			on.serveTo(w, e.request(t, "http://data.example", on.answer))
			sent := w.Body.Len()
			alone, err := insertions(read(t, w.Result()), string(page))
			if err != nil {
				t.Fatalf("%s, %d KB: %v", e.name, size, err)
			}
			least := len(compress(page))
			for _, text := range alone {
				least += len(compress([]byte(text))) - len(compress(nil))
			}
			more := 100 * (float64(sent)/float64(least) - 1)
			t.Logf("%s, %d KB: %d bytes, %d as they came, %.1f %% more than with what is inserted compressed alone", e.name, size, sent, len(compress(page)), more)
			most := 2.0
			if size == 4 {
				most = 6 // the header of the page's only block, which is written twice, shows
			}
			if more > most {
				t.Errorf("%s, %d KB: %.1f %% more", e.name, size, more)
			}
		}
	}
}

// insertions are what was inserted into a page.
func insertions(rewritten, page string) (texts []string, err error) {
	for page != "" || rewritten != "" {
		same := 0
		for same < min(len(page), len(rewritten)) && page[same] == rewritten[same] {
			same++
		}
		page, rewritten = page[same:], rewritten[same:]
		if page == "" && rewritten == "" {
			return texts, nil
		}
		text, _, found := strings.Cut(rewritten, page[:min(len(page), 40)])
		if !found {
			return nil, fmt.Errorf("%.40q: %w", page, io.ErrUnexpectedEOF)
		}
		texts, rewritten = append(texts, text), rewritten[len(text):]
	}
	return texts, nil
}
