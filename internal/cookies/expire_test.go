package cookies

import (
	"fmt"
	"reflect"
	"testing"
	"time"
)

func TestDeletionAttributes(t *testing.T) {
	for _, c := range []struct {
		name, path string
		https      bool
		want       []string
	}{
		{"a", "/", false, []string{"a=; Path=/; Max-Age=0", "a=; Path=/; Domain=b.example; Max-Age=0"}},
		{
			"a", "/x", true,
			[]string{
				"a=; Path=/x; Max-Age=0; Secure", "a=; Path=/x; Max-Age=0; Secure; Partitioned",
				"a=; Path=/x; Domain=b.example; Max-Age=0; Secure", "a=; Path=/x; Domain=b.example; Max-Age=0; Secure; Partitioned",
			},
		},
		{"__Host-a", "/", true, []string{"__Host-a=; Path=/; Max-Age=0; Secure", "__Host-a=; Path=/; Max-Age=0; Secure; Partitioned"}},
		{"__host-a", "/x", true, nil}, {"__Host-a", "/", false, nil}, {"__secure-a", "/", false, nil},
		{"__Secure", "/", false, []string{"__Secure=; Path=/; Max-Age=0", "__Secure=; Path=/; Domain=b.example; Max-Age=0"}},
	} {
		t.Run(fmt.Sprintf("%s at %s, HTTPS %t", c.name, c.path, c.https), func(t *testing.T) {
			d := Deletions{Domains: []string{"", "b.example"}, HTTPS: c.https, Room: 1000}
			got := d.Of(c.name, c.path)
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s at %s: %q, want %q", c.name, c.path, got, c.want)
			}
			room := 1000
			for _, line := range got {
				if room -= len("Set-Cookie: \r\n") + len(line); !Deletes(line, time.Now()) {
					t.Errorf("%s deletes nothing", line)
				}
			}
			if d.Room != room {
				t.Errorf("%s: room for %d is left, want %d", c.name, d.Room, room)
			}
		})
	}
	d := Deletions{Domains: []string{"", "a-long-domain.example"}, Room: 60}
	if got := d.Of("a", "/"); len(got) != 1 || d.Room != 0 || d.Of("b", "/") != nil {
		t.Errorf("%q, room for %d is left", got, d.Room)
	}
}

func TestDomainCandidates(t *testing.T) {
	for host, want := range map[string][]string{
		"localhost": {""}, "127.0.0.1:80": {""}, "[::1]:80": {""}, "co.uk": {""}, "ville.fr": {"", "ville.fr"},
		"data.ville.example.co.uk:8080": {"", "example.co.uk", "data.ville.example.co.uk", "ville.example.co.uk"},
		"a.b.c.d.e.f.g.ville.fr":        {"", "ville.fr", "a.b.c.d.e.f.g.ville.fr", "b.c.d.e.f.g.ville.fr", "c.d.e.f.g.ville.fr", "d.e.f.g.ville.fr"},
	} {
		t.Run(fmt.Sprintf("%q", host), func(t *testing.T) {
			if got := Domains(host); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %q, want %q", host, got, want)
			}
		})
	}
}

func TestPathCandidates(t *testing.T) {
	for page, want := range map[string][]string{
		"/": nil, "": nil, "/a": {"/a", "/a/"}, "/a/b/": {"/a/b", "/a/b/", "/a", "/a/"}, "/a;b/c": nil,
		"/1/2/3/4/5": {"/1/2/3/4/5", "/1/2/3/4/5/", "/1/2/3/4", "/1/2/3/4/", "/1/2/3", "/1/2/3/", "/1/2", "/1/2/"},
	} {
		t.Run(fmt.Sprintf("%q", page), func(t *testing.T) {
			if got := Paths(page); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %q, want %q", page, got, want)
			}
		})
	}
}
