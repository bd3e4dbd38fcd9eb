package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// content is what the servers have.
var content = func() []byte {
	b := make([]byte, 300_000)
	for i := range b {
		b[i] = byte(i * i >> 3)
	}
	return b
}()

// rig is a server and the file that it is to have.
type rig struct {
	Fetcher
	file     File
	dir      string
	requests atomic.Int32
	ranges   []string // Range of each request
}

func newRig(t *testing.T, serve func(r *rig, w http.ResponseWriter, q *http.Request)) *rig {
	t.Helper()
	r := &rig{dir: filepath.Join(t.TempDir(), "cache")}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.requests.Add(1)
		r.ranges = append(r.ranges, q.Header.Get("Range"))
		serve(r, w, q)
	}))
	t.Cleanup(server.Close)
	r.Client, r.Pause = server.Client(), time.Millisecond
	r.file = File{server.URL + "/x.tar.gz", "x.tar.gz", int64(len(content)), fmt.Sprintf("%x", sha256.Sum256(content))}
	return r
}

func (r *rig) fetch() (string, error) { return r.Fetch(context.Background(), r.file, r.dir) }

// mustHave fails unless the file is there, right, and nothing else is.
func (r *rig) mustHave(t *testing.T) {
	t.Helper()
	path, err := r.fetch()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, content) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	entries, err := os.ReadDir(r.dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v is there", entries)
	}
}

// mustFail fails unless the download does, with one line that contains every part of want, and no file of the name is left.
func (r *rig) mustFail(t *testing.T, want ...string) {
	t.Helper()
	_, err := r.fetch()
	if err == nil {
		t.Fatal("no error")
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q, want %q in it", err, w)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error of several lines: %q", err)
	}
	if _, err := os.Stat(filepath.Join(r.dir, r.file.Name)); err == nil {
		t.Error("the file is there all the same")
	}
}

func (r *rig) writePart(t *testing.T, data []byte) {
	t.Helper()
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.dir, r.file.Name+partial), data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// part returns what is kept of a broken download, or nil.
func (r *rig) part(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(r.dir, r.file.Name+partial))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return b
}

// withRanges serves the file as usual servers do.
func withRanges(_ *rig, w http.ResponseWriter, q *http.Request) {
	http.ServeContent(w, q, "x", time.Time{}, bytes.NewReader(content))
}

// withoutRanges knows nothing of ranges.
func withoutRanges(_ *rig, w http.ResponseWriter, q *http.Request) { w.Write(content) }

