package markup

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// treeTests yields the documents of the tree-construction tests that ship with
// golang.org/x/net/html.
func treeTests(t *testing.T) []string {
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "golang.org/x/net/html").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "testdata", "html5lib-tests", "tree-construction", "*.dat"))
	if err != nil || len(files) == 0 {
		t.Fatal("no test data", err)
	}
	var pages []string
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range strings.Split("\n"+string(content), "\n#data\n")[1:] {
			page, rest, _ := strings.Cut(test, "\n#errors")
			if !strings.Contains(rest, "\n#document-fragment\n") && !strings.Contains(rest, "\n#script-off\n") {
				pages = append(pages, page)
			}
		}
	}
	return pages
}

// tree parses a page and takes the insertions out again: it returns the tree without
// them, and where they were.
func tree(t testing.TB, page string) (dumped string, heads, notices []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Skip(err) // nested too deep
	}
	var take func(*html.Node)
	take = func(n *html.Node) {
		for c := n.FirstChild; c != nil; {
			next := c.NextSibling
			switch {
			case c.Type == html.ElementNode && c.Data == "script" && len(c.Attr) == 1 && c.Attr[0].Key == "src" && c.Attr[0].Val == "h" && c.FirstChild == nil:
				heads = append(heads, n.Data)
				n.RemoveChild(c)
			case c.Type == html.ElementNode && c.Data == "div" && len(c.Attr) == 1 && c.Attr[0].Key == "id" && c.Attr[0].Val == "n":
				notices = append(notices, n.Data)
				n.RemoveChild(c)
			default:
				take(c)
			}
			c = next
		}
	}
	take(root)
	var b strings.Builder
	dump(&b, root, 0)
	return b.String(), heads, notices
}

// dump writes a tree; texts that stand side by side since something between them was taken
// out are one.
func dump(b *strings.Builder, n *html.Node, depth int) {
	text := false
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.TextNode || !text {
			fmt.Fprintf(b, "\n%*s%d %s:", depth, "", c.Type, c.Namespace)
		}
		if text = c.Type == html.TextNode; text {
			b.WriteString(strings.Trim(strconv.Quote(c.Data), `"`))
			continue
		}
		b.WriteString(strconv.Quote(c.Data))
		for _, a := range c.Attr {
			fmt.Fprintf(b, " %s:%q=%q", a.Namespace, a.Key, a.Val)
		}
		dump(b, c, depth+1)
	}
}

// sameTree fails where out, made of page by inserting, has another tree besides what was inserted,
// or has that elsewhere than it belongs. It returns what was found.
func sameTree(t testing.TB, page, out string) (heads, notices int) {
	t.Helper()
	want, _, _ := tree(t, page)
	got, inHeads, inBodies := tree(t, out)
	if got != want {
		t.Errorf("%q became %q, and the tree%s\nbecame%s", page, out, want, got)
	}
	if len(inHeads) > 1 || len(inHeads) == 1 && inHeads[0] != "head" || len(inBodies) > 1 || len(inBodies) == 1 && inBodies[0] != "body" {
		t.Errorf("%q: insertions in %v, %v", out, inHeads, inBodies)
	}
	return len(inHeads), len(inBodies)
}

// TestTreeInsertions runs over the standard's tree-construction tests, in
// every split in two.
func TestTreeInsertions(t *testing.T) {
	pages := treeTests(t)
	heads, notices := 0, 0
	for _, page := range pages {
		scanner := Scanner{Rules: Rules{Head: headed, Body: insert(notice)}}
		out, _ := scanned(t, scanner, page, len(page)+1)
		inHead, inBody := sameTree(t, page, out)
		heads, notices = heads+inHead, notices+inBody
		everySplit(t, scanner, page, out)
	}
	t.Logf("%d pages, %d with the head's insertion, %d with the notice", len(pages), heads, notices)
	if heads < len(pages)*9/10 || notices < len(pages)*8/10 {
		t.Errorf("only %d and %d of %d pages got the insertions", heads, notices, len(pages))
	}
}

// TestTreeNoMatch: of the tests' pages, nothing is of this host or text.
func TestTreeNoMatch(t *testing.T) {
	mark := &Mark{Attributes: " x"}
	rules := Rules{
		Prefix: "data-c-",
		Gate:   "data-c-service",
		Host: func(host []byte) *Mark {
			if string(host) == "denied.example" {
				return mark
			}
			return nil
		},
		Script: func(text []byte) *Mark {
			if bytes.Contains(text, []byte("denied")) {
				return mark
			}
			return nil
		},
		Granted: func([]byte) *Mark { return mark },
	}
	for _, page := range treeTests(t) {
		everySplit(t, Scanner{Rules: rules}, page, page)
	}
}

// everySplit fails where a page does not become want in any split in two, or in bytes.
func everySplit(t *testing.T, scanner Scanner, page, want string) {
	t.Helper()
	for at := range len(page) {
		var out bytes.Buffer
		r := Rewriter{Out: &out, Scanner: scanner}
		_, _ = r.Write([]byte(page[:at]))
		_, _ = r.Write([]byte(page[at:]))
		if _ = r.Close(); out.String() != want {
			t.Errorf("%q split at %d: %q, want %q", page, at, out.String(), want)
			return
		}
	}
	if got, _ := scanned(t, scanner, page, 1); got != want {
		t.Errorf("%q in bytes: %q, want %q", page, got, want)
	}
}
