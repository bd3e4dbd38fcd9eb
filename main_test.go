package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"cenet/results"
)

// asCommand is the environment variable that makes the test binary the command itself.
const asCommand = "CENET_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

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
	if status := run(args, &out, &errs); status != 2 {
		t.Errorf("%s: exit status %d, want 2: %s", name, status, errs.String())
	}
	// What a run tells before it finds out is not the error.
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

// What a user gets wrong in a file is one line that names the file, the line, the key, and what is expected or nearest.
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
		{"unknown normalisation", `"fashion-mnist"`, "\"fashion-mnist\"\nnormalise = \"imagenett\"", 5, []string{"data.normalise", `nearest: "imagenet"`}},
		{"unknown crop mode", `"fashion-mnist"`, "\"fashion-mnist\"\ncrop_mode = \"resize\"", 5, []string{"data.crop_mode", `nearest: "resized"`}},
		{"string for number", `epochs = 1`, `epochs = "1"`, 8, []string{`train.epochs: expected an integer from 1`, `got the string "1"`}},
		{"number for string", `"resnet20"`, `20`, 6, []string{`model.backbone: expected a string, got the integer 20`}},
		{"string for truth", `epochs = 1`, "epochs = 1\nnesterov = \"yes\"", 9, []string{`train.nesterov: expected true or false, got the string "yes"`}},
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
		{"sweep over nothing", `model.block =`, `model.blocks =`, 12, []string{"sweep.model.blocks: unknown key", `nearest: "sweep.model.block"`}},
		{"sweep of wrong", `["none", "ce"]`, `["none", 3]`, 12, []string{"sweep.model.block: expected a string, got the integer 3"}},
		{"sweep twice", `["none", "ce"]`, `["ce", "ce"]`, 12, []string{`sweep.model.block: "ce" is listed twice`}},
		{"sweep of no list", `["none", "ce"]`, `"ce"`, 12, []string{"sweep.model.block: expected a list of values"}},
		{"sweep of seeds", `model.block = [`, "seeds = [1, 2]\nmodel.block = [", 12, []string{"sweep.seeds: cannot be swept"}},
		{"sweep too large", `model.block = [`, "data.train = [" + strings.TrimSuffix(numbers(6000), ", ") + "]\nmodel.block = [", 11, []string{"sweep: makes more than 10000 trials"}},
		{"given twice", `lr = 0.1`, "lr = 0.1\nlr = 0.2", 11, []string{"not valid TOML", "train.lr"}},
		{"given and swept", `model.block = [`, "train.lr = [0.1]\nmodel.block = [", 12, []string{"sweep.train.lr: is given on line 10, too"}},
		{"no effect", `lr = 0.1`, "lr = 0.1\nfactor = 0.5", 11, []string{"train.factor: has no effect", `train.schedule = "step"`}},
		{"milestone too late", `lr = 0.1`, "lr = 0.1\nschedule = \"step\"\nmilestones = [1]", 12, []string{"train.milestones: 1 is not below train.epochs = 1"}},
		{"milestones fall", `lr = 0.1`, "lr = 0.1\nschedule = \"step\"\nmilestones = [3, 2]", 12, []string{"train.milestones: 2 follows 3"}},
		{"warm-up too long", `lr = 0.1`, "lr = 0.1\nwarmup_epochs = 2", 11, []string{"train.warmup_epochs: 2 is more than train.epochs = 1"}},
		{"batch above pictures", `[model]`, "train = 10\n[model]", 10, []string{"train.batch: 16 is more than data.train = 10"}},
		{"resize below size", `[model]`, "size = 224\nresize = 200\n[model]", 6, []string{"data.resize: 200", "from 1 to 200, not 224"}},
		{"crops without size", `[model]`, "crop_mode = \"resized\"\n[model]", 5, []string{"data.crop_mode", "needs a data.size"}},
		{"crop and crops", `[model]`, "size = 8\ncrop = 2\ncrop_mode = \"resized\"\n[model]", 7, []string{"data.crop_mode", "data.crop = 2"}},
		{"folder without dir", `"fashion-mnist"`, `"folder"`, 4, []string{`data.dir: missing: the folder that data.source = "folder" reads`}},
		{"extends nothing", `title = "t"`, "extends = \"tabel1\"\ntitle = \"t\"", 1, []string{"extends: unknown experiment", `nearest: "table1"`}},
		{"extends itself", `title = "t"`, "extends = \"bad.toml\"\ntitle = \"t\"", 1, []string{"extends itself"}},
		{"case of nothing", `[sweep]`, "[[case]]\nmodel.widht = 1\n[sweep]", 12, []string{"case.model.widht: unknown key", `nearest: "case.model.width"`}},
		{"paper of nothing", `[sweep]`, "[[paper]]\nmodel = \"resnet20\"\ntop = 1\n[sweep]", 13, []string{"paper.top: unknown key", `nearest: "paper.top1"`}},
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

