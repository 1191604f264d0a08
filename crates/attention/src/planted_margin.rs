//! Seeded synthetic data whose AttSVM solution is known before any solver has run.

use mirrorhead_kernels::{InvalidSetting, Matrix, TokenBatch, add_scaled, dot, elementary};
use mirrorhead_mirror::{LpNorm, Potential, PowerPotential};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::gaussian::standard_normal;
use crate::synthetic::unit_vector;
use crate::{AttentionError, Dataset, Planted, Seed, SphereTokens, TokenSelection};

/// The stream that everything but decoder and selected tokens is drawn from.
const PLANT_STREAM: u64 = 19;
/// How often a solution is drawn at most.
const ATTEMPTS: usize = 1_000;
/// The least share of the multipliers of a sequence, relative to an even one.
const LEAST_SHARE: f64 = 0.2;
/// The least slack of a token that is no support token, as a part of the margin.
const LEAST_SLACK: f64 = 0.1;

/// Data built around a solution `$W$` of the ℓp-AttSVM, for `$n \le d$` sequences.
///
/// The first `$n$` columns of `$W$` are Gaussian, the others zero, and the queries `$z_i$` are an orthonormal
/// basis of the first `$n$` coordinates, so that `$\nabla\psi(W) = \sum_i g_i z_i^\top$` with
/// `$g_i = \nabla\psi(W) z_i$`. With `$h_i = W z_i$` and `$b_i = g_i / g_i^\top h_i$`, the support tokens of
/// sequence `$i$` differ from the selected one by
///
/// `$$ x_{i\alpha_i} - x_{it} = m\, b_i + r_{it}, \qquad r_{it} \perp h_i, \quad \textstyle\sum_t r_{it} = 0. $$`
///
/// Their margins are all the same, and multipliers that are equal within a sequence make
/// `$\nabla\psi(W) = A^\top\lambda$`: the optimality conditions. All other tokens have a slack of 0.1 to 1.1
/// margins. The scatter `$r_{it}$` has the size of a projected unit vector; `$m$` is chosen so
/// that the sizes of `$m\, b_i$` are `signal` on average, and is the margin of `$W / \lVert W\rVert_p$`.
///
/// Labels are such that the selected tokens have the highest scores under the decoder: the selection
/// is globally optimal.
///
/// ```
/// use mirrorhead_attention::{AttSvmOperator, PlantedMargin, Seed, SphereTokens};
/// use mirrorhead_kernels::{LinearOperator, max_abs};
/// use mirrorhead_mirror::{LpNorm, Potential, PowerPotential};
/// let sizes = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };
/// let norm = LpNorm::new(3.0)?;
/// let solved = PlantedMargin { sizes, norm, n_support: 4, signal: 0.5 }.sample(Seed(1))?;
/// let data = &solved.planted.data;
/// let rows = AttSvmOperator::new(data.tokens(), data.queries(), solved.selection.tokens());
/// let (mut margins, mut adjoint, mut u) = ([0.0; 42], [0.0; 100], [0.0; 100]);
/// rows.apply(solved.key_query.as_slice(), &mut margins);
/// assert!(margins.iter().all(|m| *m > 1.0 - 1e-12)); // feasible, and with these multipliers optimal:
/// rows.apply_adjoint(&solved.multipliers, &mut adjoint);
/// PowerPotential::new(norm).mirror_map(solved.key_query.as_slice(), &mut u);
/// assert!(adjoint.iter().zip(u).all(|(a, b)| (a - b).abs() <= 1e-12 * max_abs(&u)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PlantedMargin {
    /// The size of the data.
    pub sizes: SphereTokens,
    /// The norm in which the margin is the largest.
    pub norm: LpNorm,
    /// Support tokens of each sequence, fewer than it has tokens.
    pub n_support: usize,
    /// The mean size of `$m\, b_i$`, where scatter has that of a unit vector: the smaller, the harder.
    pub signal: f64,
}

/// Data with the solution that they were built around.
#[derive(Debug, Clone, PartialEq)]
pub struct PlantedSolution {
    /// The data and their decoder.
    pub planted: Planted,
    /// The selection `$\alpha$`.
    pub selection: TokenSelection,
    /// The solution `$W$` of its AttSVM, with margins of at least one.
    pub key_query: Matrix,
    /// The multipliers of its constraints, in the order of
    /// [`AttSvmOperator`](crate::AttSvmOperator).
    pub multipliers: Vec<f64>,
    /// The largest margin `$m = 1 / \lVert W\rVert_p$`.
    pub margin: f64,
}

