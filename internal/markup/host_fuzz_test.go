package markup

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzHost: a URL that net/url reads as browsers do is of the same host here, and a host is never
// more than what may stand in one.
func FuzzHost(f *testing.F) {
	for _, seed := range []string{
		"https://d.test/x", "//a@D.test:80?", "/x", "data:,x", "https:\\\\d.test", "https://%64.test", "https://bücher.test", "&#47;/d.test", " //[::1]:80",
		"//" + strings.Repeat("g", maxHost+1),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		var buffer [maxHost]byte
		got, relative := hostOf([]byte(value), false, "", &buffer)
		if relative && len(got) > 0 || len(got) > maxHost ||
			strings.ContainsAny(string(got), " \t\n/\\?#@") || strings.ToLower(string(got)) != string(got) {
			t.Fatalf("%q: %q, %v", value, got, relative)
		}
		escaped, same := hostOf([]byte(strings.ReplaceAll(value, "&", "&amp;")), true, "", &[maxHost]byte{})
		if string(escaped) != string(got) || same != relative {
			t.Fatalf("%q: %q, %v, but with references %q, %v", value, got, relative, escaped, same)
		}
		if clean, host, own := simpleHost(value); clean && (string(got) != host || relative != own) {
			t.Fatalf("%q: %q, %v, want %q, %v", value, got, relative, host, own)
		}
	})
}

// simpleHost reads a URL in which nothing is unusual; others are not clean.
func simpleHost(value string) (clean bool, host string, relative bool) {
	for _, c := range value {
		if c <= ' ' || c >= 0x7f || strings.ContainsRune("\\%[]<>^|\"`{}", c) {
			return false, "", false
		}
	}
	u, err := url.Parse(value)
	if err != nil {
		return false, "", false
	}
	host = strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if strings.Contains(host, ":") || len(host) > maxHost { // net/url takes the last ":" for that of the port; no host is longer
		return false, "", false
	}
	switch u.Scheme {
	case "":
		// "///x" and "x:" are of the host x to a browser
		return !strings.HasPrefix(value, "///") && (host != "" || !strings.HasPrefix(value, "//")), host, u.Host == "" && !strings.HasPrefix(value, "//")
	case "http", "https", "ws", "wss", "ftp":
		return host != "", host, false
	}
	return true, "", false
}
