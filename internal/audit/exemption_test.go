package audit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// exempted are the conditions of the one exempt service, in short.
func exempted(r *Report) (all []string) {
	for _, c := range r.Exemptions[0].Conditions {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s", c.Condition, c.State, strings.Join(c.Seen, "; "))))
	}
	return all
}

// unseen are the conditions of which nothing shows.
var unseen = []string{"retention cannot be seen", "merging cannot be seen", "ip_address cannot be seen", "publisher cannot be seen"}

func TestExemptionConditions(t *testing.T) {
	const snippet = `<script>_paq.push(['setTrackerUrl', '/matomo/matomo.php'])</script>`
	const month = 30 * 24 * 60 * 60
	for name, c := range map[string]struct {
		service, page string
		cookies       []string
		want          []string // of life, user and cross_site
		code          int
	}{
		"nothing of it":    {"matomo", `<p>x`, nil, []string{"life cannot be seen", "user cannot be seen", "cross_site cannot be seen"}, 0},
		"a plain snippet":  {"matomo", snippet, nil, []string{"life cannot be seen", "user holds", "cross_site holds"}, 0},
		"an image":         {"matomo", `<noscript><img src="/matomo/matomo.php?idsite=1"></noscript>`, nil, []string{"life cannot be seen", "user holds", "cross_site holds"}, 0},
		"a life that fits": {"matomo", snippet, []string{fmt.Sprintf("_pk_id.1=x; Max-Age=%d", 13*month)}, []string{"life holds", "user holds", "cross_site holds"}, 0},
		"a script's life that fits": {
			"matomo", `<script>_paq.push(['setVisitorCookieTimeout', 33955200])</script>`, nil, []string{"life holds", "user holds", "cross_site holds"}, 0,
		},
		"a life too long": {
			"matomo", snippet, []string{fmt.Sprintf("_pk_id.1=x; Max-Age=%d", 24*month)},
			[]string{"life broken the site sets _pk_id.1 for 720 days", "user holds", "cross_site holds"}, 1,
		},
		"a script's life too long": {
			"matomo", `<script>_paq.push(['setVisitorCookieTimeout', '63072000'])</script>`, []string{"_pk_id.1=x"},
			[]string{"life broken a script sets cookies for 730 days", "user holds", "cross_site holds"}, 1,
		},
		"a user": {
			"matomo", `<script>_paq.push(['setUserId', 'alice'])</script>`, nil,
			[]string{"life cannot be seen", "user broken a script has setUserId", "cross_site holds"}, 1,
		},
		"a user in an address": {
			"matomo", `<noscript><img src="/matomo/matomo.php?idsite=1&amp;uid=alice"></noscript>`, nil,
			[]string{"life cannot be seen", "user broken an address has the parameter uid", "cross_site holds"}, 1,
		},
		"a user in a host's address": {
			"matomo", `<img src="//ville.matomo.cloud/matomo.php?uid=alice">`, nil,
			[]string{"life cannot be seen", "user broken an address has the parameter uid", "cross_site holds"}, 1,
		},
		"linked domains": {
			"matomo", `<script>_paq.push(['enableCrossDomainLinking'])</script>`, nil,
			[]string{"life cannot be seen", "user holds", "cross_site broken a script has enableCrossDomainLinking"}, 1,
		},
		"a link's parameter": {
			"matomo", `<img src="/matomo.php?pk_vid=1">`, nil,
			[]string{"life cannot be seen", "user holds", "cross_site broken an address has the parameter pk_vid"}, 1,
		},
		"a parent's cookie": {
			"matomo", snippet, []string{"_pk_id.1=x; Domain=.Ville.example"},
			[]string{"life holds", "user holds", "cross_site broken _pk_id.1 is set for all of ville.example"}, 1,
		},
		"the host's own cookie": {
			"matomo", snippet, []string{"_pk_id.1=x; Domain=data.ville.example"}, []string{"life holds", "user holds", "cross_site holds"}, 0,
		},
		"another's user": {
			"matomo", snippet + `<script>app.setUserId(1)</script><img src="/avatar?uid=1">`, nil,
			[]string{"life cannot be seen", "user holds", "cross_site holds"}, 0,
		},
		"Piano, kept": {
			"piano", `<script>pa.setConfigurations({site: 1, storageLifetimeVisitor: 395})</script>`, nil,
			[]string{"life holds", "user holds", "cross_site holds"}, 0,
		},
		"Piano, broken": {
			"piano", `<script>pa.setConfigurations({"storageLifetimeVisitor": 730, cookieDomain: ".ville.example"});pa.setUser("alice")</script>`, nil,
			[]string{"life broken a script sets cookies for 730 days", "user broken a script has pa.setUser(", "cross_site broken a script has cookieDomain"}, 1,
		},
		"AT, kept": {
			"at", `<script>new ATInternet.Tracker.Tag()</script>`, []string{"atuserid=1; Max-Age=34000000"},
			[]string{"life holds", "user holds", "cross_site holds"}, 0,
		},
		"AT, broken": {
			"at", `<script>var t = new ATInternet.Tracker.Tag({userIdCookieDuration: 500});t.identifiedVisitor.set({id: 1})</script>`, nil,
			[]string{"life broken a script sets cookies for 500 days", "user broken a script has identifiedVisitor.set", "cross_site holds"}, 1,
		},
		"Eulerian, kept": {
			"eulerian", `<script>EA_push(['path', '/'])</script>`, []string{"etuix=1; Max-Age=34000000"}, []string{"life holds", "user holds", "cross_site holds"}, 0,
		},
		"Eulerian, broken": {
			"eulerian", `<script>EA_push(['uid', 'alice'])</script>`, []string{"etuix=1; Domain=ville.example; Max-Age=64000000"},
			[]string{"life broken the site sets etuix for 741 days", "user broken a script has 'uid'", "cross_site broken etuix is set for all of ville.example"}, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := auditor(t, pages(map[string]string{"/": `<html><body>` + c.page}, c.cookies...))
			s := policy.FromCatalogue(c.service)
			s.Exempt = true
			p, err := policy.New(policy.Declaration{Services: []policy.Service{s}})
			if err != nil {
				t.Fatal(err)
			}
			a.Policy = p
			report := audited(t, a, site)
			if got, want := exempted(report), append(slices.Clone(c.want), unseen...); !slices.Equal(got, want) || report.ExitCode() != c.code {
				t.Errorf("%q\nwant %q\nexit code %d, findings %q", got, want, report.ExitCode(), found(report))
			}
		})
	}
}

