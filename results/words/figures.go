package words

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"cenet/results/stats"
)

// Absent is shown for a setting that a trial does not have, and for every figure that is not known.
const Absent = "–"

// Mean writes the mean of values with its interval, "86.41 ± 0.52"; "86.41 (85.90 to 86.92)" for two values, "86.41 ± –" for one, "–" for
// none.
func Mean(values []float64, decimals int) string {
	i, err := stats.Mean(values)
	if err != nil {
		return Absent
	}
	return Interval(i, decimals, "")
}

// Interval writes an interval, and both ends of the range of two values; sign is "+" to show the sign of the mean always.
func Interval(i stats.Interval, decimals int, sign string) string {
	figure := func(x float64) string { return fmt.Sprintf("%"+sign+".*f", decimals, x) }
	text := figure(i.Mean)
	switch {
	case i.Bounded():
		text += " ± " + strconv.FormatFloat(i.Half, 'f', decimals, 64)
	case i.N == 2 && i.Min == i.Max:
		text += " (both)"
	case i.N == 2:
		text += fmt.Sprintf(" (%s to %s)", figure(i.Min), figure(i.Max))
	default:
		text += " ± " + Absent
	}
	return strings.ReplaceAll(text, "-", "−")
}

// Optional writes one figure, "–" where it is nil.
func Optional(x *float64, decimals int) string {
	if x == nil {
		return Absent
	}
	return strconv.FormatFloat(*x, 'f', decimals, 64)
}

// Seconds writes a short time with three digits that count, a long one in hours, minutes and seconds.
func Seconds(s float64) string {
	switch {
	case !stats.Finite(s) || s < 0:
		return Absent
	case s < 100:
		return strconv.FormatFloat(s, 'f', min(6, max(0, 2-exponent(s))), 64) + " s"
	}
	t := int64(math.Round(s))
	switch {
	case t < 3600:
		return fmt.Sprintf("%d min %d s", t/60, t%60)
	case t < 48*3600:
		return fmt.Sprintf("%d h %d min", t/3600, t%3600/60)
	}
	return fmt.Sprintf("%d d %d h", t/86400, t%86400/3600)
}

// exponent is the decimal exponent of a figure, 0 for 0.
func exponent(x float64) int {
	if x == 0 {
		return 0
	}
	return int(math.Floor(math.Log10(math.Abs(x))))
}

// Digits writes 11689512 as 11,689,512.
func Digits(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Count writes a number of things, "1 core", "2 cores".
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return Digits(n) + " " + noun
}

// Raw writes a figure for the CSV so that it reads back bit for bit, and nothing for one that is not known.
func Raw(x float64) string {
	if !stats.Finite(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// RawOptional is Raw, and nothing for nil.
func RawOptional(x *float64) string {
	if x == nil {
		return ""
	}
	return Raw(*x)
}

// RawMean is mean, standard deviation and half-width of the interval for the CSV.
func RawMean(values []float64) []string {
	i, err := stats.Mean(values)
	if err != nil {
		return []string{"", "", ""}
	}
	return []string{Raw(i.Mean), Raw(i.SD), Raw(i.Half)}
}

// Signed writes a figure with its sign, and 0 without one.
func Signed(x float64, decimals int) string {
	s := strconv.FormatFloat(math.Abs(x), 'f', decimals, 64)
	switch {
	case s == strconv.FormatFloat(0, 'f', decimals, 64):
		return s
	case x < 0:
		return "−" + s
	}
	return "+" + s
}

// Inference writes what an inference takes, to three digits.
func Inference(x float64) string {
	if x == 0 {
		return Absent
	}
	return strconv.FormatFloat(x, 'f', min(6, max(0, 2-exponent(x))), 64)
}

// Figure writes a figure of a case.
func Figure(v float64) string {
	switch {
	case math.Abs(v) == math.MaxFloat64:
		return "not finite"
	case v != 1 && math.Abs(v-1) < 1e-3:
		if v < 1 {
			return "1 − " + strconv.FormatFloat(1-v, 'g', 2, 64)
		}
		return "1 + " + strconv.FormatFloat(v-1, 'g', 2, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// Percent writes a share in percent, with two decimals.
func Percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 2, 64) }

// MeanPercent writes the mean of shares in percent with its interval, "–" for none; NaN are left out.
func MeanPercent(values []float64) string {
	scaled := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) {
			scaled = append(scaled, 100*v)
		}
	}
	return Mean(scaled, 1)
}
