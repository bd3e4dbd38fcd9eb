// Package durable writes files that a crash cannot spoil: under a name there is at any moment, even if the machine stops, the old
// text or the new one, whole. It knows nothing of what the files hold, relies on no lock, and works on NFS: several processes, of several
// machines, may write the same file, and the last one wins. The umask says who else may read and write a file.
package durable

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ending marks files under way, .NAME.*.part next to NAME.
const ending = ".part"

// Write puts what fill writes in the place of the file at path: a temporary file next to it is written, synced and renamed, and the
// folder is synced. After an error the old file is there, if there was one.
func Write(path string, fill func(w io.Writer) error) error {
	if inPlace {
		return overwrite(path, fill)
	}
	part, err := temporary(path, fill)
	if err != nil {
		return err
	}
	if err := rename(part, path); err != nil {
		os.Remove(part)
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// WriteBytes is Write of a text.
func WriteBytes(path string, text []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// Create is WriteBytes where there is no such file; else the error wraps fs.ErrExist. Of several processes that try, one succeeds.
func Create(path string, text []byte) error {
	part, err := temporary(path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
	if err != nil {
		return err
	}
	defer os.Remove(part)
	return Place(part, path)
}

// Place gives a file a second name, where there is no file of that name; else the error wraps fs.ErrExist. On a volume without hard links
// the second name is a copy: it is still only one process that succeeds, but who reads it at that moment may see a part.
func Place(file, path string) error {
	err := link(file, path)
	if err != nil && !errors.Is(err, fs.ErrExist) && !errors.Is(err, fs.ErrNotExist) {
		err = copyTo(file, path)
	}
	if err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func link(file, path string) error {
	if err := allowed("link", path); err != nil {
		return err
	}
	return os.Link(file, path)
}

// copyTo writes what is in a file to another, which must not be there yet.
func copyTo(file, path string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = writer{f, path}.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(path)
	}
	return err
}

// Sweep removes the temporary files of a folder that processes which were killed have left: those not written to for a time.
func Sweep(folder string, age time.Duration) {
	parts, err := filepath.Glob(filepath.Join(folder, ".*"+ending))
	if err != nil {
		return
	}
	for _, part := range parts {
		if info, err := os.Stat(part); err == nil && time.Since(info.ModTime()) > age {
			os.Remove(part)
		}
	}
}

// temporary writes a file next to path and returns its name.
func temporary(path string, fill func(w io.Writer) error) (name string, err error) {
	if err := allowed("create", path); err != nil {
		return "", err
	}
	f, err := createBeside(path)
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	err = fill(writer{f, path})
	if err == nil {
		err = allowed("sync", path)
	}
	if err == nil {
		err = f.Sync()
	}
	return f.Name(), errors.Join(err, f.Close())
}

// Try reports why Write could not write a file at path, by a temporary file that it removes.
func Try(path string) error {
	f, err := createBeside(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// maxName is how many bytes of a name its temporary files repeat: file systems take names of 255.
const maxName = 200

// createBeside makes an empty file in the folder of path, which the umask opens to others as it does every new file. os.CreateTemp would
// make it for its owner alone.
func createBeside(path string) (*os.File, error) {
	name := strings.TrimPrefix(filepath.Base(path), ".")
	name = strings.ToValidUTF8(name[:min(len(name), maxName)], "")
	for {
		part := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d%s", name, rand.Uint64(), ending))
		f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

func rename(from, to string) error {
	if err := allowed("rename", to); err != nil {
		return err
	}
	return os.Rename(from, to)
}

func syncFolder(folder string) error {
	if err := allowed("sync", folder); err != nil {
		return err
	}
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// A writer writes to a file that is to stand at path.
type writer struct {
	io.Writer
	path string
}

func (w writer) Write(text []byte) (int, error) {
	if err := allowed("write", w.path); err != nil {
		n, _ := io.Copy(w.Writer, bytes.NewReader(text[:len(text)/2])) // a disk that is full takes a part
		return int(n), err
	}
	return w.Writer.Write(text)
}

// fault is asked before every operation on a file, and tells how it fails; nil: as the system has it. Tests set it.
var fault func(operation, path string) error

// inPlace writes files in their own place, as no program should. Tests set it.
var inPlace bool

func overwrite(path string, fill func(w io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(fill(writer{f, path}), f.Close())
}

func allowed(operation, path string) error {
	if fault == nil {
		return nil
	}
	return fault(operation, path)
}
