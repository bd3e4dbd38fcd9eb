// Package experiments holds the files of the experiments that come with the program, and the rooms in which such files are read, run
// and reported. From below to above: spec is the language of the files; source opens data sets; network builds what a file describes;
// state is the folder of records, checkpoints and locks; weights reads and writes networks under PyTorch's names; report renders tables
// from records; run trains trials; study and theory look at trained networks and at statements; suite knows all of them; cli is the command
// line.
package experiments

import "embed"

// Files are the experiments that come with the program, NAME.toml each.
//
//go:embed *.toml
var Files embed.FS
