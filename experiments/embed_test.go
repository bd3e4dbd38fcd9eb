package experiments

import (
	"context"
	"path/filepath"
	"testing"
)

// Every experiment that comes with the program loads, and every case of it that trains does so, on a few pictures.
func TestEmbedded(t *testing.T) {
	for _, name := range Embedded() {
		s, err := loadFile(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.Checks != "" {
			continue // checks have tests of their own
		}
		s.Costs = false
		for key, v := range map[string]int{"data.train": 80, "data.test": 40, "train.batch": 20} {
			if err := s.Set(key, v); err != nil {
				t.Fatal(err)
			}
		}
		dir := t.TempDir()
		records, err := Run(context.Background(), s, Options{Quick: true, Out: dir, State: filepath.Join(dir, "state")})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if want := s.Count() / len(s.Seeds); len(records) != want {
			t.Errorf("%s: %d records of %d cases", name, len(records), want)
		}
	}
}
