package visitor

import (
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/cookies"
	"github.com/caddy-consent/caddy-consent/internal/decision"
	"github.com/caddy-consent/caddy-consent/internal/ledger"
	"github.com/caddy-consent/caddy-consent/internal/notice"
	"github.com/caddy-consent/caddy-consent/internal/page"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

type testKey string

func (k testKey) Sign(message []byte) []byte {
	h := hmac.New(sha256.New, []byte(k))
	h.Write(message)
	return h.Sum(nil)
}

func (k testKey) Verify(message, mac []byte) bool { return hmac.Equal(mac, k.Sign(message)) }

// noHeads keeps no last entry.
type noHeads struct{}

func (noHeads) Load() (*ledger.Head, error) { return nil, nil }
func (noHeads) Store(ledger.Head) error     { return nil }

// handler serves a policy with two services; log receives its ledger.
func handler(t testing.TB, log io.Writer, services ...policy.Service) *Handler {
	if services == nil {
		services = []policy.Service{
			{ID: "ga", Name: "Google <Analytics>", Purpose: policy.Statistics, Cookies: []policy.Pattern{"_ga"}},
			{ID: "matomo", Purpose: policy.Statistics, Cookies: []policy.Pattern{"_pk_*"}, Exempt: true},
		}
	}
	p, err := policy.New(policy.Declaration{Services: services, Controller: policy.Controller{Name: "Ville", Contact: "dpo@ville.example"}})
	if err != nil {
		t.Fatal(err)
	}
	const remember = 180 * 24 * time.Hour
	n, err := notice.New(notice.Options{Policy: p, Path: "/_consent", Charter: "/cookies", Language: "fr", Remember: remember})
	if err != nil {
		t.Fatal(err)
	}
	chain, err := ledger.NewChain(noHeads{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = chain.Close() })
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(log), zap.DebugLevel)
	return &Handler{
		Path: "/_consent", CharterPath: "/cookies", Policy: p, Notice: n, Decider: &decision.Decider{Policy: p, GPC: choice.HonourGPC},
		Codec:    &choice.Codec{Policy: p, Remember: remember, AcceptNative: true, Keys: testKey("k")},
		Ledger:   &ledger.Ledger{Logger: zap.New(core), Chain: chain, Keys: testKey("k"), Heads: noHeads{}, Failed: func(err error) { t.Error(err) }, Unkept: func(err error) { t.Error(err) }},
		Chosen:   func(ledger.Entry) {},
		Reported: func(string, policy.Owner, string) {},
	}
}

