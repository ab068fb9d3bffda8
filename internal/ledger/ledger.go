// Package ledger keeps the record of choices: one log entry each, which says what
// was asked and answered, and nothing of who answered.
package ledger

import (
	"time"

	"go.uber.org/zap"
)

// Entry is one choice.
type Entry struct {
	Receipt string
	Time    time.Time
	// Policy is the version of the declaration that was answered.
	Policy   string
	Language string
	// Choice is the answer: accept, refuse, custom or grant.
	Choice string
	// Granted and Refused are the ids of services.
	Granted, Refused []string
	// Withdrawn are services that were in force before: granted, or exempt and not yet
	// refused.
	Withdrawn []string
}

// Ledger writes entries to a log, so that any of Caddy's log outputs keeps them.
type Ledger struct {
	Logger *zap.Logger
}

// Record writes an entry.
func (l Ledger) Record(e Entry) {
	l.Logger.Info("choice",
		zap.String("receipt", e.Receipt),
		zap.Time("time", e.Time),
		zap.String("policy", e.Policy),
		zap.String("language", e.Language),
		zap.String("choice", e.Choice),
		zap.Strings("granted", e.Granted),
		zap.Strings("refused", e.Refused),
		zap.Strings("withdrawn", e.Withdrawn))
}
