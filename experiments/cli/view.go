package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"cenet/experiments/mistake"
	"cenet/experiments/weights"
)

// viewFlags adds the flags for the preprocessing of images. It returns a function that completes them from the weights file or, for
// files of other programs, with the usual preprocessing of ImageNet.
func viewFlags(c *call) func(v *weights.Trained) (weights.View, error) {
	var given weights.View
	c.Func("size", "`SIDE` of the centre crop, or HEIGHTxWIDTH of images that are not cropped; by default as in the weights file, else 224",
		func(text string) (err error) {
			given.Height, given.Width, err = parseSize(text)
			return err
		})
	c.Func("resize", "`SIDE` that the shorter side is resized to before the crop; by default as in the file, else 256 for size 224, and "+
		"--size for others",
		func(text string) (err error) {
			given.Resize, err = parseSide(text)
			return err
		})
	number := func(text string) (float64, error) {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return 0, fmt.Errorf("%q: expected a number", text)
		}
		return x, nil
	}
	listFlag(c.FlagSet, &given.Mean, "mean", "`LIST` of the channels' means, of pixel values from 0 to 1; by default as in the file, "+
		"else ImageNet's", number)
	listFlag(c.FlagSet, &given.Deviation, "std",
		"`LIST` of the channels' standard deviations; by default as in the file, else ImageNet's", number)
	return func(v *weights.Trained) (weights.View, error) {
		w, inFile, err := v.View()
		if err != nil {
			return w, err
		}
		if inFile {
			return w, mistake.Of(contradiction(v.Weights, w, given))
		}
		if given.Height != 0 {
			w.Height, w.Width, w.Resize = given.Height, given.Width, 0
			if usual := weights.ImageNetView(); given.Height == given.Width {
				w.Resize = given.Height
				if given.Height == usual.Height {
					w.Resize = usual.Resize
				}
			}
		}
		w.Resize = cmp.Or(given.Resize, w.Resize)
		if given.Mean != nil {
			w.Mean = given.Mean
		}
		if given.Deviation != nil {
			w.Deviation = given.Deviation
		}
		return w, mistake.Of(c.checkView(v, w))
	}
}

// contradiction returns an error if flags differ from the preprocessing in the weights file.
func contradiction(file string, w, given weights.View) error {
	for _, f := range []struct {
		name   string
		differ bool
	}{
		{"size", given.Height != 0 && (given.Height != w.Height || given.Width != w.Width)},
		{"resize", given.Resize != 0 && given.Resize != w.Resize && (w.Resize != 0 || w.Height != w.Width || given.Resize != w.Height)},
		{"mean", given.Mean != nil && !slices.Equal(given.Mean, w.Mean)},
		{"std", given.Deviation != nil && !slices.Equal(given.Deviation, w.Deviation)},
	} {
		if f.differ {
			return fmt.Errorf("--%s contradicts %s, which was trained on %v: leave the flag out", f.name, file, w)
		}
	}
	return nil
}

// checkView returns an error if the preprocessing is incomplete or does not fit the network.
func (c *call) checkView(v *weights.Trained, w weights.View) error {
	channels, _, err := v.Ends()
	switch {
	case err != nil:
		return err
	case w.Height == 0:
		return fmt.Errorf("%s: --size is missing: %s does not give the size of its images, and networks for small images have no usual size",
			c.Name(), v.Weights)
	case w.Mean == nil || w.Deviation == nil:
		return fmt.Errorf("%s: --mean and --std are missing: %s takes images of %d channels, and ImageNet's usual values are for 3", c.Name(),
			v.Weights, channels)
	}
	if err := w.Check(channels); err != nil {
		return fmt.Errorf("--%w", err)
	}
	return nil
}

// parseSide reads a number of pixels.
func parseSide(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > weights.MaxSide {
		return 0, fmt.Errorf("expected a number of pixels from 1 to %d", weights.MaxSide)
	}
	return n, nil
}

// parseSize reads SIDE or HEIGHTxWIDTH.
func parseSize(text string) (height, width int, err error) {
	first, second, two := strings.Cut(strings.ReplaceAll(text, "×", "x"), "x")
	if height, err = parseSide(first); err != nil || !two {
		return height, height, err
	}
	width, err = parseSide(second)
	return height, width, err
}

// checkFolder returns an error if the folder to write to is a file.
func checkFolder(flag, dir string) error {
	if dir == "" {
		return fmt.Errorf("--%s: expected the name of a folder", flag)
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return fmt.Errorf("--%s: %s is a file, expected a folder", flag, dir)
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("--%s: %s: %w", flag, dir, mistake.Bare(err))
	}
	return nil
}
