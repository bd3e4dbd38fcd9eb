package dataset

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"cenet/nn/durable"
)

// A stamp tells the versions of a file apart without reading it: 16 bytes of the SHA-256 of its size and its times and, where the
// platform has one, its inode.
type stamp [16]byte

// stampOf is the stamp of a file that was asked for by os.Stat.
func stampOf(info fs.FileInfo) stamp {
	inode, changed := inodeOf(info)
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %d %d", info.Size(), info.ModTime().UnixNano(), changed, inode))
	return stamp(sum[:])
}

// unsettled is how long after a change a file may change again without another time.
const unsettled = 2 * time.Second

// hashes are the SHA-256 of the files of images that have been read to their ends without a fault. They are kept in a file, so that a
// file that has not changed since is not read again: 64 bytes that name the format and, for each file of images, 16 bytes of the
// SHA-256 of its path, its stamp and its hash. Several processes may write it: the last one wins, and the others hash again.
type hashes struct {
	path    string // "": kept nowhere
	folder  string // that relative paths are in
	lock    sync.Mutex
	known   map[[16]byte]hashed
	changed bool
}

type hashed struct {
	stamp stamp
	hash  [sha256.Size]byte
}

const hashEntry = 16 + 16 + sha256.Size

// hashesHead begins a file of hashes. A raised decodedAs voids it: what could be read before may be refused now.
func hashesHead() []byte {
	head := make([]byte, hashEntry)
	copy(head, fmt.Sprintf("SHA-256 of images that can be read, decoded as %d\n", decodedAs))
	return head
}

// readHashes reads a file of hashes. One that is missing or damaged counts as empty.
func readHashes(path string) *hashes {
	h := &hashes{path: path, known: map[[16]byte]hashed{}}
	h.folder, _ = os.Getwd()
	if path == "" {
		return h
	}
	text, err := os.ReadFile(path)
	if err != nil || len(text)%hashEntry != 0 || !bytes.HasPrefix(text, hashesHead()) {
		return h
	}
	for text = text[hashEntry:]; len(text) > 0; text = text[hashEntry:] {
		h.known[[16]byte(text)] = hashed{stamp(text[16:]), [sha256.Size]byte(text[32:])}
	}
	return h
}

// write keeps what is new.
func (h *hashes) write() error {
	if h.path == "" || !h.changed {
		return nil
	}
	text := hashesHead()
	for key, v := range h.known {
		text = append(append(append(text, key[:]...), v.stamp[:]...), v.hash[:]...)
	}
	if err := os.MkdirAll(filepath.Dir(h.path), 0o777); err != nil {
		return err
	}
	h.changed = false
	return durable.WriteBytes(h.path, text)
}

// check hashes a file and reads its image to its end. A file whose hash is known by its path and stamp was read before, and is not
// opened.
func (h *hashes) check(d *decoder, p *imageFile) error {
	info, err := os.Stat(p.path())
	if err != nil {
		return err
	}
	before := stampOf(info)
	key := h.key(p.path())
	h.lock.Lock()
	known, ok := h.known[key]
	h.lock.Unlock()
	p.stamp, p.print = before, known.hash
	if ok && known.stamp == before {
		return nil
	}
	if p.print, err = hashFile(p.path()); err != nil {
		return err
	}
	if err := d.check(p.path(), p.height, p.width); err != nil {
		return err
	}
	if info, err = os.Stat(p.path()); err == nil && stampOf(info) == before && time.Since(info.ModTime()) > unsettled {
		h.lock.Lock()
		h.known[key], h.changed = hashed{before, p.print}, true
		h.lock.Unlock()
	}
	return nil
}

func (h *hashes) key(path string) [16]byte {
	if !filepath.IsAbs(path) {
		path = filepath.Join(h.folder, path)
	}
	sum := sha256.Sum256([]byte(path))
	return [16]byte(sum[:])
}

// hashFile is the SHA-256 of a plain file.
func hashFile(path string) (hash [sha256.Size]byte, err error) {
	file, err := openImage(path)
	if err != nil {
		return hash, err
	}
	defer file.Close()
	s := sha256.New()
	if _, err := io.Copy(s, file); err != nil {
		return hash, err
	}
	s.Sum(hash[:0])
	return hash, nil
}

// unchanged is nil while the file of a streamed image is the one that was hashed: a training whose images change is no longer the
// one that its fingerprint names. A file that was only touched or copied is hashed again.
func (p *imageFile) unchanged() error {
	info, err := os.Stat(p.path())
	if err != nil || stampOf(info) == p.stamp {
		return err
	}
	hash, err := hashFile(p.path())
	if err == nil && hash != p.print {
		err = errors.New("the file has changed since the folder was opened")
	}
	return err
}
