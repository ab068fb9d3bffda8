package visitor

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/ledger"
)

// receiptSchema is what the members of a receipt are called after.
const receiptSchema = "ISO/IEC TS 27560:2023"

// receipt answers with the visitor's own record of the choice, sealed, so that whoever is shown it can
// have it verified. All that it says is in the visitor's cookie and in the policy.
func (h *Handler) receipt(w http.ResponseWriter, r *http.Request) {
	v := h.visitor(r, time.Now())
	switch {
	case v.Choice.State != choice.Given:
		fail(w, http.StatusNotFound, "You have no choice in force on this site, so there is no receipt.")
		return
	case v.Choice.Receipt == "":
		fail(w, http.StatusNotFound, "Your choice was made with the site's own banner, which gives no receipt.")
		return
	}
	charter := h.site(r).Origin() + h.Path.Charter()
	controller := cmp.Or(h.Policy.Controller.Name, v.Site)

	var record ledger.Receipt
	record.Header.SchemaVersion = receiptSchema
	record.Header.RecordID, record.Header.PrincipalID = v.Choice.Receipt, v.Choice.Receipt
	record.Header.Time = ledger.Timestamp(time.UnixMilli(v.Choice.Time))
	record.Processing.PrivacyNotice, record.Processing.NoticeVersion, record.Processing.Language = charter, h.Policy.Version, v.Language
	record.Parties = []ledger.ReceiptParty{{ID: "controller", Name: controller, Contact: h.Policy.Controller.Contact, Role: "controller"}}
	for i, service := range h.Policy.Services {
		basis := "consent"
		if service.Exempt {
			basis = "exempt from consent, can be refused"
		}
		purpose := ledger.ReceiptPurpose{
			Purpose: service.Purpose, Title: h.Notice.PurposeTitle(service.Purpose, v.Language), Service: service.ID, ServiceName: cmp.Or(service.Name, service.ID),
			LawfulBasis: basis, Information: []string{}, Controllers: []string{"controller"}, Recipients: []string{}, Withdrawal: charter,
		}
		for _, pattern := range service.Cookies {
			purpose.Information = append(purpose.Information, string(pattern))
		}
		if provider := service.Provider.Name; provider != "" && provider != controller {
			purpose.Recipients = append(purpose.Recipients, service.ID)
			record.Parties = append(record.Parties, ledger.ReceiptParty{ID: service.ID, Name: provider, Contact: service.Provider.URL, Role: "third_party"})
		}
		if life := service.MaxLife(); life > 0 {
			purpose.Retention = days(life)
		}
		record.Processing.Purposes = append(record.Processing.Purposes, purpose)

		state := ledger.ConsentRefused
		if v.Effective.Has(i) {
			state = ledger.ConsentGiven
		}
		record.Events = append(record.Events, ledger.ReceiptEvent{
			Service: service.ID, Time: record.Header.Time, Validity: days(h.Codec.Remember), Entity: v.Choice.Receipt, Type: "explicit", State: state,
		})
	}
	text, err := record.Seal(h.Codec.Keys)
	if err != nil {
		fail(w, http.StatusInternalServerError, "The receipt could not be written.")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "private, no-store")
	w.Header().Add("Vary", "Cookie, Accept-Language")
	w.Header().Set("X-Robots-Tag", "noindex")
	serve(w, r, text)
}

// days writes a duration as ISO 8601 does.
func days(d time.Duration) string {
	const day = 24 * time.Hour
	if d%day == 0 {
		return "P" + strings.TrimSuffix((d/day*time.Hour).String(), "h0m0s") + "D"
	}
	return "PT" + strings.ToUpper(d.Round(time.Second).String())
}
