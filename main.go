// Command cenet runs the experiments of "Channel Equilibrium Networks for Learning Deep Representation".
package main

import (
	"embed"
	"os"

	"cenet/experiments/cli"
)

// sources compute trials and the measurements of studies. A record has their fingerprint, so that results of other code are noticed.
//
//go:embed nn/*.go nn/block/*.go nn/dataset/*.go nn/graph/*.go nn/kernel/*.go nn/kernel/*.s nn/kernel/elementary/*.go nn/model/*.go
//go:embed nn/opencl/*.go nn/opencl/kernels/*.cl nn/optim/*.go nn/stream/*.go nn/train/*.go ce/*.go corrupt/*.go
//go:embed experiments/network/*.go experiments/run/task.go experiments/study/*.go experiments/trained/*.go ablation/*.go
var sources embed.FS

func main() { os.Exit(cli.Main(sources, os.Args[1:], os.Stdout, os.Stderr)) }
