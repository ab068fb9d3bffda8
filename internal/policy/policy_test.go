package policy

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestPatternMatch(t *testing.T) {
	for _, c := range []struct {
		pattern Pattern
		name    string
		want    bool
	}{
		{"_ga", "_ga", true}, {"_ga", "_gat", false}, {"_ga", "_GA", false},
		{"_ga_*", "_ga_", true}, {"_ga_*", "_ga_X1", true}, {"_ga_*", "_ga", false},
		{"*_id", "x_id", true}, {"*_id", "x_id2", false},
		{"_pk_id.*", "_pk_id.1.ab", true}, {"_pk_id.*", "_pk_idX1", false},
		{"a*b*c", "abc", true}, {"a*b*c", "aXbYc", true}, {"a*b*c", "aXbY", false}, {"a*b*c", "ac", false},
		{"a*a", "a", false}, {"a*a", "aa", true}, {"**a", "a", true},
		{"a*b*b", "ab", false}, {"a*b*b", "abb", true},
		{"été*", "été2", true},
	} {
		t.Run(fmt.Sprintf("%q of %q", c.name, c.pattern), func(t *testing.T) {
			if got := c.pattern.Match(c.name); got != c.want {
				t.Errorf("%q matches %q: %v, want %v", c.pattern, c.name, got, c.want)
			}
		})
	}
}

func declaration() Declaration {
	return Declaration{
		Controller: Controller{Name: "Ville"},
		Services: []Service{
			{
				ID: "matomo", Purpose: Statistics, Provider: Provider{Name: "Matomo"},
				Cookies: []Pattern{"_pk_id.*", "_pk_ses.*"}, Lifetime: time.Hour, Exempt: true,
			},
			{ID: "ga", Purpose: Statistics, Provider: Provider{Name: "Google"}, Cookies: []Pattern{"_ga", "_ga_*"}},
		},
	}
}

func TestCookieClass(t *testing.T) {
	d := declaration()
	d.Necessary = []Pattern{"messages", "_ga_needed"}
	p, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]Class{
		"sessionid": ClassNecessary, "csrftoken": ClassNecessary, "django_language": ClassNecessary,
		"cookies_preferences": ClassNecessary, "messages": ClassNecessary, "_ga_needed": ClassNecessary,
		"_pk_id.1": 0, "_ga": 1, "_ga_X": 1,
		"": ClassUndeclared, "SESSIONID": ClassUndeclared, "sessionid2": ClassUndeclared, "_fbp": ClassUndeclared,
		"__Host-sessionid": ClassUndeclared,
	} {
		t.Run(fmt.Sprintf("%q", name), func(t *testing.T) {
			if got := p.Classify(name); got != want {
				t.Errorf("Classify(%q) = %d, want %d", name, got, want)
			}
		})
	}
	for _, c := range []struct {
		class   Class
		granted Set
		want    bool
	}{{ClassNecessary, 0, true}, {ClassUndeclared, p.All, false}, {0, 1, true}, {1, 1, false}} {
		t.Run(fmt.Sprintf("class %d, granted %b", c.class, c.granted), func(t *testing.T) {
			if got := p.Allows(c.class, c.granted); got != c.want {
				t.Errorf("Allows(%d, %b) = %v", c.class, c.granted, got)
			}
		})
	}
}

func TestPolicyVersion(t *testing.T) {
	version := func(t *testing.T, change func(*Declaration)) string {
		t.Helper()
		d := declaration()
		change(&d)
		p, err := New(d)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Version) != 16 {
			t.Fatalf("version %q", p.Version)
		}
		return p.Version
	}
	base := version(t, func(*Declaration) {})
	for name, change := range map[string]func(*Declaration){
		"site":        func(d *Declaration) { d.Site = "Autre" },
		"contact":     func(d *Declaration) { d.Controller.Contact = "dpo@ville.fr" },
		"name":        func(d *Declaration) { d.Services[0].Name = "Autre" },
		"global":      func(d *Declaration) { d.Services[0].Globals = []string{"other()"} },
		"description": func(d *Declaration) { d.Services[0].Description = Text{"fr": "Autre"} },
		"title":       func(d *Declaration) { d.Purposes = []Purpose{{ID: Statistics, Title: Text{"": "Chiffres"}}} },
		"order": func(d *Declaration) {
			d.Services[0], d.Services[1] = d.Services[1], d.Services[0]
			d.Services[0].Cookies = []Pattern{"_ga_*", "_ga"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			if version(t, change) != base {
				t.Errorf("a new %s asks again", name)
			}
		})
	}
	for name, change := range map[string]func(*Declaration){
		"controller": func(d *Declaration) { d.Controller.Name = "Agglo" },
		"service": func(d *Declaration) {
			d.Services = append(d.Services, Service{ID: "x", Purpose: Embeds, Cookies: []Pattern{"x"}})
		},
		"purpose":  func(d *Declaration) { d.Services[1].Purpose = Marketing },
		"provider": func(d *Declaration) { d.Services[1].Provider.Name = "Other" },
		"cookies":  func(d *Declaration) { d.Services[1].Cookies = []Pattern{"_ga"} },
		"hosts":    func(d *Declaration) { d.Services[1].Hosts = []Pattern{"a.example"} },
		"paths":    func(d *Declaration) { d.Services[1].Paths = []Pattern{"/stats/*"} },
		"storage":  func(d *Declaration) { d.Services[1].Storage = []Pattern{"ga.*"} },
		"lifetime": func(d *Declaration) { d.Services[1].Lifetime = time.Minute },
		"exempt":   func(d *Declaration) { d.Services[0].Exempt = false },
	} {
		t.Run(name, func(t *testing.T) {
			if version(t, change) == base {
				t.Errorf("a new %s does not ask again", name)
			}
		})
	}
}

