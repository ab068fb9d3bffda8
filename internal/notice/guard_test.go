package notice

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/internal/csp"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

func guarding(t *testing.T, ids ...string) *policy.Policy {
	t.Helper()
	var d policy.Declaration
	for _, id := range ids {
		d.Services = append(d.Services, policy.FromCatalogue(id))
	}
	p, err := policy.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestGuardPolicy(t *testing.T) {
	p := guarding(t, "youtube", "matomo")
	g := Guard{Requests: true, Strict: true, GPC: true, Matomo: true}.policy(p)
	if len(g.Services) != 2 || g.Services[0].ID != "youtube" || len(g.Services[0].Hosts) == 0 ||
		len(g.Services[0].Inline) == 0 || g.Services[1].Life != 393*24*3600 {
		t.Errorf("services %+v", g.Services)
	}
	known := make(map[string]bool)
	for _, s := range g.Known {
		known[s.ID] = true
	}
	if !known["vimeo"] || known["youtube"] || known["recaptcha"] || known["google-maps"] {
		t.Errorf("known %v", known)
	}
	if !g.Strict || !g.GPC || g.Pass || g.Matomo != "matomo" || g.Google != nil || !reflect.DeepEqual(g.Necessary, policy.NecessaryCookies) {
		t.Errorf("%+v", g)
	}
	cookies := Guard{}.policy(p)
	if len(cookies.Known) > 0 || len(cookies.Services[0].Hosts) > 0 || len(cookies.Services[0].Inline) > 0 || len(cookies.Services[0].Cookies) == 0 {
		t.Errorf("where requests pass: %+v", cookies)
	}
}

// What a wider pattern has before is not sent again.
func TestGuardCovered(t *testing.T) {
	p, err := policy.New(policy.Declaration{
		Services: []policy.Service{{ID: "own", Purpose: policy.Marketing, Hosts: []policy.Pattern{"*.doubleclick.net"}}},
		Allow:    []policy.Pattern{"*.hotjar.com"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range (Guard{Requests: true}).policy(p).Known {
		for _, host := range s.Hosts {
			if strings.HasSuffix(string(host), ".doubleclick.net") || host == "*.hotjar.com" {
				t.Errorf("%s comes again, as %s", host, s.ID)
			}
		}
	}
}

func TestGoogleConsentTypes(t *testing.T) {
	p := guarding(t, "ga", "google-ads", "matomo", "recaptcha")
	want := map[string][]string{
		"analytics_storage": {"ga"}, "ad_storage": {"google-ads"}, "ad_user_data": {"google-ads"}, "ad_personalization": {"google-ads"},
		"functionality_storage": {"recaptcha"}, "personalization_storage": {"recaptcha"},
	}
	if got := (Guard{Google: true}).policy(p).Google; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestSignalsUnused(t *testing.T) {
	for want, err := range map[string]error{
		"google needs": Guard{Google: true}.Check(guarding(t, "matomo", "youtube")),
		"matomo needs": Guard{Matomo: true}.Check(guarding(t, "ga")),
		"":             Guard{Google: true, Matomo: true}.Check(guarding(t, "ga", "matomo")),
	} {
		t.Run(fmt.Sprintf("%q", want), func(t *testing.T) {
			if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		})
	}
}

func TestGuardTag(t *testing.T) {
	r := renderer(t, func(o *Options, d *policy.Declaration) {})
	place := Place{Origin: "https://a.example", Script: csp.Element{Nonce: `a"b`, Integrity: true}}
	got := r.Guard(place, 0x1f, true)
	want := `<script data-caddy-consent="1f" src="https://a.example` + r.assets.folder +
		`guard.js" data-cfasync="false" nonce="a&#34;b" integrity="` + r.assets.files["guard.js"].Hash + `"></script>`
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
	place.Script, place.Hashed = csp.Element{}, true
	if got := r.Guard(place, 0, true); !strings.HasSuffix(got, `=" crossorigin=""></script>`) {
		t.Errorf("under an Integrity-Policy: %s", got)
	}
	if got := r.Guard(Place{}, 0, false); !strings.Contains(got, `data-caddy-consent="?0"`) || strings.Contains(got, "nonce") {
		t.Errorf("without a choice: %s", got)
	}
}

func TestGuardGlobals(t *testing.T) {
	p := guarding(t, "ga", "recaptcha")
	script := func(g Guard) string {
		text, err := json.Marshal(g.policy(p))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, want := range []string{
		`analytics.google.com stats.g.doubleclick.net dataLayer[] gtag() ga() _gaq[]"`,
		` *.$.net *.fbcdn.net fbq()"`, ` $crisp[]"`, " hbspt.forms.create()@hsforms",
	} {
		if got := script(Guard{Requests: true}); !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
		if got := script(Guard{}); strings.Contains(got, "()") {
			t.Errorf("where requests pass: %s", got)
		}
	}
}

// The part about storage stands only in guards of sites that declare keys, with these as they are.
func TestGuardStorage(t *testing.T) {
	for name, c := range map[string]struct {
		storage []policy.Pattern
		want    string
	}{
		"keys":    {[]policy.Pattern{"a b*", `"</script>`, "KEYS"}, `[["own","a b*","\"\u003c/script\u003e","KEYS"]].map(`},
		"no keys": {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := renderer(t, func(_ *Options, d *policy.Declaration) {
				d.Services = []policy.Service{{ID: "own", Purpose: policy.Embeds, Cookies: []policy.Pattern{"own"}, Storage: c.storage}}
			})
			for _, file := range []string{"guard.js", "kept.js"} {
				script := string(r.assets.files[file].Body)
				if strings.Contains(script, `,"storage":(`) != (c.want != "") || !strings.Contains(script, c.want) {
					t.Errorf("%s: %s", file, script[len(script)-4000:])
				}
			}
			if strings.Contains(string(r.assets.files["worker.js"].Body), "getItem") {
				t.Error("workers have it")
			}
		})
	}
}
