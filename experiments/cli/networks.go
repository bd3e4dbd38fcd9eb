package cli

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"cenet/experiments/device"
	"cenet/experiments/mistake"
	"cenet/experiments/network"
	"cenet/experiments/spec"
	"cenet/experiments/study"
	"cenet/experiments/suite"
	"cenet/experiments/weights"
	"cenet/nn"
	"cenet/nn/dataset"
	"cenet/nn/model"
	"cenet/results/folder"
	"cenet/results/terminal"
)

// summary prints the layers of a network.
func summary(c *call) error {
	block := c.String("block", "none", "channel `BLOCK` at its usual place")
	form := formFlags(c, "")
	in := nn.Shape{N: 1, H: network.PaperSide, W: network.PaperSide, C: 3}
	c.Func("size", "`SIDE` of the images, or HEIGHTxWIDTH; 224 by default", func(text string) (err error) {
		in.H, in.W, err = parseSize(text)
		return err
	})
	count := func(to *int) func(string) error {
		return func(text string) (err error) {
			*to, err = positive(text)
			return err
		}
	}
	classes := network.PaperClasses
	c.Func("channels", "`N` channels of the images, 3 by default", count(&in.C))
	c.Func("classes", "`N` classes, 1000 by default", count(&classes))
	precision := precisionFlag(c)
	asJSON := c.Bool("json", false, "print one JSON object")
	name, err := c.one()
	if err != nil {
		return err
	}
	setup, err := network.Paper(name, *block)
	if err == nil {
		err = form(&setup)
	}
	if err != nil {
		return mistake.Of(err)
	}
	usual := setup.Model.Width == 1 && setup.Model.Stem == "imagenet" && classes == network.PaperClasses &&
		in == nn.Shape{N: 1, H: network.PaperSide, W: network.PaperSide, C: 3}
	layers, params, err := network.Describe(setup, in, classes)
	if err != nil {
		return mistake.Of(err)
	}
	n, macs, all := network.Totals(layers, params)
	var paper *float64
	if usual {
		figures, _ := suite.PaperFigures(name, *block)
		paper = figures.GFLOPs
	}
	if *asJSON {
		return json.NewEncoder(c.out).Encode(map[string]any{
			"model": name, "block": *block, "precision": cmp.Or(*precision, spec.UsualPrecision), "params": n, "macs": macs, "operations": all,
			"layers": layers, "paper_gflops": paper,
		})
	}
	for _, l := range layers {
		fmt.Fprintf(c.out, "%-28s %-16s %-18v %14d\n", l.Path, l.Kind, l.Out, l.MACs+l.Other)
	}
	fmt.Fprintf(c.out, "\nparams %d, convolution and linear %.3f GFLOPs, all %.3f GFLOPs\n", n, float64(macs)/1e9, float64(all)/1e9)
	if nn.PrecisionNamed(*precision) != nn.Float32 {
		fmt.Fprintf(c.out, "convolutions that are not depthwise, and linear layers outside blocks, multiply in %s\n", *precision)
	}
	if paper != nil {
		fmt.Fprintf(c.out, "the paper: %.2f GFLOPs, ours is %+.3f from that\n", *paper, float64(all)/1e9-*paper)
	}
	return nil
}

// precisionFlag adds the flag for the precision; "" is the precision that the network was trained in, or float32.
func precisionFlag(c *call) *string {
	name, known := "", nn.PrecisionNames()
	usage := "`NAME` of the precision of convolutions and linear layers: " +
		strings.Join(known, ", ") + "; by default as the network was trained"
	c.Func("precision", usage, func(text string) error {
		if name = text; !slices.Contains(known, text) {
			return fmt.Errorf("unknown precision; %s", mistake.NearestOf(text, known))
		}
		return nil
	})
	return &name
}

