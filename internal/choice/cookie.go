package choice

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/caddy-consent/caddy-consent/internal/policy"
)

const (
	// maxValue is what browsers store of a cookie.
	maxValue = 4096
	// maxWritten is what fits into a header that any proxy in front takes, with a path to come back to.
	maxWritten = 2400
	// skew is how far clocks may differ.
	skew = 5 * time.Minute

	keyFunctional = "functional_cookies"
	keyTime       = "timestamp"
	keyPolicy     = "policy"
	keyReceipt    = "receipt"
	keyWithdrawn  = "withdrawn"
	keyMAC        = "mac"
)

// parse reads one cookie's value.
func (b *Codec) parse(value string, now time.Time) Choice {
	fields, signed, ok := b.fields(value)
	if !ok {
		return Choice{State: Invalid}
	}
	c := Choice{State: Given}
	raw, timed := fields.get(keyTime)
	if timed {
		c.Time, ok = parseTime(raw)
	}
	if !ok || signed && !timed || c.Time > now.Add(skew).UnixMilli() {
		return Choice{State: Invalid}
	}
	granted, complete, ok := b.granted(fields)
	switch {
	case !ok:
		return Choice{State: Invalid}
	case !complete, signed && fields.text(keyPolicy) != b.Policy.Version:
		return Choice{State: Outdated}
	case timed && now.UnixMilli() >= c.Time+b.Remember.Milliseconds():
		return Choice{State: Expired}
	}
	c.Granted = granted
	if signed {
		c.Receipt = fields.text(keyReceipt)
		withdrawn, _ := strconv.ParseUint(fields.text(keyWithdrawn), 16, 64) // absent mostly
		c.Withdrawn = policy.Set(withdrawn) & b.Policy.All &^ c.Granted
	}
	return c
}

// fields are those of a value that is signed, or one of the portal's own where these are accepted.
func (b *Codec) fields(value string) (o object, signed, ok bool) {
	// The portal's front end reads what stands between the first two "="; with a
	// raw "=" in the value it would read something else than we.
	if len(value) > maxValue || strings.Contains(value, "=") {
		return nil, false, false
	}
	text, ok := decodeURIComponent(value)
	if !ok {
		return nil, false, false
	}
	if o, ok = parseObject(text); !ok {
		return nil, false, false
	}
	_, hasMAC := o.get(keyMAC)
	_, hasVersion := o.get(keyPolicy)
	if signed = hasMAC || hasVersion; signed {
		return o, true, b.verify(o)
	}
	return o, false, b.AcceptNative
}

// granted are the services that the fields grant; they are complete where they name all but those that are exempt.
func (b *Codec) granted(fields object) (granted policy.Set, complete, ok bool) {
	complete = true
	for i, s := range b.Policy.Services {
		raw, named := fields.get(s.ID)
		switch {
		case !named && s.Exempt, raw == "true":
			granted = granted.With(i, true)
		case !named:
			complete = false
		case raw != "false":
			return 0, false, false
		}
	}
	return granted, complete, true
}

// SetCookie is the field value that gives the browser a choice. It lives as long
// as the choice is remembered and is not renewed: CNIL asks for six months from
// the visitor's act. Scripts read it, so it is not HttpOnly.
func (b *Codec) SetCookie(c Choice, secure bool) string {
	attributes := "; Path=/; SameSite=Lax; Max-Age=" + strconv.FormatInt(int64(b.Remember/time.Second), 10)
	if secure {
		attributes += "; Secure"
	}
	return policy.ConsentCookie + "=" + encodeURIComponent(b.encode(c)) + attributes
}

// encode writes the JSON. functional_cookies is the portal's own word for its necessary cookies, which nobody
// refuses.
func (b *Codec) encode(c Choice) string {
	var out strings.Builder
	fmt.Fprintf(&out, `{"%s":true`, keyFunctional)
	for i, s := range b.Policy.Services {
		fmt.Fprintf(&out, `,"%s":%t`, s.ID, c.Granted.Has(i))
	}
	fmt.Fprintf(&out, `,"%s":%d,"%s":"%s","%s":"%s"`, keyTime, c.Time, keyPolicy, b.Policy.Version, keyReceipt, c.Receipt)
	if c.Withdrawn != 0 {
		fmt.Fprintf(&out, `,"%s":"%x"`, keyWithdrawn, uint64(c.Withdrawn))
	}

	fields, _ := parseObject(out.String() + "}")
	mac := b.Keys.Sign(fields.signedMessage())
	fmt.Fprintf(&out, `,"%s":"%s"}`, keyMAC, base64.RawURLEncoding.EncodeToString(mac))
	return out.String()
}

// CheckSize tells whether browsers would store a choice about that many services.
func (b *Codec) CheckSize() error {
	longest := b.New(0, time.Now())
	longest.Withdrawn = b.Policy.All
	value := encodeURIComponent(b.encode(longest))
	if len(value) > maxWritten {
		return fmt.Errorf("the cookie %s would take %d bytes, but only %d fit into the 4 KB that proxies allow for a header: declare fewer services, or shorten their ids", policy.ConsentCookie, len(value), maxWritten)
	}
	return nil
}

func (b *Codec) verify(fields object) bool {
	mac, err := base64.RawURLEncoding.DecodeString(fields.text(keyMAC))
	return err == nil && len(mac) > 0 && b.Keys.Verify(fields.signedMessage(), mac)
}

// parseTime reads milliseconds since 1970; what can only be seconds is read so.
func parseTime(raw string) (ms int64, ok bool) {
	n, err := strconv.ParseFloat(raw, 64)
	if err != nil || n < 0 || n > 1e15 {
		return 0, false
	}
	if n < 1e11 { // 1973 in milliseconds, the year 5138 in seconds
		n *= 1000
	}
	return int64(n), true
}

// newReceipt makes an id that nobody can guess: 128 bits or more.
func newReceipt() string { return rand.Text() }

// unescaped is what encodeURIComponent leaves as it is (ECMA-262, 19.2.6.4).
const unescaped = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()"

func encodeURIComponent(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if strings.IndexByte(unescaped, s[i]) >= 0 {
			b.WriteByte(s[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", s[i])
		}
	}
	return b.String()
}

// decodeURIComponent fails where JavaScript's throws: on a "%" without two
// hexadecimal digits and on what is not UTF-8.
func decodeURIComponent(s string) (string, bool) {
	if !strings.Contains(s, "%") {
		return s, utf8.ValidString(s)
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b = append(b, s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "", false
		}
		b = append(b, byte(n))
		i += 2
	}
	return string(b), utf8.Valid(b)
}