func ask(h http.Handler, method, path, body string, fields ...string) *http.Response {
	r := httptest.NewRequest(method, "http://ville.example"+path, strings.NewReader(body))
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

const (
	form   = "Content-Type: application/x-www-form-urlencoded"
	isJSON = "Content-Type: application/json"
)

func text(t *testing.T, res *http.Response) string {
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// cookie is what the browser sends back.
func cookie(res *http.Response) string {
	pair, _, _ := strings.Cut(res.Header.Get("Set-Cookie"), ";")
	return "Cookie: " + pair
}

func services(t *testing.T, h http.Handler, cookie string) (state string, granted map[string]bool) {
	var s choiceState
	if err := json.NewDecoder(ask(h, "GET", "/_consent/choice", "", cookie).Body).Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s.State, s.Services
}

func TestChoiceFormats(t *testing.T) {
	for _, c := range []struct {
		body, kind string
		ga, matomo bool
	}{
		{"choice=accept", form, true, true},
		{"choice=refuse", form, false, false},
		{"choice=accept&service=ga", form, true, true}, // a settings form sends its boxes too
		{"choice=refuse&service=ga", form, false, false},
		{"choice=custom&service=ga", form, true, false},
		{"choice=custom", form, false, false},
		{"choice=custom&service=ga&service=matomo", form, true, true},
		{"choice=grant&service=ga", form, true, true}, // the exempt one was in force
		{`{"choice":"accept"}`, isJSON, true, true},
		{`{"choice":"custom","services":{"ga":true,"matomo":false}}`, isJSON, true, false},
		{`{"choice":"custom","services":{"ga":false}}`, isJSON, false, false},
		{`{"choice":"grant","services":{"ga":true},"return":"/x"}`, isJSON, true, true},
	} {
		t.Run(fmt.Sprintf("%.60q", c.body), func(t *testing.T) {
			h := handler(t, io.Discard)
			res := ask(h, "POST", "/_consent/choice", c.body, c.kind)
			want := http.StatusSeeOther
			if c.kind == isJSON {
				want = http.StatusOK
			}
			if res.StatusCode != want {
				t.Errorf("%s: %d %s", c.body, res.StatusCode, text(t, res))
				return
			}
			state, granted := services(t, h, cookie(res))
			if state != "given" || granted["ga"] != c.ga || granted["matomo"] != c.matomo {
				t.Errorf("%s: %s %v", c.body, state, granted)
			}
		})
	}
}

func TestChoiceGrant(t *testing.T) {
	h := handler(t, io.Discard)
	first := cookie(ask(h, "POST", "/_consent/choice", "choice=refuse", form))
	second := cookie(ask(h, "POST", "/_consent/choice", "choice=grant&service=ga", form, first))
	if _, granted := services(t, h, second); !granted["ga"] || granted["matomo"] {
		t.Error(granted)
	}
}

func TestChoiceState(t *testing.T) {
	h := handler(t, io.Discard)
	res := ask(h, "GET", "/_consent/choice", "", "Sec-GPC: 1")
	want := `{"state":"none","gpc":true,"timestamp":null,"policy":"` + h.Policy.Version +
		`","receipt":null,"services":{"ga":false,"matomo":false}}` + "\n"
	if got := text(t, res); got != want || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %v", got, res.Header)
	}
	if _, granted := services(t, h, "X: y"); !granted["matomo"] || granted["ga"] {
		t.Error("without a choice, exempt services are in force", granted)
	}
	res = ask(h, "POST", "/_consent/choice", "choice=accept", form, "Accept: application/json")
	var s choiceState
	if err := json.NewDecoder(res.Body).Decode(&s); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != 200 || s.State != "given" || s.Timestamp == nil || s.Receipt == nil || *s.Receipt == "" || !s.Services["ga"] {
		t.Errorf("%d %+v", res.StatusCode, s)
	}
}

func TestChoiceMalformed(t *testing.T) {
	for _, c := range []struct {
		body, kind string
		status     int
	}{
		{"", form, 400}, {"choice=", form, 400}, {"choice=yes", form, 400}, {"choice=accept&choice=refuse", form, 400},
		{"choice=custom&service=unknown", form, 400}, {"choice=accept&service=%3Cscript%3E", form, 400}, {"choice=grant", form, 400},
		{"choice=accept&x=y", form, 400}, {"choice=%zz", form, 400}, {"choice=accept&return=/a&return=/b", form, 400},
		{"choice=accept;service=ga", form, 400},
		{`{"choice":"accept"`, isJSON, 400}, {`["accept"]`, isJSON, 400}, {`{"choice":"accept"} {}`, isJSON, 400}, {`{"choice":"accept"}}`, isJSON, 400},
		{`{"choice":1}`, isJSON, 400}, {`{"choice":"custom","services":{"ga":"yes"}}`, isJSON, 400}, {`{"choice":"custom","services":["ga"]}`, isJSON, 400},
		{`{"choice":"accept","x":1}`, isJSON, 400}, {`{"choice":"custom","services":{"x":true}}`, isJSON, 400}, {`null`, isJSON, 400},
		{"choice=accept", "Content-Type: text/plain", 400}, {"choice=accept", "X: y", 400},
		{"choice=accept", "Content-Type: multipart/form-data; boundary=x", 400},
		{"choice=accept&return=/" + strings.Repeat("x", maxBody), form, 413},
	} {
		t.Run(fmt.Sprintf("%.40q, %s", c.body, c.kind), func(t *testing.T) {
			res := ask(handler(t, io.Discard), "POST", "/_consent/choice", c.body, c.kind)
			sentence := text(t, res)
			if res.StatusCode != c.status || res.Header.Get("Set-Cookie") != "" || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/plain") {
				t.Errorf("%.60s: %d %v", c.body, res.StatusCode, res.Header)
			}
			if !strings.HasSuffix(sentence, ".\n") || strings.Contains(sentence, "script") {
				t.Errorf("%.60s: %q", c.body, sentence)
			}
		})
	}
}

