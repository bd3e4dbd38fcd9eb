package dataset

import (
	"io"

	"cenet/nn/dataset/cifar"
)

// ReadNames reads a list of names of classes, one a line, in their order. Ends of lines of any kind, a byte order mark, spaces
// around a name and empty lines at the end are no part of them.
func ReadNames(r io.Reader) ([]string, error) { return cifar.ReadNames(r) }
