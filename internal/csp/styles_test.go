package csp

import "testing"

func TestHashedStyles(t *testing.T) {
	const hash = " 'sha256-CCCC='"
	for policy, want := range map[string]struct{ element, nonced, attribute bool }{
		"":                             {},
		"style-src 'unsafe-inline'":    {},
		"script-src" + hash:            {},
		"style-src" + hash:             {true, true, false},
		"style-src 'nonce-abc'":        {},
		"style-src 'nonce-abc'" + hash: {true, false, false},
		"style-src 'nonce-xyz'" + hash: {true, true, false},
		"default-src 'SHA512-CCCC'":    {true, true, false},
		"default-src" + hash + "; style-src 'unsafe-inline'":                                  {},
		"style-src 'sha256-'; default-src" + hash:                                             {},
		"style-src 'unsafe-hashes'" + hash:                                                    {true, true, true},
		"style-src" + hash + "; style-src-attr 'unsafe-inline'":                               {true, true, false},
		"style-src-attr 'Unsafe-Hashes'" + hash:                                               {false, false, true},
		"style-src-elem 'unsafe-inline'; style-src 'unsafe-hashes'" + hash:                    {false, false, true},
		"style-src 'unsafe-inline', style-src" + hash + " 'nonce-abc', style-src 'nonce-abc'": {true, false, false},
		"style-src 'nonce-abc'" + hash + ", default-src" + hash:                               {true, true, false},
	} {
		t.Run(policy, func(t *testing.T) {
			var s HashedStyles
			s.Add([]string{policy})
			if s.Element("") != want.element || s.Element("abc") != want.nonced || s.Attribute() != want.attribute {
				t.Errorf("%v, %v, %v", s.Element(""), s.Element("abc"), s.Attribute())
			}
		})
	}
	var s HashedStyles
	if s.AddMeta("img-src x, style-src" + hash); s.Element("") {
		t.Error("a comma parts nothing in a meta element")
	}
}
