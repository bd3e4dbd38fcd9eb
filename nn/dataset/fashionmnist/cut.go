//go:build ignore

// Cut cuts the part of Fashion-MNIST that is embedded in this project out of the whole: of each class the first 1,000
// training and the first 500 test images, in the order of the files. It is run by go generate in nn/dataset:
//
//	go run fashionmnist/cut.go -from DIR -to fashionmnist
//
// DIR holds the four original files; others are refused by their SHA-256. It prints the SHA-256 of what it wrote, as
// PROVENANCE.md lists them.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"cenet/nn/dataset/idx"
)

const classes = 10

// parts are the two halves of Fashion-MNIST: file names, SHA-256 of the originals, and images taken of each class.
var parts = []struct {
	images, imagesSum string
	labels, labelsSum string
	perClass          int
}{
	{
		"train-images-idx3-ubyte.gz", "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
		"train-labels-idx1-ubyte.gz", "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
		1000,
	},
	{
		"t10k-images-idx3-ubyte.gz", "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
		"t10k-labels-idx1-ubyte.gz", "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
		500,
	},
}

func main() {
	log.SetFlags(0)
	from := flag.String("from", "", "directory with the original files")
	to := flag.String("to", "", "directory to write to")
	flag.Parse()
	if *from == "" || *to == "" || flag.NArg() != 0 {
		log.Fatal("usage: cut -from DIR -to DIR")
	}
	for _, p := range parts {
		images := read(*from, p.images, p.imagesSum, 3)
		labels := read(*from, p.labels, p.labelsSum, 1)
		images, labels = cut(images, labels, p.perClass)
		write(*to, p.images, images)
		write(*to, p.labels, labels)
	}
}

// cut returns the first perClass images of each class, in the order of the files.
func cut(images, labels idx.Array, perClass int) (idx.Array, idx.Array) {
	rows, columns := images.Dims[1], images.Dims[2]
	size := rows * columns
	var left [classes]int
	for k := range left {
		left[k] = perClass
	}
	var pixels, kept []byte
	for i, label := range labels.Data {
		if left[label] > 0 {
			left[label]--
			pixels = append(pixels, images.Data[i*size:(i+1)*size]...)
			kept = append(kept, label)
		}
	}
	n := len(kept)
	if n != perClass*classes {
		log.Fatalf("%d images, expected %d of each of %d classes", n, perClass, classes)
	}
	return idx.Array{Dims: []int{n, rows, columns}, Data: pixels}, idx.Array{Dims: []int{n}, Data: kept}
}

// read reads a file whose sum is known; so its content needs no further check.
func read(dir, name, sum string, dims int) idx.Array {
	path := filepath.Join(dir, name)
	file, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(file)); got != sum {
		log.Fatalf("%s: SHA-256 is %s, expected %s", path, got, sum)
	}
	a, err := idx.Read(bytes.NewReader(file), path, dims)
	if err != nil {
		log.Fatal(err)
	}
	return a
}

// write writes a compressed file without name and time, which would differ from run to run.
func write(dir, name string, a idx.Array) {
	var file bytes.Buffer
	z, err := gzip.NewWriterLevel(&file, gzip.BestCompression)
	if err != nil {
		log.Fatal(err)
	}
	if err := idx.Write(z, a); err != nil {
		log.Fatal(err)
	}
	if err := z.Close(); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), file.Bytes(), 0o666); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%x  %s  %d bytes\n", sha256.Sum256(file.Bytes()), name, file.Len())

	var plain bytes.Buffer
	if err := idx.Write(&plain, a); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%x  the same, decompressed\n", sha256.Sum256(plain.Bytes()))
}
