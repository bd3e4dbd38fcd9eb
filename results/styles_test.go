package results

// The styles of the paper's blocks, which the registry of blocks gives in the program.
func init() {
	SetBlockStyle("none", BlockStyle{1, "dark grey", "disc", "dashed"})
	SetBlockStyle("se", BlockStyle{2, "orange", "square", "dash-dot"})
	SetBlockStyle("ce", BlockStyle{3, "blue", "triangle", "solid"})
	SetBlockStyle("bd", BlockStyle{4, "green", "diamond", "long dashes"})
	SetBlockStyle("ir", BlockStyle{5, "vermillion", "inverted triangle", "dotted"})
}
