// Package consent is a Caddy module that makes a website keep its cookie charter:
// it lets through only the cookies that the charter declares necessary until the
// visitor has chosen otherwise, and asks for that choice.
package consent

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
	"golang.org/x/text/language"

	"github.com/caddy-consent/caddy-consent/internal/blocking"
	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/commands"
	"github.com/caddy-consent/caddy-consent/internal/ledger"
	"github.com/caddy-consent/caddy-consent/internal/notice"
	"github.com/caddy-consent/caddy-consent/internal/policy"
	"github.com/caddy-consent/caddy-consent/internal/store"
	"github.com/caddy-consent/caddy-consent/internal/surroundings"
	"github.com/caddy-consent/caddy-consent/internal/telemetry"
	"github.com/caddy-consent/caddy-consent/internal/variant"
	"github.com/caddy-consent/caddy-consent/internal/verdict"
	"github.com/caddy-consent/caddy-consent/internal/visitor"
)

func init() {
	caddy.RegisterModule(Handler{})
	httpcaddyfile.RegisterDirective("consent", parseCaddyfile)
	httpcaddyfile.RegisterDirectiveOrder("consent", httpcaddyfile.After, "encode")
	commands.Commands{Declare: declared}.Register()
}

// Handler makes the site behind it keep its cookie charter. It strips every
// Set-Cookie that is not declared necessary or granted by the visitor, sends only
// such cookies upstream, and shows a notice on pages until the visitor has chosen.
// Without any option it keeps the charter of an Opendatasoft portal: the cookies
// sessionid, django_language, csrftoken and cookies_preferences.
//
// It sets the placeholders `{http.vars.consent.state}` (none, given, expired,
// outdated or invalid), `{http.vars.consent.granted}` (a comma-separated list of
// services), `{http.vars.consent.key}` (a fragment for cache keys) and
// `{http.vars.consent.<service>}` (granted or denied).
type Handler struct {
	// Names the site in the notice and the charter. Default: the request's host.
	Site string `json:"site,omitempty"`

	// Names who answers for the site, in the notice and the charter. A new name
	// asks every visitor again. Default: the site.
	Controller *Controller `json:"controller,omitempty"`

	// Sets the prefix of the URLs that the module answers itself. Default: /_consent.
	Path string `json:"path,omitempty"`

	// Serves the charter at this path too, instead of the upstream's page, with and
	// without a slash at the end. Default: at {path}/charter only.
	Charter string `json:"charter,omitempty"`

	// Sets the language of the texts where neither the visitor's choice on the portal, nor
	// the page, nor the browser names one that there is: ar, ca, de, en, es, eu, fr, it, nl,
	// pt, or one that the templates folder has texts in. Default: fr.
	Language string `json:"language,omitempty"`

	// Sets how long a choice is valid before the visitor is asked again; 13 months
	// (395d) at most (CNIL guidelines). Default: 180d.
	Remember caddy.Duration `json:"remember,omitempty"`

	// Lets these cookies pass without consent, besides sessionid, django_language,
	// csrftoken and cookies_preferences: names, exact or with * anywhere. Default:
	// none.
	Necessary []string `json:"necessary,omitempty"`

	// Declares purposes of the operator's own, or gives the built-in ones
	// (functional, statistics, embeds, marketing) other texts. Default: none.
	Purposes []Purpose `json:"purposes,omitempty"`

	// Declares the services that need consent. Default: none; then the notice only
	// informs.
	Services []Service `json:"services,omitempty"`

	// Says what becomes of cookies that no declaration covers, in both directions:
	// strip or pass. Default: strip.
	Undeclared string `json:"undeclared,omitempty"`

	// Says which third-party hosts pages may load from. catalogue: not from those of services
	// that are not granted, nor from those of well-known services that are not declared, but
	// for captchas, fonts and maps. strict: besides, from no host that is neither a granted
	// service's nor under allow, by a Content-Security-Policy. pass: from all. Default: catalogue.
	ThirdParties string `json:"third_parties,omitempty"`

	// Lets pages load from these third-party hosts, which the site needs: example.com or
	// *.example.com. What a declared service lists stays its own. Default: none.
	Allow []string `json:"allow,omitempty"`

	// Says whether to enforce the charter or only to observe what would be done:
	// enforce or observe. observe changes nothing that passes, and counts in the metrics what
	// would be done; the module's own pages can be looked at under the path. Default: enforce.
	Mode string `json:"mode,omitempty"`

	// Says what the request header Sec-GPC: 1 means: honour counts it as refusal of a
	// visitor who has not chosen, silent does so and shows no notice, ignore does
	// nothing. Default: honour.
	GPC string `json:"gpc,omitempty"`

	// Says whether choices that the portal's own banner wrote, which carry no
	// signature, are valid: accept or ignore. Default: accept.
	Native string `json:"native,omitempty"`

	// Tells the visitor's choice to tags on the page: google (Consent Mode v2, by the services
	// whose provider is Google), matomo (its consent calls, by the service that has the cookie
	// _pk_id.*). Default: none.
	Signals []string `json:"signals,omitempty"`

	// Says whether pages carry a control to come back to the choice: link or off.
	// With off, the site must link to the charter itself. Default: link.
	Manage string `json:"manage,omitempty"`

	// Says in which coding the upstream is asked for pages that may get something inserted: gzip where the
	// browser accepts it, since such a page is edited as it is compressed; any that the browser accepts, at the
	// price of decoding and compressing it again; identity, for an upstream on the same machine and an encode
	// directive in front. Default: gzip.
	PageCoding string `json:"page_coding,omitempty"`

	// Takes notice.html, manage.html, charter.html, placeholder.html, style.css, charter.css,
	// placeholder.css, notice.js and <language>.json from this folder where it has them, instead of the module's own.
	// Default: none.
	Templates string `json:"templates,omitempty"`

	// Sets the look of the notice and the charter. Default: as style.css has it.
	Style *Style `json:"style,omitempty"`

	policy    *policy.Policy
	book      *choice.Book
	judge     *verdict.Judge
	renderer  *notice.Renderer
	variants  *variant.Site
	site      *telemetry.Site
	chain     *ledger.Chain
	telemetry *telemetry.Collector
	visitor   *visitor.Handler
	keys      *store.Keys
	begin     func() // with the first request
	inARow    func() // with the first page of another instance
	logger    *zap.Logger
}

