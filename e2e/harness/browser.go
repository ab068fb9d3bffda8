package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Settings are those of a browser as a whole. The zero Settings are a French
// reader's, and as Chromium comes.
type Settings struct {
	Language    string // what is asked for (Accept-Language), as in "en-GB,en"
	NoPageCache bool   // a page that was left is not kept in memory (back/forward cache)
	NoCookies   bool   // all cookies are refused
	Elsewhere   string // the address that stands for all hosts but localhost; see World
}

// Visitor is who uses a browser. The zero Visitor has JavaScript, a window of
// 1280×800 and a light theme.
type Visitor struct {
	NoScript      bool // JavaScript is switched off
	Dark          bool // prefers-color-scheme: dark
	ForcedColours bool // forced-colors: active, as with Windows' contrast themes
	Print         bool // the page is laid out for paper
	Width, Height int
}

// Chromium is a browser that runs.
type Chromium struct {
	ctx  context.Context
	stop func()
}

// Page is what one tab of a browser shows. Its methods end the test where they
// cannot do what they are named for.
type Page struct {
	Browser *Chromium
	Visitor Visitor

	t     testing.TB
	ctx   context.Context
	loads chan page.NavigationType // how the latest page that has loaded was reached
	end   context.CancelCauseFunc

	mu       sync.Mutex
	problems []string
}

// patience is how long a page may take for anything.
const patience = 45 * time.Second

// HasChromium tells whether this machine has the browser.
func HasChromium() bool { return findChromium() != "" }

func findChromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// browsers run until all tests of the package have ended: starting one takes longer than most
// tests do, and visitors share nothing.
var browsers = make(map[Settings]*Chromium)

// Browser is Chromium with these settings and a profile of its own.
func Browser(t testing.TB, s Settings) *Chromium {
	t.Helper()
	chromium := findChromium()
	if chromium == "" {
		Missing(t, "Chromium (Debian: chromium)")
	}
	if browsers[s] == nil {
		browsers[s] = start(t, chromium, s)
	}
	return browsers[s]
}

// closeBrowsers ends those that run.
func closeBrowsers() {
	for _, browser := range browsers {
		_ = chromedp.Cancel(browser.ctx)
		browser.stop()
	}
}

func start(t testing.TB, chromium string, s Settings) *Chromium {
	t.Helper()
	profile := ""
	if s.Language == "" {
		s.Language = "fr-FR,fr"
	}
	disabled := "Translate,AutofillServerCommunication,MediaRouter,OptimizationHints,SpareRendererForSitePerProcess" // they only cost time
	if s.NoPageCache {
		disabled += ",BackForwardCache"
	}
	options := chromedp.DefaultExecAllocatorOptions[:]
	if s.Elsewhere != "" {
		options = append(options,
			chromedp.Flag("host-resolver-rules", "MAP * "+s.Elsewhere+", EXCLUDE localhost, EXCLUDE 127.0.0.1"+
				", EXCLUDE clients2.google.com, EXCLUDE accounts.google.com, EXCLUDE update.googleapis.com"), // what the browser asks of its own accord
			chromedp.Flag("ignore-certificate-errors", true))
	}
	if s.NoCookies {
		profile = withoutCookies(t)
		options = append(options, chromedp.UserDataDir(profile))
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), append(options,
		chromedp.ExecPath(chromium),
		chromedp.NoSandbox, // containers seldom allow it
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-features", disabled),
		chromedp.Flag("accept-lang", s.Language),
		chromedp.CombinedOutput(io.Discard),
		chromedp.WSURLReadTimeout(2*patience), // many may start at the same time
	)...)
	return &Chromium{open(t, ctx), func() {
		stop()
		if profile != "" {
			_ = os.RemoveAll(profile)
		}
	}}
}

