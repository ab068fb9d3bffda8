package policy

import (
	"strings"
	"testing"
	"time"
)

// measuring is the example with an exemption, in its line 13.
var measuring = strings.NewReplacer(`"embeds"`, `"statistics"`, `"lifetime"`, `"exemption": {"life": "395d", "life_calls": {"setLife": "days"}, `+
	`"user": ["setUser"], "cross_site": ["?link"], "unseen": ["merging"], "source": "https://cnil.example/x"}, "lifetime"`).Replace(example)

func TestExemptionReads(t *testing.T) {
	c, err := With(written(t, measuring)...)
	if err != nil {
		t.Fatal(err)
	}
	e := c.Service("exemple-chat").Exemption
	if e == nil || e.Life != 395*day || e.LifeCalls["setLife"] != day || e.User[0] != "setUser" || e.CrossSite[0] != "?link" || e.Unseen[0] != NotMerged {
		t.Errorf("%+v", e)
	}
	for _, id := range []string{"matomo", "at", "piano", "eulerian"} {
		if e := FromCatalogue(id).Exemption; e == nil || len(e.User) == 0 || len(e.Unseen) != 4 || e.Life > MaxLifetime {
			t.Errorf("%s: %+v", id, e)
		}
	}
}

func TestExemptionErrors(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`"life": "395d"`, `"life": "400d"`, `the lifetime "400d": 1d to 395d`},
		{`"life": "395d", `, ``, `an exemption needs the life of cookies`},
		{`"days"`, `"weeks"`, `life call "setLife": a name, and seconds, minutes, hours or days`},
		{`"setUser"`, `"ids"`, `sign "ids": "?name" for a parameter, or a literal of 5 characters or more`},
		{`"?link"`, `"?"`, `sign "?": "?name" for a parameter`},
		{`"merging"`, `"user"`, `unseen "user": retention, merging, ip_address or publisher`},
		{`"https://cnil.example/x"`, `"cnil"`, `the source "cnil" of the exemption is no https address`},
		{`"cross_site"`, `"crosssite"`, `unknown field "crosssite"`},
		{`"statistics"`, `"marketing"`, `only services of the purpose statistics have an exemption`},
	} {
		t.Run(c.new, func(t *testing.T) {
			text := strings.Replace(measuring, c.old, c.new, 1)
			names := written(t, text)
			if _, err := With(names...); text == measuring || err == nil || !strings.Contains(err.Error(), c.want) ||
				!strings.HasPrefix(err.Error(), "catalogue: "+names[0]+":13: ") {
				t.Errorf("%v, want %s in line 13", err, c.want)
			}
		})
	}
}

func TestLifeIn(t *testing.T) {
	e := Exemption{LifeCalls: map[string]time.Duration{"setLife": time.Second, "days": day}}
	for script, want := range map[string]time.Duration{
		`q.push(["setLife", 86400])`: day, `setLife(60)`: time.Minute, `{'days': "30", days:10}`: 30 * day, `setLife(x)`: 0, `setLife`: 0, ``: 0,
	} {
		t.Run(script, func(t *testing.T) {
			if life, ok := e.LifeIn(script); life != want || ok != (want > 0) {
				t.Errorf("%v, want %v", life, want)
			}
		})
	}
}

func FuzzLifeIn(f *testing.F) {
	f.Add(`_paq.push(['setVisitorCookieTimeout', '33955200'])`)
	f.Fuzz(func(t *testing.T, script string) {
		if life, ok := FromCatalogue("matomo").Exemption.LifeIn(script); life < 0 || !ok && life > 0 {
			t.Errorf("%v", life)
		}
	})
}
