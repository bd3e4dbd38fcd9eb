package experiments

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"cenet/nash"
	"cenet/results"
)

// topics are what the authors' slides say, in their order, with the experiments that look at it.
var topics = []struct{ head, name string }{
	{"Inhibited channels: Remark 1", nash.NameRemark1},
	{"Inhibited channels emerge behind norms and rectifiers", "inhibited"},
	{"Inhibited channels in trained networks", nameGamma},
	{"Batch decorrelation enlarges small channels: Proposition 1", nash.NameProposition1},
	{"Batch decorrelation in trained networks", "magnitude"},
	{"Channel Equilibrium and the Nash equilibrium", nash.NameGames},
	{"CE outperforms the baseline and SE: ResNets", "table1"},
	{"CE outperforms the baseline and SE: mobile backbones", "table2"},
	{"CE generalises better beside corrupted labels", "corrupt"},
	{"CE makes channels contribute more equally: cumulative ablation", "ablation"},
	{"What CE is made of", "decompose"},
	{"Where CE stands", "integration"},
	{"Newton's iteration, groups and λ", "newton"},
}

// sweepsAlone are experiments that compare settings of CE with each other: the authors claim nothing of a single one.
var sweepsAlone = []string{"integration", "newton"}

// theory says which statements of a check are the authors', and in which words, with those of ours that stand beside them. A statement is
// judged by the cases found against it, whatever was expected of it. The game is a reconstruction: the slides have its equilibrium alone.
var theory = map[string][]struct {
	id, text, plot string
	own            bool // the slides do not say it
}{
	nash.NameRemark1: {
		{"vanishes", "if β ≤ 0, E[y] and E[y²] vanish as γ → 0", "limit", false},
		{"only-if", "only then: no channel with another γ is inhibited", "plane", false},
	},
	nash.NameProposition1: {
		{"scale-1", "(1) |γ̂_c| ≥ |γ_c| after one step of Newton's iteration", "shares", false},
		{"scale-3", "(1) after three steps, as the network takes them", "shares", false},
		{"scale-exact", "(1) with the exact inverse square root", "shares", false},
		{"variance", "(1) as a statement on variances: no channel's falls", "", true},
		{"length", "(2) ‖Σ^(−1/2) x̃‖ > ‖x̃‖ where ρ has full rank", "", false},
	},
	nash.NameGames: {
		{"one-point", "the game has one Nash equilibrium, where channels interfere little enough (spectral radius below 1)", "convergence-rounds", false},
		{"beyond", "also where they interfere more", "convergence-rounds", true},
		{"plus", "the equilibrium is G⁻¹(Diag(σ)h + Diag(v)⁻¹diag(G) + (2+δ)σ), as printed", "forms-error", false},
		{"minus", "with − (2+δ)σ in place of it", "forms-error", true},
		{"identity", "CE has the form of the equilibrium, without δ", "identity", false},
		{"hypotheses", "CE's layers meet what the reconstructed game assumes: γ, 1/v, x̄ > 0 and G ≥ 0", "", true},
		{"convexity", "D_n^(−1/2) ⪯ λΣ^(−1/2) + (1−λ)Diag(v_n)^(−1/2)", "", false},
	},
}

// theoryClaims are the authors' statements among those that a check decided.
func theoryClaims(check string, findings []nash.Finding) []results.Claim {
	var list []results.Claim
	for _, t := range theory[check] {
		i := slices.IndexFunc(findings, func(f nash.Finding) bool { return f.ID == t.id })
		if i < 0 || findings[i].Cases == 0 {
			continue
		}
		f := &findings[i]
		c := results.Claim{Claim: t.text, Paper: "stated", Plot: t.plot, Own: t.own}
		if f.Failures == 0 {
			c.Verdict = results.Reproduced.String()
			c.Ours = fmt.Sprintf("holds in all of %d cases; worst %s: %s", f.Cases, f.Measure, figure(f.Worst))
		} else {
			c.Verdict = results.NotReproduced.String() + " (counterexamples)"
			c.Ours = fmt.Sprintf("fails in %d of %d cases; worst %s: %s", f.Failures, f.Cases, f.Measure, figure(f.Worst))
		}
		list = append(list, c)
	}
	return list
}

