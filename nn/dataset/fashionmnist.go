package dataset

import (
	"embed"
	"fmt"
	"io/fs"
)

// The part of Fashion-MNIST described in fashionmnist/PROVENANCE.md, with its licence.
//
//go:generate go run fashionmnist/cut.go -from /usr/share/datasets/fashion-mnist -to fashionmnist
//go:embed fashionmnist/*.gz fashionmnist/LICENSE
var fashionMNISTFiles embed.FS

// fashionMNISTClasses are the names that the authors gave to the labels 0 … 9.
var fashionMNISTClasses = []string{
	"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
}

// openFashionMNIST opens the embedded part of Fashion-MNIST: 28×28 grey images of 10 classes, 10,000 for training and
// 5,000 for test. There is no directory to name and no size to choose.
//
// References:
//
//	H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms.
//	https://arxiv.org/abs/1708.07747
func openFashionMNIST(dir string, o Options) (*Data, error) {
	const name = "fashion-mnist"
	if dir != "" {
		return nil, fmt.Errorf("%s is built in and takes no directory, but %q is given", name, dir)
	}
	return fashionMNIST(name, fashionMNISTFiles, "fashionmnist/", o)
}

// fashionMNIST opens the source called name from the four IDX files of fsys whose names, as distributed, follow prefix.
func fashionMNIST(name string, fsys fs.FS, prefix string, o Options) (*Data, error) {
	if err := o.checkFixed(28, 1); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	d := &Data{Name: name}
	for _, part := range []struct {
		set  **Set
		name string
	}{
		{&d.Train, "train"},
		{&d.Test, "t10k"},
	} {
		images, labels := part.name+"-images-idx3-ubyte", part.name+"-labels-idx1-ubyte"
		s, err := openIDX(fsys, zipped(fsys, prefix+images), zipped(fsys, prefix+labels), fashionMNISTClasses)
		if err != nil {
			return nil, err
		}
		if s.Height != 28 || s.Width != 28 {
			return nil, fmt.Errorf("%s: images of %d×%d pixels, expected 28×28", prefix+images, s.Width, s.Height)
		}
		*part.set = s
	}
	return d, o.finish(d)
}

// zipped is the name of the compressed file, unless only the plain one is there.
func zipped(fsys fs.FS, name string) string {
	if _, err := fs.Stat(fsys, name+".gz"); err != nil {
		if _, err := fs.Stat(fsys, name); err == nil {
			return name
		}
	}
	return name + ".gz"
}
