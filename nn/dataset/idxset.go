package dataset

import (
	"fmt"
	"io/fs"

	"cenet/nn/dataset/idx"
)

// openIDX reads a set of grey pictures from two IDX files of fsys, pictures (N,H,W) and labels (N). An error is one line
// that names the file.
func openIDX(fsys fs.FS, images, labels string, classes []string) (*Set, error) {
	pictures, err := readIDX(fsys, images, 3)
	if err != nil {
		return nil, err
	}
	marks, err := readIDX(fsys, labels, 1)
	if err != nil {
		return nil, err
	}
	if pictures.Dims[0] != marks.Dims[0] {
		return nil, fmt.Errorf("%s: %d labels, expected %d, one for each picture of %s", labels, marks.Dims[0], pictures.Dims[0], images)
	}
	s := &Set{
		Height: pictures.Dims[1], Width: pictures.Dims[2], Channels: 1,
		Pixels:  pictures.Data,
		Labels:  make([]int, len(marks.Data)),
		Classes: classes,
	}
	for i, label := range marks.Data {
		if int(label) >= len(classes) {
			return nil, fmt.Errorf("%s: label %d of picture %d, expected less than %d", labels, label, i, len(classes))
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
