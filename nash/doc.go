// Package nash verifies the theory of Shao et al., "Channel Equilibrium Networks for Learning Deep Representation" (ICML
// 2020), in float64: Remark 1, Proposition 1, and the Nash equilibrium that gives Channel Equilibrium (CE) its name. It
// says what holds, where it stops to hold, and shows a counterexample wherever something does not. The authors'
// presentation states these results without proofs: the derivations below are this package's own, and the game is
// reconstructed from the closed form of its equilibrium.
//
// Each check (Remark1, Proposition1, Games) decides a list of Statements over many cases. Some must hold in every case,
// others must be found to fail somewhere: a check that could not fail would show nothing.
//
// # Remark 1: a channel is inhibited as γ goes to 0
//
// A channel after BatchNorm and ReLU is y = max(0, γz+β). With z ~ N(0,1), φ and Φ the normal density and distribution
// function and γ ≠ 0,
//
//	E[y]  = βΦ(β/|γ|) + |γ|φ(β/|γ|)
//	E[y²] = (β²+γ²)Φ(β/|γ|) + β|γ|φ(β/|γ|)
//
// Both grow with β, and at β = 0 they are |γ|/√(2π) and γ²/2: for every β ≤ 0 they go to 0 with γ. For β > 0 they do not,
// they go to β and β². Nor is a γ near 0 the only way: γ = 1, β = −6 has E[y²] ≈ 5e-11. What inhibits is β/|γ| → −∞, or
// γ → 0 with β ≤ 0.
//
// # Proposition 1: batch decorrelation and small channels
//
// Let ρ be the correlation of the normalised channels, so that Σ = γγᵀ ⊙ ρ; Σ_N = Σ/tr Σ with tr Σ = ‖γ‖²; p_0 = 1,
// p_k(λ) = ½(3p_{k−1} − p_{k−1}³λ), and P_T = p_T(Σ_N), Newton's iteration for Σ_N^{-1/2}. γ̂ = P_T γ.
//
// (1) reads "|γ̂_c| ≥ |γ_c| for all c". Its argument assumes Σ_k = Σ^{-1/2} for every k, which no Σ_N of two channels or more
// satisfies: p_1(λ) = λ^{-1/2} asks for λ = 1 for every eigenvalue, but they are positive and have the sum 1. What the
// argument does prove is one step:
//
//	T = 1:  γ̂_c = ½(3 − Σ_d γ_d²ρ_cd/‖γ‖²)·γ_c
//
// and the bracket is at least 2 as |ρ_cd| ≤ 1. From two steps on, (1) is false. By hand, at convergence, for
// γ = (0.5, 1), ρ_12 = 0.5: Σ = [[0.25, 0.25], [0.25, 1]], and γ̂_2/γ_2 = 0.9905. The more correlated the channels, the more
// often it fails. Without trace normalisation it fails for uncorrelated channels, too, as soon as some |γ_c| > 1.
//
// What is true, and says what was meant: BD lowers the variance of no channel. In [0, 1] p_T is at least 1: with q = p√λ a
// step is q' = ½q(3−q²), which leads q from [0, 1] into [0, 1] and is not below q; so p is never lowered. (T steps from
// p_0 = 1, hence q_0 = √λ.) So P_T − I is positive semi-definite, and P_T, a polynomial in Σ, commutes with it:
//
//	P_T Σ P_T − Σ = Σ^½(P_T² − I)Σ^½ ⪰ 0,  so  (P_T Σ P_T)_cc ≥ Σ_cc = γ_c²  for every c, T and ρ.
//
// At convergence P Σ P = ‖γ‖²·I: all variances are equal, the equilibrium that the block is named after.
//
// (2) reads "‖Σ_N^{-1/2}x‖ > ‖x‖". It holds for every x ≠ 0 if ρ has full rank and two γ_c or more are not 0 (for the
// inverse square root: none is 0), since then all eigenvalues of Σ_N are below 1, where p_T(λ) > 1 for T ≥ 1: indeed
// p_T(λ) − 1 ≥ p_1(λ) − 1 = ½(1−λ). It is an equality for γ = (1, 0), the inhibited channel itself, and for channels that are
// copies of each other. Trace normalisation is what makes it true: without it an eigenvalue above 1 shrinks x.
//
// # The game and its equilibrium
//
// Players are channels c. At position k channel c spends power p_ck ≥ 0, Σ_k p_ck = P_c. Gains G (g_cc > 0, g_cd ≥ 0), noise
// σ_c > 0, response h_ck > 0; its utility is
//
//	u_c = Σ_k log(1 + g_cc p_ck/(Σ_{d≠c} g_cd p_dk + σ_c/h_ck))
//
// a Gaussian interference game. The best response is water-filling, p_ck = [1/v_c − (Σ_{d≠c} g_cd p_dk + σ_c/h_ck)/g_cc]⁺ with
// the water level 1/v_c that spends the budget. Where all powers are positive the brackets are linear, so that at an
// equilibrium G p_k = Diag(v)⁻¹diag(G) − Diag(h_k)⁻¹σ, and summed over the K positions
//
//	p*_k  = G⁻¹(Diag(v)⁻¹diag(G) − Diag(h_k)⁻¹σ)
//	1/v_c = ((GP)_c + σ_c Σ_k 1/h_ck)/(K g_cc)
//
// Since −1/h = h − (2+δ) exactly, with δ = (h−1)²/h, this is
//
//	p*_k = G⁻¹(Diag(σ)h_k + Diag(v)⁻¹diag(G) − (2+δ_k) ⊙ σ)
//
// The presentation prints + (2+δ)σ and defines neither δ nor a point of expansion. Under this reconstruction the solved game
// decides: minus agrees to rounding, plus is off by the order of σ. Dropping δ, the first order about h = 1, is off by exactly
// G⁻¹(δ_k ⊙ σ). Where power is short, some p_ck = 0, the closed form is no equilibrium and neither is its positive part.
//
// Iterated best response, all at once (Jacobi) or in turn (Gauss–Seidel), converges to the one equilibrium if the spectral
// radius of Diag(g_cc)⁻¹offdiag(G) is below 1. Beyond that it may oscillate or end at different equilibria.
//
// # CE in the form of the equilibrium
//
// Put G = M⁻¹, σ = γ, h_k = x̄_k and the water levels 1/v_c = (β_c + 2γ_c)/g_cc into the form without δ:
//
//	G⁻¹(Diag(σ)h + Diag(v)⁻¹diag(G) − 2σ) = M(γ ⊙ x̄ + β + 2γ − 2γ) = M(γ ⊙ x̄ + β)
//
// the output of CE for M = M_n = λP_T + (1−λ)Diag(a_n/s). That is an identity: it holds for any M, γ, β and x̄, tests the block
// and the bookkeeping, and is no evidence that CE plays a game. Evidence is how far the hypotheses are met: σ > 0,
// 1/v > 0, G ≥ 0, h > 0. The last never is, everywhere: a normalised channel has mean 0. LayerGame counts.
//
// The decomposition of CE into its two branches rests on (λΣ + (1−λ)Diag(v))^{-1/2} ⪯ λΣ^{-1/2} + (1−λ)Diag(v)^{-1/2}, which
// holds because t^{-1/2} is operator convex. Convexity on numbers would not do: with the power −2 it fails.
//
// # Symbols
//
//	γ, β, ρ, Σ     gamma, beta, rho, Covariance     p_T        ce.NewtonScalar; Iterate on matrices
//	Σ_N            Spectrum                          γ̂          Spectrum.Scale
//	(PΣP)_cc       Spectrum.Variances                1−λ_max    Spectrum.Gap
//	G, σ, h, P     Game.Gains, Noise, Response, Budget
//	p, 1/v, δ      powers, Game.Levels, Remainder    M_n        Layer.Matrix
//
// # Files
//
//	statement.go case.go simplify.go      statements, what was found, cases to examine again, and their smallest forms
//	formulas.go                           what a test may replace, to see a check fail
//	remark1.go remark1check.go            Remark 1
//	covariance.go prop1check.go search.go Proposition 1, on random, extreme and searched cases and on layers
//	game.go equilibrium.go gamescheck.go  the game, best responses, closed forms
//	layer.go layergame.go convexity.go    CE in the form of the equilibrium; the matrix inequality
//
// References:
//
//	Higham: Functions of Matrices (2008), section 6.7: Newton's iteration.
//	Scutari, Palomar, Barbarossa: Asynchronous iterative water-filling for Gaussian frequency-selective interference
//	channels. IEEE Transactions on Information Theory 54 (2008): the game, convergence and uniqueness.
//	Bhatia: Matrix Analysis (1997), section V.2: operator convexity.
package nash
