package run

import "testing"

// Workers are shared out evenly, none is idle while there are members, and those of one that leaves go to the others.
func TestCrew(t *testing.T) {
	c := &workerShares{workers: 5}
	a := c.join()
	if n := a.step(); n != 5 {
		t.Errorf("alone: %d", n)
	}
	b := c.join()
	if x, y := a.step(), b.step(); x != 3 || y != 2 {
		t.Errorf("of two: %d and %d", x, y)
	}
	a.leave()
	if n := b.step(); n != 5 {
		t.Errorf("after the other: %d", n)
	}
	if a.mean() != 4 || b.mean() != 4 { // (5+3)/2, (2+5)/2
		t.Errorf("means %d and %d", a.mean(), b.mean())
	}
	few := &workerShares{workers: 1}
	a, b = few.join(), few.join()
	if x, y := a.step(), b.step(); x != 1 || y != 1 {
		t.Errorf("of two on one: %d and %d", x, y)
	}
}
