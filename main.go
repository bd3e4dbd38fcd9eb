// Command cenet runs the experiments of "Channel Equilibrium Networks for Learning Deep Representation".
package main

import (
	"os"

	"cenet/experiments/cli"
)

func main() { os.Exit(cli.Run(os.Args[1:], os.Stdout, os.Stderr)) }
