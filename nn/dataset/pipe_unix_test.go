//go:build unix

package dataset

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe without a writer does not hold up the reader.
func TestFolderPipe(t *testing.T) {
	dir := madeFolder(t)
	path := filepath.Join(dir, "train", "cat", "0.png")
	if err := syscall.Mkfifo(path, 0o644); err != nil {
		t.Skip("no pipes here: ", err)
	}
	within(t, 64<<20, func() {
		_, err := openFolder(dir, Options{})
		mustFail(t, err, "broken image", path, "no plain file")
	})
}
