// Package faults has only a test: a campaign that runs small sweeps as processes and injects faults. It kills them at random moments,
// makes writes fail, damages their files, fills the disk, and runs two of them on one folder. Every sweep that ends must have the
// results of an undisturbed one, bit for bit. Every damaged file must be reported, and no other.
//
//	./reproduce.sh test --faults 1000
//
// runs it until the given number of processes were killed, resumes an earlier run that was stopped, and writes results/faults.md.
package faults
