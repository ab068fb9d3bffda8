// Package consent is a Caddy module that enforces a website's cookie charter. Until the visitor chooses otherwise, it
// lets only the necessary cookies pass, and it asks the visitor for that choice.
//
// It provides the handler http.handlers.consent and the Caddyfile directive consent. Build it into Caddy with xcaddy,
// add the directive to a site, and declare the services that the site uses:
//
//	data.example.fr {
//		consent {
//			controller "Ville d'Exemple" dpo@ville.example
//			service matomo {
//				exempt
//			}
//			service youtube
//		}
//		reverse_proxy portal.example.net
//	}
//
// The module removes from a request's Cookie field what the visitor has not granted, before the request goes upstream.
// It filters the response's Set-Cookie lines by the same rules, also in informational responses and trailers. Pages show
// the notice until the visitor has chosen. What a page would load from a denied service is withheld by the server as the page
// streams through, and in the browser by a script, the guard. Each choice becomes an entry in a sealed ledger. A page
// that cannot be rewritten safely passes unchanged, except for its cookies; a counter and a log line report it.
//
// Start with "mode observe", which changes nothing and counts what would be done. docs/operating.md walks through an
// installation, docs/reference.md explains each option, docs/enforcement.md lists what is and is not enforced, and
// docs/development.md maps the code.
package consent

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"

	"github.com/caddy-consent/caddy-consent/internal/blocking"
	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/commands"
	"github.com/caddy-consent/caddy-consent/internal/config"
	"github.com/caddy-consent/caddy-consent/internal/csp"
	"github.com/caddy-consent/caddy-consent/internal/decision"
	"github.com/caddy-consent/caddy-consent/internal/endpoint"
	"github.com/caddy-consent/caddy-consent/internal/ledger"
	"github.com/caddy-consent/caddy-consent/internal/markup"
	"github.com/caddy-consent/caddy-consent/internal/notice"
	"github.com/caddy-consent/caddy-consent/internal/observe"
	"github.com/caddy-consent/caddy-consent/internal/policy"
	"github.com/caddy-consent/caddy-consent/internal/store"
	"github.com/caddy-consent/caddy-consent/internal/surroundings"
	"github.com/caddy-consent/caddy-consent/internal/telemetry"
	"github.com/caddy-consent/caddy-consent/internal/variant"
	"github.com/caddy-consent/caddy-consent/internal/visitor"
)

func init() {
	caddy.RegisterModule(Handler{})
	httpcaddyfile.RegisterDirective("consent", parseCaddyfile)
	httpcaddyfile.RegisterDirectiveOrder("consent", httpcaddyfile.After, "encode")
	commands.Commands{Declare: describe}.Register()
}

