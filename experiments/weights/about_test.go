package weights

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cenet/experiments/network"
	"cenet/experiments/spec"
	"cenet/nn"
	"cenet/nn/kernel"
	"cenet/nn/model"
	"cenet/nn/npy"
	"cenet/nn/safetensors"
)

// sideOf is that of small images which a backbone takes with a stem; 0 where it has no such stem.
func sideOf(backbone, stem string) int {
	plain := backbone == "alexnet" || strings.HasPrefix(backbone, "vgg")
	switch {
	case stem == "imagenet" && plain:
		return 224
	case stem == "strided" && plain:
		return 0
	case stem != "small":
		return 64
	}
	return 32
}

// families has one backbone of each family. In these every block is placed; in the others, only CE.
var families = []string{"resnet20", "resnet50", "mobilenetv2", "shufflenetv2-0.5", "vgg11"}

// each calls f with every backbone, stem, block of that backbone and number of channels; a short test takes some of them.
func each(t *testing.T, f func(t *testing.T, s *spec.Setup, in nn.Shape)) {
	for _, backbone := range slices.Sorted(maps.Keys(model.Backbones)) {
		if testing.Short() && !slices.Contains([]string{"alexnet", "resnet18", "mobilenetv2", "shufflenetv2-0.5", "vgg11"}, backbone) {
			continue
		}
		for _, stem := range network.Stems {
			for _, block := range slices.Sorted(maps.Keys(network.Blocks)) {
				side := sideOf(backbone, stem)
				if side == 0 || block != "none" && block != "ce" && (testing.Short() || side > 64 || !slices.Contains(families, backbone)) {
					continue
				}
				if block == "ce" && side > 64 {
					continue
				}
				setup, err := network.Paper(backbone, block)
				if err != nil {
					t.Fatal(err)
				}
				setup.Model.Width, setup.Model.Stem = 0.125, stem
				if strings.HasPrefix(backbone, "wrn") {
					setup.Model.Width = 0.05
				}
				for _, channels := range []int{1, 3} {
					t.Run(fmt.Sprintf("%s/%s/%s/%d", backbone, stem, block, channels), func(t *testing.T) {
						f(t, &setup, nn.Shape{N: 2, H: side, W: side, C: channels})
					})
				}
			}
		}
	}
}

