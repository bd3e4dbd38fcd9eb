package dataset

import "fmt"

// A Set is a labelled set of images, all of one size. It is held in memory, or streamed: then its images are decoded
// from files when a Loader asks for them.
type Set struct {
	Height, Width, Channels int

	Pixels  []uint8  // N·H·W·C bytes, NHWC; nil where the set is streamed
	Labels  []int    // N indices into Classes
	Classes []string // a name for each class

	files  []*imageFile // N, where the set is streamed
	resize int          // side to which the shorter side of a file is resized before the centre is cut out; 0: as it is
}

// Streamed reports whether the images stay in files.
func (s *Set) Streamed() bool { return s.files != nil }

// Len is the number of images, N.
func (s *Set) Len() int { return len(s.Labels) }

// Padded is the size of the images with the given number of pixels added on every side.
func (s *Set) Padded(pad int) (height, width int) { return s.Height + 2*pad, s.Width + 2*pad }

// imageSize is the number of bytes of one image, H·W·C.
func (s *Set) imageSize() int { return s.Height * s.Width * s.Channels }

// check panics when the parts of s do not fit each other.
func (s *Set) check() {
	switch {
	case s.Height < 1 || s.Width < 1 || s.Channels < 1:
		panic("dataset: set of images without pixels")
	case s.Streamed() && len(s.files) != s.Len(), !s.Streamed() && len(s.Pixels) != s.Len()*s.imageSize():
		panic("dataset: pixels and labels of a set differ in number")
	}
	for _, label := range s.Labels {
		if label < 0 || label >= len(s.Classes) {
			panic("dataset: label out of range")
		}
	}
}

// Subset returns a new set with copies of the images of s at indices, in their order; the names of the classes are
// shared. An index may occur more than once. It panics when an index is out of range.
func (s *Set) Subset(indices []int) *Set {
	size := s.imageSize()
	sub := &Set{
		Height: s.Height, Width: s.Width, Channels: s.Channels,
		Labels:  make([]int, 0, len(indices)),
		Classes: s.Classes,
		resize:  s.resize,
	}
	if s.Streamed() {
		sub.files = make([]*imageFile, 0, len(indices))
	} else {
		sub.Pixels = make([]uint8, 0, len(indices)*size)
	}
	for _, i := range indices {
		if i < 0 || i >= s.Len() {
			panic("dataset: index of an image out of range")
		}
		if s.Streamed() {
			sub.files = append(sub.files, s.files[i])
		} else {
			sub.Pixels = append(sub.Pixels, s.Pixels[i*size:(i+1)*size]...)
		}
		sub.Labels = append(sub.Labels, s.Labels[i])
	}
	return sub
}

// TakeBalanced returns a new set with n images of s, from each class its first ones, as many from one as from the
// other, in the order of s. Where n is no multiple of the number of classes, the first classes give one more. The error
// says what is available.
func (s *Set) TakeBalanced(n int) (*Set, error) {
	taken, _, err := s.split(n)
	if err != nil {
		return nil, err
	}
	return s.Subset(taken), nil
}

// split returns the indices of the images that TakeBalanced takes, and of the others.
func (s *Set) split(n int) (taken, rest []int, err error) {
	available := make([]int, len(s.Classes))
	for _, label := range s.Labels {
		available[label]++
	}
	take, err := balance(n, available, s.Classes)
	if err != nil {
		return nil, nil, err
	}
	for i, label := range s.Labels {
		if take[label] > 0 {
			take[label]--
			taken = append(taken, i)
		} else {
			rest = append(rest, i)
		}
	}
	return taken, rest, nil
}

// balance divides n images among the classes: ⌊n/K⌋ or, in the first n mod K of the K classes, one more. The error
// names the first class that has fewer images available, and the most that can be asked for.
func balance(n int, available []int, classes []string) ([]int, error) {
	if n < 1 {
		return nil, fmt.Errorf("%d images asked for, expected at least 1", n)
	}
	if len(available) == 0 {
		return nil, fmt.Errorf("%d images asked for, but there is no class", n)
	}
	take := share(n, len(available))
	for k, want := range take {
		if want > available[k] {
			return nil, fmt.Errorf("%d images in %d equal classes asked for, but class %q has %d of the %d needed; at most %d can be taken",
				n, len(available), classes[k], available[k], want, maxBalanced(available))
		}
	}
	return take, nil
}

// share divides n into k parts that differ by one at most, the larger ones first.
func share(n, k int) []int {
	parts := make([]int, k)
	for i := range parts {
		parts[i] = n / k
		if i < n%k {
			parts[i]++
		}
	}
	return parts
}

// maxBalanced is the largest n that balance can divide: K times the smallest class, and one more for each class before
// the first that has no more than the smallest.
func maxBalanced(available []int) int {
	first := 0
	for k, a := range available {
		if a < available[first] {
			first = k
		}
	}
	return len(available)*available[first] + first
}
