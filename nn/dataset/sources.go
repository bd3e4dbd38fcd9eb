package dataset

import (
	"errors"
	"fmt"

	"cenet/nn/dataset/fetch"
)

// Sources are the data sets that can be opened, by name.
var Sources = map[string]Source{
	"fashion-mnist": {
		Label: "Fashion-MNIST",
		About: "10,000 + 5,000 grey images 28×28 of 10 kinds of clothing, a class-balanced part of Fashion-MNIST; built in",
		Open:  openFashionMNIST,
	},
	"fashion-mnist-full": {
		Label:    "Fashion-MNIST",
		About:    "the whole of Fashion-MNIST, 60,000 + 10,000 images, from its four IDX files in DIR",
		NeedsDir: true,
		Open:     openFashionMNISTFull,
	},
	"cifar10": {
		Label: "CIFAR-10",
		About: "50,000 + 10,000 images 32×32 in 10 classes, from the official binary archive, the folder it unpacks to, or class folders of " +
			"images",
		NeedsDir: true,
		Archive:  &cifar10Archive,
		Open:     cifar10.open,
	},
	"cifar100": {
		Label: "CIFAR-100",
		About: "50,000 + 10,000 images 32×32 in 100 classes, from the official binary archive, the folder it unpacks to, or class folders " +
			"of images",
		NeedsDir: true,
		Archive:  &cifar100Archive,
		Open:     cifar100.open,
	},
	"cifar100-coarse": {
		Label:    "CIFAR-100, 20 groups",
		About:    "the images of cifar100 in the 20 groups of five classes, its coarse labels",
		NeedsDir: true,
		Archive:  &cifar100Archive,
		Open:     cifar100Coarse.open,
	},
	"folder": {
		About:    "images in DIR/train/CLASS and DIR/test/CLASS (or DIR/val/CLASS): JPEG, PNG, WebP, BMP, TIFF, PPM or PGM",
		NeedsDir: true,
		Open:     openFolder,
	},
}

// A Source opens a data set.
type Source struct {
	About    string // one line for a list
	Label    string // for people; "": none
	NeedsDir bool   // whether Open reads a directory; if not, dir must be empty
	// Archive is what Fetch downloads, into a directory that Open then reads; nil where nothing can be fetched.
	Archive *fetch.File

	// Open reads the images into memory, or, of a folder that is streamed, the headers of their files. Errors are what a
	// user can mend: one line that names the directory, the file or the option, and what was expected.
	Open func(dir string, o Options) (*Data, error)
}

// Options say which images of a source are taken, and how.
type Options struct {
	// Train and Test are how many images are taken, class-balanced, the first ones of each class (see
	// Set.TakeBalanced); 0: all.
	Train, Test int
	// Size is the side, in pixels, of the square that the images of a folder are resized and cut to; 0: they are taken
	// as they are and must all have the same size.
	Size int
	// Height and Width are the size that the images of a folder must have, where Size is 0; 0: any, all the same.
	Height, Width int
	// Resize is the side, in pixels, to which the shorter side of the images of a folder is resized before the centre of
	// Size×Size pixels is cut out, as 256 is for 224; 0: Size.
	Resize int
	// RandomResizedCrop streams a folder so that training images can be cut at random out of its files: see
	// Augment.Resized, which must be set as well. It needs a Size.
	RandomResizedCrop bool
	// MemoryLimit is how many bytes the pixels of a folder may take; where they take more, it is streamed. 0: 2 GiB.
	MemoryLimit int64
	// MaxBroken is how many broken images of a folder are skipped (see Data.Skipped); one more is an error.
	MaxBroken int
	// Normalise says by which mean and standard deviation the images are normalised: ByTrain, those of the training set
	// ("" as well; of CIFAR-100 the published ones of the whole set), or ByImageNet.
	Normalise string
	// Hashes is a file that keeps hashes of a streamed folder's files, so that one that has not changed is not read again when the
	// folder is opened next; "": none are kept.
	Hashes string
	// Progress, when not nil, is called with how many of the images have been read. It is called from one goroutine at a time,
	// with done rising to total.
	Progress func(done, total int)
}

// Values of Options.Normalise.
const (
	ByTrain    = "train"
	ByImageNet = "imagenet"
)

// maxSide bounds the side to which images are resized, in pixels.
const maxSide = 8192

func (o Options) check() error {
	switch {
	case o.Train < 0:
		return fmt.Errorf("%d training images asked for, expected a positive number or 0 for all", o.Train)
	case o.Test < 0:
		return fmt.Errorf("%d test images asked for, expected a positive number or 0 for all", o.Test)
	case o.Size < 0 || o.Size > maxSide:
		return fmt.Errorf("size %d, expected 0 (as they are) to %d pixels", o.Size, maxSide)
	case o.Resize < 0 || o.Resize > maxSide:
		return fmt.Errorf("resizing to %d, expected 0 (as the size) to %d pixels", o.Resize, maxSide)
	case o.Resize > 0 && (o.Size == 0 || o.Resize < o.Size):
		return fmt.Errorf("resizing to %d, expected a size to be cut out that is not larger, not %d", o.Resize, o.Size)
	case o.RandomResizedCrop && o.Size == 0:
		return errors.New("random resized crops need a size")
	case o.MemoryLimit < 0:
		return fmt.Errorf("memory limit of %d bytes, expected a positive number or 0 for the usual one", o.MemoryLimit)
	case o.MaxBroken < 0:
		return fmt.Errorf("at most %d broken images to be skipped, expected 0 or more", o.MaxBroken)
	case o.Normalise != "" && o.Normalise != ByTrain && o.Normalise != ByImageNet:
		return fmt.Errorf("normalisation %q, expected %q or %q", o.Normalise, ByTrain, ByImageNet)
	}
	return nil
}

// checkFixed checks the options of a source whose images are side×side pixels of some channels, and are not resized.
func (o Options) checkFixed(side, channels int) error {
	switch {
	case o.Size != 0 && o.Size != side:
		return fmt.Errorf("size %d, but its images are %d×%d and are not resized", o.Size, side, side)
	case o.Resize != 0 && o.Resize != side:
		return fmt.Errorf("resizing to %d, but its images are %d×%d and are not resized", o.Resize, side, side)
	case o.RandomResizedCrop:
		return errors.New("random resized crops are cut out of the files of a folder, which it is not")
	case o.Normalise == ByImageNet && channels != len(ImageNet.Mean):
		return fmt.Errorf("normalisation %q is of %d channels, but its images have %d", ByImageNet, len(ImageNet.Mean), channels)
	}
	o.Resize = 0
	return o.check()
}

// finish takes the part of the sets in memory that is asked for, sets the normalisation and tells the progress of a source
// whose images are all read.
func (o Options) finish(d *Data) error {
	for _, part := range []struct {
		set  **Set
		what string
		n    int
	}{
		{&d.Train, "training", o.Train},
		{&d.Test, "test", o.Test},
	} {
		if part.n == 0 {
			continue
		}
		s, err := (*part.set).TakeBalanced(part.n)
		if err != nil {
			return fmt.Errorf("%s: %s set: %w", d.Name, part.what, err)
		}
		*part.set = s
	}
	if o.Normalise == ByImageNet {
		d.Norm = ImageNet
	}
	if o.Progress != nil {
		total := d.Train.Len() + d.Test.Len()
		o.Progress(total, total)
	}
	return nil
}
