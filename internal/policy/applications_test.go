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

// The names are as the software sends them. What it also sets for its own convenience is not among them.
func TestApplicationNames(t *testing.T) {
	for id, names := range map[string]struct{ needed, others []string }{
		"discourse": {needed: []string{"_t", "_forum_session", "sso_payload"}},
		"dokuwiki":  {needed: []string{"DokuWiki", "DW34d15a7ffdabd31c7773a59d76892132", "DOKU_PREFS"}},
		"drupal":    {needed: []string{"SESSb1f0", "SSESSb1f0", "big_pipe_nojs"}},
		"keycloak":  {needed: []string{"AUTH_SESSION_ID_LEGACY", "KEYCLOAK_IDENTITY", "WELCOME_STATE_CHECKER"}},
		"mediawiki": {
			needed: []string{"my_wiki_session", "my_wikiUserID", "my_wikiToken", "my_wiki_BPsession", "my_wikiPostEditRevision12", "UseDC"},
			others: []string{"my_wikimwuser-sessionId", "portal_session", "portalUserID"},
		},
		"typo3": {needed: []string{"be_typo_user", "typo3nonce_B1IYIunI", "__Secure-typo3nonce_B1IYIunI"}},
		"wordpress": {
			needed: []string{"wordpress_test_cookie", "wordpress_sec_74a38f79", "wp-resetpass-74a38f79", "wp-activate-74a38f79", "wp-settings-time-1"},
			others: []string{"wp-wpml_current_language", "comment_author_74a38f79"},
		},
	} {
		a := Applications()[slices.IndexFunc(Applications(), func(a Application) bool { return a.ID == id })]
		for _, name := range names.needed {
			if !a.Needs(name) {
				t.Errorf("%s does without %s", id, name)
			}
		}
		for _, name := range names.others {
			if a.Needs(name) {
				t.Errorf("%s needs %s", id, name)
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
