package weights

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"cenet/experiments/network"
	"cenet/experiments/spec"
)

// An About is what belongs to a trained network beside its weights: what evaluates it needs all of it. It travels in the metadata of the files
// that Write makes.
type About struct {
	// Settings are those that make the network, by dotted key: of model, and of the block.
	Settings map[string]any `json:"settings"`
	Classes  []string       `json:"classes"` // names, in the order of the outputs
	// Channels, Size and Pad are those of the images: cut out of the centre as Size×Size pixels, after their shorter side was resized to Resize
	// (0: to Size), and padded by Pad pixels on every side.
	Channels  int       `json:"channels"`
	Size      int       `json:"size"`
	Resize    int       `json:"resize,omitempty"`
	Pad       int       `json:"pad,omitempty"`
	Mean      []float64 `json:"mean"` // of each channel, of values from 0 to 1
	Deviation []float64 `json:"deviation"`
	Trial     string    `json:"trial,omitempty"`    // for people
	Identity  string    `json:"identity,omitempty"` // of its record
}

// aboutKey is the name of an About among the metadata of a file.
const aboutKey = "cenet"

// NetworkSettings are those among the settings of a trial that make its network.
func NetworkSettings(settings map[string]any) map[string]any {
	own := maps.Clone(settings)
	maps.DeleteFunc(own, func(key string, _ any) bool {
		section, _, _ := strings.Cut(key, ".")
		return section != "model" && section != "se" && section != "ce"
	})
	return own
}

// text is the About as metadata.
func (a *About) text() (string, error) {
	text, err := json.Marshal(a)
	return string(text), err
}

// check says what is wrong with an About that a file has.
func (a *About) check() error {
	switch {
	case a.Channels < 1 || a.Size < 1 || a.Resize < 0 || a.Pad < 0:
		return fmt.Errorf("images of %d channels, size %d, resize %d and padding %d", a.Channels, a.Size, a.Resize, a.Pad)
	case len(a.Mean) != a.Channels || len(a.Deviation) != a.Channels:
		return fmt.Errorf("%d means and %d deviations, expected %d of each, one a channel", len(a.Mean), len(a.Deviation), a.Channels)
	}
	for _, d := range a.Deviation {
		if !(d > 0) {
			return fmt.Errorf("a deviation of %v, expected one above 0", d)
		}
	}
	return nil
}

// ReadAbout returns what a file of weights says of its network, nil where it says nothing: one of another program. The error is an InputError.
func ReadAbout(path string) (*About, error) {
	f, file, err := openStored(path)
	if err != nil {
		return nil, &spec.InputError{Err: fmt.Errorf("%s: %w", path, err)}
	}
	defer file.Close()
	s, ok := f.(safetensorsFile)
	if !ok || s.Metadata[aboutKey] == "" {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader([]byte(s.Metadata[aboutKey])))
	d.UseNumber()
	a := &About{}
	err = d.Decode(a)
	if err == nil {
		err = a.check()
	}
	if err != nil {
		return nil, &spec.InputError{Err: fmt.Errorf("%s: metadata %q: %w", path, aboutKey, err)}
	}
	return a, nil
}

// Setup is that of the network.
func (a *About) Setup() (spec.Setup, error) {
	var names spec.Names
	network.Register(&names)
	return names.SetupOf(a.Settings)
}

// metadata is what a file says beside its tensors.
func metadata(a *About) (map[string]string, error) {
	m := map[string]string{"format": "pt"}
	if a == nil {
		return m, nil
	}
	text, err := a.text()
	m[aboutKey] = text
	return m, err
}
