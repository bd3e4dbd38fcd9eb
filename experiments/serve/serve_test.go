package serve

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"cenet/experiments/state"
	"cenet/results"
	"cenet/results/page"
)

// folder has results with a page of a check, and files that must not be served.
func folder(t *testing.T) (out string) {
	t.Helper()
	above := t.TempDir()
	out = filepath.Join(above, "results")
	for name, text := range map[string]string{
		"results/a/page.json": `{"title": "A & B", "sections": []}`, "results/a/table.md": "# A", "results/a/x.svg": "<svg/>",
		"results/a/notes.txt": "no",
		"results/.hidden.md":  "no", "results/a/.hidden/t.md": "no", "secret.md": "no",
	} {
		path := filepath.Join(above, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(above, "secret.md"), filepath.Join(out, "link.md")); err != nil {
		t.Fatal(err)
	}
	return out
}

func options(t *testing.T) Options {
	return Options{Addr: "127.0.0.1:0", Out: folder(t), State: t.TempDir(),
		Overview: func() (page.Overview, error) { return page.Overview{Title: "Claims"}, nil }}
}

// An unknown host name is refused. The message lists the allowed names and the flag that allows this one. With that flag the server
// answers.
func TestHosts(t *testing.T) {
	const full = "box.lab.example.org"
	ask := func(s *server, host string) (int, string) {
		r := httptest.NewRequest("GET", "http://127.0.0.1/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	o := options(t)
	code, text := ask(newServer(o, "0.0.0.0"), full+":8080")
	for _, want := range []string{`unknown host "` + full + `:8080"`, "localhost", "--host " + full + " allows it"} {
		if code != 403 || !strings.Contains(text, want) {
			t.Errorf("%d %s, want %q", code, text, want)
		}
	}
	if _, text := ask(newServer(o, "0.0.0.0"), "$(ls)"); !strings.Contains(text, "--host NAME allows it") {
		t.Errorf("an invalid name: %s", text)
	}
	o.Hosts = []string{"Box.Lab.example.org."}
	if code, text := ask(newServer(o, "0.0.0.0"), full+":8080"); code != 200 {
		t.Errorf("an allowed name: %d %s", code, text)
	}
	if code, _ := ask(newServer(o, "0.0.0.0"), "other.example.org"); code != 403 {
		t.Errorf("another name: %d", code)
	}
}

// The printed address can be opened: it is never 0.0.0.0 or [::].
func TestPrintedAddress(t *testing.T) {
	name, err := os.Hostname()
	if err != nil {
		t.Skip(err)
	}
	for _, test := range []struct{ host, ip, want string }{
		{"127.0.0.1", "127.0.0.1", "http://127.0.0.1:80/"}, {"::1", "::1", "http://[::1]:80/"}, {"box.lan", "10.0.0.7", "http://box.lan:80/"},
		{"localhost", "127.0.0.1", "http://localhost:80/"},
		{"0.0.0.0", "0.0.0.0", "http://" + name + ":80/ (on this machine http://localhost:80/)"},
		{"", "::", "http://" + name + ":80/ (on this machine http://localhost:80/)"},
	} {
		if got := address(test.host, &net.TCPAddr{IP: net.ParseIP(test.ip), Port: 80}); got != test.want {
			t.Errorf("%q on %s: %s, want %s", test.host, test.ip, got, test.want)
		}
	}
}

// Requests for unknown hosts, other methods and other files are refused.
func TestAnswers(t *testing.T) {
	s := newServer(options(t), "127.0.0.1")
	for _, c := range []struct {
		method, host, path string
		want               int
	}{
		{"GET", "127.0.0.1:8080", "/", 200}, {"HEAD", "127.0.0.1:8080", "/", 200}, {"GET", "localhost", "/index.html", 200},
		{"GET", "LOCALHOST.:1", "/", 200},
		{"GET", "[::1]:8080", "/", 200}, {"GET", "192.168.1.7:8080", "/", 200},
		{"GET", "evil.example", "/", 403}, {"GET", "localhost.evil.example", "/", 403}, {"GET", "127.0.0.1.evil.example:8080", "/events", 403},
		{"GET", "", "/", 403},
		{"POST", "127.0.0.1", "/", 405}, {"PUT", "127.0.0.1", "/a/table.md", 405}, {"DELETE", "127.0.0.1", "/a/table.md", 405},
		{"PATCH", "127.0.0.1", "/events", 405},
		{"OPTIONS", "127.0.0.1", "/", 405}, {"POST", "evil.example", "/", 403},
		{"GET", "127.0.0.1", "/a/table.md", 200}, {"GET", "127.0.0.1", "/a/x.svg", 200}, {"GET", "127.0.0.1", "/a/page.json", 200},
		{"GET", "127.0.0.1", "/a/notes.txt", 404}, {"GET", "127.0.0.1", "/a", 404}, {"GET", "127.0.0.1", "/.hidden.md", 404},
		{"GET", "127.0.0.1", "/a/.hidden/t.md", 404},
		{"GET", "127.0.0.1", "/link.md", 404}, {"GET", "127.0.0.1", "/../secret.md", 404},
		{"GET", "127.0.0.1", "/a/%2e%2e/%2e%2e/secret.md", 404}, {"GET", "127.0.0.1", "/none.md", 404},
	} {
		r := httptest.NewRequest(c.method, "http://127.0.0.1"+strings.ReplaceAll(c.path, "%2e", "."), nil)
		r.Host = c.host
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s %s of %q: %d, want %d", c.method, c.path, c.host, w.Code, c.want)
		}
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") ||
			strings.Contains(policy, "unsafe") {
			t.Errorf("%s %s: policy %q", c.method, c.path, policy)
		}
		if c.method == "HEAD" && w.Body.Len() > 0 {
			t.Error("HEAD has a body")
		}
	}
}

// The page is drawn again only when the results have changed.
func TestChanges(t *testing.T) {
	o := options(t)
	drawn := 0
	o.Overview = func() (page.Overview, error) { drawn++; return page.Overview{}, nil }
	s := newServer(o, "127.0.0.1")
	get := func(tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "http://127.0.0.1/", nil)
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	first := get("")
	if w := get(first.Header().Get("ETag")); w.Code != http.StatusNotModified || drawn != 1 {
		t.Errorf("status %d, drawn %d times", w.Code, drawn)
	}
	if err := os.WriteFile(filepath.Join(o.Out, "a", "page.json"), []byte(`{"title": "Changed", "sections": []}`), 0o644); err != nil {
		t.Fatal(err)
	}
	s.site.checked = time.Time{}
	if w := get(first.Header().Get("ETag")); w.Code != 200 || !strings.Contains(w.Body.String(), "Changed") {
		t.Errorf("status %d, without the change", w.Code)
	}
	if err := os.WriteFile(filepath.Join(o.Out, "a", "page.json"), []byte(`{`), 0o644); err != nil {
		t.Fatal(err)
	}
	s.site.checked = time.Time{}
	if w := get(""); w.Code != 200 || !strings.Contains(w.Body.String(), "page.json: unexpected end") {
		t.Errorf("status %d, without the damage", w.Code)
	}
}

// running starts a server. It returns its address and a function that ends it.
func running(t *testing.T, o Options) (address string, end func() error) {
	t.Helper()
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- newServer(o, "127.0.0.1").serve(ctx, listener) }()
	end = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = end() })
	return "http://" + listener.Addr().String(), end
}

