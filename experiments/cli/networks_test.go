package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cenet/experiments/network"
	"cenet/experiments/spec"
	"cenet/experiments/weights"
	"cenet/nn"
	"cenet/nn/npy"
	"cenet/results"
)

// must runs a command that is to succeed, and returns what it prints.
func must(t *testing.T, args ...string) (out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	if status := Run(args, &o, &e); status != 0 {
		t.Fatalf("%v: exit status %d: %s", args, status, e.String())
	}
	return o.String(), e.String()
}

// thirds writes images of three classes, each with another third of its longer side bright: dir/train/CLASS, dir/test/CLASS.
func thirds(t *testing.T, dir string, width, height int) (tested []string) {
	t.Helper()
	seed := uint32(1)
	for _, part := range []string{"train", "test"} {
		for class := range 3 {
			for i := range 8 {
				m := image.NewNRGBA(image.Rect(0, 0, width, height))
				for y := range height {
					for x := range width {
						seed = seed*1664525 + 1013904223
						v := uint8(seed >> 25)
						if along := max(3*x/width, 0); width >= height && along == class || width < height && 3*y/height == class {
							v += 100
						}
						m.Set(x, y, color.NRGBA{v, v / 2, 255 - v, 255})
					}
				}
				path := filepath.Join(dir, part, fmt.Sprint("c", class), fmt.Sprint(i, ".png"))
				var b bytes.Buffer
				if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), png.Encode(&b, m), os.WriteFile(path, b.Bytes(), 0o644)); err != nil {
					t.Fatal(err)
				}
				if part == "test" {
					tested = append(tested, path)
				}
			}
		}
	}
	return tested
}

// What a network was trained on goes with its file: eval and predict have the record's figures, whatever the images' size and preparation.
func TestExportedFigures(t *testing.T) {
	for _, c := range []struct {
		name          string
		width, height int
		data          string
	}{
		{"as they are, wide", 24, 8, ""}, {"as they are, high, padded", 8, 24, "pad = 2\n"}, {"as they are, square", 12, 12, ""},
		{"cut", 24, 12, "size = 8\n"}, {"resized and cut", 12, 24, "size = 8\nresize = 10\npad = 1\n"},
		{"by ImageNet's normalisation", 24, 8, "normalise = \"imagenet\"\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("CENET_ROOT", dir)
			pics, to, toml := filepath.Join(dir, "p"), filepath.Join(dir, "x"), filepath.Join(dir, "t.toml")
			tested := thirds(t, pics, c.width, c.height)
			text := "title = \"t\"\nseeds = [1]\n[data]\nsource = \"folder\"\n" + c.data +
				"[model]\nbackbone = \"resnet20\"\nwidth = 0.25\n[train]\nepochs = 2\nbatch = 8\nlr = 0.05\n"
			if err := os.WriteFile(toml, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			out, _ := must(t, toml, "--data", pics, "--json", "--workers", "1")
			var record results.Record
			if err := json.Unmarshal([]byte(out), &record); err != nil {
				t.Fatal(err)
			}
			must(t, "export", toml, "--data", pics, "--to", to)
			files, err := filepath.Glob(filepath.Join(to, "*.safetensors"))
			if err != nil || len(files) != 1 {
				t.Fatal(files, err)
			}
			want := fmt.Sprintf("top-1 %.2f %%, top-5 100.00 %%, loss %.4f of %d images\n", 100*record.Result.Top1, record.Result.TestLoss,
				len(tested))
			if got, _ := must(t, "eval", "--weights", files[0], "--data", pics); got != want {
				t.Errorf("eval: %q, want %q", got, want)
			}
			out, _ = must(t, append([]string{"predict", "--weights", files[0]}, tested...)...)
			right := 0
			lines := strings.Split(out, "\n")
			for i, line := range lines {
				if strings.HasSuffix(line, ".png") && strings.HasSuffix(lines[i+1], "  "+filepath.Base(filepath.Dir(line))) {
					right++
				}
			}
			if share := float64(right) / float64(len(tested)); math.Abs(share-record.Result.Top1) > 1e-9 {
				t.Errorf("predict is right of %v, the record has %v", share, record.Result.Top1)
			}
			if c.width != c.height && c.data == "" {
				square := filepath.Join(dir, "square.png")
				writePNG(t, 24, 24, square)
				mustBeRefused(t, "another size", []string{"predict", "--weights", files[0], tested[0], square}, square, "has 24×24 pixels",
					"expected 24×8")
				mustBeRefused(t, "another size", []string{"predict", "--weights", files[0], "--size", "8", square}, "--size contradicts", "8×24")
				must(t, "predict", "--weights", files[0], "--size", "8x24", tested[0])
			}
		})
	}
}

