package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"cenet/experiments/network"
	"cenet/experiments/spec"
	"cenet/nn"
	"cenet/nn/kernel"
	"cenet/nn/median"
	"cenet/nn/model"
	"cenet/nn/optim"
)

// networks lists the networks of a mode as backbone/block. ce-fused is our ce, next to a PyTorch version written for speed.
func networks(mode string, peer bool) (names []string) {
	bases := []string{"resnet20", "resnet18-w0.25", "resnet50-w0.25", "mobilenetv2", "shufflenetv2-0.5", "resnet18-w1", "vgg11-w0.25"}
	if mode == "infer" {
		bases = []string{"resnet20", "resnet50-w0.25", "resnet18", "resnet50", "resnet101", "mobilenetv2", "shufflenetv2-0.5",
			"shufflenetv2-1.0", "vgg11-w0.25"}
	}
	kinds := []string{"none", "se", "ce"}
	if peer {
		kinds = append(kinds, "ce-fused")
	}
	for _, base := range bases {
		kinds := kinds
		if base == "resnet20" && mode != "infer" {
			kinds = slices.Concat(kinds, neighbours)
		}
		for _, kind := range kinds {
			if kind != "none" && base == "vgg11-w0.25" || kind != "none" && kind != "ce" && base == "resnet18-w1" {
				continue
			}
			if _, err := setup(base+"/"+kind, mode); err == nil {
				names = append(names, base+"/"+kind)
				if (kind == "none" || kind == "ce" || kind == "ce-fused") && slices.Contains(inBFloat16, base) {
					names = append(names, base+"/"+kind+bfloat16)
				}
			}
		}
	}
	return names
}

// neighbours are blocks that are measured in ResNet-20 alone. See peer/blocks.py.
var neighbours = []string{"eca", "cbam", "srm", "gc", "ge", "gct", "iternorm"}

// bfloat16 ends the name of a network that multiplies in bfloat16, in PyTorch by autocast. inBFloat16 lists the networks that are also
// measured in it.
const bfloat16 = "-bf16"

var inBFloat16 = []string{"resnet20", "resnet18-w1", "resnet50-w0.25", "resnet18", "resnet50"}

// small says whether a network is for 32×32 images of 10 classes, as in training, and not the full one for 224×224 of 1000:
// one that torchvision does not have is never full.
func small(name, mode string) bool {
	return !strings.Contains(name, large) && (mode != "infer" || strings.Contains(name, "-w") || strings.HasPrefix(name, "resnet20/"))
}

// setup returns the network of a name.
func setup(name, mode string) (spec.Setup, error) {
	name, bfloat := strings.CutSuffix(name, bfloat16)
	base, kind, _ := strings.Cut(peerName(name), "/")
	backbone, width := base, 1.0
	if before, after, ok := strings.Cut(base, "-w"); ok {
		w, err := strconv.ParseFloat(after, 64)
		if err != nil {
			return spec.Setup{}, err
		}
		backbone, width = before, w
	}
	if _, ok := model.Backbones[backbone]; !ok {
		return spec.Setup{}, fmt.Errorf("no backbone %q", backbone)
	}
	s, err := network.Paper(backbone, strings.TrimSuffix(kind, "-fused"))
	if err != nil {
		return s, err
	}
	if bfloat {
		s.Train.Precision = nn.BFloat16.String()
	}
	s.Model.Width = width
	s.Model.Stem = "imagenet"
	if small(name, mode) {
		s.Model.Stem = "small"
	}
	return s, nil
}

// network measures a network, in turn with the peer's.
func (j job) network(o Options, p peers) (_ Figure, err error) {
	step, macs, done, err := j.prepare()
	if err != nil {
		return Figure{}, err
	}
	defer func() { err = errors.Join(err, done()) }()
	step()
	step()
	f := Figure{Mode: j.mode, Net: j.name, Workers: j.workers, Batch: j.batch}
	var ours, theirs, noAMX, ratios []float64
	ask := func(p *peer, q question) (answer, error) {
		q.Net, q.Mode, q.Small, q.Workers, q.Batch, q.Seconds = peerName(j.name), j.mode, small(j.name, j.mode), j.workers, j.batch,
			o.Time.Seconds()
		q.Net, q.BFloat16 = strings.CutSuffix(q.Net, bfloat16)
		if j.device != nil {
			q.Device = "cuda"
		}
		return p.time(q)
	}
	for range o.Rounds {
		ours = append(ours, timed(o.Time, step))
		if p.usual == nil {
			continue
		}
		a, err := ask(p.usual, question{})
		if err != nil {
			return Figure{}, err
		}
		theirs, f.PeerWay, f.PeerThreads = append(theirs, a.Seconds), a.Way, a.Threads
		ratios = append(ratios, a.Seconds/ours[len(ours)-1])
		if p.noAMX == nil || !strings.HasSuffix(j.name, bfloat16) {
			continue
		}
		if a, err = ask(p.noAMX, question{}); err != nil {
			return Figure{}, err
		}
		noAMX = append(noAMX, a.Seconds)
	}
	f.Seconds, f.Least, f.Most = median.Of(ours), slices.Min(ours), slices.Max(ours)
	f.ImagesPerS = float64(j.batch) / f.Seconds
	f.GFLOPS = 2 * float64(macs) * f.ImagesPerS / 1e9
	if p.usual != nil && j.device != nil { // last, because the peer prepares again
		a, err := ask(p.usual, question{TF32: true})
		if err != nil {
			return Figure{}, err
		}
		f.TF32Seconds, f.PeerThreads = a.Seconds, 0
	}
	if noAMX != nil {
		f.NoAMX = median.Of(noAMX)
	}
	if theirs != nil {
		f.PeerSeconds = median.Of(theirs)
		f.Ratio, f.RatioLeast, f.RatioMost = median.Of(ratios), slices.Min(ratios), slices.Max(ratios)
	}
	return f, nil
}

