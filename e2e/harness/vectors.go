package harness

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Vectors are the cases that the server and the guard must decide alike: testdata/vectors.json, which
// says what they mean.
type Vectors struct {
	Services  []VectorService
	Hosts     [][3]*string // address, base, service
	Relations [][3]any     // rel, whether the element loads, whether the field does
	Elements  [][2]*string // markup, service
	Cookies   [][4]any     // line, choice, what was sent, what becomes of it
}

// VectorService is a service that they are about.
type VectorService struct {
	ID, Purpose            string
	Cookies, Hosts, Inline []string
	Days                   int
	Exempt                 bool
}

// ReadVectors reads them for a site at that host, as in "localhost:8080".
func ReadVectors(t testing.TB, host string) Vectors {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(Root(), "testdata", "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	filled := strings.NewReplacer("{host}", host, "{origin}", "http://"+host).Replace(string(text))
	var v Vectors
	if err := json.Unmarshal([]byte(filled), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Directives declare the services in a Caddyfile.
func (v Vectors) Directives() string {
	var b strings.Builder
	for _, s := range v.Services {
		fmt.Fprintf(&b, "service %s {\n purpose %s\n cookies %s\n hosts %s\n", s.ID, s.Purpose, strings.Join(s.Cookies, " "), strings.Join(s.Hosts, " "))
		for _, literal := range s.Inline {
			fmt.Fprintf(&b, " inline %s\n", strconv.Quote(literal))
		}
		if s.Days > 0 {
			fmt.Fprintf(&b, " lifetime %dd\n", s.Days)
		}
		if s.Exempt {
			b.WriteString(" exempt\n")
		}
		b.WriteString("}\n")
	}
	return b.String()
}

var aDate = regexp.MustCompile(`\{([+-]\d+)( [^}]*)?\}`)

// Dated is a Set-Cookie line whose dates are so many seconds from now; with a time zone of its own, if it
// names one.
func Dated(line string, now time.Time) string {
	return aDate.ReplaceAllStringFunc(line, func(mark string) string {
		part := aDate.FindStringSubmatch(mark)
		seconds, _ := strconv.Atoi(part[1])
		at := now.UTC().Add(time.Duration(seconds) * time.Second)
		if part[2] == "" {
			return at.Format("Mon, 02 Jan 2006 15:04:05 GMT")
		}
		return strings.TrimRight(at.Format("Mon, 02 Jan 2006 15:04:05")+part[2], " ")
	})
}
