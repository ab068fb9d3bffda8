// Package visits opens the same pages in one Chromium in several ways, so that what the guard
// costs in a browser can be measured in turns.
package visits

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	_ "github.com/caddyserver/caddy/v2/modules/standard" // the directives of a site
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	_ "github.com/caddy-consent/caddy-consent"
)

// The ways in which the pages are visited. Control is Plain once more: what they differ by is
// what cannot be measured on this machine.
const (
	Plain   = "plain"
	Open    = "open"    // with the module, and nothing chosen
	Refused = "refused" // with the module, after a refusal
	Control = "control"
)

// Ways are all of them, in the order of the first turn.
var Ways = []string{Plain, Open, Refused, Control}

// declared is what the sites with the module declare. No page that is measured loads any of it.
const declared = `consent {
		service ga
		service youtube
		service matomo {
			hosts stats.example.org
		}
	}`

// Visits are a Caddy and a Chromium that run.
type Visits struct {
	origins map[string]string
	browser context.Context
	folder  string
	stop    []func()
}

// Start serves a site, which these lines of a Caddyfile are, in each way, and starts Chromium
// with further flags.
func Start(ctx context.Context, site string, flags ...chromedp.ExecAllocatorOption) (*Visits, error) {
	v := &Visits{origins: make(map[string]string)}
	if err := v.start(ctx, site, flags); err != nil {
		v.Stop()
		return nil, err
	}
	return v, nil
}

func (v *Visits) start(ctx context.Context, site string, flags []chromedp.ExecAllocatorOption) (err error) {
	if v.folder, err = os.MkdirTemp("", "visits"); err != nil {
		return err
	}
	config := fmt.Sprintf("{\n\tadmin off\n\tpersist_config off\n\tauto_https off\n\tstorage file_system %q\n\tlog {\n\t\toutput discard\n\t}\n}\n", v.folder)
	for _, way := range Ways {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer free.Close()
		v.origins[way] = "http://" + free.Addr().String()
		module := declared
		if way == Plain || way == Control {
			module = ""
		}
		config += fmt.Sprintf("%s {\n\tencode\n\t%s\n%s\n}\n", v.origins[way], module, site)
		free.Close()
	}
	adapted, _, err := caddyfile.Adapter{ServerType: httpcaddyfile.ServerType{}}.Adapt([]byte(config), nil)
	if err != nil {
		return err
	}
	if err := caddy.Load(adapted, true); err != nil {
		return err
	}
	v.stop = append(v.stop, func() { _ = caddy.Stop() })

	chromium, err := find()
	if err != nil {
		return err
	}
	allocator, stop := chromedp.NewExecAllocator(ctx, append(slices.Concat(chromedp.DefaultExecAllocatorOptions[:], flags),
		chromedp.ExecPath(chromium),
		chromedp.NoSandbox, // containers seldom allow it
		chromedp.DisableGPU,
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"), // nothing goes out
		chromedp.CombinedOutput(io.Discard),
	)...)
	v.stop = append(v.stop, stop)
	v.browser, stop = chromedp.NewContext(allocator)
	v.stop = append(v.stop, stop)
	return chromedp.Do(v.browser)
}

// Stop ends both.
func (v *Visits) Stop() {
	for _, stop := range slices.Backward(v.stop) {
		stop()
	}
	_ = os.RemoveAll(v.folder)
}

func find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no Chromium (Debian: chromium)")
}

// Version says which Chromium it is.
func (v *Visits) Version() (string, error) {
	version, err := chromedp.Run(v.browser, func(ctx context.Context, t *chromedp.Target) (browser.GetVersionResult, error) {
		return cdp.Call(ctx, t, browser.GetVersion, cdp.Empty{})
	})
	_, number, _ := strings.Cut(version.Product, "/")
	return "Chromium " + number, err
}

// Origin is where the site is, in one way.
func (v *Visits) Origin(way string) string { return v.origins[way] }

// Tab opens one for a new visitor, whose choice is made where the way has one. It is gone when
// it is closed.
func (v *Visits) Tab(way string) (tab context.Context, shut func(), err error) {
	tab, cancel := chromedp.NewContext(v.browser, chromedp.WithNewBrowserContext())
	shut = func() {
		_ = chromedp.Cancel(tab)
		cancel()
	}
	if err = chromedp.Do(tab); err == nil && way == Refused {
		err = v.refuse(tab)
	}
	if err != nil {
		shut()
	}
	return tab, shut, err
}

// refuse asks for the choice's cookie as the notice does.
func (v *Visits) refuse(tab context.Context) error {
	origin := v.origins[Refused]
	r, err := http.NewRequestWithContext(tab, http.MethodPost, origin+"/_consent/choice", strings.NewReader(`{"choice":"refuse"}`))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Origin", origin)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	for _, c := range res.Cookies() {
		if c.Name == "cookies_preferences" {
			return chromedp.Do(tab, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
				_, err := cdp.Call(ctx, t, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: origin})
				return err
			}))
		}
	}
	return fmt.Errorf("no choice is made: %s", res.Status)
}

// Check makes sure that what a tab shows is what its way says.
func Check(tab context.Context, way string) error {
	type state struct{ Guard, Notice bool }
	got, err := chromedp.Run(tab, chromedp.Evaluate[state](`({ Guard: !!document.querySelector('script[data-caddy-consent]'), Notice: !!document.getElementById('caddy-consent') })`))
	if err != nil {
		return err
	}
	if want := (state{way == Open || way == Refused, way == Open}); got != want {
		return fmt.Errorf("%s: the page has %+v, not %+v", way, got, want)
	}
	return nil
}

// Turn is the order of the ways in a round: each other goes backwards, so that no way always comes
// after the same one.
func Turn(round int) []string {
	order := slices.Clone(Ways)
	if round%2 == 1 {
		slices.Reverse(order)
	}
	return order
}

// Times are the least time of each thing in each way: what else the machine does only adds.
type Times map[string]map[string]float64

// Add takes a time, unless a lesser one is known.
func (t Times) Add(way, what string, ms float64) {
	if t[way] == nil {
		t[way] = make(map[string]float64)
	}
	if least, known := t[way][what]; !known || ms < least {
		t[way][what] = ms
	}
}

// Ratio is that to plain; it is not a number where one is missing.
func (t Times) Ratio(way, what string) float64 {
	ms, measured := t[way][what]
	plain, there := t[Plain][what]
	if !measured || !there || plain == 0 {
		return math.NaN()
	}
	return ms / plain
}
