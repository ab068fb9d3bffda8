package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// catalogueFile is a file of services: {"purpose": …, "texts": {…}, "services": […]}.
type catalogueFile struct {
	name     string
	services []locatedService
}

// locatedService knows where in its file it stands, for errors.
type locatedService struct {
	Service
	text  []byte // the whole file
	start int    // of the service in it
	size  int
}

// line is that of a value of the service, or of its beginning.
func (s locatedService) line(value string) int {
	at := s.start
	if quoted, err := json.Marshal(value); err == nil && value != "" {
		at += max(0, bytes.Index(s.text[s.start:s.start+s.size], quoted))
	}
	return lineOf(s.text, at)
}

func (s locatedService) errorf(file catalogueFile, value, format string, args ...any) error {
	return located(file.name, s.line(value), fmt.Errorf(format, args...))
}

func lineOf(text []byte, at int) int { return 1 + bytes.Count(text[:min(at, len(text))], []byte{'\n'}) }

func located(name string, line int, err error) error { return fmt.Errorf("%s:%d: %w", name, line, err) }

// writtenService is a service as a file has it.
type writtenService struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Provider struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	} `json:"provider"`
	Purpose     string            `json:"purpose"`
	Cookies     []Pattern         `json:"cookies"`
	Hosts       []Pattern         `json:"hosts"`
	Inline      []string          `json:"inline"`
	Globals     []string          `json:"globals"`
	Storage     []Pattern         `json:"storage"`
	OwnPaths    []PathSign        `json:"own_paths"`
	Exemption   *writtenExemption `json:"exemption"`
	Lifetime    string            `json:"lifetime"`
	Description description       `json:"description"`
	Source      sources           `json:"source"`
	Unconfirmed []string          `json:"unconfirmed"`
}

// description is texts by language, or "@kind" for all languages, which is kept under the key "".
type description Text

func (d *description) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		*d = description{"": ""}
		s := ""
		err := json.Unmarshal(text, &s)
		(*d)[""] = s
		return err
	}
	return json.Unmarshal(text, (*map[string]string)(d))
}

// sources is one address, or a list of them.
type sources []string

func (s *sources) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		*s = make(sources, 1)
		return json.Unmarshal(text, &(*s)[0])
	}
	if json.Unmarshal(text, (*[]string)(s)) != nil {
		return invalid("source", "source: an address, or a list of addresses")
	}
	return nil
}

func (s sources) check() error {
	for i, source := range s {
		switch {
		case !isPage(source):
			return invalid(source, "the source %q is no https address", source)
		case slices.Contains(s[:i], source):
			return invalid(source, "the source %q stands twice", source)
		}
	}
	return nil
}

// readCatalogue reads a file and checks each of its services. Its errors begin with the file's name and the line.
func readCatalogue(name string, text []byte) (file catalogueFile, err error) {
	file.name = name
	if !json.Valid(text) {
		err, at := json.Unmarshal(text, new(any)), 0
		if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
			at = int(syntax.Offset) - 1
		}
		return file, located(name, lineOf(text, at), err)
	}
	r := catalogueReader{name: name, text: text, d: json.NewDecoder(bytes.NewReader(text))}
	if err := r.read(); err != nil {
		return file, err
	}
	for _, raw := range r.services {
		s, err := r.service(raw)
		if err == nil {
			err = s.check()
		}
		if e := (*valueError)(nil); errors.As(err, &e) {
			return file, s.errorf(file, e.value, "%s: %w", s.ID, e.err)
		} else if err != nil {
			return file, err
		}
		file.services = append(file.services, s)
	}
	if len(file.services) == 0 {
		return file, located(name, lineOf(text, len(text)), errors.New(`lacks "services"`))
	}
	return file, nil
}

// catalogueReader goes through the outer object by tokens, to know where each service begins.
type catalogueReader struct {
	name     string
	text     []byte
	d        *json.Decoder
	purpose  string
	texts    map[string]Text
	services []locatedService
}

func (r *catalogueReader) fail(err error) error {
	return located(r.name, lineOf(r.text, int(r.d.InputOffset())), err)
}

func (r *catalogueReader) open(delim json.Delim, what string) error {
	token, err := r.d.Token()
	if err == nil && token != delim {
		err = fmt.Errorf("%s must begin with %s", what, delim)
	}
	if err != nil {
		return r.fail(err)
	}
	return nil
}

