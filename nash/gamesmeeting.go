package nash

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"cenet/nn/stream"
)

// settled is the change of a round, relative to the largest power, at which iterated best response has converged.
const settled = 1e-14

// converge lets the channels respond from p and reports whether they settled, and the changes of the rounds relative to the
// largest power.
func (s Games) converge(g *Game, p *mat.Dense, order Order) (changes []float64, ok bool) {
	size := largest(p)
	changes = g.Iterate(p, order, s.Rounds, settled*size)
	for i := range changes {
		changes[i] /= size
	}
	return changes, changes[len(changes)-1] <= settled*100 // rounding may keep it above the bound
}

// A run is one way of a game under iterated best response.
type run struct {
	changes []float64 // of the rounds, relative to the largest power
	settled bool
}

// meet lets the channels respond from several starts, the first with all power at one position, and returns the first end,
// the largest relative distance of another from it, infinite where a start does not settle, and the runs.
func (s Games) meet(l *Ledger, g *play, orders ...Order) (end *mat.Dense, far float64, runs []run) {
	r := stream.New(uint64(g.seed), "starts "+g.origin)
	for start := range s.Starts {
		for _, order := range orders {
			p := g.randomPowers(&r)
			if start == 0 {
				p.Zero()
				for c, b := range g.Budget {
					p.Set(c, 0, b)
				}
			}
			changes, settled := s.converge(&g.Game, p, order)
			runs = append(runs, run{changes, settled})
			switch {
			case !settled:
				far = math.Inf(1)
			case end != nil:
				far = max(far, distance(p, end)/largest(end))
			}
			if end == nil {
				end = p
			}
		}
	}
	id := "one-point"
	if g.Radius() >= 1 {
		id = "beyond"
	}
	l.note(id, far, far <= s.Tolerance, g.example)
	return end, far, runs
}

// meetings measures convergence by radius.
func (s Games) meetings(ctx context.Context, l *Ledger, r *GamesResult) error {
	orders := []Order{Jacobi, GaussSeidel}
	type outcome struct {
		ledger *Ledger
		far    float64
		runs   []run
	}
	outcomes := make([]outcome, len(s.Beyond)*s.Meetings*len(orders))
	err := inParallel(ctx, "iterated best response", len(outcomes), func(i int) {
		radius, order, n := s.Beyond[i/len(orders)/s.Meetings], orders[i%len(orders)], i/len(orders)%s.Meetings
		draw := stream.New(uint64(s.Seeds[0]), "meeting", math.Float64bits(radius), uint64(n))
		game := randomGame(&draw, 2+draw.IntN(7), 2+draw.IntN(7), radius, 0.5)
		g := &play{game, s.Seeds[0], fmt.Sprintf("radius %v, game %d, %v", radius, n, order)}
		o := &outcomes[i]
		o.ledger = newLedger(gameStatements)
		_, o.far, o.runs = s.meet(o.ledger, g, order)
	})
	if err != nil {
		return err
	}
	for _, order := range orders {
		s.meet(l, twoRooms(), order)
	}
	for b, radius := range s.Beyond {
		for k, order := range orders {
			m := Meeting{Radius: radius, Order: order}
			var rounds, count int
			for n := range s.Meetings {
				o := outcomes[(b*s.Meetings+n)*len(orders)+k]
				l.join(o.ledger)
				all := true
				for _, run := range o.runs {
					all = all && run.settled
					if run.settled {
						rounds += len(run.changes)
						count++
					}
				}
				if all {
					m.Converged++
				}
				if o.far <= s.Tolerance {
					m.OnePoint++
				}
				if n == 0 {
					m.Changes = o.runs[len(o.runs)-1].changes // from random powers
				}
			}
			m.Converged /= float64(s.Meetings)
			m.OnePoint /= float64(s.Meetings)
			if count > 0 {
				m.Rounds = float64(rounds) / float64(count)
			}
			r.Meetings = append(r.Meetings, m)
		}
	}
	return nil
}