func TestChoiceCrossSite(t *testing.T) {
	for _, fields := range [][]string{
		{"Sec-Fetch-Site: cross-site"}, {"Sec-Fetch-Site: same-site"}, {"Origin: https://evil.example"}, {"Origin: null"},
	} {
		t.Run(fmt.Sprintf("%q", fields), func(t *testing.T) {
			res := ask(handler(t, io.Discard), "POST", "/_consent/choice", "choice=accept", append(fields, form)...)
			if res.StatusCode != 403 || res.Header.Get("Set-Cookie") != "" {
				t.Errorf("%v: %d", fields, res.StatusCode)
			}
		})
	}
	for _, fields := range [][]string{{"Sec-Fetch-Site: same-origin"}, {"Origin: http://ville.example"}, {"Sec-Fetch-Site: none"}, nil} {
		t.Run(fmt.Sprintf("%q", fields), func(t *testing.T) {
			if res := ask(handler(t, io.Discard), "POST", "/_consent/choice", "choice=accept", append(fields, form)...); res.StatusCode != 303 {
				t.Errorf("%v: %d", fields, res.StatusCode)
			}
		})
	}
}

func TestReturnPath(t *testing.T) {
	referer := "Referer: http://ville.example/from?x=1#y"
	for wanted, want := range map[string]string{
		"/explore/?q=a&b=c#top":                 "/explore/?q=a&b=c#top",
		"/donn%C3%A9es/":                        "/donn%C3%A9es/",
		"/données/":                             "/donn%C3%A9es/",
		"/%2F/evil.example":                     "/%2F/evil.example", // a path like any other
		"":                                      "/from?x=1",
		"//evil.example":                        "/from?x=1",
		`/\evil.example`:                        "/from?x=1",
		`\\evil.example`:                        "/from?x=1",
		"https://evil.example/":                 "/from?x=1",
		"https:evil.example":                    "/from?x=1",
		"javascript:alert(1)":                   "/from?x=1",
		"evil.example":                          "/from?x=1",
		"/\t/evil.example":                      "/from?x=1",
		"/\r\nSet-Cookie: a=b":                  "/from?x=1",
		"/\n/evil.example":                      "/from?x=1",
		"/ /evil":                               "/from?x=1",
		"/%zz":                                  "/from?x=1",
		"/" + strings.Repeat("x", page.MaxPath): "/from?x=1",
	} {
		t.Run(fmt.Sprintf("%.40q", wanted), func(t *testing.T) {
			body := "choice=refuse&return=" + url.QueryEscape(wanted)
			if got := ask(handler(t, io.Discard), "POST", "/_consent/choice", body, form, referer).Header.Get("Location"); got != want {
				t.Errorf("return %q: %q, want %q", wanted, got, want)
			}
		})
	}
	for _, referer := range []string{"Referer: https://evil.example/x", "Referer: http://ville.example//evil.example/", "Referer: junk%", "X: y"} {
		t.Run(fmt.Sprintf("%q", referer), func(t *testing.T) {
			if got := ask(handler(t, io.Discard), "POST", "/_consent/choice", "choice=refuse", form, referer).Header.Get("Location"); got != "/" {
				t.Errorf("%s: %q", referer, got)
			}
		})
	}
}

// TestReturnPathCookiesDisabled: where a browser takes cookies, there is nothing at that part of the page.
func TestReturnPathCookiesDisabled(t *testing.T) {
	for fields, want := range map[string]string{
		"Sec-Fetch-Dest: document|Sec-Fetch-User: ?1": "/x?y#caddy-consent-blocked", "Sec-Fetch-Dest: document|Sec-Fetch-User: ?1|Cookie: a=b": "/x?y",
		"Sec-Fetch-Dest: document": "/x?y", "Sec-Fetch-Dest: empty": "/x?y", "Accept: */*": "/x?y",
	} {
		t.Run(fmt.Sprintf("%q", fields), func(t *testing.T) {
			headers := append(strings.Split(fields, "|"), form)
			res := ask(handler(t, io.Discard), "POST", "/_consent/choice", "choice=refuse&return=/x?y", headers...)
			if got := res.Header.Get("Location"); got != want {
				t.Errorf("%s: %s", fields, got)
			}
		})
	}
}

