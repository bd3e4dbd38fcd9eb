//go:build unix

package fetch

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Pipes in place of the files do not hold up the download.
func TestFetchPipes(t *testing.T) {
	for _, suffix := range []string{"", partial} {
		r := newRig(t, withRanges)
		if err := os.MkdirAll(r.dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(filepath.Join(r.dir, r.file.Name+suffix), 0o644); err != nil {
			t.Skip("no pipes here: ", err)
		}
		if suffix == "" {
			r.mustHave(t)
		} else {
			r.mustFail(t, "is no plain file")
		}
	}
}
