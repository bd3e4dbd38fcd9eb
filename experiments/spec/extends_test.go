package spec_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/experiments/suite"
)

func loadFile(path string) (*spec.Spec, error) {
	return suite.Names().LoadNamed(path)
}

func namesOfTrials(s *spec.Spec) []string {
	var list []string
	for _, t := range s.Trials() {
		list = append(list, t.String())
	}
	return list
}

// What a file says wins over what it extends; a setting given once is swept no more. Expectations are not inherited.
func TestExtends(t *testing.T) {
	dir := spectest.Files(t, map[string]string{
		"tiny.toml": spectest.Tiny,
		"child.toml": "extends = \"tiny.toml\"\ntitle = \"child\"\n[train]\nepochs = 3\n[model]\nblock = \"ce\"\n[sweep]\ntrain.lr = [0.1, " +
			"0.2]\n",
		"grand.toml":  "extends = \"child.toml\"\nseeds = [7]\n[[case]]\ntrain.lr = 0.3\n[[case]]\nce.steps = 5\n",
		"shadow.toml": "extends = \"table1\"\nseeds = [1]\n[sweep]\nmodel.backbone = [\"resnet18\"]\n",
	})
	child, err := loadFile(filepath.Join(dir, "child.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := namesOfTrials(child), []string{"lr=0.1 seed 1", "lr=0.2 seed 1"}; !slices.Equal(got, want) {
		t.Errorf("child: %q, want %q", got, want)
	}
	first := child.Trials()[0]
	if first.Train.Epochs != 3 || first.Model.Block != "ce" || first.Train.Batch != 16 || child.Title != "child" || child.Name != "child" {
		t.Errorf("child: %+v", first)
	}
	grand, err := loadFile(filepath.Join(dir, "grand.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := namesOfTrials(grand), []string{"lr=0.3 seed 7", "steps=5 seed 7"}; !slices.Equal(got, want) {
		t.Errorf("grandchild: %q, want %q", got, want)
	}
	trials := grand.Trials()
	steps := [2]any{trials[0].Get("ce.steps"), trials[1].Get("ce.steps")}
	if steps[0] != 3 || steps[1] != 5 || trials[1].Train.LR != 0.05 {
		t.Errorf("grandchild: steps %v and %v, rate %v", steps[0], steps[1], trials[1].Train.LR)
	}
	shadow, err := loadFile(filepath.Join(dir, "shadow.toml"))
	if err != nil || shadow.Count() != 3 || len(shadow.Paper) != 9 {
		t.Errorf("from what comes with the program: %v, %+v", err, shadow)
	}
	if shadow.Expect != (spec.Expect{}) {
		t.Errorf("inherits what table1 expects of its own images and epochs: %+v", shadow.Expect)
	}
}

// A trial is the same whichever experiment it is in.
func TestSharedIdentity(t *testing.T) {
	dir := spectest.Files(t, map[string]string{
		"tiny.toml":  spectest.Tiny,
		"other.toml": "extends = \"tiny.toml\"\ntitle = \"other\"\nabout = \"x\"\n[sweep]\ntrain.lr = [0.05, 0.1]\n[model]\nblock = \"ce\"\n",
	})
	a, err := loadFile(filepath.Join(dir, "tiny.toml"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := loadFile(filepath.Join(dir, "other.toml"))
	if err != nil {
		t.Fatal(err)
	}
	x, y, z := a.Trials()[2], b.Trials()[0], b.Trials()[1]
	if x.Identity("data", "1") != y.Identity("data", "1") {
		t.Errorf("%v and %v differ", x.Settings(), y.Settings())
	}
	if x.Identity("data", "1") == z.Identity("data", "1") {
		t.Error("another learning rate, the same identity")
	}
}

// A trial in bfloat16 is another one; that float32 is the default leaves identities as they were.
func TestPrecisionIdentity(t *testing.T) {
	dir := spectest.Files(t, map[string]string{
		"tiny.toml":   spectest.Tiny,
		"single.toml": "extends = \"tiny.toml\"\n[train]\nprecision = \"float32\"\n",
		"bfloat.toml": "extends = \"tiny.toml\"\n[train]\nprecision = \"bf16\"\n",
	})
	identity := map[string]string{}
	for _, name := range []string{"tiny", "single", "bfloat"} {
		s, err := loadFile(filepath.Join(dir, name+".toml"))
		if err != nil {
			t.Fatal(err)
		}
		identity[name] = s.Trials()[0].Identity("data", "1")
	}
	if identity["single"] != identity["tiny"] {
		t.Error("what is the default changes the identity")
	}
	if identity["bfloat"] == identity["tiny"] {
		t.Error("bfloat16 has the identity of float32")
	}
}

func TestBadExtends(t *testing.T) {
	dir := spectest.Files(t, map[string]string{
		"tiny.toml":    spectest.Tiny,
		"loop.toml":    `extends = "pool.toml"`,
		"pool.toml":    `extends = "loop.toml"`,
		"missing.toml": `extends = "nowhere.toml"`,
		"name.toml":    `extends = "tabel1"`,
		"number.toml":  `extends = 1`,
		"broken.toml":  "extends = \"worse.toml\"",
		"worse.toml":   "extends = \"tiny.toml\"\n[train]\nepoch = 1\n",
		"both.toml":    "extends = \"tiny.toml\"\n[sweep]\ntrain.lr = [0.1]\n[[case]]\ntrain.lr = 0.2\n",
		"twice.toml":   "extends = \"tiny.toml\"\n[[case]]\ntrain.lr = 0.2\n[[case]]\ntrain.lr = 0.2\n",
		"table.toml":   "extends = \"tiny.toml\"\n[case]\ntrain.lr = 0.2\n",
		"seeds.toml":   "extends = \"tiny.toml\"\n[[case]]\nseeds = [1]\n",
		"key.toml":     "extends = \"tiny.toml\"\n[[case]]\ntrain.lrr = 0.2\n",
	})
	for name, want := range map[string]string{
		"loop": "extends itself", "missing": "no such file", "name": `nearest: "table1"`, "number": "expected a string",
		"broken": `nearest: "train.epochs"`, "both": "varies on line 3", "twice": "the same as", "table": "expected tables [[case]]",
		"seeds": "cannot vary", "key": `nearest: "case.train.lr"`,
	} {
		_, err := loadFile(filepath.Join(dir, name+".toml"))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v; want one line with %q", name, err, want)
		}
	}
}

// --set takes a setting as the file would have it, and out of cases and sweep.
func TestSet(t *testing.T) {
	dir := spectest.Files(t, map[string]string{"tiny.toml": spectest.Tiny})
	s, err := loadFile(filepath.Join(dir, "tiny.toml"))
	if err != nil {
		t.Fatal(err)
	}
	for key, text := range map[string]string{"model.block": "ce", "train.lr": "0.2", "seeds": "[4, 5]", "data.flip": "false"} {
		v, err := spec.Value(text)
		if err == nil {
			err = s.Set(key, v)
		}
		if err != nil {
			t.Errorf("%s=%s: %v", key, text, err)
		}
	}
	if got, want := namesOfTrials(s), []string{"seed 4", "seed 5"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if first := s.Trials()[0]; first.Model.Block != "ce" || first.Train.LR != 0.2 || first.Data.Flip {
		t.Errorf("%+v", first.Setup)
	}
}

// A folder of images is relative to the file that names it, in a file that is extended as in the file itself.
func TestDataDirIsRelativeToItsFile(t *testing.T) {
	const head = "title = \"t\"\nseeds = [1]\n[model]\nbackbone = \"resnet20\"\n[train]\nepochs = 1\nbatch = 4\nlr = 0.1\n[data]\nsource = " +
		"\"folder\"\nsize = 32\n"
	dir := spectest.Files(t, map[string]string{
		"base.toml": head + "dir = \"images\"\n", "more.toml": "extends = \"base.toml\"\n",
		"own.toml": "extends = \"base.toml\"\n[data]\ndir = \"../pics\"\n", "abs.toml": "extends = \"base.toml\"\n[data]\ndir = \"/pics\"\n",
	})
	for name, want := range map[string]string{
		"base": filepath.Join(dir, "images"), "more": filepath.Join(dir, "images"), "own": filepath.Join(dir, "..", "pics"), "abs": "/pics",
	} {
		s, err := loadFile(filepath.Join(dir, name+".toml"))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Trials()[0].Data.Dir; got != want {
			t.Errorf("%s: the images are in %s, want %s", name, got, want)
		}
	}
}
