package choice

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// testKeys signs with the first key and verifies with all.
type testKeys []string

func (k testKeys) mac(key string, message []byte) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write(message)
	return h.Sum(nil)
}

func (k testKeys) Sign(message []byte) []byte { return k.mac(k[0], message) }

func (k testKeys) Verify(message, mac []byte) bool {
	for _, key := range k {
		if hmac.Equal(mac, k.mac(key, message)) {
			return true
		}
	}
	return false
}

const remember = 180 * 24 * time.Hour

var now = time.UnixMilli(1764000000000)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func testPolicy(t testing.TB) *policy.Policy {
	p, err := policy.New(policy.Declaration{Services: []policy.Service{
		{ID: "ga", Purpose: policy.Statistics, Cookies: []policy.Pattern{"_ga"}},
		{ID: "matomo", Purpose: policy.Statistics, Cookies: []policy.Pattern{"_pk_*"}, Exempt: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func testBook(t testing.TB) *Codec {
	return &Codec{Policy: testPolicy(t), Remember: remember, AcceptNative: true, Keys: testKeys{"one"}}
}

const ga, matomo = policy.Set(1), policy.Set(2)

// cookie makes the Cookie header of what SetCookie gives.
func cookie(setCookie string) []string {
	pair, _, _ := strings.Cut(setCookie, ";")
	return []string{"sessionid=x; " + pair}
}

func native(json string) []string {
	return []string{"cookies_preferences=" + url.PathEscape(json)}
}

func TestCookieRoundTrip(t *testing.T) {
	b := testBook(t)
	for granted := policy.Set(0); granted <= b.Policy.All; granted++ {
		c := b.New(granted, now)
		for range 2 { // judged, then remembered
			if got := b.Read(cookie(b.SetCookie(c, false)), at(now.Add(time.Hour))); got != c {
				t.Errorf("read %+v, want %+v", got, c)
			}
		}
	}
}

func TestCookieFormat(t *testing.T) {
	b := testBook(t)
	c := b.New(matomo, now)
	line := b.SetCookie(c, true)
	pair, attributes, _ := strings.Cut(line, "; ")
	if attributes != "Path=/; SameSite=Lax; Max-Age=15552000; Secure" {
		t.Errorf("attributes %q", attributes)
	}
	if strings.Contains(b.SetCookie(c, false), "Secure") {
		t.Error("Secure on http")
	}
	name, value, _ := strings.Cut(pair, "=")
	if name != "cookies_preferences" || strings.ContainsAny(value, "=\" ,;") {
		t.Errorf("cookie %q", pair)
	}
	text, err := url.PathUnescape(value)
	if err != nil {
		t.Fatal(err)
	}
	var fields struct {
		Functional           *bool `json:"functional_cookies"`
		GA, Matomo           *bool
		Timestamp            int64
		Policy, Receipt, MAC string
	}
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		t.Fatal(err)
	}
	if !*fields.Functional || *fields.GA || !*fields.Matomo || fields.Timestamp != now.UnixMilli() ||
		fields.Policy != b.Policy.Version || fields.Receipt != c.Receipt || len(fields.MAC) != 43 {
		t.Errorf("cookie %s", text)
	}
	want := fmt.Sprintf(`{"functional_cookies":true,"ga":false,"matomo":true,"timestamp":1764000000000,"policy":"%s","receipt":"%s","mac":"`,
		b.Policy.Version, c.Receipt)
	if !strings.HasPrefix(text, want) {
		t.Errorf("cookie %s\nwant %s...", text, want)
	}
}

// TestFunctionalCookies: in the charter of the portal, the word is that of its necessary cookies.
func TestFunctionalCookies(t *testing.T) {
	chat := policy.Service{ID: "chat", Purpose: policy.Functional, Cookies: []policy.Pattern{"c"}}
	p, err := policy.New(policy.Declaration{Services: []policy.Service{chat}})
	if err != nil {
		t.Fatal(err)
	}
	b := &Codec{Policy: p, Remember: remember, Keys: testKeys{"k"}, AcceptNative: true}
	for _, granted := range []policy.Set{0, 1} {
		t.Run(fmt.Sprintf("granted %b", granted), func(t *testing.T) {
			if text := b.encode(b.New(granted, now)); !strings.HasPrefix(text, `{"functional_cookies":true,`) {
				t.Errorf("granted %d: %s", granted, text)
			}
		})
	}
	for _, functional := range []string{"true", "false"} {
		t.Run("functional_cookies "+functional, func(t *testing.T) {
			c := b.parse(url.QueryEscape(`{"functional_cookies":`+functional+`,"chat":false}`), now)
			if c.State != Given || c.Granted != 0 {
				t.Errorf("functional_cookies %s: %v, granted %d", functional, c.State, c.Granted)
			}
		})
	}
}

func TestCookieState(t *testing.T) {
	ms := now.UnixMilli()
	for name, c := range map[string]struct {
		json    string
		state   State
		granted policy.Set
	}{
		"native":                        {fmt.Sprintf(`{"functional_cookies":true,"ga":true,"matomo":false,"timestamp":%d}`, ms-1000), Given, ga},
		"native in seconds":             {fmt.Sprintf(`{"ga":true,"timestamp":%d}`, ms/1000-10), Given, ga | matomo},
		"native without timestamp":      {`{"ga":false}`, Given, matomo},
		"last of a name wins":           {`{"ga":true,"ga":false}`, Given, matomo},
		"names tell case apart":         {`{"GA":true}`, Outdated, 0},
		"a service is missing":          {`{"matomo":true}`, Outdated, 0},
		"not a boolean":                 {`{"ga":"true"}`, Invalid, 0},
		"exempt not a boolean":          {`{"ga":true,"matomo":1}`, Invalid, 0},
		"null":                          {`null`, Invalid, 0},
		"an array":                      {`[true]`, Invalid, 0},
		"not JSON":                      {`ga`, Invalid, 0},
		"cut":                           {`{"ga":true`, Invalid, 0},
		"empty":                         {``, Invalid, 0},
		"trailing":                      {`{"ga":true} x`, Invalid, 0},
		"slightly future":               {fmt.Sprintf(`{"ga":true,"timestamp":%d}`, ms+4*60*1000), Given, ga | matomo},
		"future":                        {fmt.Sprintf(`{"ga":true,"timestamp":%d}`, ms+6*60*1000), Invalid, 0},
		"negative time":                 {`{"ga":true,"timestamp":-1}`, Invalid, 0},
		"the beginning of time":         {`{"ga":true,"timestamp":0}`, Expired, 0},
		"time not a number":             {`{"ga":true,"timestamp":"1"}`, Invalid, 0},
		"too old":                       {fmt.Sprintf(`{"ga":true,"timestamp":%d}`, ms-remember.Milliseconds()), Expired, 0},
		"nearly too old":                {fmt.Sprintf(`{"ga":true,"timestamp":%d}`, ms-remember.Milliseconds()+1), Given, ga | matomo},
		"policy without mac":            {`{"ga":true,"policy":"0000000000000000"}`, Invalid, 0},
		"mac without policy":            {`{"ga":true,"mac":"AAAA"}`, Invalid, 0},
		"an invalid time before an old": {fmt.Sprintf(`{"timestamp":%d}`, ms+6*60*1000), Invalid, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got := testBook(t).Read(native(c.json), at(now))
			if got.State != c.state || got.Granted != c.granted {
				t.Errorf("%s: %v %b, want %v %b", name, got.State, got.Granted, c.state, c.granted)
			}
		})
	}
	b := testBook(t)
	for name, value := range map[string]string{
		"bad percent":   "%7B%22ga%22%3Atrue%7",
		"bad UTF-8":     "%7B%22ga%22%3Atrue%2C%22x%22%3A%22%FF%22%7D",
		"a raw equals":  `{"ga":true}=`,
		"over 4 KB":     "%7B%22ga%22%3Atrue%2C%22x%22%3A%22" + strings.Repeat("x", 4096) + "%22%7D",
		"quoted as raw": `"{\"ga\":true}"`,
	} {
		t.Run(name, func(t *testing.T) {
			if got := b.Read([]string{"cookies_preferences=" + value}, at(now)); got.State != Invalid {
				t.Errorf("%s: %v", name, got.State)
			}
		})
	}
	if got := b.Read([]string{`cookies_preferences={"ga":true}`}, at(now)); got.State != Given {
		t.Errorf("JSON that is not encoded: %v", got.State)
	}
	if got := b.Read(nil, at(now)); got.State != None {
		t.Errorf("no cookie: %v", got.State)
	}
	if got := b.Read([]string{"xcookies_preferences=1"}, at(now)); got.State != None {
		t.Errorf("another name: %v", got.State)
	}
}

func TestReceiptForged(t *testing.T) {
	if got := testBook(t).Read(native(`{"ga":true,"receipt":"forged"}`), at(now)); got.State != Given || got.Receipt != "" {
		t.Errorf("%+v", got)
	}
}

func TestNativeChoiceIgnored(t *testing.T) {
	b := testBook(t)
	b.AcceptNative = false
	if got := b.Read(native(`{"ga":true}`), at(now)); got.State != Invalid {
		t.Error(got.State)
	}
	c := b.New(ga, now)
	if got := b.Read(cookie(b.SetCookie(c, false)), at(now)); got != c {
		t.Error("a signed one must hold", got)
	}
}

func TestChoiceAltered(t *testing.T) {
	b := testBook(t)
	text := b.encode(b.New(0, now))
	for _, change := range [][2]string{
		{`"ga":false`, `"ga":true`},
		{`"timestamp":176`, `"timestamp":175`},
		{b.Policy.Version, "0000000000000000"}, // bad mac goes before another policy
		{`{`, `{"xiti":true,`},
		{`"mac":"`, `"mac":"A`},
	} {
		t.Run(fmt.Sprintf("%q", change[1]), func(t *testing.T) {
			if got := b.Read(native(strings.Replace(text, change[0], change[1], 1)), at(now)); got.State != Invalid {
				t.Errorf("%s: %v", change[1], got.State)
			}
		})
	}
	// Another order and spacing is still the same choice.
	var fields map[string]any
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil {
		t.Fatal(err)
	}
	reordered, _ := json.MarshalIndent(fields, "", " ")
	if got := b.Read(native(string(reordered)), at(now)); got.State != Given {
		t.Errorf("reordered: %v", got.State)
	}
}

func TestChoiceOutdated(t *testing.T) {
	b := testBook(t)
	line := b.SetCookie(b.New(ga, now), false)
	other := testBook(t)
	d := b.Policy.Declaration
	d.Controller.Name = "Autre"
	d.Necessary = nil
	p, err := policy.New(d)
	if err != nil {
		t.Fatal(err)
	}
	other.Policy = p
	if got := other.Read(cookie(line), at(now)); got.State != Outdated {
		t.Error(got.State)
	}
	if got := other.Read(cookie(line), at(now.Add(2*remember))); got.State != Outdated {
		t.Error("outdated goes before expired", got.State)
	}
}

func TestKeyRotation(t *testing.T) {
	b := testBook(t)
	c := b.New(ga, now)
	line := b.SetCookie(c, false)
	rotated := testBook(t)
	rotated.Keys = testKeys{"two", "one"}
	if got := rotated.Read(cookie(line), at(now)); got != c {
		t.Error(got)
	}
	if got := b.Read(cookie(rotated.SetCookie(c, false)), at(now)); got.State != Invalid {
		t.Error("signed with a key that is not known", got.State)
	}
}

func TestDuplicateCookies(t *testing.T) {
	b := testBook(t)
	all, some := b.New(ga|matomo, now.Add(-time.Hour)), b.New(ga, now.Add(-time.Minute))
	pair := func(c Choice) string { return cookie(b.SetCookie(c, false))[0] }
	got := b.Read([]string{pair(all) + "; cookies_preferences=junk; " + pair(some)}, at(now))
	if got.State != Given || got.Granted != ga || got.Receipt != some.Receipt {
		t.Errorf("%+v", got)
	}
	if got = b.Read([]string{"cookies_preferences=junk", pair(all)}, at(now)); got != all {
		t.Errorf("%+v", got)
	}
	if got = b.Read([]string{strings.Repeat(pair(all)+"; ", maxCookies+1)}, at(now)); got.State != Invalid {
		t.Errorf("%+v", got)
	}
}

func TestCachedChoiceExpiry(t *testing.T) {
	b := testBook(t)
	c := b.New(ga, now)
	header := cookie(b.SetCookie(c, false))
	b.Read(header, at(now))
	if got := b.Read(header, at(now.Add(remember))); got.State != Expired {
		t.Error(got.State)
	}
	if got := b.Read(header, at(now.Add(-time.Hour))); got.State != Invalid {
		t.Error("the clock was set back", got.State)
	}
	if n := testing.AllocsPerRun(100, func() { b.Read(header, at(now)) }); n != 0 {
		t.Errorf("%v allocations to read a known choice", n)
	}
}

func TestExemptServices(t *testing.T) {
	p := testPolicy(t)
	for _, state := range []State{None, Expired, Outdated, Invalid} {
		t.Run(fmt.Sprint(state), func(t *testing.T) {
			c := Choice{State: state, Granted: p.All}
			if c.Effective(p, false) != matomo || c.Effective(p, true) != 0 {
				t.Errorf("%v: %b, %b", state, c.Effective(p, false), c.Effective(p, true))
			}
		})
	}
	if c := (Choice{State: Given, Granted: ga}); c.Effective(p, true) != ga {
		t.Error("a valid choice outweighs the signal")
	}
}

func TestCookieSizeLimit(t *testing.T) {
	var d policy.Declaration
	for i := range 64 {
		d.Services = append(d.Services,
			policy.Service{ID: fmt.Sprintf("%s%d", strings.Repeat("x", 60), i), Purpose: policy.Embeds, Cookies: []policy.Pattern{"x"}})
	}
	p, err := policy.New(d)
	if err != nil {
		t.Fatal(err)
	}
	b := &Codec{Policy: p, Remember: remember, Keys: testKeys{"k"}}
	if err := b.CheckSize(); err == nil {
		t.Error("accepted")
	}
	if err := testBook(t).CheckSize(); err != nil {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{`{"ga":true}`, `%7B%22ga%22%3Atrue%7D`, `{"ga":false,"timestamp":1e12,"policy":"x","mac":""}`, `null`, `%`} {
		f.Add(seed)
	}
	b := testBook(f)
	b.AcceptNative = false
	f.Fuzz(func(t *testing.T, value string) {
		if strings.Contains(value, ";") {
			return
		}
		if c := b.Read([]string{"cookies_preferences=" + value}, at(now)); c.State == Given {
			t.Fatalf("%q is taken for a signed choice", value)
		}
	})
}
