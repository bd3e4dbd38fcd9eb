package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// openFashionMNISTFull opens the whole of Fashion-MNIST, 60,000 training and 10,000 test images, 28×28 and grey, from
// the four IDX files in dir, compressed by gzip or not, under the names by which they are distributed.
func openFashionMNISTFull(dir string, o Options) (*Data, error) {
	const layout = "expected a directory with train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and " +
		"t10k-labels-idx1-ubyte, each as it is or as .gz"
	if dir == "" {
		return nil, fmt.Errorf("no directory given: %s", layout)
	}
	if info, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("%w: %s", err, layout)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is no directory: %s", dir, layout)
	}
	d, err := fashionMNIST("fashion-mnist-full", os.DirFS(dir), "", o)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w: %s", dir, err, layout)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return d, nil
}
