package spec

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"cenet/experiments/mistake"
)

// Change is Set for a setting that a command line gives in place of the file's. The tables and plots are kept apart from those of the
// file, in the folder changed/SETTINGS next to them, unless the setting is only where the images lie, below the folder of all results: of a
// check those of its networks.
func (s *Spec) Change(key string, v any) error {
	text, isText := v.(string)
	if several, ok := v.(Alternatives); ok {
		text, isText = several.Text, true
	}
	ofNetworks := key == "data.dir" && isText && s.OnNetworks()
	if !ofNetworks {
		if err := s.Set(key, v); err != nil {
			return err
		}
	}
	if key == "data.dir" {
		s.dir = text
		return nil
	}
	s.Fixed = ""
	key, v, _ = current(key, v)
	if isText {
		text = fmt.Sprint(v)
	}
	if !isText {
		list, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("%s: %w", mistake.Plain(key), err)
		}
		text = string(list)
	}
	s.changes = slices.DeleteFunc(slices.Clone(s.changes), func(c change) bool { return c.key == key })
	s.changes = append(s.changes, change{key, text})
	slices.SortFunc(s.changes, func(a, b change) int { return strings.Compare(a.key, b.key) })
	return nil
}

// Dir is where a command line says that the images lie, "" where it does not.
func (s *Spec) Dir() string { return s.dir }

// change is a setting in place of the file's, and its value as a command line has it.
type change struct{ key, value string }

func (c change) String() string { return c.key + "=" + c.value }

// Command is how a person runs the experiment here.
func (s *Spec) Command() string { return s.command(ShellQuote(s.dir)) }

// Published is how others run it, wherever they have the images.
func (s *Spec) Published() string { return s.command("DIR") }

func (s *Spec) command(dir string) string {
	name := s.Name
	if s.Path != "" {
		name = s.Path
	}
	command := "./reproduce.sh " + ShellQuote(name)
	if s.dir != "" {
		command += " --data " + dir
	}
	for _, c := range s.changes {
		command += " --set " + ShellQuote(c.String())
	}
	return command
}

// plainWord is one that means itself to the shell.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./=,:-]+$`)

// ShellQuote is a word for the shell.
func ShellQuote(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// longestFolder is the largest number of characters in the name of a folder.
const longestFolder = 120

// Folder is where records, tables and plots of the experiment lie, below the folder of all results.
func (s *Spec) Folder(out string, quick bool) string {
	dir := s.Home(out)
	if len(s.changes) > 0 {
		var list []string
		for _, c := range s.changes {
			list = append(list, c.String())
		}
		whole := strings.Join(list, "+")
		plain := true
		name := strings.Map(func(r rune) rune {
			switch {
			case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("._-=,+", r):
				return r
			case strings.ContainsRune(`[]"`, r):
				return -1
			}
			plain = false
			return '_'
		}, whole)
		if !plain || len(name) > longestFolder { // others may come to the same name
			name = fmt.Sprintf("%.*s-%08x", longestFolder, name, crc32.ChecksumIEEE([]byte(whole)))
		}
		dir = filepath.Join(dir, "changed", name)
	}
	if quick {
		dir = filepath.Join(dir, "quick")
	}
	return dir
}

// OriginFile is next to the tables of a user's file, and has its path.
const OriginFile = "origin"

// Home is the folder of the experiment, within which what is changed by a command line and quick runs have folders of their own. A file of
// the user's has the name of an experiment that comes with the program, or of another file whose tables are there already, with a mark of
// its own after it.
func (s *Spec) Home(out string) string {
	home := filepath.Join(out, s.Name)
	if s.Path == "" {
		return home
	}
	taken := slices.Contains(s.Names.Embedded(), s.Name)
	if text, err := os.ReadFile(filepath.Join(home, OriginFile)); err == nil {
		taken = taken || strings.TrimSpace(string(text)) != s.Path
	}
	if !taken {
		return home
	}
	return fmt.Sprintf("%s-%08x", home, crc32.ChecksumIEEE([]byte(s.Path)))
}