// What a user gets wrong on the command line is one line that names the argument, and what is expected or nearest.
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
		{"table1 --save 20", []string{"--save: \"20\": expected a time, as in 20s"}},
		{"table1 --save -1s", []string{"--save: -1s: expected a time above 0"}},
		{"table1 --quick=maybe", []string{"--quick: \"maybe\": expected true or false"}},
		{"table1 --set x", []string{"--set: \"x\": expected KEY=VALUE"}},
		{"table1 --set train.lrr=1", []string{"train.lrr: unknown key", `nearest: "train.lr"`}},
		{"table1 --set train.lr=-1", []string{"train.lr: -1 is out of range", "above 0"}},
		{"table1 --set model.block=cee", []string{`unknown block "cee"`, `nearest: "ce"`}},
		{"table1 --set data.resize=10", []string{"data.resize: 10"}},
		{"table1 --set check=nash", []string{"check: "}},
		{"table1 --case /nowhere", []string{"table1 has trials and no cases"}},
		{"table1 --data /nowhere", []string{"data.dir", `data.source = "fashion-mnist" reads no folder`, "/nowhere"}},
		{"table1 --out /dev/null/x", []string{"the folder of the results", "/dev/null"}},
		{"table1-cifar10", []string{"data.dir", "./reproduce.sh fetch cifar10", "--data DIR"}},
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
		{"render", []string{"a name is missing", "render NAME"}},
		{"render table1 --out /nowhere", []string{"/nowhere/table1: no records", "./reproduce.sh table1"}},
		{"render prop1 --out /nowhere", []string{"/nowhere/prop1: no page", "./reproduce.sh prop1"}},
		{"summary", []string{"a name is missing", "summary MODEL"}},
		{"summary resnet19", []string{`unknown backbone "resnet19"`, `nearest: "resnet18"`}},
		{"summary resnet18 --block cee", []string{`unknown block "cee"`, `nearest: "ce"`}},
		{"gamma --case /nowhere", []string{"gamma keeps no cases"}},
		{"stats --model resnet18", []string{"--weights is missing"}},
		{"stats --model resnet18 --weights /nowhere", []string{"/nowhere: no such file"}},
		{"eval x", []string{"eval takes no arguments", "x"}},
		{"eval --model resnet18 --weights /nowhere", []string{"--data is missing"}},
		{"eval --weights /nowhere --data /nowhere", []string{"--model is missing"}},
		{"eval --model resnet19 --weights /nowhere --data /nowhere", []string{`unknown backbone "resnet19"`, `nearest: "resnet18"`}},
		{"eval --model resnet18 --weights /nowhere --data /nowhere", []string{"/nowhere has no test or val"}},
		{"eval --model resnet18 --width 0 --weights /nowhere --data /nowhere", []string{"--width is 0, expected above 0"}},
		{"eval --model resnet18 --stem big --weights /nowhere --data /nowhere", []string{`--stem is "big", expected imagenet or small`}},
		{"predict --model resnet18 --weights /nowhere", []string{"which pictures?"}},
		{"predict --model resnet18 --weights /nowhere /nowhere.png", []string{"/nowhere.png", "no such file"}},
		{"predict --model resnet18 --weights /nowhere --names /nowhere /nowhere.png", []string{"/nowhere", "no such file"}},
		{"forward --model resnet18 --weights /nowhere", []string{"--input and --output"}},
		{"forward --model resnet18 --weights /nowhere --input /nowhere.npy --output /nowhere", []string{"/nowhere.npy", "no such file"}},
		{"gradients --model resnet18 --weights /nowhere", []string{"--input, --labels and --output"}},
		{"gradients --model resnet18 --weights /nowhere --input /nowhere.npy --labels /nowhere --output /nowhere", []string{"/nowhere.npy", "no such file"}},
		{"export", []string{"a name is missing", "export NAME"}},
		{"bench x", []string{"bench takes no arguments", "x"}},
		{"bench --mode fast", []string{`unknown mode "fast"`, "nearest: "}},
		{"bench --only resnet20/c", []string{`there is no "resnet20/c"`, `nearest: "resnet20/ce"`}},
		{"bench --rounds 0", []string{"--rounds 0", "positive"}},
		{"bench --workers 0", []string{"--workers: ", "1 to 4096"}},
		{"fetch", []string{"a name is missing", "fetch NAME"}},
		{"fetch cifar11", []string{`unknown data set "cifar11"`, `nearest: "cifar10"`}},
	} {
		mustBeRefused(t, bad.args, strings.Fields(bad.args), bad.want...)
	}
}