impl PlantedMargin {
    /// The data set of `seed`.
    ///
    /// # Errors
    /// As [`SphereTokens::sample`]; [`AttentionError::InvalidSetting`] for more sequences than dimensions,
    /// support tokens that are not among the others, or a signal that is not positive and finite;
    /// [`AttentionError::NoSuchDraw`] where multipliers would have to be negative, as with large `$p$` and
    /// many sequences.
    pub fn sample(&self, seed: Seed) -> Result<PlantedSolution, AttentionError> {
        let Self { sizes, norm, n_support, signal } = *self;
        self.require_ranges()?;
        let Planted { data, decoder } = sizes.sample(seed)?;
        let mut rng = seed.rng(PLANT_STREAM);
        let plant = Plant::draw(&mut rng, sizes, norm)?;
        let size: f64 = plant.means.iter().map(|b| dot(b, b).sqrt()).sum();
        let margin = signal * sizes.n_sequences as f64 / size;

        let n_others = sizes.n_tokens - 1;
        let (mut values, mut tokens) = (Vec::new(), Vec::new());
        let (mut labels, mut multipliers) = (Vec::new(), Vec::new());
        for (i, mean) in plant.means.iter().enumerate() {
            let label = if dot(mean, decoder.as_slice()) < 0.0 { -1.0 } else { 1.0 };
            let scored: Vec<_> = decoder.as_slice().iter().map(|v| label * v).collect();
            let scatter = Scatter::new(&plant.logit_gradients[i], &scored);
            let mut differences = scatter.centred(&mut rng, n_support);
            differences.extend((n_support..n_others).map(|_| scatter.favourable(&mut rng)));
            for (t, difference) in differences.iter_mut().enumerate() {
                let slack = if t < n_support { 0.0 } else { LEAST_SLACK + rng.random::<f64>() };
                add_scaled(difference, margin * (1.0 + slack), mean);
            }
            let share = plant.shares[i] / (n_support as f64 * elementary::powf(margin, norm.p()));
            let selected = data.tokens().token(i, 0);
            // The support tokens come before the others, but for the place of the selected token.
            let place = rng.random_range(0..=n_others);
            for t in 0..=n_others {
                if t == place {
                    values.extend_from_slice(selected);
                }
                if let Some(difference) = differences.get(t) {
                    values.extend(selected.iter().zip(difference).map(|(x, d)| x - d));
                    multipliers.push(if t < n_support { share } else { 0.0 });
                }
            }
            tokens.push(place);
            labels.push(label);
        }
        let mut key_query = plant.key_query;
        key_query.as_mut_slice().iter_mut().for_each(|w| *w /= margin);
        let lengths = vec![sizes.n_tokens; sizes.n_sequences];
        let batch = TokenBatch::new(sizes.dim, &lengths, values)?;
        let data = Dataset::new(batch, &plant.queries, labels)?;
        let selection = TokenSelection::new(tokens, &data)?;
        let planted = Planted { data, decoder };
        Ok(PlantedSolution { planted, selection, key_query, multipliers, margin })
    }

    fn require_ranges(&self) -> Result<(), InvalidSetting> {
        let Self { sizes, n_support, signal, .. } = *self;
        let few = sizes.n_sequences <= sizes.dim;
        let number = sizes.n_sequences as f64;
        InvalidSetting::unless(few, "n_sequences", number, "at most the dimension")?;
        let between = n_support >= 1 && n_support < sizes.n_tokens;
        let expected = "at least 1 and less than n_tokens";
        InvalidSetting::unless(between, "n_support", n_support as f64, expected)?;
        let positive = signal > 0.0 && signal.is_finite();
        InvalidSetting::unless(positive, "signal", signal, "positive and finite")
    }
}

/// A solution of norm one, and what it prescribes.
struct Plant {
    key_query: Matrix,
    /// `$n \times d$`: row `$i$` is `$z_i$`.
    queries: Matrix,
    /// `$h_i = W z_i$`.
    logit_gradients: Vec<Vec<f64>>,
    /// `$b_i$`, with `$b_i^\top h_i = 1$`.
    means: Vec<Vec<f64>>,
    /// `$g_i^\top h_i$`, which sum to one.
    shares: Vec<f64>,
}

