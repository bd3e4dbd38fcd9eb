package train_test

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cenet/nn"
	"cenet/nn/train"
)

// A loss that is not finite ends the training with epoch, step and layer, and without another step.
func TestNotFinite(t *testing.T) {
	r := newRig(t)
	steps := 0
	before := ""
	end, err := r.Fit(context.Background(), r.Context, train.Position{}, train.Hooks{Step: func() {
		if steps++; steps == 7 { // the second of the second epoch
			r.Net.Params[0].Data[0] = float32(math.NaN())
			before = r.Net.Params[1].Path
		}
	}})
	var diverged *train.NotFiniteError
	if !errors.As(err, &diverged) || diverged.Epoch != 2 || diverged.Step != 3 || !math.IsNaN(diverged.Loss) ||
		diverged.Layer+"/weight" != r.Net.Params[0].Path || !strings.Contains(err.Error(), "epoch 2, step 3") {
		t.Errorf("%v, %+v", err, diverged)
	}
	if len(end.Epochs) != 1 || steps != 7 || before == "" {
		t.Errorf("%d epochs, %d steps", len(end.Epochs), steps)
	}
	for _, v := range r.Net.Params[1].Data {
		if math.IsNaN(float64(v)) {
			t.Fatal("the step was taken")
		}
	}
}

// A test loss that is not finite ends the training after the last epoch alone.
func TestTestLossNotFinite(t *testing.T) {
	for _, broken := range []int{1, 2} {
		r := newRig(t)
		steps := 0
		mean := r.Net.Buffers[0]
		keep := mean.Data[0]
		end, err := r.Fit(context.Background(), r.Context, train.Position{}, train.Hooks{
			Step: func() {
				if steps++; steps == broken*r.Steps() {
					keep, mean.Data[0] = mean.Data[0], float32(math.Inf(-1))
				}
			},
			Done: func(train.Epoch) { mean.Data[0] = keep },
		})
		var diverged *train.NotFiniteError
		if broken == 2 {
			if !errors.As(err, &diverged) || diverged.Epoch != 2 || diverged.Step != 0 || diverged.Layer == "" {
				t.Errorf("after the last epoch: %v", err)
			}
			continue
		}
		if err != nil || len(end.Epochs) != 2 || !math.IsNaN(end.Epochs[0].TestLoss) && !math.IsInf(end.Epochs[0].TestLoss, 0) {
			t.Fatalf("after the first epoch: %v, %+v", err, end.Epochs)
		}
		path := filepath.Join(t.TempDir(), "checkpoint")
		if err := r.Save(path, end); err != nil {
			t.Fatal(err)
		}
		at, err := r.Load(path)
		if err != nil || at.Epochs[1] != end.Epochs[1] || math.IsNaN(at.Epochs[0].TestLoss) != math.IsNaN(end.Epochs[0].TestLoss) {
			t.Errorf("%+v, %v, want %+v", at, err, end)
		}
	}
}

// Whatever parameter is NaN, infinite or enormous, the training goes on with a finite loss or ends with the path of a layer. A NaN
// always ends it, and where it is a weight its layer is the one.
func TestNotFiniteNamesLayer(t *testing.T) {
	count := len(newRig(t).Net.Params)
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e30} {
		for i := range count {
			r := newRig(t)
			p := r.Net.Params[i]
			p.Data[0] = float32(v)
			before := r.Net.Params[0].Data[1]
			r.Begin(0, 0)
			loss, err := r.Step(r.Context, 0, 0)
			if err == nil && !math.IsNaN(v) && !math.IsNaN(loss) && !math.IsInf(loss, 0) {
				continue
			}
			var diverged *train.NotFiniteError
			if !errors.As(err, &diverged) || !slices.ContainsFunc(r.Net.Layers, func(l nn.LayerInfo) bool { return l.Path == diverged.Layer }) {
				t.Errorf("%v in %s: loss %v, error %v", v, p.Path, loss, err)
				continue
			}
			if layer, ok := strings.CutSuffix(p.Path, "/weight"); ok && math.IsNaN(v) && diverged.Layer != layer {
				t.Errorf("%v in %s: %s is named", v, p.Path, diverged.Layer)
			}
			if i > 0 && r.Net.Params[0].Data[1] != before {
				t.Errorf("%v in %s: the step was taken", v, p.Path)
			}
		}
	}
}
