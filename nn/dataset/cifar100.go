package dataset

import (
	"cenet/nn/dataset/cifar"
	"cenet/nn/dataset/fetch"
)

// cifar100Archive is the binary version of CIFAR-100 as its authors distribute it.
var cifar100Archive = fetch.File{
	URL:    "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
	Name:   "cifar-100-binary.tar.gz",
	Size:   168_513_733,
	SHA256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
}

// cifar100Norm is the mean and the standard deviation of the training images, by which networks for CIFAR-100 are published
// with: those that Normalisation computes of all 50,000, to four places.
//
// References:
//
//	weiaicunzai: pytorch-cifar100, conf/global_settings.py, rounded. https://github.com/weiaicunzai/pytorch-cifar100
var cifar100Norm = Normalisation{Mean: []float64{0.5071, 0.4865, 0.4409}, Std: []float64{0.2673, 0.2564, 0.2762}}

// cifar100Parts are its files: 50,000 images for training and 10,000 for test.
var cifar100Parts = []cifar.Part{{Name: "train.bin", Records: 50_000}, {Name: "test.bin", Records: 10_000}}

// cifar100 is CIFAR-100 with its 100 fine classes, cifar100Coarse with the 20 groups of five that they form. The latter reads
// class folders of either.
var (
	cifar100 = &cifarSource{
		name: "cifar100", title: "CIFAR-100", format: cifar.CIFAR100, archive: &cifar100Archive, parts: cifar100Parts, norm: cifar100Norm,
	}
	cifar100Coarse = &cifarSource{
		name: "cifar100-coarse", title: "CIFAR-100, coarse", format: cifar.CIFAR100Coarse, archive: &cifar100Archive, parts: cifar100Parts,
		norm: cifar100Norm,
	}
)
