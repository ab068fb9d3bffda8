package blocking

import (
	"slices"
	"testing"
)

func TestSheetJudge(t *testing.T) {
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
