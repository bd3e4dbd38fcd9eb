package dataset

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// folderLayout is what the messages of a folder refer to.
const folderLayout = "expected DIR/train/CLASS/*.jpg and DIR/test/CLASS/*.jpg (or val; .jpeg, .png, .ppm, .pgm, .bmp, .tif, .tiff and " +
	".webp too)"

// imageExtensions are those of the files that are taken for images, in any case: those of torchvision's ImageFolder.
//
// References:
//
//	PyTorch: torchvision.datasets.folder, IMG_EXTENSIONS and make_dataset. https://github.com/pytorch/vision
var imageExtensions = map[string]string{ // with the names of their formats
	".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".ppm": "PNM", ".pgm": "PNM", ".bmp": "BMP", ".tif": "TIFF", ".tiff": "TIFF",
	".webp": "WebP",
}

// maxFolders bounds the folders within one class: links may make more of them than there are.
const maxFolders = 100_000

// classFolders are the classes under one directory, sorted, and the images of each: those of the class folder and of all
// folders in it, folder by folder in the order of their paths and file by file in the order of their names, as ImageFolder
// takes them. Names that begin with a dot, and files with other extensions, are passed over, and noted.
type classFolders struct {
	dir     string
	classes []string       // in Unicode's composed form (NFC), in which é is one code point
	files   [][]*imageFile // of each class
	notes   []string       // see Data.Notes
}

// An imageFile is the file of an image, with what it tells once it has been probed, or why it is broken.
type imageFile struct {
	dir, name string
	label     int
	probe
	checked bool // read to its end, without a use
	stamp   stamp
	print   [sha256.Size]byte // SHA-256 of the file, once it is checked
	err     error
}

func (p *imageFile) path() string { return filepath.Join(p.dir, p.name) }

// indexFolder lists train and test (or val) of dir, of the same classes.
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
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%s has no train: %s", dir, folderLayout)
		}
		return nil, nil, err
	}
	if len(train.classes) == 1 {
		err := fmt.Errorf("%s has one class, %q: a network learns to tell two classes or more apart", train.dir, train.classes[0])
		if inner := foldersWithin(filepath.Join(train.dir, train.classes[0]), train.files[0]); len(inner) > 1 {
			err = fmt.Errorf("%w; if the folders in it (%s) are the classes, they lie one level too deep", err, shorten(inner, ", "))
		}
		return nil, nil, fmt.Errorf("%w: %s", err, folderLayout)
	}
	test, err = indexTest(dir, train.classes)
	if err != nil {
		return nil, nil, err
	}
	test.reorder(train.classes)
	return train, test, nil
}

// indexTest lists dir/test or else dir/val: the first that has class folders, and those of the training images where they are
// known (not nil). What is there besides is noted.
func indexTest(dir string, classes []string) (*classFolders, error) {
	var first error
	var notes []string
	for _, name := range []string{"test", "val"} {
		c, err := indexClasses(dir, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && classes != nil {
			err = sameClasses(dir, classes, c)
		}
		if err == nil {
			if name == "test" && hasClassFolders(filepath.Join(dir, "val")) {
				c.notes = append(c.notes, fmt.Sprintf("%s is not read: %s is", filepath.Join(dir, "val"), c.dir))
			}
			c.notes = append(notes, c.notes...)
			return c, nil
		}
		if first == nil {
			first = err
		}
		notes = append(notes, fmt.Sprintf("%s is not read: %v", filepath.Join(dir, name), withoutLayout(err)))
		if !errors.Is(err, errOther) {
			return nil, err
		}
	}
	if first != nil {
		return nil, first
	}
	return nil, fmt.Errorf("%s has no test or val: %s", dir, folderLayout)
}

// errOther is that a folder has no class folders, or others: another one may have them.
var errOther = errors.New("")

// withoutLayout is the text of an error without what was expected.
func withoutLayout(err error) string { return strings.TrimSuffix(err.Error(), ": "+folderLayout) }

// indexTestAlone lists the images of dir/test, of dir/val, or else of dir itself.
func indexTestAlone(dir string) (*classFolders, error) {
	var classes []string
	trained := false
	if entries, err := os.ReadDir(filepath.Join(dir, "train")); err == nil {
		trained = true
		for _, e := range entries {
			if !hidden(e) && isDir(filepath.Join(dir, "train", e.Name()), e) {
				if class := norm.NFC.String(e.Name()); !slices.Contains(classes, class) {
					classes = append(classes, class)
				}
			}
		}
	}
	for _, name := range []string{"test", "val"} {
		if info, err := os.Stat(filepath.Join(dir, name)); trained || err == nil && info.IsDir() {
			c, err := indexTest(dir, classes)
			if err == nil && classes != nil {
				c.reorder(classes)
			}
			return c, err
		}
	}
	c, err := indexClasses(dir, ".")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has no test or val: %s", dir, folderLayout)
	}
	return c, err
}

