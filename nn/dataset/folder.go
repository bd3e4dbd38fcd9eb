package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// usualMemoryLimit is how many bytes the pixels of a folder may take in memory unless Options say otherwise.
const usualMemoryLimit = 2 << 30

// maxSampled is how many training images the normalisation of a streamed set is computed from at most.
const maxSampled = 10_000

// openFolder opens the images of dir, a folder of class folders as ImageNet's: dir/train/CLASS/* and dir/test/CLASS/*,
// or dir/val where test has no class folders, or other classes (see index.go for what is taken and in which order). The
// images have 3 channels.
//
// With a size, the shorter side of each image is resized to it, or to Resize, and the centre cut out (see resizer).
// Only images that are taken are opened: first the header and the end of each (see probeImage), so that most broken ones
// are found before the long part, then the images, by as many goroutines as there are processors; the result does not
// depend on their number. Of a broken one, where it may be skipped, the next of its class takes the place.
//
// The set is streamed where its pixels would take more than the memory limit, or where random resized crops are cut
// out of the files. Its images are then read to their ends all the same, so that a broken one is found now and not in
// the middle of a training, and hashed, once (see hashes); what is skipped is what would be in memory. Its normalisation by
// the training set is computed from 10,000 images at most, at equal distances in the order of the set.
func openFolder(dir string, o Options) (*Data, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	train, test, err := indexFolder(dir)
	if err != nil {
		return nil, err
	}
	return (&folder{Options: o, train: train, test: test}).openSound()
}

// OpenTest opens the images of dir/test/CLASS/*, of dir/val/CLASS/*, or else of dir/CLASS/*, as the folder source does, for networks that
// are trained: Train has an image of each class and no meaning.
func OpenTest(dir string, o Options) (*Data, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	test, err := indexTestAlone(dir)
	if err != nil {
		return nil, err
	}
	o.Train = len(test.classes)
	return (&folder{Options: o, train: test.firsts(), test: test}).openSound()
}

// OpenImages opens single images, in the order given, as test images of one class. A broken one is an error.
func OpenImages(paths []string, o Options) (*Data, error) {
	c := &classFolders{classes: []string{"image"}, files: [][]*imageFile{nil}}
	for _, path := range paths {
		c.files[0] = append(c.files[0], &imageFile{dir: filepath.Dir(path), name: filepath.Base(path)})
	}
	o.Train, o.MaxBroken = 1, 0
	if err := o.check(); err != nil {
		return nil, err
	}
	return (&folder{Options: o, train: c.firsts(), test: c}).openSound()
}

// firsts has the first image of each class, to stand for training images where there are none.
func (c *classFolders) firsts() *classFolders {
	out := &classFolders{dir: c.dir, classes: c.classes}
	for _, files := range c.files {
		first := *files[0]
		out.files = append(out.files, []*imageFile{&first})
	}
	return out
}

// openSound opens what is not broken.
func (f *folder) openSound() (*Data, error) {
	if f.MemoryLimit == 0 {
		f.MemoryLimit = usualMemoryLimit
	}
	if f.Resize == 0 {
		f.Resize = f.Size
	}
	f.broken, f.hashes = map[string]bool{}, readHashes(f.Hashes)
	for {
		// Each turn but the last finds broken images, which the next one does without.
		found := len(f.broken)
		d, err := f.open()
		if err != nil {
			return nil, err
		}
		if len(f.broken) == found {
			for _, p := range f.inOrder() {
				d.Skipped = append(d.Skipped, imageError(p.path(), p.err).Error())
			}
			d.Notes = append(slices.Clone(f.train.notes), f.test.notes...)
			if err := f.hashes.write(); err != nil {
				d.Notes = append(d.Notes, fmt.Sprintf("the images will be read once more next time: %v", err))
			}
			return d, nil
		}
		if len(f.broken) > f.MaxBroken {
			return nil, tooManyBroken(f.inOrder(), f.MaxBroken)
		}
	}
}