// Controller is who answers for the site.
type Controller struct {
	// Names the controller as visitors know it.
	Name string `json:"name,omitempty"`
	// Tells visitors where to write: a URL or an e-mail address. Default: none.
	Contact string `json:"contact,omitempty"`
}

// Purpose is what services are for.
type Purpose struct {
	// Identifies the purpose: lower-case letters, digits, "-" and "_".
	ID string `json:"id"`
	// Names the purpose, by language tag; the key "" is for all other languages.
	Title map[string]string `json:"title,omitempty"`
	// Describes it in a sentence, by language tag as the title. Default: none.
	Description map[string]string `json:"description,omitempty"`
}

// Service is one provider's tool, the unit of consent. Where the catalogue knows its
// id, what is left out is taken from there.
type Service struct {
	// Identifies the service in the visitor's choice: lower-case letters, digits, "-"
	// and "_".
	ID string `json:"id"`
	// Names the service. Default: the id.
	Name string `json:"name,omitempty"`
	// Names who makes the service; another name asks every visitor again. Default:
	// the service's name.
	Provider string `json:"provider,omitempty"`
	// Links to the provider. Default: none.
	ProviderURL string `json:"provider_url,omitempty"`
	// Says what the service is for: functional, statistics, embeds, marketing or a
	// declared purpose.
	Purpose string `json:"purpose,omitempty"`
	// Lists the names of its cookies, exact or with * anywhere. They replace the
	// catalogue's.
	Cookies []string `json:"cookies,omitempty"`
	// Lists the hosts that it is loaded from or sends to: example.com or *.example.com, which
	// is every name below. They replace the catalogue's.
	Hosts []string `json:"hosts,omitempty"`
	// Lists literals, of 4 characters or more: an inline script that holds one is the
	// service's. They replace the catalogue's.
	Inline []string `json:"inline,omitempty"`
	// Shortens the life of its cookies to this, counted from the visitor's choice.
	// Default: as the service sets them.
	Lifetime caddy.Duration `json:"lifetime,omitempty"`
	// Describes the service in a sentence, by language tag; the key "" is for all
	// other languages. Default: the purpose's title.
	Description map[string]string `json:"description,omitempty"`
	// Turns the service on unless the visitor refuses it: audience measurement that
	// the law exempts from consent. Its cookies live 13 months at most. Default: false.
	Exempt bool `json:"exempt,omitempty"`
}

