package blocking

import (
	"slices"
	"testing"

	"github.com/caddy-consent/caddy-consent/internal/policy"
)

func TestSheetAddresses(t *testing.T) {
	for name, c := range map[string]struct {
		addresses       []string
		granted         bool
		denied          []string
		depends, looked bool // at the end, and by a look
		counted         []string
	}{
		"nothing":          {addresses: []string{"x.png", "/y", "#z", "data:,", "//own.test/a", "https:own.png"}},
		"nobody's":         {addresses: []string{"//unknown.test/"}, counted: []string{"undeclared unknown.test"}},
		"denied":           {[]string{"//unknown.test/", "//video.test/", "HTTPS://STATS.test:8/"}, false, []string{"//video.test/", "HTTPS://STATS.test:8/"}, true, true, []string{"undeclared unknown.test", "video", "stats"}},
		"granted":          {[]string{"//video.test/"}, true, nil, true, true, nil},
		"a site of others": {[]string{`\\video.test\x`, "http://u@video.test./"}, false, []string{`\\video.test\x`, "http://u@video.test./"}, true, true, []string{"video", "video"}},
	} {
		t.Run(name, func(t *testing.T) {
			rules, recorder := rules(t)
			page := &Page{Rules: rules, Origin: "https://own.test", Host: "own.test", Recorder: recorder}
			if c.granted {
				page.Granted = rules.policy.All
			}
			s := NewSheet(page)
			for _, address := range c.addresses {
				if s.Look([]byte(address)) {
					t.Errorf("a look denies %s", address)
				}
			}
			if s.Depends != c.looked {
				t.Errorf("a look finds %t", s.Depends)
			}
			var denied []string
			for _, address := range c.addresses {
				if s.Denied([]byte(address)) {
					denied = append(denied, address)
				}
			}
			if !slices.Equal(denied, c.denied) || s.Depends != c.depends {
				t.Errorf("denied %q, depends %t", denied, s.Depends)
			}
			if !slices.Equal(recorder.events, c.counted) {
				t.Errorf("counted %q", recorder.events)
			}
		})
	}
}

// TestSheetPaths: an address counts by the path that it leads to from the sheet's own.
func TestSheetPaths(t *testing.T) {
	p, err := policy.New(policy.Declaration{Services: []policy.Service{{ID: "measure", Purpose: policy.Statistics, Paths: []policy.Pattern{"/m/*"}}}})
	if err != nil {
		t.Fatal(err)
	}
	for address, is := range map[string]bool{
		"/m/p.gif": true, "../m/p.gif?x": true, "//own.test:8/m/p.gif": true, "https://OWN.test/m/p.gif#x": true, "/%6D/p.gif": true, "/x//../m/p.gif": false, "/x/../m/p.gif": true,
		"m/p.gif": false, "/p.gif": false, "/x?/m/": false, "#m": false, "data:,/m/p.gif": false, "//other.test/m/p.gif": false,
	} {
		t.Run(address, func(t *testing.T) {
			for _, granted := range []policy.Set{0, p.All} {
				rules := New(p, "/_consent")
				s := NewSheet(&Page{Rules: rules, Host: "own.test", Path: "/css/a.css", Granted: granted, Recorder: &counted{policy: p}})
				s.Look([]byte(address))
				looked := s.Depends
				denied := s.Denied([]byte(address))
				if looked != is || s.Depends != is || denied != (is && granted == 0) {
					t.Errorf("granted %t: denied %t, depends %t, by a look %t", granted != 0, denied, s.Depends, looked)
				}
			}
		})
	}
}
