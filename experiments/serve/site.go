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

	"cenet/results/page"
	"cenet/results/web"
)

// site is the page of the results. One request at a time draws it again when the results have changed.
type site struct {
	out      string
	overview func() (page.Overview, error)

	mutex    sync.Mutex
	checked  time.Time
	current  string // hash of the results at that time
	drawn    web.Drawn
	tag      string
	drawnFor string // hash of the results when the page was drawn
}

// checkEvery is the time between two checks for changed results.
const checkEvery = time.Second

// stamp is a hash that changes when the results do.
func (s *site) stamp() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.check()
}

func (s *site) check() string {
	if time.Since(s.checked) < checkEvery {
		return s.current
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
	s.checked, s.current = time.Now(), fmt.Sprintf("%x", h.Sum(nil)[:8])
	return s.current
}

// page returns the page and its ETag. The page names folders that cannot be read.
func (s *site) page() (web.Drawn, string, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if now := s.check(); s.drawnFor != now || s.tag == "" {
		var list []web.Experiment
		if _, err := os.Stat(s.out); err == nil {
			list, _ = web.Read(s.out) // problems are in the list
		}
		overview, err := s.overview()
		if err != nil {
			overview = page.Overview{Title: "Results", About: []string{err.Error()}}
		}
		drawn, err := web.Page(web.Site{Overview: overview, Experiments: list, Live: true})
		if err != nil {
			return web.Drawn{}, "", err
		}
		s.drawn, s.drawnFor = drawn, now
		s.tag = fmt.Sprintf(`"%x"`, sha256.Sum256(drawn.HTML))[:34] + `"`
	}
	return s.drawn, s.tag, nil
}