// withoutCookies makes a profile with the setting that the browser's own settings page writes.
func withoutCookies(t testing.TB) string {
	t.Helper()
	const preferences = `{"profile":{"default_content_setting_values":{"cookies":2}}}`
	profile, err := os.MkdirTemp("", "consent-profile-") // not the test's: the browser writes until it has ended
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(profile, "Default"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(profile, "Default", "Preferences"), []byte(preferences), 0o644); err != nil {
		t.Fatal(err)
	}
	return profile
}

// open makes a page; the first one of a context starts the browser.
func open(t testing.TB, parent context.Context, options ...chromedp.ContextOption) context.Context {
	t.Helper()
	ctx, _ := chromedp.NewContext(parent, options...)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	return ctx
}

// Visit opens a page for a visitor who has not used the browser before: nothing
// is shared with the others, neither cookies nor cached files.
func (c *Chromium) Visit(t testing.TB, v Visitor) *Page {
	t.Helper()
	if v.Width == 0 {
		v.Width, v.Height = 1280, 800
	}
	p := &Page{Browser: c, Visitor: v, t: t}
	p.open(c.ctx, chromedp.WithNewBrowserContext())
	return p
}

// NewPage opens another page for the same visitor, in a tab beside this one,
// which is hidden from then on.
func (p *Page) NewPage() *Page {
	p.t.Helper()
	another := &Page{Browser: p.Browser, Visitor: p.Visitor, t: p.t}
	another.open(p.ctx, chromedp.WithNewWindow(false))
	return another
}

func (p *Page) open(parent context.Context, option chromedp.ContextOption) {
	p.t.Helper()
	p.loads = make(chan page.NavigationType, 1)
	parent, p.end = context.WithCancelCause(parent)
	p.ctx = open(p.t, parent, option, chromedp.WithListener(p.listener()))
	p.t.Cleanup(func() { _ = chromedp.Cancel(p.ctx) })
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "light"}}}
	if p.Visitor.Dark {
		media.Features[0].Value = "dark"
	}
	if p.Visitor.ForcedColours {
		media.Features = append(media.Features, &emulation.MediaFeature{Name: "forced-colors", Value: "active"})
	}
	if p.Visitor.Print {
		media.Media = "print"
	}
	run(p, "setting up the page", chromedp.Steps(
		chromedp.EmulateViewport(int64(p.Visitor.Width), int64(p.Visitor.Height)),
		command(emulation.SetEmulatedMedia, media),
		command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: p.Visitor.NoScript}),
	))
}

// listener follows what the browser tells of the page: that it has loaded, and
// what went wrong.
func (p *Page) listener() func(any) {
	var navigated page.NavigationType
	loaded := func() {
		if navigated != "" {
			select {
			case p.loads <- navigated:
			default: // nobody waits
			}
			navigated = ""
		}
	}
	urls := make(map[network.RequestID]string)
	return func(event any) {
		switch e := event.(type) {
		case *page.EventFrameNavigated:
			if e.Frame.ParentID != "" {
				return
			}
			if navigated = e.Type; navigated == page.NavigationTypeBackForwardCacheRestore {
				loaded() // it is complete as it comes back
			}
		case *page.EventLoadEventFired:
			loaded()
		case *network.EventRequestWillBeSent:
			urls[e.RequestID] = e.Request.URL
		case *network.EventResponseReceived:
			if e.Response.Status >= 400 && !isFavicon(e.Response.URL) {
				p.problem("%s answers %d", e.Response.URL, e.Response.Status)
			}
		case *network.EventLoadingFailed:
			if !e.Canceled {
				p.problem("%s fails: %s %s", urls[e.RequestID], e.ErrorText, e.BlockedReason)
			}
		case *log.EventEntryAdded:
			if (e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning) && !isFavicon(e.Entry.URL) {
				p.problem("the browser's %s: %s (%s)", e.Entry.Level, e.Entry.Text, e.Entry.URL)
			}
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
				p.problem("the console's %s: %s", e.Type, describe(e.Args))
			}
		case *inspector.EventTargetCrashed:
			p.end(errors.New("the page has crashed")) // it answers nothing any more
		case *runtime.EventExceptionThrown:
			p.problem("uncaught: %v", e.ExceptionDetails)
		}
	}
}

