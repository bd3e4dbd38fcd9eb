package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"cenet/nn/durable"
	"cenet/nn/kernel"
)

// A Lock on a trial keeps other processes from training it at the same time, on any machine that has the folder of the state. It is a
// file that only one of several can create, and that its owner touches every heartbeat. One whose owner has died, or from which nothing
// was seen for the time of silence, is taken over. Nothing breaks where two processes hold it after all: they write the same.
//
// No clock is compared with that of another machine: who waits looks whether the file has changed since it last looked.
type Lock struct {
	path  string
	text  []byte
	stop  chan struct{}
	beats sync.WaitGroup
}

// Times of locks.
var (
	heartbeat  = 10 * time.Second
	Silence    = 60 * time.Second
	RetryEvery = 2 * time.Second // at locks that others hold
)

// A Holder is a process that trains a trial.
type Holder struct {
	Host    string    `json:"host"`
	Process int       `json:"process"`
	Machine string    `json:"machine"` // within which the number of a process means something
	Started string    `json:"started"` // when the process was, as the machine counts; "": not known
	Since   time.Time `json:"since"`
	Device  string    `json:"device,omitempty"` // on which it trains; "": not known
}

// String names host and process.
func (h Holder) String() string { return fmt.Sprintf("process %d on %s", h.Process, h.Host) }

// ThisProcess holds what this process locks.
func ThisProcess() Holder {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return Holder{Host: host, Process: os.Getpid(), Machine: thisMachine(), Started: started(os.Getpid()), Since: time.Now().UTC()}
}

// cpu is what trials run on that run on no other device.
var cpu = sync.OnceValue(func() string {
	return fmt.Sprintf("%s, %d cores, %s kernels", Processor(), runtime.NumCPU(), kernel.Family())
})

// thisMachine tells the machine since it was started, and the name space of its processes.
var thisMachine = sync.OnceValue(func() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, err2 := os.Readlink("/proc/self/ns/pid")
	if err != nil || err2 != nil {
		host, _ := os.Hostname()
		return host
	}
	return strings.TrimSpace(string(boot)) + " " + space
})

// started is when a process was started, in the ticks that Linux tells; "" where it does not.
func started(process int) string {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(process), "stat"))
	if err != nil {
		return ""
	}
	_, text, _ = bytes.Cut(text, []byte(") ")) // what is before it may have spaces
	fields := bytes.Fields(text)
	if len(fields) < 20 {
		return ""
	}
	return string(fields[19])
}

// dead tells whether the process is known to be no more.
func (h Holder) dead() bool {
	if h.Machine != thisMachine() {
		return false
	}
	p, err := os.FindProcess(h.Process)
	if err != nil {
		return true
	}
	err = p.Signal(syscall.Signal(0))
	now := started(h.Process)
	if errors.Is(err, os.ErrPermission) && now == "" {
		return false // a process of another user, of whose processes the system shows nothing (/proc with hidepid)
	}
	return err != nil && !errors.Is(err, os.ErrPermission) || h.Started != now
}

// A HeldError tells that another process holds a lock.
type HeldError struct {
	Holder
	Seen string // of the file: it changes with every heartbeat
}

// Error says who holds it.
func (e *HeldError) Error() string { return "held by " + e.Holder.String() }

// LockFile is the path of a trial's lock.
func (d Dir) LockFile(identity string) string {
	return filepath.Join(string(d), "locks", identity+".json")
}

// Lock locks a trial. Where another process holds the lock, the error is a *heldError. One that was silent is what was seen of it
// when it was last looked at, long enough ago: if it is still that, the lock is taken over. The device is what the trial runs on; "": the CPU.
func (d Dir) Lock(identity, silent, device string) (*Lock, error) {
	path := d.LockFile(identity)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, err
	}
	us := ThisProcess()
	if us.Device = device; device == "" {
		us.Device = cpu()
	}
	text, err := json.Marshal(us)
	if err != nil {
		return nil, err
	}
	for {
		err := durable.Create(path, text)
		if err == nil {
			l := &Lock{path: path, text: text, stop: make(chan struct{})}
			l.beats.Go(l.beat)
			return l, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		h, seen, err := readLock(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue // given back just now
		case err != nil:
			return nil, err
		case !h.dead() && seen != silent:
			return nil, &HeldError{h, seen}
		}
		if err := breakLock(path, seen); err != nil {
			return nil, err
		}
	}
}

// readLock returns who holds a lock, and what is seen of its file. A file that cannot be read as one is held by nobody known.
func readLock(path string) (h Holder, seen string, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return h, "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return h, "", err
	}
	if json.Unmarshal(text, &h) != nil {
		h = Holder{Host: "an unknown host"}
	}
	return h, fmt.Sprint(info.ModTime().UnixNano(), " ", string(text)), nil
}

// breakLock takes a lock away from its holder, unless it is another one by now.
func breakLock(path, seen string) error {
	aside := fmt.Sprintf("%s.%d", path, time.Now().UnixNano())
	if err := os.Rename(path, aside); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // another process has
		}
		return err
	}
	defer os.Remove(aside)
	if _, now, err := readLock(aside); err == nil && now != seen {
		_ = durable.Place(aside, path) // another process took it in between: back with it
	}
	return nil
}

// beat touches the file until the lock is given back.
func (l *Lock) beat() {
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-ticker.C:
		}
		// Written, not set: the time is the file server's, as for who looks at it. One that cannot be written is taken for silent.
		if f, err := os.OpenFile(l.path, os.O_RDWR, 0); err == nil {
			if text := make([]byte, len(l.text)+1); holds(f, text, l.text) {
				_, _ = f.WriteAt(l.text[:1], 0)
			}
			f.Close()
		}
	}
}

// holds tells whether a file has exactly that text.
func holds(f *os.File, buffer, text []byte) bool {
	n, _ := f.ReadAt(buffer, 0)
	return bytes.Equal(buffer[:n], text)
}

// Unlock gives the lock back, if it is still held.
func (l *Lock) Unlock() {
	close(l.stop)
	l.beats.Wait()
	if text, err := os.ReadFile(l.path); err == nil && bytes.Equal(text, l.text) {
		os.Remove(l.path)
	}
}

// Running tells which process trains a trial, where one is known to.
func (d Dir) Running(identity string) (Holder, bool) {
	path := d.LockFile(identity)
	h, _, err := readLock(path)
	if err != nil || h.dead() {
		return h, false
	}
	info, err := os.Stat(path)
	return h, err == nil && time.Since(info.ModTime()) < Silence
}
