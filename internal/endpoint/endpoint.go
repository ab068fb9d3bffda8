// Package endpoint names the URL paths that the module answers itself. Templates and scripts of internal/notice have them too.
package endpoint

import (
	"regexp"
	"strings"
)

// A Prefix stands before the paths. Nothing else of the site is below it.
type Prefix string

// Default is the prefix where the configuration names none.
const Default Prefix = "/_consent"

// GPC is where a site says that it heeds the signal (Global Privacy Control, section 4.2).
const GPC = "/.well-known/gpc.json"

// Choice takes the visitor's choice, and tells it.
func (p Prefix) Choice() string { return string(p) + "/choice" }

// Settings are what the script of the notice shows, in place.
func (p Prefix) Settings() string { return string(p) + "/settings" }

// Charter shows the charter.
func (p Prefix) Charter() string { return string(p) + "/charter" }

// Receipt gives the visitor the record of the choice.
func (p Prefix) Receipt() string { return string(p) + "/receipt" }

// Placeholder stands in a frame in place of what is denied.
func (p Prefix) Placeholder() string { return string(p) + "/placeholder" }

// Report takes reports of what a Content-Security-Policy has stopped.
func (p Prefix) Report() string { return string(p) + "/report" }

// Inventory takes the names that a page tells of, where the site asks for them.
func (p Prefix) Inventory() string { return string(p) + "/inventory" }

// Assets is what stands before the paths of scripts and style sheets.
func (p Prefix) Assets() string { return string(p) + "/assets/" }

// Owns tells whether a path is below the prefix.
func (p Prefix) Owns(path string) bool {
	rest, ok := strings.CutPrefix(path, string(p))
	return ok && strings.HasPrefix(rest, "/")
}

// Pattern is a regular expression for all paths that the module answers: those below a prefix, a further one of the charter,
// "" for none, which holds with and without a slash at its end, and GPC where the signal is heeded.
func Pattern(p Prefix, charter string, gpc bool) string {
	paths := []string{regexp.QuoteMeta(string(p)) + "/.*"}
	if charter != "" {
		paths = append(paths, regexp.QuoteMeta(strings.TrimSuffix(charter, "/"))+"/?")
	}
	if gpc {
		paths = append(paths, regexp.QuoteMeta(GPC))
	}
	return "^(?:" + strings.Join(paths, "|") + ")$"
}
