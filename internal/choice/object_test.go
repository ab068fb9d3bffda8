package choice

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// FuzzParsePlain: what is parsed the fast way is what encoding/json makes of it.
func FuzzParsePlain(f *testing.F) {
	for _, seed := range []string{`{"a":true}`, `{"a":1,"b":"x","a":2}`, `{"a":01}`, `{"a":""}`, `{"a,b":"}"}`, `{"a:":0}`, `{"é":"\u0041"}`, `{}`, `{"a":true,}`, `{"a":true}}`, `{"a":"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, ok := parsePlain(text)
		if !ok || !utf8.ValidString(text) { // as decodeURIComponent has seen to
			return
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &members); err != nil || len(members) != len(o) {
			t.Fatalf("%q is read as %v; encoding/json: %v, %v", text, o, members, err)
		}
		for name, value := range members {
			if read, ok := o.get(name); !ok || read != string(value) {
				t.Errorf("%q: %q is %q, %t; want %q", text, name, read, ok, value)
			}
			var want string
			json.Unmarshal(value, &want) // "" where it is no string
			if read := o.text(name); read != want {
				t.Errorf("%q: the text of %q is %q, want %q", text, name, read, want)
			}
		}
	})
}

func TestWrittenChoiceIsPlain(t *testing.T) {
	b := testBook(t)
	c := b.New(1, now)
	c.Withdrawn = policy.Set(2)
	text, _ := decodeURIComponent(strings.TrimPrefix(strings.Split(b.SetCookie(c, false), ";")[0], policy.ConsentCookie+"="))
	if _, ok := parsePlain(text); !ok {
		t.Errorf("%s is parsed the slow way", text)
	}
}

func BenchmarkParse(b *testing.B) {
	book := testBook(b)
	value := strings.TrimPrefix(strings.Split(book.SetCookie(book.New(1, now), false), ";")[0], policy.ConsentCookie+"=")
	b.ReportAllocs()
	for b.Loop() {
		if book.parse(value, now).State != Given {
			b.Fatal(value)
		}
	}
}
