package markup

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

// What an inline script that is no classic one loads is written in its text. The guard reads it by
// the same rule: of a module, what stands in quotes behind import, from or import( counts; of an import
// map and of speculation rules each string in double quotes does; what is no address by itself, nor
// begins with "/" or ".", is a name.

// notation is how the text of a script names what it loads.
type notation uint8

const (
	classic notation = iota // not at all
	module
	addresses // JSON: an import map, or speculation rules
)

// notation is that of the current tag, a <script> (HTML, section 4.12.1.1).
func (t *startTag) notation() notation {
	kind, _ := t.value(&nameType)
	switch kind = bytes.Trim(kind, whitespace); {
	case equalFold(kind, "module"):
		return module
	case equalFold(kind, "importmap"), equalFold(kind, "speculationrules"):
		return addresses
	}
	return classic
}

// ModuleImport and JSONString find the literals by that rule. In a RegExp of JavaScript, with the flag g, they
// mean the same. Between the words there may be comments.
const (
	ModuleImport = `\b(?:import` + blank + `\(?|from)` + blank + "(\"[^\"\\n]*\"|'[^'\\n]*'|`[^`]*`)"
	JSONString   = `"(?:[^"\\]|\\.)*"`

	blank = `(?:\s|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/)*`
)

var (
	moduleImport = regexp.MustCompile(ModuleImport)
	jsonString   = regexp.MustCompile(JSONString)
)

// markOfText asks for each host that the text of a script names in that notation.
func (s *Scanner) markOfText(n notation, text []byte) (mark *Mark) {
	ask := func(address []byte) {
		if schemeLength(address) == 0 && (len(address) == 0 || address[0] != '/' && address[0] != '.') {
			return
		}
		if found := s.ask(address, false); mark == nil {
			mark = found
		}
	}
	switch n {
	case module:
		for _, found := range moduleImport.FindAllSubmatch(text, -1) {
			ask(found[1][1 : len(found[1])-1])
		}
	case addresses:
		for _, found := range jsonString.FindAll(text, -1) {
			address := string(found[1 : len(found)-1])
			if strings.Contains(address, `\`) && json.Unmarshal(found, &address) != nil {
				continue
			}
			ask([]byte(address))
		}
	}
	return mark
}
