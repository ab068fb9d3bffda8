package visitor

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/ledger"
	"github.com/caddy-consent/caddy-consent/internal/notice"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// maxBody bounds what a choice may take to say: 64 services and a path.
const maxBody = 32 << 10

// answer is what a visitor sends, as a form or as JSON.
type answer struct {
	Choice   string          `json:"choice"`
	Services map[string]bool `json:"services"`
	Return   string          `json:"return"`
	// Lang is the language in which the visitor was asked.
	Lang string `json:"lang"`
	// How is where: notice, settings, charter or placeholder.
	How string `json:"how"`
}

// choose records a choice and gives the browser its cookie.
func (h *Handler) choose(w http.ResponseWriter, r *http.Request) {
	a, isJSON, problem := readAnswer(w, r)
	if problem != nil {
		fail(w, problem.status, problem.sentence)
		return
	}
	now := time.Now()
	before := h.visitor(r, now)
	granted, problem := h.granted(a, before.Effective)
	if problem != nil {
		fail(w, problem.status, problem.sentence)
		return
	}
	before.Language = h.inLanguage(a.Lang, before.Language)
	withdrawn := before.Effective &^ granted
	c := h.Codec.New(granted, now)
	c.Withdrawn = (withdrawn | before.Choice.Withdraws(now)) &^ granted
	h.record(ledger.Entry{
		Site: before.Site, Receipt: c.Receipt, Time: ledger.Timestamp(now), Notice: h.noticeHash(before), Language: before.Language,
		Choice: a.Choice, How: a.means(), GPC: h.Decider.GPC.Refuses(r.Header),
	}, granted, withdrawn)
	w.Header().Add("Set-Cookie", h.Codec.SetCookie(c, h.site(r).HTTPS))
	w.Header().Set("Cache-Control", "no-store")
	if isJSON || strings.Contains(r.Header.Get("Accept"), "application/json") {
		h.expire(w.Header(), r, c.Withdrawn, a.Return)
		h.writeState(w, r, c, granted)
		return
	}
	w.Header().Set("Location", back(r, a.Return)+unkept(r))
	h.expire(w.Header(), r, c.Withdrawn, a.Return)
	w.WriteHeader(http.StatusSeeOther)
}

// unkept is the part of the page to which a visitor comes back who has sent no cookie, and has no scripts: where the
// browser keeps none, the notice is there again, and there it says why.
func unkept(r *http.Request) string {
	if len(r.Header["Cookie"]) > 0 || r.Header.Get("Sec-Fetch-Dest") != "document" || r.Header.Get("Sec-Fetch-User") != "?1" {
		return ""
	}
	return "#caddy-consent-blocked"
}

// means are where our own forms and scripts say that a choice was made.
var means = []string{"notice", "settings", "charter", "placeholder"}

// means is where the answer says that the choice was made, "other" where it does not say.
func (a answer) means() string {
	if slices.Contains(means, a.How) {
		return a.How
	}
	return "other"
}

// noticeHash is that of the notice which the visitor of the home page gets, in that language.
func (h *Handler) noticeHash(v notice.Visitor) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(h.Notice.Shown(v.Site, v.Language, v.OptOut))))
}

// maxSite bounds what an entry says of the site, which is the request's host where it has no name.
const maxSite = 255

// record writes a choice to the ledger.
func (h *Handler) record(e ledger.Entry, granted, withdrawn policy.Set) {
	e.Site, e.Policy = e.Site[:min(len(e.Site), maxSite)], h.Policy.Version
	e.Granted = choice.Services(h.Policy, granted)
	e.Refused = choice.Services(h.Policy, h.Policy.All&^granted)
	e.Withdrawn = choice.Services(h.Policy, withdrawn)
	h.Ledger.Record(e)
	h.Chosen(e)
}

// problem is why a request is refused.
type problem struct {
	status   int
	sentence string
}

