package run

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cenet/experiments/spec"
	"cenet/experiments/spectest"
)

// An experiment of the longest name runs, and its trained network is exported, although its case has a name that no file could have. A
// longer name is refused before anything begins.
func TestLongNames(t *testing.T) {
	dir := t.TempDir()
	text := strings.Replace(spectest.Tiny, "[sweep]\nmodel.block = [\"none\", \"se\", \"ce\"]\n",
		"[[case]]\nname = \"../a/"+strings.Repeat("long ", 60)+"\"\nmodel.block = \"ce\"\n", 1)
	longest := strings.Repeat("n", 128)
	s, err := spec.Load(longest+".toml", []byte(text), spectest.Names())
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Workers: 1, Out: filepath.Join(dir, "out"), State: filepath.Join(dir, "state")}
	if _, err := trainSpec(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, "exported")
	files, err := Export(s, o, to)
	if err != nil || len(files) != 1 {
		t.Fatalf("exported %v, %v", files, err)
	}
	list, err := os.ReadDir(to)
	if err != nil || len(list) != 1 || !strings.HasPrefix(list[0].Name(), "_a_long-long") || len(list[0].Name()) > 255 {
		t.Errorf("in the folder: %v, %v", list, err)
	}
	for name, want := range map[string]string{
		longest + "n": "has 129 bytes: at most 128 expected", "": "letters, digits, - and _ expected", "a b": "letters, digits, - and _ expected",
	} {
		if _, err := spec.Load(name+".toml", []byte(text), spectest.Names()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", name, err, want)
		}
	}
}