// event reads the next event of a stream.
func event(r *bufio.Reader) (snapshot, error) {
	var s snapshot
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return s, err
		}
		if text, ok := strings.CutPrefix(line, "data: "); ok {
			return s, json.Unmarshal([]byte(text), &s)
		}
	}
}

// Every open page receives new events soon, and the server ends while pages are open.
func TestEvents(t *testing.T) {
	defer func(before time.Duration) { followEvery = before }(followEvery)
	followEvery = 20 * time.Millisecond
	o := options(t)
	address, end := running(t, o)
	var streams []*bufio.Reader
	for range 5 {
		r, err := http.Get(address + "/events")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		streams = append(streams, bufio.NewReader(r.Body))
		if s, err := event(streams[len(streams)-1]); err != nil || len(s.Runs) != 0 {
			t.Fatalf("at first: %+v, %v", s, err)
		}
	}
	if err := state.Dir(o.State).KeepPlan(state.Plan{Name: "x", Title: "X",
		Trials: []state.PlannedTrial{{Identity: "a", Name: "one", Case: "c", Epochs: 3}}}); err != nil {
		t.Fatal(err)
	}
	for _, r := range streams {
		if s, err := event(r); err != nil || len(s.Runs) != 1 || s.Runs[0].Title != "X" || s.Runs[0].Missing != 1 {
			t.Errorf("then: %+v, %v", s, err)
		}
	}
	began := time.Now()
	if err := end(); err != nil || time.Since(began) > endWithin {
		t.Errorf("ended after %v: %v", time.Since(began), err)
	}
	if _, err := event(streams[0]); err == nil {
		t.Error("the stream is still open")
	}
}