func TestExemptionUnknown(t *testing.T) {
	a := auditor(t, pages(map[string]string{"/": `<html><body>x`}))
	report := audited(t, a, site) // its exempt service is the operator's own
	if len(report.Exemptions) != 1 || len(report.Exemptions[0].Conditions) != 0 || report.ExitCode() != 0 ||
		!strings.Contains(strings.Join(report.Notes, "\n"), "the catalogue knows no conditions of an exemption for the service counter") {
		t.Errorf("%+v", report)
	}
}

func TestExemptionReport(t *testing.T) {
	a := auditor(t, pages(map[string]string{"/": `<html><body><script>_paq.push(['setUserId', 'alice'])</script>`}))
	s := policy.FromCatalogue("matomo")
	s.Exempt = true
	p, err := policy.New(policy.Declaration{Services: []policy.Service{s}})
	if err != nil {
		t.Fatal(err)
	}
	a.Policy = p
	report := audited(t, a, site)
	var table strings.Builder
	if err := report.Write(&table); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Conditions of the exemption of matomo (https://www.cnil.fr/",
		"  broken          it is not told who the visitor is: a script has setUserId, first at http://data.ville.example/\n",
		"  cannot be seen  what it collects is kept for 25 months at most\n", "and breaks 1 condition of an exemption.",
	} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("lacks %q in\n%s", want, table.String())
		}
	}
	text, err := json.Marshal(report)
	if want := `{"condition":"user","text":"it is not told who the visitor is","state":"broken","seen":["a script has setUserId"],` +
		`"where":["http://data.ville.example/"]}`; err != nil || !strings.Contains(string(text), want) || strings.Contains(table.String()+string(text), "alice") {
		t.Errorf("%s (%v) lacks %s, or has a value", text, err, want)
	}
}
