// Command channels generates the kernels that look at every element once or a few times: channels_amd64.s, its stubs, and the
// calls of them by name, and the same for arm64.
package main

import (
	"flag"
	"os"
	"path/filepath"

	"github.com/mmcloughlin/avo/build"

	"cenet/nn/kernel/gen/amd64"
	"cenet/nn/kernel/gen/source"
)

// generator is the file of assembly in the making.
type generator struct{ *amd64.File }

func main() {
	flags := flag.NewFlagSet("channels", flag.ExitOnError)
	config := build.NewFlags(flags)
	callsFile := flags.String("calls", "", "output of the calls")
	to := flags.String("arm64", "", "folder for the files for arm64")
	flags.Parse(os.Args[1:])

	neon().Write(filepath.Join(*to, "channels_arm64.s"), filepath.Join(*to, "stubs_channels_arm64.go"))
	source.Write(filepath.Join(*to, "calls_channels_arm64.go"), "channels", calls("128"))
	source.Write(*callsFile, "channels", calls(amd64.AVX512.Name, amd64.AVX2.Name))

	g := &generator{amd64.NewFile("../sweep.go", "../taps.go", "../pairs.go")}
	for _, s := range sweeps {
		for _, f := range amd64.Families {
			g.sweep(f, s)
		}
	}
	for _, t := range tapKernels {
		for _, f := range amd64.Families {
			for i := range maxTaps * maxTaps {
				g.taps(f, t, i/maxTaps+1, i%maxTaps+1)
			}
		}
	}
	for _, p := range pairKernels {
		for _, f := range amd64.Families {
			g.pairs(f, p)
		}
	}
	for _, r := range roundKernels {
		for _, f := range amd64.Families {
			g.round(f, r)
		}
	}
	for _, f := range amd64.Families {
		g.sigmoid(f)
	}
	os.Exit(build.Main(config.Config(), g.Context))
}