// inOrder are the broken images in the order of the sets, not in that in which they were found.
func (f *folder) inOrder() (list []*imageFile) {
	seen := map[string]bool{} // an image may stand for a training image as well
	for _, c := range []*classFolders{f.train, f.test} {
		for _, files := range c.files {
			for _, p := range files {
				if p.err != nil && !seen[p.path()] {
					seen[p.path()] = true
					list = append(list, p)
				}
			}
		}
	}
	return list
}

// A folder is one that is being opened.
type folder struct {
	Options
	train, test *classFolders
	broken      map[string]bool // found up to now, by their paths
	hashes      *hashes
}

// open opens the images that are not known to be broken. When it finds others that are, it returns without an error and
// without a use.
func (f *folder) open() (*Data, error) {
	chosen, err := f.train.choose(f.Train)
	if err != nil {
		return nil, err
	}
	trainLen := len(chosen)
	tested, err := f.test.choose(f.Test)
	if err != nil {
		return nil, err
	}
	chosen = append(chosen, tested...)

	streamed := f.streamed(f.Size, f.Size, len(chosen))
	progress := f.Progress
	if !streamed {
		progress = nil // it will tell how many are decoded
	}
	var checkers sync.Pool
	check := func(p *imageFile) error {
		if p.checked {
			return nil
		}
		d := take(&checkers)
		defer checkers.Put(d)
		p.checked = true
		return f.hashes.check(d, p)
	}
	if f.each(chosen, progress, func(i int) (err error) {
		p := chosen[i]
		if p.height == 0 {
			if p.probe, err = probeImage(p.path()); err != nil {
				return err
			}
		}
		if streamed {
			return check(p)
		}
		return nil
	}) {
		return nil, nil
	}
	height, width, err := f.size(chosen)
	if err != nil {
		return nil, err
	}
	set := func(files []*imageFile) *Set {
		s := &Set{Height: height, Width: width, Channels: 3, Classes: f.train.classes, files: files, resize: f.Resize}
		for _, p := range files {
			s.Labels = append(s.Labels, p.label)
		}
		return s
	}
	d := &Data{Name: "folder", Train: set(chosen[:trainLen:trainLen]), Test: set(chosen[trainLen:])}
	if f.Normalise == ByImageNet {
		d.Norm = ImageNet
	}
	if f.streamed(height, width, len(chosen)) {
		if !streamed && f.each(chosen, f.Progress, func(i int) error { return check(chosen[i]) }) {
			return nil, nil
		}
		if f.Normalise != ByImageNet {
			d.Norm, _ = f.sample(d.Train)
		}
		return d, nil
	}
	pixels, ok := f.decodeAll(d.Train, chosen)
	if ok {
		cut := trainLen * d.Train.imageSize()
		d.Train.hold(pixels[:cut:cut])
		d.Test.hold(pixels[cut:])
	}
	return d, nil
}

// streamed reports whether n images of that size stay in their files; not where the size is 0.
func (f *folder) streamed(height, width, n int) bool {
	return f.RandomResizedCrop || int64(height)*int64(width)*3 > f.MemoryLimit/int64(n)
}

// take returns a decoder of the pool, or a new one.
func take(decoders *sync.Pool) *decoder {
	if d, ok := decoders.Get().(*decoder); ok {
		return d
	}
	return new(decoder)
}

// hold makes s a set in memory.
func (s *Set) hold(pixels []uint8) { s.Pixels, s.files, s.resize = pixels, nil, 0 }

