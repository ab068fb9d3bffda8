// Command minify takes out of the module's scripts what is there for their readers: the guard stands before all else in a
// page. Run it with `go generate ./internal/notice` when a script has changed; what it writes is what is served, so that its
// hashes do not change with the minifier.
package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/js"
)

func main() {
	scripts, err := minified(os.DirFS("embedded"))
	if err != nil {
		log.Fatal(err)
	}
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join("minified", name), script, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// parts are the files of every guard, in the order in which one needs another; standins and signals come behind them, and
// choice last.
var parts = []string{"owners", "policy", "natives", "elements", "attributes", "markup", "insertion", "write", "requests", "cookies", "styles", "workerstub", "realms", "place"}

// minified are the scripts that are served, by name. POLICY, KEYS, KEPT and PATH stand in them for what the site declares. One is
// no script of its own but a part of the guard, which Guard.script gives it where it is needed: storage.js.
func minified(files fs.FS) (map[string][]byte, error) {
	var err error
	read := func(name string) string {
		content, readErr := fs.ReadFile(files, name)
		if err == nil {
			err = readErr
		}
		return string(content)
	}
	sources := map[string]string{
		"notice.js":  read("notice.js"),
		"release.js": read("release.js"),
		"kept.js":    read("kept.js"),
		// Before the guard, where the site asks for it.
		"inventory.js": read("inventory.js"),
		"storage.js":   read("guard/storage.js"),
		"worker.js":    strings.NewReplacer("OWNERS", read("guard/owners.js"), "STUB", read("guard/workerstub.js")).Replace(read("guard/worker.js")),
	}
	for name, more := range map[string][]string{
		"guard.js": nil, "guard-standins.js": {"standins"}, "guard-signals.js": {"signals"}, "guard-standins-signals.js": {"standins", "signals"},
	} {
		script := "(policy=>{'use strict';"
		for _, part := range append(append(parts[:len(parts):len(parts)], more...), "choice") {
			script += read(path.Join("guard", part+".js")) + "\n"
		}
		sources[name] = script + "})(POLICY)"
	}
	if err != nil {
		return nil, err
	}
	scripts := make(map[string][]byte)
	for name, source := range sources {
		var b bytes.Buffer
		if err := js.Minify(minify.New(), &b, strings.NewReader(source), nil); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		scripts[name] = b.Bytes()
	}
	return scripts, nil
}
