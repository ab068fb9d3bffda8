package ledger

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
)

// covered are the members of an entry that its hash covers. Others are the log's.
var covered = func() map[string]bool {
	names := make(map[string]bool)
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Entry]()) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "hash" && name != "mac" {
			names[name] = true
		}
	}
	return names
}()

// ofLog are the members that a log has by default.
var ofLog = map[string]bool{"level": true, "ts": true, "logger": true, "msg": true, "caller": true, "stacktrace": true, "hash": true, "mac": true}

// entryHash is the hash of an entry as it should be, over what its text says under the very names, so that no
// other reader finds there what this one has overlooked.
func entryHash(text []byte) (string, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return "", err
	}
	for name := range members {
		if !covered[name] {
			delete(members, name)
		}
	}
	return hashOf(members)
}

// names are those of an object's members. A twin is a name that it, or an object in it, has twice, or in another
// case too: readers of JSON differ in which one counts.
func names(text []byte) (all []string, twin string) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var read func(depth int) bool
	read = func(depth int) bool {
		token, err := decoder.Token()
		if err != nil {
			return false
		}
		opening, ok := token.(json.Delim)
		if !ok {
			return true
		}
		seen := make(map[string]bool)
		for decoder.More() {
			if opening == '{' {
				token, err := decoder.Token()
				name, ok := token.(string)
				if err != nil || !ok {
					return false
				}
				folded := strings.ToLower(strings.ToUpper(name)) // as encoding/json compares them
				if seen[folded] {
					twin = name
				}
				seen[folded] = true
				if depth == 0 {
					all = append(all, name)
				}
			}
			if !read(depth + 1) {
				return false
			}
		}
		_, err = decoder.Token()
		return err == nil
	}
	read(0)
	return all, twin
}
