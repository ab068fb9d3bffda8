package commands

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/spf13/cobra"

	"github.com/caddy-consent/caddy-consent/internal/adminapi"
	"github.com/caddy-consent/caddy-consent/internal/audit"
	"github.com/caddy-consent/caddy-consent/internal/config"
	"github.com/caddy-consent/caddy-consent/internal/inventory"
)

func (c Commands) init() *cobra.Command {
	var s start
	cmd := command("init [--site <name>] [--portal <url>] [--controller <name>] [--contact <url or e-mail>] [--output <file>]",
		"Looks at a portal and writes a Caddyfile for its site", `
Asks for what the flags leave out: the site's name, the portal's address, and who is responsible for the site.
Then checks that the portal answers and whether it knows the site's name, and notes which cookies it sets and
which other hosts its pages load from. The Caddyfile starts with "mode observe", so nothing changes for
visitors yet.

	caddy consent init
	caddy consent init --site data.example.fr --portal https://ville.opendatasoft.com --controller "Ville d'Exemple"`,
		cobra.NoArgs, func(ctx context.Context, _ []string) (int, error) {
			err := s.run(ctx, c)
			return exitCode(err), err
		})
	cmd.Flags().StringVar(&s.site, "site", "", "the site's name, as visitors type it, such as data.example.fr")
	cmd.Flags().StringVar(&s.portal, "portal", "", "the portal's address, such as https://ville.opendatasoft.com")
	cmd.Flags().StringVar(&s.controller, "controller", "", "who is responsible for the site, as shown in the notice")
	cmd.Flags().StringVar(&s.contact, "contact", "", "where visitors can write to them: a URL or an e-mail address")
	cmd.Flags().StringVarP(&s.output, "output", "o", "Caddyfile", "the file to write; - prints it")
	cmd.Flags().IntVar(&s.pages, "pages", 5, "how many pages of the portal to visit")
	return cmd
}

// start is what a first Caddyfile is made from.
type start struct {
	site, portal, controller, contact, output string
	pages                                     int
	address, upstream                         *url.URL // of the site, and of the portal
}

func (s *start) run(ctx context.Context, c Commands) error {
	if s.output != "-" {
		if _, err := os.Stat(s.output); err == nil {
			return fmt.Errorf("%s already exists: name another file with --output", s.output)
		}
	}
	if s.contact != "" {
		if err := config.CheckContact(s.contact); err != nil {
			return fmt.Errorf("--contact: %w", err)
		}
	}
	if err := s.ask(bufio.NewScanner(os.Stdin)); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "Looking at %s …\n", s.upstream)
	knows, err := s.look(ctx)
	if err != nil {
		return err
	}
	seen, notes, err := s.visit(ctx, c, knows)
	if err != nil {
		return err
	}
	text := s.caddyfile(knows, seen)
	if err := adapts(text, c, s.output); err != nil {
		return err
	}
	if s.output == "-" {
		_, err := out.Write(text)
		return err
	}
	if err := create(s.output, text); err != nil {
		return err
	}
	for _, note := range notes {
		fmt.Fprintln(os.Stderr, "Note:", note)
	}
	fmt.Fprintf(os.Stderr, "Wrote %s. It found %d cookies and %d other hosts; comments in the file say what to decide about each.\n"+
		"Next: caddy validate --config %[1]s, then caddy run --config %[1]s\n", s.output, len(seen.Cookies), len(seen.Hosts))
	return nil
}

// create writes a new file: another may have come since the questions were asked.
func create(name string, text []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err != nil {
		_ = os.Remove(name)
	}
	return err
}

// ask asks for what no flag says, again until an answer makes sense; a flag that makes none is an error.
func (s *start) ask(in *bufio.Scanner) error {
	for _, question := range []struct {
		flag, text string
		to         *string
		check      func() error
	}{
		{"site", "The site's name, as visitors type it (data.example.fr): ", &s.site, s.checkSite},
		{"portal", "The portal's address (https://ville.opendatasoft.com): ", &s.portal, s.checkPortal},
		{"controller", "Who is responsible for the site (Ville d'Exemple): ", &s.controller, s.checkController},
	} {
		given := *question.to != ""
		for {
			if !given {
				fmt.Fprint(os.Stderr, question.text)
				if !in.Scan() {
					return fmt.Errorf("no answer: set it with --%s", question.flag)
				}
				*question.to = strings.TrimSpace(in.Text())
			}
			err := question.check()
			if err == nil {
				break
			}
			if given {
				return fmt.Errorf("--%s: %w", question.flag, err)
			}
			fmt.Fprintln(os.Stderr, err)
		}
	}
	return nil
}

