package suite

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"cenet/results"
)

// A group is some topics that a sentence of the summary is on.
type group struct {
	names []string // of experiments, without their scales
	what  string
}

// groups are those of the summary, by weight.
var groups = []group{
	{[]string{"table1"}, "Accuracy of ResNets (table 1): Channel Equilibrium against no block and against SE"},
	{[]string{"table2"}, "Accuracy of mobile networks (table 2)"},
	{[]string{"corrupt"}, "Accuracy beside wrong labels"},
	{[]string{"ablation", "magnitude"}, "Equal contributions of channels (cumulative ablation, magnitudes)"},
	{[]string{"gamma", "inhibited"}, "Inhibited channels in trained networks (γ, β, mean activations)"},
	{[]string{"remark1", "prop1", "nash"}, "Theory (remark 1, proposition 1, the Nash equilibrium), numerically"},
}

// summary is what a reader should believe, a sentence a group: how many of its claims have which verdict, and between what the differences lie.
func summary(topics []results.Topic) []string {
	var sentences []string
	for _, g := range groups {
		var of []results.Topic
		for _, t := range topics {
			if slices.Contains(g.names, plainName(t.Name)) {
				of = append(of, t)
			}
		}
		if text := sentence(of); text != "" {
			sentences = append(sentences, g.what+": "+text)
		}
	}
	return sentences
}

// sentence is on the claims of topics that count; "" where none does.
func sentence(topics []results.Topic) string {
	var parts, stands []string
	all := 0
	for _, v := range (results.Overview{Topics: topics}).Tally() {
		all += v.Claims
		parts = append(parts, fmt.Sprintf("%d %s", v.Claims, v.Verdict))
	}
	if all == 0 {
		return ""
	}
	text := fmt.Sprintf("of %d claims %s", all, strings.Join(parts, ", "))
	if all == 1 {
		text = "the one claim is " + strings.TrimPrefix(parts[0], "1 ")
	}
	ours, paper := span{}, span{}
	for _, t := range topics {
		for _, c := range t.Claims {
			if c.Counts() && c.Difference != nil {
				ours.add(*c.Difference)
				if c.PaperDifference != nil {
					paper.add(*c.PaperDifference)
				}
			}
		}
	}
	if ours.some {
		stands = append(stands, "mean differences here "+ours.String())
	}
	if paper.some {
		stands = append(stands, "in the paper "+paper.String())
	}
	if n := (results.Overview{Topics: topics}).BelowPaper(); n > 0 {
		stands = append(stands, fmt.Sprintf("the interval of %d of the undecided lies below the paper's difference", n))
	}
	if len(stands) > 0 {
		text += "; " + strings.Join(stands, ", ")
	}
	return text + "."
}

// span is from the least to the largest of some differences.
type span struct {
	least, most float64
	some        bool
}

func (s *span) add(x float64) {
	if !s.some {
		*s = span{x, x, true}
	}
	s.least, s.most = math.Min(s.least, x), math.Max(s.most, x)
}

func (s span) String() string {
	text := fmt.Sprintf("%+.1f to %+.1f pp", s.least, s.most)
	if s.least == s.most {
		text = fmt.Sprintf("%+.1f pp", s.least)
	}
	return strings.ReplaceAll(text, "-", "−")
}
