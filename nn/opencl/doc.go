// Package opencl trains and runs networks on what OpenCL knows as a device, usually a GPU, with the bits of package kernel's fused
// families. It needs nothing but the driver that the device has anyway: libOpenCL is opened at run time, without cgo.
//
// A program that opens libraries at run time is no longer static. All of the package but this comment is therefore compiled only with
// the build tag opencl.
package opencl