// cut ends the connection after n bytes of an answer.
func cut(w http.ResponseWriter, n int) {
	w.Header().Set("Content-Length", fmt.Sprint(len(content)))
	w.Write(content[:n])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func TestFetch(t *testing.T) {
	for name, serve := range map[string]func(*rig, http.ResponseWriter, *http.Request){"ranges": withRanges, "none": withoutRanges} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, serve)
			var reported []int64
			r.Progress = func(done, total int64) {
				if total != int64(len(content)) || len(reported) > 0 && done < reported[len(reported)-1] {
					t.Errorf("%d of %d after %v", done, total, reported)
				}
				reported = append(reported, done)
			}
			r.mustHave(t)
			if len(reported) < 2 || reported[len(reported)-1] != int64(len(content)) {
				t.Errorf("progress %v", reported)
			}
			// A file that is there is not fetched again.
			reported = nil
			r.mustHave(t)
			if n := r.requests.Load(); n != 1 {
				t.Errorf("%d requests", n)
			}
			// A damaged one is.
			reported = nil
			if err := os.WriteFile(filepath.Join(r.dir, r.file.Name), content[1:], 0o644); err != nil {
				t.Fatal(err)
			}
			r.mustHave(t)
			if n := r.requests.Load(); n != 2 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// A part of an earlier download is gone on from, or begun again where the server knows no ranges.
func TestFetchResumes(t *testing.T) {
	r := newRig(t, withRanges)
	r.writePart(t, content[:123_456])
	var first int64 = -1
	r.Progress = func(done, total int64) {
		if first < 0 {
			first = done
		}
	}
	r.mustHave(t)
	if len(r.ranges) != 1 || r.ranges[0] != "bytes=123456-" || first != 123_456 {
		t.Errorf("ranges %q, first progress %d", r.ranges, first)
	}

	r = newRig(t, withoutRanges)
	r.writePart(t, content[:123_456])
	r.mustHave(t)

	// All bytes had come, and only the name was missing.
	r = newRig(t, withRanges)
	r.writePart(t, content)
	r.mustHave(t)
	if r.requests.Load() != 0 {
		t.Errorf("requests %q", r.ranges)
	}

	// Longer than the file.
	r = newRig(t, withRanges)
	r.writePart(t, append(bytes.Clone(content), 1))
	r.mustHave(t)

	// A part of another file is found out by the sum, and everything fetched again.
	for _, n := range []int{1000, len(content)} {
		r = newRig(t, withRanges)
		r.writePart(t, make([]byte, n))
		r.mustHave(t)
		if last := r.ranges[len(r.ranges)-1]; last != "" {
			t.Errorf("ranges %q", r.ranges)
		}
	}
}

// A server that breaks off again and again, but each time brings something, is gone on with.
func TestFetchInterrupted(t *testing.T) {
	r := newRig(t, func(r *rig, w http.ResponseWriter, q *http.Request) {
		var from int
		fmt.Sscanf(q.Header.Get("Range"), "bytes=%d-", &from)
		if from > 250_000 {
			withRanges(r, w, q)
			return
		}
		if from > 0 {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(content)-1, len(content)))
			w.Header().Set("Content-Length", fmt.Sprint(len(content)-from))
			w.WriteHeader(http.StatusPartialContent)
		} else {
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		}
		w.Write(content[from : from+30_000])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	r.Attempts = 2 // fewer than there are interruptions
	r.mustHave(t)
	if n := r.requests.Load(); n != 10 {
		t.Errorf("%d requests: %q", n, r.ranges)
	}
}

// Where the download is given up, what has come is kept, and the next call goes on.
func TestFetchTruncated(t *testing.T) {
	whole := false
	r := newRig(t, func(r *rig, w http.ResponseWriter, q *http.Request) {
		if whole {
			withRanges(r, w, q)
			return
		}
		if q.Header.Get("Range") != "" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		cut(w, 100_000)
	})
	r.Attempts = 3
	r.mustFail(t, r.file.URL, "after 100000 of 300000 bytes, which are kept, and 3 attempts", "503")
	if got := r.part(t); !bytes.Equal(got, content[:100_000]) {
		t.Errorf("%d bytes kept", len(got))
	}
	whole = true
	r.mustHave(t)
	if last := r.ranges[len(r.ranges)-1]; last != "bytes=100000-" {
		t.Errorf("ranges %q", r.ranges)
	}
}

// Without a length the end of the answer could be taken for that of the file.
func TestFetchTruncatedChunked(t *testing.T) {
	r := newRig(t, func(r *rig, w http.ResponseWriter, q *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.Write(content[:1000])
		w.(http.Flusher).Flush()
	})
	r.Attempts = 2
	r.mustFail(t, "the server ends after 1000 of 300000 bytes")
}

func TestFetchWrong(t *testing.T) {
	for name, test := range map[string]struct {
		serve    func(*rig, http.ResponseWriter, *http.Request)
		requests int32
		want     []string
	}{
		"404": {func(_ *rig, w http.ResponseWriter, q *http.Request) { http.NotFound(w, q) },
			1, []string{"/x.tar.gz: the server answers 404 Not Found"}},
		"500": {func(_ *rig, w http.ResponseWriter, q *http.Request) { http.Error(w, "", 500) },
			5, []string{"after 0 of 300000 bytes", "5 attempts", "500 Internal Server Error"}},
		"another size": {func(_ *rig, w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Content-Length", "12")
			w.Write(content[:12])
		}, 1, []string{"12 bytes are offered, expected 300000"}},
		"too long": {func(_ *rig, w http.ResponseWriter, q *http.Request) {
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			w.Write(content)
			w.Write(content)
		}, 1, []string{"more bytes than the 300000 expected"}},
		"checksum": {func(_ *rig, w http.ResponseWriter, q *http.Request) { w.Write(make([]byte, len(content))) },
			1, []string{"what came is not the file", "SHA-256", "expected " + fmt.Sprintf("%x", sha256.Sum256(content))}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, test.serve)
			r.mustFail(t, test.want...)
			if n := r.requests.Load(); n != test.requests {
				t.Errorf("%d requests, want %d", n, test.requests)
			}
			if name == "checksum" && r.part(t) != nil {
				t.Error("wrong bytes are kept")
			}
		})
	}
	r := newRig(t, withRanges)
	r.file.URL = "http://127.0.0.1:1/x"
	r.Attempts = 2
	r.mustFail(t, "127.0.0.1:1", "2 attempts")
}