// Handler enforces the cookie charter of the site behind it. It strips every Set-Cookie line whose cookie is neither
// declared necessary nor granted by the visitor, sends only such cookies upstream, and shows a notice on pages until the
// visitor has chosen. Without options it allows only the necessary cookies of an Opendatasoft portal: sessionid,
// django_language, csrftoken and cookies_preferences.
//
// It sets the placeholders `{http.vars.consent.state}` (none, given, expired, outdated or invalid),
// `{http.vars.consent.granted}` (a comma-separated list of services), `{http.vars.consent.key}` (a fragment for cache
// keys) and `{http.vars.consent.<service>}` (granted or denied).
type Handler struct {
	// Names the site in the notice and the charter. Default: the request's host.
	Site string `json:"site,omitempty"`

	// Names the organisation that is responsible for the site, in the notice and the charter. Changing the name asks every
	// visitor again. Default: the site.
	Controller *config.Controller `json:"controller,omitempty"`

	// Sets the path prefix of the module's own endpoints. Default: /_consent. Error: a path that does not start with "/",
	// ends with "/", or contains characters other than letters, digits and "/-._~".
	Path string `json:"path,omitempty"`

	// Also serves the charter at this path, with or without a trailing slash, in place of the upstream's page. Default:
	// {path}/charter only. Errors: "/", and a path below Path.
	Charter string `json:"charter,omitempty"`

	// Sets the language of the texts if neither the visitor's choice on the portal, nor the page, nor the browser names an
	// available one. Available are ar, ca, de, en, es, eu, fr, it, nl and pt, and those with texts in the templates folder.
	// Default: fr. Error: any other language.
	Language string `json:"language,omitempty"`

	// Sets how long a choice is valid before the visitor is asked again. Default: 180d. Error: more than 13 months (395d),
	// the maximum in the CNIL guidelines.
	Remember caddy.Duration `json:"remember,omitempty"`

	// Lets these cookies pass without consent, in addition to sessionid, django_language, csrftoken and
	// cookies_preferences. Each is an exact name, or a pattern with * anywhere. Default: none. Error: a pattern that would
	// match every cookie.
	Necessary []string `json:"necessary,omitempty"`

	// Lets the cookies pass that this software cannot do without when people sign in or edit, as necessary ones: ckan,
	// contao, discourse, dokuwiki, drupal, dspace, etherpad, geonetwork, ghost, gitea, gitlab, glpi, ibexa, keycloak,
	// koha, liferay, limesurvey, matomo (its own pages), mediawiki, moodle, nextcloud, odoo, ojs, phpbb, plone,
	// prestashop, redmine, roundcube, spip, typo3, udata, umap, umbraco or wordpress. Default: none. Error: any other.
	Applications []string `json:"applications,omitempty"`

	// Declares additional purposes, or changes the texts of the built-in ones (functional, statistics, embeds, marketing).
	// Default: none.
	Purposes []config.Purpose `json:"purposes,omitempty"`

	// Adds services to the catalogue from these JSON files, in the format of the module's own. They can then be declared
	// by ID alone, and are blocked while they are undeclared. A service replaces the built-in one with the same ID.
	// Default: none. Error: an invalid file, with its name and line.
	Catalogue []string `json:"catalogue,omitempty"`

	// Declares the services that need consent, 64 at most. Default: none; the notice then only informs.
	Services []config.Service `json:"services,omitempty"`

	// Sets what happens to undeclared cookies, in requests and responses: strip or pass. Default: strip.
	Undeclared string `json:"undeclared,omitempty"`

	// Sets which third-party hosts pages may load from. catalogue blocks the hosts of declared services that are not
	// granted, and of well-known services that are not declared, except those of the purpose
	// functional, such as captchas, fonts and maps. strict also adds a Content-Security-Policy that allows only the hosts
	// of granted services and those in Allow. pass blocks nothing. Default: catalogue.
	ThirdParties string `json:"third_parties,omitempty"`

	// Lets pages load from these third-party hosts: example.com or *.example.com. Hosts that a declared service lists
	// still need consent for that service. Default: none.
	Allow []string `json:"allow,omitempty"`

	// Sets whether to enforce the charter: enforce or observe. observe changes no request or response, and counts in the
	// metrics what would be done; the module's own pages remain available below Path. Default: enforce.
	Mode string `json:"mode,omitempty"`

	// Sets whether browsers report, with mode observe, which hosts pages load from: report or quiet. report adds a
	// Content-Security-Policy-Report-Only, which stops nothing, to the first ten pages and workers after a start, then to
	// ten a minute. quiet adds nothing. Default: report.
	Observe string `json:"observe,omitempty"`

	// Sets who fills the inventory with mode enforce: server or browser. With browser, each page also tells the module,
	// when the visitor leaves it, the names of its cookies, of its keys in localStorage and sessionStorage, and of the
	// hosts it loads from; the charter says so. Default: server.
	Inventory string `json:"inventory,omitempty"`

	// Sets what the request header field Sec-GPC: 1 means. honour treats it as a refusal by a visitor who has not chosen;
	// silent does the same and shows no notice; ignore has no effect. Default: honour.
	GPC string `json:"gpc,omitempty"`

	// Sets whether unsigned choices, made with the portal's own banner, are valid: accept or ignore. Default: accept.
	Native string `json:"native,omitempty"`

	// Signals the visitor's choice to tags on the page: google (Consent Mode v2, from the services whose provider is
	// Google), matomo (its consent calls, from the service that has the cookie _pk_id.*). Default: none. Error: no such
	// service is declared.
	Signals []string `json:"signals,omitempty"`

	// Sets whether pages carry a control that reopens the choice: link or off. With off, the site must provide its own.
	// Default: link.
	Manage string `json:"manage,omitempty"`

	// Sets the content coding that the upstream is asked for, for pages that the module may change. gzip, if the browser
	// accepts it: the module edits such a page without decompressing it. any: whatever the browser accepts; other codings
	// are decoded and compressed again. identity: none, for an upstream on the same machine, with an encode directive in
	// front. Default: gzip.
	PageCoding string `json:"page_coding,omitempty"`

	// Reads notice.html, manage.html, charter.html, placeholder.html, style.css, charter.css, placeholder.css, notice.js
	// and <language>.json from this folder. Files that it lacks are the module's own. Default: none. Errors: a folder that
	// cannot be read, a template that does not render.
	Templates string `json:"templates,omitempty"`

	// Sets the look of the notice and the charter. Default: that of style.css.
	Style *config.Style `json:"style,omitempty"`

	policy    *policy.Policy
	codec     *choice.Codec
	decider   *decision.Decider
	renderer  *notice.Renderer
	variants  *variant.Site
	chain     *ledger.Chain
	telemetry *telemetry.Collector
	visitor   *visitor.Handler
	watch     *observe.Watch // nil where nothing asks browsers to report
	keys      *store.Keys
	begin     func() // with the first request
	nested    func() // with the first page of another instance
	logger    *zap.Logger
}

