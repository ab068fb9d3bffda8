package operator

import (
	"fmt"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/certmagic"
)

func init() {
	caddy.RegisterModule(Admin{})
}

// Admin is the part of Caddy's admin API that concerns consent.
//
//	POST /consent/keys/rotate    signs choices with a new key; visitors are not asked again
type Admin struct {
	storage certmagic.Storage
}

// CaddyModule returns the Caddy module information.
func (Admin) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "admin.api.consent",
		New: func() caddy.Module { return new(Admin) },
	}
}

// Provision takes the storage that the configuration names.
func (a *Admin) Provision(ctx caddy.Context) error {
	a.storage = ctx.Storage()
	return nil
}

// Routes returns the routes of the API.
func (a *Admin) Routes() []caddy.AdminRoute {
	return []caddy.AdminRoute{{Pattern: "/consent/keys/rotate", Handler: caddy.AdminHandlerFunc(a.rotate)}}
}

func (a *Admin) rotate(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return caddy.APIError{HTTPStatus: http.StatusMethodNotAllowed, Err: fmt.Errorf("keys are rotated by POST")}
	}
	if err := RotateKey(r.Context(), a.storage); err != nil {
		return caddy.APIError{HTTPStatus: http.StatusInternalServerError, Err: err}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

var (
	_ caddy.Provisioner = (*Admin)(nil)
	_ caddy.AdminRouter = (*Admin)(nil)
)
