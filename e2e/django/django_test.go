// Package django drives a real Django site through the module.
package django

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	_ "github.com/caddy-consent/caddy-consent"
	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// What a visitor does on a Django site (testdata/django) that sets trackers on
// every response, seen through the proxy: everything works whatever the choice,
// and only the cookies that the choice allows go either way.

func TestMain(m *testing.M) {
	harness.Main(m, harness.HasDjango)
}

// djangoCaddyfile declares two services; its verbs are port, further lines, upstream.
const djangoCaddyfile = `http://127.0.0.1:%d {
	encode
	consent {
		%s
		service matomo {
			name Matomo
			provider "Ville"
			purpose statistics
			cookies _pk_id.* _pk_ses.*
		}
		service ga {
			name "Google Analytics"
			provider Google
			purpose statistics
			cookies _ga _ga_*
		}
	}
	reverse_proxy %s
}
`

// djangoPortal holds where the site is reached.
type djangoPortal struct {
	upstream string // without the proxy
	site     string // through the proxy, the charter as it is
	lenient  string // through the proxy, with `necessary messages`
}

func TestDjango(t *testing.T) {
	upstream := harness.Django(t)
	for name, lines := range map[string]string{
		"AsItComes": "",
		"WithEverythingOn": "charter /terms/cookies-policy\n third_parties strict\n allow tile.openstreetmap.org\n signals google matomo\n" +
			" gpc honour\n service youtube",
	} {
		t.Run(name, func(t *testing.T) { inFrontOf(t, upstream, lines).does(t) })
	}
}

// inFrontOf puts the module with further lines in front of the site.
func inFrontOf(t *testing.T, upstream, lines string) djangoPortal {
	t.Helper()
	address := strings.TrimPrefix(upstream, "http://")
	site, lenient := harness.FreePort(t), harness.FreePort(t)
	harness.Caddy(t, fmt.Sprintf(djangoCaddyfile, site, lines, address)+
		fmt.Sprintf(djangoCaddyfile, lenient, lines+"\n necessary messages", address))
	return djangoPortal{
		upstream: upstream,
		site:     fmt.Sprintf("http://127.0.0.1:%d", site),
		lenient:  fmt.Sprintf("http://127.0.0.1:%d", lenient),
	}
}

func (p djangoPortal) does(t *testing.T) {
	t.Run("LoginWorksWhateverTheChoice", p.loginWorksWhateverTheChoice)
	t.Run("LanguageSticksWhateverTheChoice", p.languageSticksWhateverTheChoice)
	t.Run("FormPostWorksWhateverTheChoice", p.formPostWorksWhateverTheChoice)
	t.Run("MessageShowsWhereItsCookieIsNecessary", p.messageShowsWhereItsCookieIsNecessary)
	t.Run("ScriptPostsWithTheCSRFCookieWhateverTheChoice", p.scriptPostsWithTheCSRFCookieWhateverTheChoice)
	t.Run("DataPassUnchangedWhateverTheChoice", p.dataPassUnchangedWhateverTheChoice)
	t.Run("NoticeIsInPagesUntilAChoiceAndNowhereElse", p.noticeIsInPagesUntilAChoiceAndNowhereElse)
	t.Run("CompressedPageStaysCompressedAndCarriesTheNotice", p.compressedPageStaysCompressedAndCarriesTheNotice)
	t.Run("RevalidationHoldsUntilTheChoiceChanges", p.revalidationHoldsUntilTheChoiceChanges)
	t.Run("OnlyGrantedTrackersReachTheVisitor", p.onlyGrantedTrackersReachTheVisitor)
	t.Run("OnlyGrantedCookiesReachTheUpstream", p.onlyGrantedCookiesReachTheUpstream)
	t.Run("WithdrawnTrackersReachTheUpstreamNoMore", p.withdrawnTrackersReachTheUpstreamNoMore)
}

func (p djangoPortal) loginWorksWhateverTheChoice(t *testing.T) {
	inEachDjangoState(t, p.site, func(t *testing.T, v *djangoVisitor, _ djangoState) {
		v.navigate("/account/").redirects(t, "/login/?next=/account/")

		answer := v.logIn()
		answer.redirects(t, "/account/")
		if line := answer.setCookie("sessionid"); !strings.HasSuffix(line, "; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax") {
			t.Errorf("sessionid must arrive as Django sets it, got %q", line)
		}
		for range 2 {
			v.navigate("/account/").shows(t, "<h1>Bonjour ada</h1>")
		}

		v.navigate("/logout/").redirects(t, "/")
		v.navigate("/account/").redirects(t, "/login/?next=/account/")
	})
}

