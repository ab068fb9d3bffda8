package policy

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
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
	// Sources are the pages and files that state these facts, most of them in the software's own code.
	Sources sources `json:"source"`
}

//go:embed applications.json
var applicationsFile []byte

// Applications are those that the module knows.
var Applications = sync.OnceValue(func() []Application {
	all, err := readApplications(applicationsFile)
	if err != nil {
		panic(err) // a test reads it
	}
	return all
})

// readApplications reads applications and checks each.
func readApplications(text []byte) (all []Application, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&all); err != nil {
		return nil, err
	}
	for i, a := range all {
		if err := a.check(); err != nil {
			return nil, fmt.Errorf("application %s: %w", a.ID, err)
		}
		if i > 0 && all[i-1].ID >= a.ID {
			return nil, fmt.Errorf("application %s: not in order behind %s", a.ID, all[i-1].ID)
		}
	}
	return all, nil
}

func (a Application) check() error {
	switch {
	case !validID(a.ID) || a.Name == "":
		return errors.New("lacks its id or its name")
	case len(a.Cookies) == 0:
		return errors.New("needs no cookies")
	case len(a.Sources) == 0:
		return errors.New("lacks the source of its facts")
	}
	for i, pattern := range a.Cookies {
		if err := validCookie(pattern); err != nil {
			return err
		}
		if slices.Contains(a.Cookies[:i], pattern) {
			return fmt.Errorf("the cookie %s stands twice", pattern)
		}
	}
	for _, sign := range a.Signs {
		if name := strings.ReplaceAll(string(sign), "*", "x"); !a.Needs(name) {
			return fmt.Errorf("the sign %s is none of its cookies", sign)
		}
	}
	return a.Sources.check()
}

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
