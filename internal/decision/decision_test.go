package decision

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/inventory"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func decider(t *testing.T, change func(*policy.Declaration)) *Decider {
	d := policy.Declaration{Services: []policy.Service{
		{ID: "matomo", Purpose: policy.Statistics, Cookies: []policy.Pattern{"_pk_*"}, Exempt: true, Lifetime: 48 * time.Hour},
		{ID: "ga", Purpose: policy.Statistics, Cookies: []policy.Pattern{"_ga"}},
	}}
	if change != nil {
		change(&d)
	}
	p, err := policy.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return &Decider{Policy: p, GPC: choice.HonourGPC}
}

// uncounted is a recorder that nobody reads.
type uncounted struct{}

func (uncounted) SetCookie(string, string, policy.Class, inventory.Outcome) {}
func (uncounted) Sent(string, policy.Class, bool)                           {}

const matomo, ga = policy.Set(1), policy.Set(2)

func given(set policy.Set) choice.Choice { return choice.Choice{State: choice.Given, Granted: set} }

func TestSetCookieLines(t *testing.T) {
	lines := []string{
		"sessionid=1; HttpOnly; Path=/", "_ga=1; Path=/", "_fbp=1", "csrftoken=2; SameSite=Lax",
		"=_ga=1", "_fbp=; Max-Age=0", "_pk_id=1", "a\x01=b", "django_language=fr",
	}
	for _, c := range []struct {
		choice choice.Choice
		want   []int
	}{
		{choice.Choice{}, []int{0, 3, 5, 6, 8}},
		{given(0), []int{0, 3, 5, 8}},
		{given(ga), []int{0, 1, 3, 5, 8}},
		{given(ga | matomo), []int{0, 1, 3, 5, 6, 8}},
	} {
		t.Run(fmt.Sprintf("%v %b", c.choice.State, c.choice.Granted), func(t *testing.T) {
			var want []string
			for _, i := range c.want {
				want = append(want, lines[i])
			}
			before := append([]string(nil), lines...)
			if got, _ := decider(t, nil).Decide(c.choice, false).SetCookies(lines, Exchange{Chosen: now, Now: now}, uncounted{}); !reflect.DeepEqual(got, want) {
				t.Errorf("%+v: %q, want %q", c.choice, got, want)
			}
			if !reflect.DeepEqual(lines, before) {
				t.Fatal("the given lines were changed")
			}
		})
	}
}

func TestUndeclaredCookiesPass(t *testing.T) {
	v := decider(t, func(d *policy.Declaration) { d.PassUndeclared = true }).Decide(choice.Choice{}, false)
	lines := []string{"_fbp=1", "=nameless", "_ga=1"}
	if got, _ := v.SetCookies(lines, Exchange{Chosen: now, Now: now}, uncounted{}); !reflect.DeepEqual(got, lines[:2]) {
		t.Errorf("%q", got)
	}
	if got := v.Cookies([]string{"_fbp=1; nameless; _ga=2"}, uncounted{}); !reflect.DeepEqual(got, []string{"_fbp=1; nameless"}) {
		t.Errorf("%q", got)
	}
}

func TestGrantedCookieLifetime(t *testing.T) {
	v := decider(t, nil).Decide(given(matomo), false)
	for chosen, want := range map[time.Time]string{
		now:                      "_pk_id=1; Max-Age=172800; Path=/",
		now.Add(-24 * time.Hour): "_pk_id=1; Max-Age=86400; Path=/",
		now.Add(-48 * time.Hour): "",
		{}:                       "_pk_id=1; Max-Age=172800; Path=/",
	} {
		t.Run(fmt.Sprintf("chosen %v", chosen), func(t *testing.T) {
			lines, _ := v.SetCookies([]string{"_pk_id=1; Max-Age=33955200; Path=/"}, Exchange{Chosen: chosen, Now: now}, uncounted{})
			if got := strings.Join(lines, "\n"); got != want {
				t.Errorf("chosen %v: %q, want %q", chosen, got, want)
			}
		})
	}
	if got, _ := v.SetCookies([]string{"_pk_id=; Max-Age=0"}, Exchange{Chosen: now.Add(-72 * time.Hour), Now: now}, uncounted{}); len(got) != 1 {
		t.Error("it cannot be deleted any more")
	}
	necessary := []string{"sessionid=1; Max-Age=99999999"}
	if got, _ := v.SetCookies(necessary, Exchange{Chosen: now, Now: now}, uncounted{}); got[0] != necessary[0] {
		t.Errorf("a necessary cookie became %q", got)
	}
}

func TestHeaderUnchanged(t *testing.T) {
	v := decider(t, nil).Decide(given(ga), false)
	set, sent := []string{"sessionid=1", "_ga=1"}, []string{"sessionid=1; _ga=1"}
	if got, _ := v.SetCookies(set, Exchange{Chosen: now, Now: now}, uncounted{}); &got[0] != &set[0] {
		t.Error("Set-Cookie lines were copied")
	}
	if got := v.Cookies(sent, uncounted{}); &got[0] != &sent[0] {
		t.Error("Cookie lines were copied")
	}
	if got := v.Cookies([]string{"_fbp=1", "sessionid=1; x=2", "x=1"}, uncounted{}); !reflect.DeepEqual(got, []string{"sessionid=1"}) {
		t.Errorf("%q", got)
	}
}

func TestVerdictKey(t *testing.T) {
	j := decider(t, nil)
	keys := make(map[string]bool)
	for _, c := range []choice.Choice{{}, {State: choice.Invalid}, given(0), given(ga), given(matomo), given(ga | matomo)} {
		for _, refusing := range []bool{false, true} {
			v := j.Decide(c, refusing)
			if again := j.Decide(c, refusing); again != v {
				t.Errorf("%+v is judged twice", c)
			}
			if v.State != c.State || v.Effective != c.Effective(j.Policy, refusing) {
				t.Errorf("%+v: %+v", c, v)
			}
			keys[v.Key] = true
		}
	}
	if len(keys) != 6 { // n1 g0 c0 c2 c1 c3
		t.Errorf("keys %v", keys)
	}
}

func TestVerdictVars(t *testing.T) {
	v := decider(t, nil).Decide(given(ga), true)
	got := make(map[string]any)
	for _, x := range v.Vars {
		got[x.Name] = x.Value
	}
	want := map[string]any{"consent.state": "given", "consent.granted": "ga", "consent.key": v.Key, "consent.ga": "granted", "consent.matomo": "denied"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestNoticeState(t *testing.T) {
	j := decider(t, nil)
	for _, state := range []choice.State{choice.None, choice.Expired, choice.Outdated, choice.Invalid} {
		t.Run(fmt.Sprint(state), func(t *testing.T) {
			if !j.Decide(choice.Choice{State: state}, true).Notice {
				t.Errorf("%v: no notice", state)
			}
		})
	}
	if j.Decide(given(0), false).Notice {
		t.Error("a notice after the choice")
	}
	silent := decider(t, nil)
	silent.GPC = choice.SilentGPC
	if silent.Decide(choice.Choice{}, true).Notice || !silent.Decide(choice.Choice{}, false).Notice {
		t.Error("the signal alone makes it silent")
	}
}
