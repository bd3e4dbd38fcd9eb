package spec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// path makes a path of the index from a text such as paper[0].top1; a part
// that has dots of its own is put in quotes.
func path(text string) string {
	var p string
	for text != "" {
		switch text[0] {
		case '.':
			text = text[1:]
		case '[':
			i := strings.IndexByte(text, ']')
			p += "\x01" + text[1:i]
			text = text[i+1:]
		case '"':
			i := 1 + strings.IndexByte(text[1:], '"')
			p = child(p, text[1:i])
			text = text[i+1:]
		default:
			i := strings.IndexAny(text, ".[")
			if i < 0 {
				i = len(text)
			}
			p = child(p, text[:i])
			text = text[i:]
		}
	}
	return p
}

func TestLocate(t *testing.T) {
	for name, c := range map[string]struct {
		src  string
		want map[string]int
	}{
		"plain": {
			"a = 1\n\n[t]\nb = 2\n  c  =  3 # d = 4\n",
			map[string]int{"a": 1, "t": 3, "t.b": 4, "t.c": 5},
		},
		"comments": {
			"# a = 1\n#[t]\nb = 1 # [u] c = 2\n# \"\"\"\nd = 4",
			map[string]int{"b": 3, "d": 5},
		},
		"line ends of Windows and a byte-order mark": {
			"\xef\xbb\xbfa = 1\r\n[t]\r\nb = 2\r\n",
			map[string]int{"a": 1, "t": 2, "t.b": 3},
		},
		"strings that look like keys": {
			`a = "b = 1 # [t] \" c = 2"` + "\n" + `d = 'e = "1" \'` + "\n[f]\ng = \"]\"\n",
			map[string]int{"a": 1, "d": 2, "f": 3, "f.g": 4},
		},
		"multi-line strings": {
			"a = \"\"\"\nb = 1\n[t]\n\\\"\"\"\nc = 2\"\"\"\"\"\nd = '''\ne = 1\n\\'''\nf = \"\"\"x\"\"\"\ng = ''''''\nh = 1\n",
			map[string]int{"a": 1, "d": 6, "f": 9, "g": 10, "h": 11},
		},
		"escape at the end of a line": {
			"a = \"\"\"x \\\n  y\"\"\"\nb = 2\n",
			map[string]int{"a": 1, "b": 3},
		},
		"arrays over lines": {
			"a = [ # [t]\n  1, # b = 2\n  [2,\n 3], \"],\", \n]\nb = 2\n",
			map[string]int{"a": 1, "a[0]": 2, "a[1]": 3, "a[1][0]": 3, "a[1][1]": 4, "a[2]": 4, "b": 6},
		},
		"dotted keys": {
			"a.b.c = 1\n[t]\nu . v = 2\nu.w = 3\n",
			map[string]int{"a": 1, "a.b": 1, "a.b.c": 1, "t": 2, "t.u": 3, "t.u.v": 3, "t.u.w": 4},
		},
		"quoted keys": {
			"\"a.b\" = 1\n['c # d']\n\"e = \\\"f\\u00e9\".g = 2\n",
			map[string]int{`"a.b"`: 1, `"c # d"`: 2, "c # d.e = \"fé": 3, "c # d.e = \"fé.g": 3},
		},
		"inline tables": {
			"a = { b = 1, c.d = [ { e = 2 }, { e = 3 } ], f = {} }\ng = 1\n",
			map[string]int{"a": 1, "a.b": 1, "a.c": 1, "a.c.d": 1, "a.c.d[0]": 1, "a.c.d[0].e": 1, "a.c.d[1]": 1,
				"a.c.d[1].e": 1, "a.f": 1, "g": 2},
		},
		"arrays of tables": {
			"[[p]]\na = 1\n[p.q]\nb = 1\n[[p.r]]\nc = 1\n[[p]]\na = 2\n[[p.r]]\nc = 2\n[[p.r]]\nc = 3\n",
			map[string]int{"p": 1, "p[0]": 1, "p[0].a": 2, "p[0].q": 3, "p[0].q.b": 4, "p[0].r": 5, "p[0].r[0]": 5,
				"p[0].r[0].c": 6, "p[1]": 7, "p[1].a": 8, "p[1].r": 9, "p[1].r[0]": 9, "p[1].r[0].c": 10,
				"p[1].r[1]": 11, "p[1].r[1].c": 12},
		},
		"dates": {
			"a = 1979-05-27 07:32:00 # b\nc = 07:32:00\n",
			map[string]int{"a": 1, "c": 2},
		},
		"stops at an error":          {"a = 1\nb = \nc = 2\n", map[string]int{"a": 1, "b": 2}},
		"stops after a statement":    {"a = 1\n[t] b = 2\nc = 3\n", map[string]int{"a": 1, "t": 2}},
		"stops in an unended string": {"a = \"b\nc = 1\n", map[string]int{"a": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			x := locate([]byte(c.src))
			got := map[string]int{}
			for p, at := range x.at {
				got[p] = at.line
			}
			for text, line := range c.want {
				switch n, ok := got[path(text)]; {
				case !ok:
					t.Errorf("%s is missing", text)
				case n != line:
					t.Errorf("%s is on line %d, want %d", text, n, line)
				}
				delete(got, path(text))
			}
			for p, line := range got {
				t.Errorf("%q on line %d is not there", p, line)
			}
		})
	}
}

