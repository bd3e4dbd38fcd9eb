//go:build linux || darwin || freebsd || dragonfly

package state

import (
	"path/filepath"
	"syscall"
)

// FreeDisk is how many bytes may be written below a folder, or where it will be, as far as the system tells; 0 where it does not.
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
