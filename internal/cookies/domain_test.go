package cookies

import "testing"

func TestDomainOf(t *testing.T) {
	for line, want := range map[string]string{
		"a=b": "", "a=b; Domain=Site.test": "site.test", "a=b; domain = .site.test ; Path=/": "site.test", "a=b; Domain=x.test; Domain=y.test": "y.test",
		"a=b; Domain": "", "a=b; Domain=x.test; Domain=": "", "Domain=x.test": "",
	} {
		t.Run(line, func(t *testing.T) {
			if got := DomainOf(line); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}
