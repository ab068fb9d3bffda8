package harness

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// python is Debian's own interpreter: Django is installed for it, not for one that
// comes first in PATH.
const python = "/usr/bin/python3"

// HasDjango tells whether this machine has Django.
func HasDjango() bool {
	_, err := os.Stat("/usr/lib/python3/dist-packages/django")
	return err == nil
}

// Django starts the site under testdata/django on a free port with a fresh
// database and returns its base URL. It needs Debian's python3-django.
func Django(t testing.TB) string {
	t.Helper()
	if !HasDjango() {
		Missing(t, "Django (Debian: python3-django)")
	}
	site := filepath.Join(Root(), "testdata", "django")
	env := append(os.Environ(), "DJANGO_DB="+filepath.Join(t.TempDir(), "db.sqlite3"), "PYTHONDONTWRITEBYTECODE=1")

	setUp := exec.Command(python, "manage.py", "setup_site")
	setUp.Dir, setUp.Env = site, env
	if out, err := setUp.CombinedOutput(); err != nil {
		t.Fatalf("setting up the Django site: %v\n%s", err, out)
	}
	address := fmt.Sprintf("127.0.0.1:%d", FreePort(t))
	server := exec.Command(python, "manage.py", "runserver", "--noreload", address)
	server.Dir, server.Env = site, env
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	AwaitAnswer(t, "http://"+address+"/healthz")
	return "http://" + address
}
