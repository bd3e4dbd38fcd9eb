// Package results keeps what an experiment measured and shows it: records, statistics, tables and plots. It knows
// nothing of networks or training; a table or a plot is a pure function of the records and of the layout handed in, so
// that it can be drawn again without training again.
//
//	record.go    what one trial determines (Result), apart from how it was run (Provenance)
//	jsonl.go     records.jsonl: read, append, replace
//	layout.go    what the caller says about an experiment: title, axes, the paper's figures, thresholds
//	cases.go     records grouped into cases, one per combination of settings; failed and missing trials
//	plan.go      from a pilot, how many seeds decide which difference, and how long they take
//	stats/ words/ statistics over seeds and claims as data; figures and claims as text
//	comparison.go paired tests of a setting and two of its values, their controls, means over an axis
//	claimed.go   the claims that the records decide
//	layoutfile.go the layout, kept beside the records
//	document.go  what an experiment shows, in its order: table.md and the page are drawn from it
//	drawing.go   a plot as data
//	render.go    Render and Summary
//	blocks.go    the layout of the paper's Tables 1 and 2: models × channel blocks
//	sweep.go     the layout of any other sweep: one row per case
//	remarks.go   what is beneath both: the table of tests, failed trials, date and machine
//	table.go     Markdown, CSV and terminal tables
//	palette.go   one colour, marker and dash per channel block, everywhere
//	plot.go      panels, axes, legends, PNG and SVG
//	curves.go    training curves with bands over seeds
//	overview.go  final accuracies with their intervals
//	page.go      what a check shows: text, tables and charts, kept as data
//	chart.go     lines and fields of a page
//	fit.go       tables and texts as wide as a terminal
//	forest.go    intervals in rows, with the paper's figures
//	topics.go    claims as rows, how many came out how, Holm's correction over a table of the paper
//	claims.go    the page of all claims
//
// Units: accuracies and losses of records are as measured, accuracies in [0, 1]; tables and plots show accuracies in
// percent and differences of accuracies in percentage points (pp). Times are seconds. GFLOPs are 10⁹
// multiply-accumulates, as the paper counts.
//
// What a user can cause (a damaged file, records that do not fit the layout) is an error; a programmer's mistake panics
// with a constant "results: text".
package results