// CaddyModule returns the Caddy module information.
func (Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.consent",
		New: func() caddy.Module { return new(Handler) },
	}
}

// Provision checks the configuration and prepares all that can be before a request
// comes: the policy, the texts, the key that signs choices. It writes nothing to the storage.
func (h *Handler) Provision(ctx caddy.Context) (err error) {
	h.logger = ctx.Logger()
	around := surroundings.Find(ctx)
	if err := around.Check(h.logger, h.endpoints().Choice(), strings.TrimSuffix(h.Charter, "/")); err != nil {
		return err
	}
	for _, name := range around.Cookies() { // Caddy's own, without which the site does not work
		if !slices.Contains(h.Necessary, name) {
			h.Necessary = append(h.Necessary, name)
		}
	}
	if err := h.compile(); err != nil {
		return err
	}
	if err := h.checkSiblings(around); err != nil {
		return err
	}
	storage := ctx.Storage()
	if err := h.readChoices(ctx, storage); err != nil {
		return err
	}
	if h.telemetry, err = telemetry.Open(ctx, h.described(), h.logger); err != nil {
		return err
	}
	if err := h.render(ctx, storage); err != nil {
		return err
	}
	h.begin = store.AtFirst(func() error {
		since, err := store.TakeForce(storage, h.keys, h.policy.Version, !h.observes())
		if err == nil {
			h.renderer.SetSince(since)
		}
		return err
	}, func(err error) {
		h.logger.Error("the signing key or the date of the policy could not be stored: check the storage", zap.Error(err))
	})
	h.nested = sync.OnceFunc(func() {
		h.logger.Warn("the upstream also runs the module, and shows the notice: declare the same services in both instances, or remove one of them")
	})
	if h.observes() && h.Observe == config.ObserveReport {
		h.watch = observe.NewWatch(csp.Watchlist(h.policy.Sources(0), h.endpoints().Report()))
	}
	if err := h.answerVisitors(storage); err != nil {
		return err
	}
	h.logger.Info("the policy is loaded", zap.String("version", h.policy.Version), zap.Int("services", len(h.policy.Services)),
		zap.String("mode", h.Mode), zap.String("third_parties", h.ThirdParties), zap.String("path", h.Path))
	return nil
}

// readChoices prepares what reads the visitor's choice, and says what it means.
func (h *Handler) readChoices(ctx context.Context, storage certmagic.Storage) (err error) {
	if h.keys, err = store.OpenKeys(ctx, storage); err != nil {
		return err
	}
	h.codec = &choice.Codec{
		Policy:       h.policy,
		Remember:     time.Duration(h.Remember),
		AcceptNative: h.Native == config.NativeAccept,
		Keys:         h.keys,
	}
	h.decider = &decision.Decider{Policy: h.policy, GPC: choice.GPC(h.GPC)}
	if h.ThirdParties == config.ThirdPartyStrict {
		h.decider.Report = h.endpoints().Report()
	}
	return h.codec.CheckSize()
}