// isFavicon tells whether a browser asks for this of its own accord.
func isFavicon(url string) bool { return strings.HasSuffix(url, "/favicon.ico") }

func describe(values []*runtime.RemoteObject) string {
	var all []string
	for _, v := range values {
		all = append(all, strings.TrimSpace(string(v.Value)+" "+v.Description))
	}
	return strings.Join(all, " ")
}

func (p *Page) problem(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.problems = append(p.problems, fmt.Sprintf(format, args...))
}

// Problems are the errors and warnings in the console and the requests that
// failed since it was last asked.
func (p *Page) Problems() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	problems := p.problems
	p.problems = nil
	return problems
}

// command is a command of the browser's protocol as a step that only succeeds or fails.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// run does one step within the patience.
func run[T any](p *Page, what string, step chromedp.Action[T]) T {
	p.t.Helper()
	result, err := try(p, step)
	if err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
	return result
}

func try[T any](p *Page, step chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	result, err := chromedp.Run(ctx, step)
	if cause := context.Cause(p.ctx); cause != nil {
		err = cause
	}
	return result, err
}

// load does a step that leads to another page and waits until that has loaded.
func (p *Page) load(what string, step chromedp.Action[chromedp.Void]) page.NavigationType {
	p.t.Helper()
	select {
	case <-p.loads: // an earlier one that nobody waited for
	default:
	}
	run(p, what, step)
	select {
	case how := <-p.loads:
		return how
	case <-p.ctx.Done():
		p.t.Fatalf("%s: %v", what, context.Cause(p.ctx))
		return ""
	case <-time.After(patience):
		p.t.Fatalf("%s leads to no page; the browser is at %s", what, p.URL())
		return ""
	}
}

// Open goes to an address, as one types it.
func (p *Page) Open(url string) {
	p.t.Helper()
	p.load("opening "+url, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		result, err := cdp.Call(ctx, t, page.Navigate, page.NavigateParams{URL: url, TransitionType: page.TransitionTypeTyped})
		if err == nil && result.ErrorText != "" {
			err = errors.New(result.ErrorText)
		}
		return err
	}))
}

// Reload loads the page anew.
func (p *Page) Reload() {
	p.t.Helper()
	p.load("reloading", command(page.Reload, page.ReloadParams{}))
}

// Back goes back in the page's history. It tells whether the page came from
// memory (back/forward cache), scripts and all, instead of being loaded.
func (p *Page) Back() (fromMemory bool) {
	p.t.Helper()
	return p.travel("going back", -1)
}

// Forward is the way back from Back.
func (p *Page) Forward() (fromMemory bool) {
	p.t.Helper()
	return p.travel("going forward", 1)
}

func (p *Page) travel(what string, by int64) bool {
	p.t.Helper()
	history := run(p, what, chromedp.NavigationEntries())
	to := history.CurrentIndex + by
	if to < 0 || to >= int64(len(history.Entries)) {
		p.t.Fatalf("%s: there is no such page in the history", what)
	}
	return p.load(what, command(page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{
		EntryID: history.Entries[to].ID,
	})) == page.NavigationTypeBackForwardCacheRestore
}

// Show brings the page's tab to the front.
func (p *Page) Show() {
	p.t.Helper()
	run(p, "showing the page", command(page.BringToFront, cdp.Empty{}))
}

// Click clicks with the mouse on the link, button or label that reads text.
func (p *Page) Click(text string) {
	p.t.Helper()
	run(p, fmt.Sprintf("clicking on %q", text), click(text))
}

