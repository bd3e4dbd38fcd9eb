//go:build faults

package durable

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"syscall"
)

// With the build tag faults, CENET_FAULTS = SHARE SEED makes that share of the operations fail with an error of input and output, and
// CENET_MUTATION = in-place leaves the temporary file and the rename out.
func init() {
	inPlace = os.Getenv("CENET_MUTATION") == "in-place"
	var share float64
	var seed uint64
	text := os.Getenv("CENET_FAULTS")
	if text == "" {
		return
	}
	if _, err := fmt.Sscan(text, &share, &seed); err != nil {
		panic("durable: CENET_FAULTS is " + strconv.Quote(text) + ", expected SHARE SEED")
	}
	random := rand.New(rand.NewPCG(seed, 0))
	var mutex sync.Mutex
	fault = func(operation, path string) error {
		mutex.Lock()
		defer mutex.Unlock()
		if random.Float64() < share {
			return &os.PathError{Op: operation, Path: path, Err: syscall.EIO}
		}
		return nil
	}
}
