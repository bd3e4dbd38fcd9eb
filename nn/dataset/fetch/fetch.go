// Package fetch downloads a known file by HTTP: it goes on where an earlier download broke off, and gives the file its
// name only once size and SHA-256 are right.
package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A File is a file whose content is known beforehand.
type File struct {
	URL    string
	Name   string // in the folder of the download
	Size   int64
	SHA256 string // hexadecimal
}

// A Fetcher downloads files. Its zero value is ready for use.
type Fetcher struct {
	Client *http.Client // nil: http.DefaultClient
	// Progress, when not nil, is called with how many bytes are there, those of an earlier download included.
	Progress func(done, total int64)
	// Attempts is how often in a row a request may fail without bringing a byte; 0: 5.
	Attempts int
	// Pause is the time before the second attempt, doubled before each further one; 0: a second.
	Pause time.Duration
	// Stall is how long a server may send nothing; 0: a minute.
	Stall time.Duration
}

// partial ends the name of a file that is not whole.
const partial = ".part"

// Fetch downloads f into the folder dir, which is made where it is missing, and returns the path of the file. A file that
// is there and right is left as it is. What has arrived when Fetch fails, or when ctx ends, is kept for the next call,
// unless it is wrong. Nothing is written through links, or outside dir. An error is one line that names the URL or the file, and what was
// expected.
func (t *Fetcher) Fetch(ctx context.Context, f File, dir string) (path string, err error) {
	if f.Name == "." || !filepath.IsLocal(f.Name) || filepath.Base(f.Name) != f.Name {
		return "", fmt.Errorf("%s: %q is no name of a file in a folder", f.URL, f.Name)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	path = filepath.Join(dir, f.Name)
	if f.Verify(path) == nil {
		t.tell(f.Size, f.Size)
		return path, nil
	}
	part := path + partial
	resumed, err := t.complete(ctx, f, part)
	if err != nil {
		if info, statErr := os.Stat(part); statErr == nil && info.Size() == 0 {
			os.Remove(part)
		}
		return "", err
	}
	err = f.Verify(part)
	if err != nil && resumed {
		// The earlier part may have been of another file: once more, from the beginning.
		if err := os.Remove(part); err != nil {
			return "", err
		}
		if _, err := t.complete(ctx, f, part); err != nil {
			return "", err
		}
		err = f.Verify(part)
	}
	if err != nil {
		os.Remove(part)
		return "", fmt.Errorf("%s: what came is not the file: %w", f.URL, err)
	}
	return path, install(part, path)
}

// install gives the whole file its name.
func install(part, path string) error {
	if err := os.Rename(part, path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// Verify is nil when the file at path has the size and the SHA-256 of f.
func (f File) Verify(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() { // a pipe would keep waiting who opens it
		return fmt.Errorf("%s is no plain file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if info, err = file.Stat(); err != nil {
		return err
	}
	if info.Size() != f.Size {
		return fmt.Errorf("%s has %d bytes, expected %d", path, info.Size(), f.Size)
	}
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return err
	}
	if sum := hex.EncodeToString(h.Sum(nil)); !strings.EqualFold(sum, f.SHA256) {
		return fmt.Errorf("%s has the SHA-256 %s, expected %s", path, sum, f.SHA256)
	}
	return nil
}

// A finalError is one that another attempt will not change.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

// complete asks until part has all bytes of f, and says whether some of them are of an earlier download.
func (t *Fetcher) complete(ctx context.Context, f File, part string) (resumed bool, err error) {
	if info, err := os.Lstat(part); err == nil && !info.Mode().IsRegular() { // a link could lead anywhere
		return false, fmt.Errorf("%s is no plain file", part)
	}
	file, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return false, err
	}
	defer file.Close()
	have, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return false, err
	}
	if have > f.Size {
		have = 0
	}
	resumed = have > 0
	attempts, pause := t.Attempts, t.Pause
	if attempts <= 0 {
		attempts = 5
	}
	if pause <= 0 {
		pause = time.Second
	}
	for failed := 0; have < f.Size; {
		now, err := t.request(ctx, f, file, have)
		if ctx.Err() != nil {
			return false, fmt.Errorf("%s: stopped after %d of %d bytes: %w", f.URL, max(now, have), f.Size, context.Cause(ctx))
		}
		if errors.As(err, new(finalError)) {
			return false, err
		}
		if now > have {
			failed = 0
		}
		have = now
		if err == nil {
			continue
		}
		if failed++; failed >= attempts {
			return false, fmt.Errorf("%s: after %d of %d bytes, which are kept, and %d attempts: %w", f.URL, have, f.Size, failed, err)
		}
		select {
		case <-time.After(pause << (failed - 1)):
		case <-ctx.Done():
		}
	}
	if err := file.Truncate(f.Size); err != nil {
		return false, err
	}
	return resumed, file.Sync()
}

// request asks for the bytes from have on, writes what comes to file, and returns how many are there now.
func (t *Fetcher) request(ctx context.Context, f File, file *os.File, have int64) (int64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stall := t.Stall
	if stall <= 0 {
		stall = time.Minute
	}
	watch := time.AfterFunc(stall, func() { cancel(fmt.Errorf("the server sends nothing for %v", stall)) })
	defer watch.Stop()

	r, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL, nil)
	if err != nil {
		return have, finalError{err}
	}
	r.Header.Set("Accept-Encoding", "identity") // the bytes of the file, not packed on the way
	if have > 0 {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	client := t.Client
	if client == nil {
		client = http.DefaultClient
	}
	answer, err := client.Do(r)
	if err != nil {
		return have, cause(ctx, err)
	}
	defer answer.Body.Close()

	switch code := answer.StatusCode; {
	case code == http.StatusOK:
		have = 0 // a server without ranges begins at the beginning
	case code == http.StatusPartialContent && have > 0:
		var first, last, size int64
		header := answer.Header.Get("Content-Range")
		if _, err := fmt.Sscanf(header, "bytes %d-%d/%d", &first, &last, &size); err != nil || first != have || size != f.Size {
			return 0, fmt.Errorf("the server answers with the range %q, expected \"bytes %d-%d/%d\"", header, have, f.Size-1, f.Size)
		}
	case code == http.StatusRequestedRangeNotSatisfiable && have > 0:
		return 0, fmt.Errorf("the server answers %s", answer.Status)
	case code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= 500:
		return have, fmt.Errorf("the server answers %s", answer.Status)
	default:
		return have, finalError{fmt.Errorf("%s: the server answers %s", f.URL, answer.Status)}
	}
	if n := answer.ContentLength; n >= 0 && have+n != f.Size {
		return have, finalError{fmt.Errorf("%s: %d bytes are offered, expected %d", f.URL, have+n, f.Size)}
	}
	if err := file.Truncate(have); err != nil {
		return have, finalError{err}
	}
	if _, err := file.Seek(have, io.SeekStart); err != nil {
		return have, finalError{err}
	}
	t.tell(have, f.Size)
	buffer := make([]byte, 1<<16)
	for {
		n, err := answer.Body.Read(buffer)
		watch.Reset(stall)
		if have+int64(n) > f.Size {
			return have, finalError{fmt.Errorf("%s: more bytes than the %d expected", f.URL, f.Size)}
		}
		if _, err := file.Write(buffer[:n]); err != nil {
			return have, finalError{err}
		}
		have += int64(n)
		if n > 0 {
			t.tell(have, f.Size)
		}
		switch {
		case err == nil:
		case err == io.EOF && have == f.Size:
			return have, nil
		case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
			return have, fmt.Errorf("the server ends after %d of %d bytes", have, f.Size)
		default:
			return have, cause(ctx, err)
		}
	}
}

// cause is why the context ended, where that is why a request failed.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (t *Fetcher) tell(done, total int64) {
	if t.Progress != nil {
		t.Progress(done, total)
	}
}
