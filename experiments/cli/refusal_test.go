package cli

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const good = `title = "t"
seeds = [1]
[data]
source = "fashion-mnist"
[model]
backbone = "resnet20"
[train]
epochs = 1
batch = 16
lr = 0.1
[sweep]
model.block = ["none", "ce"]
`

// mustBeRefused fails unless a call has exit status 2 and says why in one line that has all of want.
func mustBeRefused(t *testing.T, name string, args []string, want ...string) {
	t.Helper()
	var out, errs bytes.Buffer
	if status := Run(args, &out, &errs); status != 2 {
		t.Errorf("%s: exit status %d, want 2: %s", name, status, errs.String())
	}
	// Lines printed before the error are not part of it.
	lines := strings.Split(strings.TrimSuffix(errs.String(), "\n"), "\n")
	line := lines[len(lines)-1]
	for _, w := range want {
		if !strings.Contains(line, w) {
			t.Errorf("%s: %q, want %q in it", name, line, w)
		}
	}
	if len(lines) > 1 && !strings.HasPrefix(lines[0], "small: ") {
		t.Errorf("%s: %d lines: %q", name, len(lines), errs.String())
	}
	if len(line) > 600 {
		t.Errorf("%s: a line of %d bytes", name, len(line))
	}
	t.Logf("%-24s %s", name, line)
}