// Classes of a folder are the network's by their names, where it knows them.
func TestClassesByName(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CENET_ROOT", dir)
	pics := filepath.Join(dir, "p")
	thirds(t, pics, 16, 16)
	file := func(classes ...string) string {
		return foreign(t, dir, "resnet20", "imagenet", 3, 3, &weights.About{Classes: classes, Channels: 3, Height: 16, Width: 16,
			Mean: []float64{0.2, 0.5, 0.7}, Deviation: []float64{0.1, 0.1, 0.1}})
	}
	if err := os.Rename(filepath.Join(pics, "test"), filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	want, _ := must(t, "eval", "--weights", file("c2", "c0", "c1"), "--data", filepath.Join(dir, "a"))
	for _, class := range []string{"c0", "c1", "c2"} { // the same classes, in the order of the network
		name := map[string]string{"c2": "0", "c0": "1", "c1": "2"}[class]
		if err := os.CopyFS(filepath.Join(dir, "b", name), os.DirFS(filepath.Join(dir, "a", class))); err != nil {
			t.Fatal(err)
		}
	}
	got, note := must(t, "eval", "--weights", file("c2", "c0", "c1"), "--data", filepath.Join(dir, "b"))
	if got != want || !strings.Contains(note, "taken in this order") {
		t.Errorf("%q, by names %q; %q", got, want, note)
	}
	if err := os.RemoveAll(filepath.Join(dir, "a", "c1")); err != nil {
		t.Fatal(err)
	}
	if got, _ := must(t, "eval", "--weights", file("c2", "c0", "c1"), "--data", filepath.Join(dir, "a")); !strings.HasSuffix(got,
		"of 16 images\n") {
		t.Errorf("two of three classes: %q", got)
	}
}

// foreign writes the weights of a network with random ones, as another program does where about is nil, and returns the file.
func foreign(t *testing.T, dir, backbone, stem string, channels, classes int, about *weights.About) string {
	t.Helper()
	path := filepath.Join(dir, backbone+"-"+stem+".safetensors")
	setup, net := foreignNetwork(t, backbone, stem, channels, classes)
	if about != nil {
		about.Settings = map[string]any{"model.backbone": backbone, "model.width": 0.125, "model.stem": stem}
	}
	if err := weights.Write(network.Of(setup), net, about, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// foreignNetwork is a narrow network with random weights, for images of 32×32 pixels, or of 224×224 if its linear layers are for these.
func foreignNetwork(t *testing.T, backbone, stem string, channels, classes int) (*spec.Setup, *nn.Network) {
	t.Helper()
	setup, err := network.Paper(backbone, "none")
	if err != nil {
		t.Fatal(err)
	}
	setup.Model.Width, setup.Model.Stem = 0.125, stem
	side := 32
	if stem == "imagenet" && (backbone == "alexnet" || strings.HasPrefix(backbone, "vgg")) {
		side = 224
	}
	net, err := network.New(&setup, nn.Shape{N: 2, H: side, W: side, C: channels}, classes, nn.Options{Seed: 1, Inference: true})
	if err != nil {
		t.Fatal(err)
	}
	return &setup, net
}

// writeArray writes a .npy file.
func writeArray(t *testing.T, path string, data []float32, shape ...int) string {
	t.Helper()
	var b bytes.Buffer
	if err := errors.Join(npy.Write(&b, shape, data), os.WriteFile(path, b.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
	return path
}

// readArray reads a .npy file.
func readArray(t *testing.T, path string) []float32 {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, data, err := npy.Read(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Files of other programs, which do not say what images their networks take, are opened by every command for the images given: networks for
// small images with linear layers that fit one size, and those of one channel or of four.
func TestForeignNetworks(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CENET_ROOT", dir)
	grey := filepath.Join(dir, "grey")
	thirds(t, grey, 32, 32)
	for _, c := range []struct {
		backbone, stem string
		channels       int
	}{{"vgg11", "small", 3}, {"alexnet", "small", 3}, {"resnet18", "small", 1}, {"resnet20", "imagenet", 1}, {"resnet20", "imagenet", 4},
		{"vgg11", "imagenet", 3}} {
		name := fmt.Sprint(c.backbone, " ", c.stem, " ", c.channels)
		setup, net := foreignNetwork(t, c.backbone, c.stem, c.channels, 3)
		file := filepath.Join(dir, "w.safetensors")
		if err := weights.Write(network.Of(setup), net, nil, file); err != nil {
			t.Fatal(err)
		}
		x := nn.NewTensor(net.In)
		for i := range x.Data {
			x.Data[i] = float32(math.Sin(float64(i)))
		}
		planes := make([]float32, len(x.Data))
		for i := range planes {
			pixels := x.H * x.W
			planes[i] = x.Data[i/(x.C*pixels)*x.C*pixels+i%pixels*x.C+i/pixels%x.C]
		}
		ctx := nn.NewContext(1)
		want := slices.Clone(net.Forward(ctx, x).Data)
		ctx.Close()
		flags := []string{"--model", c.backbone, "--stem", c.stem, "--width", "0.125", "--weights", file}
		call := func(args ...string) []string { return append(append(args[:1:1], flags...), args[1:]...) }
		input, output := writeArray(t, filepath.Join(dir, "x.npy"), planes, x.N, x.C, x.H, x.W), filepath.Join(dir, "y.npy")
		must(t, call("forward", "--input", input, "--output", output)...)
		if got := readArray(t, output); !slices.Equal(got, want) {
			t.Errorf("%s: outputs %v, want %v", name, got, want)
		}
		labels := writeArray(t, filepath.Join(dir, "l.npy"), []float32{0, 2}, 2)
		must(t, call("gradients", "--input", input, "--labels", labels, "--output", filepath.Join(dir, "g.safetensors"))...)
		if c.backbone != "alexnet" { // which has no BatchNorm
			must(t, call("stats", "--to", filepath.Join(dir, "stats"))...)
		}
		size := fmt.Sprint(x.H)
		view := []string{"--size", size}
		switch c.channels {
		case 1:
			view = append(view, "--mean", "0.5", "--std", "0.25")
			mustBeRefused(t, name, call("eval", "--size", size, "--data", grey), "--mean and --std are missing", "images of 1 channels")
		case 4:
			view = append(view, "--mean", "0,0,0,0", "--std", "1,1,1,1")
			mustBeRefused(t, name, call(append([]string{"eval", "--data", grey}, view...)...), "images of 4 channels", "1 or 3")
			continue
		}
		if c.stem == "small" || c.backbone == "resnet20" {
			mustBeRefused(t, name, call("predict", filepath.Join(grey, "test", "c0", "0.png")), "--size is missing")
		}
		must(t, call(append([]string{"eval", "--data", grey}, view...)...)...)
		must(t, call(append([]string{"predict", filepath.Join(grey, "test", "c0", "0.png")}, view...)...)...)
		if c.stem == "small" && c.channels == 3 {
			mustBeRefused(t, name, call("eval", "--data", grey, "--size", "64"), "does not take images of 64×64 pixels: fc: ")
		}
	}
}

// What eval, predict, forward and gradients are given is checked before any work, and what is not finite is an error of theirs.
func TestNetworkFlags(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CENET_ROOT", dir)
	at := func(name string) string { return filepath.Join(dir, name) }
	file := foreign(t, dir, "resnet18", "imagenet", 3, 3, nil)
	thirds(t, at("p"), 48, 40)
	writePNG(t, 48, 40, at("a.png"))
	x := writeArray(t, at("x.npy"), make([]float32, 2*3*32*32), 2, 3, 32, 32)
	nan := make([]float32, 3*32*32)
	nan[1024+32+5] = float32(math.NaN())
	writeArray(t, at("nan.npy"), nan, 1, 3, 32, 32)
	writeArray(t, at("l.npy"), []float32{0, 2}, 2)
	writeArray(t, at("half.npy"), []float32{0.5, 2}, 2)
	writeArray(t, at("three.npy"), []float32{0, 3}, 2)
	writeArray(t, at("one.npy"), []float32{0}, 1)
	for _, err := range []error{os.Link(x, at("hard.npy")), os.Symlink("x.npy", at("soft.npy")),
		os.Symlink(filepath.Base(file), at("w.npy")), os.Mkdir(at("empty"), 0o755)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	before := contents(t, dir)
	own := []string{"--model", "resnet18", "--width", "0.125", "--weights", file}
	for _, view := range []struct {
		flags string
		want  []string
	}{
		{"--mean 123.675,116.28,103.53 --std 58.395,57.12,57.375", []string{"--mean: 123.675, expected numbers from 0 to 1", "0.485"}},
		{"--std 58.395,57.12,57.375", []string{"--std: 58.395", "divide by 255"}},
		{"--mean nan,0,0", []string{"--mean: NaN"}}, {"--mean 0,inf,0", []string{"--mean: +Inf"}}, {"--std inf,1,1", []string{"--std: +Inf"}},
		{"--std 0,1,1", []string{"--std: 0, expected numbers above 0"}}, {"--std -1,1,1", []string{"--std: -1"}},
		{"--mean 0", []string{"--mean: 1 means and 3 deviations"}}, {"--std 1,1,1,1", []string{"--std: 3 means and 4 deviations"}},
		{"--mean 0,,0", []string{"--mean", "expected a number"}}, {"--mean", []string{"--mean: LIST expected"}},
		{"--size 288 --resize 256", []string{"--resize: 256, expected the size 288"}},
		{"--resize 128", []string{"--resize: 128, expected the size 224"}},
		{"--size -5", []string{"--size", "from 1 to 8192"}}, {"--size 0", []string{"--size", "from 1 to 8192"}},
		{"--size 9000", []string{"--size", "from 1 to 8192"}},
		{"--size 32x", []string{"--size", "expected a number of pixels"}}, {"--size 32x0", []string{"--size", "from 1 to 8192"}},
		{"--size", []string{"--size: SIDE expected"}},
		{"--resize -3", []string{"--resize", "from 1 to 8192"}}, {"--resize 0", []string{"--resize", "from 1 to 8192"}},
		{"--resize 1e3", []string{"--resize"}},
		{"--size 32x64 --resize 70", []string{"--resize: 70 with a size of 32×64", "as they are"}},
		{"--size 40x40 --resize 30", []string{"--resize: 30, expected the size 40"}},
		{"--size 48x40", []string{"has 48×40 pixels", "expected 40×48"}},
		{"--width nan", []string{"--width is NaN"}}, {"--width 17", []string{"--width is 17"}}, {"--width -1", []string{"--width is -1"}},
		{"--width 1", []string{`"conv1.weight" has the shape`}}, {"--stem smal", []string{"--stem", `nearest: "small"`}},
		{"--batch 8", []string{"unknown flag --batch"}},
		{"--block cee", []string{`unknown block "cee"`}}, {"--device tpu", []string{"tpu"}},
	} {
		flags := strings.Fields(view.flags)
		mustBeRefused(t, "predict "+view.flags, slices.Concat([]string{"predict"}, own, []string{at("a.png")}, flags), view.want...)
		mustBeRefused(t, "eval "+view.flags, slices.Concat([]string{"eval"}, own, []string{"--data", at("p")}, flags), view.want...)
	}
	for _, bad := range []struct {
		args string
		want []string
	}{
		{"eval --data empty", []string{"empty", "has no class folders"}},
		{"eval --data a.png", []string{"a.png"}},
		{"eval --data p/test/c0", []string{"c0"}},
		{"eval", []string{"--data is missing"}},
		{"predict", []string{"no images given"}},
		{"predict p", []string{"p"}},
		{"predict a.png --names l.npy", []string{"l.npy"}},
		{"forward --input x.npy", []string{"--input and --output are required"}},
		{"forward --input x.npy --output x.npy", []string{"x.npy", "is the input"}},
		{"forward --input x.npy --output hard.npy", []string{"hard.npy", "is the input"}},
		{"forward --input soft.npy --output x.npy", []string{"x.npy", "is the input"}},
		{"forward --input x.npy --output w.npy", []string{"w.npy", "is the input", filepath.Base(file)}},
		{"forward --input x.npy --output empty", []string{"is a folder"}},
		{"forward --input x.npy --output missing/y.npy", []string{"missing", "no such file"}},
		{"forward --input nan.npy --output y.npy", []string{"nan.npy: element (0, 1, 1, 5) is NaN"}},
		{"forward --input l.npy --output y.npy", []string{"the shape is [2], expected (N, 3, H, W)"}},
		{"forward --input empty --output y.npy", []string{"empty"}},
		{"forward --input a.png --output y.npy", []string{"not a .npy file"}},
		{"gradients --input x.npy --output g", []string{"--input, --labels and --output are required"}},
		{"gradients --input x.npy --labels l.npy --output l.npy", []string{"l.npy", "is the input"}},
		{"gradients --input x.npy --labels l.npy --output soft.npy", []string{"soft.npy", "is the input"}},
		{"gradients --input x.npy --labels l.npy --output empty", []string{"is a folder"}},
		{"gradients --input x.npy --labels one.npy --output g", []string{"one.npy: the shape is [1], expected (2)"}},
		{"gradients --input x.npy --labels half.npy --output g", []string{"half.npy: element 0 is 0.5"}},
		{"gradients --input x.npy --labels three.npy --output g", []string{"three.npy: element 1 is 3, expected a class from 0 to 2"}},
		{"gradients --input nan.npy --labels one.npy --output g", []string{"nan.npy: element (0, 1, 1, 5) is NaN"}},
		{"stats --to x.npy", []string{"--to: ", "is a file, expected a folder"}},
		{"stats --to a.png", []string{"--to: ", "is a file, expected a folder"}},
	} {
		words := strings.Fields(bad.args)
		for i, w := range words[1:] {
			if !strings.HasPrefix(w, "--") && w != "" {
				words[i+1] = at(w)
			}
		}
		mustBeRefused(t, bad.args, slices.Concat(words[:1], own, words[1:]), bad.want...)
	}
	if after := contents(t, dir); !slices.Equal(after, before) {
		t.Errorf("files changed: %q, before %q", after, before)
	}
}

// contents lists the files of a folder with what is in them.
func contents(t *testing.T, dir string) (list []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.npy"))
	if err != nil {
		t.Fatal(err)
	}
	all, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, name := range append(names, filepath.Join(dir, "resnet18-imagenet.safetensors")) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, name+string(text))
	}
	return append(list, all...)
}

// Outputs that are not finite are no results: exit status 1, a line that names the layer, and no file.
func TestNotFinite(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CENET_ROOT", dir)
	at := func(name string) string { return filepath.Join(dir, name) }
	thirds(t, at("p"), 32, 32)
	writePNG(t, 32, 32, at("a.png"))
	setup, net := foreignNetwork(t, "resnet20", "imagenet", 3, 3)
	for _, p := range net.Params {
		if p.Path == "fc/weight" {
			for i := range p.Data {
				p.Data[i] = math.MaxFloat32
			}
		}
	}
	file := at("w.safetensors")
	if err := weights.Write(network.Of(setup), net, nil, file); err != nil {
		t.Fatal(err)
	}
	ones := make([]float32, 2*3*32*32)
	for i := range ones {
		ones[i] = float32(i % 5)
	}
	x, l := writeArray(t, at("x.npy"), ones, 2, 3, 32, 32), writeArray(t, at("l.npy"), []float32{0, 2}, 2)
	for _, args := range [][]string{
		{"eval", "--size", "32", "--data", at("p")}, {"predict", "--size", "32", at("a.png")}, {"forward", "--input", x, "--output", at("y")},
		{"gradients", "--input", x, "--labels", l, "--output", at("y")},
	} {
		var out, errs bytes.Buffer
		args = append(args, "--model", "resnet20", "--width", "0.125", "--weights", file)
		status := Run(args, &out, &errs)
		lines := strings.Split(strings.TrimSuffix(errs.String(), "\n"), "\n")
		if last := lines[len(lines)-1]; status != 1 || out.Len() > 0 || !strings.Contains(last, "not finite") ||
			!strings.Contains(last, file) || len(lines) > 2 {
			t.Errorf("%s: exit status %d, %q, %q", args[0], status, out.String(), errs.String())
		}
	}
	if _, err := os.Stat(at("y")); err == nil {
		t.Error("a file was written")
	}
}

// The summary is of the network that its flags describe: size, stem, width, channels and classes. The paper's figures are next to its own
// network's alone.
func TestSummaryFlags(t *testing.T) {
	for _, c := range []struct {
		args string
		want []string
	}{
		{"vgg11 --stem small --size 32 --classes 10", []string{"1×1×1×10 ",
			"params 9228362,"}}, // a weight of 3×3 for each pair of channels, γ and β, and 512·10 + 10
		{"resnet20 --size 32x96 --channels 1 --classes 3", []string{"1×32×96×16 ", "1×8×24×64 ", "1×1×1×3 "}},
		{"resnet18 --width 0.5", []string{"1×112×112×32 "}},
	} {
		out, _ := must(t, append([]string{"summary"}, strings.Fields(c.args)...)...)
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("%s: no %q in %s", c.args, want, out)
			}
		}
		if strings.Contains(out, "the paper") {
			t.Errorf("%s: compared with the paper's network", c.args)
		}
	}
	for args, want := range map[string]string{
		"vgg11 --stem small": "fc: takes images of 1×1×512, not 1×1×25088", "vgg11 --size 0": "--size", "resnet18 --size 32x": "--size",
		"resnet18 --channels 0": "--channels",
		"resnet18 --classes -1": "--classes", "resnet18 --stem tiny": "--stem is", "resnet18 --width inf": "--width is +Inf",
		"vgg11 --stem strided": "has no stride",
	} {
		mustBeRefused(t, args, append([]string{"summary"}, strings.Fields(args)...), want)
	}
}
