package torchfile

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Weights are the same however they were saved: protocols, versions, machines, wrappings, what is next to them. What
// testdata/formats.py has written.
func TestSaved(t *testing.T) {
	files, err := filepath.Glob("testdata/formats/*")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	notes := map[string]string{
		"ema.pth":       `read is "state_dict", not "state_dict_ema" next to it`,
		"ema2.pth":      `read is "model", not "model_ema" next to it`,
		"ema-alone.pth": `read is "ema_state_dict", an average`,
	}
	wrong := map[string]string{
		"two.pth":             `2 dictionaries of tensors, "netG", "netD", and none is called as usual`,
		"wrong-order.pth":     `byteorder is "middle", expected little or big`,
		"wrong-version.pth":   `version "11" of the archive`,
		"wrong-sparse.pth":    `tensor "w" is made by torch._utils._rebuild_sparse_tensor`,
		"wrong-quantised.pth": `tensor "w" is made by torch._utils._rebuild_qtensor`,
		"wrong-script.pt":     "a program of TorchScript",
		"wrong-list.pth":      "no state dictionary",
		"wrong-numbers.pth":   `a dictionary without tensors, but with the keys "epoch", "lr"`,
	}
	for _, path := range files {
		name := filepath.Base(path)
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			t.Fatal(err)
		}
		f, err := Open(file, info.Size())
		if want := wrong[name]; want != "" {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %q", name, err, want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		w, b := "w", "b"
		switch name {
		case "whole.pth":
			w, b = "weight", ""
		case "whole2.pth":
			w, b = "inner.weight", ""
		}
		for _, want := range []struct {
			name   string
			shape  []int
			values []float32
		}{{w, []int{2, 3}, []float32{0, 1, 2, 3, 4, 5}}, {b, []int{1}, []float32{-1.5}}} {
			if want.name == "" {
				continue
			}
			shape, ok := f.Shape(want.name)
			if !ok || !slices.Equal(shape, want.shape) {
				t.Errorf("%s: %s has the shape %v of %+v", name, want.name, shape, f.Tensors)
				continue
			}
			got := make([]float32, len(want.values))
			if err := f.Read(want.name, got); err != nil || !slices.Equal(got, want.values) {
				t.Errorf("%s: %s is %v, %v", name, want.name, got, err)
			}
		}
		if len(f.Tensors) != 2 {
			t.Errorf("%s: the tensors %+v", name, f.Tensors)
		}
		if want := notes[name]; (f.Note == "") != (want == "") || !strings.HasPrefix(f.Note, want) {
			t.Errorf("%s: note %q, want %q", name, f.Note, want)
		}
	}
}

