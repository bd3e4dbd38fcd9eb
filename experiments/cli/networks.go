package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"cenet/experiments/device"
	"cenet/experiments/network"
	"cenet/experiments/spec"
	"cenet/experiments/study"
	"cenet/experiments/suite"
	"cenet/experiments/weights"
	"cenet/nn/dataset"
	"cenet/results"
)

func summary(c *call) error {
	block := c.String("block", "none", "channel `BLOCK` at its usual place")
	asJSON := c.Bool("json", false, "print one JSON object")
	name, err := c.one()
	if err != nil {
		return err
	}
	setup, err := network.Paper(name, *block)
	if err != nil {
		return wrong(err)
	}
	layers, params, err := network.Describe(setup, 224, 3, 1000)
	if err != nil {
		return err
	}
	count, macs, all := network.Totals(layers, params)
	paper, _ := suite.PaperFigures(name, *block)
	if *asJSON {
		return json.NewEncoder(c.out).Encode(map[string]any{
			"model": name, "block": *block, "params": count, "macs": macs, "operations": all, "layers": layers, "paper_gflops": paper.GFLOPs,
		})
	}
	for _, l := range layers {
		fmt.Fprintf(c.out, "%-28s %-16s %-18v %14d\n", l.Path, l.Kind, l.Out, l.MACs+l.Other)
	}
	fmt.Fprintf(c.out, "\nparams %d, convolution and linear %.3f GFLOPs, all %.3f GFLOPs\n", count, float64(macs)/1e9, float64(all)/1e9)
	if paper.GFLOPs != nil {
		fmt.Fprintf(c.out, "the paper: %.2f GFLOPs, ours is %+.3f from that\n", *paper.GFLOPs, float64(all)/1e9-*paper.GFLOPs)
	}
	return nil
}

// networkFlags adds the flags that say which network and weights, and returns what reads them, and arguments where the command takes some. A
// file of our own says all but its name; what a flag says beside it must be the same.
func networkFlags(c *call, arguments bool) func() (*weights.Trained, []string, error) {
	backbone := c.String("model", "", "`NAME` of the backbone, where the file of weights does not say it")
	block := c.String("block", "none", "channel `BLOCK` at its usual place, likewise")
	file := c.String("weights", "", "`FILE` that export wrote; or one of other programs with PyTorch's names: safetensors, or a state dictionary of torch.save")
	width := c.Float64("width", 1, "`FACTOR` of the number of channels, where the file does not say it")
	stem := c.String("stem", "imagenet", "`KIND` of the first layers, likewise: "+strings.Join(network.Stems, ", "))
	on := deviceFlag(c)
	return func() (*weights.Trained, []string, error) {
		words, err := c.words()
		if err == nil && !arguments {
			err = c.refuse(words)
		}
		if err != nil {
			return nil, nil, err
		}
		if *file == "" {
			return nil, nil, wrong(fmt.Errorf("%s: --weights is missing", c.Name()))
		}
		setup, said := spec.Setup{}, *backbone != ""
		if said {
			setup, err = network.Paper(*backbone, *block)
		}
		if err == nil {
			setup.Model.Width, setup.Model.Stem, err = *width, *stem, checkForm(*width, *stem)
		}
		if err != nil {
			return nil, nil, wrong(err)
		}
		v := &weights.Trained{Setup: setup, Weights: *file, Say: func(line string) { fmt.Fprintln(c.errs, line) }}
		if v.About, err = weights.ReadAbout(*file); err != nil {
			return nil, nil, err
		}
		switch {
		case v.About != nil:
			if v.Setup, err = v.About.Setup(); err == nil {
				err = c.agrees(*file, &v.Setup)
			}
		case !said:
			err = fmt.Errorf("%s: --model is missing: %s does not say what network it is of", c.Name(), *file)
		}
		if err != nil {
			return nil, nil, wrong(err)
		}
		devices, err := device.Find(*on)
		v.Device = devices.Take()
		return v, words, err
	}
}

// checkForm says what is wrong with a width or a stem.
func checkForm(width float64, stem string) error {
	if !(width > 0 && width <= 16) {
		return fmt.Errorf("--width is %v, expected above 0 and at most 16", width)
	}
	if !slices.Contains(network.Stems, stem) {
		return fmt.Errorf("--stem is %q; nearest: %q (known: %s)", stem, spec.Nearest(stem, network.Stems), strings.Join(network.Stems, ", "))
	}
	return nil
}

// agrees refuses flags that say something else of a network than its file.
func (c *call) agrees(file string, s *spec.Setup) (err error) {
	says := map[string]string{
		"model": s.Model.Backbone, "block": s.Model.Block, "width": strconv.FormatFloat(s.Model.Width, 'g', -1, 64), "stem": s.Model.Stem,
	}
	c.Visit(func(f *flag.Flag) {
		want, ok := says[f.Name]
		given := f.Value.String()
		if f.Name == "model" {
			if named, err := network.Paper(given, "none"); err == nil { // by another of its names
				given = named.Model.Backbone
			}
		}
		if ok && given != want && err == nil {
			err = fmt.Errorf("--%s %s contradicts %s, whose network has %s %s: leave the flag out", f.Name, given, file, f.Name, want)
		}
	})
	return err
}