// What is wrong with the pictures is one line that names the file or folder, and what is expected.
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
		{"no classes", "folder", "", func(dir string) { remove(dir, "train", "cat"); remove(dir, "train", "dog") }, []string{"has no class folders"}},
		{"empty class", "folder", "", func(dir string) {
			remove(dir, "train", "cat")
			write("", dir, "train", "cat", "notes.txt")
		}, []string{filepath.Join("train", "cat"), "has no pictures"}},
		{"other classes", "folder", "", func(dir string) { remove(dir, "test", "cat") }, []string{"different classes", `only train has "cat"`}},
		{"file for folder", "folder", "", func(dir string) { remove(dir); write("", dir) }, []string{"is no directory"}},
		{"text for picture", "folder", "", func(dir string) { write("text", dir, "train", "cat", "1.png") }, []string{filepath.Join("train", "cat", "1.png"), "unknown format"}},
		{"empty picture", "folder", "", func(dir string) { write("", dir, "test", "dog", "2.png") }, []string{filepath.Join("test", "dog", "2.png")}},
		{"cut picture", "folder", "", func(dir string) { cut(dir, "train/dog/3.png", 20) }, []string{filepath.Join("train", "dog", "3.png"), "cut short"}},
		{"too many broken", "folder", "data.max_broken=1", func(dir string) {
			write("text", dir, "train", "cat", "1.png")
			write("text", dir, "train", "cat", "2.png")
		}, []string{"2 broken pictures", "at most 1", filepath.Join("cat", "1.png")}},
		{"class all broken", "folder", "data.max_broken=9", func(dir string) {
			for i := range 4 {
				write("text", dir, "train", "cat", fmt.Sprintf("%d.png", i))
			}
		}, []string{filepath.Join("train", "cat"), "all pictures are broken"}},
		{"other size", "folder", "", func(dir string) { writePNG(t, 9, 8, dir, "train", "cat", "1.png") }, []string{"different sizes", "9×8", "8×8"}},
		{"too few", "folder", "data.train=20", func(string) {}, []string{"20 pictures in 2 equal classes", `"cat" has 4`, "at most 8"}},
		{"fewer than a batch", "folder", "train.batch=9", func(string) {}, []string{"train.batch: 9 is more than the 8 training pictures"}},
		{"huge header", "folder", "", func(dir string) { write(hugePNG, dir, "train", "cat", "0.png") }, []string{filepath.Join("cat", "0.png"), "megapixels"}},
		{"crops in memory", "fashion-mnist", "data.crop_mode=\"resized\" data.size=28", nil, []string{"random resized crops", "fashion-mnist"}},
		{"resized in memory", "fashion-mnist", "data.size=32", nil, []string{"fashion-mnist", "size 32", "28×28"}},
		{"normalised grey", "fashion-mnist", "data.normalise=\"imagenet\"", nil, []string{"fashion-mnist", "3 channels"}},
		{"other pictures", "cifar10", "", func(string) {}, []string{"pictures of 8×8 pixels", "expected those of CIFAR-10"}},
		{"nothing there", "cifar10", "", func(dir string) { remove(dir, "train") }, []string{"has neither cifar-10-binary.tar.gz nor", "expected"}},
		{"wrong archive", "cifar10", "", func(dir string) { write("x", dir, "cifar-10-binary.tar.gz") }, []string{"not the official archive", "has 1 bytes, expected 170052171"}},
		{"short batch", "cifar10", "", func(dir string) { write("x", dir, "data_batch_1.bin") }, []string{"data_batch_1.bin", "expected 30730000"}},
		{"no IDX", "fashion-mnist-full", "", func(string) {}, []string{"train-images-idx3-ubyte", "expected a directory"}},
		{"bad IDX", "fashion-mnist-full", "", func(dir string) { write("12345678", dir, "train-images-idx3-ubyte") }, []string{"train-images-idx3-ubyte"}},
	} {
		dir := filepath.Join(t.TempDir(), "pictures")
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

// hugePNG is the header of a picture of a million megapixels.
var hugePNG = func() string {
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	chunk := []byte("IHDR\x00\x0f\x42\x40\x00\x0f\x42\x40\x08\x02\x00\x00\x00")
	binary.Write(&b, binary.BigEndian, uint32(len(chunk)-4))
	b.Write(chunk)
	binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(chunk))
	return b.String()
}()

