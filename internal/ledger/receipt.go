package ledger

import (
	"bytes"
	"encoding/json"
)

// Receipt is a visitor's own record of a choice, in the terms of ISO/IEC TS 27560 and as its reader in
// the W3C's Data Privacy Vocabulary has them.
type Receipt struct {
	Header struct {
		SchemaVersion string `json:"schema_version"`
		// RecordID is the receipt id of the ledger's entry. PrincipalID is the same: nothing else
		// tells the visitor apart.
		RecordID    string `json:"record_id"`
		PrincipalID string `json:"pii_principal_id"`
		// Time is when the choice was made, as the ledger has it.
		Time string `json:"record_time"`
	} `json:"header"`
	Processing struct {
		PrivacyNotice string           `json:"privacy_notice"`
		NoticeVersion string           `json:"notice_version"`
		Language      string           `json:"language"`
		Purposes      []ReceiptPurpose `json:"purposes"`
	} `json:"pii_processing"`
	Parties []ReceiptParty `json:"party_identification"`
	Events  []ReceiptEvent `json:"event"`
	Proof   *Proof         `json:"proof,omitempty"`
}

// ReceiptPurpose is what one service is for.
type ReceiptPurpose struct {
	Purpose     string   `json:"purpose"`
	Title       string   `json:"purpose_title"`
	Service     string   `json:"service"`
	ServiceName string   `json:"service_name"`
	LawfulBasis string   `json:"lawful_basis"`
	Information []string `json:"pii_information"`
	Controllers []string `json:"pii_controllers"`
	Recipients  []string `json:"recipient_third_parties"`
	Retention   string   `json:"retention_period,omitempty"`
	Withdrawal  string   `json:"withdrawal_method"`
}

// ReceiptParty is who is named by its id in a purpose.
type ReceiptParty struct {
	ID      string `json:"party_id"`
	Name    string `json:"party_name"`
	Contact string `json:"party_contact,omitempty"`
	Role    string `json:"party_role"`
}

// ReceiptEvent is what the visitor said about one service.
type ReceiptEvent struct {
	Service  string `json:"service"`
	Time     string `json:"event_time"`
	Validity string `json:"validity_duration"`
	Entity   string `json:"entity_id"`
	Type     string `json:"event_type"`
	State    string `json:"event_state"`
}

// The states of an event.
const (
	ConsentGiven   = "consent_given"
	ConsentRefused = "consent_refused"
)

// Proof seals a receipt.
type Proof struct {
	// Hash is the SHA-256 of all other members, as RFC 8785 writes them.
	Hash string `json:"hash"`
	// MAC seals the hash with the key that signs choices.
	MAC []byte `json:"mac"`
}

// Seal proves that the receipt is the site's, and returns it as text.
func (r *Receipt) Seal(keys Keys) ([]byte, error) {
	r.Proof = nil
	hash, err := hashOf(r)
	if err != nil {
		return nil, err
	}
	r.Proof = &Proof{Hash: hash, MAC: keys.Sign(sealedReceipt(hash))}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false) // visitors read it
	err = encoder.Encode(r)
	return text.Bytes(), err
}

// sealedReceipt is what the MAC of a receipt covers.
func sealedReceipt(hash string) []byte { return []byte("caddy-consent receipt\n" + hash) }

// receiptHash is the hash of a receipt as it should be, over all that the text says, also what this
// version does not know.
func receiptHash(text []byte) (string, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return "", err
	}
	delete(members, "proof")
	return hashOf(members)
}

// granted are the services that the receipt says were allowed.
func (r Receipt) granted() []string {
	var ids []string
	for _, e := range r.Events {
		if e.State == ConsentGiven {
			ids = append(ids, e.Service)
		}
	}
	return ids
}
