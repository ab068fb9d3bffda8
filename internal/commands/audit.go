package commands

import (
	"cmp"
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
	cmd := command("audit <url>... [--config <file>] [--json]", "Visits a site as a browser without consent, and compares it with its charter",
		auditHelp, cobra.MinimumNArgs(1), func(ctx context.Context, addresses []string) (int, error) { return v.run(ctx, c, addresses) })
	v.at.flags(cmd)
	v.at.siteFlag(cmd)
	cmd.Flags().BoolVar(&v.asJSON, "json", false, "print the report as JSON")
	cmd.Flags().IntVar(&v.auditor.Pages, "pages", 20, "how many pages to visit")
	cmd.Flags().Float64Var(&v.auditor.Rate, "rate", 2, "how many requests to send per second")
	cmd.Flags().DurationVar(&v.timeout, "timeout", 10*time.Minute, "how long the audit may take")
	cmd.Flags().BoolVar(&v.insecure, "insecure", false, "accept TLS certificates that cannot be verified")
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
	result := errors.New(report.Verdict())
	if v.asJSON { // which does not say it
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "\t")
		err = encoder.Encode(report)
	} else {
		err = report.Write(out)
		result = toldError{result}
	}
	if code := report.ExitCode(); err != nil || code != exitHolds {
		return max(code, exitCode(err)), cmp.Or(err, result)
	}
	return exitHolds, nil
}

const auditHelp = `
Visits the given pages, and pages of the same site that they link to, as a new visitor who has not answered the
notice: without any cookie. It follows redirects and fetches the pages' files. It compares what they set and
would load with the policy in the configuration: cookies, third-party hosts, hosts of the site's own domain
that are DNS aliases of a third party, paths of the site at which a well-known service answers, inline scripts of
services and, with "third_parties strict", the Content-Security-Policy. Of services that are declared exempt it says
which of the CNIL's conditions hold, which are broken, and which cannot be seen from outside. It reads style sheets of
the site too, but runs no scripts, so it does not see what they set or load.

	caddy consent audit https://data.example.fr/ --config Caddyfile

It limits its request rate, and skips what robots.txt disallows for caddy-consent-audit. Give more addresses,
such as an API's, to check them too.

Exit codes: 0 if the site is clean, 1 if it sets or loads something undeclared or without consent, or breaks a
condition of an exemption, 2 if the command could not check the site.`

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
		line := fmt.Sprintf("%s, %s: %.60q", audit.Counted(pages, "page", "pages"), audit.Counted(requests, "request", "requests"), address)
		if isTerminal() {
			fmt.Fprint(os.Stderr, clearLine()+line)
		} else {
			fmt.Fprintln(os.Stderr, line)
		}
	}
}
