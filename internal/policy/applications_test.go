package policy

import (
	"slices"
	"strings"
	"testing"
)

func TestApplicationFacts(t *testing.T) {
	if _, err := readApplications(applicationsFile); err != nil {
		t.Fatal(err)
	}
	// What follows these is a hash or random, so that a longer pattern would let no more than theirs pass.
	short := map[Pattern]string{"oc*": "nextcloud", "DW*": "dokuwiki"}
	for _, a := range Applications() {
		for _, pattern := range a.Cookies {
			said := strings.ReplaceAll(string(pattern), "*", "")
			if strings.Contains(string(pattern), "*") && len(said) < 3 && short[pattern] != a.ID {
				t.Errorf("%s: %s says too little of a name", a.ID, pattern)
			}
		}
	}
}

func TestApplicationFactsWrong(t *testing.T) {
	const right = `{"id": "a", "name": "A", "cookies": ["a_session", "a_*"], "signs": ["a_*"],` +
		` "source": "https://a.example/c.php"}`
	all, err := readApplications([]byte("[" + right + "]"))
	if err != nil || !slices.Equal(all[0].Sources, []string{"https://a.example/c.php"}) {
		t.Fatalf("%+v, %v", all, err)
	}
	for _, c := range []struct{ from, to, want string }{
		{`"source"`, `"sauce"`, `unknown field "sauce"`},
		{`, "source": "https://a.example/c.php"`, ``, `application a: lacks the source`},
		{`"https://a.example/c.php"`, `[]`, `application a: lacks the source`},
		{`"https://a.example/c.php"`, `"http://a.example/c.php"`, `the source "http://a.example/c.php" is no https address`},
		{`"https://a.example/c.php"`, `["https://a.example/", "https://a.example/"]`, `"https://a.example/" stands twice`},
		{`"id": "a"`, `"id": "A b"`, `lacks its id`},
		{`["a_session", "a_*"]`, `[]`, `needs no cookies`},
		{`"a_session"`, `"*"`, `would match every cookie`},
		{`"a_session"`, `"a_*"`, `the cookie a_* stands twice`},
		{`["a_*"]`, `["b_*"]`, `the sign b_* is none of its cookies`},
		{right, right + "," + right, `not in order behind a`},
	} {
		_, err := readApplications([]byte("[" + strings.Replace(right, c.from, c.to, 1) + "]"))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.to, err)
		}
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
		"discourse": {needed: []string{"_t", "_forum_session", "sso_payload", "theme_ids", "forced_color_mode"}},
		"dokuwiki":  {needed: []string{"DokuWiki", "DW34d15a7ffdabd31c7773a59d76892132", "DOKU_PREFS"}},
		"drupal": {
			needed: []string{"SESSb1f0", "SSESSb1f0", "big_pipe_nojs"},
			others: []string{"Drupal.visitor.name", "Drupal.visitor.mail"},
		},
		"keycloak": {needed: []string{"AUTH_SESSION_ID_LEGACY", "KEYCLOAK_IDENTITY", "WELCOME_STATE_CHECKER"}},
		"mediawiki": {
			needed: []string{"my_wiki_session", "my_wikiUserID", "my_wikiToken", "my_wiki_BPsession",
				"my_wikiPostEditRevision12", "UseDC", "sessionJwt", "my_wikilanguage", "my_wikimwclientpreferences", "stopMobileRedirect"},
			others: []string{"my_wikimwuser-sessionId", "my_wikiULSGeo", "portal_session", "portalUserID"},
		},
		"typo3": {needed: []string{"be_typo_user", "ADMCMD_prev", "typo3nonce_B1IYIunI", "__Secure-typo3nonce_B1IYIunI"}},
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
