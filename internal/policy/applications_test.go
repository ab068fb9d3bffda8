package policy

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestApplicationFacts(t *testing.T) {
	ids := make([]string, 0, len(Applications()))
	for _, a := range Applications() {
		ids = append(ids, a.ID)
		t.Run(a.ID, func(t *testing.T) {
			if u, err := url.Parse(a.Source); !validID(a.ID) || a.Name == "" || len(a.Cookies) == 0 || err != nil || u.Scheme != "https" {
				t.Errorf("%+v lacks a fact", a)
			}
			for _, pattern := range a.Cookies {
				if err := validCookie(pattern); err != nil {
					t.Error(err)
				}
			}
			for _, sign := range a.Signs {
				if name := strings.ReplaceAll(string(sign), "*", "x"); !matchesAny(a.Cookies, name) {
					t.Errorf("the sign %s is none of its cookies", sign)
				}
			}
		})
	}
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Errorf("%q are not in order", ids)
	}
}

// Declaring an application lets no cookie of a well-known service pass, but for that of Matomo's own pages.
func TestApplicationCookiesOfServices(t *testing.T) {
	for _, a := range Applications() {
		for _, s := range BuiltIn().Services() {
			for _, pattern := range s.Cookies {
				name := strings.ReplaceAll(string(pattern), "*", "1")
				if matchesAny(a.Cookies, name) && name != "MATOMO_SESSID" {
					t.Errorf("%s would let %s of %s pass", a.ID, pattern, s.ID)
				}
			}
		}
	}
}

func TestApplicationErrors(t *testing.T) {
	if _, err := ApplicationCookies([]string{"wordpress", "joomla"}); err == nil || !strings.Contains(err.Error(), `"joomla"`) {
		t.Errorf("%v", err)
	}
	cookies, err := ApplicationCookies([]string{"ckan", "udata"})
	if want := []Pattern{"ckan", "remember_token", "auth_tkt", "session"}; err != nil || !slices.Equal(cookies, want) {
		t.Errorf("%q, %v", cookies, err)
	}
}
