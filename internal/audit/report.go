package audit

import (
	"cmp"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is what an audit has found.
type Report struct {
	// Policy is the version that the site was compared with.
	Policy  string    `json:"policy"`
	Started time.Time `json:"started"`
	// Pages and Requests are how much was looked at.
	Pages    int       `json:"pages"`
	Requests int       `json:"requests"`
	Findings []Finding `json:"findings"`
	// Exemptions are the services that are declared exempt.
	Exemptions []Exemption `json:"exemptions"`
	// Failures are the given addresses that could not be looked at, and why.
	Failures []string `json:"failures"`
	Notes    []string `json:"notes"`
}

// Kind is what was found.
type Kind string

const (
	Cookie Kind = "cookie" // a Set-Cookie line
	Host   Kind = "host"   // an element of a page loads from it
	Path   Kind = "path"   // an element of a page loads from it, on the site itself
	Inline Kind = "inline" // a script in a page
	Policy Kind = "policy" // the Content-Security-Policy of third_parties strict
)

// Why is what is wrong with it.
type Why string

const (
	Undeclared     Why = "undeclared"
	WithoutConsent Why = "without consent"
	Missing        Why = "missing"
)

// Finding is something that the site sets or loads and should not.
type Finding struct {
	Kind Kind   `json:"kind"`
	Name string `json:"name"`
	Why  Why    `json:"why"`
	// Service and Purpose are the declared service's, or the catalogue's where it knows an undeclared one.
	Service string `json:"service,omitempty"`
	Purpose string `json:"purpose,omitempty"`
	// Via is what a host of the site's own domain is another name of.
	Via   string `json:"via,omitempty"`
	Count int    `json:"count"`
	// Where are the first addresses.
	Where []string `json:"where"`
}

// maxWhere bounds the addresses of a finding.
const maxWhere = 5

// find adds a finding, or one more place of a known one.
func (r *Report) find(f Finding, at *url.URL) {
	i := slices.IndexFunc(r.Findings, func(o Finding) bool {
		return o.Kind == f.Kind && o.Name == f.Name && o.Why == f.Why && o.Service == f.Service
	})
	if i < 0 {
		if len(r.Findings) == maxFindings {
			return
		}
		i, r.Findings = len(r.Findings), append(r.Findings, f)
	}
	known := &r.Findings[i]
	known.Count++
	if where := at.String(); len(known.Where) < maxWhere && !slices.Contains(known.Where, where) {
		known.Where = append(known.Where, where)
	}
}

// ExitCode is 0 where the site is clean, 1 where it is not, 2 where it could not be looked at.
func (r *Report) ExitCode() int {
	switch {
	case len(r.Findings) > 0 || r.broken() > 0:
		return 1
	case len(r.Failures) > 0 || r.Pages == 0:
		return 2
	}
	return 0
}

// Verdict is the report in a sentence.
func (r *Report) Verdict() string {
	switch r.ExitCode() {
	case 0:
		return "Clean: the site sets and loads nothing that is undeclared or lacks consent."
	case 1:
		things := Counted(len(r.Findings), "thing", "things")
		if n := r.broken(); n > 0 {
			return fmt.Sprintf("Not clean: the site sets or loads %s that it should not, and breaks %s of an exemption.", things, Counted(n, "condition", "conditions"))
		}
		return fmt.Sprintf("Not clean: the site sets or loads %s that it should not.", things)
	}
	return "The site could not be checked."
}

// sort brings the findings in an order that does not depend on chance.
func (r *Report) sort() {
	slices.SortFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(strings.Compare(string(a.Why), string(b.Why)), strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Name, b.Name))
	})
}

// Write writes the report as a table for people.
func (r *Report) Write(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	if len(r.Findings) > 0 {
		fmt.Fprintln(table, "WHAT\tNAME\tWHY\tSERVICE\tTIMES\tFIRST AT")
	}
	for _, f := range r.Findings {
		name := printable(f.Name)
		if f.Via != "" {
			name += " (" + printable(f.Via) + ")"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\n", f.Kind, cmp.Or(name, "(without a name)"), f.Why, cmp.Or(f.Service, "–"), f.Count, printable(f.Where[0]))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, e := range r.Exemptions {
		e.write(w)
	}
	for _, failure := range r.Failures {
		fmt.Fprintln(w, "✗", printable(failure))
	}
	for _, note := range r.Notes {
		fmt.Fprintln(w, "·", printable(note))
	}
	_, err := fmt.Fprintf(w, "Checked %s with %s against policy %s.\n%s\n",
		Counted(r.Pages, "page", "pages"), Counted(r.Requests, "request", "requests"), r.Policy, r.Verdict())
	return err
}

// Counted is a number with what it counts.
func Counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// write writes the conditions of an exemption, a line each.
func (e Exemption) write(w io.Writer) {
	if e.Source == "" {
		return
	}
	fmt.Fprintf(w, "Conditions of the exemption of %s (%s):\n", e.Service, e.Source)
	for _, c := range e.Conditions {
		fmt.Fprintf(w, "  %-14s  %s", c.State, c.Text)
		if len(c.Seen) > 0 {
			fmt.Fprintf(w, ": %s, first at %s", printable(strings.Join(c.Seen, "; ")), printable(c.Where[0]))
		}
		fmt.Fprintln(w)
	}
}

// printable keeps what a site says of itself from writing to the terminal as it likes, and from being long.
func printable(s string) string {
	const most = 300
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strings.Map(func(c rune) rune {
		if c < ' ' || c >= 0x7f && c < 0xa0 || c == 0xfffd {
			return '?'
		}
		return c
	}, s)
}
