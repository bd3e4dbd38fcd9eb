package nn

import "fmt"

// Shape is that of an activation: N images of H×W pixels with C channels.
type Shape struct{ N, H, W, C int }

// Len is the number of elements.
func (s Shape) Len() int { return s.N * s.H * s.W * s.C }

// Rows is the number of pixels of all images: the rows of the activation as a matrix of C columns.
func (s Shape) Rows() int { return s.N * s.H * s.W }

// Pixels is the number of pixels of one image.
func (s Shape) Pixels() int { return s.H * s.W }

func (s Shape) String() string { return fmt.Sprintf("%d×%d×%d×%d", s.N, s.H, s.W, s.C) }

// A Tensor is an activation or its gradient: Data holds Shape.Len() floats, N, H, W, C row-major. Copies share Data.
type Tensor struct {
	Shape
	Data []float32
}

// NewTensor allocates a zeroed tensor.
func NewTensor(s Shape) Tensor { return Tensor{s, make([]float32, s.Len())} }

// First returns the first n images, sharing Data. It panics if there are fewer.
func (t Tensor) First(n int) Tensor {
	if n > t.N {
		panic("nn: more images than the network was built for")
	}
	t.N = n
	t.Data = t.Data[:t.Len()]
	return t
}

// Image returns the pixels of image n, of shape (H, W, C).
func (t Tensor) Image(n int) []float32 {
	size := t.H * t.W * t.C
	return t.Data[n*size : (n+1)*size]
}

// Images returns the pixels of the images lo to hi−1, of shape (hi−lo, H, W, C).
func (t Tensor) Images(lo, hi int) []float32 { return t.Between(lo*t.Pixels(), hi*t.Pixels()) }

// Between returns the rows lo to hi−1 of the tensor as a matrix of C columns.
func (t Tensor) Between(lo, hi int) []float32 { return t.Data[lo*t.C : hi*t.C] }
