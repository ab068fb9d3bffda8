package cookies

import (
	"reflect"
	"testing"
	"time"
)

func TestAnExpiredCookieIsDeletedByBrowsers(t *testing.T) {
	const end = "; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
	for want, got := range map[string]string{
		"a=; Path=/" + end:                       Expire("a", "/", "", false),
		"a=; Path=/b; Domain=c.example" + end:    Expire("a", "/b", "c.example", false),
		"__Secure-a=; Path=/" + end + "; Secure": Expire("__Secure-a", "/", "", true),
	} {
		if got != want || !Deletes(got, time.Now()) {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestPathsAreThoseOfCookiesThatAPageIsSent(t *testing.T) {
	for page, want := range map[string][]string{
		"/": nil, "": nil, "/a": {"/a", "/a/"}, "/a/b/": {"/a/b", "/a/b/", "/a", "/a/"}, "/a;b/c": nil,
		"/1/2/3/4/5": {"/1/2/3/4/5", "/1/2/3/4/5/", "/1/2/3/4", "/1/2/3/4/", "/1/2/3", "/1/2/3/", "/1/2", "/1/2/"},
	} {
		if got := Paths(page); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, want %q", page, got, want)
		}
	}
}