// A file that is not PyTorch's is called what it is.
func TestForeign(t *testing.T) {
	tar := make([]byte, 1024)
	copy(tar[257:], "ustar")
	for name, c := range map[string][2]string{
		"Git LFS":     {"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "a pointer of Git LFS"},
		"page":        {"<!DOCTYPE html>\n<html><head><title>Sign in</title>", "a page of HTML"},
		"page again":  {"\xef\xbb\xbf \r\n<HTML lang=en>", "a page of HTML"},
		"not found":   {`<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>`, "a page of HTML or XML"},
		"shard index": {`{"metadata": {"total_size": 9}, "weight_map": {"b": "model-00002-of-00002.safetensors", "a": "model-00001-of-00002.safetensors"}}`, `the index of 2 tensors in 2 other files, "model-00001-of-00002.safetensors" among them`},
		"huge index":  {`{"weight_map": {` + strings.Repeat(`"a": "b", `, 200_000), "the index of tensors in other files"},
		"JSON":        {`{"architectures": ["ResNet"]}`, "a text of JSON"},
		"ONNX":        {"\x08\x07\x12\x07pytorch\x1a\x051.9.0:\x8a\x01\n", "a model of ONNX"},
		"ONNX again":  {"\x08\x08\x12\x0aonnx-maker:\x8a\x01\n", "a model of ONNX"},
		"gzip":        {"\x1f\x8b\x08\x00\x00\x00\x00", "packed by gzip"},
		"tar":         {string(tar), "a tar archive"},
		"Keras":       {"\x89HDF\r\n\x1a\n", "a file of HDF5"},
		"NumPy":       {"\x93NUMPY\x01\x00", "one array of NumPy"},
		"npz":         {archive(zip.Deflate, "arr_0.npy", "x"), "no data.pkl: it is arrays of NumPy (.npz)"},
		"zipped":      {archive(zip.Deflate, "sub/weights.pth", "x"), `no data.pkl: it is an archive with the file "sub/weights.pth"`},
	} {
		_, err := Open(strings.NewReader(c[0]), int64(len(c[0])))
		if err == nil || !strings.Contains(err.Error(), "not a PyTorch file: ") || !strings.Contains(err.Error(), c[1]) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want %q", name, err, c[1])
		}
	}
	if what := Foreign(strings.NewReader(""), 0); what != "an empty file" {
		t.Errorf("nothing is %q", what)
	}
	for begin, want := range map[string]bool{"PK\x03\x04": true, "\x80\x02": true, "\x80\x05": true, "\x80\x06": false, "\x80": false,
		"": false, "<h": false} {
		if Is([]byte(begin)) != want {
			t.Errorf("%q: %v", begin, !want)
		}
	}
}

