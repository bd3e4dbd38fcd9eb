package results

import (
	"fmt"
	"hash/fnv"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// style is how a line looks. Marker and dashes differ too, so that a figure reads without colours.
type style struct {
	color  color.RGBA
	marker draw.GlyphDrawer
	dashes []vg.Length
}

// The colours of Okabe and Ito, which people with any of the common colour-vision deficiencies tell apart.
//
// References: M. Okabe and K. Ito, "Color Universal Design", 2008, https://jfly.uni-koeln.de/color/.
var (
	orange     = color.RGBA{0xE6, 0x9F, 0x00, 0xFF}
	skyBlue    = color.RGBA{0x56, 0xB4, 0xE9, 0xFF}
	green      = color.RGBA{0x00, 0x9E, 0x73, 0xFF}
	blue       = color.RGBA{0x00, 0x72, 0xB2, 0xFF}
	vermillion = color.RGBA{0xD5, 0x5E, 0x00, 0xFF}
	purple     = color.RGBA{0xCC, 0x79, 0xA7, 0xFF}
	// darkGrey stands for their black, which lines of the frame and text have already.
	darkGrey = color.RGBA{0x40, 0x40, 0x40, 0xFF}
)

var (
	solid    []vg.Length
	dashed   = []vg.Length{5, 2}
	dotted   = []vg.Length{1.2, 1.8}
	dashDot  = []vg.Length{6, 2, 1.2, 2}
	longDash = []vg.Length{9, 3}
)

// A BlockStyle is how lines of a channel block look, in every figure of the project.
type BlockStyle struct {
	Rank   int    `json:"rank"`   // blocks are shown in ascending order where no plan gives one
	Colour string `json:"colour"` // orange, sky blue, green, blue, vermillion, purple or dark grey
	Marker string `json:"marker"` // disc, square, triangle, inverted triangle or diamond
	Dashes string `json:"dashes"` // solid, dashed, dotted, dash-dot or long dashes
}

// What a BlockStyle can name.
var (
	lookColours = map[string]color.RGBA{"orange": orange, "sky blue": skyBlue, "green": green, "blue": blue, "vermillion": vermillion, "purple": purple, "dark grey": darkGrey}
	lookMarkers = map[string]draw.GlyphDrawer{"disc": disc{}, "square": square{}, "triangle": triangle{}, "inverted triangle": invertedTriangle{}, "diamond": diamond{}}
	lookDashes  = map[string][]vg.Length{"solid": solid, "dashed": dashed, "dotted": dotted, "dash-dot": dashDot, "long dashes": longDash}
)

// Styles are those of channel blocks, by their names.
type Styles map[string]BlockStyle

// validate reports a style that names what there is not.
func (s Styles) validate() error {
	for block, l := range s {
		_, known := lookColours[l.Colour]
		_, marker := lookMarkers[l.Marker]
		if _, dashes := lookDashes[l.Dashes]; !known || !marker || !dashes {
			return fmt.Errorf("no style for block %q: %+v", block, l)
		}
	}
	return nil
}

// rank is the place of a block among others where no plan gives one: those without a style of their own come last.
func (s Styles) rank(block string) int {
	if l, ok := s[block]; ok {
		return l.Rank
	}
	return math.MaxInt
}

// of is the style of a block. One that has none of its own takes a colour by its name, so that it too looks the
// same everywhere, from those that the paper's blocks leave.
func (s Styles) of(block string) style {
	if l, ok := s[block]; ok {
		return style{lookColours[l.Colour], lookMarkers[l.Marker], lookDashes[l.Dashes]}
	}
	h := fnv.New32a()
	h.Write([]byte(block))
	colors := []color.RGBA{purple, skyBlue}
	markers := []draw.GlyphDrawer{square{}, disc{}, diamond{}}
	dashes := [][]vg.Length{longDash, dashed, dotted, solid}
	n := h.Sum32()
	return style{colors[n%2], markers[n/2%3], dashes[n/6%4]}
}

// ramp is the style of the i-th of n cases that are no blocks: dark to light along viridis, which grows evenly in
// lightness, and stops before its yellow, too light for a line on white.
//
// References: S. van der Walt and N. Smith, "A Better Default Colormap for Matplotlib", SciPy 2015.
func ramp(i, n int) style {
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
	markers := []draw.GlyphDrawer{disc{}, square{}, triangle{}, diamond{}, invertedTriangle{}}
	dashes := [][]vg.Length{solid, dashed, dashDot}
	return style{
		color:  color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xFF},
		marker: markers[i%len(markers)],
		dashes: dashes[i%len(dashes)],
	}
}

// pale is a colour for bands, transparent so that bands that overlap show each other.
func pale(c color.RGBA) color.NRGBA { return color.NRGBA{c.R, c.G, c.B, 0x30} }
