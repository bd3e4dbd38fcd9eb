package main

import (
	"fmt"
	"strings"
)

// maxTaps is the most rows, and columns, of a window.
const maxTaps = 3

// calls makes the Go functions that call a kernel by its name: of the one family, or of the active one of AVX-512 and AVX2. A function
// value would not do: what is handed to it would move to the heap.
func calls(families ...string) string {
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	active, both := "", len(families) == 2
	if both {
		active = " of the active family"
	}
	call := func(kernel string) string {
		if both {
			return fmt.Sprintf("\n\tif active == avx512 {\n%s%s(x)\n} else {\n%[1]s%[3]s(x)\n}\n", kernel, families[0], families[1])
		}
		return fmt.Sprintf(" %s%s(x) ", kernel, families[0])
	}
	put("\n// call runs the kernel k%s.\nfunc (x *sweep) call(k sweepKernel) {\nswitch k {\n", active)
	for _, s := range sweeps {
		put("case %s:\n%s\n", s.constant(), strings.TrimSpace(call(s.name)))
	}
	put("}\n}\n\n// call runs the kernel k%s with a window of kh×kw taps.\nfunc (x *taps) call(k tapKernel, kh, kw int) {\n", active)
	put("w := %d*(kh-1) + kw - 1\n", maxTaps)
	if both {
		put("if active == avx2 {\nw += %d\n}\n", maxTaps*maxTaps)
	}
	put("switch k {\n")
	for _, t := range tapKernels {
		put("case %s:\nswitch w {\n", t.constant())
		for f, family := range families {
			for i := range maxTaps * maxTaps {
				put("case %d:\n%s%s_%dx%d(x)\n", f*maxTaps*maxTaps+i, t.name, family, i/maxTaps+1, i%maxTaps+1)
			}
		}
		put("}\n")
	}
	put("}\n}\n")
	for _, p := range pairKernels {
		put("\nfunc (x *pairs) %s() {%s}\n", p.name, call(p.name))
	}
	for _, r := range roundKernels {
		put("\nfunc (x *pairs) %s() {%s}\n", r.name, call(r.name))
	}
	return b.String()
}
