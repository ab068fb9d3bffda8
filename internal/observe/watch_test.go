package observe_test

import (
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/internal/observe"
	"github.com/caddy-consent/caddy-consent/internal/variant/varianttest"
)

const (
	reportOnly = "Content-Security-Policy-Report-Only"
	watchlist  = "default-src 'self'; report-uri /_consent/report"
)

func answering(contentType string, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for _, field := range fields {
			name, value, _ := strings.Cut(field, ": ")
			w.Header().Add(name, value)
		}
		_, _ = io.WriteString(w, embedding)
	}
}

func TestWatchedAnswers(t *testing.T) {
	html := answering("text/html")
	const byVisitor = "Sec-Fetch-Dest: document"
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		asked  string
		want   []string
	}{
		"a page":                      {html, byVisitor, []string{watchlist}},
		"a page of an old browser":    {html, "Accept: text/html", []string{watchlist}},
		"a worker":                    {answering("text/javascript"), "Sec-Fetch-Dest: worker", []string{watchlist}},
		"a shared worker":             {answering("text/javascript"), "Sec-Fetch-Dest: sharedworker", []string{watchlist}},
		"a service worker":            {answering("text/javascript"), "Sec-Fetch-Dest: serviceworker", nil},
		"a frame":                     {html, "Sec-Fetch-Dest: iframe", nil},
		"a script's fetch":            {html, "Sec-Fetch-Dest: empty", nil},
		"data that the visitor opens": {answering("application/json"), byVisitor, nil},
		"a download":                  {answering("text/html", "Content-Disposition: attachment"), byVisitor, nil},
		"a page that must not change": {answering("text/html", "Cache-Control: no-transform"), byVisitor, nil},
		"a page with a long header":   {answering("text/html", "X-Long: "+strings.Repeat("x", 3700)), byVisitor, nil},
		"a page with its own":         {answering("text/html", reportOnly+": img-src 'none'"), byVisitor, []string{"img-src 'none'", watchlist}},
		"not modified":                {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }, byVisitor, nil},
		"a redirect": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/other")
			w.WriteHeader(http.StatusFound)
		}, byVisitor, nil},
	} {
		t.Run(name, func(t *testing.T) {
			plain, observed := watched(t, varianttest.New(t, false), observe.NewWatch(watchlist), c.answer, c.asked)
			if got := observed.Header[reportOnly]; !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
			delete(observed.Header, reportOnly)
			delete(plain.Header, reportOnly)
			if body, _ := io.ReadAll(observed.Body); !reflect.DeepEqual(observed.Header, plain.Header) || strings.Contains(name, "page") && string(body) != embedding {
				t.Errorf("%q, want %q; body %q", observed.Header, plain.Header, body)
			}
		})
	}
}

// The first ten pages have the policy, whatever they are, and those after them only as time goes by.
func TestWatchedShare(t *testing.T) {
	site, watch, with := varianttest.New(t, false), observe.NewWatch(watchlist), 0
	for range 200 {
		_, observed := watched(t, site, watch, answering("text/html"), "Sec-Fetch-Dest: document")
		if len(observed.Header[reportOnly]) == 1 {
			with++
		}
	}
	if with < 10 || with > 12 {
		t.Errorf("%d of 200 pages have the policy", with)
	}
}
