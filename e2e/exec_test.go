package e2e

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// command is the handler `exec`, as far as its plugin's Caddyfile goes; it runs nothing.
type command struct {
	Command string   `json:"command"`
	Args    []string `json:"args"`
}

var commands struct {
	sync.Mutex
	run []string
}

func init() { caddy.RegisterModule(command{}) }

func (command) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "events.handlers.exec", New: func() caddy.Module { return new(command) }}
}

func (c *command) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next()
	if !d.NextArg() {
		return d.ArgErr()
	}
	c.Command, c.Args = d.Val(), d.RemainingArgs()
	return nil
}

func (c *command) Handle(ctx context.Context, _ caddy.Event) error {
	line := c.Command
	for _, arg := range c.Args {
		line += " " + ctx.Value(caddy.ReplacerCtxKey).(*caddy.Replacer).ReplaceAll(arg, "")
	}
	commands.Lock()
	defer commands.Unlock()
	commands.run = append(commands.run, line)
	return nil
}

func TestEventExecCommand(t *testing.T) {
	e := run(t, "events.caddyfile", html("<html><body>"))
	accepted := e.chosen(t, "choice=accept")
	res, body := e.do(t, "POST", "/_consent/choice", "choice=refuse", accepted, "Accept: application/json")
	var state struct{ Receipt string }
	if err := json.Unmarshal([]byte(body), &state); err != nil || state.Receipt == "" {
		t.Fatalf("%s %s", res.Status, body)
	}
	e.do(t, "GET", "/explore/", "", "Cookie: odd=1")
	commands.Lock()
	defer commands.Unlock()
	want := []string{"/usr/local/bin/consent-withdrawn " + state.Receipt + " [youtube]", "/usr/local/bin/consent-undeclared cookie odd /explore/"}
	if !slices.Equal(commands.run, want) {
		t.Errorf("got %q, want %q", commands.run, want)
	}
}
