package spec

import (
	"strings"
	"testing"
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"abc", "", 3},
		{"kitten", "sitting", 3},
		{"resnet81", "resnet18", 1}, // a swap
		{"ca", "abc", 3},            // each place is edited once at most
		{"ResNet18", "resnet18", 0},
		{"größe", "grosse", 3},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
		if there, back := distance(c.a, c.b), distance(c.b, c.a); there != back {
			t.Errorf("distance of %q and %q: %d there, %d back", c.a, c.b, there, back)
		}
	}
	if got := distance(strings.Repeat("a", 1<<20), "b"); got != longestWord {
		t.Errorf("distance of a page = %d, want %d", got, longestWord)
	}
}

func TestNearest(t *testing.T) {
	known := []string{"resnet18", "resnet50", "resnet101", "vgg16"}
	for word, want := range map[string]string{
		"resnet81": "resnet18",
		"RESNET50": "resnet50",
		"resnet10": "resnet18", // the first of equals
		"vgg":      "vgg16",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
	if got := Nearest("a", nil); got != "" {
		t.Errorf("Nearest of none = %q", got)
	}
}

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