// Style is the look of the notice and the charter. Colours are hexadecimal: #rgb or
// #rrggbb, or without the #. It is an error where accent or text has a contrast of less than 4.5 with the
// surface, in the light or in the dark, after the defaults are filled in (WCAG 2.2,
// 1.4.3).
type Style struct {
	// Places the notice: bottom or top, in the middle of that edge, or corner.
	// Default: bottom.
	Position string `json:"position,omitempty"`
	// Colours buttons, with black or white on them, whichever has more contrast, and
	// links. Default: #0b4f8a.
	Accent string `json:"accent,omitempty"`
	// Colours them for visitors who prefer a dark scheme. Default: #9ccbff, also where
	// the light one is given.
	AccentDark string `json:"accent_dark,omitempty"`
	// Colours text; secondary text and lines follow. Default: #16202c.
	Text string `json:"text,omitempty"`
	// Colours it in a dark scheme. Default: #edf2f7, also where the light one is given.
	TextDark string `json:"text_dark,omitempty"`
	// Colours the background. Default: #fff.
	Surface string `json:"surface,omitempty"`
	// Colours it in a dark scheme. Default: #17202b, also where the light one is given.
	SurfaceDark string `json:"surface_dark,omitempty"`
	// Lists the fonts by preference, as letters, digits, spaces and hyphens: families
	// that visitors have or the site loads, or generic ones such as sans-serif. Without
	// a generic one the system's stand behind them. Default: the system's.
	Font []string `json:"font,omitempty"`
	// Rounds the corners by this length: 0, or a number of px (40 at most), rem or em
	// (2.5 at most). Default: 10px.
	Radius string `json:"radius,omitempty"`
}

// defaultPath is the prefix of the module's own addresses.
const defaultPath = "/_consent"

// The words that options take.
const (
	undeclaredStrip     = "strip"
	undeclaredPass      = "pass"
	thirdPartyCatalogue = "catalogue"
	thirdPartyStrict    = "strict"
	thirdPartyPass      = "pass"
	modeEnforce         = "enforce"
	modeObserve         = "observe"
	nativeAccept        = "accept"
	nativeIgnore        = "ignore"
	manageLink          = "link"
	manageOff           = "off"
	codingGzip          = "gzip"
	codingAny           = "any"
	codingIdentity      = "identity"
)

// CaddyModule returns the Caddy module information.
func (Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.consent",
		New: func() caddy.Module { return new(Handler) },
	}
}

// Provision checks the configuration and prepares all that can be before a request
// comes: the policy, the texts, the key that signs choices. It writes nothing to the storage.
func (h *Handler) Provision(ctx caddy.Context) error {
	h.logger = ctx.Logger()
	around := surroundings.Find(ctx)
	if err := h.lookAround(around); err != nil {
		return err
	}
	if err := h.declare(); err != nil {
		return err
	}
	if err := h.checkSiblings(around); err != nil {
		return err
	}
	var err error
	storage := ctx.Storage()
	if h.keys, err = store.OpenKeys(ctx, storage); err != nil {
		return err
	}
	h.inARow = sync.OnceFunc(func() {
		h.logger.Warn("pages come from another instance of the module behind this one, which shows the notice: declare the same in both, or leave one out")
	})
	h.begin = store.AtFirst(func() error {
		since, err := store.TakeForce(storage, h.keys, h.policy.Version, !h.observes())
		if err == nil {
			h.renderer.InForce(since)
		}
		return err
	}, func(err error) { h.logger.Error("the storage does not keep what it should", zap.Error(err)) })
	h.book = &choice.Book{
		Policy:       h.policy,
		Remember:     time.Duration(h.Remember),
		AcceptNative: h.Native == nativeAccept,
		Keys:         h.keys,
	}
	if err := h.book.CheckSize(); err != nil {
		return err
	}
	if err := h.openToOperators(ctx); err != nil {
		return err
	}
	h.judge = &verdict.Judge{Policy: h.policy, GPC: choice.GPC(h.GPC)}
	if h.ThirdParties == thirdPartyStrict {
		h.judge.Report = h.Path + "/report"
	}
	since, err := store.KnownSince(ctx, storage, h.policy.Version)
	if err != nil {
		return err
	}
	if h.renderer, err = notice.New(h.notice(since)); err != nil {
		return err
	}
	h.variants = &variant.Site{
		Policy:   h.policy,
		Judge:    h.judge,
		Blocking: blocking.New(h.policy, h.Path),
		Notice:   h.renderer,
		Workers:  h.site.Workers,
		Tag:      h.renderer.Version() + h.Manage[:1] + h.ThirdParties[:1],
		Blocks:   h.blocks(),
		Guarded:  h.blocks() || h.Undeclared == undeclaredStrip || len(h.Signals) > 0,
		Manages:  h.Manage == manageLink,
		Trusts:   trusts,
	}
	heads := store.OpenHeads(storage)
	if h.chain, err = store.OpenChain(heads); err != nil {
		return err
	}
	h.visitor = &visitor.Handler{
		Path:        h.Path,
		CharterPath: strings.TrimSuffix(h.Charter, "/"),
		Policy:      h.policy,
		Book:        h.book,
		Notice:      h.renderer,
		Ledger:      &ledger.Ledger{Logger: h.logger.Named("ledger"), Chain: h.chain, Keys: h.keys, Heads: heads, Failed: h.ledgerFailed},
		GPC:         h.judge.GPC,
		Chosen:      h.telemetry.Chosen,
		Reported:    h.reported,
		Trusts:      trusts,
	}
	return nil
}

