package main

import (
	"github.com/caddy-consent/caddy-consent/internal/markup"
)

// All that knows the API of our scanner is in this file.

// ours are the variants of our scanner.
func ours() []candidate {
	return []candidate{
		// Behind the beginning of the body it does not look at the page any more.
		scanning("ours: only the notice", markup.Rules{Body: notice}),
		scanning("ours: all rules on", blocking()),
		scanning("ours: all rules but that on inline scripts", withoutScripts()),
	}
}

// blocking has every rule on, with as many hosts and literals as portals have trackers.
func blocking() markup.Rules {
	mark := &markup.Mark{Attributes: ` data-consent-service="x"`}
	hosts := map[string]bool{}
	for _, host := range []string{"www.google-analytics.com", "www.googletagmanager.com", "stats.g.doubleclick.net", "cdn.matomo.cloud",
		"logs1406.xiti.com", "tag.aticdn.net", "www.youtube.com", "www.youtube-nocookie.com", "i.ytimg.com", "player.vimeo.com",
		"www.dailymotion.com", "platform.twitter.com", "connect.facebook.net", "www.facebook.com", "www.instagram.com", "s7.addthis.com"} {
		hosts[host] = true
	}
	literals := markup.NewLiterals("_paq", "gtag(", "GoogleAnalyticsObject", "google-analytics.com", "googletagmanager.com", "ATInternet", "xtcore",
		"pianoAnalytics", "EA_push", "fbq(", "twq(", "_linkedin", "hotjar", "clarity.ms")
	return markup.Rules{
		Head:   "<script>the guard</script>",
		Body:   notice,
		Prefix: "data-consent-",
		Gate:   "data-consent-service",
		Host: func(host []byte) *markup.Mark {
			if hosts[string(host)] {
				return mark
			}
			return nil
		},
		Script: func(text []byte) *markup.Mark {
			if literals.Find(text, nil) >= 0 {
				return mark
			}
			return nil
		},
		Granted: func([]byte) *markup.Mark { return nil },
	}
}

func withoutScripts() markup.Rules {
	rules := blocking()
	rules.Script = nil
	return rules
}

// scanning is a candidate that reads each page with one scanner, as a server does.
func scanning(name string, rules markup.Rules) candidate {
	var s markup.Scanner
	var held []byte
	return inProcess(name, func(p page) (found int, err error) {
		s.Reset(rules)
		held, found = scan(&s, held[:0], p.content)
		return found, nil
	})
}

// windowSize is what io.Copy and reverse_proxy hand on at a time.
const windowSize = 32 << 10

// scan feeds a page to a scanner as markup.Rewriter does, and counts the edits. It
// returns its buffer for the next page.
func scan(s *markup.Scanner, held, content []byte) (buffer []byte, edits int) {
	for len(content) > 0 {
		n := min(windowSize, len(content))
		window := content[:n]
		content = content[n:]
		if s.Done() && len(held) == 0 {
			continue // the Rewriter passes these on unseen
		}
		if len(held) > 0 {
			held = append(held, window...)
			window = held
		}
		found, decided := s.Scan(window, false)
		edits += len(found)
		if decided > 0 || len(held) == 0 {
			held = append(held[:0], window[decided:]...)
		}
	}
	found, _ := s.Scan(held, true)
	return held, edits + len(found)
}

func notice([]byte) string { return "<div>the notice</div>" }