var hostName = regexp.MustCompile(`^[\p{L}\p{N}]([\p{L}\p{N}.-]*[\p{L}\p{N}])?(:\d+)?$`)

func (s *start) checkSite() (err error) {
	s.address, err = url.Parse(withScheme(s.site))
	if err != nil || !hostName.MatchString(s.address.Host) || strings.Trim(s.address.Path, "/") != "" || s.address.RawQuery != "" {
		return fmt.Errorf("invalid site name %q: give one such as data.example.fr", s.site)
	}
	return nil
}

func (s *start) checkPortal() (err error) {
	s.upstream, err = url.Parse(withScheme(s.portal))
	switch {
	case err != nil || s.upstream.Scheme != "http" && s.upstream.Scheme != "https" || !hostName.MatchString(s.upstream.Host):
		return fmt.Errorf("invalid address %q: give one such as https://ville.opendatasoft.com", s.portal)
	case strings.Trim(s.upstream.Path, "/") != "" || s.upstream.RawQuery != "":
		return fmt.Errorf("invalid address %q: give the portal's scheme and host only", s.portal)
	case s.upstream.Host == s.address.Host:
		return errors.New("that is the site's own name, which will point to this proxy: give the provider's name for the " +
			"portal, or the address of its server")
	}
	s.upstream.Path = ""
	return nil
}

func (s *start) checkController() error {
	if s.controller == "" {
		return errors.New("visitors must be told who is responsible: give the name of the city or organisation")
	}
	return nil
}

func withScheme(address string) string {
	if strings.Contains(address, "://") {
		return address
	}
	return "https://" + address
}

// look asks the portal for its home page by its own name and by the site's, and tells whether it knows that one. Redirects,
// links in mails and the check of posts then fit by themselves.
func (s *start) look(ctx context.Context) (knowsSite bool, err error) {
	own, err := s.home(ctx, s.upstream.Host)
	if plain := (tls.RecordHeaderError{}); errors.As(err, &plain) {
		return false, fmt.Errorf("the portal does not speak HTTPS at %s: if it is meant to, look at its port; else write http:// before its name", s.upstream)
	}
	if err != nil {
		return false, fmt.Errorf("the portal does not answer at %s: %w", s.upstream, err)
	}
	alias, err := s.home(ctx, s.address.Host)
	knowsSite = err == nil && alias.status < 400 && alias.leads == "" &&
		(own.leads == s.address.Host || alias.status == own.status && alias.title == own.title)
	switch {
	case own.leads == s.address.Host && !knowsSite:
		return false, fmt.Errorf("the portal at %s redirects to %s, but does not answer under that name: ask the provider to keep the name registered",
			s.upstream, own.leads)
	case own.leads != "" && own.leads != s.address.Host:
		return false, fmt.Errorf("the portal at %s redirects to %s: give that address instead", s.upstream, own.leads)
	case own.status >= 400 && !knowsSite:
		return false, fmt.Errorf("the portal at %s answers with %d %s: check its address", s.upstream, own.status, http.StatusText(own.status))
	}
	return knowsSite, nil
}

// answer is what a home page shows of its site.
type answer struct {
	status int
	title  string
	leads  string // the host to which it redirects, another one or in a circle
}

var title = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

func (s *start) home(ctx context.Context, host string) (a answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.upstream.String()+"/", nil)
	if err != nil {
		return a, err
	}
	r.Header.Set("User-Agent", audit.UserAgent)
	r.Header.Set("Accept", "text/html")
	res, err := named{host}.RoundTrip(r)
	if err != nil {
		return a, err
	}
	defer res.Body.Close()
	a.status = res.StatusCode
	if to, err := res.Location(); err == nil && (to.Host != host && to.Host != s.upstream.Host || strings.Trim(to.Path, "/") == "") {
		a.leads = to.Host
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if found := title.FindSubmatch(text); found != nil {
		a.title = string(found[1])
	}
	return a, err
}

// named asks by another name than that in the address.
type named struct{ host string }

func (n named) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Host = n.host
	return http.DefaultTransport.RoundTrip(r)
}

