package cookies

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestSetCookieName(t *testing.T) {
	for line, want := range map[string]string{
		"sessionid=abc":                     "sessionid",
		"sessionid=abc; Path=/; HttpOnly":   "sessionid",
		" \tsessionid\t = abc ;Path=/":      "sessionid",
		"sessionid=a=b=c":                   "sessionid",
		"sessionid=":                        "sessionid",
		"sessionid":                         "", // nameless, value sessionid
		"=sessionid=abc":                    "", // nameless, value sessionid=abc
		";sessionid=abc":                    "",
		"":                                  "",
		"Path=/; sessionid=abc":             "Path",
		`"sessionid"=abc`:                   `"sessionid"`,
		"sessionid\u00a0=abc":               "sessionid\u00a0", // no-break space is not WSP
		"préférence=oui":                    "préférence",
		"\xff\xfe=latin":                    "\xff\xfe",
		"a b=c d":                           "a b",
		"sessionid,_ga=1":                   "sessionid,_ga",
		"__Host-sessionid=1; Secure":        "__Host-sessionid",
		"SessionID=1":                       "SessionID",
		"a(b)<c>@,:\\\"/[]?{}=1; Max-Age=9": "a(b)<c>@,:\\\"/[]?{}",
	} {
		t.Run(fmt.Sprintf("%.60q", line), func(t *testing.T) {
			got, ok := Name(line)
			if !ok || got != want {
				t.Errorf("Name(%q) = %q, %v; want %q", line, got, ok, want)
			}
		})
	}
}

func TestSetCookieControlCharacter(t *testing.T) {
	for _, line := range []string{"a\x00=b", "a=b\r", "a=b\n; Path=/", "a=\x7f", "a=b; Path=/\x01"} {
		t.Run(fmt.Sprintf("%q", line), func(t *testing.T) {
			if name, ok := Name(line); ok {
				t.Errorf("Name(%q) = %q, want none", line, name)
			}
		})
	}
	if _, ok := Name("a=b\tc"); !ok {
		t.Error("a tab is allowed inside a value")
	}
	// Whatever the byte, wherever it stands, whatever stands around it.
	for c := range 256 {
		for at := range 20 {
			for _, around := range []string{"a", "\t", " ", "~", "\x80", "\xff"} {
				line := []byte("n=" + strings.Repeat(around, 20))
				line[2+at] = byte(c)
				if _, ok := Name(string(line)); ok == (c < ' ' && c != '\t' || c == 0x7f) {
					t.Fatalf("Name(%q): %v", line, ok)
				}
			}
		}
	}
}

func TestSetCookieDeletion(t *testing.T) {
	past, future := "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"
	for attributes, want := range map[string]bool{
		"":                                   false,
		"; Path=/":                           false,
		"; Max-Age=0":                        true,
		"; max-age = 0 ":                     true,
		"; MAX-AGE=-1":                       true,
		"; Max-Age=-0":                       true,
		"; Max-Age=000":                      true,
		"; Max-Age=1":                        false,
		"; Max-Age=":                         false,
		"; Max-Age":                          false,
		"; Max-Age=-":                        false,
		"; Max-Age=+0":                       false,
		`; Max-Age="0"`:                      false,
		"; Max-Age=0x0":                      false,
		"; Max-Age=0.5":                      false,
		"; Max-Age=99999999999999999999":     false,
		"; Expires=" + past:                  true,
		"; Expires=" + future:                false,
		"; Expires=junk":                     false,
		"; Expires=0":                        false,
		"; Max-Age=0; Expires=" + future:     true,
		"; Expires=" + past + "; Max-Age=60": false,
		"; Max-Age=60; Expires=" + past:      false,
		"; Max-Age=0; Max-Age=60":            false,
		"; Max-Age=60; Max-Age=0":            true,
		// Browsers disagree on these: not surely a deletion.
		"; Max-Age=0; Max-Age=junk":                  false,
		"; Expires=" + past + "; Expires=junk":       false,
		strings.Repeat("; x", 15) + "; Max-Age=0":    false,
		"; Max-Age=" + strings.Repeat("0", 1025):     false,
		"; Max-Age=0; Path=/; Domain=a.fr; HttpOnly": true,
		"; Expires=Mon, 23 Nov 2026 11:59:59 GMT":    true,
		"; Expires=Mon, 23 Nov 2026 12:00:01 GMT":    false,
		"; Expires=" + past + "; Expires=" + future:  false,
		"; Expires=" + future + "; Expires=" + past:  true,
		"; Max-Age=junk; Expires=" + past:            true,
		"; Expires=Thu, 01st Jan 1970 00:00:00 GMT":  false, // a cookie of the session in Chromium
		"; Expires=Mon, 23 Nov 2026 11:00:00 -1200":  false,
		"; Expires=\"" + past + "\"":                 true, // quotes are delimiters in a cookie-date
	} {
		t.Run(fmt.Sprintf("%.60q", attributes), func(t *testing.T) {
			if got := Deletes("_ga=x"+attributes, now); got != want {
				t.Errorf("Deletes(%q) = %v, want %v", "_ga=x"+attributes, got, want)
			}
		})
	}
}

