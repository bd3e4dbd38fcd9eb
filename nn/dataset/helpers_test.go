package dataset

import (
	"cenet/nn/stream"
	"fmt"
	"strings"
	"testing"
)

// madeSet returns a set of n images whose bytes are a fixed function of their place, with labels 0, 1, … in turn.
func madeSet(n, height, width, channels, classes int) *Set {
	s := &Set{Height: height, Width: width, Channels: channels}
	for k := range classes {
		s.Classes = append(s.Classes, fmt.Sprint("class ", k))
	}
	for i := range n {
		s.Labels = append(s.Labels, i%classes)
	}
	random := stream.New(1, "made")
	for range n * height * width * channels {
		s.Pixels = append(s.Pixels, uint8(random.Uint64()))
	}
	return s
}

// mustPanic fails unless f panics with a text that begins with the package's name and contains want.
func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if m, ok := recover().(string); !ok || !strings.HasPrefix(m, "dataset: ") || !strings.Contains(m, want) {
			t.Errorf("panic %q, want one with %q", m, want)
		}
	}()
	f()
}

// mustFail fails unless err is one line that contains every part of want.
func mustFail(t *testing.T, err error, want ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one with %q", want)
		return
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q, want %q in it", err, w)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error of several lines: %q", err)
	}
}
