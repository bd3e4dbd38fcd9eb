package spec_test

import (
	"strings"
	"testing"

	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/experiments/suite"
)

// A key of an earlier version works, and a warning names the line and the key of now; both at once are one too many.
func TestRenamedKeys(t *testing.T) {
	const file = "check = \"ablation\"\ntitle = \"t\"\nseeds = [1]\n[ablation]\npictures = 7\n"
	s, err := spec.Load("old.toml", []byte(file), suite.Names())
	if err != nil {
		t.Fatal(err)
	}
	if n := s.Settings()["ablation.images"]; n != 7 {
		t.Errorf("%v images, want 7", n)
	}
	if len(s.Warnings) != 1 || !strings.HasPrefix(s.Warnings[0], "old.toml:5: ablation.pictures: is called ablation.images now") {
		t.Errorf("warnings %q", s.Warnings)
	}
	if err := s.Change("ablation.pictures", 9); err != nil || s.Settings()["ablation.images"] != 9 || len(s.Warnings) != 2 {
		t.Errorf("%v, %q", err, s.Warnings)
	}
	if command := s.Command(); !strings.Contains(command, "ablation.images=9") {
		t.Errorf("command %s", command)
	}
	_, err = spec.Load("old.toml", []byte(file+"images = 8\n"), suite.Names())
	if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "is given on line") {
		t.Errorf("the old and the new key: %v", err)
	}
	s, err = spec.Load("new.toml", []byte(strings.Replace(file, "pictures", "images", 1)), suite.Names())
	if err != nil || s.Warnings != nil {
		t.Errorf("%v, warnings %q", err, s.Warnings)
	}
}

// A switch of an earlier version that has become a number: its values in a file, a sweep, on the command line and in a record.
func TestRenamedValues(t *testing.T) {
	names := suite.Names()
	for _, test := range []struct {
		given any
		want  float64
	}{{true, 0}, {false, 1}, {"true", 0}, {"false", 1}} {
		s := spectest.Load(t, names, nil)
		if err := s.Change("model.zero_last_gamma", test.given); err != nil {
			t.Fatal(err)
		}
		if got := s.Trials()[0].Model.LastGamma; got != test.want {
			t.Errorf("zero_last_gamma = %v: last_gamma is %v, want %v", test.given, got, test.want)
		}
	}
	if err := spectest.Load(t, names, nil).Change("model.zero_last_gamma", "yes"); err == nil {
		t.Error("a value that is neither true nor false is taken")
	}
	s := spectest.Load(t, names, map[string]any{"model.last_gamma": 0.0})
	setup, err := names.SetupOf(map[string]any{"model.zero_last_gamma": true, "data.source": "fashion-mnist", "model.backbone": "resnet20"})
	if err != nil || setup.Model.LastGamma != s.Trials()[0].Model.LastGamma {
		t.Errorf("of a record: %v, %v", setup.Model.LastGamma, err)
	}
	for _, zero := range []bool{false, true} {
		differs := spec.Differs(map[string]any{"model.last_gamma": 1.0}, map[string]any{"model.zero_last_gamma": zero})
		if (differs != "") != zero {
			t.Errorf("zero_last_gamma = %v differs from last_gamma = 1 in %q", zero, differs)
		}
	}
	src := "title = \"t\"\nseeds = [1]\ndata.source = \"fashion-mnist\"\nmodel.backbone = \"resnet20\"\n" +
		"train.epochs = 1\ntrain.batch = 8\ntrain.lr = 0.1\nsweep.model.zero_last_gamma = [false, true]\n"
	swept, err := spec.Load("old.toml", []byte(src), names)
	if err != nil {
		t.Fatal(err)
	}
	if list := swept.Trials(); len(list) != 2 || list[0].Model.LastGamma != 1 || list[1].Model.LastGamma != 0 {
		t.Errorf("swept: %v", list)
	}
}

// A name of another library's is taken for ours, and the trial is the same.
func TestAliasedValues(t *testing.T) {
	ours := spectest.Load(t, suite.Names(), map[string]any{"model.backbone": "mobilenetv2", "model.rectifier": "leaky"})
	theirs := spectest.Load(t, suite.Names(), map[string]any{"model.backbone": "mobilenet_v2", "model.rectifier": "leaky_relu"})
	a, b := ours.Trials()[0], theirs.Trials()[0]
	if a.Identity("", "") != b.Identity("", "") {
		t.Errorf("%v and %v", a.Settings(), b.Settings())
	}
}

// A trial that was recorded under the earlier key of a setting has the identity of then.
func TestIdentityOfEarlierKey(t *testing.T) {
	identity := func(key string, v any) string {
		s := spectest.Load(t, suite.Names(), map[string]any{"seeds": []int{1}, "model.block": "ce", key: v})
		return s.Trials()[0].Identity("data", "1")
	}
	for _, c := range []struct {
		zero  bool
		gamma float64
		want  string
	}{
		{false, 1, "84088fbd61ab7df1db1bc92653ddcfd3d3e0ccb1bc73d7debc7b8ecf2a146561"},
		{true, 0, "23a00e4f53ec92944715011b8fa6577204e52367616041e32982bac88cca94d2"},
	} {
		for key, v := range map[string]any{"model.zero_last_gamma": c.zero, "model.last_gamma": c.gamma} {
			if got := identity(key, v); got != c.want {
				t.Errorf("%s = %v: %s, want %s", key, v, got, c.want)
			}
		}
	}
	if half := identity("model.last_gamma", 0.5); half == identity("model.last_gamma", 0.0) || half == identity("model.last_gamma", 1.0) {
		t.Error("a start at ½ is that at 0 or at 1")
	}
}
