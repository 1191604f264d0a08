//! Whether a token supports a selection: proven, refuted, or undecided.

use mirrorhead_attention::{AttSvmOperator, Dataset, TokenSelection};
use mirrorhead_kernels::{LinearOperator, add_scaled, dot, max_abs};
use mirrorhead_svm::{MaxMargin, Outcome, SvmError, WatchedSettings};
use serde::{Deserialize, Serialize};

use crate::KeyQueryNorm;
use crate::max_margin::ACTIVE;
use crate::maximisers::{Maximisers, constraint};

/// What is known of a token's constraint `$(x_{i\alpha_i} - x_{it})^\top W z_i \ge 1$` at the solution of the AttSVM.
///
/// A certified interval fixes the solution only up to some distance, so a slack that is *computed* to be small, or
/// not to be, proves nothing by itself. At `$p = 1$` and `$p = \infty$`, where there may be several solutions, what is
/// proven holds at every one of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenSupport {
    /// Proven inactive: the constraint is met with room to spare.
    Inactive {
        /// A proven lower bound on the slack `$(x_{i\alpha_i} - x_{it})^\top W z_i - 1$`, which is positive.
        slack: f64,
    },
    /// Proven active: without the token, the largest margin is wider. Were its constraint
    /// inactive at a solution, that would be a local maximum without it, and hence the largest.
    Active {
        /// A proven lower bound on the part by which the margin is wider without the token; infinite
        /// (null in JSON) where nothing is left to be separated.
        #[serde(deserialize_with = "or_infinite")]
        widening: f64,
    },
    /// Neither is proven.
    Undecided {
        /// The slack at the solution found.
        computed: f64,
        /// A proven lower bound on the slack, not positive.
        at_least: f64,
    },
}

fn or_infinite<'de, D: serde::Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f64::INFINITY))
}

/// The solved AttSVM of a selection, whose tokens are to be told apart.
pub(crate) struct SolvedSelection<'a> {
    data: &'a Dataset,
    selection: &'a TokenSelection,
    norm: KeyQueryNorm,
    settings: WatchedSettings<'a>,
    rows: AttSvmOperator,
    /// The multiplier of each token, zero for selected ones.
    multipliers: Vec<Vec<f64>>,
    maximisers: Maximisers,
}

impl<'a> SolvedSelection<'a> {
    pub fn new(
        data: &'a Dataset,
        selection: &'a TokenSelection,
        norm: KeyQueryNorm,
        svm: &MaxMargin,
        settings: WatchedSettings<'a>,
    ) -> Self {
        let rows = AttSvmOperator::new(data.tokens(), data.queries(), selection.tokens());
        assert_eq!(svm.multipliers.len(), rows.nrows(), "the solution is of this selection");
        let zeros = |i| vec![0.0; data.tokens().sequence_len(i)];
        let mut multipliers: Vec<_> = (0..data.len()).map(zeros).collect();
        for (j, multiplier) in svm.multipliers.iter().enumerate() {
            let (i, t) = rows.row_token(j);
            multipliers[i][t] = *multiplier;
        }
        let maximisers = Maximisers::of(&rows, data.dim(), norm, svm);
        Self { data, selection, norm, settings, rows, multipliers, maximisers }
    }

    /// The multiplier of a token's constraint.
    pub fn multiplier(&self, (i, t): (usize, usize)) -> f64 {
        self.multipliers[i][t]
    }

    /// Proves a token inactive by the bounds of [`Maximisers`], or leaves it undecided.
    pub fn bounded(&self, (i, t): (usize, usize)) -> TokenSupport {
        let margin = self.maximisers.upper();
        let row = constraint(self.data, i, self.selection.tokens()[i], t);
        let at_least = self.maximisers.least(&row, margin) / margin - 1.0;
        if at_least > self.maximisers.rounding() {
            return TokenSupport::Inactive { slack: at_least };
        }
        TokenSupport::Undecided { computed: self.maximisers.value(&row) / margin - 1.0, at_least }
    }

