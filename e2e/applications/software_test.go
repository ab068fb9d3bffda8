package applications

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// start runs a command of the packages until the test ends.
func start(t *testing.T, command ...string) {
	t.Helper()
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	process := inside(command...)
	process.Stdout, process.Stderr = log, log
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
		if said, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("%s says:\n%s", command[0], said)
		}
	})
}

func inside(command ...string) *exec.Cmd {
	return exec.Command("chroot", append([]string{root()}, command...)...)
}

// serve starts PHP, and returns how Caddy serves a folder of the packages by it.
func serve(t *testing.T, folder string) (lines string) {
	t.Helper()
	address := fmt.Sprintf("127.0.0.1:%d", harness.FreePort(t))
	start(t, "php-cgi", "-b", address)
	await(t, "PHP", func() bool {
		connection, err := net.Dial("tcp", address)
		if err == nil {
			connection.Close()
		}
		return err == nil
	})
	return fmt.Sprintf(`
	root * %q
	php_fastcgi %s {
		root %s
		try_files {path} {path}/index.php =404
	}
	file_server
`, filepath.Join(root(), folder), address, folder)
}

// await waits until something has started.
func await(t *testing.T, what string, there func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !there(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s does not start", what)
		}
	}
}

// write writes a file of the packages, which the test takes away again.
func write(t *testing.T, path, text string) {
	t.Helper()
	file := filepath.Join(root(), path)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(file) })
}

// folder makes a folder that goes with the test, and returns its path as the packages see it.
func folder(t *testing.T) string {
	t.Helper()
	made, err := os.MkdirTemp(filepath.Join(root(), "tmp"), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(made) })
	return "/tmp/" + filepath.Base(made)
}

// database runs MariaDB with an empty database for WordPress, and returns its socket.
func database(t *testing.T) (socket string) {
	t.Helper()
	place := folder(t)
	write(t, place+"/create.sql", "CREATE DATABASE wordpress;\n")
	socket = place + "/socket"
	start(t, "mariadbd", "--no-defaults", "--user=root", "--datadir="+folder(t), "--skip-grant-tables", "--skip-networking", "--innodb-use-native-aio=0",
		"--socket="+socket, "--pid-file="+place+"/pid", "--init-file="+place+"/create.sql")
	await(t, "MariaDB", func() bool {
		_, err := os.Stat(filepath.Join(root(), socket))
		return err == nil
	})
	return socket
}

// restore takes away at the test's end what has come into a folder of the packages.
func restore(t *testing.T, folder string) {
	t.Helper()
	place := filepath.Join(root(), folder)
	was, err := os.ReadDir(place)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		is, _ := os.ReadDir(place)
		for _, entry := range is {
			if !slices.ContainsFunc(was, func(e os.DirEntry) bool { return e.Name() == entry.Name() }) {
				_ = os.RemoveAll(filepath.Join(place, entry.Name()))
			}
		}
	})
}

// picture is a PNG of a single pixel, in base64.
const picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg=="

// choose has a file field hold the picture under a name, as after its dialog.
func choose(p *harness.Page, field, name string) {
	harness.Eval[bool](p, fmt.Sprintf(`(field => {
		const chosen = new DataTransfer();
		chosen.items.add(new File([Uint8Array.from(atob(%q), sign => sign.charCodeAt(0))], %q, { type: 'image/png' }));
		field.files = chosen.files;
		return field.dispatchEvent(new Event('change', { bubbles: true }));
	})(document.querySelector(%q))`, picture, name, field))
}

// fill gives fields their values, and does what comes after.
func fill(p *harness.Page, then string, values ...string) {
	for i := 0; i < len(values); i += 2 {
		harness.Eval[bool](p, fmt.Sprintf(`document.querySelector(%q).value = %q, true`, values[i], values[i+1]))
	}
	harness.Eval[bool](p, then+", true")
}
