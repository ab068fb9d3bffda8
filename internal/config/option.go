package config

import "cmp"

// The words that options take.
const (
	UndeclaredStrip     = "strip"
	UndeclaredPass      = "pass"
	ThirdPartyCatalogue = "catalogue"
	ThirdPartyStrict    = "strict"
	ThirdPartyPass      = "pass"
	ModeEnforce         = "enforce"
	ModeObserve         = "observe"
	ObserveReport       = "report"
	ObserveQuiet        = "quiet"
	InventoryServer     = "server"
	InventoryBrowser    = "browser"
	NativeAccept        = "accept"
	NativeIgnore        = "ignore"
	ManageLink          = "link"
	ManageOff           = "off"
	SignalGoogle        = "google"
	SignalMatomo        = "matomo"
	CodingGzip          = "gzip"
	CodingAny           = "any"
	CodingIdentity      = "identity"
)

// An Option takes one of a few words, of which the first is its default.
type Option struct {
	Name  string
	Value *string
	Words []string
}

// SetDefault fills in an option that is not given.
func (o Option) SetDefault() { *o.Value = cmp.Or(*o.Value, o.Words[0]) }

// Check refuses a word that the option does not know. One that is not given is right.
func (o Option) Check() error {
	if *o.Value == "" {
		return nil
	}
	return CheckWords(o.Name, []string{*o.Value}, o.Words...)
}
