// What every file of kernels begins with. A buffer of the host is two arguments, the memory and the place of its first entry, and AT makes
// one pointer of them.
#pragma OPENCL FP_CONTRACT OFF
#pragma OPENCL EXTENSION cl_khr_fp64 : enable

#define AT(p, first) ((p) + (first))
