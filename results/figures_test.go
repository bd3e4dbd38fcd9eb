package results

import "testing"

func TestFigures(t *testing.T) {
	for v, want := range map[float64]string{1: "1", 1 - 1e-10: "1 − 1e-10", 1 + 2.5e-7: "1 + 2.5e-07", 0.98521: "0.9852", 0: "0"} {
		if got := FigureText(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
}
