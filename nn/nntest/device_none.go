//go:build !opencl

package nntest

import "testing"

// device needs the build tag opencl.
func (k Case) device(t *testing.T) { t.Skip("needs -tags opencl") }
