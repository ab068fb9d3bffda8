package harness

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// Engines are those that the tests of several browsers run in, each with the names of its program and what Debian calls
// its packages.
var Engines = []struct {
	Name     string
	programs []string
	packages string
}{
	{"chromium", []string{"chromium", "chromium-browser", "google-chrome"}, "chromium"},
	{"firefox", []string{"firefox-esr", "firefox"}, "firefox-esr"},
	{"webkit", []string{"WebKitWebDriver"}, "webkit2gtk-driver, xvfb"},
}

// miniBrowser is the browser that Debian's libwebkit2gtk-4.1-0 has for its driver: no program that is found by its name.
func miniBrowser() string {
	found, _ := filepath.Glob("/usr/lib/*/webkit2gtk-4.1/MiniBrowser")
	if len(found) == 0 || find([]string{"Xvfb"}) == "" {
		return ""
	}
	return found[0]
}

// Engine is a browser that runs and is driven by Node (e2e/npm/engines.mjs).
type Engine struct {
	Name    string
	Version string

	mu      sync.Mutex // one call at a time
	process *exec.Cmd
	calls   io.WriteCloser
	answers *bufio.Reader
}

// Tab is what one tab of an engine shows. Its methods end the test where they cannot do what they are named for.
type Tab struct {
	Engine *Engine

	t  testing.TB
	id int
}

// engines run until all tests of the package have ended.
var engines = make(map[string]*Engine)

// HasEngine tells whether this machine has any browser that can be driven.
func HasEngine() bool {
	if !HasNPM() {
		return false
	}
	for _, e := range Engines {
		if find(e.programs) != "" {
			return true
		}
	}
	return false
}

func find(programs []string) string {
	for _, program := range programs {
		if path, err := exec.LookPath(program); err == nil {
			return path
		}
	}
	return ""
}

// StartEngine starts a browser, or takes the one that runs.
func StartEngine(t testing.TB, name string) *Engine {
	t.Helper()
	return startEngine(t, name, false)
}

// WithoutScripts is the same browser with JavaScript switched off. What a test asks of a page is still told.
func (e *Engine) WithoutScripts(t testing.TB) *Engine {
	t.Helper()
	return startEngine(t, e.Name, true)
}

func startEngine(t testing.TB, name string, noScript bool) *Engine {
	t.Helper()
	key := fmt.Sprint(name, noScript)
	if engines[key] != nil {
		return engines[key]
	}
	NPM(t)
	node := find([]string{"node", "nodejs"})
	if node == "" {
		Missing(t, "Node (Debian: nodejs)")
	}
	for _, e := range Engines {
		if e.Name != name {
			continue
		}
		program := find(e.programs)
		browser := program
		if name == "webkit" {
			browser = miniBrowser()
		}
		if program == "" || browser == "" {
			Missing(t, name+" (Debian: "+e.packages+")")
		}
		options, err := json.Marshal(map[string]any{"binary": program, "browser": browser, "proxy": theRoad().Proxy, "direct": theRoad().Direct,
			"language": "fr-FR", "noScript": noScript})
		if err != nil {
			t.Fatal(err)
		}
		engine := &Engine{Name: name, process: exec.Command(node, filepath.Join(Root(), "e2e", "npm", "engines.mjs"), name, string(options))}
		if err := engine.start(); err != nil {
			t.Fatalf("starting %s: %v", name, err)
		}
		t.Logf("%s is %s", name, engine.Version)
		engines[key] = engine
		return engine
	}
	t.Fatalf("no engine is named %s", name)
	return nil
}

// closeEngines ends those that run.
func closeEngines() {
	for _, e := range engines {
		_ = e.calls.Close() // the driver ends its browser
		ended := time.AfterFunc(10*time.Second, func() { _ = e.process.Process.Kill() })
		_ = e.process.Wait()
		ended.Stop()
	}
}

func (e *Engine) start() error {
	e.process.Stderr = os.Stderr
	var err error
	if e.calls, err = e.process.StdinPipe(); err != nil {
		return err
	}
	out, err := e.process.StdoutPipe()
	if err != nil {
		return err
	}
	e.answers = bufio.NewReader(out)
	if err := e.process.Start(); err != nil {
		return err
	}
	return e.answer(&e.Version)
}

// call lets the driver do something, and reads its answer into value, unless that is nil.
func (e *Engine) call(value any, name string, args ...any) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if args == nil {
		args = []any{}
	}
	line, err := json.Marshal(map[string]any{"call": name, "args": args})
	if err != nil {
		return err
	}
	if _, err := e.calls.Write(append(line, '\n')); err != nil {
		return err
	}
	return e.answer(value)
}

func (e *Engine) answer(value any) error {
	line, err := e.answers.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("the driver is gone: %w", err)
	}
	var answer struct {
		Value json.RawMessage `json:"value"`
		Error string          `json:"error"`
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return err
	}
	if answer.Error != "" {
		return errors.New(answer.Error)
	}
	if value == nil {
		return nil
	}
	return json.Unmarshal(answer.Value, value)
}

