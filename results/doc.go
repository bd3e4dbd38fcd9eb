// Package results keeps what trials measured: records, one JSON object a line. The packages below its folder show them. They know
// nothing of networks or training; a table or a chart is a function of the records and of the layout handed in, so
// that it can be drawn again without training again. Each package imports only packages above it in this list:
//
//	results   what one trial determines (Result), apart from how it was run (Provenance)
//	stats     means and intervals over seeds, paired tests, power, verdicts, claims as data
//	words     figures and claims as text
//	chart     charts as data: lines, fields and rows on axes, and their looks
//	page      pages of sections, tables and charts as data; the overview of all claims
//	layout    from records to a page, to claims, and to a plan of seeds
//	plot      charts as PNG and SVG
//	markdown  pages as Markdown
//	terminal  summaries of pages for a terminal
//	folder    the folder of an experiment: reading it, drawing it
//	web       all folders as one page of HTML
//
// The other folders are what experiments have left.
//
// Units: accuracies and losses of records are as measured, accuracies in [0, 1]; tables and charts show accuracies in
// percent and differences of accuracies in percentage points (pp). Times are seconds. GFLOPs are 10⁹
// multiply-accumulates, as the paper counts.
//
// What a user can cause (a damaged file, records that do not fit the layout) is an error; a programmer's mistake panics
// with a constant "package: text".
package results
