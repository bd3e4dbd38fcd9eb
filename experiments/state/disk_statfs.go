//go:build linux || darwin || freebsd || dragonfly

package state

import (
	"path/filepath"
	"syscall"
)

// FreeDisk returns the number of free bytes on the disk of a folder, which need not exist yet; 0 if the system does not report it.
func FreeDisk(folder string) int {
	var s syscall.Statfs_t
	for syscall.Statfs(folder, &s) != nil {
		above := filepath.Dir(folder)
		if above == folder {
			return 0
		}
		folder = above
	}
	return int(s.Bavail) * int(s.Bsize)
}
