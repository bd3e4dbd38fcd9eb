//go:build unix && !linux

package dataset

import (
	"io/fs"
	"syscall"
)

// inodeOf is the inode of a file that was asked for by os.Stat. The time of its last change has another name on each platform: 0.
func inodeOf(info fs.FileInfo) (inode uint64, changed int64) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Ino), 0
	}
	return 0, 0
}