func malformed(format string, args ...any) *problem {
	return &problem{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

// readAnswer reads the request's body in the form its Content-Type names.
func readAnswer(w http.ResponseWriter, r *http.Request) (a answer, isJSON bool, _ *problem) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	isJSON = media == "application/json"
	if err != nil || !isJSON && media != "application/x-www-form-urlencoded" {
		return a, false, malformed("Send the choice as a form (application/x-www-form-urlencoded) or as application/json.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return a, isJSON, &problem{http.StatusRequestEntityTooLarge, "The choice is too large."}
	}
	if err != nil {
		return a, isJSON, malformed("The choice could not be read completely.")
	}
	var bad *problem
	if isJSON {
		a, bad = readJSON(string(body))
	} else {
		a, bad = readForm(string(body))
	}
	return a, isJSON, bad
}

func readJSON(body string) (a answer, _ *problem) {
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&a)
	if _, end := decoder.Token(); err != nil || end != io.EOF {
		return a, malformed(`The JSON must be one object with "choice" (a string), "services" (an object of booleans), "return", "lang" and "how" (strings), and no other member.`)
	}
	return a, nil
}

func readForm(body string) (a answer, _ *problem) {
	form, err := url.ParseQuery(body)
	if err != nil {
		return a, malformed("The form is not properly encoded.")
	}
	for name, values := range form {
		switch {
		case name == "service":
			a.Services = make(map[string]bool, len(values))
			for _, id := range values {
				a.Services[id] = true
			}
		case len(values) > 1:
			return a, malformed("The form repeats a field; only service may be repeated.")
		case name == "choice":
			a.Choice = values[0]
		case name == "return":
			a.Return = values[0]
		case name == "lang":
			a.Lang = values[0]
		case name == "how":
			a.How = values[0]
		default:
			return a, malformed("The form has a field other than choice, service, return, lang and how.")
		}
	}
	return a, nil
}

// granted turns an answer into a set of services; inForce is what is granted now.
func (h *Handler) granted(a answer, inForce policy.Set) (policy.Set, *problem) {
	var named policy.Set
	for id, on := range a.Services {
		i := h.Policy.Service(id)
		if i < 0 {
			return 0, malformed("The choice names a service that this site does not declare.")
		}
		named = named.With(i, on)
	}
	switch a.Choice {
	case "accept":
		return h.Policy.All, nil
	case "refuse":
		return 0, nil
	case "custom":
		return named, nil
	case "grant":
		if named == 0 {
			return 0, malformed("The choice grant needs at least one service.")
		}
		return inForce | named, nil
	}
	return 0, malformed("The choice must be accept, refuse, custom or grant.")
}

// state answers what the visitor's choice is.
func (h *Handler) state(w http.ResponseWriter, r *http.Request) {
	v := h.visitor(r, time.Now())
	h.writeState(w, r, v.Choice, v.Effective)
}

// choiceState is the answer to GET {path}/choice; times and receipts that there are
// not are null.
type choiceState struct {
	State     string          `json:"state"`
	GPC       bool            `json:"gpc"`
	Timestamp *int64          `json:"timestamp"`
	Policy    string          `json:"policy"`
	Receipt   *string         `json:"receipt"`
	Services  map[string]bool `json:"services"`
}

func (h *Handler) writeState(w http.ResponseWriter, r *http.Request, c choice.Choice, inForce policy.Set) {
	s := choiceState{
		State: c.State.String(), GPC: h.Decider.GPC.Refuses(r.Header), Policy: h.Policy.Version,
		Services: make(map[string]bool),
	}
	if c.Time != 0 {
		s.Timestamp = &c.Time
	}
	if c.Receipt != "" {
		s.Receipt = &c.Receipt
	}
	for i, service := range h.Policy.Services {
		s.Services[service.ID] = inForce.Has(i)
	}
	body, err := json.Marshal(s)
	if err != nil {
		fail(w, http.StatusInternalServerError, "The choice could not be written.")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Add("Vary", "Cookie, Sec-GPC")
	serve(w, r, append(body, '\n'))
}
