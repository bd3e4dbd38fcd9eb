package theory

import (
	"strings"
	"testing"

	"cenet/nash"
	"cenet/results/stats"
)

// Statements of theory are judged by their counterexamples, whatever was expected.
func TestTheoryClaims(t *testing.T) {
	findings := []nash.Finding{
		{Statement: nash.Statement{ID: "vanishes", Holds: true, Measure: "worst ratio"}, Cases: 7, Failures: 2, Worst: 3},
		{Statement: nash.Statement{ID: "only-if", Measure: "size"}, Cases: 5, Worst: 0.5},
	}
	claims := Claims(nash.NameRemark1, findings)
	if len(claims) != 2 || claims[0].Decision != stats.Contradicted || !strings.Contains(claims[0].Found, "fails in 2 of 7 cases; worst "+
		"worst ratio: 3") ||
		claims[1].Decision != stats.Reproduced || !strings.Contains(claims[1].Found, "holds in all of 5 cases") {
		t.Errorf("%+v", claims)
	}
	if claims = Claims(nash.NameGames, []nash.Finding{{Statement: nash.Statement{ID: "plus"}, Cases: 1},
		{Statement: nash.Statement{ID: "minus"}, Cases: 1}}); len(claims) != 2 ||
		claims[0].Role != stats.FromTheory || claims[1].Role != stats.NotInPaper {
		t.Errorf("the sign that the slides print, and the one that they do not: %+v", claims)
	}
	findings[1].Cases = 0
	if claims = Claims(nash.NameRemark1, findings); len(claims) != 1 {
		t.Errorf("a statement without a case makes a claim: %+v", claims)
	}
	if claims = Claims("gamma", findings); claims != nil {
		t.Errorf("%+v", claims)
	}
}
