package serve

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"cenet/results"
	"cenet/results/web"
)

// site is the page of the results, drawn again when these have changed, and by one request at a time.
type site struct {
	out      string
	overview func() (results.Overview, error)

	mutex  sync.Mutex
	looked time.Time
	seen   string // of the results, when it was last looked
	drawn  web.Drawn
	tag    string
	of     string // what was seen when it was drawn
}

// lookEvery is the time between two looks at the results.
const lookEvery = time.Second

// stamp changes when the results do.
func (s *site) stamp() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.look()
}

func (s *site) look() string {
	if time.Since(s.looked) < lookEvery {
		return s.seen
	}
	h := sha256.New()
	_ = filepath.WalkDir(s.out, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && slices.Contains([]string{"records.jsonl", "layout.json", "page.json"}, d.Name()) {
			if info, err := d.Info(); err == nil {
				fmt.Fprintln(h, path, info.Size(), info.ModTime().UnixNano())
			}
		}
		return nil
	})
	s.looked, s.seen = time.Now(), fmt.Sprintf("%x", h.Sum(nil)[:8])
	return s.seen
}

// page is the page, and what changes with it. A folder that cannot be read is named on the page.
func (s *site) page() (web.Drawn, string, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if now := s.look(); s.of != now || s.tag == "" {
		var list []web.Experiment
		if _, err := os.Stat(s.out); err == nil {
			list, _ = web.Read(s.out) // problems are in the list
		}
		overview, err := s.overview()
		if err != nil {
			overview = results.Overview{Title: "Results", About: []string{err.Error()}}
		}
		drawn, err := web.Page(web.Site{Overview: overview, Experiments: list, Live: true})
		if err != nil {
			return web.Drawn{}, "", err
		}
		s.drawn, s.of = drawn, now
		s.tag = fmt.Sprintf(`"%x"`, sha256.Sum256(drawn.HTML))[:34] + `"`
	}
	return s.drawn, s.tag, nil
}