// Visit opens a tab for a visitor who has not used the browser before.
func (e *Engine) Visit(t testing.TB) *Tab {
	t.Helper()
	return e.visit(t, "private")
}

// VisitOrdinary does so in a window that is not private, where the engine tells these apart. Cookies are forgotten, but
// what is cached is not.
func (e *Engine) VisitOrdinary(t testing.TB) *Tab {
	t.Helper()
	return e.visit(t, "ordinary")
}

func (e *Engine) visit(t testing.TB, window string) *Tab {
	t.Helper()
	tab := &Tab{Engine: e, t: t}
	if err := e.call(&tab.id, "visit", window); err != nil {
		t.Fatalf("opening a tab of %s: %v", e.Name, err)
	}
	t.Cleanup(tab.Leave)
	return tab
}

// NewTab opens another tab for the same visitor.
func (b *Tab) NewTab() *Tab {
	b.t.Helper()
	another := &Tab{Engine: b.Engine, t: b.t}
	b.do("opening another tab", &another.id, "newTab")
	return another // it ends with the visit
}

// Leave ends the visit: what the visitor has opened is closed.
func (b *Tab) Leave() {
	if b.id >= 0 {
		_ = b.Engine.call(nil, "leave", b.id)
		b.id = -1
	}
}

func (b *Tab) do(what string, value any, name string, args ...any) {
	b.t.Helper()
	if err := b.Engine.call(value, name, append([]any{b.id}, args...)...); err != nil {
		b.t.Fatalf("%s: %s: %v", b.Engine.Name, what, err)
	}
}

// Open goes to an address and waits until the page has loaded.
func (b *Tab) Open(url string) {
	b.t.Helper()
	b.do("opening "+url, nil, "open", url)
}

// Reload loads the page anew.
func (b *Tab) Reload() {
	b.t.Helper()
	b.do("reloading", nil, "reload")
}

// Click clicks with the mouse on the link, button or label that reads text.
func (b *Tab) Click(text string) {
	b.t.Helper()
	b.do(fmt.Sprintf("clicking on %q", text), nil, "click", text, "")
}

// ClickOn clicks with the mouse on what a CSS selector finds.
func (b *Tab) ClickOn(selector string) {
	b.t.Helper()
	b.do("clicking on "+selector, nil, "click", "", selector)
}

// Press presses keys, one after the other, by the names that the UI Events standard gives them.
func (b *Tab) Press(keys ...string) {
	b.t.Helper()
	args := make([]any, len(keys))
	for i, key := range keys {
		args[i] = key
	}
	b.do("pressing keys", nil, "press", args...)
}

// KeyDown presses a key, which repeats where it is down already.
func (b *Tab) KeyDown(key string) {
	b.t.Helper()
	b.do("pressing a key", nil, "keyDown", key)
}

// KeyUp releases a key.
func (b *Tab) KeyUp(key string) {
	b.t.Helper()
	b.do("releasing a key", nil, "keyUp", key)
}

// Resize gives the page a size, as near to it as the engine's window can be.
func (b *Tab) Resize(width, height int) {
	b.t.Helper()
	b.do("resizing the window", nil, "resize", width, height)
}

// Cookies are those that the browser holds for this visitor, by name.
func (b *Tab) Cookies() map[string]string {
	b.t.Helper()
	var held map[string]string
	b.do("reading the cookies", &held, "cookies")
	return held
}

// Screenshot writes what the window shows to a PNG file.
func (b *Tab) Screenshot(file string) {
	b.t.Helper()
	b.do("taking a screenshot", nil, "screenshot", file)
}

// Problems are the errors in the console since it was last asked; told is false where the engine does not tell.
func (b *Tab) Problems() (problems []string, told bool) {
	b.t.Helper()
	b.do("reading the console", &problems, "problems")
	return problems, problems != nil
}

// Await waits until a JavaScript expression is true, on this page or on one that comes in its place.
func (b *Tab) Await(expression string) {
	b.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		holds, err := Try[bool](b, expression) // it fails where the page goes away meanwhile
		if holds && err == nil {
			return
		}
		if time.Now().After(deadline) {
			url, _ := Try[string](b, `location.href`)
			b.t.Fatalf("%s: on %s, this does not become true: %s (%v)", b.Engine.Name, url, expression, err)
		}
	}
}

// Ask returns what a JavaScript expression is on the page, or what the promise that it is comes to.
func Ask[T any](b *Tab, expression string) T {
	b.t.Helper()
	var value T
	b.do(expression, &value, "evaluate", expression)
	return value
}

// Try is Ask where the page may go away meanwhile.
func Try[T any](b *Tab, expression string) (value T, err error) {
	err = b.Engine.call(&value, "evaluate", b.id, expression)
	return value, err
}

// TryOpen is Open where the page may not stay.
func (b *Tab) TryOpen(url string) error { return b.Engine.call(nil, "open", b.id, url) }
