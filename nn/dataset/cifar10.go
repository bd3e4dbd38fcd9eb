package dataset

import (
	"cenet/nn/dataset/cifar"
	"cenet/nn/dataset/fetch"
)

// cifar10Archive is the binary version of CIFAR-10 as its authors distribute it.
var cifar10Archive = fetch.File{
	URL:    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
	Name:   "cifar-10-binary.tar.gz",
	Size:   170_052_171,
	SHA256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
}

// cifar10 is CIFAR-10: 10 classes, 50,000 images for training and 10,000 for test.
var cifar10 = &cifarSource{
	name: "cifar10", title: "CIFAR-10", format: cifar.CIFAR10, archive: &cifar10Archive,
	parts: []cifar.Part{
		{Name: "data_batch_1.bin", Records: 10_000},
		{Name: "data_batch_2.bin", Records: 10_000},
		{Name: "data_batch_3.bin", Records: 10_000},
		{Name: "data_batch_4.bin", Records: 10_000},
		{Name: "data_batch_5.bin", Records: 10_000},
		{Name: "test_batch.bin", Records: 10_000},
	},
}