impl Plant {
    /// Draws until every sequence has a multiplier of its own.
    fn draw(
        rng: &mut ChaCha8Rng,
        sizes: SphereTokens,
        norm: LpNorm,
    ) -> Result<Self, AttentionError> {
        let SphereTokens { n_sequences, dim, .. } = sizes;
        for _ in 0..ATTEMPTS {
            let mut w = vec![0.0; dim * dim];
            w[..dim * n_sequences].fill_with(|| standard_normal(rng));
            let size = norm.of(&w);
            for w in &mut w {
                *w /= size;
            }
            let mut u = vec![0.0; dim * dim];
            PowerPotential::new(norm).mirror_map(&w, &mut u);

            let basis = orthonormal_basis(rng, n_sequences);
            let times = |m: &[f64], z: &[f64]| {
                let mut product = vec![0.0; dim];
                for (z, column) in z.iter().zip(m.chunks_exact(dim)) {
                    add_scaled(&mut product, *z, column);
                }
                product
            };
            let logit_gradients: Vec<_> = basis.iter().map(|z| times(&w, z)).collect();
            let mut means: Vec<_> = basis.iter().map(|z| times(&u, z)).collect();
            let shares: Vec<_> =
                logit_gradients.iter().zip(&means).map(|(h, g)| dot(g, h)).collect();
            if shares.iter().all(|share| share * n_sequences as f64 >= LEAST_SHARE) {
                for (mean, share) in means.iter_mut().zip(&shares) {
                    for g in mean {
                        *g /= share;
                    }
                }
                let key_query = Matrix::from_columns(dim, dim, w)?;
                let queries = Matrix::from_fn(n_sequences, dim, |i, k| {
                    basis[i].get(k).copied().unwrap_or(0.0)
                });
                return Ok(Self { key_query, queries, logit_gradients, means, shares });
            }
        }
        Err(AttentionError::NoSuchDraw {
            attempts: ATTEMPTS,
            property: "has a positive multiplier for every sequence",
            instead: "fewer sequences, or p nearer to 2",
        })
    }
}

/// The scatter of the tokens of a sequence, orthogonal to its `$h_i$`.
struct Scatter {
    /// `$h_i$`, of length one.
    logit_gradient: Vec<f64>,
    /// The decoder times the label, of which `logit_gradient` is taken out.
    scored: Vec<f64>,
}

impl Scatter {
    fn new(logit_gradient: &[f64], scored: &[f64]) -> Self {
        let length = dot(logit_gradient, logit_gradient).sqrt();
        let logit_gradient: Vec<_> = logit_gradient.iter().map(|h| h / length).collect();
        let scored = without(scored.to_vec(), &logit_gradient);
        Self { logit_gradient, scored }
    }

    /// Scatter that sums to zero and has no score.
    fn centred(&self, rng: &mut ChaCha8Rng, n: usize) -> Vec<Vec<f64>> {
        let mut all: Vec<_> = (0..n).map(|_| without(self.draw(rng), &self.scored)).collect();
        let mut mean = vec![0.0; self.logit_gradient.len()];
        for r in &all {
            add_scaled(&mut mean, (n as f64).recip(), r);
        }
        for r in &mut all {
            add_scaled(r, -1.0, &mean);
        }
        all
    }

    /// Scatter that lowers a token's score.
    fn favourable(&self, rng: &mut ChaCha8Rng) -> Vec<f64> {
        let r = self.draw(rng);
        let against = dot(&r, &self.scored) < 0.0;
        if against { r.into_iter().map(|r| -r).collect() } else { r }
    }

    fn draw(&self, rng: &mut ChaCha8Rng) -> Vec<f64> {
        without(unit_vector(rng, self.logit_gradient.len()), &self.logit_gradient)
    }
}

/// What remains of `x` without its part along `direction`; all of it if that has no direction.
fn without(mut x: Vec<f64>, direction: &[f64]) -> Vec<f64> {
    let square = dot(direction, direction);
    if square > 0.0 {
        let along = dot(&x, direction) / square;
        add_scaled(&mut x, -along, direction);
    }
    x
}

/// An orthonormal basis of `$\mathbb{R}^n$`, by Gram and Schmidt.
fn orthonormal_basis(rng: &mut ChaCha8Rng, n: usize) -> Vec<Vec<f64>> {
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(n);
    while basis.len() < n {
        let mut x = unit_vector(rng, n);
        // The second time takes out what rounding has left of the first.
        for _ in 0..2 {
            x = basis.iter().fold(x, |x, b| without(x, b));
        }
        let length = dot(&x, &x).sqrt();
        // A draw in the span so far leaves nothing but rounding; it has probability zero.
        if length > 1e-6 {
            basis.push(x.into_iter().map(|x| x / length).collect());
        }
    }
    basis
}
