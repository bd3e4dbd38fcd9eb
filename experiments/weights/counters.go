package weights

import (
	"fmt"
	"strings"
)

// Counters that files have next to the weights: of batches, which BatchNorm counts, of networks in an average
// (torch.optim.swa_utils.AveragedModel), and of operations and parameters (thop).
const (
	batchesCounter    = "num_batches_tracked"
	averagedCounter   = "n_averaged"
	operationsCounter = "total_ops"
	parametersCounter = "total_params"
)

// counter reports whether a tensor of that name is a counter.
func counter(name string) bool {
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case batchesCounter, operationsCounter, parametersCounter:
		return true
	}
	return name == averagedCounter
}

// counterNotes are lines on the counters of a file that say something of the weights, or that another program put there.
func counterNotes(f stored) (notes []string) {
	counted := 0
	for _, name := range f.names() {
		switch name[strings.LastIndexByte(name, '.')+1:] {
		case averagedCounter:
			if n, ok := f.count(name); ok && name == averagedCounter {
				notes = append(notes, fmt.Sprintf("the weights are an average of %d (n_averaged)", n))
			}
		case operationsCounter, parametersCounter:
			counted++
		}
	}
	if counted > 0 {
		notes = append(notes, fmt.Sprintf("%d counts of operations and parameters, as thop adds them (total_ops, total_params), are not read", counted))
	}
	return notes
}
