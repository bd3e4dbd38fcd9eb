package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// A Tensor is a named array of float32 in row-major order.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// Write writes a file of the tensors, in their order, and of the metadata. Equal arguments give equal bytes. It panics
// where a shape does not fit its data or a name is a duplicate.
func Write(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	if err := header(w, tensors, metadata); err != nil {
		return err
	}
	var buffer [1 << 14]byte
	for _, t := range tensors {
		for chunk := range slices.Chunk(t.Data, len(buffer)/4) {
			n, err := binary.Encode(buffer[:], binary.LittleEndian, chunk)
			if err == nil {
				_, err = w.Write(buffer[:n])
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// header writes the length of the JSON and the JSON, padded with blanks so that the data begin at a multiple of 8.
func header(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	var b bytes.Buffer
	b.WriteString(`{`)
	if len(metadata) > 0 {
		text, err := json.Marshal(metadata)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, `"%s":%s`, metadataKey, text)
	}
	at := 0
	seen := map[string]bool{}
	for _, t := range tensors {
		n := 1
		for _, d := range t.Shape {
			n *= d
		}
		if n != len(t.Data) || seen[t.Name] || t.Name == metadataKey {
			panic("safetensors: a tensor whose shape does not fit its data, or whose name is taken")
		}
		seen[t.Name] = true
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(t.Name)
		if err != nil {
			return err
		}
		shape, err := json.Marshal(append([]int{}, t.Shape...))
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, `%s:{"dtype":"F32","shape":%s,"data_offsets":[%d,%d]}`, name, shape, at, at+4*n)
		at += 4 * n
	}
	b.WriteByte('}')
	for (8+b.Len())%8 != 0 {
		b.WriteByte(' ')
	}
	if err := binary.Write(w, binary.LittleEndian, uint64(b.Len())); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}