    /// Proves a token inactive whose slack is `computed`, by a solve of its own; the slack that is proven.
    ///
    /// # Errors
    /// Misuse of the solver.
    pub fn proven_slack(
        &self,
        (i, t): (usize, usize),
        computed: f64,
    ) -> Result<Option<f64>, SvmError> {
        if computed <= ACTIVE {
            return Ok(None);
        }
        let row = constraint(self.data, i, self.selection.tokens()[i], t);
        for slack in [0.5 * computed, 0.0] {
            if self.is_narrower_within(&row, slack)? {
                return Ok(Some(slack));
            }
        }
        Ok(None)
    }

    /// Whether every `$W$` with a slack of at most `slack` in a row has a smaller margin than the solution,
    /// proven: then no maximiser has. A maximiser `$W^\star$` with such a slack would make `$W^\star/\ell$` satisfy all
    /// constraints and `$\langle a, W\rangle \le (1 + \text{slack})\,u/\ell$`, with the norm `$1/\ell$`.
    fn is_narrower_within(&self, row: &[f64], slack: f64) -> Result<bool, SvmError> {
        let (lower, upper) = (self.maximisers.lower(), self.maximisers.upper());
        let rows = Capped { rows: &self.rows, row };
        let mut bounds = vec![1.0; self.rows.nrows()];
        bounds.push(-(1.0 + slack) * upper / lower * (1.0 + self.maximisers.rounding()));
        let found = self.norm.margin_bound(self.data.dim(), &rows, bounds, &self.settings)?;
        Ok(found < lower * (1.0 - self.maximisers.rounding()))
    }

    /// By what part the margin is proven to be wider without `tokens`, if it is: then one of them is
    /// active.
    ///
    /// # Errors
    /// Misuse of the solver.
    pub fn widening(&self, tokens: &[(usize, usize)]) -> Result<Option<f64>, SvmError> {
        let keep = |i: usize, t: usize| !tokens.contains(&(i, t));
        let rest = self.data.thinned(keep).expect("selected tokens are kept");
        let selection = self.selection.thinned(keep);
        let outcome = match self.norm.max_margin(&rest, &selection, &self.settings) {
            Err(SvmError::Empty { .. }) => return Ok(Some(f64::INFINITY)),
            outcome => outcome?,
        };
        let wider = match outcome {
            Outcome::MaxMargin(svm) => svm.interval.lower,
            Outcome::Inconclusive(stalled) => stalled.interval.lower,
            Outcome::NotSeparable(_) => return Ok(None),
        };
        let widening = wider / self.maximisers.upper() - 1.0;
        Ok((widening > self.maximisers.rounding()).then_some(widening))
    }
}

/// The rows of an AttSVM, and minus one of them: a bound on it from above.
struct Capped<'a> {
    rows: &'a AttSvmOperator,
    row: &'a [f64],
}

