package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// folderLayout is what the messages of a folder refer to.
const folderLayout = "expected DIR/train/CLASS/*.jpg and DIR/test/CLASS/*.jpg (or val; .jpeg and .png too)"

// maxFolderBytes bounds the pixels of a folder, which are all held in memory.
const maxFolderBytes = 16 << 30

// openFolder reads the pictures of dir, a folder of class folders as ImageNet's: dir/train/CLASS/* and dir/test/CLASS/*,
// or dir/val where there is no test. Classes and files are taken in the order of their names; names that begin with a
// dot, and files that are no .jpg, .jpeg or .png (in any case), are passed over. The pictures have 3 channels.
//
// With a size, the shorter side of each picture is resized to it and the centre cut out (see resizeRGB). Only pictures
// that are taken are opened: first the headers of all, so that a broken one is found before the long part, then the
// pictures, by as many goroutines as there are processors; the result does not depend on their number.
func openFolder(dir string, o Options) (*Data, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	train, test, err := indexFolder(dir)
	if err != nil {
		return nil, err
	}
	if err := sameClasses(dir, train, test); err != nil {
		return nil, err
	}
	var files []pictureFile
	trainLen := 0
	for _, part := range []struct {
		folder *classFolders
		n      int
	}{{train, o.Train}, {test, o.Test}} {
		chosen, err := part.folder.choose(part.n)
		if err != nil {
			return nil, err
		}
		if part.folder == train {
			trainLen = len(chosen)
		}
		files = append(files, chosen...)
	}
	height, width, err := measure(files, o.Size)
	if err != nil {
		return nil, err
	}
	pixels, err := decodeAll(files, height, width, o.Size, o.Progress)
	if err != nil {
		return nil, err
	}
	labels := make([]int, len(files))
	for i, f := range files {
		labels[i] = f.label
	}
	cut := trainLen * height * width * 3
	set := func(pixels []uint8, labels []int) *Set {
		return &Set{Height: height, Width: width, Channels: 3, Pixels: pixels, Labels: labels, Classes: train.classes}
	}
	return &Data{
		Name:  "folder",
		Train: set(pixels[:cut:cut], labels[:trainLen:trainLen]),
		Test:  set(pixels[cut:], labels[trainLen:]),
	}, nil
}

// classFolders are the classes under one directory, sorted, and the pictures of each, sorted.
type classFolders struct {
	dir     string
	classes []string
	files   [][]string // of each class, file names
}

// A pictureFile is a picture that was chosen, with the size its header tells once that has been read.
type pictureFile struct {
	path          string
	label         int
	height, width int
}

// indexFolder lists train and test (or val) of dir.
func indexFolder(dir string) (train, test *classFolders, err error) {
	if dir == "" {
		return nil, nil, fmt.Errorf("no directory given: %s", folderLayout)
	}
	if info, err := os.Stat(dir); err != nil {
		return nil, nil, fmt.Errorf("%w: %s", err, folderLayout)
	} else if !info.IsDir() {
		return nil, nil, fmt.Errorf("%s is no directory: %s", dir, folderLayout)
	}
	if train, err = indexClasses(dir, "train"); err != nil {
		return nil, nil, err
	}
	if test, err = indexClasses(dir, "test", "val"); err != nil {
		return nil, nil, err
	}
	return train, test, nil
}

// indexClasses lists the first directory of names that dir has.
func indexClasses(dir string, names ...string) (*classFolders, error) {
	for _, name := range names {
		c := &classFolders{dir: filepath.Join(dir, name)}
		entries, err := os.ReadDir(c.dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %s", err, folderLayout)
		}
		for _, e := range entries { // ReadDir sorts by name
			class := filepath.Join(c.dir, e.Name())
			if strings.HasPrefix(e.Name(), ".") || !isDir(class, e) {
				continue
			}
			files, err := indexPictures(class)
			if err != nil {
				return nil, err
			}
			if len(files) == 0 {
				return nil, fmt.Errorf("%s has no pictures: %s", class, folderLayout)
			}
			c.classes = append(c.classes, e.Name())
			c.files = append(c.files, files)
		}
		if len(c.classes) == 0 {
			return nil, fmt.Errorf("%s has no class folders: %s", c.dir, folderLayout)
		}
		return c, nil
	}
	return nil, fmt.Errorf("%s has no %s: %s", dir, strings.Join(names, " or "), folderLayout)
}

