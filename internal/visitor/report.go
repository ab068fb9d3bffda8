package visitor

import (
	"io"
	"net/http"

	"github.com/caddy-consent/caddy-consent/internal/csp"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// maxReport bounds what a browser may say that a policy has stopped.
const maxReport = 64 << 10

// report takes what browsers say that the policy of third_parties strict has stopped, or, where the site only observes,
// that pages load.
func (h *Handler) report(w http.ResponseWriter, r *http.Request) {
	if !h.reports.Allow() {
		tooMany(w)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReport))
	if err != nil {
		fail(w, http.StatusRequestEntityTooLarge, "The report is too large, or could not be read completely.")
		return
	}
	violations, err := csp.Reports(r.Header.Get("Content-Type"), body)
	if err != nil {
		fail(w, http.StatusBadRequest, "This is not a report of a Content-Security-Policy violation (application/csp-report or application/reports+json).")
		return
	}
	path, own := refererWithoutQuery(r), h.site(r).Name()
	for _, v := range violations {
		if v.Host == "" || v.Host == own {
			continue
		}
		if owner := h.Policy.Owner([]byte(v.Host)); owner != policy.Allowed {
			h.Reported(v.Host, owner, path)
		}
	}
	w.WriteHeader(http.StatusNoContent)
}
