package weights

import (
	"cenet/nn/statedict"
	"fmt"
	"strings"
)

// counterNotes are lines on the counters of a file that say something of the weights, or that another program put there.
func counterNotes(f statedict.Source) (notes []string) {
	counted := 0
	for _, name := range f.Names() {
		switch name[strings.LastIndexByte(name, '.')+1:] {
		case "n_averaged":
			if n, ok := f.Count(name); ok && name == "n_averaged" {
				notes = append(notes, fmt.Sprintf("the weights are an average of %d (n_averaged)", n))
			}
		case "total_ops", "total_params":
			counted++
		}
	}
	if counted > 0 {
		notes = append(notes,
			fmt.Sprintf("%d counts of operations and parameters, as thop adds them (total_ops, total_params), are not read", counted))
	}
	return notes
}