// writePNG writes a picture.
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

// sweep is what the tests of interruption run: long enough to be killed at many points, and checkpoints at each.
const sweep = `title = "sweep"
seeds = [1, 2]
[data]
source = "fashion-mnist"
train = 320
test = 100
pad = 2
crop = 2
flip = true
[model]
backbone = "resnet20"
width = 0.25
[train]
epochs = 3
batch = 32
lr = 0.05
schedule = "cosine"
[sweep]
model.block = ["none", "se", "ce"]
`

// A campaign is a sweep that runs as a process, and is interrupted.
type campaign struct {
	*testing.T
	root, file string
	more       []string // further arguments
}

func newCampaign(t *testing.T) *campaign {
	c := &campaign{T: t, root: t.TempDir()}
	c.file = filepath.Join(c.root, "sweep.toml")
	if err := os.WriteFile(c.file, []byte(sweep), 0o644); err != nil {
		t.Fatal(err)
	}
	if scale := os.Getenv("CENET_KILL_EPOCHS"); scale != "" {
		c.more = []string{"--epochs", scale}
	}
	return c
}

// command is the sweep's, not yet started.
func (c *campaign) command() (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.Command(os.Args[0], append([]string{c.file, "--workers", "2", "--save", "1ms"}, c.more...)...)
	cmd.Env = append(os.Environ(), asCommand+"=1", "CENET_ROOT="+c.root)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	return cmd, &errs
}

// finish runs the sweep to its end, and returns what it tells.
func (c *campaign) finish() string {
	c.Helper()
	cmd, errs := c.command()
	if err := cmd.Run(); err != nil {
		c.Fatalf("%v: %s", err, errs)
	}
	return errs.String()
}

// signalled runs the sweep and sends it a signal after a time; false where it had ended by then.
func (c *campaign) signalled(s syscall.Signal, after time.Duration) (*exec.Cmd, string, bool) {
	c.Helper()
	cmd, errs := c.command()
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { cmd.Process.Signal(s) })
	err := cmd.Wait()
	timer.Stop()
	return cmd, errs.String(), err != nil
}

// results are those of the trials, by identity.
func (c *campaign) results() map[string]*results.Result {
	c.Helper()
	records, err := results.ReadRecords(filepath.Join(c.root, "results", "sweep", "records.jsonl"))
	if err != nil {
		c.Fatal(err)
	}
	all := map[string]*results.Result{}
	for _, r := range records {
		all[r.Identity] = r.Result
	}
	return all
}

// mustBe fails unless the results are those, bit for bit.
func (c *campaign) mustBe(want map[string]*results.Result, what string) {
	c.Helper()
	got := c.results()
	if len(got) != len(want) {
		c.Errorf("%s: %d trials, want %d", what, len(got), len(want))
	}
	for identity, r := range want {
		if got[identity] == nil {
			c.Errorf("%s: trial %.12s is missing", what, identity)
		} else if d := r.Diff(got[identity]); d != "" {
			c.Errorf("%s: trial %.12s: %s", what, identity, d)
		}
	}
}

// unfinished returns the checkpoints of the trials that have no record.
func (c *campaign) unfinished() []string {
	c.Helper()
	all, err := filepath.Glob(filepath.Join(c.root, ".cache", "state", "checkpoints", "*.safetensors"))
	if err != nil {
		c.Fatal(err)
	}
	return slices.DeleteFunc(all, func(path string) bool {
		identity := strings.TrimSuffix(filepath.Base(path), ".safetensors")
		_, err := os.Stat(filepath.Join(c.root, ".cache", "state", "records", identity+".json"))
		return err == nil
	})
}