// lookAround finds what stands around the handler and would keep it from its work.
func (h *Handler) lookAround(around surroundings.Surroundings) error {
	for _, path := range []string{cmp.Or(h.Path, defaultPath) + "/choice", strings.TrimSuffix(h.Charter, "/")} {
		if err := around.Reach(path); path != "" && err != nil {
			return err
		}
	}
	if overwritten := around.Overwritten("Cache-Control", "Content-Security-Policy", "Etag", "Link", "Set-Cookie", "Vary"); len(overwritten) > 0 {
		h.logger.Warn("a header directive of this site is deferred, and overwrites what the module writes: put these fields into a header directive of their own, without a field that is removed or set late, or into header_down of reverse_proxy",
			zap.Strings("fields", overwritten))
	}
	for _, name := range around.Cookies() { // Caddy's own, without which the site does not work
		if !slices.Contains(h.Necessary, name) {
			h.Necessary = append(h.Necessary, name)
		}
	}
	return nil
}

// checkSiblings refuses a second directive that would answer at the same addresses, for another policy: no choice
// would hold at both.
func (h *Handler) checkSiblings(around surroundings.Surroundings) error {
	for _, handler := range around.Before() {
		if other, ok := handler.(*Handler); ok && other.Path == h.Path && other.policy.Version != h.policy.Version {
			return fmt.Errorf("another consent directive of this site answers at %s already, and declares other services: give this one a path of its own", h.Path)
		}
	}
	return nil
}

// declare checks the configuration and makes the policy of it.
func (h *Handler) declare() (err error) {
	h.setDefaults()
	if err := h.check(); err != nil {
		return err
	}
	if h.policy, err = policy.New(h.declaration()); err != nil {
		return err
	}
	return h.checkPolicy(h.policy)
}

// declared reads the configuration of a handler for the commands, which run without a server.
func declared(config json.RawMessage) (commands.Declared, error) {
	h := new(Handler)
	if err := json.Unmarshal(config, h); err != nil {
		return commands.Declared{}, err
	}
	if err := h.declare(); err != nil {
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
		Path:      h.Path,
		Charter:   cmp.Or(h.Charter, h.Path+"/charter"),
		Language:  h.Language,
		Remember:  time.Duration(h.Remember),
		Manage:    h.Manage == manageLink,
		Guard:     h.guard(),
		Templates: h.Templates,
		Style:     h.style(),
		Since:     since,
	}
}

// openToOperators makes what the site does visible: metrics, inventory, events.
func (h *Handler) openToOperators(ctx caddy.Context) error {
	metrics, err := telemetry.NewMetrics(ctx.GetMetricsRegistry(), h.policy)
	if err != nil {
		return err
	}
	events, err := telemetry.OpenEvents(ctx)
	if err != nil {
		return err
	}
	site := h.described()
	if err := site.Open(); err != nil {
		return err
	}
	h.site = site
	h.telemetry = telemetry.NewCollector(metrics, site, events, h.logger)
	return nil
}

// ledgerFailed says aloud that a choice has no record, or that the next chain may not find this one's end.
func (h *Handler) ledgerFailed(err error) {
	h.telemetry.Metrics.LedgerErrors.Inc()
	h.logger.Error("the ledger failed", zap.Error(err))
}

