package weights

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"cenet/experiments/mistake"
	"cenet/nn/durable"
)

// CheckOutput refuses a file to write that is one of the inputs, by whatever name or link, or that cannot be written: before any work
// begins. The error is a mistake.Error.
func CheckOutput(output string, inputs ...string) error {
	if err := checkOutput(output, inputs); err != nil {
		return mistake.Errorf("%s: %w", output, err)
	}
	return nil
}

func checkOutput(output string, inputs []string) error {
	info, err := os.Stat(output)
	switch {
	case err == nil && info.IsDir():
		return errors.New("is a folder, expected the name of a file to write")
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return mistake.Bare(err)
	}
	for _, input := range inputs {
		if read, err2 := os.Stat(input); err == nil && err2 == nil && os.SameFile(info, read) {
			return fmt.Errorf("is the input %s, which would be overwritten", input)
		}
	}
	path, plain := target(output)
	if !plain {
		return nil
	}
	if err := durable.Try(path); err != nil {
		return fmt.Errorf("cannot be written: folder %s: %w", filepath.Dir(path), mistake.Bare(err))
	}
	return nil
}

// target follows a link at the end of a path. A file there or nothing yet is plain; a device, a pipe or a link to nothing is not.
func target(path string) (end string, plain bool) {
	info, err := os.Lstat(path)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			info, err = os.Stat(path)
		}
		return path, err == nil && info.Mode().IsRegular()
	}
	return path, err != nil || info.Mode().IsRegular()
}

// writeOutput writes a file whole or not at all, a device or a pipe as it comes. The error is a mistake.Error.
func writeOutput(output string, fill func(w io.Writer) error) error {
	path, plain := target(output)
	err := error(nil)
	if plain {
		err = durable.Write(path, fill)
	} else {
		var f *os.File
		if f, err = os.Create(output); err == nil {
			err = errors.Join(fill(f), f.Close())
		}
	}
	return mistake.Of(err)
}
