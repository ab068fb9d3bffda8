package markup

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// The tables show pages with what is inserted between ‹ and ›, and what is taken away between « and ».
// "†" stands for what a withheld tag gets behind its name, "‡" for the prefix of an attribute that
// has moved.
var shorthand = strings.NewReplacer("†", "‹ data-s›", "‡", "‹data-c-›")

// page returns the page that such a text shows, and what is to become of it.
func pageOf(t *testing.T, marked string) (page, want string) {
	t.Helper()
	var before, after strings.Builder
	rest := shorthand.Replace(marked)
	for {
		i := strings.IndexAny(rest, "‹«")
		if i < 0 {
			break
		}
		before.WriteString(rest[:i])
		after.WriteString(rest[:i])
		into, end := &after, "›"
		if strings.HasPrefix(rest[i:], "«") {
			into, end = &before, "»"
		}
		text, behind, ok := strings.Cut(rest[i:], end)
		if !ok {
			t.Fatalf("%q: no %s", marked, end)
		}
		into.WriteString(strings.TrimLeft(text, "‹«"))
		rest = behind
	}
	return before.String() + rest, after.String() + rest
}

// denying withholds what is of d.test or a name under it, and scripts that hold "track(".
func denying() Rules {
	mark := &Mark{Attributes: " data-s"}
	return Rules{
		Host: func(host []byte) *Mark {
			if name := string(host); name == "d.test" || strings.HasSuffix(name, ".d.test") {
				return mark
			}
			return nil
		},
		Script: func(text []byte) *Mark {
			if bytes.Contains(text, []byte("track(")) {
				return mark
			}
			return nil
		},
		Frame:  standIn,
		Prefix: "data-c-",
	}
}

func standIn(*Mark, []byte) string { return ` src="/f"` }

// granting activates besides what is gated for "yes".
func granting() Rules {
	rules := denying()
	rules.Gate = "data-c-service"
	rules.Granted = func(value []byte) *Mark {
		if string(value) == "yes" {
			return &Mark{Attributes: " data-g"}
		}
		return nil
	}
	return rules
}

// scanned writes a page in pieces of size bytes; also compressed, in and out, which must come to the same.
func scanned(t testing.TB, scanner Scanner, page string, size int) (string, Passed) {
	t.Helper()
	out, passed := uncompressed(t, scanner, page, size)
	way := (len(page) + size) % len(levels)
	if got, counted := inGzip(t, scanner, page, size, way); got != out || counted != passed {
		t.Errorf("%s in pieces of %d, in gzip: %v\n got %s\nwant %s", short(page), size, counted, short(got), short(out))
	}
	scanner.Known = newKnown(8, 32, 512)
	for _, size := range []int{len(page) + 1, len(page) + 1, size} {
		if got, counted := inGzip(t, scanner, page, size, way); got != out || counted != passed {
			t.Errorf("%s in pieces of %d, in gzip, remembered: %v\n got %s\nwant %s", short(page), size, counted, short(got), short(out))
		}
		if got, counted := uncompressed(t, scanner, page, size); got != out || counted != passed {
			t.Errorf("%s in pieces of %d, remembered: %v\n got %s\nwant %s", short(page), size, counted, short(got), short(out))
		}
	}
	return out, passed
}

func uncompressed(t testing.TB, scanner Scanner, page string, size int) (string, Passed) {
	t.Helper()
	var out bytes.Buffer
	r := Rewriter{Out: &out, Scanner: scanner}
	for len(page) > 0 {
		n := min(size, len(page))
		if _, err := r.Write([]byte(page[:n])); err != nil {
			t.Fatal(err)
		}
		page = page[n:]
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), r.Scanner.Passed
}

// becomes fails where a page, in pieces of several sizes, does not become what is shown.
func becomes(t *testing.T, scanner Scanner, marked string, passed Passed) {
	t.Helper()
	page, want := pageOf(t, marked)
	for _, size := range []int{1, 2, 3, 7, len(page) + 1} {
		got, counted := scanned(t, scanner, page, size)
		if got != want {
			t.Errorf("%s in pieces of %d\n got %s\nwant %s", short(page), size, short(got), short(want))
			return
		}
		if counted != passed {
			t.Errorf("%s in pieces of %d: passed %v, want %v", short(page), size, counted, passed)
			return
		}
	}
}

// become is becomes for the pages of a table, each of which is a test by itself.
func become(t *testing.T, rules Rules, table ...string) {
	t.Helper()
	for _, marked := range table {
		t.Run(fmt.Sprintf("%.80q", marked), func(t *testing.T) {
			t.Helper()
			becomes(t, Scanner{Rules: rules}, marked, Passed{})
		})
	}
}

func short(page string) string {
	if len(page) > 2000 {
		return fmt.Sprintf("%.200q…%q (%d bytes)", page, page[len(page)-200:], len(page))
	}
	return fmt.Sprintf("%q", page)
}
