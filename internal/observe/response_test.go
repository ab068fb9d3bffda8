package observe_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/observe"
	"github.com/caddy-consent/caddy-consent/internal/variant/varianttest"
)

const embedding = `<!doctype html><title>x</title><body><iframe src="https://www.youtube.com/embed/x"></iframe>`

// through lets a handler answer a visitor's request, as it is and observed.
func through(t *testing.T, site *varianttest.Site, handler http.HandlerFunc, fields ...string) (plain, observed *http.Response) {
	t.Helper()
	return watched(t, site, nil, handler, append(fields, "Sec-Fetch-Dest: document")...)
}

// watched does so with a policy by which browsers report.
func watched(t *testing.T, site *varianttest.Site, watch *observe.Watch, handler http.HandlerFunc, fields ...string) (plain, observed *http.Response) {
	t.Helper()
	answer := func(wrap func(http.ResponseWriter, *http.Request)) *http.Response {
		w := httptest.NewRecorder()
		r := varianttest.Request("/", fields...)
		wrap(w, r)
		return w.Result()
	}
	plain = answer(func(w http.ResponseWriter, r *http.Request) { handler(w, r) })
	observed = answer(func(w http.ResponseWriter, r *http.Request) {
		o := &observe.Response{ResponseWriter: w, Nested: func() {}, Watch: watch}
		defer o.End()
		o.Begin(site.Site, r, r.URL, choice.Choice{}, site.Decider.Decide(choice.Choice{}, false), site.Recorder(r))
		handler(o, r)
		o.Close()
	})
	return plain, observed
}

func TestResponseUnchanged(t *testing.T) {
	html := func(w http.ResponseWriter) {
		h := w.Header()
		h.Set("Content-Type", "text/html")
		h.Set("Content-Security-Policy", "img-src 'self'")
		h.Set("Link", "<https://www.youtube.com/x.js>; rel=preload; as=script")
		h.Add("Set-Cookie", "_ga=1")
		h["set-cookie"] = []string{"_gid=1"}
	}
	for name, handler := range map[string]http.HandlerFunc{
		"a page": func(w http.ResponseWriter, _ *http.Request) {
			html(w)
			_, _ = io.WriteString(w, embedding)
		},
		"early hints": func(w http.ResponseWriter, _ *http.Request) {
			html(w)
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusOK)
			_, _ = io.WriteString(w, embedding)
		},
		"flushed": func(w http.ResponseWriter, _ *http.Request) {
			html(w)
			_, _ = io.WriteString(w, embedding[:20])
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, embedding[20:])
		},
		"copied": func(w http.ResponseWriter, _ *http.Request) {
			html(w)
			_, _ = io.Copy(w, strings.NewReader(embedding))
		},
		"no page": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/png")
			_, _ = io.Copy(w, strings.NewReader(embedding))
		},
		"nothing": func(http.ResponseWriter, *http.Request) {},
		"not modified, with a policy": func(w http.ResponseWriter, _ *http.Request) {
			html(w)
			w.Header().Set("Etag", `"x"`)
			w.WriteHeader(http.StatusNotModified)
		},
		"a redirect to what is denied": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://www.youtube.com/")
			w.WriteHeader(http.StatusFound)
		},
		"untyped": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, embedding) },
		"trailers": func(w http.ResponseWriter, _ *http.Request) {
			html(w)
			_, _ = io.WriteString(w, embedding)
			w.Header().Set(http.TrailerPrefix+"Set-Cookie", "_ga=1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			plain, observed := through(t, varianttest.New(t, true), handler, "Cookie: _ga=1")
			want, _ := io.ReadAll(plain.Body)
			got, _ := io.ReadAll(observed.Body)
			if string(got) != string(want) || observed.StatusCode != plain.StatusCode || !reflect.DeepEqual(observed.Header, plain.Header) || !reflect.DeepEqual(observed.Trailer, plain.Trailer) {
				t.Errorf("%d %q %q %q\nwant %d %q %q %q", observed.StatusCode, observed.Header, got, observed.Trailer, plain.StatusCode, plain.Header, want, plain.Trailer)
			}
		})
	}
}

func TestCounts(t *testing.T) {
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Add("Set-Cookie", "_ga=1")
		_, _ = io.WriteString(w, embedding)
		w.Header().Add("Set-Cookie", "_gid=1") // late
	}
	site := varianttest.New(t, false)
	through(t, site, page, "Cookie: _ga=1; sessionid=1")
	for _, c := range []struct {
		name, label string
		want        int
	}{
		{"caddy_consent_set_cookie_lines_total", "stripped", 2},
		{"caddy_consent_cookies_withheld_total", "", 1},
		{"caddy_consent_blocked_total", "youtube", 1},
		{"caddy_consent_notices_total", "", 1},
		{"caddy_consent_pages_total", "rewritten", 1},
	} {
		if got := site.Count(t, c.name, c.label); got != c.want {
			t.Errorf("%s %s: %d, want %d", c.name, c.label, got, c.want)
		}
	}
}

func TestBrokenPage(t *testing.T) {
	site := varianttest.New(t, false)
	_, observed := through(t, site, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, embedding)
		_ = z.Flush() // and no end
	})
	if body, err := io.ReadAll(observed.Body); err != nil || len(body) == 0 {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	if got := site.Count(t, "caddy_consent_pages_total", "rewritten"); got != 0 {
		t.Errorf("%d are counted as rewritten", got)
	}
}
