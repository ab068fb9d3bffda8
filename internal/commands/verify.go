package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/caddyserver/certmagic"
	"github.com/spf13/cobra"

	"github.com/caddy-consent/caddy-consent/internal/ledger"
	"github.com/caddy-consent/caddy-consent/internal/store"
)

func (c Commands) verify() *cobra.Command {
	var at configuration
	var withoutKey, partial bool
	cmd := command("verify <file>... [--config <file>] [--without-key] [--partial]", "Checks ledgers and visitors' receipts", `
Checks that no entry of a ledger was altered, removed, reordered or forged, and that receipts are the
site's own and say what the ledger says. Files are logs with the entries of the logger
http.handlers.consent.ledger, among others or not, compressed with gzip or not, in any order; "-" is the
standard input; a receipt is what a visitor got at /_consent/receipt.

The key that seals entries is in Caddy's storage, so this needs the site's configuration. With --without-key
everything but forgery is found: who has no key can check that much. --partial accepts that older files are
not there any more.

	caddy consent verify --config Caddyfile consent-ledger* receipt.json

It exits with 0 where all holds, 1 where something does not, 2 where it could not look.`, cobra.MinimumNArgs(1),
		func(ctx context.Context, files []string) (int, error) {
			v := ledger.Verification{Partial: partial}
			if withoutKey {
				return check(&v, files)
			}
			config, err := at.load()
			if err != nil {
				return exitNoAnswer, fmt.Errorf("%w (or check without the key: --without-key)", err)
			}
			code := exitNoAnswer
			err = withStorage(ctx, config, func(ctx context.Context, storage certmagic.Storage) error {
				keys, err := store.LoadKeys(ctx, storage)
				if err != nil {
					return err
				}
				v.Keys = store.AllKeys{Keys: keys}
				if v.Heads, err = store.AllHeads(ctx, storage); err != nil {
					return err
				}
				code, err = check(&v, files)
				return err
			})
			return code, err
		})
	at.flags(cmd)
	cmd.Flags().BoolVar(&withoutKey, "without-key", false, "find all but forgery")
	cmd.Flags().BoolVar(&partial, "partial", false, "accept that older files are not given")
	return cmd
}

// check reads the files and prints what was found.
func check(v *ledger.Verification, files []string) (int, error) {
	for _, name := range files {
		if err := readInto(v, name); err != nil {
			return exitNoAnswer, err
		}
	}
	v.Finish()
	for _, problem := range v.Problems {
		fmt.Fprintln(out, "✗", problem)
	}
	for _, note := range v.Notes {
		fmt.Fprintln(out, "·", note)
	}
	fmt.Fprintf(out, "%d entries in %d chains, %d receipts: ", v.Entries, v.Chains, v.Receipts)
	switch {
	case v.Entries+v.Receipts == 0:
		fmt.Fprintln(out, "nothing to check")
		return exitNoAnswer, errors.New("the files hold neither entries of a ledger nor receipts")
	case len(v.Problems) > 0:
		fmt.Fprintf(out, "%d things do not hold\n", len(v.Problems))
		return exitFound, fmt.Errorf("%d things do not hold", len(v.Problems))
	case v.Keys == nil:
		fmt.Fprintln(out, "nothing was altered, removed or reordered; forgery was not looked for")
	default:
		fmt.Fprintln(out, "all holds")
	}
	return exitHolds, nil
}

func readInto(v *ledger.Verification, name string) error {
	if name == "-" {
		return v.Read("standard input", os.Stdin)
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func(c io.Closer) { _ = c.Close() }(file)
	return v.Read(name, file)
}
