package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"cenet/experiments/state"
)

// hub sends the same events to all open pages. While pages are open it reads the state of running trials once a second, for a hundred
// pages as for one. For each page it holds only the newest event: a slow page misses old ones.
type hub struct {
	follower *state.Follower // used only by run
	site     *site

	mutex     sync.Mutex
	listeners map[chan []byte]bool
	last      []byte
	wake      chan struct{} // a page was opened
}

var (
	followEvery = time.Second
	beatEvery   = 15 * time.Second // that a connection is known to be alive
	writeWithin = 10 * time.Second // who takes longer to take an event is gone
)

// maxListeners is how many pages may be open at once.
const maxListeners = 256

func newHub(f *state.Follower, s *site) *hub {
	return &hub{follower: f, site: s, listeners: map[chan []byte]bool{}, wake: make(chan struct{}, 1)}
}

// run sends events until ctx ends.
func (h *hub) run(ctx context.Context) {
	ticker := time.NewTicker(followEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-h.wake:
		}
		if h.listened() {
			h.send(h.event())
		}
	}
}

func (h *hub) listened() bool {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return len(h.listeners) > 0
}

// event is the current snapshot as JSON.
func (h *hub) event() []byte {
	text, err := json.Marshal(snapshot{Runs: liveRuns(h.follower.Follow(), time.Now()), Results: h.site.stamp()})
	if err != nil {
		panic("serve: encoding a snapshot: " + err.Error())
	}
	return text
}

// send sends an event to all listeners, unless it equals the last one.
func (h *hub) send(event []byte) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if bytes.Equal(event, h.last) {
		return
	}
	h.last = event
	for c := range h.listeners {
		put(c, event)
	}
}

// put replaces the event that a listener has not read yet.
func put(c chan []byte, event []byte) {
	select {
	case <-c:
	default:
	}
	c <- event
}

// join adds a listener and sends it the last event at once; nil if there are too many.
func (h *hub) join() chan []byte {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if len(h.listeners) >= maxListeners {
		return nil
	}
	c := make(chan []byte, 1)
	h.listeners[c] = true
	if h.last != nil {
		put(c, h.last)
	}
	select {
	case h.wake <- struct{}{}:
	default:
	}
	return c
}

func (h *hub) leave(c chan []byte) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	delete(h.listeners, c)
}

// events answers with server-sent events.
func (h *hub) events(w http.ResponseWriter, r *http.Request) {
	c := h.join()
	if c == nil {
		w.Header().Set("Retry-After", "60")
		http.Error(w, "too many pages are open", http.StatusServiceUnavailable)
		return
	}
	defer h.leave(c)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return
	}
	control := http.NewResponseController(w)
	send := func(format string, a ...any) bool {
		_ = control.SetWriteDeadline(time.Now().Add(writeWithin))
		_, err := fmt.Fprintf(w, format, a...)
		return err == nil && control.Flush() == nil
	}
	if !send("retry: 2000\n\n") {
		return
	}
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for {
		ok := true
		select {
		case <-r.Context().Done():
			return
		case event := <-c:
			ok = send("data: %s\n\n", event)
		case <-beat.C:
			ok = send(": alive\n\n")
		}
		if !ok {
			return
		}
	}
}
