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
Creates a new key in Caddy's storage. It starts signing choices, receipts and ledger entries two minutes later,
when every instance that shares the storage has had time to load it. Earlier keys still verify, so no visitor
is asked again and the ledger stays verifiable.

Without --config, a running instance creates the key, through its admin API. With --config, this command
creates it in the storage that the configuration names, whether or not an instance is running.`, cobra.NoArgs,
		func(ctx context.Context, _ []string) (int, error) {
			if at.file == "" {
				_, err := adminAPI(address, http.MethodPost, "/consent/keys/rotate")
				if err == nil {
					_, err = fmt.Fprintln(out, "The new key starts signing in two minutes.")
				}
				return exitCode(err), err
			}
			config, err := at.load()
			if err == nil {
				err = withStorage(ctx, config, rotateExisting)
			}
			if err == nil {
				_, err = fmt.Fprintln(out, "The new key starts signing in two minutes.")
			}
			return exitCode(err), err
		})
	at.flags(cmd)
	addressFlag(cmd, &address)
	return cmd
}

// rotateExisting makes a new key where there is one.
func rotateExisting(ctx context.Context, storage certmagic.Storage) error {
	if err := requireKey(ctx, storage); err != nil {
		return err
	}
	return store.RotateKey(ctx, storage)
}

// requireKey refuses a storage without a key, which is likely another than the site's, such as that of the user who runs
// the command.
func requireKey(ctx context.Context, storage certmagic.Storage) error {
	if _, err := store.LoadKeys(ctx, storage); err != nil {
		return fmt.Errorf("the configured storage has no signing key for this user: run the command as the user that runs Caddy, "+
			"once the site has had a request: %w", err)
	}
	return nil
}
