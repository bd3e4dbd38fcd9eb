package study

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"gonum.org/v1/gonum/mat"

	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/nn"
)

// Effective ranks agree with values computed by hand.
func TestEffectiveRank(t *testing.T) {
	for name, c := range map[string]struct {
		m    []float64
		want float64
	}{
		"independent":          {[]float64{2, 0, 0, 0, 2, 0, 0, 0, 2}, 3},
		"multiples of one":     {[]float64{1, 1, 1, 1, 1, 1, 1, 1, 1}, 1},
		"one without variance": {[]float64{1, 0, 0, 0, 1, 0, 0, 0, 0}, 2},
		"a quarter": {[]float64{3, 0, 0, 0, 1, 0, 0, 0, 0},
			math.Exp(-0.75*math.Log(0.75) - 0.25*math.Log(0.25))},
	} {
		if got := effectiveRank(mat.NewSymDense(3, c.m)); !(math.Abs(got-c.want) < 1e-9) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// The covariance of a batch agrees with its definition. Channels that do not vary are left out.
func TestCovariance(t *testing.T) {
	x := nn.NewTensor(nn.Shape{N: 2, H: 2, W: 1, C: 3})
	copy(x.Data, []float32{1, 2, 7, 3, 6, 7, 5, 10, 7, 7, 14, 7}) // the second is twice the first, the third constant
	var k covariance
	k.add(x, 4)
	sigma, rho := k.matrices()
	want := []float64{5, 10, 20}
	for i, at := range [][2]int{{0, 0}, {0, 1}, {1, 1}} {
		if got := sigma.At(at[0], at[1]); !(math.Abs(got-want[i]) < 1e-12) {
			t.Errorf("Σ%v is %v, want %v", at, got, want[i])
		}
	}
	if n, _ := sigma.Dims(); n != 2 || !(math.Abs(rho.At(0, 1)-1) < 1e-12) {
		t.Errorf("%d channels, correlation %v", n, rho.At(0, 1))
	}
	var half covariance
	if half.add(x, 1); half.count != 2 {
		t.Errorf("%d pixels of two images, want one of each", half.count)
	}
}

// The study trains its networks, and shows a row for every block and a point for every layer.
func TestRank(t *testing.T) {
	names := spectest.Names()
	Checks["rank"].Register("rank", &names)
	dir := spectest.Files(t, map[string]string{"tiny.toml": spectest.Tiny})
	s, err := spec.Load("r.toml", []byte("check = \"rank\"\ntitle = \"t\"\nseeds = [1]\n[rank]\nimages = 20\n[networks]\nexperiment = \""+
		filepath.ToSlash(filepath.Join(dir, "tiny.toml"))+"\"\n"), names)
	if err != nil {
		t.Fatal(err)
	}
	o := run.Options{Out: dir, State: filepath.Join(dir, "state"), Workers: 2}
	log, err := run.NewProgress("rank", o)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close(nil)
	_, sections, err := Checks["rank"].Run(context.Background(), s, o, log)
	if err != nil {
		t.Fatal(err)
	}
	rows := sections[0].Table.Rows
	if len(rows) != 3 {
		t.Fatalf("rows %q", rows)
	}
	for _, p := range sections[0].Charts[0].Panels {
		if len(p.Lines) != 3 || len(p.Lines[0].Y) < 19 {
			t.Fatalf("%s: %d lines", p.Title, len(p.Lines))
		}
		for _, l := range p.Lines {
			for layer, y := range l.Y {
				if !(y > 0 && y <= 100) {
					t.Errorf("%s, %s, layer %d: %v", p.Title, l.Label, layer, y)
				}
			}
		}
	}
}
