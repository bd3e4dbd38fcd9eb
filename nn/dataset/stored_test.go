package dataset

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// One image has one colour a pixel however it is stored: bit depth, palette, transparency, packing, format. What
// testdata/stored.py has written, next to what Pillow makes of it.
func TestStored(t *testing.T) {
	files, err := filepath.Glob("testdata/stored/*.rgb")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	var d decoder
	for _, file := range files {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		path := strings.TrimSuffix(file, ".rgb")
		p, err := probeImage(path)
		if err == nil {
			err = d.check(path, p.height, p.width)
		}
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		got, err := d.read(path, p.height, p.width, box{0, 0, p.height, p.width})
		if err != nil || len(got) != len(want) {
			t.Errorf("%s: %d bytes, want %d, %v", path, len(got), len(want), err)
			continue
		}
		most, other := 0, 0
		for i, v := range got {
			if n := int(v) - int(want[i]); n != 0 {
				other++
				most = max(most, n, -n)
			}
		}
		if most > 0 {
			t.Errorf("%s: %d of %d bytes differ, by %d at most", path, other, len(got), most)
		}
	}
}
