package page

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestRequestOrigin(t *testing.T) {
	for want, r := range map[string]*http.Request{
		"http://localhost:8080": {Host: "localhost:8080"},
		"https://data.ville.fr": {Host: "data.ville.fr", TLS: &tls.ConnectionState{}},
		"http://[::1]:80":       {Host: "[::1]:80"},
		"":                      {Host: `x"><script>`},
	} {
		t.Run(fmt.Sprintf("%q", want), func(t *testing.T) {
			if got := SiteOf(r, false).Origin(); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func TestForwardedProto(t *testing.T) {
	for fields, want := range map[string]bool{
		"": false, "https": true, "HTTPS": true, "https, http": true, "https,http": true, " https , http": true, "https|http": true,
		"http": false, "http, https": false, "http|https": false, ",https": false, "wss": false,
	} {
		t.Run(fmt.Sprintf("%q", fields), func(t *testing.T) {
			r := &http.Request{Header: http.Header{"X-Forwarded-Proto": strings.Split(fields, "|")}}
			if got := SiteOf(r, true).HTTPS; got != want {
				t.Errorf("%q: %t", fields, got)
			}
			if SiteOf(r, false).HTTPS {
				t.Errorf("%q, from anybody", fields)
			}
		})
	}
	if !SiteOf(&http.Request{TLS: &tls.ConnectionState{}}, false).HTTPS {
		t.Error("TLS of our own")
	}
}

func TestBaseHostAndPort(t *testing.T) {
	for base, want := range map[string]bool{
		"": false, "/": false, "x/": false, "https://ville.example/": false, "HTTP://Ville.Example:443/x": false,
		"//ville.example": false, " https://ville.example./\n": false, "data:,x": false,
		"https://cdn.example/": true, "//cdn.example/": true, "https://www.ville.example/": true,
		"https://ville.example:8443/": true, `https:\\\\cdn.example`: true, "https://ville.example@cdn.example/": true,
	} {
		t.Run(fmt.Sprintf("%q", base), func(t *testing.T) {
			if got := (Site{Host: "ville.example"}).IsElsewhere(base); got != want {
				t.Errorf("%q: %t", base, got)
			}
		})
	}
	s := Site{Host: "localhost:8080"}
	if s.IsElsewhere("http://localhost:8080/x/") || !s.IsElsewhere("http://localhost/") || !s.IsElsewhere("http://localhost:80/") {
		t.Error("with a port")
	}
}

func TestForwardedHost(t *testing.T) {
	for fields, want := range map[string]string{
		"": "behind.example", "data.ville.fr": "data.ville.fr",
		"data.ville.fr:8443": "data.ville.fr:8443", " data.ville.fr , inner.example": "data.ville.fr",
		"data.ville.fr|inner.example": "data.ville.fr", ",inner.example": "behind.example",
	} {
		t.Run(fmt.Sprintf("%q", fields), func(t *testing.T) {
			r := &http.Request{Host: "behind.example", Header: http.Header{"X-Forwarded-Host": strings.Split(fields, "|")}}
			if got := SiteOf(r, true).Host; got != want {
				t.Errorf("%q: %q, want %q", fields, got, want)
			}
			if got := SiteOf(r, false).Host; got != "behind.example" {
				t.Errorf("%q, from anybody: %q", fields, got)
			}
		})
	}
}