func (p djangoPortal) languageSticksWhateverTheChoice(t *testing.T) {
	inEachDjangoState(t, p.site, func(t *testing.T, v *djangoVisitor, _ djangoState) {
		home := v.navigate("/")
		home.shows(t, `<html lang="fr">`, "Bienvenue sur le portail")

		answer := v.submit("/i18n/setlang/", url.Values{
			"csrfmiddlewaretoken": {home.csrfToken(t)}, "next": {"/"}, "language": {"en"},
		})
		answer.redirects(t, "/")
		if line := answer.setCookie("django_language"); !strings.HasPrefix(line, "django_language=en;") || !strings.Contains(line, "Max-Age=31536000") {
			t.Errorf("django_language must arrive with its twelve months, got %q", line)
		}
		for range 2 {
			v.navigate("/").shows(t, `<html lang="en">`, "Welcome to the portal")
		}
	})
}

func (p djangoPortal) formPostWorksWhateverTheChoice(t *testing.T) {
	inEachDjangoState(t, p.site, func(t *testing.T, v *djangoVisitor, _ djangoState) {
		home := v.navigate("/")
		if answer := v.submit("/feedback/", url.Values{"text": {"sans jeton"}}); answer.StatusCode != http.StatusForbidden {
			t.Errorf("without a token Django must refuse with 403, got %s", answer.Status)
		}
		answer := v.submit("/feedback/", url.Values{"csrfmiddlewaretoken": {home.csrfToken(t)}, "text": {"un avis"}})
		answer.redirects(t, "/")

		// The charter does not name the cookie that carries the message.
		if line := answer.setCookie("messages"); line != "" {
			t.Errorf("an undeclared cookie passed: %q", line)
		}
		if page := v.navigate("/"); strings.Contains(page.body, "un avis") {
			t.Error("the message came back without its cookie")
		}
	})
}

func (p djangoPortal) messageShowsWhereItsCookieIsNecessary(t *testing.T) {
	inEachDjangoState(t, p.lenient, func(t *testing.T, v *djangoVisitor, _ djangoState) {
		form := url.Values{"csrfmiddlewaretoken": {v.navigate("/").csrfToken(t)}, "text": {"un avis"}}
		v.submit("/feedback/", form).redirects(t, "/")

		v.navigate("/").shows(t, "<li>Merci : un avis</li>")
		if page := v.navigate("/"); strings.Contains(page.body, "un avis") {
			t.Error("Django deletes the cookie of a message it has shown; the deletion did not arrive")
		}
	})
}

func (p djangoPortal) scriptPostsWithTheCSRFCookieWhateverTheChoice(t *testing.T) {
	inEachDjangoState(t, p.site, func(t *testing.T, v *djangoVisitor, _ djangoState) {
		v.navigate("/")
		const sent = `{"text": "par script"}`
		if answer := v.fetch(http.MethodPost, "/api/feedback/", sent, "Content-Type", "application/json"); answer.StatusCode != http.StatusForbidden {
			t.Errorf("without a token Django must refuse with 403, got %s", answer.Status)
		}
		answer := v.fetch(http.MethodPost, "/api/feedback/", sent,
			"Content-Type", "application/json", "X-CSRFToken", v.cookies()["csrftoken"])
		if answer.StatusCode != http.StatusOK || answer.body != `{"received": "par script"}` {
			t.Errorf("got %s %q", answer.Status, answer.body)
		}
	})
}

func (p djangoPortal) dataPassUnchangedWhateverTheChoice(t *testing.T) {
	direct := newDjangoVisitor(t, p.upstream)
	inEachDjangoState(t, p.site, func(t *testing.T, v *djangoVisitor, _ djangoState) {
		for _, path := range []string{"/api/datasets/", "/export.csv"} {
			want := direct.navigate(path)
			for how, got := range map[string]djangoAnswer{
				"navigated": v.navigate(path),
				"fetched":   v.fetch(http.MethodGet, path, ""),
			} {
				if got.StatusCode != http.StatusOK || got.body != want.body {
					t.Errorf("%s %s: %s, %d bytes that differ from the upstream's %d", path, how, got.Status, len(got.body), len(want.body))
				}
				if got, want := ownHeaders(got.Header), ownHeaders(want.Header); !reflect.DeepEqual(got, want) {
					t.Errorf("%s %s: headers\n%v\nthe upstream's\n%v", path, how, got, want)
				}
			}
			if got := v.navigate(path, "Accept-Encoding", "gzip"); got.decoded(t) != want.body {
				t.Errorf("%s compressed by encode differs from the upstream's once decoded", path)
			}
		}
		// The stream may begin with a piece too small for encode; the JSON is always compressed.
		if coding := v.fetch(http.MethodGet, "/api/datasets/", "", "Accept-Encoding", "gzip").Header.Get("Content-Encoding"); coding != "gzip" {
			t.Errorf("encode no longer compresses the JSON: Content-Encoding %q", coding)
		}
	})
}