// formFlags adds the flags of a network's width and stem. It returns a function that checks them and puts them into a setup. The note
// is the end of their help.
func formFlags(c *call, note string) func(s *spec.Setup) error {
	width := c.Float64("width", 1, "`FACTOR` of the number of channels, 1 by default"+note)
	stem := c.String("stem", "imagenet", "`KIND` of the first layers, one of "+strings.Join(network.Stems, ", ")+"; imagenet by default"+note)
	return func(s *spec.Setup) error {
		if !(*width > 0 && *width <= 16) {
			return fmt.Errorf("--width is %v, expected above 0 and at most 16", *width)
		}
		if !slices.Contains(network.Stems, *stem) {
			return fmt.Errorf("--stem is %q; %s", *stem, mistake.NearestOf(*stem, network.Stems))
		}
		s.Model.Width, s.Model.Stem = *width, *stem
		return nil
	}
}

// given is the network that flags and its file of weights describe.
type given struct {
	weights.Trained
	setup spec.Setup
	words []string // the arguments, if the command takes some
}

// networkFlags adds the flags for a network and its weights. It returns a function that reads them. A file that cenet exported describes
// its network; flags must not contradict it.
func networkFlags(c *call, arguments bool) func() (*given, error) {
	backbone := c.String("model", "", "`NAME` of the backbone, if the weights file does not name it")
	block := c.String("block", "none", "channel `BLOCK` at its usual place, if the file does not name it")
	file := c.String("weights", "", "`FILE` from export, or from other programs with PyTorch's names: safetensors, or a state dictionary "+
		"from torch.save")
	form := formFlags(c, ", if the file does not say it")
	precision := precisionFlag(c)
	on := deviceFlag(c)
	return func() (*given, error) {
		words, err := c.words()
		if err == nil && !arguments {
			err = c.refuse(words)
		}
		if err != nil {
			return nil, err
		}
		if *file == "" {
			return nil, mistake.Errorf("%s: --weights is missing", c.Name())
		}
		v := &given{words: words}
		v.Trained = weights.Trained{Network: network.Of(&v.setup), Weights: *file, Say: func(line string) { fmt.Fprintln(c.errs, line) }}
		if *backbone != "" {
			v.setup, err = network.Paper(*backbone, *block)
		}
		if err == nil {
			err = form(&v.setup)
		}
		if err != nil {
			return nil, mistake.Of(err)
		}
		if v.About, err = weights.ReadAbout(*file); err != nil {
			return nil, err
		}
		switch {
		case v.About != nil:
			if v.setup, err = network.FromSettings(v.About.Settings); err == nil {
				err = c.agrees(*file, &v.setup)
			}
		case *backbone == "":
			err = fmt.Errorf("%s: --model is missing: %s does not name its network; --model NAME does, with --block, --width and --stem "+
				"where they are not the usual ones (known: %s)", c.Name(), *file, strings.Join(slices.Sorted(maps.Keys(model.Backbones)), ", "))
		}
		if err != nil {
			return nil, mistake.Of(err)
		}
		v.setup.Train.Precision = cmp.Or(*precision, v.setup.Train.Precision)
		devices, err := device.Find(*on)
		v.Device = devices.Take()
		return v, err
	}
}

// agrees returns an error if flags contradict the description of the network in its file.
func (c *call) agrees(file string, s *spec.Setup) (err error) {
	says := map[string]string{
		"model": s.Model.Backbone, "block": s.Model.Block, "width": strconv.FormatFloat(s.Model.Width, 'g', -1, 64), "stem": s.Model.Stem,
	}
	c.Visit(func(f *flag.Flag) {
		want, ok := says[f.Name]
		given := f.Value.String()
		if f.Name == "model" {
			if named, err := network.Paper(given, "none"); err == nil { // an alias
				given = named.Model.Backbone
			}
		}
		if ok && given != want && err == nil {
			err = fmt.Errorf("--%s %s contradicts %s, whose network has %s %s: leave the flag out", f.Name, given, file, f.Name, want)
		}
	})
	return err
}

// eval prints a network's accuracy.
func eval(c *call) error {
	view, flags := viewFlags(c), networkFlags(c, false)
	dir := c.String("data", "", "`DIR` of the images: DIR/test/CLASS, DIR/val/CLASS or DIR/CLASS")
	trained, err := flags()
	if err == nil && *dir == "" {
		err = mistake.Errorf("eval: --data is missing")
	}
	if err != nil {
		return err
	}
	w, err := view(&trained.Trained)
	if err != nil {
		return err
	}
	began, reported := time.Now(), time.Now()
	score, n, err := trained.Evaluate(*dir, w, func(done, all int) {
		if time.Since(reported) > 2*time.Second && done < all {
			reported = time.Now()
			left := time.Duration(float64(time.Since(began)) / float64(done) * float64(all-done))
			fmt.Fprintf(c.errs, "%d of %d images  ETA %v\n", done, all, left.Round(time.Second))
		}
	})
	if err == nil {
		fmt.Fprintf(c.out, "top-1 %.2f %%, top-5 %.2f %%, loss %.4f of %d images\n", 100*score.Top1, 100*score.Top5, score.Loss, n)
	}
	return err
}