// render prepares what is inserted into pages, and the variants of them.
func (h *Handler) render(ctx context.Context, storage certmagic.Storage) error {
	since, err := store.KnownSince(ctx, storage, h.policy.Version)
	if err != nil {
		return err
	}
	if h.renderer, err = notice.New(h.notice(since)); err != nil {
		return err
	}
	h.variants = &variant.Site{
		Policy:   h.policy,
		Decider:  h.decider,
		Blocking: blocking.New(h.policy, h.endpoints()),
		Notice:   h.renderer,
		Workers:  h.telemetry.Workers(),
		Known:    markup.NewKnown(),
		Hashed:   h.telemetry.Hashed(),
		Tag:      h.renderer.Version() + h.Manage[:1] + h.ThirdParties[:1],
		Blocks:   h.blocks(),
		Guarded:  h.blocks() || h.Undeclared == config.UndeclaredStrip || len(h.Signals) > 0 || h.tells(),
		Manages:  h.Manage == config.ManageLink,
		Trusts:   surroundings.Trusts,
	}
	return nil
}

// answerVisitors prepares the module's own addresses, and the ledger of what is chosen there.
func (h *Handler) answerVisitors(storage certmagic.Storage) (err error) {
	heads := store.OpenHeads(storage)
	if h.chain, err = store.OpenChain(heads); err != nil {
		return err
	}
	h.visitor = &visitor.Handler{
		Path:        h.endpoints(),
		CharterPath: strings.TrimSuffix(h.Charter, "/"),
		Policy:      h.policy,
		Codec:       h.codec,
		Notice:      h.renderer,
		Ledger: &ledger.Ledger{
			Logger: h.logger.Named("ledger"), Chain: h.chain, Keys: h.keys, Heads: heads, Failed: h.telemetry.LedgerFailed, Unkept: h.telemetry.HeadUnkept,
		},
		Decider:  h.decider,
		Chosen:   h.telemetry.Chosen,
		Reported: h.telemetry.Reported,
		Trusts:   surroundings.Trusts,
	}
	if h.tells() {
		h.visitor.Told = h.telemetry.Told
	}
	return nil
}

// checkSiblings refuses a second directive that would answer at the same addresses, for another policy: no choice
// would hold at both.
func (h *Handler) checkSiblings(around surroundings.Surroundings) error {
	for _, handler := range around.Before() {
		if other, ok := handler.(*Handler); ok && other.Path == h.Path && other.policy.Version != h.policy.Version {
			return fmt.Errorf("another consent directive of this site already answers at %s with a different policy: "+
				"give this one a path of its own", h.Path)
		}
	}
	return nil
}

// compile fills in the defaults, validates, and makes the policy, for Caddyfiles, JSON and commands alike.
func (h *Handler) compile() (err error) {
	h.setDefaults()
	if err := h.Validate(); err != nil {
		return err
	}
	known, err := policy.With(h.Catalogue...)
	if err != nil {
		return err
	}
	applications, err := policy.ApplicationCookies(h.Applications)
	if err != nil {
		return err
	}
	if h.policy, err = policy.New(h.declaration(known, applications)); err != nil {
		return err
	}
	if err := h.guard().Check(h.policy); err != nil {
		return &policy.Error{Where: "signals", Err: err}
	}
	if h.ThirdParties == config.ThirdPartyStrict {
		return h.policy.CheckSources()
	}
	return nil
}

// describe reads the configuration of a handler for the commands, which run without a server.
func describe(handler json.RawMessage) (commands.Declared, error) {
	h := new(Handler)
	if err := json.Unmarshal(handler, h); err != nil {
		return commands.Declared{}, err
	}
	if err := h.compile(); err != nil {
		return commands.Declared{}, err
	}
	return commands.Declared{Site: h.described(), Notice: h.notice(time.Time{})}, nil
}

// described is what operators see of the handler.
func (h *Handler) described() *telemetry.Site {
	return &telemetry.Site{Name: h.Site, Mode: h.Mode, Path: h.Path, Undeclared: h.Undeclared, ThirdParties: h.ThirdParties, Policy: h.policy}
}

// notice says how what visitors see is rendered.
func (h *Handler) notice(since time.Time) notice.Options {
	return notice.Options{
		Policy:    h.policy,
		Path:      h.endpoints(),
		Charter:   cmp.Or(h.Charter, h.endpoints().Charter()),
		Language:  h.Language,
		Remember:  time.Duration(h.Remember),
		Manage:    h.Manage == config.ManageLink,
		Guard:     h.guard(),
		Templates: h.Templates,
		Style:     h.Style.Of(),
		Since:     since,
	}
}

