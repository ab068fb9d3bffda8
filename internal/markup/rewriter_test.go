package markup

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// failing is a writer whose write of that number fails, as where a visitor has gone.
type failing struct {
	at, writes int
	after      bytes.Buffer // what came later
}

var errGone = errors.New("gone")

func (f *failing) Write(p []byte) (int, error) {
	f.writes++
	switch {
	case f.writes == f.at:
		return 0, errGone
	case f.writes > f.at:
		f.after.Write(p)
	}
	return len(p), nil
}

func TestRewriterWriteError(t *testing.T) {
	const page = "<!doctype html><html><head><title>x</title><script>var a=1</script><body class=x><p>hello<p>more<div><p>end</html><img src=//a.b/c>" +
		"<a href=x>y<a href=x>y<!-- comment --><meta name=a content=1><p>last"
	host := func([]byte) *Mark { return &Mark{Attributes: " z"} }
	for name, rules := range map[string]Rules{"the notice": {Body: insert(notice)}, "marks": {Body: insert(notice), Host: host, Prefix: "data-c-"}} {
		t.Run(name, func(t *testing.T) {
			for at := 1; at <= 6; at++ {
				for size := 1; size <= len(page); size++ {
					for end, finish := range map[string]func(*Rewriter) error{"Close": (*Rewriter).Close, "Abandon": (*Rewriter).Abandon} {
						out := &failing{at: at}
						r := Rewriter{Out: out, Scanner: Scanner{Rules: rules}}
						check := func(what string, err error) {
							t.Helper()
							if want := out.writes >= at; want != errors.Is(err, errGone) {
								t.Fatalf("%s, write %d fails, pieces of %d: %s returns %v", name, at, size, what, err)
							}
						}
						for rest := page; len(rest) > 0; rest = rest[min(size, len(rest)):] {
							_, err := io.WriteString(&r, rest[:min(size, len(rest))])
							check("Write", err)
						}
						check(end, finish(&r))
						check(end+" again", finish(&r))
						if out.after.Len() > 0 {
							t.Fatalf("%s, write %d fails, pieces of %d: then %q", name, at, size, out.after.String())
						}
					}
				}
			}
		})
	}
}

// TestStreamEnded ends streams in whose decoders there are still bytes.
func TestStreamEnded(t *testing.T) {
	text := "<!doctype html><title>x</title><!--" + strings.Repeat("comment ", 20) + "--><body>" + strings.Repeat("<p>Jeux de données</p>", 20)
	for _, coding := range append([]string{"bare deflate"}, Codings...) {
		t.Run(coding, func(t *testing.T) {
			from := strings.TrimPrefix(coding, "bare ")
			in := flushed(t, coding, text[:50], text[50:150], text[150:])
			whole := bytes.Join(in, nil)
			for cut := range len(whole) + 1 {
				for _, to := range []string{"", from} {
					for _, abandoned := range []bool{false, true} {
						var out bytes.Buffer
						s := NewStream(&out, Page{Rules: Rules{Body: insert(notice)}, From: list(from), To: list(to)})
						_, err := s.Write(whole[:cut])
						if err == nil && abandoned {
							err = s.Abandon()
						}
						if err != nil {
							t.Fatalf("%s cut at %d: %v", coding, cut, err)
						}
						before := out.Len()
						s.End()
						if late := out.Bytes()[before:]; len(late) > 0 {
							t.Fatalf("%s to %q cut at %d, abandoned %v: %q comes late", coding, to, cut, abandoned, late)
						}
					}
				}
			}
		})
	}
}