// DoubleClick clicks twice at one place of what reads text, the second time once the expression is true: across is 0 for
// its left edge, 1 for its right one.
func (p *Page) DoubleClick(text string, across float64, expression string) {
	p.t.Helper()
	at := Eval[[]float64](p, fmt.Sprintf(where, text))
	width := Eval[float64](p, fmt.Sprintf(`document.elementFromPoint(%f, %f).closest('a, button, label').getClientRects()[0].width`, at[0], at[1]))
	at[0] += width * (across - 0.5)
	run(p, "clicking", chromedp.MouseClickXY(at[0], at[1]))
	p.Await(expression)
	run(p, "clicking again", chromedp.MouseClickXY(at[0], at[1], chromedp.ClickCount(2)))
}

// ClickAt clicks with the mouse at a place in the window.
func (p *Page) ClickAt(x, y float64) {
	p.t.Helper()
	run(p, "clicking", chromedp.MouseClickXY(x, y))
}

// Follow clicks as Click does and waits for the page that this leads to.
func (p *Page) Follow(text string) {
	p.t.Helper()
	p.load(fmt.Sprintf("following %q", text), click(text))
}

// where finds what a visitor would click on by its first line, and fails if something covers
// it.
const where = `(text => {
	const control = [...document.querySelectorAll('a, button, label, summary')].
		find(e => e.innerText.trim().split('\n')[0] === text && e.getClientRects().length);
	if (!control) throw new Error('nothing on ' + location.href + ' reads so');
	control.scrollIntoView({ block: 'center', behavior: 'instant' });
	const box = control.getClientRects()[0];
	const x = box.x + box.width / 2, y = box.y + box.height / 2;
	const hit = document.elementFromPoint(x, y);
	if (!hit || !control.contains(hit)) throw new Error('it is covered by ' + (hit ? hit.outerHTML.slice(0, 100) : 'nothing'));
	return [x, y];
})(%q)`

func click(text string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		point, err := chromedp.Evaluate[[]float64](fmt.Sprintf(where, text))(ctx, t)
		if err != nil {
			return chromedp.Void{}, err
		}
		return chromedp.MouseClickXY(point[0], point[1])(ctx, t)
	}
}

// Type presses keys, one after the other (package kb names the special ones).
func (p *Page) Type(keys string) {
	p.t.Helper()
	run(p, "typing", chromedp.KeyEvent(keys))
}

// Hold presses a key: it types once the one expression is true, and repeats once the other is.
func (p *Page) Hold(key rune, typing, repeating string) {
	p.t.Helper()
	events := kb.Encode(key)
	down, typed, up, again := *events[0], *events[1], *events[2], true
	run(p, "pressing a key", command(input.DispatchKeyEvent, down))
	p.Await(typing)
	run(p, "typing", command(input.DispatchKeyEvent, typed))
	p.Await(repeating)
	down.AutoRepeat = &again
	for _, event := range []input.DispatchKeyEventParams{down, typed, down, typed, up} {
		run(p, "holding a key", command(input.DispatchKeyEvent, event))
	}
}

// TypeAndLoad presses keys and waits for the page that this leads to.
func (p *Page) TypeAndLoad(keys string) {
	p.t.Helper()
	p.load("typing", chromedp.KeyEvent(keys))
}

// Eval returns what a JavaScript expression is on the page. It works where the
// page's own scripts are switched off too.
func Eval[T any](p *Page, expression string) T {
	p.t.Helper()
	return run(p, expression, chromedp.Evaluate[T](expression))
}

