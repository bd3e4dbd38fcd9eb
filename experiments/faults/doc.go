// Package faults has no code but a test: a campaign that runs small sweeps as processes and does to them what machines do. It kills them
// at random moments, makes their writing fail, spoils what they have written, fills the disk, and runs two of them on one folder. Whatever
// happens, a sweep that ends must have the results of one that was left alone, bit for bit, and damage must be told of where the campaign
// did some, and nowhere else.
//
//	./reproduce.sh test --faults 1000
//
// runs it until so many processes were killed, goes on where an earlier run was stopped, and writes results/faults.md.
package faults
