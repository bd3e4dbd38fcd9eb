package chart

import (
	"fmt"
	"hash/fnv"
	"image/color"
	"math"
)

// Look is how a line or a point is drawn. Markers and dashes differ too, so that a figure can be read without colours.
type Look struct {
	Color  color.RGBA
	Marker string    // disc, square, triangle, inverted triangle or diamond
	Dashes []float64 // lengths of dashes and gaps in points; nil: a solid line
}

// A BlockStyle is the look of a channel block in every figure of the project.
type BlockStyle struct {
	Rank   int    `json:"rank"`   // blocks are shown in ascending order, unless a plan gives another
	Colour string `json:"colour"` // orange, sky blue, green, blue, vermillion, purple or dark grey
	Marker string `json:"marker"` // disc, square, triangle, inverted triangle or diamond
	Dashes string `json:"dashes"` // solid, dashed, dotted, dash-dot or long dashes
}

// The names in a BlockStyle. The colours are those of Okabe and Ito, which people with any of the common colour-vision deficiencies tell
// apart; dark grey replaces their black, the colour of text and frames.
//
// References: M. Okabe and K. Ito, "Color Universal Design", 2008, https://jfly.uni-koeln.de/color/.
var (
	colours = map[string]color.RGBA{
		"orange": {0xE6, 0x9F, 0x00, 0xFF}, "sky blue": {0x56, 0xB4, 0xE9, 0xFF}, "green": {0x00, 0x9E, 0x73, 0xFF},
		"blue":       {0x00, 0x72, 0xB2, 0xFF},
		"vermillion": {0xD5, 0x5E, 0x00, 0xFF}, "purple": {0xCC, 0x79, 0xA7, 0xFF}, "dark grey": {0x40, 0x40, 0x40, 0xFF},
	}
	markers = []string{"disc", "square", "triangle", "diamond", "inverted triangle"}
	dashes  = map[string][]float64{"solid": nil, "dashed": {5, 2}, "dotted": {1.2, 1.8}, "dash-dot": {6, 2, 1.2, 2}, "long dashes": {9, 3}}
)

// Dashed is the pattern of a line that marks a place.
var Dashed = dashes["dashed"]

// Plain is the look of cases that share one look.
var Plain = Look{Color: colours["dark grey"], Marker: "disc"}

// Styles are those of channel blocks, by name.
type Styles map[string]BlockStyle

// Validate refuses a style with an unknown colour, marker or dash pattern.
func (s Styles) Validate() error {
	for block, l := range s {
		_, colour := colours[l.Colour]
		_, dash := dashes[l.Dashes]
		marker := false
		for _, m := range markers {
			marker = marker || m == l.Marker
		}
		if !colour || !marker || !dash {
			return fmt.Errorf("no style for block %q: %+v", block, l)
		}
	}
	return nil
}

// Rank orders blocks that no plan orders: those without a style come last.
func (s Styles) Rank(block string) int {
	if l, ok := s[block]; ok {
		return l.Rank
	}
	return math.MaxInt
}

// Look is the look of a block. A block without a style takes one by its name, so that it looks the
// same everywhere, from those that the paper's blocks leave.
func (s Styles) Look(block string) Look {
	if l, ok := s[block]; ok {
		return Look{colours[l.Colour], l.Marker, dashes[l.Dashes]}
	}
	h := fnv.New32a()
	h.Write([]byte(block))
	n := h.Sum32()
	return Look{
		Color:  colours[[]string{"purple", "sky blue"}[n%2]],
		Marker: []string{"square", "disc", "diamond"}[n/2%3],
		Dashes: dashes[[]string{"long dashes", "dashed", "dotted", "solid"}[n/6%4]],
	}
}

// Ramp is the look of the i-th of n cases that are not blocks: dark to light along viridis, which grows evenly in
// lightness, and stops before its yellow, too light for a line on white.
//
// References: S. van der Walt and N. Smith, "A Better Default Colormap for Matplotlib", SciPy 2015.
func Ramp(i, n int) Look {
	anchors := []color.RGBA{
		{0x44, 0x01, 0x54, 0xFF}, {0x46, 0x32, 0x7E, 0xFF}, {0x36, 0x5C, 0x8D, 0xFF}, {0x27, 0x7F, 0x8E, 0xFF},
		{0x1F, 0xA1, 0x87, 0xFF}, {0x4A, 0xC1, 0x6D, 0xFF}, {0x9F, 0xDA, 0x3A, 0xFF},
	}
	at := 0.0
	if n > 1 {
		at = float64(i) / float64(n-1) * float64(len(anchors)-1)
	}
	k := min(int(at), len(anchors)-2)
	mix := func(a, b uint8) uint8 {
		f := at - float64(k)
		return uint8(float64(a)*(1-f) + float64(b)*f + 0.5)
	}
	a, b := anchors[k], anchors[k+1]
	return Look{
		Color:  color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xFF},
		Marker: markers[i%len(markers)],
		Dashes: dashes[[]string{"solid", "dashed", "dash-dot"}[i%3]],
	}
}