// uninterrupted are the results of the sweep, and the time that it takes.
var uninterrupted struct {
	results map[string]*results.Result
	took    time.Duration
}

// undisturbed runs the sweep without interruption, once for all tests.
func undisturbed(t *testing.T) (map[string]*results.Result, time.Duration) {
	t.Helper()
	if testing.Short() {
		t.Skip("some seconds of training")
	}
	if u := &uninterrupted; u.results == nil {
		c := newCampaign(t)
		began := time.Now()
		c.finish()
		u.took, u.results = time.Since(began), c.results()
		if len(u.results) != 6 {
			t.Fatalf("%d trials", len(u.results))
		}
	}
	return uninterrupted.results, uninterrupted.took
}

// midway is a sweep that was sent a signal while a trial was under way that has a checkpoint, the process, and what it told. The machine
// may be faster or slower by now than it was undisturbed.
func midway(t *testing.T, s syscall.Signal) (*campaign, *exec.Cmd, string) {
	t.Helper()
	_, took := undisturbed(t)
	after := took / 3
	for range 20 {
		c := newCampaign(t)
		switch cmd, told, alive := c.signalled(s, after); {
		case !alive:
			after /= 2
		case len(c.unfinished()) == 0:
			after += took / 10
		default:
			return c, cmd, told
		}
	}
	t.Fatalf("%v: never while a trial was under way", s)
	return nil, nil, ""
}