// Resolve returns what the promise that a JavaScript expression is comes to.
func Resolve[T any](p *Page, expression string) T {
	p.t.Helper()
	return run(p, expression, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// URL is the address that the browser shows.
func (p *Page) URL() string {
	p.t.Helper()
	return Eval[string](p, `location.href`)
}

// Has tells whether a CSS selector matches anything on the page.
func (p *Page) Has(selector string) bool {
	p.t.Helper()
	return Eval[bool](p, fmt.Sprintf(`document.querySelector(%q) !== null`, selector))
}

// isOnItsWay tells whether a page could not answer for another that takes its place.
func isOnItsWay(err error) bool {
	return strings.Contains(err.Error(), "navigated or closed")
}

// Await waits until a JavaScript expression is true.
func (p *Page) Await(expression string) {
	p.t.Helper()
	// Asked from here, as a page without scripts cannot wait for anything.
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		is, err := try(p, chromedp.Evaluate[bool](expression))
		if is {
			return
		}
		if err != nil && !isOnItsWay(err) {
			p.t.Fatalf("%s: %v", expression, err)
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("on %s, this does not become true: %s", p.URL(), expression)
		}
	}
}

// Cookies are all that the browser holds for this visitor, by name.
func (p *Page) Cookies() map[string]string {
	p.t.Helper()
	held := make(map[string]string)
	for _, c := range p.jar() {
		held[c.Name] = c.Value
	}
	return held
}

func (p *Page) jar() []*network.Cookie {
	p.t.Helper()
	return run(p, "reading the cookies", func(ctx context.Context, _ *chromedp.Target) ([]*network.Cookie, error) {
		visitor := chromedp.FromContext(ctx)
		result, err := cdp.Call(ctx, visitor.Browser, storage.GetCookies, storage.GetCookiesParams{BrowserContextID: visitor.BrowserContextID})
		return result.Cookies, err
	})
}

// Expiries are the ends of the cookies that the browser holds for this visitor, by name; those of
// the session have none.
func (p *Page) Expiries() map[string]time.Time {
	p.t.Helper()
	ends := make(map[string]time.Time)
	for _, c := range p.jar() {
		if !c.Session {
			ends[c.Name] = time.UnixMilli(int64(c.Expires * 1000))
		}
	}
	return ends
}

// Before lets every page that is opened from now on run a script before all of its own.
func (p *Page) Before(script string) {
	p.t.Helper()
	run(p, "preparing a script", func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return chromedp.Void{}, err
	})
}

// Accessible is what assistive technology is told of the page: a line for each node, with its
// role and name.
func (p *Page) Accessible() string {
	p.t.Helper()
	return run(p, "reading the accessibility tree", func(ctx context.Context, t *chromedp.Target) (string, error) {
		result, err := cdp.Call(ctx, t, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		var lines strings.Builder
		for _, node := range result.Nodes {
			if node.Ignored || node.Role == nil || node.Name == nil {
				continue
			}
			var role, name string
			if err := errors.Join(json.Unmarshal(node.Role.Value, &role), json.Unmarshal(node.Name.Value, &name)); err != nil {
				return "", err
			}
			fmt.Fprintf(&lines, "%s \"%s\"\n", role, name)
		}
		return lines.String(), err
	})
}

// ForgetCookies makes the visitor one who was never here.
func (p *Page) ForgetCookies() {
	p.t.Helper()
	run(p, "forgetting the cookies", func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		visitor := chromedp.FromContext(ctx)
		_, err := cdp.Call(ctx, visitor.Browser, storage.ClearCookies, storage.ClearCookiesParams{BrowserContextID: visitor.BrowserContextID})
		return chromedp.Void{}, err
	})
}

// Screenshot writes what the window shows to a PNG file.
func (p *Page) Screenshot(file string) {
	p.t.Helper()
	p.screenshot(file, page.CaptureScreenshotParams{})
}

// ScreenshotWhole writes the whole page to a PNG file, also what the window does not show.
func (p *Page) ScreenshotWhole(file string) {
	p.t.Helper()
	whole := true
	height := Eval[float64](p, `document.documentElement.scrollHeight`)
	p.screenshot(file, page.CaptureScreenshotParams{
		CaptureBeyondViewport: &whole,
		Clip:                  &page.Viewport{Width: float64(p.Visitor.Width), Height: height, Scale: 1},
	})
}

func (p *Page) screenshot(file string, params page.CaptureScreenshotParams) {
	p.t.Helper()
	params.Format = page.CaptureScreenshotFormatPng
	png := run(p, "taking a screenshot", func(ctx context.Context, t *chromedp.Target) ([]byte, error) {
		result, err := cdp.Call(ctx, t, page.CaptureScreenshot, params)
		return result.Data, err
	})
	if err := os.WriteFile(file, png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