// Cleanup gives back what outlives a reload.
func (h *Handler) Cleanup() (err error) {
	if h.telemetry != nil {
		err = h.telemetry.Close()
	}
	if h.chain != nil {
		err = errors.Join(err, store.CloseChain())
	}
	return err
}

// tells tells whether pages tell of the names that they hold. Where the module only observes, no page has its script.
func (h *Handler) tells() bool { return h.Inventory == config.InventoryBrowser && !h.observes() }

// guard is what the guard holds back.
func (h *Handler) guard() notice.Guard {
	guard := notice.Guard{
		Requests: h.blocks(),
		Strict:   h.ThirdParties == config.ThirdPartyStrict,
		GPC:      h.GPC != string(choice.IgnoreGPC),
		Google:   slices.Contains(h.Signals, config.SignalGoogle),
		Matomo:   slices.Contains(h.Signals, config.SignalMatomo),
	}
	if h.tells() {
		guard.Tells = h.endpoints().Inventory()
	}
	return guard
}

// endpoints are the addresses that the module answers itself.
func (h *Handler) endpoints() endpoint.Prefix {
	return cmp.Or(endpoint.Prefix(h.Path), endpoint.Default)
}

// blocks tells whether pages must not load from all hosts.
func (h *Handler) blocks() bool { return h.ThirdParties != config.ThirdPartyPass }

func (h *Handler) setDefaults() {
	h.Path = string(h.endpoints())
	h.Language = cmp.Or(h.Language, "fr")
	h.Remember = cmp.Or(h.Remember, caddy.Duration(180*24*time.Hour))
	for _, option := range h.options() {
		option.SetDefault()
	}
}

// options are those that take one of a few words, the default first.
func (h *Handler) options() []config.Option {
	return []config.Option{
		{Name: "undeclared", Value: &h.Undeclared, Words: []string{config.UndeclaredStrip, config.UndeclaredPass}},
		{Name: "third_parties", Value: &h.ThirdParties, Words: []string{config.ThirdPartyCatalogue, config.ThirdPartyStrict, config.ThirdPartyPass}},
		{Name: "mode", Value: &h.Mode, Words: []string{config.ModeEnforce, config.ModeObserve}},
		{Name: "observe", Value: &h.Observe, Words: []string{config.ObserveReport, config.ObserveQuiet}},
		{Name: "inventory", Value: &h.Inventory, Words: []string{config.InventoryServer, config.InventoryBrowser}},
		{Name: "gpc", Value: &h.GPC, Words: []string{string(choice.HonourGPC), string(choice.SilentGPC), string(choice.IgnoreGPC)}},
		{Name: "native", Value: &h.Native, Words: []string{config.NativeAccept, config.NativeIgnore}},
		{Name: "manage", Value: &h.Manage, Words: []string{config.ManageLink, config.ManageOff}},
		{Name: "page_coding", Value: &h.PageCoding, Words: []string{config.CodingGzip, config.CodingAny, config.CodingIdentity}},
	}
}

// Validate finds what is wrong with single options; policy.New finds what is wrong with what they declare together.
func (h *Handler) Validate() error {
	raw, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := config.RefusePlaceholder(string(raw)); err != nil {
		return err
	}
	for _, option := range h.options() {
		if err := option.Check(); err != nil {
			return err
		}
	}
	if h.Templates == "" && h.Language != "" {
		if err := notice.CheckLanguage(h.Language); err != nil {
			return err
		}
	}
	return cmp.Or(
		h.Controller.Check(),
		config.CheckWords("signals", h.Signals, config.SignalGoogle, config.SignalMatomo),
		config.CheckPaths(h.endpoints(), h.Charter),
		config.CheckRemember(time.Duration(h.Remember)),
		h.Style.Of().Check(),
	)
}

// declaration is what the configuration declares, with the catalogue's facts where it has none of its own.
func (h *Handler) declaration(known *policy.Catalogue, applications []policy.Pattern) policy.Declaration {
	return policy.Declaration{
		Site:           h.Site,
		Controller:     h.Controller.Declared(),
		Necessary:      append(config.Patterns(h.Necessary), applications...),
		Purposes:       config.DeclaredPurposes(h.Purposes),
		Services:       config.DeclaredServices(h.Services, known),
		Allow:          config.Patterns(h.Allow),
		Catalogue:      known,
		PassUndeclared: h.Undeclared == config.UndeclaredPass,
	}
}