func TestCharterReturnLanguage(t *testing.T) {
	for query, want := range map[string]string{
		"?lang=en":           `name="return" value="/_consent/charter?lang=en"`,
		"?lang=en&return=/x": `name="return" value="/x"`,
		"":                   `name="return" value="/_consent/charter"`,
	} {
		t.Run(fmt.Sprintf("%q", query), func(t *testing.T) {
			if page := text(t, ask(handler(t, io.Discard), "GET", "/_consent/charter"+query, "")); !strings.Contains(page, want) {
				t.Errorf("%s: lacks %s", query, want)
			}
		})
	}
}

func TestCookieSecure(t *testing.T) {
	trusted := true
	post := func(fields ...string) string {
		h := handler(t, io.Discard)
		h.Trusts = func(*http.Request) bool { return trusted }
		return ask(h, "POST", "/_consent/choice", "choice=accept", append(fields, form)...).Header.Get("Set-Cookie")
	}
	if line := post(); !strings.HasSuffix(line, "; Path=/; SameSite=Lax; Max-Age=15552000") {
		t.Error(line)
	}
	if line := post("X-Forwarded-Proto: https, http"); !strings.HasSuffix(line, "; Secure") {
		t.Error(line)
	}
	trusted = false
	if line := post("X-Forwarded-Proto: https"); strings.Contains(line, "Secure") {
		t.Errorf("from anybody: %s", line)
	}
}

func TestEndpointUnknown(t *testing.T) {
	h := handler(t, io.Discard)
	for _, path := range []string{
		"/_consent/", "/_consent/x", "/_consent/assets/0/other.css", "/_consent/assets/style.css",
		"/_consent/assets/0/0/style.css", "/_consent//choice", "/_consent/choice/", "/_consent/receipt",
	} {
		t.Run(path, func(t *testing.T) {
			if !h.Owns(path) {
				t.Errorf("%s goes upstream", path)
			}
			if res := ask(h, "GET", path, ""); res.StatusCode != 404 {
				t.Errorf("%s: %d", path, res.StatusCode)
			}
		})
	}
	for _, path := range []string{"/", "/_consentx", "/_consent", "/x/_consent/choice", "/cookies/x", "/.well-known/other"} {
		t.Run(path, func(t *testing.T) {
			if h.Owns(path) {
				t.Errorf("%s is taken from the site", path)
			}
		})
	}
	for path, allow := range map[string]string{
		"/_consent/choice": "GET, HEAD, POST", "/_consent/charter": "GET, HEAD", "/cookies": "GET, HEAD", "/.well-known/gpc.json": "GET, HEAD",
	} {
		t.Run(path, func(t *testing.T) {
			if res := ask(h, "DELETE", path, ""); res.StatusCode != 405 || res.Header.Get("Allow") != allow {
				t.Errorf("%s: %d, Allow %q", path, res.StatusCode, res.Header.Get("Allow"))
			}
		})
	}
}

func TestGPCSupport(t *testing.T) {
	h := handler(t, io.Discard)
	res := ask(h, "GET", "/.well-known/gpc.json", "")
	var support struct {
		GPC        bool
		LastUpdate string
	}
	err := json.NewDecoder(res.Body).Decode(&support)
	if err != nil || !support.GPC || support.LastUpdate == "" || res.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%v %+v %v", err, support, res.Header)
	}
	h.Decider.GPC = choice.IgnoreGPC
	if h.Owns("/.well-known/gpc.json") {
		t.Error("answered though the signal is ignored")
	}
}