func (p djangoPortal) noticeIsInPagesUntilAChoiceAndNowhereElse(t *testing.T) {
	inEachDjangoState(t, p.site, func(t *testing.T, v *djangoVisitor, state djangoState) {
		inPage := 0
		if state.choice == "" {
			inPage = 1
		}
		for _, c := range []struct {
			name   string
			answer djangoAnswer
			want   int
		}{
			{"home page", v.navigate("/"), inPage},
			{"login page", v.navigate("/login/"), inPage},
			{"conditional page", v.navigate("/conditional/"), inPage},
			{"framed page", v.navigate("/", "Sec-Fetch-Dest", "iframe"), 0},
			{"fetched page", v.fetch(http.MethodGet, "/", ""), 0},
			{"fetched JSON", v.fetch(http.MethodGet, "/api/datasets/", ""), 0},
			{"navigated JSON", v.navigate("/api/datasets/"), 0},
			{"fetched CSV", v.fetch(http.MethodGet, "/export.csv", ""), 0},
			{"navigated CSV", v.navigate("/export.csv"), 0},
		} {
			if c.answer.StatusCode != http.StatusOK {
				t.Errorf("%s: %s", c.name, c.answer.Status)
			}
			if got := c.answer.notices(); got != c.want {
				t.Errorf("%s: %d notices, want %d", c.name, got, c.want)
			}
		}
	})
}

func (p djangoPortal) compressedPageStaysCompressedAndCarriesTheNotice(t *testing.T) {
	inEachDjangoState(t, p.site, func(t *testing.T, v *djangoVisitor, state djangoState) {
		answer := v.navigate("/gzip/", "Accept-Encoding", "gzip")
		if got := answer.Header.Values("Content-Encoding"); !slices.Equal(got, []string{"gzip"}) {
			t.Fatalf("Content-Encoding %q, want gzip once", got)
		}
		answer.body = answer.decoded(t)
		answer.shows(t, "Une page compressée", "</html>")
		if got, want := answer.notices() == 1, state.choice == ""; got != want {
			t.Errorf("notice there: %v, want %v", got, want)
		}

		plain := v.navigate("/gzip/")
		if coding := plain.Header.Get("Content-Encoding"); coding != "" {
			t.Fatalf("a client that accepts no coding got %s", coding)
		}
		if plain.body != answer.body {
			t.Error("the page differs between compressed and plain")
		}
	})
}

func (p djangoPortal) revalidationHoldsUntilTheChoiceChanges(t *testing.T) {
	const path = "/conditional/"
	upstreams := newDjangoVisitor(t, p.upstream).navigate(path)
	modified := upstreams.Header.Get("Last-Modified")

	inEachDjangoState(t, p.site, func(t *testing.T, v *djangoVisitor, state djangoState) {
		first := v.navigate(path)
		etag := first.Header.Get("ETag")
		if etag == "" || etag == upstreams.Header.Get("ETag") {
			t.Fatalf("ETag %q, want the upstream's %q with a suffix", etag, upstreams.Header.Get("ETag"))
		}
		if vary := strings.Join(first.Header.Values("Vary"), ", "); !strings.Contains(vary, "Cookie") {
			t.Errorf("Vary %q must name Cookie", vary)
		}
		if control := first.Header.Get("Cache-Control"); first.notices() > 0 && !strings.Contains(control, "private") &&
			!strings.Contains(control, "no-store") {
			t.Errorf("Cache-Control %q lets a shared cache store a page with a notice", control)
		}

		// A browser sends both validators.
		same := v.navigate(path, "If-None-Match", etag, "If-Modified-Since", modified)
		if same.StatusCode != http.StatusNotModified || same.body != "" {
			t.Errorf("in the same state: %s, %d bytes, want 304 without a body", same.Status, len(same.body))
		}
		if got := same.Header.Get("ETag"); got != etag {
			t.Errorf("the 304 names the ETag %q, the page %q", got, etag)
		}
		if got := same.trackers(); !slices.Equal(got, state.trackers) {
			t.Errorf("the 304 sets %q, want %q", got, state.trackers)
		}

		whole := func(why string, validators ...string) {
			t.Helper()
			answer := v.navigate(path, validators...)
			if answer.StatusCode != http.StatusOK || !strings.Contains(answer.body, "Une page qui change rarement") {
				t.Errorf("%s: %s, %d bytes, want the whole page", why, answer.Status, len(answer.body))
			}
		}
		whole("a date says nothing about the choice", "If-Modified-Since", modified)
		whole("the upstream's ETag names another page", "If-None-Match", upstreams.Header.Get("ETag"))

		// A fetch gets the upstream's bytes, so the upstream's validators hold.
		if fetched := v.fetch(http.MethodGet, path, "", "If-None-Match", upstreams.Header.Get("ETag")); fetched.StatusCode != http.StatusNotModified {
			t.Errorf("a fetch with the upstream's ETag: %s, want 304", fetched.Status)
		}

		for _, other := range []string{"refuse", "accept"} {
			if other != state.choice {
				v.choose(other)
				whole("after the choice "+other, "If-None-Match", etag, "If-Modified-Since", modified)
			}
		}
	})
}