// An error in a file is one line with the file, the line, the key, and the expected or nearest value.
func TestBadFiles(t *testing.T) {
	for _, bad := range []struct {
		name, from, to string
		line           int
		want           []string
	}{
		{"syntax", `title = "t"`, `title = "t`, 1, []string{"not valid TOML"}},
		{"not UTF-8", `title = "t"`, "title = \"\xff\"", 1, []string{"not valid TOML", "0xff"}},
		{"unknown key", `epochs = 1`, "epochs = 1\nepoch = 2", 9, []string{"train.epoch: unknown key", `nearest: "train.epochs"`}},
		{"unknown key on top", `title = "t"`, "title = \"t\"\nseed = 2", 2, []string{"seed: unknown key", `nearest: "seeds"`}},
		{"unknown table", `[data]`, "[date]\nx = 1\n[data]", 3, []string{"date: unknown table", "nearest: [data]"}},
		{"unknown backbone", `resnet20`, `resnet21`, 6, []string{`model.backbone: unknown backbone "resnet21"`, `nearest: "resnet20"`}},
		{"unknown source", `fashion-mnist`, `fashion-minst`, 4, []string{`data.source: unknown source`, `nearest: "fashion-mnist"`}},
		{"unknown block", `"ce"]`, `"cee"]`, 12, []string{`sweep.model.block: unknown block "cee"`, `nearest: "ce"`}},
		{"unknown check", `title = "t"`, "check = \"nahs\"\ntitle = \"t\"", 1, []string{`unknown check "nahs"`, `nearest: "nash"`}},
		{"unknown normalisation", `"fashion-mnist"`, "\"fashion-mnist\"\nnormalise = \"imagenett\"", 5,
			[]string{"data.normalise", `nearest: "imagenet"`}},
		{"unknown crop mode", `"fashion-mnist"`, "\"fashion-mnist\"\ncrop_mode = \"resize\"", 5,
			[]string{"data.crop_mode", `nearest: "resized"`}},
		{"string for number", `epochs = 1`, `epochs = "1"`, 8, []string{`train.epochs: expected an integer from 1`, `got the string "1"`}},
		{"number for string", `"resnet20"`, `20`, 6, []string{`model.backbone: expected a string, got the integer 20`}},
		{"string for truth", `epochs = 1`, "epochs = 1\nnesterov = \"yes\"", 9,
			[]string{`train.nesterov: expected true or false, got the string "yes"`}},
		{"fraction", `epochs = 1`, `epochs = 1.5`, 8, []string{"train.epochs: expected an integer", "got the number 1.5"}},
		{"date", `epochs = 1`, `epochs = 2020-01-01`, 8, []string{"train.epochs: expected an integer", "got a date"}},
		{"list for number", `lr = 0.1`, `lr = [0.1]`, 10, []string{"train.lr: expected a number", "got a list"}},
		{"table for number", "lr = 0.1\n", "[train.lr]\nx = 1\n", 10, []string{"train.lr: expected a number", "got a table"}},
		{"key for table", "[data]\nsource = \"fashion-mnist\"", `data = "fashion-mnist"`, 3, []string{"data: expected the table [data]"}},
		{"zero epochs", `epochs = 1`, `epochs = 0`, 8, []string{"train.epochs: 0 is out of range: expected an integer from 1"}},
		{"huge epochs", `epochs = 1`, `epochs = 9223372036854775807`, 8, []string{"train.epochs", "out of range"}},
		{"beyond integers", `epochs = 1`, `epochs = 9223372036854775808`, 8, []string{"not valid TOML", "out of range"}},
		{"negative batch", `batch = 16`, `batch = -16`, 9, []string{"train.batch: -16 is out of range"}},
		{"infinite rate", `lr = 0.1`, `lr = inf`, 10, []string{"train.lr: +inf is not a finite number"}},
		{"rate not a number", `lr = 0.1`, `lr = nan`, 10, []string{"train.lr: NaN is not a finite number"}},
		{"momentum", `lr = 0.1`, "lr = 0.1\nmomentum = 1.0", 11, []string{"train.momentum: 1 is out of range", "below 1"}},
		{"no seeds", `seeds = [1]`, `seeds = []`, 2, []string{"seeds: the list is empty"}},
		{"seeds twice", `seeds = [1]`, `seeds = [1, 1]`, 2, []string{"seeds: 1 is listed twice"}},
		{"negative seed", `seeds = [1]`, `seeds = [-1]`, 2, []string{"seeds: -1 is out of range"}},
		{"seeds of text", `seeds = [1]`, `seeds = ["1"]`, 2, []string{"seeds: expected a list of integers", `the string "1"`}},
		{"missing rate", "lr = 0.1\n", "", 7, []string{"train.lr: missing"}},
		{"missing title", "title = \"t\"\n", "", 1, []string{"title: missing"}},
		{"missing source", "source = \"fashion-mnist\"\n", "", 3, []string{"data.source: missing", "known: "}},
		{"empty sweep", `["none", "ce"]`, `[]`, 12, []string{"sweep.model.block: the list is empty"}},
		{"sweep over nothing", `model.block =`, `model.blocks =`, 12, []string{"sweep.model.blocks: unknown key",
			`nearest: "sweep.model.block"`}},
		{"sweep of wrong", `["none", "ce"]`, `["none", 3]`, 12, []string{"sweep.model.block: expected a string, got the integer 3"}},
		{"sweep twice", `["none", "ce"]`, `["ce", "ce"]`, 12, []string{`sweep.model.block: "ce" is listed twice`}},
		{"sweep of no list", `["none", "ce"]`, `"ce"`, 12, []string{"sweep.model.block: expected a list of values"}},
		{"sweep of seeds", `model.block = [`, "seeds = [1, 2]\nmodel.block = [", 12, []string{"sweep.seeds: cannot be swept"}},
		{"sweep too large", `model.block = [`, "data.train = [" + strings.TrimSuffix(numbers(6000), ", ") + "]\nmodel.block = [", 11,
			[]string{"sweep: makes more than 10000 trials"}},
		{"given twice", `lr = 0.1`, "lr = 0.1\nlr = 0.2", 11, []string{"not valid TOML", "train.lr"}},
		{"case and sweep", `[sweep]`, "[[case]]\nmodel.block = \"se\"\n[sweep]", 14, []string{"sweep.model.block: varies on line 12, too"}},
		{"case of no name", `[sweep]`, "[[case]]\nname = \"\"\n[sweep]", 12, []string{"case.name: is empty"}},
		{"names alike", `[sweep]`, "[[case]]\nname = \"a\"\n[[case]]\nname = \"a\"\ntrain.lr = 1\n[sweep]", 13,
			[]string{`case.name: "a" is also the name`}},
		{"no effect", `lr = 0.1`, "lr = 0.1\nfactor = 0.5", 11, []string{"train.factor: has no effect", `train.schedule = "step"`}},
		{"milestone too late", `lr = 0.1`, "lr = 0.1\nschedule = \"step\"\nmilestones = [1]", 12,
			[]string{"train.milestones: 1 is not below train.epochs = 1"}},
		{"milestones fall", `lr = 0.1`, "lr = 0.1\nschedule = \"step\"\nmilestones = [3, 2]", 12, []string{"train.milestones: 2 follows 3"}},
		{"warm-up too long", `lr = 0.1`, "lr = 0.1\nwarmup_epochs = 2", 11, []string{"train.warmup_epochs: 2 is more than train.epochs = 1"}},
		{"batch above images", `[model]`, "train = 10\n[model]", 10, []string{"train.batch: 16 is more than data.train = 10"}},
		{"resize below size", `[model]`, "size = 224\nresize = 200\n[model]", 6, []string{"data.resize: 200", "from 1 to 200, not 224"}},
		{"crops without size", `[model]`, "crop_mode = \"resized\"\n[model]", 5, []string{"data.crop_mode", "needs a data.size"}},
		{"crop and crops", `[model]`, "size = 8\ncrop = 2\ncrop_mode = \"resized\"\n[model]", 7, []string{"data.crop_mode", "data.crop = 2"}},
		{"folder without dir", `"fashion-mnist"`, `"folder"`, 4, []string{`data.dir: missing: the folder that data.source = "folder" reads`}},
		{"extends nothing", `title = "t"`, "extends = \"tabel1\"\ntitle = \"t\"", 1,
			[]string{"extends: unknown experiment", `nearest: "table1"`}},
		{"extends itself", `title = "t"`, "extends = \"bad.toml\"\ntitle = \"t\"", 1, []string{"extends itself"}},
		{"case of nothing", `[sweep]`, "[[case]]\nmodel.widht = 1\n[sweep]", 12,
			[]string{"case.model.widht: unknown key", `nearest: "case.model.width"`}},
		{"paper of nothing", `[sweep]`, "[[paper]]\nmodel = \"resnet20\"\ntop = 1\n[sweep]", 13,
			[]string{"paper.top: unknown key", `nearest: "paper.top1"`}},
		{"nested too deep", `seeds = [1]`, "seeds = " + strings.Repeat("[", 500), 2, []string{"nested deeper"}},
	} {
		if !strings.Contains(good, bad.from) {
			t.Fatalf("%s: nothing to change", bad.name)
		}
		path := filepath.Join(t.TempDir(), "bad.toml")
		if err := os.WriteFile(path, []byte(strings.Replace(good, bad.from, bad.to, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		mustBeRefused(t, bad.name, []string{"validate", path}, append(bad.want, fmt.Sprintf("%s:%d: ", path, bad.line))...)
	}
}

// numbers lists 1 to n.
func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d, ", i+1)
	}
	return b.String()
}

// An error on the command line is one line with the argument, and the expected or nearest value.
func TestBadArguments(t *testing.T) {
	t.Setenv("CENET_ROOT", t.TempDir())
	for _, bad := range []struct {
		args string
		want []string
	}{
		{"tabel1", []string{`unknown experiment "tabel1"`, `nearest: "table1"`}},
		{"lst", []string{`unknown command or experiment "lst"`, `nearest: "list"`}},
		{"nowhere/x.toml", []string{"nowhere/x.toml", "no such file"}},
		{"table1 table2", []string{"one name is expected, got 2", "table1 and table2", "NAME|FILE.toml"}},
		{"--quick", []string{"a name is missing", "NAME|FILE.toml"}},
		{"table1 --seed 1", []string{"unknown flag --seed", "nearest: --seeds"}},
		{"table1 --seeds one", []string{"seeds: expected a list of integers", "[one]"}},
		{"table1 --seeds 1,1", []string{"seeds: 1 is listed twice"}},
		{"table1 --seeds", []string{"--seeds: LIST expected"}},
		{"table1 --epochs -1", []string{"train.epochs: -1 is out of range"}},
		{"table1 --epochs many", []string{"train.epochs: expected an integer", "many"}},
		{"table1 --workers -1", []string{"--workers: -1: expected 0 or more"}},
		{"table1 --workers two", []string{"--workers: \"two\": expected a whole number"}},
		{"table1 --per-device 2", []string{"--per-device: 2: expected 1 or more, with --device"}},
		{"table1 --save 20", []string{"--save: \"20\": expected a time, as in 20s"}},
		{"table1 --save -1s", []string{"--save: -1s: expected a time above 0"}},
		{"table1 --quick=maybe", []string{"--quick: \"maybe\": expected true or false"}},
		{"table1 --set x", []string{"--set: \"x\": expected KEY=VALUE"}},
		{"table1 --set train.lrr=1", []string{"train.lrr: unknown key", `nearest: "train.lr"`}},
		{"table1 --set train.lr=-1", []string{"train.lr: -1 is out of range", "above 0"}},
		{"table1 --set model.block=cee", []string{`unknown block "cee"`, `nearest: "ce"`}},
		{"table1 --set data.resize=10", []string{"data.resize: 10"}},
		{"table1 --set check=nash", []string{"check: "}},
		{"table1 --case /nowhere", []string{"table1 has trials, not cases"}},
		{"table1 --data /nowhere", []string{"data.dir", `data.source = "fashion-mnist" reads no folder`, "/nowhere"}},
		{"table1 --out /dev/null/x", []string{"the folder of the results", "/dev/null"}},
		{"table1-cifar", []string{"data.dir", "./reproduce.sh fetch cifar100", "--data DIR"}},
		{"table1-imagenet", []string{"data.dir: missing", "--data DIR"}},
		{"table1-imagenet --data /nowhere", []string{"/nowhere", "no such file", "DIR/train/CLASS"}},
		{"prop1 --epochs 3", []string{`train.epochs: unknown key of check "prop1"`, "nearest: "}},
		{"prop1 --case /nowhere", []string{"/nowhere", "no such file"}},
		{"prop1 --cost", []string{"prop1 is a check"}},
		{"nash --set nash.game=1", []string{"nash.game: unknown key", `nearest: "nash.games"`}},
		{"table1 --shard 3/2", []string{`--shard: "3/2": expected I/N`}},
		{"table1 --shard x", []string{`--shard: "x": expected I/N`}},
		{"table1 --trials /nowhere", []string{"/nowhere: no such file"}},
		{"prop1 --shard 1/2", []string{"prop1 is a check"}},
		{"prop1 --collect", []string{"prop1 is a check"}},
		{"table1 --on slurn", []string{`--on "slurn": expected slurm`}},
		{"table1 --on slurm --array-size 0", []string{"--array-size 0: expected 1 or more"}},
		{"prop1 --on slurm", []string{"prop1 is a check"}},
		{"test --faults", []string{"expected a number"}},
		{"test --soak -1", []string{`"-1": expected a whole number`}},
		{"test --faults x", []string{`"x": expected a whole number`}},
		{"list x", []string{"list takes no arguments, got x"}},
		{"list --x", []string{"unknown flag --x", "takes none"}},
		{"schema x", []string{"schema takes no arguments, got x"}},
		{"validate", []string{"a file is missing", "validate FILE..."}},
		{"validate missing.toml", []string{"missing.toml", "no such file"}},
		{"status", []string{"a name is missing", "status NAME"}},
		{"status tabel1", []string{`nearest: "table1"`}},
		{"plan", []string{"a name is missing", "plan NAME"}},
		{"plan tabel1", []string{`nearest: "table1"`}},
		{"plan prop1", []string{"prop1 is a check"}},
		{"plan norms", []string{"norms: no two of its cases are compared"}},
		{"plan table1 --workers -1", []string{"--workers: -1: expected 0 or more"}},
		{"plan table1", []string{"no comparison has two finished seeds in common", "`./reproduce.sh table1 --seeds 1,2` trains a pilot"}},
		{"render", []string{"a name is missing", "render NAME"}},
		{"render table1 --out /nowhere", []string{"/nowhere/table1: no records", "./reproduce.sh table1"}},
		{"render prop1 --out /nowhere", []string{"/nowhere/prop1: no page", "./reproduce.sh prop1"}},
		{"summary", []string{"a name is missing", "summary MODEL"}},
		{"summary resnet19", []string{`unknown backbone "resnet19"`, `nearest: "resnet18"`}},
		{"summary resnet18 --block cee", []string{`unknown block "cee"`, `nearest: "ce"`}},
		{"gamma --case /nowhere", []string{"gamma has no cases"}},
		{"stats --model resnet18", []string{"--weights is missing"}},
		{"stats --model resnet18 --weights /nowhere", []string{"/nowhere: no such file"}},
		{"eval x", []string{"eval takes no arguments", "x"}},
		{"eval --model resnet18 --weights /nowhere", []string{"/nowhere: no such file"}},
		{"eval --weights /nowhere --data /nowhere", []string{"/nowhere: no such file"}},
		{"eval --model resnet19 --weights /nowhere --data /nowhere", []string{`unknown backbone "resnet19"`, `nearest: "resnet18"`}},
		{"eval --model resnet18 --weights /nowhere --data /nowhere", []string{"/nowhere: no such file"}},
		{"eval --model resnet18 --width 0 --weights /nowhere --data /nowhere", []string{"--width is 0, expected above 0"}},
		{"eval --model resnet18 --stem big --weights /nowhere --data /nowhere", []string{`--stem is "big"`, "imagenet, small, strided"}},
		{"eval --model resnet18 --precision bf17 --weights /nowhere --data /nowhere", []string{`--precision`, `"bf17"`, `nearest: "bf16"`}},
		{"predict --model resnet18 --weights /nowhere", []string{"/nowhere: no such file"}},
		{"predict --model resnet18 --weights /nowhere /nowhere.png", []string{"/nowhere: no such file"}},
		{"predict --model resnet18 --weights /nowhere --names /nowhere /nowhere.png", []string{"/nowhere: no such file"}},
		{"forward --model resnet18 --weights /nowhere", []string{"/nowhere: no such file"}},
		{"forward --model resnet18 --weights /nowhere --input /nowhere.npy --output /nowhere", []string{"/nowhere: no such file"}},
		{"gradients --model resnet18 --weights /nowhere", []string{"/nowhere: no such file"}},
		{"gradients --model resnet18 --weights /nowhere --input /nowhere.npy --labels /nowhere --output /nowhere",
			[]string{"/nowhere: no such file"}},
		{"export", []string{"a name is missing", "export NAME"}},
		{"bench x", []string{"bench takes no arguments", "x"}},
		{"bench --mode fast", []string{`unknown mode "fast"`, "nearest: "}},
		{"bench --only resnet20/c", []string{`unknown network or kernel "resnet20/c"`, `nearest: "resnet20/ce"`}},
		{"bench --rounds 0", []string{"--rounds 0", "above 0"}},
		{"bench --workers 0", []string{"--workers: ", "1 to 4096"}},
		{"fetch", []string{"a name is missing", "fetch NAME"}},
		{"fetch cifar11", []string{`unknown data set "cifar11"`, `nearest: "cifar10"`}},
	} {
		mustBeRefused(t, bad.args, strings.Fields(bad.args), bad.want...)
	}
}

// An error in the images is one line with the file or folder, and what was expected.
func TestBadData(t *testing.T) {
	t.Setenv("CENET_ROOT", t.TempDir())
	sound := func(dir string) {
		for _, part := range []string{"train", "test"} {
			for _, class := range []string{"cat", "dog"} {
				for i := range 4 {
					writePNG(t, 8, 8, dir, part, class, fmt.Sprintf("%d.png", i))
				}
			}
		}
	}
	write := func(text string, parts ...string) { // in place of what is there
		path := filepath.Join(parts...)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(parts ...string) {
		if err := os.RemoveAll(filepath.Join(parts...)); err != nil {
			t.Fatal(err)
		}
	}
	cut := func(dir, name string, by int) {
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write(string(text[:len(text)-by]), path)
	}
	for _, bad := range []struct {
		name, source string
		set          string
		spoil        func(dir string)
		want         []string
	}{
		{"no train", "folder", "", func(dir string) { remove(dir, "train") }, []string{"has no train", "expected DIR/train/CLASS"}},
		{"no test", "folder", "", func(dir string) { remove(dir, "test") }, []string{"has no test or val"}},
		{"no classes", "folder", "", func(dir string) { remove(dir, "train", "cat"); remove(dir, "train", "dog") },
			[]string{"has no class folders"}},
		{"empty class", "folder", "", func(dir string) {
			remove(dir, "train", "cat")
			write("", dir, "train", "cat", "notes.txt")
		}, []string{filepath.Join("train", "cat"), "has no images"}},
		{"other classes", "folder", "", func(dir string) { remove(dir, "test", "cat") }, []string{"different classes", `only train has "cat"`}},
		{"file for folder", "folder", "", func(dir string) { remove(dir); write("", dir) }, []string{"is no directory"}},
		{"text for image", "folder", "", func(dir string) { write("text", dir, "train", "cat", "1.png") },
			[]string{filepath.Join("train", "cat", "1.png"), "unknown format"}},
		{"empty image", "folder", "", func(dir string) { write("", dir, "test", "dog", "2.png") },
			[]string{filepath.Join("test", "dog", "2.png")}},
		{"cut image", "folder", "", func(dir string) { cut(dir, "train/dog/3.png", 20) },
			[]string{filepath.Join("train", "dog", "3.png"), "cut short"}},
		{"too many broken", "folder", "data.max_broken=1", func(dir string) {
			write("text", dir, "train", "cat", "1.png")
			write("text", dir, "train", "cat", "2.png")
		}, []string{"2 broken images", "at most 1", filepath.Join("cat", "1.png")}},
		{"class all broken", "folder", "data.max_broken=9", func(dir string) {
			for i := range 4 {
				write("text", dir, "train", "cat", fmt.Sprintf("%d.png", i))
			}
		}, []string{filepath.Join("train", "cat"), "all images are broken"}},
		{"other size", "folder", "", func(dir string) { writePNG(t, 9, 8, dir, "train", "cat", "1.png") },
			[]string{"different sizes", "9×8", "8×8"}},
		{"too few", "folder", "data.train=20", func(string) {}, []string{"20 images in 2 equal classes", `"cat" has 4`, "at most 8"}},
		{"fewer than a batch", "folder", "train.batch=9", func(string) {}, []string{"train.batch: 9 is more than the 8 training images"}},
		{"huge header", "folder", "", func(dir string) { write(hugePNG, dir, "train", "cat", "0.png") },
			[]string{filepath.Join("cat", "0.png"), "megapixels"}},
		{"crops in memory", "fashion-mnist", "data.crop_mode=\"resized\" data.size=28", nil, []string{"random resized crops", "fashion-mnist"}},
		{"resized in memory", "fashion-mnist", "data.size=32", nil, []string{"fashion-mnist", "size 32", "28×28"}},
		{"normalised grey", "fashion-mnist", "data.normalise=\"imagenet\"", nil, []string{"fashion-mnist", "3 channels"}},
		{"other images", "cifar10", "", func(string) {}, []string{"images of 8×8 pixels", "expected those of CIFAR-10"}},
		{"nothing there", "cifar10", "", func(dir string) { remove(dir, "train") },
			[]string{"has neither cifar-10-binary.tar.gz nor", "expected"}},
		{"wrong archive", "cifar10", "", func(dir string) { write("x", dir, "cifar-10-binary.tar.gz") },
			[]string{"not the official archive", "has 1 bytes, expected 170052171"}},
		{"short batch", "cifar10", "", func(dir string) { write("x", dir, "data_batch_1.bin") },
			[]string{"data_batch_1.bin", "expected 30730000"}},
		{"no IDX", "fashion-mnist-full", "", func(string) {}, []string{"train-images-idx3-ubyte", "expected a directory"}},
		{"bad IDX", "fashion-mnist-full", "", func(dir string) { write("12345678", dir, "train-images-idx3-ubyte") },
			[]string{"train-images-idx3-ubyte"}},
	} {
		dir := filepath.Join(t.TempDir(), "images")
		args := []string{filepath.Join(t.TempDir(), "small.toml"), "--out", t.TempDir()}
		if bad.spoil != nil {
			sound(dir)
			bad.spoil(dir)
			args = append(args, "--data", dir)
		}
		for _, s := range append(strings.Fields(bad.set), "data.source=\""+bad.source+"\"") {
			args = append(args, "--set", s)
		}
		write(strings.Replace(good, "batch = 16", "batch = 2", 1), args[0])
		mustBeRefused(t, bad.name, args, bad.want...)
	}
}

// hugePNG is the header of an image of a million megapixels.
var hugePNG = func() string {
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	chunk := []byte("IHDR\x00\x0f\x42\x40\x00\x0f\x42\x40\x08\x02\x00\x00\x00")
	binary.Write(&b, binary.BigEndian, uint32(len(chunk)-4))
	b.Write(chunk)
	binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(chunk))
	return b.String()
}()

// writePNG writes an image.
func writePNG(t *testing.T, width, height int, parts ...string) {
	t.Helper()
	path := filepath.Join(parts...)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		m.Pix[i] = uint8(i*7 | 3)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(png.Encode(f, m), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// A file of weights to start from that is missing, is not one, or is of another network is reported before any work; one that fits is
// described.
func TestStartingWeights(t *testing.T) {
	dir := t.TempDir()
	file, from := filepath.Join(dir, "mine.toml"), filepath.Join(dir, "w.safetensors")
	refused := func(width, want string) {
		t.Helper()
		text := strings.Replace(good, "[train]", "width = "+width+"\nweights = \"w.safetensors\"\n[train]", 1)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, command := range []string{"validate", "plan"} {
			mustBeRefused(t, command, []string{command, file}, "model.weights: "+from+": "+want)
		}
	}
	refused("1", "no such file or directory; --set model.weights=FILE names another")
	if err := os.WriteFile(from, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	refused("1", "")
	if err := os.Rename(foreign(t, dir, "resnet20", "imagenet", 3, 7, nil), from); err != nil {
		t.Fatal(err)
	}
	refused("1", `tensor "conv1.weight" has the shape [2 3 3 3], expected [16 3 3 3]`)
	text := strings.Replace(good, "[train]", "width = 0.125\nweights = \"w.safetensors\"\n[train]", 1)
	var out, errs bytes.Buffer
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	status := Run([]string{"validate", file}, &out, &errs)
	if status != 0 || !strings.Contains(errs.String(), "tensors are read into resnet20 with ce") {
		t.Errorf("exit status %d: %s%s", status, out.String(), errs.String())
	}
}
