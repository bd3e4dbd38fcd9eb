// Package reference runs a graph in float64, written from the definitions of its operations, for checking layers and devices against.
// Nothing in it is made to be fast.
//
// Most operations are one of two things. A function of single numbers is a value and a slope (functions.go). A sum of products, Y[y] = Σ
// k·A[a]·B[b], is a list of places (sums.go): its reverse needs nothing else. The remaining ones, which normalise or belong to the block of
// Channel Equilibrium, have a forward and a reverse of their own.
package reference