func (r *catalogueReader) read() error {
	if err := r.open('{', "a catalogue"); err != nil {
		return err
	}
	for r.d.More() {
		key, err := r.d.Token()
		if err != nil {
			return r.fail(err)
		}
		line := lineOf(r.text, int(r.d.InputOffset()))
		switch key {
		case "purpose":
			err = r.d.Decode(&r.purpose)
		case "texts":
			err = r.d.Decode(&r.texts)
		case "services":
			if err := r.open('[', `"services"`); err != nil {
				return err
			}
			for r.d.More() {
				var raw json.RawMessage
				if err := r.d.Decode(&raw); err != nil {
					return r.fail(err)
				}
				r.services = append(r.services, locatedService{text: r.text, start: int(r.d.InputOffset()) - len(raw), size: len(raw)})
			}
			_, err = r.d.Token()
		default:
			err = fmt.Errorf("unknown field %q: purpose, texts and services are known", key)
		}
		if err != nil {
			return located(r.name, line, err)
		}
	}
	return nil
}

var unknownField = regexp.MustCompile(`unknown field "(.*)"`)

// service reads one from its text.
func (r *catalogueReader) service(s locatedService) (locatedService, error) {
	raw := s.text[s.start : s.start+s.size]
	var w writtenService
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil && !errors.Is(err, io.EOF) {
		at, wrong := 0, (*json.UnmarshalTypeError)(nil)
		if field := unknownField.FindStringSubmatch(err.Error()); field != nil {
			at = max(0, bytes.Index(raw, []byte(`"`+field[1]+`"`)))
			err = fmt.Errorf("unknown field %q", field[1])
		} else if e := (*valueError)(nil); errors.As(err, &e) {
			at, err = max(0, bytes.Index(raw, []byte(`"`+e.value+`"`))), e.err
		} else if errors.As(err, &wrong) {
			at = int(wrong.Offset)
			err = fmt.Errorf("%s cannot be a %s", wrong.Field, wrong.Value)
		}
		return s, located(r.name, lineOf(s.text, s.start+at), err)
	}
	s.Service = Service{
		ID: w.ID, Name: w.Name, Provider: Provider(w.Provider), Purpose: w.Purpose, Cookies: w.Cookies, Hosts: w.Hosts,
		Inline: w.Inline, Globals: w.Globals, Storage: w.Storage, OwnPaths: w.OwnPaths, Sources: w.Source, Unconfirmed: w.Unconfirmed,
	}
	if s.Purpose == "" {
		s.Purpose = r.purpose
	}
	var err error
	if s.Lifetime, err = lifetime(w.Lifetime); err != nil {
		return s, err
	}
	if s.Exemption, err = w.Exemption.exemption(); err != nil {
		return s, err
	}
	s.Description, err = r.described(w.Description)
	return s, err
}

// lifetime is a number of days, such as 395d.
func lifetime(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	days, err := strconv.Atoi(strings.TrimSuffix(text, "d"))
	if err != nil || !strings.HasSuffix(text, "d") || days < 1 || days > int(MaxLifetime/day) {
		return 0, invalid(text, "the lifetime %q: 1d to %dd, 13 months", text, MaxLifetime/day)
	}
	return time.Duration(days) * day, nil
}

var languageTag = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]+)*$`)

// described is a description in all languages that it has, with the shared text that its key "" names.
func (r *catalogueReader) described(d description) (Text, error) {
	all := Text{}
	for tag, text := range d {
		kind, shared := strings.CutPrefix(text, "@")
		switch {
		case shared && r.texts[kind] == nil:
			return nil, invalid(text, "there is no text %q", kind)
		case shared && tag != "":
			return nil, invalid(text, `a text that is shared is for all other languages: the key ""`)
		case tag != "" && !languageTag.MatchString(tag):
			return nil, invalid(tag, "%q is no language tag", tag)
		case !shared:
			all[tag] = text
		}
	}
	if kind, shared := strings.CutPrefix(d[""], "@"); shared {
		own := maps.Clone(all)
		maps.Copy(all, r.texts[kind])
		maps.Copy(all, own)
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all, nil
}
