//go:build unix

package main

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// links is how many names a file has.
func links(info fs.FileInfo) uint64 { return uint64(info.Sys().(*syscall.Stat_t).Nlink) }

// giveOwner gives file the owner and group that another file has.
func giveOwner(file *os.File, old fs.FileInfo) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	want, has := old.Sys().(*syscall.Stat_t), info.Sys().(*syscall.Stat_t)
	user, group := -1, -1 // -1 leaves it
	if want.Uid != has.Uid {
		user = int(want.Uid)
	}
	if want.Gid != has.Gid {
		group = int(want.Gid)
	}
	if user == -1 && group == -1 {
		return nil
	}
	if err := file.Chown(user, group); err != nil {
		return fmt.Errorf("it belongs to user %d and group %d, and the edited file cannot be given to them: %w; run this as that user, or as root",
			want.Uid, want.Gid, reason(err))
	}
	return nil
}