// A file says all that its network needs: opened by its name alone, the network gives the same outputs.
func TestExportsAreReadBack(t *testing.T) {
	each(t, func(t *testing.T, s *spec.Setup, in nn.Shape) {
		net, err := network.New(s, in, 5, nn.Options{Seed: 3, Workers: 1, Inference: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range net.Buffers {
			if strings.HasSuffix(b.Path, "/running_scale") {
				kernel.Fill(b.Data, 1) // as after training
			}
			for i := range b.Data {
				b.Data[i] += 0.001 * float32(i%7+1)
			}
		}
		net.Prepare()
		x := nn.NewTensor(in)
		for i := range x.Data {
			x.Data[i] = float32(i*7919%1024)/512 - 1
		}
		c := nn.NewContext(1)
		defer c.Close()
		want := slices.Clone(net.Forward(c, x).Data)
		if !kernel.Finite(want) {
			t.Fatal("the outputs are not finite")
		}

		var names spec.Names
		network.Register(&names)
		about := &About{Settings: network.Settings(names.SettingsOf(s)), Classes: []string{"a", "b", "c", "d", "e"}, Channels: in.C,
			Height: in.H - 4, Width: in.W - 4, Pad: 2,
			Mean: make([]float64, in.C), Deviation: slices.Repeat([]float64{1}, in.C)}
		dir := t.TempDir()
		file, input, output := filepath.Join(dir, "w.safetensors"), filepath.Join(dir, "x.npy"), filepath.Join(dir, "y.npy")
		if err := Write(network.Of(s), net, about, file); err != nil {
			t.Fatal(err)
		}
		planes := make([]float32, len(x.Data))
		for i := range planes {
			planes[i] = x.Data[(i/(in.C*in.H*in.W)*in.H*in.W+i%(in.H*in.W))*in.C+i/(in.H*in.W)%in.C]
		}
		f, err := os.Create(input)
		if err != nil {
			t.Fatal(err)
		}
		if err := npy.Write(f, []int{in.N, in.C, in.H, in.W}, planes); err != nil {
			t.Fatal(err)
		}
		f.Close()

		var again spec.Setup
		v := &Trained{Network: network.Of(&again), Weights: file}
		if v.About, err = ReadAbout(file); err == nil {
			again, err = network.FromSettings(v.About.Settings)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Forward(input, output); err != nil {
			t.Fatal(err)
		}
		if _, got, err := readArray(output); err != nil || !slices.Equal(got, want) {
			t.Errorf("outputs %v, %v, want %v", got, err, want)
		}
	})
}

// A matrix after what was an image has its columns channel by channel, as PyTorch flattens: its pixels are those of the layer before.
func TestFlattenedOrder(t *testing.T) {
	each(t, func(t *testing.T, s *spec.Setup, in nn.Shape) {
		layers, _, err := network.Describe(*s, in, 5)
		if err != nil {
			t.Fatal(err)
		}
		pixels, found := 1, false
		for _, l := range layers {
			if l.Kind == "linear" && !strings.Contains(l.Path, "/block") {
				found = true
				if got := network.Of(s).Names().Flattened(l.Path + "/weight"); got != pixels {
					t.Errorf("%s takes %d pixels, the layer before has %d", l.Path, got, pixels)
				}
			}
			if l.Kind != "flatten" {
				pixels = l.Out.H * l.Out.W
			}
		}
		if !found {
			t.Error("no linear layer")
		}
	})
}

// What a file says must be whole: means for its channels, settings that exist.
func TestAboutRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	for text, want := range map[string]string{
		`{`: "unexpected EOF", `{"channels": 3, "size": 32, "mean": [0, 0], "deviation": [1, 1, 1]}`: "2 means",
		`{"channels": 1, "size": 32, "mean": [0], "deviation": [0]}`:                              "std: 0, expected",
		`{"channels": 1, "height": 32, "width": 96, "resize": 40, "mean": [0], "deviation": [1]}`: "resize: 40",
		`{"channels": 1, "height": 32, "mean": [0], "deviation": [1]}`:                            "size: 32×0",
		`{"channels": 1, "height": 32, "width": 1000000000, "mean": [0], "deviation": [1]}`:       "expected sides from 1 to 8192",
		`{"channels": 1, "size": 32, "mean": [33.3], "deviation": [1]}`:                           "divide by 255",
		`{"channels": 0, "size": 32}`:                                                             "0 channels",
	} {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		err = safetensors.Write(f, []safetensors.Tensor{{Name: "a", Shape: []int{1}, Data: []float32{1}}}, map[string]string{aboutKey: text})
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ReadAbout(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	_, err := network.FromSettings(map[string]any{"model.backbon": "resnet18"})
	if err == nil || !strings.Contains(err.Error(), "model.backbone") {
		t.Errorf("an unknown setting: %v", err)
	}
}

// A file that was written when networks took square images alone is read as before.
func TestSquareAbout(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	for text, want := range map[string]View{
		`{"channels": 1, "size": 32, "mean": [0.5], "deviation": [1]}`: {Height: 32, Width: 32, Resize: 32,
			Mean: []float64{0.5}, Deviation: []float64{1}},
		`{"channels": 1, "size": 32, "resize": 40, "pad": 2, "mean": [0.5], "deviation": [1]}`: {Height: 32, Width: 32, Resize: 40, Pad: 2,
			Mean: []float64{0.5}, Deviation: []float64{1}},
		`{"channels": 1, "height": 8, "width": 12, "pad": 2, "mean": [0.5], "deviation": [1]}`: {Height: 8, Width: 12, Pad: 2,
			Mean: []float64{0.5}, Deviation: []float64{1}},
	} {
		err := writeOutput(path, func(w io.Writer) error {
			return safetensors.Write(w, []safetensors.Tensor{{Name: "a", Shape: []int{1}, Data: []float32{1}}}, map[string]string{aboutKey: text})
		})
		if err != nil {
			t.Fatal(err)
		}
		about, err := ReadAbout(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := about.view(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}
