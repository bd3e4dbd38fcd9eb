package weights

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"

	"cenet/experiments/mistake"
	"cenet/nn/safetensors"
)

// An About is what belongs to a trained network in addition to its weights: what evaluates it needs all of it. It travels in the metadata
// of the files that Write makes.
type About struct {
	// Settings are those that make the network, by dotted key: of model, and of the block.
	Settings map[string]any `json:"settings"`
	Classes  []string       `json:"classes"` // names, in the order of the outputs
	// Images have Height×Width pixels of Channels, and are padded by Pad pixels on every side. Their shorter side was resized to Resize before
	// the centre was cut out; 0: they were taken as they are in their files.
	Channels  int       `json:"channels"`
	Height    int       `json:"height"`
	Width     int       `json:"width"`
	Resize    int       `json:"resize,omitempty"`
	Pad       int       `json:"pad,omitempty"`
	Mean      []float64 `json:"mean"` // of each channel, of values from 0 to 1
	Deviation []float64 `json:"deviation"`
	Trial     string    `json:"trial,omitempty"`    // for people
	Identity  string    `json:"identity,omitempty"` // of its record
}

// aboutKey is the name of an About among the metadata of a file.
const aboutKey = "cenet"

// check says what is wrong with an About that a file has.
func (a *About) check() error {
	if a.Channels < 1 || a.Pad < 0 || a.Pad > MaxSide {
		return fmt.Errorf("images of %d channels and padding %d", a.Channels, a.Pad)
	}
	return a.view().Check(a.Channels)
}

// view is how the images of the network's training were prepared.
func (a *About) view() View {
	return View{Height: a.Height, Width: a.Width, Resize: a.Resize, Pad: a.Pad, Mean: a.Mean, Deviation: a.Deviation}
}

// ReadAbout returns what a file of weights says of its network, nil where it says nothing: one of another program. The error is an
// mistake.Error.
func ReadAbout(path string) (*About, error) {
	f, file, err := openStored(path)
	if err != nil {
		return nil, mistake.Errorf("%s: %w", path, err)
	}
	defer file.Close()
	s, ok := f.(*safetensors.File)
	if !ok || s.Metadata[aboutKey] == "" {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader([]byte(s.Metadata[aboutKey])))
	d.UseNumber()
	a := &About{}
	old := struct { // files written before height and width were two settings
		*About
		Size int `json:"size"`
	}{About: a}
	err = d.Decode(&old)
	if old.Size != 0 && a.Height == 0 && a.Width == 0 {
		a.Height, a.Width, a.Resize = old.Size, old.Size, cmp.Or(a.Resize, old.Size)
	}
	if err == nil {
		err = a.check()
	}
	if err != nil {
		return nil, mistake.Errorf("%s: metadata %q: %w", path, aboutKey, err)
	}
	return a, nil
}

// metadata is what a file says in addition to its tensors.
func metadata(a *About) (map[string]string, error) {
	m := map[string]string{"format": "pt"}
	if a == nil {
		return m, nil
	}
	text, err := json.Marshal(a)
	m[aboutKey] = string(text)
	return m, err
}