// viewFlags adds the flags that say how images are brought into a network's form, and returns what reads them once the network is known: what
// they do not say is as the file says or, of other programs, as is usual on ImageNet, which is told.
func viewFlags(c *call) func(v *weights.Trained) (weights.View, error) {
	size := c.Int("size", 0, "`SIDE` of what is cut out of the centre of images; by default as the file of weights says, else 224")
	resize := c.Int("resize", 0, "`SIDE` to which their shorter side is resized before; by default as the file says, else 256")
	var mean, deviation []float64
	number := func(text string) (float64, error) {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return 0, fmt.Errorf("%q: expected a number", text)
		}
		return x, nil
	}
	listFlag(c.FlagSet, &mean, "mean", "`LIST` of the means of the channels, of values from 0 to 1; by default as the file says, else those of ImageNet", number)
	listFlag(c.FlagSet, &deviation, "std", "`LIST` of the standard deviations of the channels, likewise", number)
	return func(v *weights.Trained) (weights.View, error) {
		w := v.View()
		if v.About != nil {
			for _, f := range []struct {
				name   string
				differ bool
			}{
				{"size", *size != 0 && *size != w.Size}, {"resize", *resize != 0 && *resize != cmp.Or(w.Resize, w.Size)},
				{"mean", mean != nil && !slices.Equal(mean, w.Mean)}, {"std", deviation != nil && !slices.Equal(deviation, w.Deviation)},
			} {
				if f.differ {
					return w, wrong(fmt.Errorf("--%s contradicts %s, which was trained on %v: leave the flag out", f.name, v.Weights, w))
				}
			}
			return w, nil
		}
		if *size != 0 {
			w.Size = *size
			w.Resize = max(w.Resize, w.Size)
		}
		if *resize != 0 {
			w.Resize = *resize
		}
		if mean != nil {
			w.Mean = mean
		}
		if deviation != nil {
			w.Deviation = deviation
		}
		for _, d := range w.Deviation {
			if !(d > 0) {
				return w, wrong(fmt.Errorf("--std: %v, expected numbers above 0", deviation))
			}
		}
		fmt.Fprintf(c.errs, "%s does not say how images were prepared; taken: %v\n", v.Weights, w)
		return w, nil
	}
}

// eval tells a network's accuracy.
func eval(c *call) error {
	view, flags := viewFlags(c), networkFlags(c, false)
	dir := c.String("data", "", "`DIR` of the images: DIR/test/CLASS, DIR/val/CLASS or DIR/CLASS")
	trained, _, err := flags()
	if err == nil && *dir == "" {
		err = wrong(errors.New("eval: --data is missing"))
	}
	if err != nil {
		return err
	}
	w, err := view(trained)
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

// readNames reads a list of the names of classes.
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

// predict tells what a network sees in images.
func predict(c *call) error {
	view, flags := viewFlags(c), networkFlags(c, true)
	names := c.String("names", "", "`FILE` with the name of a class in each line, in their order")
	trained, images, err := flags()
	if err == nil && len(images) == 0 {
		err = wrong(errors.New("predict: which images?"))
	}
	if err != nil {
		return err
	}
	w, err := view(trained)
	if err != nil {
		return err
	}
	var classes []string
	if trained.About != nil {
		classes = trained.About.Classes
	}
	if *names != "" {
		if classes, err = readNames(*names); err != nil {
			return wrong(err)
		}
		n, err := trained.Classes()
		if err != nil {
			return wrong(err)
		}
		if len(classes) != n {
			return wrong(fmt.Errorf("%s has %d names, but %s %d classes", *names, len(classes), trained.Weights, n))
		}
	}
	guesses, err := trained.Predict(images, w, 5)
	for i, list := range guesses {
		fmt.Fprintln(c.out, images[i])
		for _, g := range list {
			name := fmt.Sprintf("class %d", g.Class)
			if g.Class < len(classes) {
				name = classes[g.Class]
			}
			fmt.Fprintf(c.out, "  %5.1f %%  %s\n", 100*g.P, name)
		}
	}
	return err
}

// forward runs a network on an array of images.
func forward(c *call) error {
	input := c.String("input", "", "`FILE` of images, .npy of shape (N, C, H, W)")
	output := c.String("output", "", "`FILE` for the outputs, .npy of shape (N, classes)")
	trained, _, err := networkFlags(c, false)()
	if err != nil {
		return err
	}
	if *input == "" || *output == "" {
		return wrong(errors.New("forward: --input and --output are wanted"))
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
	trained, _, err := networkFlags(c, false)()
	if err != nil {
		return err
	}
	if *input == "" || *labels == "" || *output == "" {
		return wrong(errors.New("gradients: --input, --labels and --output are wanted"))
	}
	loss, err := trained.Gradients(*input, *labels, *output)
	if err == nil {
		fmt.Fprintf(c.out, "loss %.6f, wrote %s\n", loss, *output)
	}
	return err
}

// stats tells how scales and shifts of a network are distributed.
func stats(c *call) error {
	dir := c.String("to", "stats", "`DIR` for the table and the plots, by default stats")
	trained, _, err := networkFlags(c, false)()
	if err != nil {
		return err
	}
	page, err := study.Stats(trained)
	if err != nil {
		return err
	}
	text, err := results.PageSummary(page, width(c.out))
	if err != nil {
		return err
	}
	fmt.Fprint(c.out, text)
	files, err := results.RenderPage(*dir, page)
	for _, f := range files {
		fmt.Fprintln(c.out, "wrote", f)
	}
	return err
}
