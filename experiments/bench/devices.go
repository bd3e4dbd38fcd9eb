package bench

import (
	"slices"
	"strings"

	"cenet/nn"
	"cenet/nn/graph"
	"cenet/nn/optim"
	"cenet/nn/train"
)

// large marks a network for 224×224 images of 1000 classes in modes that otherwise use small ones.
const large = "@224"

// deviceJobs lists the measurements on a device: training as in the paper's tables, and inference.
func deviceJobs(mode string, batches []int) (jobs []job) {
	for _, c := range []struct {
		mode, base string
		batches    []int
	}{
		{"train", "resnet18-w1", []int{128}}, {"train", "resnet50" + large, []int{64, 256}},
		{"infer", "resnet18", []int{1, 64}}, {"infer", "resnet50", []int{1, 64}},
	} {
		if c.mode != mode {
			continue
		}
		if batches != nil {
			c.batches = batches
		}
		for _, batch := range c.batches {
			for _, kind := range []string{"none", "se", "ce"} {
				jobs = append(jobs, job{mode: mode, name: c.base + "/" + kind, workers: 1, batch: batch})
			}
		}
	}
	return jobs
}

// listDevice is list for a device: all processors are free for the images.
func (o *Options) listDevice() (jobs []job, err error) {
	var known []string
	if slices.Contains(o.Modes, "data") && len(o.Only) == 0 {
		for _, d := range feeds {
			jobs = append(jobs, job{mode: "data", name: d.name, workers: Processors(), batch: 64, feed: d})
		}
	}
	for _, mode := range []string{"train", "infer"} {
		if !slices.Contains(o.Modes, mode) {
			continue
		}
		for _, j := range deviceJobs(mode, o.Batches) {
			known = append(known, j.name)
			if len(o.Only) > 0 && !slices.Contains(o.Only, j.name) {
				continue
			}
			j.device = o.Device
			jobs = append(jobs, j)
		}
	}
	for _, name := range o.Only {
		if !slices.Contains(known, name) {
			return nil, &UnknownError{name, known}
		}
	}
	return jobs, nil
}

// onDevice returns a step on the job's device, with the transfer of images and results, and a function that returns the error of the
// steps.
func (j job) onDevice(net *nn.Network, x nn.Tensor, labels []int) (step func(), done func() error, err error) {
	var loss *nn.CrossEntropy
	var sgd *optim.SGD
	if j.mode == "train" {
		loss, sgd = nn.NewCrossEntropy(j.batch, net.Out.C, 0), optim.NewSGD(net, optim.SGDOptions{Momentum: 0.9, WeightDecay: 5e-4})
	}
	e, err := train.Open(j.device, net, loss, sgd)
	if err != nil {
		return nil, nil, err
	}
	var failed error
	keep := func(err error) {
		if failed == nil {
			failed = err
		}
	}
	out := nn.NewTensor(net.Out)
	step = func() { keep(e.Infer(out.Data, x.Data)) }
	if j.mode == "train" {
		step = func() {
			keep(e.Step(graph.Step{Images: x.Data, Labels: labels, LR: 0.01}, graph.Result{Losses: loss.Losses, Ranks: loss.Ranks}))
		}
	}
	return step, func() error {
		keep(e.Close())
		return failed
	}, nil
}

// peerName is the network's name for the peer.
func peerName(name string) string { return strings.Replace(name, large, "", 1) }