func (p djangoPortal) onlyGrantedTrackersReachTheVisitor(t *testing.T) {
	sent := newDjangoVisitor(t, p.upstream).navigate("/").trackers()
	for _, name := range []string{"_ga", "_fbp", "_ga_ABC123", "_pk_id.1.abcd", "AWSALB", "=nameless", "bare_value", "_hjid", "spaced_tracker",
		"SESSIONID", "old_tracker"} {
		if !slices.ContainsFunc(sent, func(line string) bool { return strings.HasPrefix(line, name) }) {
			t.Fatalf("the site itself does not set %s, only %q", name, sent)
		}
	}
	inEachDjangoState(t, p.site, func(t *testing.T, v *djangoVisitor, state djangoState) {
		for _, c := range []struct {
			name   string
			status int
			answer djangoAnswer
		}{
			{"page", 200, v.navigate("/")},
			{"compressed page", 200, v.navigate("/gzip/", "Accept-Encoding", "gzip")},
			{"head of a page", 200, v.send(http.MethodHead, "/", "", navigation...)},
			{"redirect", 302, v.navigate("/account/")},
			{"error page", 404, v.navigate("/nowhere/")},
			{"refused post", 403, v.submit("/feedback/", nil)},
			{"JSON", 200, v.fetch(http.MethodGet, "/api/datasets/", "")},
			{"stream", 200, v.navigate("/export.csv")},
		} {
			if c.answer.StatusCode != c.status {
				t.Errorf("%s: %s, want %d", c.name, c.answer.Status, c.status)
			}
			if got := c.answer.trackers(); !slices.Equal(got, state.trackers) {
				t.Errorf("%s: set\n%q, want\n%q", c.name, got, state.trackers)
			}
		}
	})
}

func (p djangoPortal) onlyGrantedCookiesReachTheUpstream(t *testing.T) {
	const (
		everything = `_ga=GA1.1; sessionid=abc; _fbp=fb.1; csrftoken="quo ted"; bare; _pk_id.1.abcd=a=b; django_language=fr; =nameless; AWSALB=x,y; ` +
			`sessionid=second; SESSIONID=upper; _ga_ABC123=1; messages=m`
		necessary = `sessionid=abc; csrftoken="quo ted"; django_language=fr; sessionid=second`
		granted   = `_ga=GA1.1; sessionid=abc; csrftoken="quo ted"; _pk_id.1.abcd=a=b; django_language=fr; sessionid=second; _ga_ABC123=1`
	)
	echo := func(cookie string) string {
		return fmt.Sprintf(`{"cookie": "%s"}`, strings.ReplaceAll(cookie, `"`, `\"`))
	}

	if got := newDjangoVisitor(t, p.upstream).fetch(http.MethodGet, "/echo-cookies/", "", "Cookie", everything).body; got != echo(everything) {
		t.Fatalf("the site itself must see every byte, saw %s", got)
	}
	inEachDjangoState(t, p.site, func(t *testing.T, v *djangoVisitor, state djangoState) {
		sent, want := everything, necessary
		if state.choice == "accept" {
			want = granted
		}
		if state.choice != "" {
			preferences := "; cookies_preferences=" + v.cookies()["cookies_preferences"]
			sent, want = sent+preferences, want+preferences
		}
		for how, got := range map[string]djangoAnswer{
			"navigated": v.navigate("/echo-cookies/", "Cookie", sent),
			"fetched":   v.fetch(http.MethodGet, "/echo-cookies/", "", "Cookie", sent),
		} {
			if got.body != echo(want) {
				t.Errorf("%s: the upstream saw\n%s, want\n%s", how, got.body, echo(want))
			}
		}
		if got := v.fetch(http.MethodGet, "/echo-cookies/", "", "Cookie", "_fbp=fb.1; bare").body; got != echo("") {
			t.Errorf("of undeclared cookies alone the upstream saw %s", got)
		}
	})
}

