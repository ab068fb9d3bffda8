//go:build unix

package commands

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives a file the owner and the group of another: a Caddyfile that root edits may be for the group of Caddy's
// user alone.
func keepOwner(file *os.File, of fs.FileInfo) error {
	if owner, ok := of.Sys().(*syscall.Stat_t); ok {
		return file.Chown(int(owner.Uid), int(owner.Gid))
	}
	return nil
}