// isDir reports whether e, at path, is a directory or a link to one.
func isDir(path string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir()
	}
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// indexPictures lists the pictures in a directory by their extensions.
func indexPictures(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		switch strings.ToLower(filepath.Ext(e.Name())) {
		case ".jpg", ".jpeg", ".png":
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// sameClasses is nil when train and test have the same classes, else it names the difference.
func sameClasses(dir string, train, test *classFolders) error {
	if slices.Equal(train.classes, test.classes) {
		return nil
	}
	var parts []string
	for _, d := range []struct{ has, lacks *classFolders }{{train, test}, {test, train}} {
		var names []string
		for _, name := range d.has.classes {
			if _, found := slices.BinarySearch(d.lacks.classes, name); !found {
				names = append(names, fmt.Sprintf("%q", name))
			}
		}
		if len(names) > 0 {
			parts = append(parts, fmt.Sprintf("only %s has %s", filepath.Base(d.has.dir), shorten(names, ", ")))
		}
	}
	return fmt.Errorf("%s: training and test have different classes: %s", dir, strings.Join(parts, "; "))
}

// shorten joins the first of names, and says how many more there are.
func shorten(names []string, separator string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, separator)
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], separator), len(names)-most)
}

// choose takes the first pictures of each class, n in all, or all when n is 0.
func (c *classFolders) choose(n int) ([]pictureFile, error) {
	available := make([]int, len(c.files))
	for k, names := range c.files {
		available[k] = len(names)
	}
	take := available
	if n > 0 {
		var err error
		if take, err = balance(n, available, c.classes); err != nil {
			return nil, fmt.Errorf("%s: %w", c.dir, err)
		}
	}
	var chosen []pictureFile
	for k, names := range c.files {
		for _, name := range names[:take[k]] {
			chosen = append(chosen, pictureFile{path: filepath.Join(c.dir, c.classes[k], name), label: k})
		}
	}
	return chosen, nil
}

// measure reads the headers of files, and returns the size of the pictures of the set: size×size, or when that is 0 the
// one size that all must have.
func measure(files []pictureFile, size int) (height, width int, err error) {
	if err := forEachPicture(files, nil, func(i int) (err error) {
		files[i].height, files[i].width, err = pictureSize(files[i].path)
		return err
	}); err != nil {
		return 0, 0, err
	}
	height, width = size, size
	if size == 0 {
		height, width = files[0].height, files[0].width
		for _, f := range files {
			if f.height != height || f.width != width {
				return 0, 0, fmt.Errorf("%s has %d×%d pixels and %s %d×%d: pictures of different sizes need a size to be resized to",
					files[0].path, width, height, f.path, f.width, f.height)
			}
		}
	}
	if each := int64(height) * int64(width) * 3; each > maxFolderBytes/int64(len(files)) {
		return 0, 0, fmt.Errorf("%d pictures of %d×%d pixels need %.1f GB of memory, more than the %.1f GB that a folder may take: take fewer or make them smaller",
			len(files), width, height, float64(each)*float64(len(files))/1e9, float64(maxFolderBytes)/1e9)
	}
	return height, width, nil
}

// decodeAll decodes files into (N,height,width,3), resized to size when that is not 0.
func decodeAll(files []pictureFile, height, width, size int, progress func(done, total int)) ([]uint8, error) {
	each := height * width * 3
	pixels := make([]uint8, len(files)*each)
	err := forEachPicture(files, progress, func(i int) error {
		f := files[i]
		picture, err := decodeRGB(f.path, f.height, f.width)
		if err != nil {
			return err
		}
		if size != 0 {
			picture = resizeRGB(picture, f.height, f.width, size)
		}
		copy(pixels[i*each:(i+1)*each], picture)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return pixels, nil
}

// forEachPicture calls do(i) for every file, on all processors, and tells progress. All files are tried even when some
// fail, so that the error, of one line, does not depend on the order in which they were: it has the first failure in
// full and names some of the others.
func forEachPicture(files []pictureFile, progress func(done, total int), do func(i int) error) error {
	failures := make([]error, len(files))
	var (
		workers sync.WaitGroup
		next    atomic.Int64
		lock    sync.Mutex // of done and progress
		done    int
	)
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(files); i = int(next.Add(1)) - 1 {
				failures[i] = do(i)
				if progress != nil {
					lock.Lock()
					done++
					progress(done, len(files))
					lock.Unlock()
				}
			}
		})
	}
	workers.Wait()

	var first error
	var others []string
	for i, err := range failures {
		switch {
		case err == nil:
		case first == nil:
			first = pictureError(files[i].path, err)
		default:
			others = append(others, files[i].path)
		}
	}
	if len(others) > 0 {
		return fmt.Errorf("%w (as well broken: %s)", first, shorten(others, ", "))
	}
	return first
}

// pictureError names the picture, unless the error does.
func pictureError(path string, err error) error {
	if pathError := (*fs.PathError)(nil); errors.As(err, &pathError) {
		return fmt.Errorf("broken picture: %w", err)
	}
	return fmt.Errorf("broken picture %s: %w", path, err)
}
