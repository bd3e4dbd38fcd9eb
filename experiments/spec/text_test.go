package spec

import "testing"

func TestNearestKey(t *testing.T) {
	known := append(append(keys(headSettings), keys(trialSettings)...), "ce.centre", "ce.steps")
	for key, want := range map[string]string{
		"lr":             "train.lr",
		"train.seeds":    "seeds",
		"model.bakbone":  "model.backbone",
		"train.momentun": "train.momentum",
		"warmup":         "train.warmup_epochs",
		"model.bloc":     "model.block",
		"ce.center":      "ce.centre",
		"seed":           "seeds",
	} {
		if got := nearestKey(key, known); got != want {
			t.Errorf("nearestKey(%q) = %q, want %q", key, got, want)
		}
	}
}
