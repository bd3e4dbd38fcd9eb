package dataset

import (
	"embed"
	"fmt"
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

// openFashionMNIST opens the embedded part of Fashion-MNIST: 28×28 grey pictures of 10 classes, 10,000 for training and
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
	if o.Size != 0 && o.Size != 28 {
		return nil, fmt.Errorf("%s: size %d, but its pictures are 28×28 and are not resized", name, o.Size)
	}
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	d := &Data{Name: name}
	for _, part := range []struct {
		set    **Set
		prefix string
		what   string
		n      int
	}{
		{&d.Train, "train", "training", o.Train},
		{&d.Test, "t10k", "test", o.Test},
	} {
		s, err := openIDX(fashionMNISTFiles, "fashionmnist/"+part.prefix+"-images-idx3-ubyte.gz",
			"fashionmnist/"+part.prefix+"-labels-idx1-ubyte.gz", fashionMNISTClasses)
		if err != nil {
			return nil, err
		}
		if part.n > 0 {
			if s, err = s.TakeBalanced(part.n); err != nil {
				return nil, fmt.Errorf("%s: %s set: %w", name, part.what, err)
			}
		}
		*part.set = s
	}
	if o.Progress != nil {
		total := d.Train.Len() + d.Test.Len()
		o.Progress(total, total)
	}
	return d, nil
}
