package kernel

// A taps is one call of a kernel that runs over the pixels of one image, or of a rectangle within, with a window of up to 3×3
// taps in vectors across channels. What it does with a tap is in the kernel's comment, where out, x and w are the place of
// the output pixel, that of the tap in the input and that of the tap's weight,
// and dx is the place in the input's gradient.
//
// All distances are in bytes, and may be negative.
type taps struct {
	out, x, w, dx      *float32
	rows, pixels       int // of the output
	outRow, outPixel   int // from one to the next
	moveRow, movePixel int // of the window in the input
	tapRow, tapPixel   int // from a tap to the next in the input
	wRow, wPixel       int // in the weights
	cols               int
}
