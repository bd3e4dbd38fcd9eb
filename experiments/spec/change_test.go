package spec_test

import (
	"path/filepath"
	"strings"
	"testing"

	"cenet/experiments/spectest"
	"cenet/experiments/suite"
)

// What the file does not say has a folder of its own, and a command that leads there.
func TestChange(t *testing.T) {
	type settings [][2]any
	for _, c := range []struct {
		changes         settings
		folder, command string
	}{
		{nil, "tiny", "./reproduce.sh tiny"},
		{settings{{"data.dir", "/images"}}, "tiny", "./reproduce.sh tiny --data /images"},
		{settings{{"train.lr", 0.5}, {"seeds", []any{int64(3), int64(1)}}, {"train.lr", 0.25}}, "tiny/changed/seeds=3,1+train.lr=0.25",
			"./reproduce.sh tiny --set 'seeds=[3,1]' --set train.lr=0.25"},
		{settings{{"model.block", "se"}}, "tiny/changed/model.block=se", "./reproduce.sh tiny --set model.block=se"},
		{settings{{"title", "it's/so"}}, "tiny/changed/title=it_s_so-*", `./reproduce.sh tiny --set 'title=it'\''s/so'`},
		{settings{{"title", strings.Repeat("long ", 100)}}, "tiny/changed/title=long_long_*", ""},
	} {
		s := spectest.Load(t, suite.Names(), nil)
		for _, change := range c.changes {
			if err := s.Change(change[0].(string), change[1]); err != nil {
				t.Fatal(err)
			}
		}
		got := s.Folder("out", false)
		if ok, err := filepath.Match("out/"+c.folder, filepath.ToSlash(got)); !ok || err != nil {
			t.Errorf("%v: folder %s, want %s", c.changes, got, c.folder)
		}
		if len(filepath.Base(got)) > 200 {
			t.Errorf("%v: a name of %d bytes", c.changes, len(filepath.Base(got)))
		}
		if c.command != "" && s.Command() != c.command {
			t.Errorf("%v: command %s, want %s", c.changes, s.Command(), c.command)
		}
		if quick := s.Folder("out", true); quick != filepath.Join(got, "quick") {
			t.Errorf("%v: quick in %s", c.changes, quick)
		}
	}
}

// A check takes the folder of the images of its networks, if it looks at any; that is no change of it.
func TestChangeDirOfCheck(t *testing.T) {
	for name, networks := range map[string]bool{"gamma": true, "prop1": true, "remark1": false} {
		s, err := suite.Names().LoadNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Change("data.dir", "/images"); (err == nil) != networks {
			t.Errorf("%s: error %v", name, err)
		}
		if got, want := s.Published(), "./reproduce.sh "+name+" --data DIR"; networks && got != want {
			t.Errorf("published is %q, want %q", got, want)
		}
		if networks && (s.Dir() != "/images" || s.Folder("out", false) != filepath.Join("out", name)) {
			t.Errorf("%s: images in %q, folder %s", name, s.Dir(), s.Folder("out", false))
		}
	}
}
