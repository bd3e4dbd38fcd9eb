// Package serve shows the page of all results over HTTP. The page also shows trials that are running on any machine that shares the
// state folder. The server only reads.
//
//	serve.go  the server: requests, answers and allowed host names
//	events.go server-sent events for open pages
//	live.go   the state of running trials
//	site.go   the page, drawn again when the results change
package serve

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cenet/experiments/state"
	"cenet/results/page"
)

// Options of a server.
type Options struct {
	Addr     string   // host:port to listen on
	Hosts    []string // further allowed host names: full names, or the name of a proxy
	Out      string   // folder of the results
	State    string   // state folder: running trials
	Overview func() (page.Overview, error)
}

// Addr is the default address to listen on. No other machine reaches it.
const Addr = "127.0.0.1:8080"

// endWithin is how long open requests may take when the server stops.
const endWithin = 3 * time.Second

// Serve serves until ctx ends. It prints the address through say.
func Serve(ctx context.Context, o Options, say func(format string, args ...any)) error {
	host, _, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return fmt.Errorf("--addr: %q: expected HOST:PORT, as in %s", o.Addr, Addr)
	}
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return fmt.Errorf("--addr: %w", err)
	}
	s := newServer(o, host)
	at := listener.Addr().(*net.TCPAddr)
	if !at.IP.IsLoopback() {
		say("anyone who reaches port %d of this machine can read the results: there is no password", at.Port)
	}
	say("%s shows the results in %s and running trials; Ctrl-C ends it", address(host, at), o.Out)
	return s.serve(ctx, listener)
}

// address is the URL of the server for a browser. A server that listens on all addresses is found by the machine's name.
func address(host string, at *net.TCPAddr) string {
	url := func(host string) string { return "http://" + net.JoinHostPort(host, strconv.Itoa(at.Port)) + "/" }
	name, err := os.Hostname()
	switch {
	case at.IP.IsUnspecified() && err == nil:
		return url(name) + " (on this machine " + url("localhost") + ")"
	case at.IP.IsUnspecified():
		return url("localhost")
	case net.ParseIP(host) == nil:
		return url(host) // a name, which resolves to the IP
	}
	return "http://" + at.String() + "/"
}

type server struct {
	site  *site
	hub   *hub
	out   string
	names map[string]bool // by which this machine may be called, in lower case
}

func newServer(o Options, host string) *server {
	s := &server{site: &site{out: o.Out, overview: o.Overview}, out: o.Out, names: map[string]bool{}}
	names := append([]string{"localhost", host}, o.Hosts...)
	if name, err := os.Hostname(); err == nil {
		names = append(names, name)
	}
	for _, name := range names {
		if name = hostName(name); name != "" && net.ParseIP(name) == nil {
			s.names[name] = true
		}
	}
	s.hub = newHub(state.NewFollower(state.Dir(o.State)), s.site)
	return s
}

// serve answers until ctx ends.
func (s *server) serve(ctx context.Context, listener net.Listener) error {
	requests, end := context.WithCancel(context.Background())
	defer end()
	web := &http.Server{
		Handler: s, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		BaseContext: func(net.Listener) context.Context { return requests },
	}
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(listener) }()
	go s.hub.run(requests)
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	end() // streams of events do not end by themselves
	last, cancel := context.WithTimeout(context.Background(), endWithin)
	defer cancel()
	if err := web.Shutdown(last); err != nil {
		web.Close()
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// ServeHTTP answers a request. It refuses unknown host names and methods that change something.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	if !s.allowed(r.Host) {
		http.Error(w, s.refusal(r.Host), http.StatusForbidden)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "this server is read-only", http.StatusMethodNotAllowed)
		return
	}
	switch r.URL.Path {
	case "/", "/index.html":
		s.page(w, r)
	case "/events":
		s.hub.events(w, r)
	default:
		s.file(w, r)
	}
}

// allowed reports whether a request is for this machine. A foreign page can make another name resolve to this machine (DNS rebinding),
// so only configured names are allowed. IP addresses always are.
func (s *server) allowed(host string) bool {
	name := hostName(host)
	return name != "" && (s.names[name] || net.ParseIP(name) != nil)
}

// hostName is the name in a Host header without port, brackets and final dot, in lower case.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

// plainHost matches names that need no quotes on a command line.
var plainHost = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)

// refusal lists the allowed names, and the flag that allows another.
func (s *server) refusal(host string) string {
	allow := "NAME"
	if name := hostName(host); plainHost.MatchString(name) {
		allow = name
	}
	return fmt.Sprintf("unknown host %q: this server answers to the machine's addresses and to %s. ./reproduce.sh serve --host %s allows it.",
		host, strings.Join(slices.Sorted(maps.Keys(s.names)), ", "), allow)
}

// page answers with the page of all results.
func (s *server) page(w http.ResponseWriter, r *http.Request) {
	page, tag, err := s.site.page()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", page.Policy)
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", fmt.Sprint(len(page.HTML)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(page.HTML)
	}
}

// types of the files that the page refers to. Nothing else of the folder is given away.
var types = map[string]string{
	".md": "text/plain; charset=utf-8", ".csv": "text/csv; charset=utf-8", ".json": "application/json", ".jsonl": "text/plain; charset=utf-8",
	".png": "image/png", ".svg": "image/svg+xml",
}

// file answers with a file of the results. The root keeps links and dots from leading out of it.
func (s *server) file(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	kind, ok := types[path.Ext(name)]
	if !ok || strings.HasPrefix(name, ".") || strings.Contains(name, "/.") {
		http.NotFound(w, r)
		return
	}
	root, err := os.OpenRoot(s.out)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer root.Close()
	f, err := root.Open(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	http.ServeContent(w, r, "", info.ModTime(), f)
}
