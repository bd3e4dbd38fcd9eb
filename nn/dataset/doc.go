// Package dataset opens labelled pictures and makes batches of them.
//
// A source (see Sources) gives a Data: a training and a test Set, held in memory as bytes. A Batcher turns chosen
// pictures of a Set into normalised float32, with or without augmentation.
//
// Pictures are NHWC: byte ((i·H + r)·W + q)·C + c is channel c of the pixel in row r and column q of picture i.
//
// What is random depends on the seed, the epoch and the picture, and on nothing else (see Stream): not on the size of a
// batch, nor on which worker writes a picture, nor on the machine.
package dataset