// Keys have any characters, unlike the names of cookies, and they alone make a service.
func TestStoredKeys(t *testing.T) {
	for _, key := range []Pattern{"a b;c=d", "clé\t*", "rc::d-*", "a\nb", "\x00x", "😀*"} {
		t.Run(fmt.Sprintf("%q", key), func(t *testing.T) {
			if _, err := New(Declaration{Services: []Service{{ID: "own", Purpose: Embeds, Storage: []Pattern{key}}}}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDeclarationErrors(t *testing.T) {
	for want, change := range map[string]func(*Declaration){
		"unknown purpose \"stats\"": func(d *Declaration) { d.Services[0].Purpose = "stats" },
		"the catalogue does not know it, so it needs a purpose (functional, statistics": func(d *Declaration) { d.Services[0].ID, d.Services[0].Purpose = "guichet", "" },
		"does not know it (is youtube meant?), so it needs":                             func(d *Declaration) { d.Services[0].ID, d.Services[0].Purpose = "youtub", "" },
		"(is matomo meant?)":                    func(d *Declaration) { d.Services[0].ID, d.Services[0].Purpose = "Matmoo", "" },
		"(is ga meant?)":                        func(d *Declaration) { d.Services[0].ID, d.Services[0].Purpose = "google-analytics", "" },
		"looks like a regular expression":       func(d *Declaration) { d.Necessary = []Pattern{"^sess.*"} },
		`"sess.*$" looks like`:                  func(d *Declaration) { d.Services[0].Cookies = []Pattern{"sess.*$"} },
		`"sess\\d" looks like`:                  func(d *Declaration) { d.Services[0].Cookies = []Pattern{"sess\\d"} },
		"neither cookies, hosts, paths nor":     func(d *Declaration) { d.Services[0].Cookies = nil },
		"would match every cookie":              func(d *Declaration) { d.Services[0].Cookies = []Pattern{"**"} },
		"covers the necessary cookie sessionid": func(d *Declaration) { d.Services[0].Cookies = []Pattern{"sess*"} },
		"give the name only":                    func(d *Declaration) { d.Necessary = []Pattern{"a=b"} },
		"declared twice":                        func(d *Declaration) { d.Services[0].ID = "ga" },
		"lower-case letters":                    func(d *Declaration) { d.Services[0].ID = "Ga" },
		"reserved":                              func(d *Declaration) { d.Services[0].ID = "mac" },
		"in the templates folder":               func(d *Declaration) { d.Purposes = []Purpose{{ID: Necessary}} },
		"purpose statistics: declared twice": func(d *Declaration) {
			d.Purposes = []Purpose{{ID: Statistics}, {ID: Statistics}}
		},
		"needs a title": func(d *Declaration) { d.Purposes = []Purpose{{ID: "own"}} },
		"at most 64": func(d *Declaration) {
			for i := range 64 {
				d.Services = append(d.Services, Service{ID: fmt.Sprint("s", i), Purpose: Embeds, Cookies: []Pattern{"x"}})
			}
		},
		"only audience measurement": func(d *Declaration) { d.Services[0].Purpose = Marketing },
		"must not exceed 13 months": func(d *Declaration) { d.Services[0].Lifetime = 400 * day },
		"give the host name only":   func(d *Declaration) { d.Services[0].Hosts = []Pattern{"https://a.example/"} },
		"does not begin with":       func(d *Declaration) { d.Services[0].Paths = []Pattern{"stats/*"} },
		"without query":             func(d *Declaration) { d.Services[0].Paths = []Pattern{"/stats?x"} },
		"every key":                 func(d *Declaration) { d.Services[0].Storage = []Pattern{"own.*", "**"} },
		"no UTF-8 text":             func(d *Declaration) { d.Services[0].Storage = []Pattern{"own\xff*"} },
		"every page":                func(d *Declaration) { d.Services[0].Paths = []Pattern{"/*"} },
		"need no consent":           func(d *Declaration) { d.Services[0].Purpose = Necessary },
	} {
		t.Run(want, func(t *testing.T) {
			d := declaration()
			change(&d)
			if _, err := New(d); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want one that says %q", err, want)
			}
		})
	}
}