// overviewFile is the page of all claims, in the folder of the results.
const overviewFile = "README.md"

// overviewPath is where that page is.
func (o Options) overviewPath() string {
	if o.Quick {
		return filepath.Join(o.Out, "quick", overviewFile)
	}
	return filepath.Join(o.Out, overviewFile)
}

// Overview is the page of all claims, from what experiments have left in the folder of the results. What is not there, or was not
// made with the settings of now, it says.
func Overview(o Options) (results.Overview, error) {
	page := results.Overview{
		Title: "What reproduces, and what does not",
		About: []string{
			"Every claim of the authors' slides on “Channel Equilibrium Networks for Learning Deep Representation” (Shao et al., ICML 2020), the paper's figure, " +
				"ours, and what follows. The paper's figures are those of networks at full width on ImageNet, ours of small networks on Fashion-MNIST: what is not " +
				"reproduced here is not refuted there. `./reproduce.sh all` makes this page and everything that it is drawn from.",
			"Differences are of Top-1 in percentage points (pp), mean over seeds ± half the width of the paired 95 % confidence interval (Student's t). “CE > X” is reproduced " +
				"where the interval lies above 0; not reproduced where it lies below 0, or inside ±0.2 pp; else undecided. Areas under curves and Gini coefficients are in points of 100, and judged alike. That " +
				"some channels are inhibited, or have a small γ, is reproduced where the interval of their share lies above 0, and not where no network has one; a statement of theory, or of " +
				"every channel, where no case against it was found.",
		},
		Quick: o.Quick,
	}
	known := Embedded()
	before := map[string]bool{}
	for _, t := range topics {
		if !slices.Contains(known, t.name) {
			continue
		}
		s, err := embeddedSpec(t.name)
		if err != nil {
			return page, err
		}
		topic, err := s.topic(t.head, o)
		if err != nil {
			return page, err
		}
		topic.Claims = slices.DeleteFunc(topic.Claims, func(c results.Claim) bool { // of the same networks: they count once
			said := c.Claim + ": " + c.Ours
			defer func() { before[said] = true }()
			return before[said]
		})
		page.Topics = append(page.Topics, topic)
	}
	return page, nil
}

// embeddedSpec loads an experiment that comes with the program.
func embeddedSpec(name string) (*Spec, error) {
	file, src, err := Open(name)
	if err != nil {
		return nil, err
	}
	return Load(file, src, Registered())
}

// topic is what the experiment has left.
func (s *Spec) topic(head string, o Options) (results.Topic, error) {
	t := results.Topic{Head: head, Name: s.Name, Title: s.Heading()}
	absent := func(err error) (results.Topic, error) {
		if errors.Is(err, fs.ErrNotExist) {
			t.Absent = fmt.Sprintf("Not run: `./reproduce.sh %s`.", s.Name)
			return t, nil
		}
		return t, err
	}
	if s.Checks != "" {
		p, err := results.ReadPage(s.folder(o))
		if err != nil {
			return absent(err)
		}
		for _, section := range p.Sections {
			t.Claims = append(t.Claims, section.Claims...)
		}
		if len(t.Claims) == 0 {
			for _, section := range p.Sections {
				for _, c := range section.Charts {
					t.Figures = append(t.Figures, c.Name)
				}
			}
		}
		return t, nil
	}
	records, err := results.ReadRecords(filepath.Join(s.folder(o), recordsFile))
	if err != nil {
		return absent(err)
	}
	trials := s.Trials()
	if o.Quick {
		trials = quick(trials)
	}
	l := s.Layout(o.Quick, records)
	t.Title, t.Scale = l.Title, "Scaled down: "+scale(trials)
	claims, err := results.Claims(l, records)
	if err != nil {
		return t, fmt.Errorf("%s: %w", s.folder(o), err)
	}
	t.Claims = claims
	if slices.Contains(sweepsAlone, s.Name) {
		t.Claims = nil
		if len(claims) > 0 {
			t.Figures = []string{claims[0].Plot}
		}
	}
	return t, nil
}

// WriteOverview draws the page of all claims again, and returns its path.
func WriteOverview(o Options) (string, error) {
	page, err := Overview(o)
	if err != nil {
		return "", err
	}
	path := o.overviewPath()
	return path, page.Write(path)
}