// parseCaddyfile makes the route of a directive. Whatever its matcher, the module's own addresses come to it.
func parseCaddyfile(helper httpcaddyfile.Helper) ([]httpcaddyfile.ConfigValue, error) {
	if !helper.Next() {
		return nil, helper.ArgErr()
	}
	matcher, err := helper.ExtractMatcherSet()
	if err != nil {
		return nil, err
	}
	h := new(Handler)
	if err := h.UnmarshalCaddyfile(helper.Dispenser); err != nil {
		return nil, err
	}
	return config.AlsoAt(helper.NewRoute(matcher, h), endpoint.Pattern(h.endpoints(), h.Charter, h.GPC != string(choice.IgnoreGPC))), nil
}

// UnmarshalCaddyfile sets up the handler from Caddyfile tokens. Every line is
// optional; docs/reference.md explains each.
//
//	consent [<matcher>] {
//		site          <name>
//		controller    <name> [<url or e-mail>]
//		path          <prefix>
//		charter       <path>
//		language      <tag>
//		remember      <duration>
//		necessary     <cookie pattern>...
//		application   <id>...
//		purpose <id> {
//			title       [<lang>] <text>
//			description [<lang>] <text>
//		}
//		catalogue     <file>...
//		service <id> {
//			name        <text>
//			provider    <name> [<url>]
//			purpose     <id>
//			cookies     <pattern>...
//			hosts       <pattern>...
//			paths       <pattern>...
//			storage     <pattern>...
//			inline      <literal>...
//			lifetime    <duration>
//			description [<lang>] <text>
//			exempt
//		}
//		undeclared    strip|pass
//		third_parties catalogue|strict|pass
//		allow         <host pattern>...
//		mode          enforce|observe
//		observe       report|quiet
//		inventory     server|browser
//		gpc           honour|silent|ignore
//		native        accept|ignore
//		signals       [google] [matomo]
//		manage        link|off
//		page_coding   gzip|any|identity
//		templates     <dir>
//		style {
//			position bottom|top|corner
//			control  bottom-start|bottom-end|top-start|top-end
//			accent   <colour> [<dark colour>]
//			text     <colour> [<dark colour>]
//			surface  <colour> [<dark colour>]
//			font     <family>...
//			radius   <length>
//		}
//	}
func (h *Handler) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the directive itself
	if d.NextArg() {
		return d.Errf("consent takes a matcher and a block: %q is neither", d.Val())
	}
	for words := *d; words.Next(); { // of a copy
		if err := config.RefusePlaceholder(words.Val()); err != nil {
			return words.WrapErr(err)
		}
	}
	b := config.NewBlock(d)
	err := b.Read(map[string]func() error{
		"site":          b.Text(&h.Site),
		"controller":    b.Controller(&h.Controller),
		"path":          b.Text(&h.Path),
		"charter":       b.Text(&h.Charter),
		"language":      b.LanguageTag(&h.Language),
		"remember":      b.Duration(&h.Remember),
		"necessary":     b.List(&h.Necessary),
		"application":   b.List(&h.Applications),
		"purpose":       b.Purpose(&h.Purposes),
		"catalogue":     b.List(&h.Catalogue),
		"service":       b.Service(&h.Services),
		"undeclared":    b.Text(&h.Undeclared),
		"third_parties": b.Text(&h.ThirdParties),
		"allow":         b.List(&h.Allow),
		"mode":          b.Text(&h.Mode),
		"observe":       b.Text(&h.Observe),
		"inventory":     b.Text(&h.Inventory),
		"gpc":           b.Text(&h.GPC),
		"native":        b.Text(&h.Native),
		"signals":       b.List(&h.Signals),
		"manage":        b.Text(&h.Manage),
		"page_coding":   b.Text(&h.PageCoding),
		"templates":     b.Text(&h.Templates),
		"style":         b.Style(&h.Style),
	})
	if err != nil {
		return err
	}
	checked := *h // the defaults stay out of the configuration
	if err := checked.compile(); err != nil {
		return b.Located(err)
	}
	return nil
}

var (
	_ caddy.Provisioner           = (*Handler)(nil)
	_ caddy.Validator             = (*Handler)(nil)
	_ caddy.CleanerUpper          = (*Handler)(nil)
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
	_ caddyfile.Unmarshaler       = (*Handler)(nil)
)
