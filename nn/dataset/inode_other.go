//go:build !unix

package dataset

import "io/fs"

// inodeOf is of platforms without inodes.
func inodeOf(fs.FileInfo) (inode uint64, changed int64) { return 0, 0 }
