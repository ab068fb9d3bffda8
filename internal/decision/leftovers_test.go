package decision

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/cookies"
	"github.com/caddy-consent/caddy-consent/internal/inventory"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

type nobody struct{}

func (nobody) SetCookie(string, string, policy.Class, inventory.Outcome) {}
func (nobody) Sent(string, policy.Class, bool)                           {}

// TestLeftoversDeepPath: the lines for the root must not fill it on each page.
func TestLeftoversDeepPath(t *testing.T) {
	p, err := policy.New(policy.Declaration{Services: []policy.Service{{ID: "many", Name: "m", Purpose: "embeds", Cookies: []policy.Pattern{"srv_*"}}}})
	if err != nil {
		t.Fatal(err)
	}
	v := (&Decider{Policy: p}).Decide(choice.Choice{State: choice.Given}, false)
	for _, https := range []bool{false, true} {
		t.Run(fmt.Sprintf("HTTPS %t", https), func(t *testing.T) {
			left := map[string]bool{}
			for i := range 20 {
				left[fmt.Sprintf("srv_%02d", i)] = true // all with Path=/catalogue/, host-only
			}
			for range 100 { // pages at /catalogue/
				sent := []string{}
				for name := range left {
					sent = append(sent, name+"=x")
				}
				if len(sent) == 0 {
					break
				}
				for _, line := range v.Leftovers([]string{strings.Join(sent, "; ")}, "/catalogue/", p.All, func() cookies.Deletions {
					return cookies.Deletions{Domains: cookies.Domains("data.ville.example"), HTTPS: https, Room: 3300}
				}, nobody{}) {
					name, _, _ := strings.Cut(line, "=")
					if strings.Contains(line, "Path=/catalogue/;") && !strings.Contains(line, "Domain") {
						delete(left, name)
					}
				}
			}
			if len(left) > 0 {
				t.Errorf("https %t: after 100 pages %d are left", https, len(left))
			}
		})
	}
}
