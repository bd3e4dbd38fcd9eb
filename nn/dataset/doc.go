// Package dataset opens labelled images and makes batches of them.
//
// A source (see Sources) gives a Data: a training and a test Set, held in memory as bytes or streamed from files that are
// decoded ahead of their use. A Loader turns the images of a Set, in the order of a pass, into normalised float32, with
// or without augmentation. What a source reads from the network, if asked to, Fetch fetches.
//
// An image of a folder has the pixels that torchvision's ImageFolder gets from convert("RGB") of Pillow (compared with 9.4); a file
// that would give other pixels, or that is not read at all, is refused with the reason.
//
// To add a source, write a file with a function that opens it, and a line in Sources.
//
// Images are NHWC: byte ((i·H + r)·W + q)·C + c is channel c of the pixel in row r and column q of image i.
//
// What is random depends on the seed, the epoch and the image, and on nothing else (see Stream): not on the size of a
// batch, nor on which worker writes an image, nor on the machine.
package dataset
