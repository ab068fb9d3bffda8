package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/caddyserver/certmagic"
	"github.com/spf13/cobra"

	"github.com/caddy-consent/caddy-consent/internal/audit"
	"github.com/caddy-consent/caddy-consent/internal/ledger"
	"github.com/caddy-consent/caddy-consent/internal/store"
)

func (c Commands) verify() *cobra.Command {
	var at configuration
	var withoutKey, partial bool
	cmd := command("verify <file>... [--config <file>] [--without-key] [--partial]", "Checks ledgers and visitors' receipts", `
Checks that no ledger entry was altered, removed, reordered or forged, and that receipts are genuine and match
the ledger. The files are logs that contain the entries of the logger http.handlers.consent.ledger. They may
contain other entries too, may be compressed with gzip, and may come in any order. "-" reads the standard
input. A receipt is what a visitor got from /_consent/receipt.

The key that seals entries is in Caddy's storage, and so is the last entry of each instance, which shows where
the end is missing: the command needs the site's configuration. --without-key does without the key, and finds
no forgery. Where it cannot read the storage, it finds no missing end either, and says so. --partial accepts
that older files were deleted: the beginning of a file may be the middle of a chain, and a chain may be gone.

	caddy consent verify --config Caddyfile consent-ledger* receipt.json

Exit codes: 0 if all is in order, 1 if it found problems, 2 if it could not check.`, cobra.MinimumNArgs(1),
		func(ctx context.Context, files []string) (int, error) {
			v := ledger.Verification{Partial: partial}
			if withoutKey {
				if err := at.withHeads(ctx, &v); err != nil {
					v.Notes = append(v.Notes, fmt.Sprintf("the last entries that the site has stored cannot be read: %v", err))
				}
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
	cmd.Flags().BoolVar(&withoutKey, "without-key", false, "do without the key, and find no forgery")
	cmd.Flags().BoolVar(&partial, "partial", false, "accept that older files are missing")
	return cmd
}

// withHeads has the ends of chains checked, which needs no key.
func (c *configuration) withHeads(ctx context.Context, v *ledger.Verification) error {
	config, err := c.load()
	if err != nil {
		return err
	}
	return withStorage(ctx, config, func(ctx context.Context, storage certmagic.Storage) (err error) {
		v.Heads, err = store.AllHeads(ctx, storage)
		return err
	})
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
	fmt.Fprintf(out, "%s in %s, %s: ", audit.Counted(v.Entries, "entry", "entries"), audit.Counted(v.Chains, "chain", "chains"),
		audit.Counted(v.Receipts, "receipt", "receipts"))
	switch {
	case v.Entries+v.Receipts == 0:
		fmt.Fprintln(out, "nothing to check")
		return exitNoAnswer, errors.New("the files contain neither ledger entries nor receipts")
	case len(v.Problems) > 0:
		found := audit.Counted(len(v.Problems), "problem found", "problems found")
		fmt.Fprintln(out, found)
		return exitFound, toldError{errors.New(found)}
	case v.Entries > 0 && len(v.Heads) == 0 && v.Keys == nil:
		fmt.Fprintln(out, "nothing was altered or reordered, nor removed from between; not checked for forgery, nor for a missing end")
	case v.Entries > 0 && len(v.Heads) == 0:
		fmt.Fprintln(out, "nothing was altered, forged or reordered, nor removed from between; not checked for a missing end")
	case v.Keys == nil:
		fmt.Fprintln(out, "nothing was altered, removed or reordered; not checked for forgery")
	default:
		fmt.Fprintln(out, "all is in order")
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
