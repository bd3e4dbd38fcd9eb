package ce

import (
	"fmt"
	"testing"
)

func BenchmarkBlock(b *testing.B) {
	for _, s := range []struct {
		Shape
		channels int
	}{{Shape{64, 32, 32}, 16}, {Shape{64, 16, 16}, 32}, {Shape{64, 32, 32}, 64}, {Shape{64, 8, 8}, 256}} {
		d, x, dy := example(Official(), s.Shape, s.channels, 1)
		v := newBench(b, d, s.Shape, 1)
		v.forward(x, true)
		g := narrow(dy)
		b.Run(fmt.Sprintf("forward/%dx%dx%dx%d", s.N, s.H, s.W, s.channels), func(b *testing.B) {
			b.SetBytes(int64(4 * len(x)))
			for b.Loop() {
				v.block.forward(v.pool, v.y, v.x, true)
			}
		})
		b.Run(fmt.Sprintf("backward/%dx%dx%dx%d", s.N, s.H, s.W, s.channels), func(b *testing.B) {
			b.SetBytes(int64(4 * len(x)))
			for b.Loop() {
				v.block.backward(v.pool, v.dx, g)
			}
		})
	}
}
