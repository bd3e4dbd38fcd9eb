package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fakeGo replaces the go tool: it prints its environment, and builds a command that prints its own.
const fakeGo = `#!/bin/sh
case "$*" in
"env -changed") printf "GOPROXY='https://a b'\nGOAMD64='v4'\nGOFLAGS='-race'\n"; exit ;;
"env GOARCH") echo "${FAKE_ARCH-amd64}"; exit ;;
esac
echo "go HOME=${HOME-} GOCACHE=${GOCACHE-} GOFLAGS=$GOFLAGS GOWORK=$GOWORK GOOS=$GOOS CGO=$CGO_ENABLED" \
	"GOENV=$GOENV GOPROXY=$GOPROXY GOAMD64=$GOAMD64 GOARM64=$GOARM64 GOEXPERIMENT=${GOEXPERIMENT-unset} $*"
printf '#!/bin/sh\necho "cenet in $CENET_ROOT GOFLAGS=${GOFLAGS-none}: $*"\n' > "$3/.cache/cenet"
chmod +x "$3/.cache/cenet"
`

// reproduce.sh finds its folder and builds the same command, however it is called and whatever the environment.
func TestReproduce(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell here")
	}
	script, err := os.ReadFile("../../reproduce.sh")
	if err != nil {
		t.Fatal(err)
	}
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(base, "it's a $place")
	bin := filepath.Join(base, "bin")
	for path, text := range map[string]string{filepath.Join(root, "reproduce.sh"): string(script), filepath.Join(bin, "go"): fakeGo} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{"link": filepath.Join(root, "reproduce.sh"), "again": "link",
		"bin/cenet": "../it's a $place/reproduce.sh", "folder": root} {
		if err := os.Symlink(to, filepath.Join(base, filepath.FromSlash(name))); err != nil {
			t.Skip("no symbolic links here: ", err)
		}
	}
	for name, test := range map[string]struct {
		line string
		env  []string
		go_  string // expected of the tool's surroundings
	}{
		"as it is":         {line: `"$1/reproduce.sh" list --x "a b"`},
		"in its folder":    {line: `cd "$1" && ./reproduce.sh list --x "a b"`},
		"by the shell":     {line: `cd "$1" && sh reproduce.sh list --x "a b"`},
		"by a link":        {line: `"$1/../link" list --x "a b"`},
		"by two links":     {line: `cd "$1/.." && ./again list --x "a b"`},
		"by a linked path": {line: `"$1/../folder/reproduce.sh" list --x "a b"`},
		"by its name":      {line: `cenet list --x "a b"`},
		"CDPATH":           {line: `cd "$1/.." && CDPATH=$PWD sh "it's a \$place/reproduce.sh" list --x "a b"`},
		"flags": {line: `"$1/reproduce.sh" list --x "a b"`, env: []string{"GOFLAGS=-mod=vendor", "GOOS=plan9", "GOWORK=/x",
			"CGO_ENABLED=1"}, go_: "GOFLAGS=-mod=readonly GOWORK=off GOOS= CGO=0"},
		"levels": {line: `"$1/reproduce.sh" list --x "a b"`, env: []string{"GOFLAGS=", "GOAMD64=v3", "GOARM64=v9.0", "GOEXPERIMENT=x",
			"GOPPC64=power10"},
			go_: "GOENV=off GOPROXY=https://a b GOAMD64=v1 GOARM64=v8.0 GOEXPERIMENT=unset build -C"},
		"amd64 never fuses":   {line: `"$1/reproduce.sh" list --x "a b"`, go_: "-gcflags  -o"},
		"others do by nature": {line: `FAKE_ARCH=arm64 "$1/reproduce.sh" list --x "a b"`, go_: "-gcflags all=-d=fmahash=n -o"},
		"no home":             {line: `unset HOME GOCACHE; "$1/reproduce.sh" list --x "a b"`, go_: "GOCACHE=" + root + "/.cache/go-build"},
		"home nowhere": {line: `HOME=/nowhere/at/all; unset GOCACHE; "$1/reproduce.sh" list --x "a b"`, go_: "GOCACHE=" +
			root + "/.cache/go-build"},
	} {
		c := exec.Command(sh, "-c", test.line, "sh", root)
		c.Env = append(append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "GOFLAGS="), test.env...)
		out, err := c.CombinedOutput()
		flags := "GOFLAGS="
		if len(test.env) > 0 {
			flags = test.env[0] // the command's own surroundings stay as they are
		}
		want := "cenet in " + root + " " + flags + ": list --x a b\n"
		if err != nil || !strings.HasSuffix(string(out), want) || strings.Count(string(out), "\n") != 2 {
			t.Errorf("%s: %v: %s, want %s", name, err, out, want)
		}
		if !strings.Contains(string(out), "-C "+root+" ") || !strings.Contains(string(out), test.go_) {
			t.Errorf("%s: the tool is run as %s, want %s", name, out, test.go_)
		}
	}
}