func TestAssetCacheControl(t *testing.T) {
	h := handler(t, io.Discard)
	page := text(t, ask(h, "GET", "/_consent/charter", ""))
	path := regexp.MustCompile(`/_consent/assets/[0-9a-f]+/style.css`).FindString(page)
	res := ask(h, "GET", path, "")
	if res.StatusCode != 200 || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") ||
		!strings.HasPrefix(res.Header.Get("Content-Type"), "text/css") {
		t.Errorf("%s: %d %v", path, res.StatusCode, res.Header)
	}
	if res.Header.Get("Cross-Origin-Resource-Policy") != "cross-origin" || res.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("a sandboxed page does not get it: %v", res.Header)
	}
	head := ask(h, "HEAD", path, "")
	if body := text(t, head); body != "" || head.Header.Get("Content-Length") != res.Header.Get("Content-Length") {
		t.Errorf("HEAD: %q %v", body, head.Header)
	}
}

func TestAssetOtherVersion(t *testing.T) {
	h := handler(t, io.Discard)
	path, _ := h.Notice.File("guard.js")
	current, other := ask(h, "GET", path, ""), ask(h, "GET", "/_consent/assets/00000000/guard.js", "")
	if other.StatusCode != 200 || other.Header.Get("Cache-Control") != "no-store" || text(t, other) != text(t, current) {
		t.Errorf("%d %v", other.StatusCode, other.Header)
	}
}

func TestCharterContent(t *testing.T) {
	h := handler(t, io.Discard)
	chosen := cookie(ask(h, "POST", "/_consent/choice", "choice=custom&service=ga", form))
	for _, path := range []string{"/_consent/charter", "/cookies", "/cookies/"} {
		t.Run(path, func(t *testing.T) {
			res := ask(h, "GET", path, "", chosen, "Referer: http://ville.example/explore/")
			page := text(t, res)
			for _, want := range []string{
				"sessionid", "django_language", "csrftoken", "cookies_preferences", "2 semaines", "Opendatasoft", "Les cookies tiers",
				`value="ga" checked`, `value="matomo">`, "Google &lt;Analytics&gt;", "_pk_*", "Votre choix est enregistré", `name="return" value="/explore/"`,
				"mailto:dpo@ville.example", h.Policy.Version, `lang="fr"`,
			} {
				if !strings.Contains(page, want) {
					t.Errorf("%s lacks %q", path, want)
				}
			}
			if res.Header.Get("Cache-Control") != "private, no-store" || res.Header.Get("Content-Security-Policy") == "" {
				t.Errorf("%v", res.Header)
			}
		})
	}
	english := text(t, ask(h, "GET", "/cookies", "", "Accept-Language: en-GB,fr;q=0.5"))
	if !strings.Contains(english, "You have not chosen yet") || !strings.Contains(english, `lang="en"`) {
		t.Error("not in English")
	}
	if strings.Contains(english, `value="ga" checked`) || !strings.Contains(english, `value="matomo" checked`) {
		t.Error("a service that needs consent is ticked beforehand")
	}
}

func TestLedgerEntry(t *testing.T) {
	var log bytes.Buffer
	h := handler(t, &log)
	first := ask(h, "POST", "/_consent/choice", "choice=accept", form, "User-Agent: Mozilla", "X-Forwarded-For: 192.0.2.1")
	ask(h, "POST", "/_consent/choice", "choice=custom&service=matomo", form, cookie(first))
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%q", lines)
	}
	var e struct {
		Receipt, Policy, Language, Choice string
		Granted, Refused, Withdrawn       []string
	}
	if err := json.Unmarshal([]byte(lines[1]), &e); err != nil {
		t.Fatal(err)
	}
	if e.Receipt == "" || e.Policy != h.Policy.Version || e.Language != "fr" || e.Choice != "custom" ||
		strings.Join(e.Granted, ",") != "matomo" || strings.Join(e.Refused, ",") != "ga" || strings.Join(e.Withdrawn, ",") != "ga" {
		t.Errorf("%+v", e)
	}
	for _, private := range []string{"192.0.2.1", "Mozilla", "_consent/choice"} {
		if strings.Contains(log.String(), private) {
			t.Errorf("the ledger holds %s", private)
		}
	}
}