func TestLineOfTheUnknown(t *testing.T) {
	x := locate([]byte("\n[a]\nb = [1]\n"))
	for text, want := range map[string]int{"a.b[0].c": 3, "a.c": 2, "d.e": 1, "": 1} {
		if got := x.line(path(text)); got != want {
			t.Errorf("line of %q = %d, want %d", text, got, want)
		}
	}
}

func TestTooDeep(t *testing.T) {
	for name, src := range map[string]string{
		"arrays":        "a = 1\nb = " + strings.Repeat("[", 1000),
		"inline tables": "a = 1\nb = " + strings.Repeat("{a=", 1000),
		"dotted key":    "a = 1\n" + strings.Repeat("a.", 1000) + "a = 1",
		"header":        "a = 1\n[" + strings.Repeat("a.", 1000) + "a]",
	} {
		if got := locate([]byte(src)).tooDeep; got != 2 {
			t.Errorf("%s: too deep on line %d, want 2", name, got)
		}
	}
}

// FuzzLocate checks that the index has every key of what the library accepts.
func FuzzLocate(f *testing.F) {
	for _, src := range nasty {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		x := locate([]byte(src))
		last := 1 + strings.Count(src, "\n")
		for p, at := range x.at {
			if at.line < 1 || at.line > last {
				t.Fatalf("%q on line %d of %d", p, at.line, last)
			}
		}
		if x.tooDeep > 0 {
			return
		}
		md, err := decodeQuietly(src)
		if err != nil {
			return
		}
		have := map[string]bool{}
		for p := range x.at {
			have[withoutElements(p)] = true
		}
		for _, key := range md.Keys() {
			var p string
			for _, k := range key {
				p = child(p, k)
			}
			if !have[p] {
				t.Fatalf("no line for %q of %q", key, src)
			}
		}
	})
}

// nasty are sources that an index made by searching for text would get wrong.
var nasty = []string{
	"a = 1\n[t]\nb.c = 2 # x = 3\n",
	"a = \"\"\"\nb = 1\n\"\"\"\"\"\n'q' = '''x'''\n",
	"a = [1, # ]\n [2, {b = \"]\"}],\n]\n[[p]]\n[[p.q]]\nc = 1\n",
	"a = {b = {c = 1, \"d.e\" = 2}}\r\n",
	"a = 1979-05-27 07:32:00\nb = inf\nc = 0xff",
}

func decodeQuietly(src string) (md toml.MetaData, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	var tree map[string]any
	return toml.Decode(src, &tree)
}

func withoutElements(p string) string {
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		if p[i] == '\x01' {
			for i+1 < len(p) && p[i+1] >= '0' && p[i+1] <= '9' {
				i++
			}
			continue
		}
		b.WriteByte(p[i])
	}
	return b.String()
}
