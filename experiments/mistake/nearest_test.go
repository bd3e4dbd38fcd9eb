package mistake

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
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("Distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
		if there, back := Distance(c.a, c.b), Distance(c.b, c.a); there != back {
			t.Errorf("distance of %q and %q: %d there, %d back", c.a, c.b, there, back)
		}
	}
	if got := Distance(strings.Repeat("a", 1<<20), "b"); got != longestWord {
		t.Errorf("Distance of a page = %d, want %d", got, longestWord)
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
