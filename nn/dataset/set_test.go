package dataset

import (
	"bytes"
	"slices"
	"testing"
)

func TestSubset(t *testing.T) {
	s := madeSet(6, 2, 3, 2, 3)
	sub := s.Subset([]int{4, 0, 4})
	if sub.Len() != 3 || !slices.Equal(sub.Labels, []int{1, 0, 1}) {
		t.Fatalf("labels %v", sub.Labels)
	}
	size := s.imageSize()
	want := slices.Concat(s.Pixels[4*size:5*size], s.Pixels[:size], s.Pixels[4*size:5*size])
	if !bytes.Equal(sub.Pixels, want) {
		t.Error("other pixels")
	}
	sub.Labels[0], sub.Pixels[0] = 2, sub.Pixels[0]+1
	if s.Labels[4] != 1 || s.Pixels[4*size] != want[0] {
		t.Error("a subset shares memory with its set")
	}
	mustPanic(t, "out of range", func() { s.Subset([]int{6}) })
	mustPanic(t, "out of range", func() { s.Subset([]int{-1}) })
}

func TestTakeBalanced(t *testing.T) {
	s := madeSet(0, 1, 1, 1, 3)
	s.Labels = []int{2, 2, 2, 0, 1, 1, 0, 2, 1, 0}
	for i := range s.Labels {
		s.Pixels = append(s.Pixels, uint8(i))
	}
	for n, want := range map[int][]uint8{
		1: {3},
		3: {0, 3, 4},
		5: {0, 3, 4, 5, 6},
		6: {0, 1, 3, 4, 5, 6},
		9: {0, 1, 2, 3, 4, 5, 6, 8, 9},
	} {
		got, err := s.TakeBalanced(n)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Pixels, want) {
			t.Errorf("%d taken: %v, want %v", n, got.Pixels, want)
		}
	}
	_, err := s.TakeBalanced(10)
	mustFail(t, err, `"class 0" has 3 of the 4 needed`, "at most 9")
	_, err = s.TakeBalanced(0)
	mustFail(t, err, "at least 1")
	_, err = (&Set{Height: 1, Width: 1, Channels: 1}).TakeBalanced(1)
	mustFail(t, err, "no class")
}

// What maxBalanced promises can be taken, and one more cannot.
func TestMostBalanced(t *testing.T) {
	for _, available := range [][]int{{3}, {3, 3}, {4, 3, 3}, {3, 4, 3}, {5, 5, 4}, {0, 2}, {2, 0}, {9, 9, 0, 9}} {
		classes := make([]string, len(available))
		n := maxBalanced(available)
		if _, err := balance(n, available, classes); n > 0 && err != nil {
			t.Errorf("%v: %v", available, err)
		}
		if _, err := balance(n+1, available, classes); err == nil {
			t.Errorf("%v: more than %d can be taken", available, n)
		}
	}
}

func TestFingerprint(t *testing.T) {
	made := func() *Data { return &Data{Name: "a", Train: madeSet(4, 2, 3, 1, 2), Test: madeSet(2, 2, 3, 1, 2)} }
	first := made().Fingerprint()
	// Pinned: the fingerprint is part of the identity of records that others have kept.
	if want := "7e5e5bf5eedbab0bc01c87058e2789ac40a3a4d9b813ebd4d702a6724605e405"; first != want {
		t.Errorf("fingerprint %s, want %s", first, want)
	}
	same := made()
	same.Name, same.Train.Classes = "b", []string{"x", "y"}
	if same.Fingerprint() != first {
		t.Error("names change the fingerprint")
	}
	for name, change := range map[string]func(d *Data){
		"pixel":   func(d *Data) { d.Train.Pixels[3]++ },
		"label":   func(d *Data) { d.Test.Labels[0] = 1 },
		"size":    func(d *Data) { d.Train.Height, d.Train.Width = 3, 2 },
		"classes": func(d *Data) { d.Train.Classes = []string{"x", "y", "z"} },
		"fewer":   func(d *Data) { d.Train = d.Train.Subset([]int{0, 1, 2}) },
		"swapped": func(d *Data) { d.Train, d.Test = d.Test, d.Train },
	} {
		d := made()
		change(d)
		if d.Fingerprint() == first {
			t.Errorf("%s: the same fingerprint", name)
		}
	}
}

// What is held out is balanced, and with the rest it is the training set; the test images are gone.
func TestHoldOut(t *testing.T) {
	train := &Set{Height: 1, Width: 1, Channels: 1, Classes: []string{"a", "b"},
		Labels: []int{0, 0, 0, 1, 1, 0, 1}, Pixels: []uint8{10, 11, 12, 13, 14, 15, 16}}
	test := train.Subset([]int{0})
	data, err := (&Data{Train: train, Test: test}).HoldOut(3)
	if err != nil {
		t.Fatal(err)
	}
	if want := []uint8{10, 11, 13}; !slices.Equal(data.Test.Pixels, want) {
		t.Errorf("held out %v, not %v", data.Test.Pixels, want)
	}
	if want := []uint8{12, 14, 15, 16}; !slices.Equal(data.Train.Pixels, want) {
		t.Errorf("left %v, not %v", data.Train.Pixels, want)
	}
	_, err = (&Data{Train: train, Test: test}).HoldOut(100)
	mustFail(t, err, "at most 7")
	_, err = (&Data{Train: train.Subset([]int{0, 3}), Test: test}).HoldOut(2)
	mustFail(t, err, "none would be left")
}