// visit looks at some pages as a first visitor, and tells what nothing declares yet.
func (s *start) visit(ctx context.Context, c Commands, knowsSite bool) (seen adminapi.SiteInventory, notes []string, err error) {
	bare, err := c.Declare(json.RawMessage(`{}`))
	if err != nil {
		return seen, nil, err
	}
	auditor := audit.Auditor{Policy: bare.Site.Policy, Pages: s.pages, Progress: progress()}
	if knowsSite {
		auditor.Client = named{s.address.Host}
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	report, err := auditor.Audit(ctx, []string{s.upstream.String() + "/"})
	fmt.Fprint(os.Stderr, clearLine())
	if err != nil {
		return seen, nil, err
	}
	for _, f := range report.Findings {
		item := inventory.Item{Name: f.Name, Service: f.Service, Count: uint64(f.Count), Path: "/"}
		if len(f.Where) > 0 {
			if at, err := url.Parse(f.Where[0]); err == nil {
				item.Path = at.Path
			}
		}
		switch f.Kind {
		case audit.Cookie:
			item.Where = []string{"upstream"}
			seen.Cookies = append(seen.Cookies, item)
		case audit.Host:
			if item.Where = []string{"page"}; f.Name != s.address.Hostname() {
				seen.Hosts = append(seen.Hosts, item)
			}
		}
	}
	return seen, append(report.Failures, report.Notes...), nil
}

// caddyfile writes the site.
func (s *start) caddyfile(knowsSite bool, seen adminapi.SiteInventory) []byte {
	var b strings.Builder
	name := s.address.Host
	if s.address.Scheme == "http" {
		name = s.address.String()
	}
	fmt.Fprintf(&b, "# %s, in front of %s.\n# The services below were seen on a few pages, without running scripts. Keep \"mode observe\" for a week,\n"+
		"# then run \"caddy consent suggest\" for the rest.\n%s {\n\tencode\n\tconsent {\n", name, s.upstream, name)
	fmt.Fprintf(&b, "\t\tsite %s\n\t\tcontroller %s", inventory.Token(s.address.Hostname()), inventory.Token(s.controller))
	if s.contact != "" {
		b.WriteString(" " + inventory.Token(s.contact))
	}
	b.WriteString("\n\n\t\t# Nothing changes for visitors until you remove this line.\n\t\tmode observe\n")
	var lines strings.Builder
	suggestLines(&lines, seen)
	for line := range strings.Lines(lines.String()) {
		b.WriteString("\t\t" + line)
	}
	fmt.Fprintf(&b, "\t}\n\treverse_proxy %s {\n", s.upstream)
	if knowsSite {
		b.WriteString("\t\t# The portal knows the site's name, so redirects, cookies and sign-in need no rewriting.\n\t\theader_up Host {host}\n")
		if s.upstream.Scheme == "https" {
			fmt.Fprintf(&b, "\t\ttransport http {\n\t\t\ttls_server_name %s\n\t\t}\n", s.upstream.Hostname())
		}
	} else {
		fmt.Fprintf(&b, `		# The portal does not know the site's name. Requests carry the portal's name instead, and redirects in
		# its responses are changed back to the site's.
		header_up Host %[1]s
		header_up -X-Forwarded-Host
		header_up Origin `+"`^{scheme}://\\Q{hostport}\\E$` %[2]s"+`
		header_up Referer `+"`^{scheme}://\\Q{hostport}\\E(/|$)` %[2]s$1"+`
		header_down Location `+"`^%[3]s\\Q%[1]s\\E([/?#]|$)` {scheme}://{hostport}$1\n", s.upstream.Host, s.upstream, s.upstream.Scheme+"://")
	}
	b.WriteString("\t}\n}\n")
	return caddyfile.Format([]byte(b.String()))
}

// adapts refuses a Caddyfile that cannot be adapted, and reads what it declares. What it imports is looked for where the
// file is.
func adapts(text []byte, c Commands, file string) error {
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt(text, map[string]any{"filename": file})
	if err != nil {
		return err
	}
	handlers, err := consentHandlers(config)
	if err != nil {
		return err
	}
	errs := make([]error, 0, len(handlers))
	for _, handler := range handlers {
		_, err := c.Declare(handler)
		errs = append(errs, err)
	}
	return errors.Join(slices.DeleteFunc(errs, func(err error) bool { return err == nil })...)
}
