package dataset

import (
	"fmt"
	"io/fs"

	"cenet/nn/dataset/idx"
)

// openIDX reads a set of grey images from two IDX files of fsys, images (N,H,W) and labels (N). An error is one line
// that names the file.
func openIDX(fsys fs.FS, imageFile, labelFile string, classes []string) (*Set, error) {
	images, err := readIDX(fsys, imageFile, 3)
	if err != nil {
		return nil, err
	}
	marks, err := readIDX(fsys, labelFile, 1)
	if err != nil {
		return nil, err
	}
	if images.Dims[0] != marks.Dims[0] {
		return nil, fmt.Errorf("%s: %d labels, expected %d, one for each image of %s", labelFile, marks.Dims[0], images.Dims[0], imageFile)
	}
	s := &Set{
		Height: images.Dims[1], Width: images.Dims[2], Channels: 1,
		Pixels:  images.Data,
		Labels:  make([]int, len(marks.Data)),
		Classes: classes,
	}
	for i, label := range marks.Data {
		if int(label) >= len(classes) {
			return nil, fmt.Errorf("%s: label %d of image %d, expected less than %d", labelFile, label, i, len(classes))
		}
		s.Labels[i] = int(label)
	}
	return s, nil
}

func readIDX(fsys fs.FS, name string, dims int) (idx.Array, error) {
	file, err := fsys.Open(name)
	if err != nil {
		return idx.Array{}, err
	}
	defer file.Close()
	return idx.Read(file, name, dims)
}
