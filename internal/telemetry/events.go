package telemetry

import (
	"fmt"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"
)

// Events emits events of Caddy's events app, from the module that the context is of. Handlers run
// before Emit returns. The zero value emits nothing.
type Events struct {
	app *caddyevents.App
	ctx caddy.Context
}

// OpenEvents finds the events app.
func OpenEvents(ctx caddy.Context) (Events, error) {
	app, err := ctx.App("events")
	if err != nil {
		return Events{}, fmt.Errorf("the events app: %w", err)
	}
	return Events{app: app.(*caddyevents.App), ctx: ctx}, nil
}

// Emit tells those who subscribe to an event of that name.
func (e Events) Emit(name string, data map[string]any) {
	if e.app != nil && e.app.ShouldEmit(name) {
		e.app.Emit(e.ctx, name, data)
	}
}