func TestCookieDate(t *testing.T) {
	want := time.Date(2026, 11, 6, 8, 49, 37, 0, time.UTC)
	for _, s := range []string{
		"Fri, 06 Nov 2026 08:49:37 GMT",
		"Friday, 06-Nov-26 08:49:37 GMT",
		"Fri Nov  6 08:49:37 2026",
		"6 november 2026 8:49:37",
		"2026 nov 06 08:49:37.123",
		"08:49:37 06 Nov 2026 junk",
	} {
		t.Run(fmt.Sprintf("%q", s), func(t *testing.T) {
			if got, ok, _ := parseDate(s); !ok || !got.Equal(want) {
				t.Errorf("parseDate(%q) = %v, %v", s, got, ok)
			}
		})
	}
	for _, s := range []string{
		"", "0", "-1", "31 Feb 2026 00:00:00", "06 Nov 1600 08:49:37", "06 Nov 2026 24:00:00", "06 Nov 2026", "2026-11-06T08:49:37Z",
	} {
		t.Run(fmt.Sprintf("%q", s), func(t *testing.T) {
			if got, ok, _ := parseDate(s); ok {
				t.Errorf("parseDate(%q) = %v, want none", s, got)
			}
		})
	}
}

func TestSetCookieMaxAge(t *testing.T) {
	end := now.Add(24 * time.Hour)
	const date = "Tue, 24 Nov 2026 12:00:00 GMT"
	for line, want := range map[string]string{
		"_ga=1":                        "_ga=1",
		"_ga=1; Max-Age=60 ; Path=/":   "_ga=1; Max-Age=60 ; Path=/",
		"_ga=1; Max-Age=86400":         "_ga=1; Max-Age=86400",
		"_ga=1;max-age= 63072000 ;x=y": "_ga=1;max-age= 86400 ;x=y",
		"_ga=1; Expires=Fri, 01 Jan 2100 00:00:00 GMT; SameSite=Lax":   "_ga=1; Expires=" + date + "; SameSite=Lax",
		"_ga=1; Max-Age=999999; expires=Fri, 01 Jan 2100 00:00:00 GMT": "_ga=1; Max-Age=86400; expires=" + date,
		"_ga=1; Max-Age=999999; Max-Age":                               "_ga=1; Max-Age=86400; Max-Age=86400",
		"_ga=1; Max-Age=999999; Max-Age=":                              "_ga=1; Max-Age=86400; Max-Age=86400",
		"_ga=Max-Age=5; Max-Age=999999":                                "_ga=Max-Age=5; Max-Age=86400",
		"_ga=1; Expires=Mon, 23 Nov 2026 13:00:00 GMT; Path=/":         "_ga=1; Expires=Mon, 23 Nov 2026 13:00:00 GMT; Path=/",
	} {
		t.Run(fmt.Sprintf("%.60q", line), func(t *testing.T) {
			if got := Shorten(line, now, end); got != want {
				t.Errorf("Shorten(%q)\n got %q\nwant %q", line, got, want)
			}
		})
	}
}

func FuzzSetCookie(f *testing.F) {
	for _, seed := range []string{"a=b", "=", "a=b; Max-Age=0", "a;Expires=Thu, 01 Jan 1970 00:00:00 GMT", "a=b; Max-Age=9999999999;; =;Expires"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		name, ok := Name(line)
		if ok && strings.ContainsAny(name, ";=") {
			t.Fatalf("name %q holds a separator", name)
		}
		end := now.Add(time.Hour)
		short := Shorten(line, now, end)
		if e := ExpiryOf(short, now); e.Time.After(end) {
			t.Fatalf("Shorten(%q) = %q still ends at %v", line, short, e.Time)
		}
		if again, _ := Name(short); again != name {
			t.Fatalf("Shorten(%q) changed the name to %q", line, again)
		}
		if Deletes(line, now) && ExpiryOf(line, now).Time.After(now) {
			t.Fatalf("%q deletes nothing", line)
		}
	})
}