// A server that answers with another range than asked for is asked for everything.
func TestFetchWrongRange(t *testing.T) {
	r := newRig(t, func(r *rig, w http.ResponseWriter, q *http.Request) {
		if q.Header.Get("Range") == "" {
			withRanges(r, w, q)
			return
		}
		w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-99/%d", len(content)))
		w.WriteHeader(http.StatusPartialContent)
		w.Write(content[:100])
	})
	r.writePart(t, content[:5000])
	r.mustHave(t)
	if len(r.ranges) != 2 || r.ranges[1] != "" {
		t.Errorf("ranges %q", r.ranges)
	}
}

// When the context ends, what has come is kept.
func TestFetchStopped(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	r := newRig(t, func(r *rig, w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		w.Write(content[:50_000])
		w.(http.Flusher).Flush()
		<-q.Context().Done()
	})
	r.Progress = func(done, total int64) {
		if done == 50_000 {
			cancel(errors.New("enough"))
		}
	}
	_, err := r.Fetch(ctx, r.file, r.dir)
	if err == nil || !strings.Contains(err.Error(), "stopped after 50000 of 300000 bytes: enough") {
		t.Error(err)
	}
	if got := r.part(t); !bytes.Equal(got, content[:50_000]) {
		t.Errorf("%d bytes kept", len(got))
	}
}

// A server that falls silent does not hold the download up for ever.
func TestFetchStalled(t *testing.T) {
	r := newRig(t, func(r *rig, w http.ResponseWriter, q *http.Request) {
		if r.requests.Load() > 1 {
			withRanges(r, w, q)
			return
		}
		io.WriteString(w, "")
		w.(http.Flusher).Flush()
		<-q.Context().Done()
	})
	r.Stall = 50 * time.Millisecond
	r.mustHave(t)
	if n := r.requests.Load(); n != 2 {
		t.Errorf("%d requests", n)
	}
}

// A name that leads out of the folder is refused before anything is asked for or made.
func TestFetchNames(t *testing.T) {
	for _, name := range []string{"", ".", "..", "../x", "/x", "a/x", "a/../x"} {
		r := newRig(t, withRanges)
		r.file.Name = name
		_, err := r.fetch()
		if err == nil || !strings.Contains(err.Error(), "is no name of a file") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: error %v", name, err)
		}
		if _, err := os.Stat(r.dir); err == nil || r.requests.Load() != 0 {
			t.Errorf("%q: %d requests", name, r.requests.Load())
		}
	}
}

// Nothing is written through a link that lies where the download goes, and a link in place of the file is replaced.
func TestFetchLinks(t *testing.T) {
	victim := filepath.Join(t.TempDir(), "victim")
	keep := []byte("not to be touched")
	if err := os.WriteFile(victim, keep, 0o644); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, withRanges)
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(r.dir, r.file.Name)
	for _, part := range []string{path + partial, path} {
		if err := os.Symlink(victim, part); err != nil {
			t.Skip("no symbolic links here: ", err)
		}
		if part != path {
			_, err := r.fetch()
			if err == nil || !strings.Contains(err.Error(), part+" is no plain file") || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v", err)
			}
			if err := os.Remove(part); err != nil {
				t.Fatal(err)
			}
		} else {
			r.mustHave(t)
		}
		if got, err := os.ReadFile(victim); err != nil || !bytes.Equal(got, keep) {
			t.Fatalf("%s was a link: its target has %q, %v", part, got, err)
		}
	}
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
}