// reported takes note of a host that a browser says a policy has stopped.
func (h *Handler) reported(host string, party policy.Party, path string) {
	sighting := telemetry.Recorder{Collector: h.telemetry, Path: path, Time: time.Now()}
	sighting.Reported(host, party)
}

// Cleanup gives back what outlives a reload.
func (h *Handler) Cleanup() error {
	var siteErr, chainErr error
	if h.site != nil {
		siteErr = h.site.Close()
	}
	if h.chain != nil {
		chainErr = store.CloseChain()
	}
	return errors.Join(siteErr, chainErr)
}

// guard is what the guard holds back.
func (h *Handler) guard() notice.Guard {
	return notice.Guard{
		Requests: h.blocks(),
		Strict:   h.ThirdParties == thirdPartyStrict,
		GPC:      h.GPC != string(choice.IgnoreGPC),
		Google:   slices.Contains(h.Signals, "google"),
		Matomo:   slices.Contains(h.Signals, "matomo"),
	}
}

// blocks tells whether pages must not load from all hosts.
func (h *Handler) blocks() bool { return h.ThirdParties != thirdPartyPass }

func (h *Handler) setDefaults() {
	h.Path = cmp.Or(h.Path, defaultPath)
	h.Language = cmp.Or(h.Language, "fr")
	h.Remember = cmp.Or(h.Remember, caddy.Duration(180*24*time.Hour))
	h.Undeclared = cmp.Or(h.Undeclared, undeclaredStrip)
	h.ThirdParties = cmp.Or(h.ThirdParties, thirdPartyCatalogue)
	h.Mode = cmp.Or(h.Mode, modeEnforce)
	h.GPC = cmp.Or(h.GPC, string(choice.HonourGPC))
	h.Native = cmp.Or(h.Native, nativeAccept)
	h.Manage = cmp.Or(h.Manage, manageLink)
	h.PageCoding = cmp.Or(h.PageCoding, codingGzip)
}

// wordError is what is wrong with one line of the configuration.
type wordError struct {
	word string
	err  error
}

func (e *wordError) Error() string { return e.word + ": " + e.err.Error() }

func (e *wordError) Unwrap() error { return e.err }

// placeholder is one of Caddy's that a request or the process would fill.
var placeholder = regexp.MustCompile(`\{(?:env|file|http|vars|system|time)\.[^{}\s]*\}`)

// refusePlaceholder tells that nobody fills a placeholder in an option: what is declared holds for all requests.
func refusePlaceholder(text string) error {
	if found := placeholder.FindString(text); found != "" {
		return fmt.Errorf("%s: placeholders are not filled here; {$NAME} is, when a Caddyfile is read", found)
	}
	return nil
}

// check finds what is wrong besides the policy, in Caddyfiles and in JSON.
func (h *Handler) check() error {
	config, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := refusePlaceholder(string(config)); err != nil {
		return err
	}
	bad := func(word, format string, args ...any) error {
		return &wordError{word, fmt.Errorf(format, args...)}
	}
	for _, o := range []struct {
		word, value string
		allowed     []string
	}{
		{"undeclared", h.Undeclared, []string{undeclaredStrip, undeclaredPass}},
		{"third_parties", h.ThirdParties, []string{thirdPartyCatalogue, thirdPartyStrict, thirdPartyPass}},
		{"mode", h.Mode, []string{modeEnforce, modeObserve}},
		{"gpc", h.GPC, []string{string(choice.HonourGPC), string(choice.SilentGPC), string(choice.IgnoreGPC)}},
		{"native", h.Native, []string{nativeAccept, nativeIgnore}},
		{"manage", h.Manage, []string{manageLink, manageOff}},
		{"page_coding", h.PageCoding, []string{codingGzip, codingAny, codingIdentity}},
	} {
		if o.value != "" && !slices.Contains(o.allowed, o.value) {
			return bad(o.word, "%q is none of %s", o.value, strings.Join(o.allowed, ", "))
		}
	}
	for _, signal := range h.Signals {
		if signal != "google" && signal != "matomo" {
			return bad("signals", "%q is none of google, matomo", signal)
		}
	}
	switch remember := time.Duration(h.Remember); {
	case remember < 0:
		return bad("remember", "%s is negative", remember)
	case remember > policy.MaxLifetime:
		return bad("remember", "%.0fd is more than 13 months (395d)", remember.Hours()/24)
	}
	for word, path := range map[string]string{"path": h.Path, "charter": strings.TrimSuffix(h.Charter, "/")} {
		if path != "" && !isURLPath(path) {
			return bad(word, `%q is no path such as "/cookies": it begins with "/" and has only letters, digits and "/-._~"`, path)
		}
	}
	if h.Charter == "/" {
		return bad("charter", "/ is the home page")
	}
	if h.Charter != "" && strings.HasPrefix(h.Charter+"/", cmp.Or(h.Path, defaultPath)+"/") {
		return bad("charter", "%s is inside the module's own path %s", h.Charter, cmp.Or(h.Path, defaultPath))
	}
	return h.style().Check()
}