impl LinearOperator for Capped<'_> {
    fn nrows(&self) -> usize {
        self.rows.nrows() + 1
    }

    fn ncols(&self) -> usize {
        self.rows.ncols()
    }

    fn apply(&self, w: &[f64], out: &mut [f64]) {
        let (last, out) = out.split_last_mut().expect("a row more");
        self.rows.apply(w, out);
        *last = -dot(self.row, w);
    }

    fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]) {
        let (last, multipliers) = multipliers.split_last().expect("a row more");
        self.rows.apply_adjoint(multipliers, out);
        add_scaled(out, -last, self.row);
    }

    fn row_max_abs(&self, out: &mut [f64]) {
        let (last, out) = out.split_last_mut().expect("a row more");
        self.rows.row_max_abs(out);
        *last = max_abs(self.row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mirrorhead_attention::{PlantedMargin, PlantedSolution, Seed, SphereTokens};
    use mirrorhead_mirror::LpNorm;
    use mirrorhead_svm::SvmSettings;

    /// A token, and the slack of its constraint.
    type Slack = ((usize, usize), f64);

    /// What is proven of a token, by bounds or by a solve of its own.
    fn support(solved: &SolvedSelection<'_>, token: (usize, usize)) -> TokenSupport {
        let bounded = solved.bounded(token);
        let TokenSupport::Undecided { computed, .. } = bounded else { return bounded };
        let slack = solved.proven_slack(token, computed).unwrap();
        slack.map_or(bounded, |slack| TokenSupport::Inactive { slack })
    }

    /// Data around a solution that no solver was asked for, and what its slacks are.
    fn planted(p: f64, seed: u64) -> (PlantedSolution, Vec<Slack>) {
        let sizes = SphereTokens { n_sequences: 4, n_tokens: 6, dim: 5 };
        let norm = LpNorm::new(p).unwrap();
        let known =
            PlantedMargin { sizes, norm, n_support: 2, signal: 0.5 }.sample(Seed(seed)).unwrap();
        let data = &known.planted.data;
        let tokens = known.selection.tokens();
        let rows = AttSvmOperator::new(data.tokens(), data.queries(), tokens);
        let mut margins = vec![0.0; rows.nrows()];
        rows.apply(known.key_query.as_slice(), &mut margins);
        let slacks = margins.iter().enumerate().map(|(j, m)| (rows.row_token(j), m - 1.0));
        let slacks = slacks.collect();
        (known, slacks)
    }

    /// The selection solved to a relative gap in the geometry of `p`.
    fn solve(known: &PlantedSolution, p: f64, gap: f64) -> MaxMargin {
        let settings = SvmSettings::default().with_relative_gap(gap);
        let norm = KeyQueryNorm::from(LpNorm::new(p).unwrap());
        let found = norm.max_margin(&known.planted.data, &known.selection, &settings).unwrap();
        let Outcome::MaxMargin(svm) = found else { panic!("p = {p}: {found:?}") };
        svm
    }

    #[test]
    fn bounds_hold_for_solutions_that_are_known_and_decide_at_a_small_gap() {
        for p in [1.05, 1.2, 1.5, 2.0, 2.5, 3.0, 5.0] {
            for (seed, gap) in [(1, 1e-2), (2, 1e-4), (3, 1e-7), (1, 1e-11), (2, 1e-11), (3, 1e-11)]
            {
                let (known, slacks) = planted(p, seed);
                let svm = solve(&known, p, gap);
                let (data, norm) = (&known.planted.data, LpNorm::new(p).unwrap());
                let settings = SvmSettings::default();
                let solved = SolvedSelection::new(
                    data,
                    &known.selection,
                    norm.into(),
                    &svm,
                    (&settings).into(),
                );

                let exact = known.key_query.as_slice();
                let size = norm.of(exact);
                let pairs = svm.direction().iter().zip(exact);
                let apart: Vec<f64> = pairs.map(|(w, e)| w / svm.norm() - e / size).collect();
                let (apart, bound) = (norm.of(&apart), solved.maximisers.distance());
                assert!(apart <= bound + 1e-12, "p = {p}, gap {gap}: {apart:e} apart, {bound:e}");

                let (mut proven, mut inactive) = (0, 0);
                for (token, slack) in slacks {
                    inactive += usize::from(slack > 0.05);
                    match support(&solved, token) {
                        TokenSupport::Inactive { slack: at_least } => {
                            assert!(slack > 0.05, "p = {p}, gap {gap}: a support token");
                            assert!(at_least <= slack * (1.0 + 1e-9), "{at_least} of {slack}");
                            proven += 1;
                        }
                        TokenSupport::Undecided { at_least, .. } => {
                            assert!(at_least <= slack + 1e-9);
                        }
                        TokenSupport::Active { .. } => panic!("no margin was compared"),
                    }
                }
                if gap <= 1e-7 {
                    assert_eq!(proven, inactive, "p = {p}, gap {gap}");
                }
            }
        }
    }

    #[test]
    fn a_token_with_a_multiplier_narrows_the_margin_and_one_without_does_not() {
        for p in [1.2, 2.0, 4.0] {
            let (known, slacks) = planted(p, 1);
            let svm = solve(&known, p, 1e-11);
            let (data, norm) = (&known.planted.data, LpNorm::new(p).unwrap());
            let settings = SvmSettings::default().with_relative_gap(1e-11);
            let solved =
                SolvedSelection::new(data, &known.selection, norm.into(), &svm, (&settings).into());
            for (token, slack) in slacks {
                let wider = solved.widening(&[token]).unwrap();
                assert_eq!(wider.is_some(), slack < 0.05, "p = {p}: {wider:?}, slack {slack}");
            }
        }
    }
}
