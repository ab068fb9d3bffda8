package policy

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// Application is software behind the site that needs cookies to sign people in and to let them edit.
type Application struct {
	ID, Name string
	// Cookies are those that it cannot do without, for anybody.
	Cookies []Pattern
	// Signs are those of them by which it is told from others.
	Signs []Pattern
	// Source is where these facts are from.
	Source string
}

//go:embed applications.json
var applicationsFile []byte

// Applications are those that the module knows.
var Applications = sync.OnceValue(func() (all []Application) {
	if err := json.Unmarshal(applicationsFile, &all); err != nil {
		panic(err) // a test reads it
	}
	return all
})

// ApplicationCookies are the necessary cookies of applications, by their ids. Its error is about the word "application".
func ApplicationCookies(ids []string) (cookies []Pattern, err error) {
	for _, id := range ids {
		i := slices.IndexFunc(Applications(), func(a Application) bool { return a.ID == id })
		if i < 0 {
			var known []string
			for _, a := range Applications() {
				known = append(known, a.ID)
			}
			return nil, Errorf("application", "unknown application %q: expected one of %s, or declare its cookies with 'necessary <pattern>...'",
				id, strings.Join(known, ", "))
		}
		for _, pattern := range Applications()[i].Cookies {
			if !slices.Contains(cookies, pattern) {
				cookies = append(cookies, pattern)
			}
		}
	}
	return cookies, nil
}

// IsToldBy tells whether a cookie of that name is a sign of the application.
func (a Application) IsToldBy(name string) bool { return matchesAny(a.Signs, name) }

// Needs tells whether the application needs a cookie of that name.
func (a Application) Needs(name string) bool { return matchesAny(a.Cookies, name) }