// readNames reads a list of class names.
func readNames(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	names, err := dataset.ReadNames(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return names, nil
}

// predict prints the most probable classes of images.
func predict(c *call) error {
	view, flags := viewFlags(c), networkFlags(c, true)
	names := c.String("names", "", "`FILE` with a class name on each line, in the order of the classes")
	trained, err := flags()
	if err == nil && len(trained.words) == 0 {
		err = mistake.Errorf("predict: no images given")
	}
	if err != nil {
		return err
	}
	w, err := view(&trained.Trained)
	if err != nil {
		return err
	}
	var classes []string
	if trained.About != nil {
		classes = trained.About.Classes
	}
	if *names != "" {
		if classes, err = readNames(*names); err != nil {
			return mistake.Of(err)
		}
		_, n, err := trained.Ends()
		if err != nil {
			return err
		}
		if len(classes) != n {
			return mistake.Errorf("%s has %d names, but %s %d classes", *names, len(classes), trained.Weights, n)
		}
	}
	guesses, err := trained.Predict(trained.words, w, 5)
	if err != nil {
		return err
	}
	for i, list := range guesses {
		fmt.Fprintln(c.out, trained.words[i])
		for _, g := range list {
			name := fmt.Sprintf("class %d", g.Class)
			if g.Class < len(classes) {
				name = classes[g.Class]
			}
			fmt.Fprintf(c.out, "  %5.1f %%  %s\n", 100*g.P, name)
		}
	}
	return nil
}

// forward runs a network on an array of images.
func forward(c *call) error {
	input := c.String("input", "", "`FILE` of images, .npy of shape (N, C, H, W)")
	output := c.String("output", "", "`FILE` for the outputs, .npy of shape (N, classes)")
	trained, err := networkFlags(c, false)()
	if err != nil {
		return err
	}
	if *input == "" || *output == "" {
		return mistake.Errorf("forward: --input and --output are required")
	}
	shape, err := trained.Forward(*input, *output)
	if err == nil {
		fmt.Fprintf(c.out, "wrote %s, %d×%d\n", *output, shape[0], shape[1])
	}
	return err
}

// gradients runs a network in training on an array of images.
func gradients(c *call) error {
	input := c.String("input", "", "`FILE` of images, .npy of shape (N, C, H, W)")
	labels := c.String("labels", "", "`FILE` of their classes, .npy of shape (N)")
	output := c.String("output", "", "`FILE` for the gradients, safetensors")
	trained, err := networkFlags(c, false)()
	if err != nil {
		return err
	}
	if *input == "" || *labels == "" || *output == "" {
		return mistake.Errorf("gradients: --input, --labels and --output are required")
	}
	loss, err := trained.Gradients(*input, *labels, *output)
	if err == nil {
		fmt.Fprintf(c.out, "loss %.6f, wrote %s\n", loss, *output)
	}
	return err
}

// stats prints and plots the distributions of a network's BatchNorm scales and shifts.
func stats(c *call) error {
	dir := c.String("to", "stats", "`DIR` for the table and the plots, by default stats")
	trained, err := networkFlags(c, false)()
	if err != nil {
		return err
	}
	if err := checkFolder("to", *dir); err != nil {
		return mistake.Of(err)
	}
	page, err := study.Stats(&trained.setup, &trained.Trained)
	if err != nil {
		return err
	}
	text, err := terminal.Summary(page, width(c.out))
	if err != nil {
		return err
	}
	fmt.Fprint(c.out, text)
	files, err := folder.RenderPage(*dir, page)
	for _, f := range files {
		fmt.Fprintln(c.out, "wrote", f)
	}
	return err
}
