// Package ledger keeps the record of choices: one log entry each, which says what was asked and
// answered, and nothing of who answered. Each entry is chained to the one before by its hash, and sealed
// with a key that only the site has, so that who alters, removes, reorders or forges entries is found out.
package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"go.uber.org/zap"
)

// Entry is one choice.
type Entry struct {
	// Site names the site.
	Site string `json:"site"`
	// Receipt names the choice; the visitor's cookie has it too.
	Receipt string `json:"receipt"`
	// Time is when it was made, as RFC 3339 with milliseconds, in UTC.
	Time string `json:"time"`
	// Claimed is when the visitor's cookie says that the choice was made, where it was made with the portal's own
	// banner: that has no signature, so Time is when it came. It is absent elsewhere, and where the cookie does
	// not say.
	Claimed string `json:"claimed,omitempty"`
	// Policy is the version of the declaration that was answered, Notice the SHA-256 of the notice, as
	// visitors of the home page get it and as `caddy consent notice` keeps it; Language is its language.
	Policy   string `json:"policy"`
	Notice   string `json:"notice"`
	Language string `json:"language"`
	// Choice is the answer: accept, refuse, custom, grant, or native where it was made with the
	// portal's own banner.
	Choice string `json:"choice"`
	// How tells where it was made: notice, settings, charter, placeholder, native or other.
	How string `json:"how"`
	// GPC tells that the visitor's browser signalled refusal (Sec-GPC) all the same.
	GPC bool `json:"gpc"`
	// Granted and Refused are the ids of services.
	Granted []string `json:"granted"`
	Refused []string `json:"refused"`
	// Withdrawn are services that were in force before: granted, or exempt and not yet refused.
	Withdrawn []string `json:"withdrawn"`

	Link
}

// Link is an entry's place in its chain.
type Link struct {
	Chain string `json:"chain"`
	// Seq counts the entries of the chain from 1.
	Seq uint64 `json:"seq"`
	// Prev is the hash of the entry before. Of the first one it is the hash of the last entry of the
	// chain before, which After names; zeros where there was none.
	Prev  string `json:"prev"`
	After *Head  `json:"after,omitempty"`
	// Unwritten counts the choices before this one that not every log took.
	Unwritten uint64 `json:"unwritten,omitempty"`
	// Hash is the SHA-256 of all members but Hash and MAC, as RFC 8785 writes them.
	Hash string `json:"hash,omitempty"`
	// MAC seals the hash with the key that signs choices.
	MAC []byte `json:"mac,omitempty"`
}

// Head names the last entry of a chain.
type Head struct {
	Chain string `json:"chain"`
	Seq   uint64 `json:"seq"`
	Hash  string `json:"hash,omitempty"`
}

// Keys seal entries and receipts.
type Keys interface {
	Sign(message []byte) []byte
}

// Verifier tells whether any key that the site ever had has sealed a message.
type Verifier interface {
	Verify(message, mac []byte) bool
}

// none is what the first entry of the first chain names as the one before.
const none = "0000000000000000000000000000000000000000000000000000000000000000"

// hash is the hash of an entry as it should be.
func (e Entry) hash() (string, error) {
	e.Hash, e.MAC = "", nil
	return hashOf(e)
}

func hashOf(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	if text, err = Canonical(text); err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// sealed is what the MAC of an entry covers. No message of a choice's signature begins so.
func sealed(hash string) []byte { return []byte("caddy-consent ledger\n" + hash) }

// Timestamp writes a time as entries have it.
func Timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// fields are the entry as a log takes it.
func (e Entry) fields() []zap.Field {
	fields := []zap.Field{
		zap.String("site", e.Site),
		zap.String("receipt", e.Receipt),
		zap.String("time", e.Time),
	}
	if e.Claimed != "" {
		fields = append(fields, zap.String("claimed", e.Claimed))
	}
	fields = append(fields,
		zap.String("policy", e.Policy),
		zap.String("notice", e.Notice),
		zap.String("language", e.Language),
		zap.String("choice", e.Choice),
		zap.String("how", e.How),
		zap.Bool("gpc", e.GPC),
		zap.Strings("granted", e.Granted),
		zap.Strings("refused", e.Refused),
		zap.Strings("withdrawn", e.Withdrawn),
		zap.String("chain", e.Chain),
		zap.Uint64("seq", e.Seq),
		zap.String("prev", e.Prev),
	)
	if e.After != nil {
		fields = append(fields, zap.Any("after", map[string]any{"chain": e.After.Chain, "seq": e.After.Seq}))
	}
	if e.Unwritten > 0 {
		fields = append(fields, zap.Uint64("unwritten", e.Unwritten))
	}
	return append(fields, zap.String("hash", e.Hash), zap.Binary("mac", e.MAC))
}