// each calls do(i) for every file, on all processors, and tells progress. A file for which do fails is broken; each
// reports whether there was one.
func (f *folder) each(files []*imageFile, progress func(done, total int), do func(i int) error) (broken bool) {
	var (
		workers sync.WaitGroup
		next    atomic.Int64
		lock    sync.Mutex // of done and progress
		done    int
	)
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(files); i = int(next.Add(1)) - 1 {
				files[i].err = do(i)
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
	// All files are tried even when some fail, so that what is found does not depend on the order in which they were.
	for _, p := range files {
		if p.err != nil {
			broken = true
			f.broken[p.path()] = true
		}
	}
	return broken
}

// size returns the size of the images of the set: Size×Size, or when that is 0 the one size that all must have.
func (f *folder) size(files []*imageFile) (height, width int, err error) {
	if f.Size != 0 {
		return f.Size, f.Size, nil
	}
	first := files[0]
	for _, p := range files {
		if f.Height != 0 && (p.height != f.Height || p.width != f.Width) {
			return 0, 0, fmt.Errorf("%s has %d×%d pixels (width×height), expected %d×%d", p.path(), p.width, p.height, f.Width, f.Height)
		}
		if p.height != first.height || p.width != first.width {
			return 0, 0, fmt.Errorf("%s has %d×%d pixels and %s %d×%d: images of different sizes need a size to be resized to",
				first.path(), first.width, first.height, p.path(), p.width, p.height)
		}
	}
	return first.height, first.width, nil
}

// decodeAll decodes files as images of s, (N,H,W,3). It is false when some are broken.
func (f *folder) decodeAll(s *Set, files []*imageFile) (pixels []uint8, ok bool) {
	each := s.imageSize()
	pixels = make([]uint8, len(files)*each)
	var decoders sync.Pool
	broken := f.each(files, f.Progress, func(i int) error {
		d := take(&decoders)
		defer decoders.Put(d)
		return d.whole(pixels[i*each:(i+1)*each], files[i], s.resize, s.Height)
	})
	return pixels, !broken
}

// sample returns the normalisation of a streamed set by a part of its images. It is false when some are broken.
func (f *folder) sample(s *Set) (norm Normalisation, ok bool) {
	n := min(s.Len(), maxSampled)
	files := make([]*imageFile, n)
	for i := range files {
		files[i] = s.files[int(int64(i)*int64(s.Len())/int64(n))]
	}
	var decoders sync.Pool
	var lock sync.Mutex
	counts := make(histogram, s.Channels)
	broken := f.each(files, nil, func(i int) error {
		d := take(&decoders)
		defer decoders.Put(d)
		d.image = grow(d.image, s.imageSize())
		if err := d.whole(d.image, files[i], s.resize, s.Height); err != nil {
			return err
		}
		lock.Lock()
		defer lock.Unlock()
		counts.add(d.image)
		return nil
	})
	if broken {
		return Normalisation{}, false
	}
	return counts.normalisation(), true
}

// tooManyBroken is the error, of one line, that has the first of the broken images in full and names some of the others.
func tooManyBroken(broken []*imageFile, most int) error {
	first, others := broken[0], broken[1:]
	err := imageError(first.path(), first.err)
	if len(others) > 0 {
		names := make([]string, len(others))
		for i, p := range others {
			names[i] = p.path()
		}
		err = fmt.Errorf("%w (as well broken: %s)", err, shorten(names, ", "))
	}
	if most > 0 {
		err = fmt.Errorf("%d broken images, of which at most %d are skipped: %w", len(broken), most, err)
	}
	return err
}

// choose takes the first images of each class that are not broken, n in all, or all when n is 0.
func (c *classFolders) choose(n int) ([]*imageFile, error) {
	sound := make([][]*imageFile, len(c.files))
	available := make([]int, len(c.files))
	for k, files := range c.files {
		for _, p := range files {
			if p.err == nil {
				sound[k] = append(sound[k], p)
			}
		}
		if available[k] = len(sound[k]); available[k] == 0 {
			return nil, fmt.Errorf("%s: all images are broken: %w", filepath.Join(c.dir, c.classes[k]), imageError(files[0].path(), files[0].err))
		}
	}
	take := available
	if n > 0 {
		var err error
		if take, err = balance(n, available, c.classes); err != nil {
			return nil, fmt.Errorf("%s: %w", c.dir, err)
		}
	}
	var chosen []*imageFile
	for k, files := range sound {
		chosen = append(chosen, files[:take[k]]...)
	}
	return chosen, nil
}

// A ImageError is an image that cannot be read.
type ImageError struct {
	Path string
	Err  error
}

func (e *ImageError) Error() string {
	if pathError := (*fs.PathError)(nil); errors.As(e.Err, &pathError) {
		return "broken image: " + e.Err.Error() // which names it
	}
	return fmt.Sprintf("broken image %s: %v", e.Path, e.Err)
}

// Unwrap returns what is wrong.
func (e *ImageError) Unwrap() error { return e.Err }

func imageError(path string, err error) error { return &ImageError{path, err} }