// checkPolicy finds what the policy lacks that other words ask of it.
func (h *Handler) checkPolicy(p *policy.Policy) error {
	if err := h.guard().Check(p); err != nil {
		return &wordError{"signals", err}
	}
	if h.ThirdParties == thirdPartyStrict {
		return p.CheckSources()
	}
	return nil
}

func (h *Handler) style() notice.Style {
	if h.Style == nil {
		return notice.Style{}
	}
	return notice.Style(*h.Style)
}

func isURLPath(path string) bool {
	const characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-._~"
	return len(path) > 1 && path[0] == '/' && !strings.HasSuffix(path, "/") && !strings.Contains(path, "//") && strings.Trim(path, characters) == ""
}

// declaration is what the configuration declares, with the catalogue's facts where
// it has none of its own.
func (h *Handler) declaration() policy.Declaration {
	d := policy.Declaration{
		Site:           h.Site,
		Necessary:      patterns(h.Necessary),
		Allow:          patterns(h.Allow),
		PassUndeclared: h.Undeclared == undeclaredPass,
	}
	if h.Controller != nil {
		d.Controller = policy.Controller(*h.Controller)
	}
	for _, p := range h.Purposes {
		d.Purposes = append(d.Purposes, policy.Purpose{ID: p.ID, Title: p.Title, Description: p.Description})
	}
	for _, s := range h.Services {
		known := policy.FromCatalogue(s.ID)
		declared := policy.Service{
			ID:          s.ID,
			Name:        cmp.Or(s.Name, known.Name),
			Provider:    known.Provider,
			Purpose:     cmp.Or(s.Purpose, known.Purpose),
			Cookies:     known.Cookies,
			Hosts:       known.Hosts,
			Inline:      known.Inline,
			Globals:     known.Globals,
			Lifetime:    cmp.Or(time.Duration(s.Lifetime), known.Lifetime),
			Description: maps.Clone(known.Description),
			Exempt:      s.Exempt || known.Exempt,
		}
		if s.Provider != "" {
			declared.Provider = policy.Provider{Name: s.Provider, URL: s.ProviderURL}
		}
		if len(s.Cookies) > 0 {
			declared.Cookies = patterns(s.Cookies)
		}
		if len(s.Hosts) > 0 {
			declared.Hosts = patterns(s.Hosts)
		}
		if len(s.Inline) > 0 {
			declared.Inline = s.Inline
		}
		if len(s.Description) > 0 {
			declared.Description = s.Description
		}
		d.Services = append(d.Services, declared)
	}
	return d
}

func patterns(names []string) []policy.Pattern {
	var out []policy.Pattern
	for _, name := range names {
		out = append(out, policy.Pattern(name))
	}
	return out
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
	route := helper.NewRoute(matcher, h)
	if r, ok := route[0].Value.(caddyhttp.Route); ok && matcher != nil {
		// By what the visitor asked for: a rewrite or handle_path may have changed the path.
		own := map[string]map[string]string{"{http.request.orig_uri.path}": {"pattern": h.ownPaths()}}
		r.MatcherSetsRaw = append(r.MatcherSetsRaw, caddy.ModuleMap{"vars_regexp": caddyconfig.JSON(own, nil)})
		route[0].Value = r
	}
	return route, nil
}