// prepare builds a network and returns one of its steps: of training, or an inference. macs are the multiply-accumulates of
// convolutions and linear layers for an image, in all passes.
func (j job) prepare() (step func(), macs int, done func() error, err error) {
	s, err := setup(j.name, j.mode)
	if err != nil {
		return nil, 0, nil, err
	}
	in, classes := nn.Shape{N: j.batch, H: 224, W: 224, C: 3}, 1000
	training := j.mode != "infer"
	if small(j.name, j.mode) {
		in, classes = nn.Shape{N: j.batch, H: 32, W: 32, C: 3}, 10
	}
	net, err := network.New(&s, in, classes, nn.Options{Seed: 1, Workers: j.workers, Inference: !training, Lazy: j.device != nil})
	if err != nil {
		return nil, 0, nil, err
	}
	for _, l := range net.Layers {
		if strings.HasSuffix(l.Kind, "conv") || l.Kind == "linear" {
			macs += l.MACs / j.batch
		}
	}
	x := nn.NewTensor(in)
	for i := range x.Data {
		x.Data[i] = float32(i*7919%1024)/512 - 1
	}
	labels := make([]int, j.batch)
	for i := range labels {
		labels[i] = i % classes
	}
	if !training {
		for _, b := range net.Buffers {
			if strings.HasSuffix(b.Path, "/running_scale") {
				kernel.Fill(b.Data, 1)
			}
		}
	}
	if j.device != nil {
		step, done, err := j.onDevice(net, x, labels)
		if training {
			macs *= 3
		}
		return step, macs, done, err
	}
	c := nn.NewContext(j.workers)
	done = func() error {
		c.Close()
		return nil
	}
	if !training {
		return func() { net.Forward(c, x) }, macs, done, nil
	}
	c.Train = true
	loss, sgd := nn.NewCrossEntropy(j.batch, classes, 0), optim.NewSGD(net, optim.SGDOptions{Momentum: 0.9, WeightDecay: 5e-4})
	return func() {
		net.ZeroGrad()
		_, grad := loss.Loss(c, net.Forward(c, x), labels)
		net.Backward(c, grad)
		sgd.Step(c, 0.01)
	}, 3 * macs, done, nil
}

// memory measures in separate processes how much resident memory some training steps add.
func (j job) memory(ctx context.Context, o Options) (Figure, error) {
	f := Figure{Mode: "memory", Net: j.name, Workers: j.workers, Batch: j.batch}
	program, err := os.Executable()
	if err != nil {
		return f, err
	}
	q := question{Net: j.name, Mode: "train", Workers: j.workers, Batch: j.batch}
	text, err := exec.CommandContext(ctx, program, "bench", "--memory-of", q.String()).Output()
	if err != nil {
		return f, err
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return f, err
	}
	f.Bytes = a.Bytes
	if o.Python == "" {
		return f, nil
	}
	for _, q.Way = range []string{"nchw", "nhwc"} {
		a, err := peerMemory(ctx, o.Python, q)
		if err != nil {
			return f, err
		}
		if f.PeerWay == "" || a.Bytes < f.PeerBytes {
			f.PeerBytes, f.PeerWay = a.Bytes, q.Way
		}
	}
	f.Ratio = float64(f.PeerBytes) / float64(f.Bytes)
	return f, nil
}

// MemoryOf does a few training steps of the network in a question and returns the answer. It runs in a separate process.
func MemoryOf(text string) (string, error) {
	var q question
	if err := json.Unmarshal([]byte(text), &q); err != nil {
		return "", err
	}
	runtime.GOMAXPROCS(max(1, q.Workers))
	before, err := resident()
	if err != nil {
		return "", err
	}
	step, _, done, err := job{mode: "train", name: q.Net, workers: q.Workers, batch: q.Batch}.prepare()
	if err != nil {
		return "", err
	}
	defer done()
	for range 3 {
		step()
	}
	after, err := resident()
	if err != nil {
		return "", err
	}
	return answer{Bytes: after - before}.String(), nil
}

// resident is the largest resident memory of the process so far, in bytes, from /proc. The value from getrusage would include the
// parent process.
func resident() (int, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		var kilobytes int
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kilobytes); n == 1 {
			return kilobytes << 10, nil
		}
	}
	return 0, errors.New("/proc/self/status does not have the largest resident memory")
}
