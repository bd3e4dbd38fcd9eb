package train

import (
	"encoding/json"
	"strconv"
)

// An Epoch is what one pass over the training images came to. Losses are means an image, accuracies shares. The test loss
// may not be finite.
type Epoch struct {
	Epoch                int // from 1
	LR                   float64
	TrainLoss, TrainTop1 float64 // while training, under augmentation
	TestLoss             float64
	TestTop1, TestTop5   float64
	// FitTop1 is the accuracy on the training images after the epoch, in evaluation; nil where it is not measured.
	FitTop1 *float64 `json:",omitempty"`
	// Probe is what was measured in the network after the epoch; nil without a measurement.
	Probe *Probe `json:",omitempty"`
}

// A Probe is of the scales in a network: γ of some BatchNorms, and s of the instance reweighting of Channel Equilibrium (equation 8).
type Probe struct {
	Gamma, GammaMost  float64  // mean and largest |γ|
	Scale, ScaleLeast *float64 // mean and least running s over the blocks; nil where none has one
}

// plainEpoch is an Epoch without methods; text takes the place of its test loss, since JSON has no numbers that are not finite.
type (
	plainEpoch Epoch
	epochText  struct {
		plainEpoch
		TestLoss string
	}
)

// MarshalJSON writes the epoch so that UnmarshalJSON reads the same bits.
func (e Epoch) MarshalJSON() ([]byte, error) {
	return json.Marshal(epochText{plainEpoch(e), strconv.FormatFloat(e.TestLoss, 'g', -1, 64)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (e *Epoch) UnmarshalJSON(data []byte) error {
	var text epochText
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	loss, err := strconv.ParseFloat(text.TestLoss, 64)
	*e = Epoch(text.plainEpoch)
	e.TestLoss = loss
	return err
}