// hasClassFolders reports whether there are folders in dir.
func hasClassFolders(dir string) bool {
	entries, err := os.ReadDir(dir)
	return err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return !hidden(e) && isDir(filepath.Join(dir, e.Name()), e) })
}

// indexClasses lists a directory in dir. Where there is none the error is fs.ErrNotExist.
func indexClasses(dir, name string) (*classFolders, error) {
	c := &classFolders{dir: filepath.Join(dir, name)}
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, folderLayout)
	}
	w := walk{}
	for _, above := range []string{dir, c.dir} {
		info, err := os.Stat(above)
		if err != nil {
			return nil, err
		}
		w.above = append(w.above, info)
	}
	spellings := map[string]string{}
	for _, e := range entries { // ReadDir sorts by name
		path := filepath.Join(c.dir, e.Name())
		switch {
		case !isDir(path, e):
			w.pass("files next to the class folders", path)
			continue
		case hidden(e):
			w.pass("hidden folders", path)
			continue
		}
		if err := printable(c.dir, e.Name()); err != nil {
			return nil, err
		}
		w.folders = 0
		files, err := w.images(path)
		if err != nil {
			return nil, err
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("%s has no images%s: %s", path, w.besides(), folderLayout)
		}
		class := norm.NFC.String(e.Name())
		k := slices.Index(c.classes, class)
		if k < 0 {
			k = len(c.classes)
			c.classes, c.files = append(c.classes, class), append(c.files, nil)
			spellings[class] = e.Name()
		} else {
			c.notes = append(c.notes, fmt.Sprintf("%s: the class %s is spelled %+q and %+q: it is read as one", c.dir, class, spellings[class],
				e.Name()))
		}
		inner := foldersWithin(path, files)
		if len(inner) > 1 {
			c.notes = append(c.notes, fmt.Sprintf("%s: the images in its folders (%s) are all of the class %s", path, shorten(inner, ", "), class))
		}
		for _, p := range files {
			p.label = k
		}
		c.files[k] = append(c.files[k], files...)
	}
	if len(c.classes) == 0 {
		return nil, fmt.Errorf("%s has no class folders%s%w: %s", c.dir, w.besides(), errOther, folderLayout)
	}
	if note := w.note(); note != "" {
		c.notes = append(c.notes, c.dir+": not read: "+note)
	}
	return c, nil
}