// A sweep that is killed at random moments, any number of times, ends with the results of one that was not. So does one whose
// checkpoints were cut short, or have a bit flipped, between two runs: the damage is named. CENET_KILLS is the number of
// kills, and CENET_KILL_EPOCHS that of the epochs.
func TestKilled(t *testing.T) {
	kills := 3
	if text := os.Getenv("CENET_KILLS"); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	want, took := undisturbed(t)
	killed := newCampaign(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	done := 0
	for done < kills {
		// Each takes the sweep a part of the way, so that the last ones, too, find something to kill.
		after := time.Duration(2 * random.Float64() * float64(took) / float64(kills+1))
		if _, _, alive := killed.signalled(syscall.SIGKILL, after); !alive {
			t.Logf("ended before the kill %d", done+1)
			break
		}
		done++
		t.Logf("killed after %v, %d checkpoints of unfinished trials", after.Round(time.Millisecond), len(killed.unfinished()))
	}
	if done == 0 {
		t.Error("never killed")
	}
	killed.finish()
	killed.mustBe(want, fmt.Sprintf("killed %d times", done))

	for name, spoil := range map[string]func([]byte) []byte{
		"cut short": func(text []byte) []byte { return text[:random.IntN(len(text))] },
		"bit flipped": func(text []byte) []byte {
			bit := random.IntN(8 * len(text))
			text[bit/8] ^= 1 << (bit % 8)
			return text
		},
	} {
		c, _, _ := midway(t, syscall.SIGKILL)
		begun := c.unfinished()
		for _, path := range begun {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, spoil(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		told := c.finish()
		for _, path := range begun {
			if !strings.Contains(told, filepath.Base(path)+": damaged checkpoint") {
				t.Errorf("%s: %s is not named: %s", name, path, told)
			}
		}
		c.mustBe(want, name)
	}
}

// Two processes with the same folder share the work: each trial is trained by one of them, and both end with the same results. Where
// one of them is killed, the other takes over what it left.
func TestTogether(t *testing.T) {
	want, took := undisturbed(t)
	for _, killed := range []bool{false, true} {
		c := newCampaign(t)
		first, told := c.command()
		if err := first.Start(); err != nil {
			t.Fatal(err)
		}
		if killed {
			time.AfterFunc(took/3, func() { first.Process.Kill() })
		}
		second := c.finish()
		if err := first.Wait(); (err != nil) != killed {
			t.Errorf("%v: %s", err, told)
		}
		c.mustBe(want, "together")
		if !killed {
			seen := map[string]bool{}
			for line := range strings.Lines(told.String() + second) {
				if _, trial, ok := strings.Cut(line, "] "); ok && strings.Contains(line, "top-1") {
					trial, _, _ = strings.Cut(trial, "  loss")
					if seen[trial] {
						t.Errorf("trained twice: %s", trial)
					}
					seen[trial] = true
				}
			}
			if len(seen) == 0 {
				t.Error("no epoch is told")
			}
		}
	}
}

// Parts that are trained apart, one by its identities, come to the results of the whole. Before all are there, the table says so.
func TestShards(t *testing.T) {
	want, _ := undisturbed(t)
	c := newCampaign(t)
	c.more = append(c.more, "--shard", "1/2")
	c.finish()
	if _, err := os.Stat(filepath.Join(c.root, "results", "sweep", "table.md")); err == nil {
		t.Error("a part draws a table")
	}
	c.more[len(c.more)-2] = "--collect"
	c.more = c.more[:len(c.more)-1]
	cmd, errs := c.command()
	if err := cmd.Run(); err == nil || !strings.Contains(errs.String(), "3 of 6 trials are missing") {
		t.Errorf("%v: %s", err, errs)
	}
	c.more = c.more[:len(c.more)-1]
	var rest []string
	for identity := range want {
		if c.results()[identity] == nil {
			rest = append(rest, identity)
		}
	}
	file := filepath.Join(c.root, "rest")
	if err := os.WriteFile(file, []byte(strings.Join(rest, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	parts := c.more
	for _, part := range []string{"1/2", "2/2"} {
		c.more = append(slices.Clone(parts), "--trials", file, "--shard", part)
		c.finish()
	}
	c.more = append(slices.Clone(parts), "--collect")
	c.finish()
	c.mustBe(want, "in parts")
}

// Twelve trials on two nodes of a cluster, of which one is lost in the middle of a trial, come to the results of one process; the table
// is drawn behind them. The cluster is made for the test, of slurmctld, slurmd and munged, where they are installed.
func TestSlurm(t *testing.T) {
	if testing.Short() {
		t.Skip("some minutes")
	}
	for _, program := range []string{"slurmctld", "slurmd", "munged", "sbatch"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no Slurm here: %v", err)
		}
	}
	more := []string{"--seeds", "1,2,3,4", "--epochs", "6"}
	alone := newCampaign(t)
	alone.more = more
	alone.finish()
	want := alone.results()
	if len(want) != 12 {
		t.Fatalf("%d trials", len(want))
	}

	dir, err := os.MkdirTemp("", "slurm") // its sockets want a short path
	if err != nil {
		t.Fatal(err)
	}
	cluster := func(command string, args ...string) string {
		t.Helper()
		cmd := exec.Command("experiments/slurm/testdata/cluster.sh", append([]string{command, dir}, args...)...)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("cluster %s: %v: %s", command, err, errs.String())
		}
		return strings.TrimSpace(string(out))
	}
	t.Cleanup(func() { cluster("stop"); os.RemoveAll(dir) })
	t.Setenv("SLURM_CONF", cluster("start"))
	until := func(what string, limit time.Duration, done func() bool) {
		t.Helper()
		for end := time.Now().Add(limit); !done(); time.Sleep(100 * time.Millisecond) {
			if time.Now().After(end) {
				queue, _ := exec.Command("squeue").CombinedOutput()
				outputs, _ := exec.Command("sh", "-c", "tail -n 3 $(find "+t.TempDir()+"/.. -name '*.out')").CombinedOutput()
				t.Fatalf("%s: not after %v\n%s\n%s", what, limit, queue, outputs)
			}
		}
	}
	running := func(node string) bool {
		out, err := exec.Command("squeue", "-h", "-t", "R", "-w", node).Output()
		return err == nil && len(out) > 0
	}

	c := newCampaign(t)
	c.more = append(slices.Clone(more), "--on", "slurm")
	t.Setenv("CENET_ROOT", c.root)
	c.finish()
	until("a trial begun on n1", time.Minute, func() bool { return running("n1") && len(c.unfinished()) > 0 })
	cluster("kill", "n1")
	until("the table", 8*time.Minute, func() bool {
		_, err := os.Stat(filepath.Join(c.root, "results", "sweep", "table.md"))
		return err == nil
	})
	c.mustBe(want, "on a cluster")

	cmd, errs := c.command() // nothing is missing now
	out, err := cmd.Output()
	if err != nil || !strings.Contains(string(out), "nothing to submit") {
		t.Errorf("%s%s, %v", out, errs, err)
	}
}

// A sweep that is asked to end does, with the exit status of the signal and a line on how to go on, and goes on.
func TestSignals(t *testing.T) {
	want, _ := undisturbed(t)
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP) // so that the processes do not inherit nohup's deafness
	defer signal.Stop(heard)
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		c, cmd, told := midway(t, s)
		if got := cmd.ProcessState.ExitCode(); got != 128+int(s) {
			t.Errorf("%v: exit status %d", s, got)
		}
		if !strings.Contains(told, "the same command goes on from there") {
			t.Errorf("%v: told %s", s, told)
		}
		c.finish()
		c.mustBe(want, "stopped by "+s.String())
	}
}

func TestHelp(t *testing.T) {
	for _, c := range commands[1:] {
		var out, errs bytes.Buffer
		if status := run([]string{c.name, "--help"}, &out, &errs); status != 0 || !strings.Contains(out.String(), c.about) || errs.Len() > 0 {
			t.Errorf("%s --help: exit status %d: %s%s", c.name, status, out.String(), errs.String())
		}
	}
	for _, args := range [][]string{
		nil, {"--help"}, {"table1", "--help"}, {"list"}, {"list", "--help"}, {"validate", "--help"}, {"render", "--help"},
		{"summary", "--help"}, {"fetch", "--help"}, {"test", "--help"}, {"summary", "resnet18", "--block", "ce"},
	} {
		var out, errs bytes.Buffer
		if status := run(args, &out, &errs); status != 0 || out.Len() == 0 {
			t.Errorf("%v: exit status %d, %d bytes", args, status, out.Len())
		}
	}
}

// The summary of a network that the paper measured has the paper's GFLOPs beside ours, and that of others has not.
func TestSummaryBesidePaper(t *testing.T) {
	for _, c := range []struct{ model, block, want string }{
		{"mobilenetv2", "none", "the paper: 0.33 GFLOPs"}, {"mobilenetv2", "se", "the paper: 0.33 GFLOPs"},
		{"mobilenetv2", "ce", "the paper: 0.33 GFLOPs"}, {"shufflenetv2-0.5", "none", "the paper: 0.05 GFLOPs"},
		{"shufflenetv2-0.5", "se", "the paper: 0.05 GFLOPs"}, {"shufflenetv2-0.5", "ce", "the paper: 0.05 GFLOPs"},
		{"shufflenetv2-1.0", "none", "the paper: 0.15 GFLOPs"}, {"shufflenetv2-1.0", "se", "the paper: 0.15 GFLOPs"},
		{"shufflenetv2-1.0", "ce", "the paper: 0.16 GFLOPs"}, {"resnet101", "se", "the paper: 7.88 GFLOPs"}, {"vgg11", "none", ""},
	} {
		var out, errs bytes.Buffer
		if status := run([]string{"summary", c.model, "--block", c.block}, &out, &errs); status != 0 {
			t.Fatalf("%v: exit status %d: %s", c, status, errs.String())
		}
		if got := strings.Contains(out.String(), "the paper"); got != (c.want != "") || !strings.Contains(out.String(), c.want) {
			t.Errorf("%v: %s", c, out.String()[max(0, out.Len()-200):])
		}
	}
}

// A statement that must hold and fails is exit status 1: here a block whose output is not what its input gives.
func TestUnconfirmed(t *testing.T) {
	const block = `{"Check": "nash", "Origin": "made up", "Arrays": {"noise": [[1, 1]], "beta": [[0, 0]], "pixels": [[2]], "steps": [[3]],
		"epsilon": [[1e-5]], "lambda": [[1]], "rescale": [[0]], "input": [[1, 0], [-1, 0.5]], "output": [[1, 2], [3, 4]]}}`
	path := filepath.Join(t.TempDir(), "case.json")
	if err := os.WriteFile(path, []byte(block), 0o644); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if status := run([]string{"nash", "--case", path}, &out, &errs); status != 1 {
		t.Errorf("exit status %d", status)
	}
	if !strings.Contains(errs.String(), "identity: must hold, but fails") || !strings.Contains(out.String(), "fails here") {
		t.Errorf("not told: %q, %q", errs.String(), out.String())
	}
}
