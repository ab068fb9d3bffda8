// Package consent is a Caddy module that makes a website keep its cookie charter: it lets through only the cookies that
// the charter declares necessary until the visitor has chosen otherwise, and asks for that choice.
//
// It is the handler http.handlers.consent and the Caddyfile directive consent. Build it into Caddy with xcaddy, put the
// directive into a site, and declare what the charter declares:
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
// A request's Cookie field loses what the visitor has not granted, before it goes upstream. The response's Set-Cookie
// lines are filtered by the same rules, early, late and in trailers. A page gets the notice until there is a choice; what
// it would load from a denied service is withheld by the server as the page streams through, and in the browser by a
// script, the guard. Each choice is an entry of a sealed ledger. Where a page cannot be rewritten safely it passes as it is,
// but for its cookies, and a counter and a log line say so.
//
// Begin with "mode observe", which changes nothing and tells what would be done. docs/operating.md leads through an
// installation, docs/reference.md explains each option, docs/enforcement.md says what is enforced where and what
// is not, and docs/development.md where things are.
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
	"github.com/caddy-consent/caddy-consent/internal/decision"
	"github.com/caddy-consent/caddy-consent/internal/endpoint"
	"github.com/caddy-consent/caddy-consent/internal/ledger"
	"github.com/caddy-consent/caddy-consent/internal/notice"
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

// Handler makes the site behind it keep its cookie charter. It strips every Set-Cookie that is not declared necessary
// or granted by the visitor, sends only such cookies upstream, and shows a notice on pages until the visitor has
// chosen. Without any option it keeps the charter of an Opendatasoft portal: the cookies sessionid, django_language,
// csrftoken and cookies_preferences.
//
// It sets the placeholders `{http.vars.consent.state}` (none, given, expired, outdated or invalid),
// `{http.vars.consent.granted}` (a comma-separated list of services), `{http.vars.consent.key}` (a fragment for cache
// keys) and `{http.vars.consent.<service>}` (granted or denied).
type Handler struct {
	// Names the site in the notice and the charter. Default: the request's host.
	Site string `json:"site,omitempty"`

	// Names who answers for the site, in the notice and the charter. A new name asks every visitor again. Default: the
	// site.
	Controller *config.Controller `json:"controller,omitempty"`

	// Sets the prefix of the URLs that the module answers itself. Default: /_consent.
	Path string `json:"path,omitempty"`

	// Serves the charter at this path too, instead of the upstream's page, with and without a slash at the end.
	// Default: at {path}/charter only.
	Charter string `json:"charter,omitempty"`

	// Sets the language of the texts where neither the visitor's choice on the portal, nor the page, nor the browser
	// names one that there is: ar, ca, de, en, es, eu, fr, it, nl, pt, or one that the templates folder has texts in.
	// Default: fr.
	Language string `json:"language,omitempty"`

	// Sets how long a choice is valid before the visitor is asked again; 13 months (395d) at most (CNIL guidelines).
	// Default: 180d.
	Remember caddy.Duration `json:"remember,omitempty"`

	// Lets these cookies pass without consent, besides sessionid, django_language, csrftoken and cookies_preferences:
	// names, exact or with * anywhere. Default: none.
	Necessary []string `json:"necessary,omitempty"`

	// Declares purposes of the operator's own, or gives the built-in ones (functional, statistics, embeds, marketing)
	// other texts. Default: none.
	Purposes []config.Purpose `json:"purposes,omitempty"`

	// Adds well-known services from these JSON files, in the format of the module's own catalogue. They can be declared
	// by their ids alone, and are blocked while nobody declares them. One whose id the catalogue has already replaces
	// that. Default: none.
	Catalogue []string `json:"catalogue,omitempty"`

	// Declares the services that need consent. Default: none; then the notice only informs.
	Services []config.Service `json:"services,omitempty"`

	// Says what becomes of cookies that no declaration covers, in both directions: strip or pass. Default: strip.
	Undeclared string `json:"undeclared,omitempty"`

	// Says which third-party hosts pages may load from. catalogue: not from those of services that are not granted, nor
	// from those of well-known services that are not declared, but for captchas, fonts, maps and the like. strict:
	// besides, from no host that is neither a granted service's nor under allow, by a Content-Security-Policy. pass:
	// from all. Default: catalogue.
	ThirdParties string `json:"third_parties,omitempty"`

	// Lets pages load from these third-party hosts, which the site needs: example.com or *.example.com. What a
	// declared service lists stays its own. Default: none.
	Allow []string `json:"allow,omitempty"`

	// Says whether to enforce the charter or only to observe what would be done: enforce or observe. observe changes
	// nothing that passes, and counts in the metrics what would be done; the module's own pages can be looked at under
	// the path. Default: enforce.
	Mode string `json:"mode,omitempty"`

	// Says what the request header Sec-GPC: 1 means: honour counts it as refusal of a visitor who has not chosen,
	// silent does so and shows no notice, ignore does nothing. Default: honour.
	GPC string `json:"gpc,omitempty"`

	// Says whether choices that the portal's own banner wrote, which carry no signature, are valid: accept or ignore.
	// Default: accept.
	Native string `json:"native,omitempty"`

	// Tells the visitor's choice to tags on the page: google (Consent Mode v2, by the services whose provider is
	// Google), matomo (its consent calls, by the service that has the cookie _pk_id.*). Default: none.
	Signals []string `json:"signals,omitempty"`

	// Says whether pages carry a control to come back to the choice: link or off. With off, the site must link to the
	// charter itself. Default: link.
	Manage string `json:"manage,omitempty"`

	// Says in which coding the upstream is asked for pages that may get something inserted: gzip where the browser
	// accepts it, since such a page is edited as it is compressed; any that the browser accepts, at the price of
	// decoding and compressing it again; identity, for an upstream on the same machine and an encode directive in
	// front. Default: gzip.
	PageCoding string `json:"page_coding,omitempty"`

	// Takes notice.html, manage.html, charter.html, placeholder.html, style.css, charter.css, placeholder.css,
	// notice.js and <language>.json from this folder where it has them, instead of the module's own. Default: none.
	Templates string `json:"templates,omitempty"`

	// Sets the look of the notice and the charter. Default: as style.css has it.
	Style *config.Style `json:"style,omitempty"`

	policy    *policy.Policy
	codec     *choice.Codec
	decider   *decision.Decider
	renderer  *notice.Renderer
	variants  *variant.Site
	chain     *ledger.Chain
	telemetry *telemetry.Collector
	visitor   *visitor.Handler
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
	}, func(err error) { h.logger.Error("the storage does not keep what it should", zap.Error(err)) })
	h.nested = sync.OnceFunc(func() {
		h.logger.Warn("pages come from another instance of the module behind this one, which shows the notice: declare the same in both, or leave one out")
	})
	return h.answerVisitors(storage)
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
		Tag:      h.renderer.Version() + h.Manage[:1] + h.ThirdParties[:1],
		Blocks:   h.blocks(),
		Guarded:  h.blocks() || h.Undeclared == config.UndeclaredStrip || len(h.Signals) > 0,
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
		Ledger:      &ledger.Ledger{Logger: h.logger.Named("ledger"), Chain: h.chain, Keys: h.keys, Heads: heads, Failed: h.telemetry.LedgerFailed},
		Decider:     h.decider,
		Chosen:      h.telemetry.Chosen,
		Reported:    h.telemetry.Reported,
		Trusts:      surroundings.Trusts,
	}
	return nil
}

