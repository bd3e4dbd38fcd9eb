package torchfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// BeginLen is how many bytes of a file Is looks at.
const BeginLen = 9

// Is reports whether a file with this beginning is one of PyTorch's: an archive, or a pickle of protocol 2 or later. A safetensors file,
// whose first eight bytes are the length of its header, may begin with the same two bytes; its ninth is a brace.
func Is(begin []byte) bool {
	if len(begin) >= BeginLen && begin[6] == 0 && begin[7] == 0 && begin[8] == '{' {
		return false
	}
	return bytes.HasPrefix(begin, []byte("PK")) || len(begin) > 1 && begin[0] == 0x80 && begin[1] >= 2 && begin[1] <= 5
}

// maxIndex bounds what is read of a text to find out what it is.
const maxIndex = 1 << 20

// Foreign says what a file is, in words for a message, where it is one that is often taken for a file of weights and has none;
// else it is "".
func Foreign(r io.ReaderAt, size int64) string {
	text := make([]byte, min(size, maxIndex))
	n, err := r.ReadAt(text, 0)
	if err != nil && err != io.EOF {
		return ""
	}
	text = text[:n]
	trimmed := bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), " \t\r\n")
	begins := func(words ...string) bool {
		for _, word := range words {
			if len(trimmed) >= len(word) && strings.EqualFold(string(trimmed[:len(word)]), word) {
				return true
			}
		}
		return false
	}
	switch {
	case size == 0:
		return "an empty file"
	case begins("version https://git-lfs"):
		return "a pointer of Git LFS, not the file itself: `git lfs pull` fetches that"
	case begins("<!doctype html", "<html", "<head", "<body", "<?xml", "<"):
		return "a page of HTML or XML, as a download gives in the place of a file that needs a login or is gone"
	case begins("{", "["):
		return foreignJSON(trimmed)
	case begins("L" + legacyMagic.String() + "L\n"):
		return "written with pickle_protocol 0 or 1: torch.save without it writes a file that is read"
	case begins("\x1f\x8b"):
		return "packed by gzip: unpack it first"
	case begins("7z\xbc\xaf\x27\x1c", "\xfd7zXZ", "BZh", "Rar!", "\x28\xb5\x2f\xfd"):
		return "a packed file: unpack it first"
	case begins("\x89HDF"):
		return "a file of HDF5, as Keras writes"
	case begins("\x93NUMPY"):
		return "one array of NumPy"
	case begins("GGUF", "GGML", "lmgg", "tjgg"):
		return "a file of llama.cpp (GGUF)"
	case begins("\x7fELF", "MZ"):
		return "a program"
	case n > 262 && string(text[257:262]) == "ustar":
		return "a tar archive: unpack it first, or save it anew by a PyTorch of this decade"
	case n > 8 && string(text[4:8]) == "TFL3":
		return "a model of TensorFlow Lite"
	case n > 16 && text[0] == 0x08 && text[1] < 0x20 && bytes.Contains(text[:min(n, 256)], []byte("onnx")) || n > 16 && text[0] == 0x08 &&
		text[1] < 0x20 && text[2] == 0x12 && bytes.Contains(text[:min(n, 64)], []byte("pytorch")):
		return "a model of ONNX: its weights have to be saved as safetensors or by torch.save"
	}
	return ""
}

// foreignJSON says what a text of JSON is.
func foreignJSON(text []byte) string {
	var index struct {
		Map map[string]string `json:"weight_map"`
	}
	if json.Unmarshal(text, &index) == nil && len(index.Map) > 0 {
		files := map[string]bool{}
		one := ""
		for _, file := range index.Map {
			if files[file] = true; one == "" || file < one {
				one = file
			}
		}
		return fmt.Sprintf("the index of %d tensors in %d other files, %.60q among them, which are not read together: save them as one file",
			len(index.Map), len(files), one)
	}
	if bytes.Contains(text, []byte(`"weight_map"`)) {
		return "the index of tensors in other files, which are not read together: save them as one file"
	}
	return "a text of JSON, as configurations are"
}

// foreignArchive says what a zip archive without a data.pkl is.
func foreignArchive(names map[string]bool) string {
	for name := range names {
		switch {
		case strings.HasSuffix(name, ".npy"):
			return "arrays of NumPy (.npz)"
		case strings.HasSuffix(name, "model.weights.h5"), strings.HasSuffix(name, "saved_model.pb"):
			return "a model of Keras"
		case strings.HasSuffix(name, ".pth"), strings.HasSuffix(name, ".pt"), strings.HasSuffix(name, ".safetensors"),
			strings.HasSuffix(name, ".bin"), strings.HasSuffix(name, ".ckpt"):
			return fmt.Sprintf("an archive with the file %.60q: unpack it first", name)
		}
	}
	return ""
}
