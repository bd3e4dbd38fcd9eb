package dataset

import (
	"io/fs"
	"syscall"
)

// inodeOf is the inode of a file that was asked for by os.Stat, and when it changed last, which no program can set, in nanoseconds.
func inodeOf(info fs.FileInfo) (inode uint64, changed int64) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Ino, s.Ctim.Nano()
	}
	return 0, 0
}