// ownPaths is a regular expression for the addresses that the module answers itself.
func (h *Handler) ownPaths() string {
	paths := []string{regexp.QuoteMeta(cmp.Or(h.Path, defaultPath)) + "/.*"}
	if h.Charter != "" {
		paths = append(paths, regexp.QuoteMeta(strings.TrimSuffix(h.Charter, "/"))+"/?")
	}
	if h.GPC != string(choice.IgnoreGPC) {
		paths = append(paths, regexp.QuoteMeta(visitor.GPCPath))
	}
	return "^(?:" + strings.Join(paths, "|") + ")$"
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
		if err := refusePlaceholder(words.Val()); err != nil {
			return words.WrapErr(err)
		}
	}
	b := block{d, make(map[string]caddyfile.Token)}
	err := b.read(map[string]func() error{
		"site":          b.text(&h.Site),
		"controller":    b.controller(&h.Controller),
		"path":          b.text(&h.Path),
		"charter":       b.text(&h.Charter),
		"language":      b.languageTag(&h.Language),
		"remember":      b.duration(&h.Remember),
		"necessary":     b.list(&h.Necessary),
		"purpose":       b.purpose(&h.Purposes),
		"service":       b.service(&h.Services),
		"undeclared":    b.text(&h.Undeclared),
		"third_parties": b.text(&h.ThirdParties),
		"allow":         b.list(&h.Allow),
		"mode":          b.text(&h.Mode),
		"gpc":           b.text(&h.GPC),
		"native":        b.text(&h.Native),
		"signals":       b.list(&h.Signals),
		"manage":        b.text(&h.Manage),
		"page_coding":   b.text(&h.PageCoding),
		"templates":     b.text(&h.Templates),
		"style":         b.style(&h.Style),
	})
	if err != nil {
		return err
	}
	if err := h.check(); err != nil {
		return b.located(err)
	}
	p, err := policy.New(h.declaration())
	if err == nil {
		err = h.checkPolicy(p)
	}
	if err != nil {
		return b.located(err)
	}
	return nil
}

// block reads a block of the Caddyfile and remembers where its words stand.
type block struct {
	*caddyfile.Dispenser
	places map[string]caddyfile.Token
}

// read goes through the lines of the block that the cursor is before.
func (b block) read(words map[string]func() error) error {
	for nesting := b.Nesting(); b.NextBlock(nesting); {
		read, ok := words[b.Val()]
		if !ok {
			return b.Errf("unknown word %q: one of %s", b.Val(), strings.Join(slices.Sorted(maps.Keys(words)), ", "))
		}
		if err := read(); err != nil {
			return err
		}
	}
	return nil
}

// once notes the place of a word and refuses a second one.
func (b block) once(word string) error {
	if first, ok := b.places[word]; ok {
		return b.Errf("%s is given twice, first in line %d", word, first.Line)
	}
	b.places[word] = b.Token()
	return nil
}

// located adds the file and line of the word that an error is about.
func (b block) located(err error) error {
	word := ""
	switch e := err.(type) {
	case *wordError:
		word = e.word
	case *policy.Error:
		word = e.Where
	case *notice.StyleError:
		word = e.Where
	}
	if place, ok := b.places[word]; ok {
		return fmt.Errorf("%w, at %s:%d", err, place.File, place.Line)
	}
	return b.WrapErr(err)
}

// text reads one argument.
func (b block) text(to *string) func() error {
	return func() error {
		if err := b.once(b.Val()); err != nil {
			return err
		}
		if !b.AllArgs(to) || *to == "" {
			return b.ArgErr()
		}
		return nil
	}
}

// list reads one argument or more.
func (b block) list(to *[]string) func() error {
	return func() error {
		word := b.Val()
		if err := b.once(word); err != nil {
			return err
		}
		*to = b.RemainingArgs()
		if len(*to) == 0 {
			return b.ArgErr()
		}
		for i, value := range *to {
			if value == "" || slices.Contains((*to)[:i], value) {
				return b.Errf("%s: %q is empty or given twice", word, value)
			}
		}
		return nil
	}
}

func (b block) languageTag(to *string) func() error {
	return func() error {
		if err := b.text(to)(); err != nil {
			return err
		}
		return b.checkLanguage(*to)
	}
}

func (b block) checkLanguage(tag string) error {
	if _, err := language.Parse(tag); err != nil {
		return b.Errf("%q is no language tag such as fr or en", tag)
	}
	return nil
}

func (b block) duration(to *caddy.Duration) func() error {
	return func() error {
		word, value := b.Val(), ""
		if err := b.text(&value)(); err != nil {
			return err
		}
		parsed, err := caddy.ParseDuration(value)
		if err != nil || parsed <= 0 {
			return b.Errf("%s: %q is no duration such as 180d or 12h", word, value)
		}
		*to = caddy.Duration(parsed)
		return nil
	}
}