// Twenty clients connect, read and disconnect, some in the middle of an answer. Neither memory nor goroutines grow. CENET_POLL sets the
// number of seconds.
func TestFlat(t *testing.T) {
	during := 2 * time.Second
	if text := os.Getenv("CENET_POLL"); text != "" {
		seconds, err := time.ParseDuration(text + "s")
		if err != nil {
			t.Fatal(err)
		}
		during = seconds
	}
	o := options(t)
	if dir := os.Getenv("CENET_RESULTS"); dir != "" {
		o.Out = dir
	}
	address, _ := running(t, o)
	poll := func(span time.Duration) (requests int) {
		var all sync.WaitGroup
		var mutex sync.Mutex
		until := time.Now().Add(span)
		for i := range 20 {
			all.Go(func() {
				client := &http.Client{Transport: &http.Transport{}, Timeout: 30 * time.Second}
				defer client.CloseIdleConnections()
				for n := 0; time.Now().Before(until); n++ {
					path := []string{"/", "/events", "/a/table.md", "/none"}[(n+i)%4]
					r, err := client.Get(address + path)
					if err != nil {
						t.Error(err)
						return
					}
					if path == "/events" {
						_, _ = bufio.NewReader(r.Body).ReadString('\n') // then disconnect
					} else {
						_, _ = io.Copy(io.Discard, r.Body)
					}
					r.Body.Close()
					mutex.Lock()
					requests++
					mutex.Unlock()
					time.Sleep(min(during/100, 250*time.Millisecond))
				}
			})
		}
		all.Wait()
		return requests
	}
	measure := func() (heap uint64, goroutines int) {
		time.Sleep(200 * time.Millisecond)
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc, runtime.NumGoroutine()
	}
	poll(during / 4)
	heap, goroutines := measure()
	for range 3 {
		n := poll(during / 4)
		h, g := measure()
		t.Logf("%d requests: heap %.1f MB, %d goroutines; before %.1f MB, %d", n, float64(h)/1e6, g, float64(heap)/1e6, goroutines)
		if h > heap+4<<20 || g > goroutines+3 {
			t.Errorf("grew from %d bytes and %d goroutines to %d and %d", heap, goroutines, h, g)
		}
	}
}

// The size of an event is bounded, however many trials there are.
func TestBounded(t *testing.T) {
	p := state.Followed{Plan: state.Plan{Name: "large"}, Last: time.Now()}
	for i := range 9600 {
		f := state.FollowedTrial{PlannedTrial: state.PlannedTrial{Identity: fmt.Sprint(i), Name: fmt.Sprint("trial ", i),
			Case: fmt.Sprint("case ", i/100), Seed: i % 100, Epochs: 1000}}
		for e := 1; e <= 1000; e++ {
			f.Epochs = append(f.Epochs, state.EpochLine{Time: time.Unix(int64(e), 0), Result: results.Epoch{Epoch: e}})
			if i > 300 {
				break
			}
		}
		switch i % 3 {
		case 0:
			f.Holder = &state.Holder{Host: "h"}
		case 1:
			f.Record = &results.Record{Result: &results.Result{Failure: "diverged", Epochs: make([]results.Epoch, 30)}}
			f.Epochs = nil
		}
		p.Trials = append(p.Trials, f)
	}
	text, err := json.Marshal(liveRuns([]state.Followed{p}, time.Now()))
	if err != nil || len(text) > 4<<20 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	var runs []liveRun
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&runs); err != nil || runs[0].Total != 9600 || runs[0].Failed != 3200 ||
		runs[0].Running != 3200 || len(runs[0].Trials) != maxTrials {
		t.Errorf("%d bytes: %v", len(text), err)
	}
	for _, c := range runs[0].Cases {
		for _, l := range c.Lines {
			if len(l.Epoch) > maxEpochs+1 {
				t.Errorf("%d epochs", len(l.Epoch))
			}
		}
	}
}

// A bad address is an error that names --addr.
func TestAddress(t *testing.T) {
	for _, addr := range []string{"8080", "nowhere.invalid:1", "127.0.0.1:99999"} {
		o := options(t)
		o.Addr = addr
		if err := Serve(context.Background(), o, t.Logf); err == nil || !strings.HasPrefix(err.Error(), "--addr: ") {
			t.Errorf("%s: %v", addr, err)
		}
	}
}
