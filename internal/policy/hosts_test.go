package policy

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func hosted(t *testing.T) *Policy {
	t.Helper()
	p, err := New(Declaration{
		Services: []Service{
			{ID: "first", Purpose: Embeds, Hosts: []Pattern{"a.example", "*.b.example", "WWW.Été.example."}},
			{ID: "second", Purpose: Embeds, Hosts: []Pattern{"a.example", "*.example", "cdn*.tool.test", "x*.y*.test"}},
			{ID: "vimeo", Purpose: Embeds, Hosts: []Pattern{"player.vimeo.com"}},
		},
		Allow: []Pattern{"tiles.example", "tiles.test", "*.dailymotion.com"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestHostOwner(t *testing.T) {
	p := hosted(t)
	youtube := Owner(-9)
	for i, s := range p.Owners() {
		if s.ID == "youtube" {
			youtube = Owner(i)
		}
		if s.ID == "vimeo" && i >= len(p.Services) {
			t.Error("a declared service is in the catalogue's part too")
		}
	}
	for host, want := range map[string]Owner{
		"a.example": 0, "x.b.example": 0, "x.y.b.example": 0, "b.example": 1, "www.xn--t-9fab.example": 0,
		"other.example": 1, "tiles.example": 1, // what a service lists stays its own
		"cdn.tool.test": 1, "cdn7.tool.test": 1, "tool.test": Unknown, "x1.y2.test": 1, "y.test": Unknown,
		"tiles.test": Allowed, "geo.dailymotion.com": Allowed, "player.vimeo.com": 2,
		"i.vimeocdn.com":  Unknown, // the operator's list replaces the catalogue's
		"www.youtube.com": youtube, "youtube.com.evil.test": Unknown, "": Unknown, "example": Unknown, ".": Unknown,
	} {
		t.Run(fmt.Sprintf("%q", host), func(t *testing.T) {
			if got := p.Owner([]byte(host)); got != want {
				t.Errorf("%s belongs to %d, want %d", host, got, want)
			}
		})
	}
}

func TestHostBlocked(t *testing.T) {
	p := hosted(t)
	for host, want := range map[string]struct{ before, granted, undeclared bool }{
		"a.example":            {true, false, false},
		"other.example":        {true, true, false}, // another service's
		"tiles.test":           {false, false, false},
		"www.youtube.com":      {true, true, true},
		"fonts.googleapis.com": {false, false, true}, // pages break without
		"www.recaptcha.net":    {false, false, true},
		"unknown.test":         {false, false, true},
	} {
		t.Run(host, func(t *testing.T) {
			owner := p.Owner([]byte(host))
			before, granted, undeclared := p.Blocks(owner, 0), p.Blocks(owner, 1), p.IsUndeclared(owner)
			if before != want.before || granted != want.granted || undeclared != want.undeclared {
				t.Errorf("%s: blocked before %v, granted %v, undeclared %v, want %v", host, before, granted, undeclared, want)
			}
		})
	}
}

func TestCSPSources(t *testing.T) {
	p := hosted(t)
	for granted, want := range map[Set][]string{
		0: {"tiles.test", "*.dailymotion.com"}, // tiles.example is a denied service's
		1: {"tiles.test", "*.dailymotion.com", "a.example", "*.b.example", "www.xn--t-9fab.example"},
		2: {"tiles.example", "tiles.test", "*.dailymotion.com", "*.example", "*.tool.test", "*.test"}, // a.example is a denied service's
	} {
		t.Run(fmt.Sprintf("granted %b", granted), func(t *testing.T) {
			if got := p.Sources(granted); !reflect.DeepEqual(got, want) {
				t.Errorf("%b: %q, want %q", granted, got, want)
			}
		})
	}
	if err := p.CheckSources(); err != nil {
		t.Error(err)
	}
	d := Declaration{Allow: []Pattern{"tiles.*"}}
	if p, err := New(d); err != nil || p.CheckSources() == nil || !strings.HasPrefix(p.CheckSources().Error(), `allow: host "tiles.*"`) {
		t.Errorf("%v, %v", err, p.CheckSources())
	}
}

func TestHostInvalid(t *testing.T) {
	for _, host := range []Pattern{"", "*", "*.*", ".", "https://a.example", "a.example/x", "a.example:443", "a b", "a@b", "a?b", "a\x00b", "a..b", ".a.example"} {
		t.Run(fmt.Sprintf("%q", host), func(t *testing.T) {
			if _, err := New(Declaration{Allow: []Pattern{host}}); err == nil || !strings.HasPrefix(err.Error(), "allow: host ") {
				t.Errorf("%q: %v", host, err)
			}
		})
	}
}

func BenchmarkParty(b *testing.B) {
	p, err := New(Declaration{Services: []Service{FromCatalogue("youtube"), FromCatalogue("ga")}})
	if err != nil {
		b.Fatal(err)
	}
	hosts := [][]byte{[]byte("www.youtube.com"), []byte("cdnjs.cloudflare.com"), []byte("static.opendatasoft.com"), []byte("data.example.fr")}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.Owner(hosts[i%len(hosts)])
	}
}
