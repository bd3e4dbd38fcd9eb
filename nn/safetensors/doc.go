// Package safetensors reads and writes the safetensors format: eight bytes with the length of a JSON header, the header,
// which gives each tensor's type, shape and place, and the tensors' little-endian data.
//
// A file may come from a stranger: sizes, shapes and places are checked against the file's length before anything is
// allocated for them, and what does not fit is one error that says what is wrong.
//
// References:
//
//	https://huggingface.co/docs/safetensors
package safetensors

// metadataKey names the header's entry that is no tensor.
const metadataKey = "__metadata__"

// maxHeader bounds the header: the tensors of the largest networks need less than a tenth of it.
const maxHeader = 8 << 20
