package page

import (
	"net/http"
	"strings"

	"github.com/caddy-consent/caddy-consent/internal/markup"
)

// sniffLength is how many bytes the server looks at to name the type of a body.
const sniffLength = 512

// maxSniffed bounds what is held of a compressed body that does not decode.
const maxSniffed = 64 << 10

// A Sniffer holds the first bytes of a body until they tell what it is, if its header does not, and whether it is a
// document or a fragment that a script asked for.
type Sniffer struct {
	held []byte
}

// Write holds the next bytes. What is over the length that the header tells is http.ErrContentLength.
func (s *Sniffer) Write(h http.Header, p []byte) (int, error) {
	fits := len(p)
	if length := Length(h); length > 0 {
		fits = min(fits, max(0, length-len(s.held)))
	}
	s.held = append(s.held, p[:fits]...)
	if fits < len(p) {
		return fits, http.ErrContentLength
	}
	return fits, nil
}

// IsEmpty tells that nothing has come yet.
func (s *Sniffer) IsEmpty() bool { return len(s.held) == 0 }

// Decide tells what the first bytes are as soon as they suffice; at the body's end they have to do. It names the type
// in the header where nobody has: as the server would, or as browsers would, whatever is inserted.
func (s *Sniffer) Decide(h http.Header, end bool) (isDocument, decided bool) {
	prefix := s.held
	if codings, _ := markup.ParseCodings(ContentCoding(h)); len(codings) > 0 {
		prefix = markup.Peek(codings, s.held)
	}
	isDocument, decided = markup.StartsLikeDocument(prefix)
	if IsUntyped(h) || IsSniffed(h) {
		decided = len(prefix) >= sniffLength
	}
	if !decided && !end && len(s.held) < maxSniffed {
		return false, false
	}
	switch {
	case IsUntyped(h) && len(s.held) > 0:
		h["Content-Type"] = []string{http.DetectContentType(s.held)}
	case IsSniffed(h) && !ForbidsChange(h) && strings.HasPrefix(http.DetectContentType(prefix), "text/html"):
		h["Content-Type"] = []string{"text/html"}
	}
	return isDocument, true
}

// Take returns what is held, once.
func (s *Sniffer) Take() []byte {
	held := s.held
	s.held = nil
	return held
}

// IsUntyped tells whether the server will name the type of the body by its first bytes.
func IsUntyped(h http.Header) bool {
	_, typed := h["Content-Type"]
	return !typed && ContentCoding(h) == ""
}

// ContentCoding is what a body is coded with, as a list where that is several
// codings; "" for none.
func ContentCoding(h http.Header) string {
	coding := strings.Join(h["Content-Encoding"], ", ")
	if strings.EqualFold(coding, "identity") {
		return ""
	}
	return coding
}