// translated reads [<lang>] <text> into the text of that language.
func (b block) translated(to *map[string]string) func() error {
	return func() error {
		word, args, tag := b.Val(), b.RemainingArgs(), ""
		switch len(args) {
		case 2:
			if tag = args[0]; b.checkLanguage(tag) != nil {
				return b.checkLanguage(tag)
			}
			tag = language.Make(tag).String() // "FR" is "fr"
		case 1:
		default:
			return b.ArgErr()
		}
		if _, ok := (*to)[tag]; ok {
			return b.Errf("%s is given twice in the same language", word)
		}
		if args[len(args)-1] == "" {
			return b.Errf("%s is empty", word)
		}
		if *to == nil {
			*to = make(map[string]string)
		}
		(*to)[tag] = args[len(args)-1]
		return nil
	}
}

// named reads a name and, where there is one, what belongs to it.
func (b block) named(name, belongs *string) func() error {
	return func() error {
		if err := b.once(b.Val()); err != nil {
			return err
		}
		args := b.RemainingArgs()
		if len(args) < 1 || len(args) > 2 || slices.Contains(args, "") {
			return b.ArgErr()
		}
		*name = args[0]
		if len(args) == 2 {
			*belongs = args[1]
		}
		return nil
	}
}

func (b block) flag(to *bool) func() error {
	return func() error {
		if *to = true; b.NextArg() {
			return b.ArgErr()
		}
		return b.once(b.Val())
	}
}

func (b block) controller(to **Controller) func() error {
	return func() error {
		*to = new(Controller)
		return b.named(&(*to).Name, &(*to).Contact)()
	}
}

// declared reads the id that follows purpose or service.
func (b block) declared(id *string) error {
	word := b.Val()
	if !b.AllArgs(id) || *id == "" {
		return b.ArgErr()
	}
	return b.once(word + " " + *id)
}

func (b block) purpose(to *[]Purpose) func() error {
	return func() error {
		var p Purpose
		if err := b.declared(&p.ID); err != nil {
			return err
		}
		inner := block{b.Dispenser, make(map[string]caddyfile.Token)}
		err := inner.read(map[string]func() error{
			"title":       inner.translated(&p.Title),
			"description": inner.translated(&p.Description),
		})
		*to = append(*to, p)
		return err
	}
}

func (b block) service(to *[]Service) func() error {
	return func() error {
		var s Service
		if err := b.declared(&s.ID); err != nil {
			return err
		}
		inner := block{b.Dispenser, make(map[string]caddyfile.Token)}
		err := inner.read(map[string]func() error{
			"name":        inner.text(&s.Name),
			"provider":    inner.named(&s.Provider, &s.ProviderURL),
			"purpose":     inner.text(&s.Purpose),
			"cookies":     inner.list(&s.Cookies),
			"hosts":       inner.list(&s.Hosts),
			"inline":      inner.list(&s.Inline),
			"lifetime":    inner.duration(&s.Lifetime),
			"description": inner.translated(&s.Description),
			"exempt":      inner.flag(&s.Exempt),
		})
		*to = append(*to, s)
		return err
	}
}

func (b block) style(to **Style) func() error {
	return func() error {
		if err := b.once(b.Val()); err != nil {
			return err
		}
		if b.NextArg() {
			return b.ArgErr()
		}
		s := new(Style)
		inner := block{b.Dispenser, make(map[string]caddyfile.Token)}
		err := inner.read(map[string]func() error{
			"position": inner.text(&s.Position),
			"accent":   inner.colours(&s.Accent, &s.AccentDark),
			"text":     inner.colours(&s.Text, &s.TextDark),
			"surface":  inner.colours(&s.Surface, &s.SurfaceDark),
			"font":     inner.list(&s.Font),
			"radius":   inner.text(&s.Radius),
		})
		for word, place := range inner.places {
			b.places["style "+word] = place
		}
		*to = s
		return err
	}
}

// colours reads a colour for a light scheme and, where there is one, for a dark one.
func (b block) colours(light, dark *string) func() error {
	return func() error {
		if word := b.Val(); b.CountRemainingArgs() == 0 {
			return b.Errf(`%s lacks a colour such as 0b4f8a or "#0b4f8a": without quotes # begins a comment`, word)
		}
		return b.named(light, dark)()
	}
}

var (
	_ caddy.Provisioner           = (*Handler)(nil)
	_ caddy.CleanerUpper          = (*Handler)(nil)
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
	_ caddyfile.Unmarshaler       = (*Handler)(nil)
)