// Opcodes that PyTorch writes not itself, but other pickles of the same protocols: texts of protocol 0, sets, long strings, instances.
func TestOpcodes(t *testing.T) {
	long8 := func(s string) string { return string(binary.LittleEndian.AppendUint64(nil, uint64(len(s)))) + s }
	for name, value := range map[string]string{
		"INT": "I12\n", "bool": "I01\n", "LONG": "L123456789012345678901234567890L\n", "FLOAT": "F1.5\n", "STRING": "S'abc'\n",
		"UNICODE": "Vabc\n",
		"LIST":    "(K\x01K\x02l", "DICT": "(" + short("a") + "K\x01d", "PUT": "Np0\ng0\n0", "LONG4": "\x8b\x02\x00\x00\x00\x01\x02",
		"BINUNICODE8": "\x8d" + long8("abc"),
		"BINBYTES8":   "\x8e" + long8("abc"), "BYTEARRAY8": "\x96" + long8("abc"), "set": "\x8f(K\x01\x90", "FROZENSET": "(K\x01\x91",
		"DUP": "N2" +
			"0",
		"POP_MARK": "(NNN1N", "INST": "(iargparse\nNamespace\n}" + short("a") + "K\x01sb", "OBJ": "(cargparse\nNamespace\nK\x01o",
		"NEWOBJ": "cargparse\nNamespace\n)\x81}" + short("lr") + "K\x01sb", "NEWOBJ_EX": "cargparse\nNamespace\n)}\x92",
		"dictionary's class": "ceasydict\nEasyDict\n)\x81(" + short("a") + "K\x01u",
		"list's class":       "cx.y\nList\n)\x81(K\x01e", "reconstructor": "ccopy_reg\n_reconstructor\n(cargparse\nNamespace\nc__builtin__\nobject\nNtR",
	} {
		pickle := strings.Replace(state(4, 0, "K\x04", "K\x01"), "\x80\x02}", "\x80\x02}"+short("beside")+value+"s", 1)
		text := archive(zip.Store, "a/data.pkl", pickle, "a/data/0", strings.Repeat("\x00", 16))
		f, err := Open(strings.NewReader(text), int64(len(text)))
		if err != nil || len(f.Tensors) != 1 || f.Tensors[0].Name != "w" {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
	// A tensor of an untyped storage, as of unsigned integers, and of another type than it holds.
	v3 := func(dtype string) string {
		return "\x80\x02}" + short("w") + "ctorch._utils\n_rebuild_tensor_v3\n((" + short("storage") + "ctorch.storage\nUntypedStorage\n" +
			short("0") + short("cpu") +
			integer(8) + "tQK\x00(K\x02t(K\x01t\x89}" + "ctorch\n" + dtype + "\ntRs."
	}
	for dtype, want := range map[string]string{"float32": "", "uint16": "", "float64": "does not fit",
		"float13": "torch.float13, which is not read"} {
		text := archive(zip.Store, "a/data.pkl", v3(dtype), "a/data/0", "\x00\x00\x80\x3f\x00\x00\x00\x40")
		f, err := Open(strings.NewReader(text), int64(len(text)))
		if want != "" || err != nil {
			if err == nil || want == "" || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", dtype, err)
			}
			continue
		}
		got := make([]float32, 2)
		if err := f.Read(f.Tensors[0].Name, got); dtype == "float32" && (err != nil || !slices.Equal(got, []float32{1, 2})) || dtype == "uint16" &&
			err == nil {
			t.Errorf("%s: %v, %v", dtype, got, err)
		}
	}
	// A tensor that is the negative of its storage.
	for mark, want := range map[string]string{"neg": `a tensor with the mark "neg"`, "conj": `a tensor with the mark "conj"`, "": ""} {
		metadata := "}"
		if mark != "" {
			metadata += short(mark) + "\x88s"
		}
		pickle := strings.Replace(state(4, 0, "K\x04", "K\x01"), ")RtRs.", ")R"+metadata+"tRs.", 1)
		text := archive(zip.Store, "a/data.pkl", pickle, "a/data/0", strings.Repeat("\x00", 16))
		if _, err := Open(strings.NewReader(text), int64(len(text))); (err == nil) != (want == "") || err != nil &&
			!strings.Contains(err.Error(), want) {
			t.Errorf("mark %q: %v", mark, err)
		}
	}
	// Keys within keys, which lead back to where they began.
	circle := "\x80\x02}q\x00" + short("model") + "h\x00s" + strings.TrimPrefix(state(4, 0, "K\x04", "K\x01"), "\x80\x02}")
	text := archive(zip.Store, "a/data.pkl", circle, "a/data/0", strings.Repeat("\x00", 16))
	if f, err := Open(strings.NewReader(text), int64(len(text))); err != nil || len(f.Tensors) != 1 {
		t.Errorf("a circle: %v", err)
	}
	for _, what := range []string{"os.system", "subprocess.Popen", "builtins.eval", "builtins.getattr", "__builtin__.exec",
		"importlib.util.find_spec", "sys.exit", "types.FunctionType"} {
		module, name := what[:strings.LastIndex(what, ".")], what[strings.LastIndex(what, ".")+1:]
		pickle := fmt.Sprintf("\x80\x02}%sc%s\n%s\n%s\x85Rs.", short("a"), module, name, short("true"))
		text := archive(zip.Store, "a/data.pkl", pickle)
		if _, err := Open(strings.NewReader(text), int64(len(text))); err == nil ||
			!strings.Contains(err.Error(), what+", which no state dictionary needs: nothing of it was run") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A safetensors file whose header has a length that begins like a pickle is not one of PyTorch's; a pickle is.
func TestIs(t *testing.T) {
	for begin, want := range map[string]bool{
		"\x80\x02\x01\x00\x00\x00\x00\x00{": false, // a header of 66,176 bytes
		"\x80\x02}q\x00(X\x01\x00":          true,
		"\x80\x02\x8a\x0al\xfc\x9cF\xf9":    true, // the format before zip
		"\x80\x02":                          true,
		"PK\x03\x04":                        true,
		"\x80\x06}":                         false,
		"":                                  false,
	} {
		if got := Is([]byte(begin)); got != want {
			t.Errorf("%q: %v", begin, got)
		}
	}
}