// foldersWithin names the folders right below dir that hold some of the images.
func foldersWithin(dir string, files []*imageFile) (names []string) {
	for _, f := range files {
		rest, err := filepath.Rel(dir, f.dir)
		if name, _, _ := strings.Cut(filepath.ToSlash(rest), "/"); err == nil && name != "." && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// A walk goes through the folders of classes, and counts what it passes over.
type walk struct {
	above   []fs.FileInfo // the folders that the present one lies in
	folders int           // seen in the present class
	passed  map[string]int
	first   string // path of the first that was passed over
}

func (w *walk) pass(kind, path string) {
	if w.passed == nil {
		w.passed, w.first = map[string]int{}, path
	}
	w.passed[kind]++
}

// note names what was passed over by its kinds, the most frequent first; "" where there is nothing.
func (w *walk) note() string {
	var kinds []string
	for kind := range w.passed {
		kinds = append(kinds, kind)
	}
	slices.SortFunc(kinds, func(a, b string) int {
		if n := w.passed[b] - w.passed[a]; n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	for i, kind := range kinds {
		kinds[i] = fmt.Sprintf("%d %s", w.passed[kind], kind)
	}
	if len(kinds) == 0 {
		return ""
	}
	if len(kinds) > 8 {
		kinds = append(kinds[:8], fmt.Sprintf("%d further kinds", len(kinds)-8))
	}
	return fmt.Sprintf("%s (the first: %q)", strings.Join(kinds, ", "), w.first)
}

// besides is the note for a message.
func (w *walk) besides() string {
	if note := w.note(); note != "" {
		return ", but " + note
	}
	return ""
}

// images lists the images in a folder and in all folders within it.
func (w *walk) images(dir string) ([]*imageFile, error) {
	folders, err := w.within(dir)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(folders, func(a, b folderNames) int { return strings.Compare(a.dir, b.dir) })
	var files []*imageFile
	for _, f := range folders {
		for _, name := range f.names {
			files = append(files, &imageFile{dir: f.dir, name: name})
		}
	}
	return files, nil
}

// folderNames are the images right in one folder, sorted.
type folderNames struct {
	dir   string
	names []string
}

func (w *walk) within(dir string) (list []folderNames, err error) {
	if w.folders++; w.folders > maxFolders {
		return nil, fmt.Errorf("%s: more than %d folders", dir, maxFolders)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(w.above, func(above fs.FileInfo) bool { return os.SameFile(above, info) }) {
		w.pass("links to a folder that they lie in", dir)
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	w.above = append(w.above, info)
	defer func() { w.above = w.above[:len(w.above)-1] }()
	here := folderNames{dir: dir}
	for _, e := range entries {
		path, deeper := filepath.Join(dir, e.Name()), false
		if deeper = isDir(path, e); hidden(e) {
			if deeper {
				w.pass("hidden folders", path)
			} else {
				w.pass("hidden files", path)
			}
			continue
		}
		if deeper {
			if err := printable(dir, e.Name()); err != nil {
				return nil, err
			}
			inner, err := w.within(path)
			if err != nil {
				return nil, err
			}
			list = append(list, inner...)
			continue
		}
		extension := strings.ToLower(filepath.Ext(e.Name()))
		if imageExtensions[extension] == "" {
			if extension == "" || printable("", extension) != nil || len(extension) > 12 {
				extension = "without an image's extension"
			}
			w.pass(extension, path)
			continue
		}
		if err := printable(dir, e.Name()); err != nil {
			return nil, err
		}
		here.names = append(here.names, e.Name())
	}
	return append(list, here), nil
}

// printable is an error where a name in dir would spoil the lines that print it.
func printable(dir, name string) error {
	if strings.ContainsFunc(name, unicode.IsControl) {
		return fmt.Errorf("%s: the name %q has control characters", dir, name)
	}
	return nil
}

func hidden(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), ".") }

// isDir reports whether e, at path, is a directory or a link to one.
func isDir(path string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir()
	}
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// sameClasses is nil when c has the classes of the training images, in any order, else it names the difference.
func sameClasses(dir string, classes []string, c *classFolders) error {
	var parts []string
	for _, d := range []struct {
		name       string
		has, lacks []string
	}{{"train", classes, c.classes}, {filepath.Base(c.dir), c.classes, classes}} {
		found := map[string]bool{}
		for _, name := range d.lacks {
			found[name] = true
		}
		var names []string
		for _, name := range d.has {
			if !found[name] {
				names = append(names, spelled(name))
			}
		}
		if len(names) > 0 {
			parts = append(parts, fmt.Sprintf("only %s has %s", d.name, shorten(names, ", ")))
		}
	}
	if parts == nil {
		return nil
	}
	return fmt.Errorf("%s: training and test have different classes, %d and %d: %s%w", dir, len(classes), len(c.classes),
		strings.Join(parts, "; "), errOther)
}

// spelled is a name in quotes, with its code points where it has others than those of ASCII, since many look alike.
func spelled(name string) string {
	if quoted := fmt.Sprintf("%+q", name); quoted != fmt.Sprintf("%q", name) {
		return fmt.Sprintf("%q (%s)", name, quoted)
	}
	return fmt.Sprintf("%q", name)
}

// reorder puts the classes of c into the order of classes, which are the same.
func (c *classFolders) reorder(classes []string) {
	files := make([][]*imageFile, len(classes))
	for k, class := range classes {
		files[k] = c.files[slices.Index(c.classes, class)]
		for _, p := range files[k] {
			p.label = k
		}
	}
	c.classes, c.files = classes, files
}

// shorten joins the first of names, and says how many more there are.
func shorten(names []string, separator string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, separator)
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], separator), len(names)-most)
}
