package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/caddy-consent/caddy-consent/internal/audit"
	"github.com/caddy-consent/caddy-consent/internal/csp"
	"github.com/caddy-consent/caddy-consent/internal/endpoint"
)

func (c Commands) audit() *cobra.Command {
	var v auditing
	cmd := command("audit <url>... [--config <file>] [--json]", "Visits a site as a browser without consent does, and compares it with its charter",
		auditHelp, cobra.MinimumNArgs(1), func(ctx context.Context, addresses []string) (int, error) { return v.run(ctx, c, addresses) })
	v.at.flags(cmd)
	v.at.siteFlag(cmd)
	cmd.Flags().BoolVar(&v.asJSON, "json", false, "print the report as JSON")
	cmd.Flags().IntVar(&v.auditor.Pages, "pages", 20, "how many pages are looked at")
	cmd.Flags().Float64Var(&v.auditor.Rate, "rate", 2, "how many requests are sent a second")
	cmd.Flags().DurationVar(&v.timeout, "timeout", 10*time.Minute, "how long it may take")
	cmd.Flags().BoolVar(&v.insecure, "insecure", false, "accept certificates that nobody vouches for")
	return cmd
}

// auditing is the command with its flags.
type auditing struct {
	at               configuration
	asJSON, insecure bool
	timeout          time.Duration
	auditor          audit.Auditor
}

func (v *auditing) run(ctx context.Context, c Commands, addresses []string) (int, error) {
	config, err := v.at.load()
	if err != nil {
		return exitNoAnswer, err
	}
	declared, err := v.at.declared(config, c.Declare)
	if err != nil {
		return exitNoAnswer, err
	}
	a := &v.auditor
	a.Policy = declared.Site.Policy
	if declared.Site.ThirdParties == "strict" {
		a.Strict = csp.Allowlist(a.Policy.Sources(a.Policy.Exempt), endpoint.Prefix(declared.Site.Path).Report())
	}
	if v.insecure {
		a.Client = audit.Insecure()
	}
	a.Progress = progress()
	ctx, cancel := context.WithTimeout(ctx, v.timeout)
	defer cancel()
	report, err := a.Audit(ctx, addresses)
	fmt.Fprint(os.Stderr, clearLine())
	if err != nil {
		return exitNoAnswer, err
	}
	if v.asJSON {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "\t")
		err = encoder.Encode(report)
	} else {
		err = report.Write(out)
	}
	if code := report.ExitCode(); err != nil || code != exitHolds {
		return max(code, exitCode(err)), errors.Join(err, errors.New(report.Verdict()))
	}
	return exitHolds, nil
}

const auditHelp = `
Visits the pages, and those on the same site that they link to, with the redirects and files on the way, as
a first visitor who has not answered: without any cookie. What they set and what they would load is compared
with the policy that the configuration declares: cookies, third parties' hosts, hosts of the site's own
domain that are other names of a third party's (by DNS), inline scripts of services and, where third parties
are strict, the Content-Security-Policy. What only scripts set or load once they run is not seen.

	caddy consent audit https://data.example.fr/ --config Caddyfile

It goes slowly, and nowhere that robots.txt forbids to caddy-consent-audit. Name more addresses, such as an API's, to have them looked
at too. It exits with 0 where the site is clean, 1 where something undeclared or without consent is set or
loaded, 2 where it could not look.`

// isTerminal tells whether somebody watches.
func isTerminal() bool {
	info, err := os.Stderr.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// clearLine takes the progress line away.
func clearLine() string {
	if isTerminal() {
		return "\r\x1b[K"
	}
	return ""
}

// progress says how far a long run is: on a terminal in a line that is written over, elsewhere in a line
// every ten seconds.
func progress() func(pages, requests int, address string) {
	every := 10 * time.Second
	if isTerminal() {
		every = time.Second / 2
	}
	last := time.Now()
	return func(pages, requests int, address string) {
		if time.Since(last) < every {
			return
		}
		last = time.Now()
		line := fmt.Sprintf("%d pages, %d requests: %.60q", pages, requests, address)
		if isTerminal() {
			fmt.Fprint(os.Stderr, clearLine()+line)
		} else {
			fmt.Fprintln(os.Stderr, line)
		}
	}
}
