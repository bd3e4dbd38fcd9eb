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

// A Lock on a trial keeps other processes from training it at the same time, on any machine that shares the state folder. It is a file
// that only one process can create, and that its owner rewrites every heartbeat. Another process takes the lock over if the owner has
// died, or if the file has not changed for the time Silence. Nothing breaks if two processes hold the same lock after all: they write
// the same bytes.
//
// Clocks of different machines are never compared: a waiting process checks whether the file has changed since its last check.
type Lock struct {
	path  string
	text  []byte
	stop  chan struct{}
	beats sync.WaitGroup
}

var (
	heartbeat  = 10 * time.Second
	Silence    = 60 * time.Second
	RetryEvery = 2 * time.Second // at locks that others hold
)

// A Holder is a process that trains a trial.
type Holder struct {
	Host    string    `json:"host"`
	Process int       `json:"process"`
	Machine string    `json:"machine"` // the scope of Process: boot and process namespace
	Started string    `json:"started"` // start time of the process in the machine's ticks; "": unknown
	Since   time.Time `json:"since"`
	Device  string    `json:"device,omitempty"` // that it trains on; "": unknown
}

// String names host and process.
func (h Holder) String() string { return fmt.Sprintf("process %d on %s", h.Process, h.Host) }

// ThisProcess returns this process as a Holder.
func ThisProcess() Holder {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return Holder{Host: host, Process: os.Getpid(), Machine: thisMachine(), Started: started(os.Getpid()), Since: time.Now().UTC()}
}

// cpu describes the CPU as a device.
var cpu = sync.OnceValue(func() string {
	return fmt.Sprintf("%s, %d cores, %s kernels", Processor(), runtime.NumCPU(), kernel.Family())
})

// thisMachine identifies the boot of this machine and the namespace of its processes.
var thisMachine = sync.OnceValue(func() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, err2 := os.Readlink("/proc/self/ns/pid")
	if err != nil || err2 != nil {
		host, _ := os.Hostname()
		return host
	}
	return strings.TrimSpace(string(boot)) + " " + space
})

// started is when a process was started, in Linux's clock ticks; "" if unknown, or if it has ended and its parent has not noticed.
func started(process int) string {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(process), "stat"))
	if err != nil {
		return ""
	}
	_, text, _ = bytes.Cut(text, []byte(") ")) // the program's name before it may contain spaces
	fields := bytes.Fields(text)
	if len(fields) < 20 || string(fields[0]) == "Z" {
		return ""
	}
	return string(fields[19])
}

// dead reports whether the process has certainly ended.
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
		return false // another user's process, and the system hides those (/proc with hidepid)
	}
	return err != nil && !errors.Is(err, os.ErrPermission) || h.Started != now
}

// A HeldError reports that another process holds a lock.
type HeldError struct {
	Holder
	Seen string // content and time of the lock file, which change with every heartbeat
}

// Error names the holder.
func (e *HeldError) Error() string { return "held by " + e.Holder.String() }

// LockFile is the path of a trial's lock.
func (d Dir) LockFile(identity string) string {
	return filepath.Join(string(d), "locks", identity+".json")
}

// Lock locks a trial. If another process holds the lock, the error is a *HeldError. silent is the field Seen of an earlier HeldError,
// at least Silence ago: if the file is still the same, Lock takes the lock over. The device is what the trial runs on; "" is the CPU.
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
			continue // released just now
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

// readLock returns the holder of a lock, and the content and time of its file. A file that is not valid JSON has an unknown holder.
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

// breakLock removes a lock, unless it has changed since it was seen.
func breakLock(path, seen string) error {
	aside := fmt.Sprintf("%s.%d", path, time.Now().UnixNano())
	if err := os.Rename(path, aside); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // another process has removed it
		}
		return err
	}
	defer os.Remove(aside)
	if _, now, err := readLock(aside); err == nil && now != seen {
		_ = durable.Place(aside, path) // another process has taken it meanwhile: put it back
	}
	return nil
}

// beat rewrites the file every heartbeat until Unlock.
func (l *Lock) beat() {
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-ticker.C:
		}
		// Write rather than set the time: then the time is the file server's, which other machines see too. If writing fails, the lock
		// counts as silent.
		if f, err := os.OpenFile(l.path, os.O_RDWR, 0); err == nil {
			if text := make([]byte, len(l.text)+1); holds(f, text, l.text) {
				_, _ = f.WriteAt(l.text[:1], 0)
			}
			f.Close()
		}
	}
}

// holds reports whether a file has exactly that text.
func holds(f *os.File, buffer, text []byte) bool {
	n, _ := f.ReadAt(buffer, 0)
	return bytes.Equal(buffer[:n], text)
}

// Unlock stops the heartbeat, and removes the lock file if it is still ours.
func (l *Lock) Unlock() {
	close(l.stop)
	l.beats.Wait()
	if text, err := os.ReadFile(l.path); err == nil && bytes.Equal(text, l.text) {
		os.Remove(l.path)
	}
}

// Running returns the process that trains a trial. It is false if no live process does.
func (d Dir) Running(identity string) (Holder, bool) {
	path := d.LockFile(identity)
	h, _, err := readLock(path)
	if err != nil || h.dead() {
		return h, false
	}
	info, err := os.Stat(path)
	return h, err == nil && time.Since(info.ModTime()) < Silence
}
