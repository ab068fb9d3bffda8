// Package adminapi adds /consent/ to Caddy's admin API.
package adminapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/certmagic"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/inventory"
	"github.com/caddy-consent/caddy-consent/internal/policy"
	"github.com/caddy-consent/caddy-consent/internal/store"
	"github.com/caddy-consent/caddy-consent/internal/telemetry"
)

func init() {
	caddy.RegisterModule(Admin{})
}

// Admin is the part of Caddy's admin API that concerns consent.
//
//	GET  /consent/               a page of what an operator looks at
//	GET  /consent/version        the versions of this module and of Caddy
//	GET  /consent/policy         what is declared and how it is enforced, for each site
//	GET  /consent/inventory      the cookies, hosts and storage keys that were seen, for each site
//	GET  /consent/counters       the metrics, as one JSON object
//	POST /consent/keys/rotate    makes a new key for choices; visitors are not asked again
type Admin struct {
	storage certmagic.Storage
	metrics prometheus.Gatherer
}

// CaddyModule returns the Caddy module information.
func (Admin) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "admin.api.consent",
		New: func() caddy.Module { return new(Admin) },
	}
}

// Provision takes the storage that the configuration names, and its metrics.
func (a *Admin) Provision(ctx caddy.Context) error {
	a.storage, a.metrics = ctx.Storage(), ctx.GetMetricsRegistry()
	return nil
}

// Routes returns the routes of the API.
func (a *Admin) Routes() []caddy.AdminRoute {
	return []caddy.AdminRoute{{Pattern: "/consent/", Handler: caddy.AdminHandlerFunc(a.serve)}}
}

func (a *Admin) serve(w http.ResponseWriter, r *http.Request) error {
	endpoints := map[string]struct {
		method string
		answer func(*http.Request) (any, error)
	}{
		"/consent/version":     {http.MethodGet, versions},
		"/consent/policy":      {http.MethodGet, policies},
		"/consent/inventory":   {http.MethodGet, inventoryOfSites},
		"/consent/counters":    {http.MethodGet, func(*http.Request) (any, error) { return a.counters() }},
		"/consent/keys/rotate": {http.MethodPost, a.rotate},
	}
	if r.URL.Path == "/consent/" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		return a.overview(w, r)
	}
	endpoint, ok := endpoints[r.URL.Path]
	if !ok {
		return caddy.APIError{HTTPStatus: http.StatusNotFound, Err: fmt.Errorf("no such endpoint: /consent/ has version, policy, inventory, counters and keys/rotate")}
	}
	if r.Method != endpoint.method {
		w.Header().Set("Allow", endpoint.method)
		return caddy.APIError{HTTPStatus: http.StatusMethodNotAllowed, Err: fmt.Errorf("%s accepts only %s", r.URL.Path, endpoint.method)}
	}
	answer, err := endpoint.answer(r)
	if err != nil {
		return caddy.APIError{HTTPStatus: http.StatusInternalServerError, Err: err}
	}
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(answer)
}

func (a *Admin) rotate(r *http.Request) (any, error) {
	return nil, store.RotateKey(r.Context(), a.storage)
}

func versions(*http.Request) (any, error) {
	simple, _ := caddy.Version()
	return map[string]string{"version": ModuleVersion(), "caddy": simple}, nil
}

// sitePolicy is what is declared for a site.
type sitePolicy struct {
	Site         string           `json:"site"`
	Mode         string           `json:"mode"`
	Path         string           `json:"path"`
	Policy       string           `json:"policy"`
	Undeclared   string           `json:"undeclared"`
	ThirdParties string           `json:"third_parties"`
	Necessary    []policy.Pattern `json:"necessary"`
	Allow        []policy.Pattern `json:"allow"`
	Services     []siteService    `json:"services"`
}

type siteService struct {
	ID       string           `json:"id"`
	Name     string           `json:"name"`
	Provider string           `json:"provider"`
	Purpose  string           `json:"purpose"`
	Cookies  []policy.Pattern `json:"cookies"`
	Hosts    []policy.Pattern `json:"hosts"`
	Paths    []policy.Pattern `json:"paths,omitempty"`
	Storage  []policy.Pattern `json:"storage,omitempty"`
	Lifetime string           `json:"lifetime,omitempty"`
	Exempt   bool             `json:"exempt"`
}

