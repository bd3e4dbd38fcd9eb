package code

import (
	"slices"
	"testing"
	"testing/fstest"
)

const file = "package p\n\n// F adds.\nfunc F(a, b int) int {\n\treturn a + b // both\n}\n\nvar list = []int{\n\t1,\n\t2,\n}\n"

// Comments and formatting change no hash; everything else does.
func TestRead(t *testing.T) {
	read := func(text string) string {
		set, err := Read(fstest.MapFS{"p/a.go": {Data: []byte(text)}})
		if err != nil {
			t.Fatal(err)
		}
		return set["p/a.go"]
	}
	for _, same := range []string{
		"// Package p is documented.\npackage p\nfunc F(a, b int) int { return a + b }\nvar list = []int{1, 2}\n",
		"package p\n\nfunc F(a, b int) int {\n\n\t/* sum */\n\treturn a +\n\t\tb\n}\n\nvar list = []int{1,\n\t2}\n",
	} {
		if read(same) != read(file) {
			t.Errorf("another hash of\n%s", same)
		}
	}
	for _, other := range []string{
		"package p\nfunc F(a, b int) int { return a - b }\nvar list = []int{1, 2}\n",
		"package p\nfunc F(a, b int) int { return a + b }\nvar list = []int{1, 3}\n",
		"package p\nfunc F(a, b int) int { return a + b }\nvar list = []int{1}\n",
		"//go:build arm64\n\npackage p\nfunc F(a, b int) int { return a + b }\nvar list = []int{1, 2}\n",
	} {
		if read(other) == read(file) {
			t.Errorf("the same hash of\n%s", other)
		}
	}
	set, err := Read(fstest.MapFS{
		"a.s": {Data: []byte("// a\nMOVQ  AX, BX // b\n\n")}, "b.s": {Data: []byte("MOVQ AX, BX\n")},
		"c.cl": {Data: []byte("x /* y\n */ = 1;\n")}, "d.cl": {Data: []byte("x = 1;\n")},
		"e.s": {Data: []byte("MOVQ AX, CX\n")}, "a_test.go": {Data: []byte("package p\n")}, "notes.md": {Data: []byte("no source\n")},
	})
	if err != nil || len(set) != 5 || set["a.s"] != set["b.s"] || set["c.cl"] != set["d.cl"] || set["a.s"] == set["e.s"] {
		t.Errorf("%v, %v", set, err)
	}
}

// Each entry of a registry is a separate source: adding or removing another changes neither it nor the rest of the file.
func TestRegistries(t *testing.T) {
	const name = "experiments/network/registry.go"
	read := func(entries string) Set {
		set, err := Read(fstest.MapFS{name: {Data: []byte("package network\n\nvar Blocks = map[string]Block{" +
			entries + "}\n\nfunc F() int { return 1 }\n")}})
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	one := read("\n\t\"a\": {New: f(1, 2)},\n\t\"b\": {New: g},\n")
	two := read("\n\t\"a\": {\n\t\tNew: f(1, 2), // as before\n\t},\n\t\"b\": {New: h},\n\t\"c\": {},\n")
	if got, want := Changed(one, two), []string{name + "[b]", name + "[c]"}; !slices.Equal(got, want) {
		t.Errorf("changed: %q, want %q", got, want)
	}
	if one.Fingerprint() == two.Fingerprint() || one.Fingerprint() != read("\"a\": {New: f(1, 2)}, \"b\": {New: g}").Fingerprint() {
		t.Error("fingerprints do not follow the sources")
	}
	of := func(entry string) Set { return two.Filter(func(n string) bool { return n == name+"["+entry+"]" }) }
	if of("a").Fingerprint() != one.Filter(func(n string) bool { return n == name+"[a]" }).Fingerprint() || of("none").Fingerprint() != "" {
		t.Error("a part of the sources does not have the part's fingerprint")
	}
}
