package main

import "fmt"

// The comments of functions that each processor has, with their meaning in Go.

func packDoc(name string, columns int, cut string) []string {
	return []string{
		fmt.Sprintf("%s writes scale times the matrix src of the given rows, stride bytes apart, to rows of %d:", name, columns),
		"",
		"	for r := range rows {",
		fmt.Sprintf("		for j := range %d {", columns),
		fmt.Sprintf("			dst[%d*r+j] = scale * src[stride/4*r+j] // 0 from column cols on%s", columns, cut),
		"		}",
		"	}",
	}
}

func transposeDoc(n int) []string {
	return []string{
		fmt.Sprintf("transpose%d writes scale times the transpose of src, a matrix of %[1]d rows and %[1]d·blocks columns, to dst, both "+
			"strides in bytes:", n),
		"",
		fmt.Sprintf("	for r := range %d * blocks {", n),
		fmt.Sprintf("		for j := range %d {", n),
		"			dst[dstStride/4*r+j] = scale * src[srcStride/4*j+r]",
		"		}",
		"	}",
	}
}

func doubleDoc(does string, rows int) []string {
	return []string{
		does + "; distances are in bytes, and B and C have the same between rows:",
		"",
		fmt.Sprintf("	for i := range %d {", rows),
		"		for j := range cols {",
		"			var sum float64",
		"			for l := range k {",
		"				sum = fma(a[i*rowA/8+l*stepA/8], b[l*row/8+j], sum)",
		"			}",
		"			c[i*row/8+j] = alpha*sum + (c[i*row/8+j] if add)",
		"		}",
		"	}",
	}
}

func peakDoc(name string, sums, lanes int) []string {
	return []string{
		fmt.Sprintf("%s does %d fused multiply-adds of %d lanes a round, none of which waits for another of its round:", name, sums, lanes),
		"",
		"	for range rounds {",
		fmt.Sprintf("		for i := range %d {", sums*lanes),
		"			sum[i] = fma(0, 0, sum[i])",
		"		}",
		"	}",
	}
}