func policies(*http.Request) (any, error) {
	sites := []sitePolicy{}
	for _, s := range telemetry.Running() {
		p := sitePolicy{
			Site: s.Name, Mode: s.Mode, Path: s.Path, Policy: s.Policy.Version, Undeclared: s.Undeclared, ThirdParties: s.ThirdParties,
			Necessary: s.Policy.Necessary, Allow: append([]policy.Pattern{}, s.Policy.Allow...), Services: []siteService{},
		}
		for _, declared := range s.Policy.Services {
			service := siteService{
				ID: declared.ID, Name: declared.Name, Provider: declared.Provider.Name, Purpose: declared.Purpose, Exempt: declared.Exempt,
				Cookies: append([]policy.Pattern{}, declared.Cookies...), Hosts: append([]policy.Pattern{}, declared.Hosts...),
				Paths: declared.Paths, Storage: declared.Storage,
			}
			if life := declared.MaxLife(); life > 0 {
				service.Lifetime = life.Round(time.Second).String()
			}
			p.Services = append(p.Services, service)
		}
		sites = append(sites, p)
	}
	return map[string]any{"sites": sites}, nil
}

// Inventories is what GET /consent/inventory answers.
type Inventories struct {
	Sites []SiteInventory `json:"sites"`
}

// SiteInventory is what was seen on a site.
type SiteInventory struct {
	Site   string `json:"site"`
	Policy string `json:"policy"`
	Mode   string `json:"mode"`
	// Services are the ids of those that are declared.
	Services []string `json:"services"`
	// Catalogue are the services of the operator's own files.
	Catalogue []KnownService   `json:"catalogue,omitempty"`
	Cookies   []inventory.Item `json:"cookies"`
	Hosts     []inventory.Item `json:"hosts"`
	// Storage are keys of localStorage and sessionStorage.
	Storage []inventory.Item `json:"storage"`
	// Paths are those of the site at which a well-known service answers.
	Paths []inventory.Item `json:"paths"`
}

// KnownService is what is to be said of a service that may be declared.
type KnownService struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Provider string `json:"provider"`
	Purpose  string `json:"purpose"`
}

func knownServices(services []policy.Service) (known []KnownService) {
	for _, s := range services {
		known = append(known, KnownService{s.ID, s.Name, s.Provider.Name, s.Purpose})
	}
	return known
}

func inventoryOfSites(*http.Request) (any, error) {
	all := Inventories{Sites: []SiteInventory{}}
	for _, s := range telemetry.Running() {
		all.Sites = append(all.Sites, SiteInventory{
			Site: s.Name, Policy: s.Policy.Version, Mode: s.Mode,
			Services: choice.Services(s.Policy, s.Policy.All), Catalogue: knownServices(s.Policy.Catalogue.Added()),
			Cookies: s.Cookies(), Hosts: s.Hosts(), Storage: s.Storage(), Paths: s.Paths(),
		})
	}
	return all, nil
}

// counters are the module's metrics by name and labels, as Prometheus writes them.
func (a *Admin) counters() (map[string]float64, error) {
	families, err := a.metrics.Gather()
	if err != nil {
		return nil, err
	}
	values := make(map[string]float64)
	for _, family := range families {
		if !strings.HasPrefix(family.GetName(), "caddy_consent_") {
			continue
		}
		for _, metric := range family.GetMetric() {
			if h := metric.GetHistogram(); h != nil {
				values[family.GetName()+"_sum"+labels(metric)] = h.GetSampleSum()
				values[family.GetName()+"_count"+labels(metric)] = float64(h.GetSampleCount())
			} else {
				values[family.GetName()+labels(metric)] = metric.GetCounter().GetValue()
			}
		}
	}
	return values, nil
}

func labels(metric *dto.Metric) string {
	var pairs []string
	for _, label := range metric.GetLabel() {
		pairs = append(pairs, fmt.Sprintf("%s=%q", label.GetName(), label.GetValue()))
	}
	if len(pairs) == 0 {
		return ""
	}
	return "{" + strings.Join(pairs, ",") + "}"
}

var (
	_ caddy.Provisioner = (*Admin)(nil)
	_ caddy.AdminRouter = (*Admin)(nil)
)
