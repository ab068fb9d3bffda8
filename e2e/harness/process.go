package harness

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// binary is the Caddy that the tests run as a process, built once.
var binary = sync.OnceValues(func() (string, error) {
	if built := os.Getenv("CONSENT_CADDY"); built != "" {
		return filepath.Abs(built)
	}
	folder, err := os.MkdirTemp("", "consent-caddy-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(folder, "caddy")
	build := exec.Command("go", "build", "-o", file, "./cmd/caddy")
	build.Dir = Root()
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building Caddy: %w\n%s", err, output)
	}
	return file, nil
})

// Instance is a Caddy with the module that runs as a process of its own.
type Instance struct {
	// Folder holds its Caddyfile, its storage and its data.
	Folder string
	// Admin is the address of its admin API.
	Admin string

	t       testing.TB
	binary  string
	process *exec.Cmd
	log     bytes.Buffer
}

// StartInstance runs sites (a Caddyfile, with global options of its own in lines) until the test ends.
// Its storage is the folder storage in its folder, unless the options name another.
func StartInstance(t testing.TB, options, sites string) *Instance {
	t.Helper()
	i := NewInstance(t, Binary(t), options, sites)
	i.Start()
	return i
}

// NewInstance prepares an instance of a binary, which ends with the test.
func NewInstance(t testing.TB, binary, options, sites string) *Instance {
	t.Helper()
	i := &Instance{Folder: t.TempDir(), Admin: fmt.Sprintf("localhost:%d", FreePort(t)), t: t, binary: binary}
	i.Write(options, sites)
	t.Cleanup(func() {
		i.Kill()
		if t.Failed() {
			t.Logf("the instance says:\n%s", i.log.String())
		}
	})
	return i
}

// Binary is a Caddy with the module.
func Binary(t testing.TB) string {
	t.Helper()
	file, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// Caddyfile is the path of its configuration.
func (i *Instance) Caddyfile() string { return filepath.Join(i.Folder, "Caddyfile") }

// Write writes its configuration.
func (i *Instance) Write(options, sites string) {
	i.t.Helper()
	if !strings.Contains(options, "storage ") {
		options += fmt.Sprintf("\n\tstorage file_system %q", filepath.Join(i.Folder, "storage"))
	}
	caddyfile := fmt.Sprintf("{\n\tadmin %s\n\tpersist_config off\n\tauto_https off\n%s\n}\n%s", i.Admin, options, sites)
	if err := os.WriteFile(i.Caddyfile(), []byte(caddyfile), 0o600); err != nil {
		i.t.Fatal(err)
	}
}

// Start runs it, and waits until it answers.
func (i *Instance) Start() {
	i.t.Helper()
	i.Launch()
	i.Await()
}

// Await waits until it answers.
func (i *Instance) Await() {
	i.t.Helper()
	AwaitAnswer(i.t, "http://"+i.Admin+"/config/")
}

// PID is the process's.
func (i *Instance) PID() int { return i.process.Process.Pid }

// Launch runs it.
func (i *Instance) Launch() {
	i.t.Helper()
	i.process = i.command("run", "--config", i.Caddyfile())
	i.process.Stdout, i.process.Stderr = &i.log, &i.log
	if err := i.process.Start(); err != nil {
		i.t.Fatal(err)
	}
}

// Stop ends it as an operator does.
func (i *Instance) Stop() {
	i.t.Helper()
	_ = i.process.Process.Signal(os.Interrupt)
	_ = i.process.Wait()
}

// Kill ends it at once.
func (i *Instance) Kill() {
	if i.process == nil {
		return
	}
	_ = i.process.Process.Kill()
	_ = i.process.Wait()
}

// Reload takes its configuration anew.
func (i *Instance) Reload() {
	i.t.Helper()
	if output, code := i.Run("reload", "--config", i.Caddyfile(), "--address", i.Admin); code != 0 {
		i.t.Fatalf("reload: %d\n%s", code, output)
	}
}

// Run runs a command of the binary, in its folder, and returns what it prints and its exit code.
func (i *Instance) Run(args ...string) (output string, code int) {
	i.t.Helper()
	cmd := i.command(args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	printed, err := cmd.Output()
	if err != nil && cmd.ProcessState == nil {
		i.t.Fatal(err)
	}
	if code = cmd.ProcessState.ExitCode(); code != 0 {
		printed = append(printed, stderr.Bytes()...)
	}
	return string(printed), code
}

// Shell has a shell run a line in its folder, with that as its input. There `caddy` and `caddy-consent` are its binary,
// and its admin API is the one that they ask where nothing names another.
func (i *Instance) Shell(line, input string) (output string, code int) {
	i.t.Helper()
	bin := filepath.Join(i.Folder, "bin")
	if err := os.Mkdir(bin, 0o700); err == nil {
		for _, name := range []string{"caddy", "caddy-consent"} {
			if err := os.Symlink(i.binary, filepath.Join(bin, name)); err != nil {
				i.t.Fatal(err)
			}
		}
	}
	cmd := i.command()
	cmd.Path, cmd.Args, cmd.Stdin = "/bin/sh", []string{"sh", "-c", line}, strings.NewReader(input)
	cmd.Env = append(cmd.Env, "CADDY_ADMIN="+i.Admin, "PATH="+bin+":"+os.Getenv("PATH"))
	printed, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		i.t.Fatal(err)
	}
	return string(printed), cmd.ProcessState.ExitCode()
}

func (i *Instance) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(i.t.Context(), i.binary, args...)
	cmd.Dir = i.Folder
	// Caddy's data folder is its own: the id that tells instances apart is in it.
	cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+filepath.Join(i.Folder, "data"), "XDG_CONFIG_HOME="+filepath.Join(i.Folder, "config"))
	return cmd
}
