package e2e

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// recorder is a handler of events, as a plugin brings one.
type recorder struct{}

var recorded struct {
	sync.Mutex
	events []string
	data   map[string][]string // what each event of the module has had
}

func init() { caddy.RegisterModule(recorder{}) }

func (recorder) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "events.handlers.recorder", New: func() caddy.Module { return new(recorder) }}
}

func (*recorder) UnmarshalCaddyfile(d *caddyfile.Dispenser) error { d.Next(); return nil }

func (*recorder) Handle(_ context.Context, e caddy.Event) error {
	if e.Origin() == nil { // Caddy's own
		return nil
	}
	recorded.Lock()
	defer recorded.Unlock()
	detail := fmt.Sprint(e.Data["choice"], " by ", e.Data["how"], " ", e.Data["granted"], e.Data["withdrawn"])
	if e.Name() == "undeclared_seen" {
		detail = fmt.Sprint(e.Data["kind"], " ", e.Data["name"], " ", e.Data["where"], " ", e.Data["path"])
	}
	if recorded.data == nil {
		recorded.data = make(map[string][]string)
	}
	recorded.data[e.Name()] = slices.Sorted(maps.Keys(e.Data))
	recorded.events = append(recorded.events, fmt.Sprint(e.Name(), ": ", detail, ", ", e.Data["site"], ", ", e.Origin().CaddyModule().ID))
	return nil
}

// happened are the events since the last call.
func happened() []string {
	recorded.Lock()
	defer recorded.Unlock()
	events := recorded.events
	recorded.events = nil
	return events
}

func TestEventsEmitted(t *testing.T) {
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Add("Set-Cookie", "mystery=1")
		_, _ = io.WriteString(w, `<html><body><img src="https://unknown.example/x.png"><iframe src="https://www.youtube.com/embed/x"></iframe>`)
	}))
	t.Cleanup(portal.Close)
	g := &guarded{url: fmt.Sprintf("http://localhost:%d", harness.FreePort(t))}
	harness.CaddyWith(t, "\tevents {\n\t\ton * recorder\n\t}", g.url+" {\n consent {\n site Essai\n service ga\n service matomo {\n exempt\n }\n }\n"+
		" reverse_proxy "+strings.TrimPrefix(portal.URL, "http://")+"\n}\n")
	happened()
	const origin = ", Essai, http.handlers.consent"
	for _, step := range []struct {
		do   func()
		want []string
	}{
		{func() { g.do(t, "GET", "/explore/", "", byVisitor, "Cookie: odd=1; sessionid=2") }, []string{
			"undeclared_seen: cookie odd browser /explore/", "undeclared_seen: cookie mystery upstream /explore/",
			"undeclared_seen: host unknown.example page /explore/", "undeclared_seen: host www.youtube.com page /explore/",
		}},
		{func() { g.do(t, "GET", "/explore/", "", byVisitor, "Cookie: odd=1") }, nil}, // they are known
		{func() { g.chosen(t, "choice=accept&how=notice") }, []string{"consent_given: accept by notice [ga matomo] []"}},
		{func() { g.chosen(t, "choice=refuse") }, []string{"consent_withdrawn: refuse by other [] [matomo]"}}, // it was exempt
		{func() {
			g.do(t, "POST", "/_consent/choice", "choice=refuse", "Content-Type: application/x-www-form-urlencoded", g.chosen(t, "choice=custom&service=ga"))
		}, []string{"consent_withdrawn: custom by other [ga] [matomo]", "consent_withdrawn: refuse by other [] [ga]"}},
		{func() {
			g.do(t, "POST", "/_consent/choice", "choice=refuse", "Content-Type: application/x-www-form-urlencoded", "Sec-GPC: 1")
		}, []string{"consent_refused: refuse by other [] []"}}, // nothing was in force
	} {
		step.do()
		var want []string
		for _, event := range step.want {
			want = append(want, event+origin)
		}
		var got []string
		for _, event := range happened() {
			if strings.HasPrefix(event, "consent_") || strings.HasPrefix(event, "undeclared_") {
				got = append(got, event)
			}
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	theReferenceTellsOf(t)
}

// theReferenceTellsOf compares what the reference says of events with those that were recorded.
func theReferenceTellsOf(t *testing.T) {
	t.Helper()
	recorded.Lock()
	defer recorded.Unlock()
	said := make(map[string][]string)
	var above []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|.*\\| (.*) \\|$").FindAllStringSubmatch(section(t, "## Events"), -1) {
		if row[2] != "the same" {
			data, _, _ := strings.Cut(row[2], "(") // the values of kind
			_, rest, _ := strings.Cut(row[2], ")")
			above = nil
			for _, name := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(data+rest, -1) {
				above = append(above, name[1])
			}
			slices.Sort(above)
		}
		said[row[1]] = above
	}
	seen := maps.Clone(recorded.data)
	maps.DeleteFunc(seen, func(name string, _ []string) bool {
		return !strings.HasPrefix(name, "consent_") && !strings.HasPrefix(name, "undeclared_")
	})
	if !reflect.DeepEqual(said, seen) {
		t.Errorf("the reference says %v, there are %v", said, seen)
	}
}

func TestEventRateLimit(t *testing.T) {
	g := &guarded{url: fmt.Sprintf("http://localhost:%d", harness.FreePort(t))}
	harness.CaddyWith(t, "\tevents {\n\t\ton undeclared_seen recorder\n\t}", g.url+" {\n consent\n respond ok\n}\n")
	happened()
	began := time.Now()
	for i := range 20 {
		names := make([]string, 50)
		for j := range names {
			names[j] = fmt.Sprintf("n%d=1", i*50+j)
		}
		g.do(t, "GET", "/", "", "Cookie: "+strings.Join(names, "; "))
	}
	// There are twenty at once, and then one a second, however long this takes.
	if n := len(happened()); n < 20 || n > 21+int(time.Since(began).Seconds()) {
		t.Errorf("%d events of 1,000 names", n)
	}
}
