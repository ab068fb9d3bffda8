package cookies

import (
	"fmt"
	"strings"
	"testing"
)

func TestFilterOrder(t *testing.T) {
	keep := func(name string) bool { return name == "a" || name == "b" }
	for header, want := range map[string]string{
		"":                       "",
		"a=1":                    "a=1",
		"a=1; b=2":               "a=1; b=2",
		"b=2; a=1":               "b=2; a=1",
		"a=1; x=9; b=2":          "a=1; b=2",
		"x=9; a=1;b=2 ; y":       "a=1;b=2 ",
		"x=9":                    "",
		"x=9; y=8":               "",
		"a":                      "", // nameless, value a
		"=a":                     "",
		"a=1; =x; ;a=2":          "a=1;a=2",
		`a="1;x=2"`:              `a="1`,
		"a =1; \tx=2;\tb\t= 2=3": "a =1;\tb\t= 2=3",
		"a=é; x=ü":               "a=é",
		"A=1; a=1":               "a=1",
		"a=1;;; ":                "a=1;;; ", // nothing to drop: not a byte changes
	} {
		t.Run(fmt.Sprintf("%q", header), func(t *testing.T) {
			if got := Filter(header, keep); got != want {
				t.Errorf("Filter(%q) = %q, want %q", header, got, want)
			}
		})
	}
}

func TestFilterAllocs(t *testing.T) {
	header := strings.Repeat("a=1; b=2; ", 20) + "a=1"
	if n := testing.AllocsPerRun(100, func() {
		Filter(header, func(name string) bool { return name != "x" })
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{"a=1; x=2", ";;=;a", "x; a = b ;", "a=1;x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		keep := func(name string) bool { return !strings.HasPrefix(name, "x") && name != "" }
		filtered := Filter(header, keep)
		if Filter(filtered, keep) != filtered {
			t.Fatalf("Filter(%q) = %q, which it would filter again", header, filtered)
		}
		var want, got []string
		for name, value := range Pairs(header) {
			if keep(name) {
				want = append(want, name+"="+value)
			}
		}
		for name, value := range Pairs(filtered) {
			got = append(got, name+"="+value)
		}
		if strings.Join(got, ";") != strings.Join(want, ";") {
			t.Fatalf("Filter(%q) = %q: %q, want %q", header, filtered, got, want)
		}
	})
}