func (p djangoPortal) withdrawnTrackersReachTheUpstreamNoMore(t *testing.T) {
	v := newDjangoVisitor(t, p.site)
	trackers := []string{"_ga=", "_ga_ABC123=", "_pk_id.1.abcd="}
	v.choose("accept")
	v.logIn().redirects(t, "/account/")
	accepted := v.fetch(http.MethodGet, "/echo-cookies/", "").body
	for _, name := range trackers {
		if !strings.Contains(accepted, name) {
			t.Errorf("after accepting the upstream did not see %s, only %s", name, accepted)
		}
	}

	v.choose("refuse")
	refused := v.fetch(http.MethodGet, "/echo-cookies/", "").body
	for _, name := range trackers {
		if strings.Contains(refused, name) {
			t.Errorf("after withdrawing the upstream still saw %s in %s", name, refused)
		}
	}
	v.navigate("/account/").shows(t, "<h1>Bonjour ada</h1>")
}

// djangoState is what a visitor decided before a journey begins.
type djangoState struct {
	name     string
	choice   string   // "" where none was made
	trackers []string // the Set-Cookie lines that may arrive besides the necessary ones
}

// inEachDjangoState runs journey with a new visitor in every state.
func inEachDjangoState(t *testing.T, site string, journey func(*testing.T, *djangoVisitor, djangoState)) {
	const deletion = `old_tracker=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/`
	for _, state := range []djangoState{
		{"no choice given", "", []string{deletion}},
		{"refused", "refuse", []string{deletion}},
		{"accepted", "accept", []string{
			"_ga=GA1.1.1234567890.1700000000; Path=/",
			"_ga_ABC123=GS1.1.1700000000.1.1.1700000000.0.0.0; Path=/; HttpOnly",
			"_pk_id.1.abcd=0123456789abcdef.1700000000.;max-age=3600;path=/;SAMESITE=lax",
			deletion,
		}},
	} {
		t.Run(state.name, func(t *testing.T) {
			v := newDjangoVisitor(t, site)
			if state.choice != "" {
				v.choose(state.choice)
			}
			journey(t, v, state)
		})
	}
}

// djangoVisitor keeps cookies and sends headers as a browser does, follows no
// redirect and undoes no compression.
type djangoVisitor struct {
	t      *testing.T
	site   string
	client *http.Client
}

