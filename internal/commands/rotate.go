package commands

import (
	"context"
	"fmt"
	"net/http"

	"github.com/caddyserver/certmagic"
	"github.com/spf13/cobra"

	"github.com/caddy-consent/caddy-consent/internal/store"
)

func (c Commands) rotateKey() *cobra.Command {
	var at configuration
	var address string
	cmd := command("rotate-key [--address <address> | --config <file>]", "Signs choices with a new key; nobody is asked again", `
Makes a new key in Caddy's storage. It signs choices, receipts and the ledger from two minutes later, when
every instance that shares the storage can know it. The keys before go on verifying, so no visitor is asked
again and the ledger stays verifiable.

Without --config a running instance does it, by its admin API; with --config this command does it in the
storage that the configuration names, whether an instance runs or not.`, cobra.NoArgs,
		func(ctx context.Context, _ []string) (int, error) {
			if at.file == "" {
				_, err := adminAPI(address, http.MethodPost, "/consent/keys/rotate")
				if err == nil {
					_, err = fmt.Fprintln(out, "A new key signs in two minutes.")
				}
				return exitCode(err), err
			}
			config, err := at.load()
			if err == nil {
				err = withStorage(ctx, config, rotateExisting)
			}
			if err == nil {
				_, err = fmt.Fprintln(out, "A new key signs in two minutes.")
			}
			return exitCode(err), err
		})
	at.flags(cmd)
	addressFlag(cmd, &address)
	return cmd
}

// rotateExisting makes a new key where there is one: a storage without is likely another than the site's, such as
// that of the user who runs the command.
func rotateExisting(ctx context.Context, storage certmagic.Storage) error {
	if _, err := store.LoadKeys(ctx, storage); err != nil {
		return fmt.Errorf("no site has used the storage that this configuration names, as this user finds it: %w", err)
	}
	return store.RotateKey(ctx, storage)
}