func TestWithdrawalExpiredCookies(t *testing.T) {
	h := handler(t, io.Discard)
	accepted := cookie(ask(h, "POST", "/_consent/choice", "choice=accept", form))
	r := httptest.NewRequest("POST", "http://data.ville.example.co.uk:8080/_consent/choice",
		strings.NewReader("choice=custom&service=ga&return=/pages/a"))
	for _, field := range []string{
		form, accepted + "; _pk_id.1=x; _ga=y; sessionid=z; _fbp=1", "Referer: http://data.ville.example.co.uk:8080/explore/dataset/x?y",
	} {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	got := make(map[string]bool)
	for _, line := range w.Header()["Set-Cookie"][1:] {
		if name, ok := cookies.Name(line); !ok || name != "_pk_id.1" || !cookies.Deletes(line, time.Now()) {
			t.Errorf("%q", line)
		}
		variant, _, _ := strings.Cut(line, "; Max-Age")
		got[strings.TrimPrefix(variant, "_pk_id.1=; ")] = true
	}
	for _, domain := range []string{"", "; Domain=data.ville.example.co.uk", "; Domain=ville.example.co.uk", "; Domain=example.co.uk"} {
		for _, path := range []string{
			"/", "/explore", "/explore/", "/explore/dataset", "/explore/dataset/", "/explore/dataset/x", "/pages", "/pages/", "/pages/a",
		} {
			if !got["Path="+path+domain] {
				t.Errorf("not expired: %s %s", path, domain)
			}
		}
	}
	r.Header.Set("Cookie", strings.TrimPrefix(accepted, "Cookie: ")+strings.Repeat("; _pk_id.x=1; _pk_id.y=1; _pk_id.z=1", 3))
	r.Body = io.NopCloser(strings.NewReader("choice=refuse"))
	w = httptest.NewRecorder()
	if h.ServeHTTP(w, r); size(w.Header()) < 3400 || size(w.Header()) > 3850 {
		t.Errorf("a header of %d bytes", size(w.Header()))
	}
	refused := ask(h, "POST", "/_consent/choice", "choice=refuse", form, accepted)
	if names := strings.Join(refused.Header["Set-Cookie"], "\n"); !strings.Contains(names, "_ga=; Path=/; Max-Age=0") {
		t.Errorf("a declared name that was not sent is not expired: %s", names)
	}
	for _, form2 := range []string{"choice=accept", "choice=custom&service=ga&service=matomo"} {
		t.Run(form2, func(t *testing.T) {
			if res := ask(h, "POST", "/_consent/choice", form2, form, accepted); len(res.Header["Set-Cookie"]) != 1 {
				t.Errorf("%s withdraws nothing: %q", form2, res.Header["Set-Cookie"])
			}
		})
	}
}

// size is that of a header on the wire.
func size(h http.Header) int {
	var b bytes.Buffer
	_ = h.Write(&b)
	return b.Len()
}

// TestWithdrawalRetention: what of it did not fit is deleted by the next pages.
func TestWithdrawalRetention(t *testing.T) {
	h := handler(t, io.Discard)
	accepted := cookie(ask(h, "POST", "/_consent/choice", "choice=accept", form))
	read := func(field string) choice.Choice {
		return h.Codec.Read([]string{strings.TrimPrefix(field, "Cookie: ")}, time.Now)
	}
	if c := read(accepted); c.Withdrawn != 0 {
		t.Errorf("nothing was withdrawn, and yet %x", c.Withdrawn)
	}
	refused := cookie(ask(h, "POST", "/_consent/choice", "choice=custom&service=ga", form, accepted))
	c := read(refused)
	matomo := policy.Set(0).With(h.Policy.Service("matomo"), true)
	if c.Withdrawn != matomo || c.Withdraws(time.Now()) != matomo || c.Withdraws(time.Now().Add(25*time.Hour)) != 0 {
		t.Errorf("withdrawn are %x", c.Withdrawn)
	}
	if c := read(cookie(ask(h, "POST", "/_consent/choice", "choice=refuse", form, refused))); c.Withdrawn != h.Policy.All {
		t.Errorf("after the second withdrawal: %x", c.Withdrawn)
	}
	if c := read(cookie(ask(h, "POST", "/_consent/choice", "choice=accept", form, refused))); c.Withdrawn != 0 {
		t.Errorf("what is granted again is still withdrawn: %x", c.Withdrawn)
	}
}

func FuzzChoose(f *testing.F) {
	for _, seed := range []string{"choice=accept&return=/x", "choice=custom&service=ga", "return=//evil&choice=refuse", "choice=%00"} {
		f.Add(seed)
	}
	h := handler(f, io.Discard)
	f.Fuzz(func(t *testing.T, body string) {
		res := ask(h, "POST", "/_consent/choice", body, form)
		switch res.StatusCode {
		case 303:
			if location := res.Header.Get("Location"); !page.IsPath(location) {
				t.Fatalf("%q leads to %q", body, location)
			}
		case 400, 413:
		default:
			t.Fatalf("%q: %d", body, res.StatusCode)
		}
	})
}

func TestSettingsState(t *testing.T) {
	h := handler(t, io.Discard)
	chosen := cookie(ask(h, "POST", "/_consent/choice", "choice=custom&service=ga", form))
	res := ask(h, "GET", "/_consent/settings?lang=en", "", chosen, "Sec-Fetch-Dest: empty", "Referer: http://ville.example/explore/")
	page := text(t, res)
	for _, want := range []string{
		`id="caddy-consent"`, `value="ga" checked`, `lang="en"`, `name="return" value="/explore/"`, `action="/_consent/choice"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("lacks %q in %s", want, page)
		}
	}
	away := text(t, ask(h, "GET", "/_consent/settings?lang=en&origin", ""))
	if !strings.Contains(away, `action="http://ville.example/_consent/choice"`) {
		t.Errorf("for a page with a <base> of another origin: %s", away)
	}
	if strings.Contains(page, `value="matomo" checked`) || res.Header.Get("Cache-Control") != "private, no-store" ||
		!strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		t.Errorf("%v %s", res.Header, page)
	}
	// A visitor who follows the address is better served by the charter.
	res = ask(h, "GET", "/_consent/settings", "", "Sec-Fetch-Dest: document")
	if res.StatusCode != 303 || res.Header.Get("Location") != "/_consent/charter" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
}

func TestLedgerLanguage(t *testing.T) {
	for sent, want := range map[string]string{"choice=accept&lang=nl": "nl", "choice=accept&lang=xx": "en", "choice=accept": "en"} {
		t.Run(fmt.Sprintf("%q", sent), func(t *testing.T) {
			var log bytes.Buffer
			ask(handler(t, &log), "POST", "/_consent/choice", sent, form, "Accept-Language: en")
			var e struct{ Language string }
			if err := json.Unmarshal(log.Bytes(), &e); err != nil || e.Language != want {
				t.Errorf("%s: %q %v", sent, e.Language, err)
			}
		})
	}
}

func TestAssetContentEncoding(t *testing.T) {
	h := handler(t, io.Discard)
	path := regexp.MustCompile(`/_consent/assets/[0-9a-f]+/style.css`).FindString(text(t, ask(h, "GET", "/_consent/charter", "")))
	plain := text(t, ask(h, "GET", path, ""))
	for accepted, want := range map[string]string{"gzip, deflate, br": "br", "gzip": "gzip", "br;q=0, gzip": "gzip", "identity": "", "zstd": ""} {
		t.Run(fmt.Sprintf("%q", accepted), func(t *testing.T) {
			res := ask(h, "GET", path, "", "Accept-Encoding: "+accepted)
			if got := res.Header.Get("Content-Encoding"); got != want || res.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s: %q, %v", accepted, got, res.Header)
			}
			var body io.Reader = res.Body
			switch want {
			case "br":
				body = brotli.NewReader(body)
			case "gzip":
				z, err := gzip.NewReader(body)
				if err != nil {
					t.Fatal(err)
				}
				body = z
			}
			if decoded, err := io.ReadAll(body); err != nil || string(decoded) != plain {
				t.Errorf("%s: %v, %d bytes of %d", accepted, err, len(decoded), len(plain))
			}
		})
	}
}