func newDjangoVisitor(t *testing.T, site string) *djangoVisitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &djangoVisitor{t, site, &http.Client{
		Jar:           jar,
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// navigation holds the headers that tell a page request, as name and value in turn.
var navigation = []string{
	"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
	"Sec-Fetch-Dest", "document", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Site", "same-origin",
}

// navigate asks for a page as a click on a link does; headers may override.
func (v *djangoVisitor) navigate(path string, headers ...string) djangoAnswer {
	v.t.Helper()
	return v.send(http.MethodGet, path, "", append(slices.Clone(navigation), headers...)...)
}

// submit posts a form as a click on its button does.
func (v *djangoVisitor) submit(path string, form url.Values) djangoAnswer {
	v.t.Helper()
	return v.send(http.MethodPost, path, form.Encode(), append(slices.Clone(navigation),
		"Content-Type", "application/x-www-form-urlencoded", "Origin", v.site, "Referer", v.site+"/")...)
}

// fetch asks as a script of the page does.
func (v *djangoVisitor) fetch(method, path, body string, headers ...string) djangoAnswer {
	v.t.Helper()
	return v.send(method, path, body, append([]string{
		"Accept", "*/*", "Referer", v.site + "/",
		"Sec-Fetch-Dest", "empty", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Site", "same-origin",
	}, headers...)...)
}

// send sends headers given as name and value in turn, the last of a name
// counting. A Cookie header among them replaces the visitor's own cookies.
func (v *djangoVisitor) send(method, path, body string, headers ...string) djangoAnswer {
	v.t.Helper()
	req, err := http.NewRequest(method, v.site+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
	for pair := range slices.Chunk(headers, 2) {
		req.Header.Set(pair[0], pair[1])
	}
	client := *v.client
	if req.Header.Get("Cookie") != "" {
		client.Jar = nil
	}
	res, err := client.Do(req)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	read, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatalf("%s %s: reading the body: %v", method, path, err)
	}
	return djangoAnswer{Response: res, body: string(read)}
}

// choose answers the notice by its form.
func (v *djangoVisitor) choose(choice string) {
	v.t.Helper()
	answer := v.submit("/_consent/choice", url.Values{"choice": {choice}, "return": {"/"}})
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/" {
		v.t.Fatalf("choosing %s: %s to %q, want 303 to /: %s", choice, answer.Status, answer.Header.Get("Location"), answer.body)
	}
	if v.cookies()["cookies_preferences"] == "" {
		v.t.Fatalf("choosing %s left no cookies_preferences", choice)
	}
}

// logIn fills in the login form.
func (v *djangoVisitor) logIn() djangoAnswer {
	v.t.Helper()
	return v.submit("/login/", url.Values{
		"csrfmiddlewaretoken": {v.navigate("/login/").csrfToken(v.t)},
		"username":            {"ada"}, "password": {"lovelace-1843"},
	})
}

// cookies returns what the visitor would send to the site, by name.
func (v *djangoVisitor) cookies() map[string]string {
	site, err := url.Parse(v.site)
	if err != nil {
		v.t.Fatal(err)
	}
	held := map[string]string{}
	for _, c := range v.client.Jar.Cookies(site) {
		held[c.Name] = c.Value
	}
	return held
}

// djangoAnswer is a response with its body read, as it came over the wire.
type djangoAnswer struct {
	*http.Response
	body string
}

func (a djangoAnswer) shows(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if a.StatusCode != http.StatusOK || !strings.Contains(a.body, part) {
			t.Errorf("%s: %s, want a page with %q, got\n%s", a.Request.URL.Path, a.Status, part, a.body)
		}
	}
}

func (a djangoAnswer) redirects(t *testing.T, location string) {
	t.Helper()
	if got := a.Header.Get("Location"); a.StatusCode != http.StatusFound || got != location {
		t.Fatalf("%s: %s to %q, want 302 to %q", a.Request.URL.Path, a.Status, got, location)
	}
}

var djangoToken = regexp.MustCompile(`name="csrfmiddlewaretoken" value="([^"]+)"`)

func (a djangoAnswer) csrfToken(t *testing.T) string {
	t.Helper()
	found := djangoToken.FindStringSubmatch(a.body)
	if found == nil {
		t.Fatalf("%s: %s, no form with a token in\n%s", a.Request.URL.Path, a.Status, a.body)
	}
	return found[1]
}

func (a djangoAnswer) notices() int { return strings.Count(a.body, `id="caddy-consent"`) }

// setCookie returns the one line that sets name, "" where there is none.
func (a djangoAnswer) setCookie(name string) string {
	for _, line := range a.Header.Values("Set-Cookie") {
		if strings.HasPrefix(line, name+"=") {
			return line
		}
	}
	return ""
}

// trackers returns the Set-Cookie lines but those of the charter's cookies.
func (a djangoAnswer) trackers() []string {
	return slices.DeleteFunc(slices.Clone(a.Header.Values("Set-Cookie")), func(line string) bool {
		name, _, _ := strings.Cut(line, "=")
		return slices.Contains([]string{"sessionid", "django_language", "csrftoken", "cookies_preferences"}, name)
	})
}

// decoded returns the body without the gzip coding that it may have.
func (a djangoAnswer) decoded(t *testing.T) string {
	t.Helper()
	switch coding := a.Header.Get("Content-Encoding"); coding {
	case "":
		return a.body
	case "gzip":
	default:
		t.Fatalf("%s: Content-Encoding %q, want gzip", a.Request.URL.Path, coding)
	}
	reader, err := gzip.NewReader(bytes.NewReader([]byte(a.body)))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

// ownHeaders returns the headers that are the site's own: not the cookies, and
// not what encode adds, any proxy, or another moment.
func ownHeaders(h http.Header) http.Header {
	own := h.Clone()
	for _, name := range []string{"Set-Cookie", "Date", "Server", "Via", "Connection"} {
		own.Del(name)
	}
	own["Vary"] = slices.DeleteFunc(own["Vary"], func(line string) bool { return line == "Accept-Encoding" })
	return own
}
