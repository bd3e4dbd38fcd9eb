package train_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"slices"

	"cenet/nn"
	"cenet/nn/dataset"
	"cenet/nn/model"
	"cenet/nn/optim"
	"cenet/nn/safetensors"
	"cenet/nn/statedict"
	"cenet/nn/train"
)

// A narrow ResNet-20 is trained on some images of Fashion-MNIST, written under the names that PyTorch has for it, and read again into
// another network, which gives the same outputs.
func Example() {
	data, err := dataset.Sources["fashion-mnist"].Open("", dataset.Options{Train: 640, Test: 200})
	if err != nil {
		log.Fatal(err)
	}
	build := func(o nn.Options) *nn.Network {
		b := nn.NewBuilder()
		root, err := model.Backbones["resnet20"].New(b, model.Spec{Classes: 10, Inputs: 1, Width: 0.25})
		if err != nil {
			log.Fatal(err)
		}
		net, err := b.Build(root, train.Input(data.Train, 32, 0), o) // batches of 32 images
		if err != nil {
			log.Fatal(err)
		}
		return net
	}
	c := nn.NewContext(1)
	defer c.Close()
	net := build(nn.Options{Seed: 1})
	sgd := optim.NewSGD(net, optim.SGDOptions{Momentum: 0.9, WeightDecay: 1e-4})
	trainer := train.New(net, nn.NewCrossEntropy(32, 10, 0), sgd, data, 0, train.Config{
		Epochs: 2, Seed: 1, Schedule: optim.Schedule{Kind: "cosine", LR: 0.1, Epochs: 2},
	})
	defer trainer.Close()
	end, err := trainer.Fit(context.Background(), c, train.Position{}, train.Hooks{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the loss falls:", end.Epochs[1].TrainLoss < end.Epochs[0].TrainLoss)
	fmt.Println("better than chance:", end.Epochs[1].TestTop1 > 0.2)

	names := statedict.Names{Backbone: "resnet20"}
	var file bytes.Buffer // or an *os.File
	if err := statedict.Write(&file, names.Tensors(net), map[string]string{"format": "pt"}); err != nil {
		log.Fatal(err)
	}
	f, err := safetensors.Open(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		log.Fatal(err)
	}
	again := build(nn.Options{})
	if err := statedict.Read(f, names.Tensors(again)); err != nil {
		log.Fatal(err)
	}
	for _, t := range f.Tensors[:3] {
		fmt.Println(t.Name, t.Shape)
	}
	x := nn.NewTensor(net.In)
	order := make([]int, 32)
	dataset.Order(order, 1, 0)
	dataset.NewBatcher(data.Test, data.Normalisation(), 0).Fill(x.Data, make([]int, 32), order, nil, 0, 0)
	c.Train = false
	want := slices.Clone(net.Forward(c, x).Data)
	fmt.Println("the same outputs:", slices.Equal(again.Forward(c, x).Data, want))
	// Output:
	// the loss falls: true
	// better than chance: true
	// conv1.weight [4 1 3 3]
	// layer1.0.conv1.weight [4 4 3 3]
	// layer1.0.conv2.weight [4 4 3 3]
	// the same outputs: true
}
