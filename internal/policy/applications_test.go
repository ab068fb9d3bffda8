package policy

import (
	"fmt"
	"os"
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

func TestApplicationsDocumented(t *testing.T) {
	reference, err := os.ReadFile("../../docs/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(reference), "\n### application\n")
	section, _, _ = strings.Cut(section, "\n### ")
	ids := make([]string, 0, len(Applications()))
	for _, a := range Applications() {
		ids = append(ids, "`"+a.ID+"`")
	}
	if want := strings.Join(ids, ", ") + "."; !strings.Contains(strings.Join(strings.Fields(section), " "), want) {
		t.Errorf("docs/reference.md does not say %s", want)
	}
	catalogue, err := os.ReadFile("../../docs/catalogue.md")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("all %d kinds of software", len(ids))
	if !strings.Contains(strings.Join(strings.Fields(string(catalogue)), " "), want) {
		t.Errorf("docs/catalogue.md does not say %q", want)
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
		"contao": {needed: []string{"csrf_https-contao_csrf_token", "trusted_device", "REMEMBERME"}},
		"dspace": {needed: []string{"DSPACE-XSRF-COOKIE", "dsLanguage"}, others: []string{"dsMatomo", "CORRELATION-ID"}},
		"ghost":  {needed: []string{"ghost-members-ssr.sig", "ghost-admin-api-session", "ghost-private"}},
		"gitlab": {
			needed: []string{"_gitlab_session", "_gitlab_session_geo_5f"},
			others: []string{"about_gitlab_active_user"}, // for the provider's own pages
		},
		"glpi":  {needed: []string{"glpi_8ac3914e6055f1dc4d1023c9", "glpi_8ac3914e6055f1dc4d1023c9_rememberme"}},
		"ibexa": {needed: []string{"IBX_SESSION_ID98defd6ee70dfb1dea416cec", "eZSESSID98defd6ee70dfb1dea416cec"}},
		"liferay": {
			needed: []string{"COOKIE_SUPPORT", "REMEMBER_ME_TOKEN_ID"},
			others: []string{"CONSENT_TYPE_PERFORMANCE"},
		},
		"limesurvey": {needed: []string{"LS-ZNIDJBOXUNKXWTIP", "YII_CSRF_TOKEN"}},
		"odoo":       {needed: []string{"session_id", "td_id"}, others: []string{"visitor_uuid", "odoo_utm_source"}},
		"phpbb": {
			needed: []string{"phpbb3_x1y2z_sid", "phpbb_a1b2c_u", "phpbb_a1b2c_k"},
			others: []string{"phpbb_a1b2c_track"},
		},
		"prestashop": {needed: []string{"PrestaShop-98f13708210194c475687be6106a3b84"}},
		"umap":       {needed: []string{"anonymous_owner|12", "csrftoken"}},
		"umbraco": {
			needed: []string{"UMB_UCONTEXT", "UMB_UCONTEXTC1", "__Host-umbAccessToken", "__Host-umbRefreshToken-siteA",
				".AspNetCore.Antiforgery.w5W7x28NAIs"},
			others: []string{"UMB_UPDCHK", ".AspNetCore.Session"},
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