// checkSiblings refuses a second directive that would answer at the same addresses, for another policy: no choice
// would hold at both.
func (h *Handler) checkSiblings(around surroundings.Surroundings) error {
	for _, handler := range around.Before() {
		if other, ok := handler.(*Handler); ok && other.Path == h.Path && other.policy.Version != h.policy.Version {
			return fmt.Errorf("another consent directive of this site answers at %s already, and declares other services: "+
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
	if h.policy, err = policy.New(h.declaration(known)); err != nil {
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

// guard is what the guard holds back.
func (h *Handler) guard() notice.Guard {
	return notice.Guard{
		Requests: h.blocks(),
		Strict:   h.ThirdParties == config.ThirdPartyStrict,
		GPC:      h.GPC != string(choice.IgnoreGPC),
		Google:   slices.Contains(h.Signals, config.SignalGoogle),
		Matomo:   slices.Contains(h.Signals, config.SignalMatomo),
	}
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
	return cmp.Or(
		config.CheckWords("signals", h.Signals, config.SignalGoogle, config.SignalMatomo),
		config.CheckPaths(h.endpoints(), h.Charter),
		config.CheckRemember(time.Duration(h.Remember)),
		h.Style.Of().Check(),
	)
}

// declaration is what the configuration declares, with the catalogue's facts where it has none of its own.
func (h *Handler) declaration(known *policy.Catalogue) policy.Declaration {
	return policy.Declaration{
		Site:           h.Site,
		Controller:     h.Controller.Declared(),
		Necessary:      config.Patterns(h.Necessary),
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
// optional; README.md tells what each does.
//
//	consent [<matcher>] {
//		site          <name>
//		controller    <name> [<url or e-mail>]
//		path          <prefix>
//		charter       <path>
//		language      <tag>
//		remember      <duration>
//		necessary     <cookie pattern>...
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
//			inline      <literal>...
//			lifetime    <duration>
//			description [<lang>] <text>
//			exempt
//		}
//		undeclared    strip|pass
//		third_parties catalogue|strict|pass
//		allow         <host pattern>...
//		mode          enforce|observe
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
		return d.ArgErr()
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
		"purpose":       b.Purpose(&h.Purposes),
		"catalogue":     b.List(&h.Catalogue),
		"service":       b.Service(&h.Services),
		"undeclared":    b.Text(&h.Undeclared),
		"third_parties": b.Text(&h.ThirdParties),
		"allow":         b.List(&h.Allow),
		"mode":          b.Text(&h.Mode),
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
