// Package commands adds `caddy consent` to the binary: it observes, declares, audits and proves.
package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/caddyserver/certmagic"
	"github.com/spf13/cobra"

	"github.com/caddy-consent/caddy-consent/internal/notice"
	"github.com/caddy-consent/caddy-consent/internal/telemetry"
)

// The exit codes of the commands that check something.
const (
	exitHolds    = 0
	exitFound    = 1 // something does not hold
	exitNoAnswer = 2 // it could not be looked at
)

// Declared is a handler's configuration, as far as commands need it.
type Declared struct {
	Site *telemetry.Site
	// Notice says how what visitors see is rendered, but for since when it holds.
	Notice notice.Options
}

// Commands are those of `caddy consent`. Declare reads a handler's configuration.
type Commands struct {
	Declare func(handler json.RawMessage) (Declared, error)
}

// Register adds the commands to the binary's.
func (c Commands) Register() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "consent",
		Usage: "<command>",
		Short: "Observes, declares, audits and proves what the consent module enforces",
		Long: `
These commands help you to run a site behind the consent module, from a first look at what the site sets and
loads to a charter that matches it, and keeps matching it.

	1. caddy consent init       looks at the portal and writes a Caddyfile. It starts with "mode observe":
	                            visitors notice no change, and the module records what it sees.
	2. caddy consent suggest    prints the lines that declare what was seen.
	3. Paste the lines, answer the questions in them, remove "mode observe", and reload.
	4. caddy consent audit      checks the site from outside. Repeat it every week.
	5. caddy consent notice     saves what visitors are shown. caddy consent verify checks the record of
	                            what they answered.
	6. caddy consent rotate-key makes a new key that signs choices, once a year.`,
		CobraFunc: func(cmd *cobra.Command) {
			cmd.Args, cmd.RunE = cobra.ArbitraryArgs, unknownCommand
			cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { // and those of the commands below
				return refuse(cmd, fmt.Errorf("%w: see %s --help", err, cmd.CommandPath()))
			})
			cmd.SuggestionsMinimumDistance, cmd.DisableFlagsInUseLine = 2, true
			cmd.AddCommand(c.init(), c.suggest(), c.audit(), c.notice(), c.verify(), c.rotateKey())
		},
	})
}

// unknownCommand shows the help where no command is given, and fails where there is none of that name: a script must hear
// of it.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	unknown := fmt.Errorf("there is no command %q: caddy consent --help lists them all", args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		unknown = fmt.Errorf("there is no command %q: is %s meant?", args[0], strings.Join(near, " or "))
	}
	return refuse(cmd, unknown)
}

// refuse ends a command that is not given as it should be with the code of one that could not look, for what calls it.
func refuse(cmd *cobra.Command, err error) error {
	return caddycmd.WrapCommandFuncForCobra(func(caddycmd.Flags) (int, error) { return exitNoAnswer, err })(cmd, nil)
}

// command makes a subcommand; run returns its exit code.
func command(use, short, long string, args cobra.PositionalArgs, run func(ctx context.Context, args []string) (int, error)) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long,
		Args: func(cmd *cobra.Command, given []string) error {
			if err := args(cmd, given); err != nil {
				return refuse(cmd, fmt.Errorf("%w: see %s --help", err, cmd.CommandPath()))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			cmd.SilenceUsage = true
			code, err := run(cmd.Context(), args)
			if told := (toldError{}); errors.As(err, &told) {
				cmd.SilenceErrors = true
				if code <= exitFound {
					return err
				}
				err = nil
			}
			return caddycmd.WrapCommandFuncForCobra(func(caddycmd.Flags) (int, error) { return code, err })(cmd, args)
		},
	}
}

// toldError is one that the command has printed with what it found, so that it is not told again.
type toldError struct{ error }

// configuration is where a command finds what a site declares.
type configuration struct{ file, adapter, site string }

func (c *configuration) flags(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&c.file, "config", "c", "", "the site's Caddyfile or JSON configuration (default: Caddyfile in this folder)")
	cmd.Flags().StringVarP(&c.adapter, "adapter", "a", "", "the configuration adapter to use, if the file is not a Caddyfile")
}

func (c *configuration) siteFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.site, "site", "", "the site to use, by its 'site' option, if the configuration has several")
}

