package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const example = `{
	"purpose": "embeds",
	"texts": {"chat": {"fr": "Permet de dialoguer.", "en": "Lets you chat.", "de": "Chat."}},
	"services": [
		{
			"id": "exemple-chat", "name": "Exemple Chat",
			"provider": {"name": "Exemple", "url": "https://chat.example/privacy"},
			"cookies": ["exchat_*"],
			"hosts": ["*.chat.example"],
			"inline": ["chat.example/l.js"],
			"globals": ["exchat()"],
			"storage": ["exchat.*"], "own_paths": ["*/exchat.js", "*/exchat/hit?site"],
			"lifetime": "30d",
			"description": {"": "@chat", "fr": "Le nôtre."},
			"source": "https://chat.example/cookies"
		}
	]
}
`

// written are files of these texts, by the names 0.json, 1.json and so on.
func written(t *testing.T, texts ...string) (names []string) {
	t.Helper()
	for i, text := range texts {
		name := filepath.Join(t.TempDir(), string(rune('0'+i))+".json")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

func TestCatalogueWith(t *testing.T) {
	c, err := With(written(t, example)...)
	if err != nil {
		t.Fatal(err)
	}
	s := c.Service("exemple-chat")
	if s.Purpose != Embeds || s.Lifetime != 30*day || s.Storage[0] != "exchat.*" || s.Globals[0] != "exchat()" || s.OwnPaths[1] != "*/exchat/hit?site" ||
		s.Description["fr"] != "Le nôtre." || s.Description["de"] != "Chat." || len(c.Added()) != 1 {
		t.Errorf("%+v", s)
	}
	if c.Service("youtube").Name != "YouTube" || c.KnownCookie("exchat_1") != "exemple-chat" || BuiltIn().KnownCookie("exchat_1") != "" {
		t.Error("the built-in services are gone, or have changed")
	}
	p, err := New(Declaration{Catalogue: c})
	if err != nil {
		t.Fatal(err)
	}
	if owner := p.Owner([]byte("x.chat.example")); owner < 0 || !p.Blocks(owner, 0) || !p.IsUndeclared(owner) {
		t.Errorf("its host is %d", owner)
	}
	if other, _ := New(Declaration{}); other.Owner([]byte("x.chat.example")) != Unknown {
		t.Error("another site has it too")
	}
}

// What has the id of a built-in service replaces it.
func TestCatalogueReplaces(t *testing.T) {
	c, err := With(written(t, strings.NewReplacer("exemple-chat", "hotjar", "*.chat.example", "*.hotjar.com", "chat.example/l.js", "_hjSettings").Replace(example))...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(Declaration{Catalogue: c})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Services()) != len(BuiltIn().Services()) || c.Service("hotjar").Name != "Exemple Chat" ||
		p.Owner([]byte("x.hotjar.io")) != Unknown || p.Owners()[p.Owner([]byte("x.hotjar.com"))].Name != "Exemple Chat" {
		t.Errorf("%+v", c.Service("hotjar"))
	}
}

// A service may have several sources, and say which of its facts none of them states.
func TestCatalogueSources(t *testing.T) {
	text := strings.Replace(example, `"https://chat.example/cookies"`,
		`["https://chat.example/cookies", "https://list.example/"], "unconfirmed": ["exchat_*", "*.chat.example", "exchat.*"]`, 1)
	c, err := With(written(t, text)...)
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Service("exemple-chat"); len(s.Sources) != 2 || s.Sources[1] != "https://list.example/" || len(s.Unconfirmed) != 3 {
		t.Errorf("%q, %q", s.Sources, s.Unconfirmed)
	}
}

func TestCatalogueErrors(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`"source"`, `"sauce"`, `:15: unknown field "sauce"`},
		{`"texts"`, `"text"`, `:3: unknown field "text"`},
		{`"lifetime": "30d"`, `"lifetime": 30`, `:13: lifetime cannot be a number`},
		{`"exchat_*"],`, `"exchat_*"]`, `:9: invalid character '"' after object key:value pair`},
		{`"services": [`, `"services": {`, `:5: invalid character '{' looking`},
		{`["*.chat.example"]`, `[]`, ``},
		{`"exchat_*"`, `"sess*"`, `:8: exemple-chat: the pattern "sess*" would match sessionid`},
		{`"exchat_*"`, `"z*"`, `:8: exemple-chat: the pattern "z*" matches too much`},
		{`"exchat_*"`, `"*"`, `:8: exemple-chat: cookie pattern "*" would match every cookie`},
		{`"exchat.*"`, `"**"`, `:12: exemple-chat: storage pattern "**" would match every key`},
		{`"exchat.*"`, `"the*"`, `:12: exemple-chat: the pattern "the*" would match theme`},
		{`"*.chat.example"`, `"*.jsdelivr.net"`, `:9: exemple-chat: the host "*.jsdelivr.net" has what many sites load`},
		{`"*.chat.example"`, `"*.co.uk"`, `:9: exemple-chat: the host "*.co.uk" is everybody's`},
		{`"*.chat.example"`, `"*.cloudfront.net"`, `:9: exemple-chat: the host "*.cloudfront.net" is everybody's`},
		{`"*.chat.example"`, `"*.example"`, `:9: exemple-chat: "*.example" is no host`},
		{`"*.chat.example"`, `"https://chat.example/"`, `:9: exemple-chat: "https://chat.example/" is no host`},
		{`"*.chat.example"`, `"*.chat.example", "a.chat.example"`, `:9: exemple-chat: the host "a.chat.example" is in "*.chat.example" already`},
		{`"*.chat.example"`, `"*.hotjar.com"`, `:9: the host "*.hotjar.com" is also that of hotjar (the built-in catalogue)`},
		{`"chat.example/l.js"`, `"$crisp.push"`, `:10: the literal "$crisp.push" is also that of crisp (the built-in catalogue)`},
		{`"chat.example/l.js"`, `"x()"`, `:10: exemple-chat: inline "x()": 5 characters or more`},
		{`"exchat()"`, `"name()"`, `:11: exemple-chat: global "name()" may be the page's own`},
		{`"exchat()"`, `"a-b"`, `:11: exemple-chat: global "a-b": a name such as`},
		{`"*/exchat.js"`, `"/*"`, `:12: exemple-chat: own path "/*": a name at its end`},
		{`"*/exchat.js"`, `"*/script.js"`, `:12: exemple-chat: own path "*/script.js" would match /js/script.js`},
		{`"*/exchat.js"`, `"*/*.js"`, `:12: exemple-chat: own path "*/*.js" would match /js/script.js`},
		{`"*/exchat.js"`, `"*/collect"`, `:12: exemple-chat: own path "*/collect" would match /collect`},
		{`"*/exchat.js"`, `"*/search?tid"`, `:12: exemple-chat: own path "*/search?tid" would match /search?v=1&tid=2`},
		{`"*/exchat.js"`, `"exchat.js"`, `:12: exemple-chat: own path "exchat.js": a path, or`},
		{`"*/exchat.js"`, `"*/exchat/hit?site"`, `:12: exemple-chat: own path "*/exchat/hit?site" stands twice`},
		{`"*/exchat.js"`, `"*/matomo.js"`, `:12: the own path "*/matomo.js" is also that of matomo (the built-in catalogue)`},
		{`"30d"`, `"400d"`, `:13: exemple-chat: the lifetime "400d": 1d to 395d`},
		{`"cookies": ["exchat_*"],`, ``, `exemple-chat: a lifetime without cookies`},
		{`"@chat"`, `"@talk"`, `:14: exemple-chat: there is no text "talk"`},
		{`"https://chat.example/cookies"`, `""`, `:5: exemple-chat: lacks the source`},
		{`"https://chat.example/cookies"`, `"http://chat.example/"`, `:15: exemple-chat: the source "http://chat.example/" is no https address`},
		{`"https://chat.example/cookies"`, `["https://chat.example/cookies", "chat"]`, `:15: exemple-chat: the source "chat" is no https address`},
		{`"https://chat.example/cookies"`, `["https://chat.example/", "https://chat.example/"]`, `:15: exemple-chat: the source "https://chat.example/" stands twice`},
		{`"https://chat.example/cookies"`, `[]`, `:5: exemple-chat: lacks the source`},
		{`"https://chat.example/cookies"`, `1`, `:15: source: an address, or a list of addresses`},
		{`"source"`, `"unconfirmed": ["exchat"], "source"`, `:15: exemple-chat: unconfirmed "exchat" is none of its cookies, hosts or storage keys`},
		{`"source"`, `"unconfirmed": ["exchat_*", "exchat_*"], "source"`, `:8: exemple-chat: unconfirmed "exchat_*" stands twice`},
		{`"source"`, `"unconfirmed": "exchat_*", "source"`, `:15: unconfirmed cannot be a string`},
		{`"purpose": "embeds"`, `"purpose": "embed"`, `exemple-chat: the purpose "embed": one of functional, statistics, embeds, marketing`},
		{`"id": "exemple-chat"`, `"id": "mac"`, `:6: mac: the id is reserved`},
		{`"id": "exemple-chat"`, `"id": "Chat"`, `:6: Chat: an id has lower-case letters`},
		{`"services": [`, `"services": [], "texts": {}, "purpose": [`, `:4: json: cannot unmarshal array`},
	} {
		t.Run(c.new, func(t *testing.T) {
			text := strings.Replace(example, c.old, c.new, 1)
			if text == example {
				t.Fatalf("%s is not in the example", c.old)
			}
			names := written(t, text)
			_, err := With(names...)
			if c.want == "" && err == nil {
				return
			}
			if err == nil || c.want == "" || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "catalogue: "+names[0]+":") {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
	t.Run("twice", func(t *testing.T) {
		names := written(t, example, strings.Replace(example, "exemple-chat", "other", 1))
		if _, err := With(names[0], names[0]); err == nil || !strings.Contains(err.Error(), `:6: the id "exemple-chat" is in `+names[0]+":5 already") {
			t.Error(err)
		}
		other := strings.NewReplacer("exemple-chat", "other", `"Exemple"`, `"Other"`, "chat.example/l.js", "other.js").Replace(example)
		names = written(t, example, other)
		if _, err := With(names...); err == nil || !strings.Contains(err.Error(), names[1]+`:9: the host "*.chat.example" is also that of exemple-chat (`+names[0]+":5)") {
			t.Error(err)
		}
	})
	if _, err := With("testdata/none.json"); err == nil || !strings.Contains(err.Error(), "none.json") {
		t.Error(err)
	}
}
