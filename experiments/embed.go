// Package experiments holds the files of the experiments that come with the program, and the rooms in which such files are read, run
// and reported. From below to above: mistake says what a user got wrong; weights reads and writes networks under PyTorch's names; spec is
// the language of the files; source opens data sets; network builds what a file describes; state is the folder of records, checkpoints and
// locks; report renders tables from records; run trains trials; check says what a check is; study and theory have the checks of trained
// networks and of statements; suite knows all of them; cli is the command line.
package experiments

import "embed"

// Files are the experiments that come with the program, NAME.toml each.
//
//go:embed *.toml
var Files embed.FS