// load reads the configuration as JSON.
func (c *configuration) load() ([]byte, error) {
	config, file, _, err := caddycmd.LoadConfig(c.file, c.adapter)
	if err != nil {
		return nil, err
	}
	if file == "" && c.file == "" {
		return nil, errors.New("no Caddyfile in this folder: name the configuration with --config")
	}
	return config, nil
}

// declared finds the one site that is meant.
func (c *configuration) declared(config []byte, declare func(json.RawMessage) (Declared, error)) (found Declared, err error) {
	handlers, err := consentHandlers(config)
	if err != nil {
		return found, err
	}
	var names []string
	for _, handler := range handlers {
		d, err := declare(handler)
		if err != nil {
			return found, err
		}
		if c.site != "" && d.Site.Name != c.site {
			continue
		}
		if found.Site != nil && found.Site.Name == d.Site.Name && found.Site.Policy.Version == d.Site.Policy.Version {
			continue // the same site's, for its error pages
		}
		found, names = d, append(names, fmt.Sprintf("%q", d.Site.Name))
	}
	switch len(names) {
	case 0:
		if c.site != "" {
			return found, fmt.Errorf("the configuration has no consent handler for the site %q", c.site)
		}
		return found, errors.New("the configuration has no consent handler")
	case 1:
		return found, nil
	}
	return found, fmt.Errorf("the configuration has several sites (%v): name each with `site` in its consent block, and choose one with --site", names)
}

// consentHandlers finds the handlers of the module anywhere in a configuration.
func consentHandlers(config []byte) (handlers []json.RawMessage, err error) {
	var value any
	if err := json.Unmarshal(config, &value); err != nil {
		return nil, fmt.Errorf("the configuration: %w", err)
	}
	var walk func(any) error
	walk = func(value any) error {
		switch value := value.(type) {
		case []any:
			for _, element := range value {
				if err := walk(element); err != nil {
					return err
				}
			}
		case map[string]any:
			if value["handler"] == "consent" {
				handler, err := json.Marshal(value)
				handlers = append(handlers, handler)
				return err
			}
			for _, member := range value {
				if err := walk(member); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return handlers, walk(value)
}

// withStorage opens the storage that a configuration names, as `caddy storage` does.
func withStorage(ctx context.Context, config []byte, do func(context.Context, certmagic.Storage) error) error {
	var named struct {
		StorageRaw json.RawMessage `json:"storage,omitempty" caddy:"namespace=caddy.storage inline_key=module"`
	}
	if err := json.Unmarshal(config, &named); err != nil {
		return fmt.Errorf("the configuration: %w", err)
	}
	caddyContext, cancel := caddy.NewContext(caddy.Context{Context: ctx})
	defer cancel()
	var storage certmagic.Storage = caddy.DefaultStorage
	if named.StorageRaw != nil {
		module, err := caddyContext.LoadModule(&named, "StorageRaw")
		if err != nil {
			return fmt.Errorf("the storage: %w", err)
		}
		converter, ok := module.(caddy.StorageConverter)
		if !ok {
			return fmt.Errorf("the storage: %T is not a storage module", module)
		}
		if storage, err = converter.CertMagicStorage(); err != nil {
			return fmt.Errorf("the storage: %w", err)
		}
	}
	return do(caddyContext, storage)
}

// out is where commands print their answers.
var out = os.Stdout

func addressFlag(cmd *cobra.Command, address *string) {
	cmd.Flags().StringVar(address, "address", "", "the admin API of the running instance (default localhost:2019)")
}

// exitCode is that of a command that could not do what it should.
func exitCode(err error) int {
	if err != nil {
		return exitNoAnswer
	}
	return exitHolds
}

// maxAnswer bounds what is read of an admin API: 4,000 entries of an inventory, for a few sites.
const maxAnswer = 64 << 20

// adminAPI asks a running instance.
func adminAPI(address, method, path string) ([]byte, error) {
	address, err := caddycmd.DetermineAdminAPIAddress(address, nil, "", "")
	if err != nil {
		return nil, err
	}
	res, err := caddycmd.AdminAPIRequest(address, method, path, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("no instance answers at %s: %w", address, err)
	}
	defer res.Body.Close()
	return io.ReadAll(io.LimitReader(res.Body, maxAnswer))
}
