package web

import (
	"fmt"
	"image/color"
	"math"
	"strings"
)

// palette gives each colour of the figures a class of its own. The classes are in the style of the page, which its policy knows.
type palette struct {
	at   map[color.RGBA]int
	list []color.RGBA
}

// class is the name of the class of a colour.
func (p *palette) class(c color.RGBA) string {
	i, ok := p.at[c]
	if !ok {
		if p.at == nil {
			p.at = map[color.RGBA]int{}
		}
		i = len(p.list)
		p.at[c], p.list = i, append(p.list, c)
	}
	return fmt.Sprintf("k%d", i)
}

// css are the classes, each with the colour as it is on light and one that is seen as well on dark.
func (p *palette) css() string {
	var b strings.Builder
	for i, c := range p.list {
		fmt.Fprintf(&b, ".k%d{--k:light-dark(%s,%s)}\n", i, hex(c), hex(onDark(c)))
	}
	return b.String()
}

func hex(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// minOnDark is the relative luminance that a colour has at least on dark: a contrast of 5 to 1 with the page.
const minOnDark = 0.23

// onDark mixes a colour with white as far as it takes to stand out from a dark page.
func onDark(c color.RGBA) color.RGBA {
	for mix := 0.0; ; mix += 0.02 {
		blend := func(v uint8) uint8 { return uint8(math.Round(float64(v) + mix*(255-float64(v)))) }
		d := color.RGBA{blend(c.R), blend(c.G), blend(c.B), 0xFF}
		if luminance(d) >= minOnDark || mix >= 1 {
			return d
		}
	}
}

// luminance is the relative luminance of a colour, 0 for black and 1 for white.
//
// References: Web Content Accessibility Guidelines 2.2, "relative luminance".
func luminance(c color.RGBA) float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}
