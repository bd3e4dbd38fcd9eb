package nash

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"cenet/nn/stream"
)

// play is one game and where it comes from.
type play struct {
	Game
	seed   int
	origin string
}

func (g *play) example() *Case {
	return &Case{Check: NameGames, Seed: g.seed, Origin: g.origin, Arrays: map[string][][]float64{
		"gains": rows(g.Gains), "noise": {g.Noise}, "response": rows(g.Response), "budget": {g.Budget}}}
}

// draw makes game n: a radius below 1, and power for every position unless short.
func (s Games) draw(seed, n int, short bool) *play {
	r := stream.New(uint64(seed), "game", uint64(n))
	channels, positions := s.Sizes[r.IntN(len(s.Sizes))], s.Positions[r.IntN(len(s.Positions))]
	g := &play{randomGame(&r, channels, positions, s.Radii[r.IntN(len(s.Radii))], s.Spreads[r.IntN(len(s.Spreads))]), seed, ""}
	g.origin = fmt.Sprintf("seed %d, game %d", seed, n)
	if short {
		for c := range g.Budget {
			g.Budget[c] *= 0.3 * r.Float64()
		}
		g.origin += ", short of power"
	}
	return g
}

// randomGame draws gains of a given radius, noise, responses about 1, and budgets that are enough for every position: at the
// equilibrium the powers of a channel differ by what G⁻¹ makes of the noise, and the mean, P/K, is above all of it.
func randomGame(r *stream.Stream, channels, positions int, radius, spread float64) Game {
	g := Game{mat.NewDense(channels, channels, nil), make([]float64, channels), mat.NewDense(channels, positions, nil),
		make([]float64, channels)}
	for c := range channels {
		for d := range channels {
			if c != d {
				g.Gains.Set(c, d, r.Float64())
			}
		}
		g.Gains.Set(c, c, 0.5+r.Float64())
		g.Noise[c] = 0.1 + float64(0.9*r.Float64())
		for k := range positions {
			g.Response.Set(c, k, math.Exp(spread*r.Normal()))
		}
	}
	if now := g.Radius(); now > 0 {
		for c := range channels {
			for d := range channels {
				if c != d {
					g.Gains.Set(c, d, g.Gains.At(c, d)*radius/now)
				}
			}
		}
	}
	noise := mat.NewDense(channels, positions, nil)
	for c := range channels {
		var mean float64
		for k := range positions {
			noise.Set(c, k, g.Noise[c]/g.Response.At(c, k))
			mean += noise.At(c, k) / float64(positions)
		}
		for k := range positions {
			noise.Set(c, k, noise.At(c, k)-mean)
		}
	}
	var differences mat.Dense
	if err := differences.Solve(g.Gains, noise); err != nil {
		panic("nash: random gains without an inverse")
	}
	for c := range channels {
		most := max(0, slices.Max(differences.RawRowView(c)))
		g.Budget[c] = float64(positions) * (float64(most*(1.05+r.Float64())) + 0.1)
	}
	return g
}

// randomPowers draws powers that spend the budgets, each position of a channel as likely to have much as any other.
func (g *Game) randomPowers(r *stream.Stream) *mat.Dense {
	channels, positions := g.Size()
	p := mat.NewDense(channels, positions, nil)
	for c := range channels {
		g.randomShare(r, p.RawRowView(c), c)
	}
	return p
}

func (g *Game) randomShare(r *stream.Stream, p []float64, c int) {
	var sum float64
	for k := range p {
		p[k] = -math.Log(1 - r.Float64())
		sum += p[k]
	}
	for k := range p {
		p[k] *= g.Budget[c] / sum
	}
}

// twoRooms is a game of radius 2 to follow by hand: two channels that disturb each other more than they gain, and two
// positions. At equilibrium each has a position for itself; responding at once to what the other did last, both run from
// one to the other for ever.
func twoRooms() *play {
	return &play{Game{
		Gains: mat.NewDense(2, 2, []float64{1, 2, 2, 1}), Noise: []float64{1, 1},
		Response: mat.NewDense(2, 2, []float64{1, 1, 1, 1}), Budget: []float64{1, 1},
	}, 0, "two channels, two positions"}
}
