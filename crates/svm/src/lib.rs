//! The ℓp hard-margin SVM, for every `$1 \le p \le \infty$` and over any linear operator, with proof.
//!
//! `$$\min_{w \in \mathbb{R}^N} \tfrac1p \lVert w\rVert_p^p \quad\text{subject to}\quad A w \ge b$$`
//!
//! For `$b = \mathbf 1$` the solution points in the direction of largest margin, and margin and dual meet:
//! `$$\max_{\lVert w\rVert_p \le 1} \min_j (A w)_j = \min_{\lambda \ge 0,\ \mathbf 1^\top\lambda = 1} \lVert A^\top\lambda\rVert_q,
//! \qquad \tfrac1p + \tfrac1q = 1.$$`
//! So any `$w$` and any `$\lambda$` bracket the margin, and [`solve`] returns such a pair with the bracket
//! ([`MarginInterval`]) recomputed from the data and rounded outward, or a proof in whole numbers that nothing
//! satisfies the constraints ([`FarkasCertificate`]), or the best bracket it could reach and why it stopped.
//!
//! A plain SVM, with labels folded into the rows:
//!
//! ```
//! use mirrorhead_kernels::{DenseRows, Matrix};
//! use mirrorhead_svm::{HardMarginProblem, SvmSettings, solve};
//!
//! let points = [[2.0, 1.0], [1.5, -0.5], [-1.0, -1.0]];
//! let labels = [1.0, 1.0, -1.0];
//! let rows: Vec<[f64; 2]> =
//!     points.iter().zip(labels).map(|(x, y)| x.map(|x| y * x)).collect();
//! let rows = DenseRows::new(&Matrix::from_rows(&rows)?);
//! let problem = HardMarginProblem::new(&rows, 1.5)?;
//! let solution = solve(&problem, &SvmSettings::default())?.max_margin()?;
//! println!("{solution}"); // the largest margin lies in [0.9574..., 0.9574...], a relative gap of ...
//! assert!(solution.relative_gap() <= 1e-9);
//! assert_eq!(solution.support(1e-6), [1, 2]);
//! solution.verify(&problem)?; // once more, in exact arithmetic
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Points and labels, with a price for the points that are given up and an intercept:
//!
//! ```
//! use mirrorhead_kernels::{DenseRows, Matrix};
//! use mirrorhead_svm::{Fit, LpClassifier, Penalty, SvmSettings};
//!
//! let points = DenseRows::new(&Matrix::from_rows(&[[1.0], [2.0], [2.5], [5.0], [7.0]])?);
//! let labels = [0.0, 1.0, 0.0, 1.0, 1.0];
//! let classifier = LpClassifier::new(1.5)?.with_penalty(Penalty::Hinge(10.0));
//! let Fit::Model(model) = classifier.fit(&points, &labels, &SvmSettings::default())? else { panic!() };
//! assert!(model.separators()[0].proof.relative_gap() <= 1e-9);
//! assert_eq!(model.predict(&points)?, [0.0, 0.0, 0.0, 1.0, 1.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A problem whose rows are never stored, here `$(x_0 - x_t) \otimes z$` as in the SVM of an attention head,
//! implements [`LinearOperator`](mirrorhead_kernels::LinearOperator):
//!
//! ```
//! use mirrorhead_kernels::{GramMut, LinearOperator, dot};
//! use mirrorhead_svm::{HardMarginProblem, Outcome, SvmSettings, solve};
//!
//! struct OneHead { differences: Vec<[f64; 2]>, query: [f64; 2] }
//!
//! impl LinearOperator for OneHead {
//!     fn nrows(&self) -> usize { self.differences.len() }
//!     fn ncols(&self) -> usize { 4 }
//!     fn apply(&self, w: &[f64], out: &mut [f64]) {
//!         let [z0, z1] = self.query;
//!         let direction = [w[0] * z0 + w[2] * z1, w[1] * z0 + w[3] * z1];
//!         for (out, x) in out.iter_mut().zip(&self.differences) {
//!             *out = dot(x, &direction);
//!         }
//!     }
//!     fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]) {
//!         out.fill(0.0);
//!         for (x, l) in self.differences.iter().zip(multipliers) {
//!             for k in 0..4 {
//!                 out[k] += l * x[k % 2] * self.query[k / 2];
//!             }
//!         }
//!     }
//!     fn weighted_gram(&self, rows: &[usize], weights: &[f64], mut gram: GramMut<'_>) {
//!         for (l, &j) in rows.iter().enumerate() {
//!             for (k, &i) in rows.iter().enumerate().skip(l) {
//!                 let (x, y) = (self.differences[i], self.differences[j]);
//!                 gram[(k, l)] = (0..4)
//!                     .map(|m| weights[m] * x[m % 2] * y[m % 2] * self.query[m / 2].powi(2))
//!                     .sum();
//!             }
//!         }
//!     }
//!     fn row_max_abs(&self, out: &mut [f64]) {
//!         let size = |v: &[f64; 2]| v[0].abs().max(v[1].abs());
//!         for (out, x) in out.iter_mut().zip(&self.differences) {
//!             *out = size(x) * size(&self.query);
//!         }
//!     }
//! }
//!
//! let head = OneHead { differences: vec![[1.0, 0.5], [0.3, 2.0]], query: [0.6, -0.8] };
//! let problem = HardMarginProblem::new(&head, 3.0)?;
//! assert!(matches!(solve(&problem, &SvmSettings::default())?, Outcome::MaxMargin(_)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Method
//!
//! A primal-dual interior-point method with Mehrotra's predictor and corrector (SIAM J. Optim. 2,
//! 1992) on the normalised problem `$\max \rho$` subject to `$A w - s = \rho b$`, `$s \ge 0$`, whose dual has
//! `$b^\top\lambda = 1$`. Both always have solutions, whatever the data. At the optimum `$\lambda s = 0$` and
//! `$u = A^\top\lambda$` is, up to scale, the mirror image `$\nabla\psi(w)$` of `$w$`. With a tangent
//! `$w = \hat w + D\,\mathrm du$` of that curve for every entry, the Newton system is
//! `$$\left(A D A^\top + \operatorname{diag}(s/\lambda)\right) \mathrm d\lambda = \mu/\lambda - A\hat w + \rho\,b.$$`
//!
//! - *One formulation for every `$1 < p < \infty$`.* Seen as `$w(u)$` the curve is vertical at zero for
//!   `$p > 2$`, and seen as `$u(w)$` it is for `$p < 2$`; near `$p = 1$` and for large `$p$` it is a staircase. The
//!   tangent is taken where Minty's parameterization `$x + y$` of the scaled curve puts the current pair,
//!   which is smooth everywhere, and its slope is kept away from zero by the distance to the curve.
//! - *Both ends.* At `$p = 1$` and `$p = \infty$` the curve is a staircase and the problem a linear program. One
//!   variable of each entry, `$u_k$` or `$w_k$`, is confined to a strip, with slacks `$t^\pm$` to its edges, and the other
//!   is a difference `$a^+ - a^-$` with `$a^\pm t^\pm = \mu$`: a rounded staircase, which has a tangent too, so the
//!   Newton system is the same (with one row more at `$p = 1$`, for the width `$\kappa$` of the strip).
//! - *Continuation in `$p$`*: from 2, where the curve is a line, `$p - 1$` moves by a factor of up to 2 in each
//!   iteration, together with `$\mu$`, once some `$w$` is known to satisfy the constraints.
//! - *Two forms of the Newton system*: of the two matrices that elimination leaves, `$A D A^\top +
//!   \operatorname{diag}(s/\lambda)$` with a row for each constraint and `$A^\top \operatorname{diag}(\lambda/s) A + D^{-1}$` with
//!   one for each unknown, the latter is factored where constraints are at least twice as many as unknowns, and
//!   all of them are then in play from the start.
//! - *Accuracy.* Directions are refined against the operator, which is what makes gaps of `$10^{-12}$`
//!   reachable for all `$p$` although entries of `$D$` differ by five orders of magnitude, and by any
//!   number of them at both ends. Where the rounding of `$A w$` and `$A^\top\lambda$` would show in the gap (offsets,
//!   thin margins), rows are stored, products are summed and small systems factored in twice the precision of
//!   doubles; and multipliers of idle rows take up what rounding the large ones leaves of a column without cost.
//! - *Many digits*: small problems on which all of that stalls (raw units 24 decades apart at `$p$` near 1, high powers of one
//!   feature) are solved by Newton's method on a self-concordant barrier of the constraints and of the power cones
//!   `$\lvert w_k\rvert^p \le s_k$`, in numbers of 150 decimal digits: some hundred steps, whatever the units and `$p$`. What is found
//!   is written down in as few doubles for each number as prove the gap; where one isn't enough, further ones are the
//!   [`Remainder`] of the solution, and part of its proof.
//! - *Units*: columns of sizes that differ by more than 4,096 are scaled to size one by powers of two, with a weighted
//!   norm inside and the norm asked for outside, in which all bounds are computed; rows likewise, always. So
//!   data of size `$10^{\pm150}$` is data of size one, and a column may have any unit. The weights are taken in step by
//!   step at `$p = 2$`, once some `$w$` satisfies the constraints.
//! - *Exchanges at `$p = 2$`*, where the curve is a line: the active rows determine everything, and a guess at them (those that
//!   coordinate descent on the multipliers leaves where rows are few, gradient steps where they are many) is mended by
//!   exchanging whole blocks of rows, each time with one system of the rows guessed, factored up to a thousand of them and by
//!   conjugate gradients beyond. Where exchanges lead nowhere the interior-point method takes over; it does from the start where
//!   rows are many more than unknowns or columns have units of their own.
//! - *Working sets*: beyond a few hundred rows only those that look active are factored, and rounds
//!   add those that are left behind; the interval is over all rows at any time.
//! - *Conjugate gradients* in the interior-point method, where even those are too many to factor
//!   ([`max_factor_rows`](SvmSettings::max_factor_rows)): preconditioned by the factor of the rows that
//!   outweigh their `$s/\lambda$` by most, with nothing but products by `$A$` and `$A^\top$` for the rest.
//! - *Farkas*: where the margin vanishes, the multipliers are corrected until `$A^\top\lambda$` is zero to rounding, rows
//!   that nothing can cancel (a column of theirs has one sign) are left out, and those of as many rows as are
//!   independent are solved for, given the others: exactly where they are few, in doubles where they are more than 128.
//!
//! # What is proven
//!
//! *Proven* is meant literally, under one hypothesis: arithmetic is that of IEEE 754 (and the operator tells
//! the truth about itself, where it isn't one of ours).
//!
//! - *Intervals* hold in exact arithmetic. `$A w$` and `$A^\top\lambda$` are evaluated in sums of twice the digits with
//!   a running bound on the rest ([`apply_enclosed`](mirrorhead_kernels::LinearOperator::apply_enclosed)), norms by
//!   multiplications and square roots only, whose rounding errors are counted, and quotients are rounded
//!   outward. Singular values are multiplied out again: what that misses of the matrix is added. The gap asked
//!   for is judged on the interval so rounded.
//! - *Infeasibility* is proven by multipliers with `$A^\top\lambda = 0$`, not by small `$A^\top\lambda$`. Few (and up to 800) are found as
//!   whole numbers, digit by digit modulo powers of a prime (Dixon, Numer. Math. 40, 1982). Of more, up to 8,000, doubles are found, next
//!   to which exact ones are proven to exist: rounding errors of an approximate inverse are bounded (Rump, Acta Numerica 19, 2010), and columns that depend on
//!   others, exactly or up to rounding, are replaced by what is left of them ([`FarkasCertificate`]). Where neither succeeds the outcome
//!   is inconclusive, with the bound on the margin that there is.
//! - *A second opinion*: [`MaxMargin::verify`], [`SoftMargin::verify`], [`InterceptOutcome::verify`], [`FarkasCertificate::verify`] and
//!   [`LpClassifier::verify`] check a certificate, also one read back from a file, against the data, by code that the solver has no part in: in arithmetic without
//!   rounding, or, for what is next to multipliers in doubles, with rounding bounded.
//!
//! # Cost
//!
//! Measured again since columns have units and intervals are rounded outward: `$p = 2$` up to (50, 20, 32), in 1 to 4 exchanges of
//! rows, one core of another machine (an Intel Xeon). Other times and iterations below are of the version before; at (6, 8, 10) it took a tenth less at most.
//!
//! An iteration costs one factorization, `$k^3/3$` for `$k$` rows in play, and the assembly of its matrix
//! (`$k^2 N$` multiply-adds for stored rows; for a structured operator a small part of the factorization).
//! Iterations hardly grow: 8 to 11 for `$p$` from 1.05 to 20 and at both ends where all rows are in play,
//! about 16 at `$p = 1.01$` and 50, and 15 to 60 in rounds over working sets. Random AttSVM problems on the
//! sphere, `$n$` sequences of `$T$` tokens in `$\mathbb{R}^d$`, relative gap `$10^{-9}$`, two cores:
//!
//! | `$(n, T, d)$` | rows x unknowns | active | most rows factored | `$p = 1$` | 1.1 | 2 | 10 | `$\infty$` |
//! |---|---|---|---|---|---|---|---|---|
//! | (6, 8, 10) | 42 x 100 | 20 | 42 | 0.22 ms | 0.24 ms | 0.051 ms | 0.23 ms | 0.24 ms |
//! | (20, 16, 16) | 300 x 256 | 80 | 145 | 4.9 ms | 2.6 ms | 0.53 ms | 2.1 ms | 3.4 ms |
//! | (50, 20, 32) | 950 x 1,024 | 270 | 360 | 71 ms | 39 ms | 5.2 ms | 26 ms | 56 ms |
//! | (80, 32, 40) | 2,480 x 1,600 | 520 | 680 | 0.33 s | 0.14 s | 0.08 s | 0.13 s | 0.26 s |
//! | (200, 64, 64) | 12,600 x 4,096 | 1,600 | 1,900 | 8.4 s | 3.0 s | 1.8 s | 2.4 s | 5.9 s |
//! | (500, 64, 96) | 31,500 x 9,216 | 4,000 | 4,450 | | | 55 s | | |
//! | (1000, 64, 128) | 63,000 x 16,384 | 7,800 | 9,270 | | | 170 s | | |
//!
//! From `$(50, 20, 32)$` on time grows as the power 2.7 to 2.9 of the number of active rows, that of a
//! factorization in cache and out of it; rows that are not active cost one product each round. Fitted over
//! `$n$` from 20 to 80, `$T$` from 8 to 32 and `$d$` from 24 to 40, it grows as `$n^{2.0}\,T^{1.2}\,d^{1.0}$` at `$p = 2$` and 3
//! (residual 29 %), about the cube of the rows in the largest factor.
//! The largest needs 0.9 GB; it and (500, 64, 96) were timed on shared cores.
//!
//! # Paths
//!
//! [`solve_from`] starts from the solution of a similar problem. Times of [`solve`] over its own, along 12
//! exponents from 2 to 10, and for data in which one token is another:
//!
//! | `$(n, T, d)$` | path in `$p$` | one token, `$p = 1.1$` | 2 | 3 | 10 |
//! |---|---|---|---|---|---|
//! | (6, 8, 10) | 1.5 | 1.1 | 1.5 | 1.1 | 1.1 |
//! | (20, 16, 16) | 2.7 | 3.4 | 2.2 | 3.1 | 3.2 |
//! | (50, 20, 32) | 2.8 | 4.3 | 2.7 | 2.0 | 4.2 |
//!
//! At `$p = 1$` it saves half of the iterations, at `$p = \infty$` a quarter.
//!
//! # Matrices
//!
//! [`solve_schatten`] solves the same problem over matrices in a Schatten norm,
//! `$\min\lVert W\rVert_{S_p}$` subject to `$A\operatorname{vec}(W) \ge b$`, from the nuclear (`$p = 1$`) to the spectral norm
//! (`$p = \infty$`), with the same certificates. `$W$` and `$U = \operatorname{mat}(A^\top\lambda)$` must end on the curve
//! with their singular vectors in common, so the method is the one above in the frame of the singular
//! vectors of the scaled sum `$W + U$`: there Minty's point and the derivative of the spectral curve are
//! diagonal, by divided differences (Lewis and Sendov, SIAM J. Matrix Anal. Appl. 23, 2001). At
//! `$p = 1$` and `$p = \infty$` the corner of the curve is rounded off the way the barrier
//! `$-\nu\log\det(I - U^\top U)$` does it, and `$\nu$` falls with `$\mu$`; the pair is not kept inside the ball, since
//! every certificate is recomputed anyway. The start is the solution for `$p = 2$`, to one digit, which also
//! finds what is not separable. Rows are stored and all of them factored: this is for a few hundred
//! rows and `$d$` up to 64. It takes 7 to 17 iterations on AttSVM problems with `$(n, T, d) = (6, 8, 10)$` and
//! `$(20, 8, 20)$` for `$p$` from 1 to 50, 21 at the spectral norm; 1.5 and 24 ms at `$p = 1$`, and 0.5 s at
//! `$(20, 8, 64)$`.
//!
//! # Soft margins and intercepts
//!
//! [`solve_soft`] solves `$\min \varphi(w) + \sum_j C_j\xi_j$` subject to `$A w + \beta y + \xi \ge b$`, `$\xi \ge 0$`, with
//! `$\varphi = \tfrac1p\lVert\cdot\rVert_p^p$` (at either end the norm itself), a price of its own for each row and, if wanted, an
//! intercept `$\beta$` that isn't penalised. Its dual is `$\max b^\top\lambda - \varphi^*(A^\top\lambda)$` over a box, with
//! `$y^\top\lambda = 0$`, so that any pair brackets the objective ([`ObjectiveInterval`]): outward rounded, and with multipliers that are
//! rounded to multiples of one power of two, so that their sum is zero exactly. The method is the one above on the problem as
//! it is: two complementary pairs a row, and the smaller of two matrices, of the rows or of the columns. From 5 to
//! 60 iterations for most data; 150 where `$p = 50$` and a margin is all there is.
//!
//! *In any units*: rows times `$2^k$` with prices times `$2^{-kd}$`, for the degree `$d$` of `$\varphi$`, are the same problem, and it is
//! solved in units in which prices and bounds are of size one, where something is out of all proportion. Where no `$w$` is worth its
//! penalty (rows of zeros, or of size `$10^{-300}$`) the intercept is all there is, and known in closed form; where prices are so high
//! that no row is given up, it is a hard margin. Small problems on which doubles stall (up to `$n^2(m + n)/2 = 400{,}000$`: raw units,
//! prices that are paid to the last digit, rows of size `$10^{300}$` that contradict each other) are solved in 150 digits or more, by
//! the barrier above with an excess and a price for each row. Only an objective that is no double, or hardly one, is left:
//! [`StallReason::OutOfRange`] says so.
//!
//! [`solve_with_intercept`] finds hard margins with an intercept, as soft ones with prices that are provably high enough, or a
//! Farkas proof; small problems on which doubles stall (raw units, offsets) by the barrier of hard margins, in which the intercept has
//! no share of the norm. Slacks to the power `$p$` are columns of their own in the hard-margin problem. [`LpClassifier`] puts these
//! together: several classes, each told from the others, weights of classes, `decision_function`. Points come as any operator:
//! dense, [`SparseRows::from_arrays`] over somebody's own CSR arrays without copying them, or an svmlight file
//! ([`read_svmlight`]).
//!
//! # Equalities
//!
//! [`solve_with_equalities`] finds the largest margin among the `$w$` with `$E w = 0$`
//! ([`with_equalities`](HardMarginProblem::with_equalities)), as in the Graph-SVM of next-token prediction, for every `$p$`. Hardly any
//! `$w$` of doubles satisfies an equality exactly; so as many entries of `$w$` as there are independent equalities are fractions of
//! whole numbers, solved for exactly given the others, and `$E w = 0$` is part of the proof, as is a combination of rows and equalities that
//! vanishes exactly where nothing satisfies both. Duplicates and dependent rows, cycles of differences, are welcome in `$E$`, if
//! they depend on each other exactly. It costs a few solves without equalities, two as a rule, and linear systems in whole numbers.
//!
//! # When not to use it
//!
//! Data that are infeasible by a hair beside rounding are not proven so. Where columns depend on each other up to rounding (tokens in a
//! subspace of their space, centimetres beside inches) rounding may separate what the columns mean does not: with a third as many columns as rows it
//! often does, by `$10^{-16}$`, and the outcome is inconclusive, in seconds, with an upper bound that says as much. For `$p = 2$` and an answer to three digits, coordinate methods such as liblinear's are quicker, on sparse text
//! 5 to 10 times: soft margins factor a matrix of the smaller of rows and columns in every iteration, all of it, and that of
//! 5,000 takes seconds. Soft margins with raw columns of very different sizes, prices from `$10^4$` on and `$p = 1$` or `$p = \infty$`
//! may end with gaps of `$10^{-8}$`, or take ten seconds in many digits where they are small enough: scale the columns. So may
//! duplicates and contradictions from `$p = 10$` on, where any small `$w$` costs nothing; the outcome says so. At `$p = 1$` and `$p = \infty$` the answer is a point of the optimal face, near
//! its middle, not a vertex of it. If tens of thousands of constraints are active at the
//! solution the dense factor no longer fits in memory, and conjugate gradients take long.
//! Equalities are for up to 800 independent ones, with all rows stored, and rows that depend on each other but for their rounding are
//! equalities more. Rows that oppose each other exactly (`$a^\top w \ge b$` and `$-a^\top w \ge -b$`) are an equality that hardly any sum of
//! doubles satisfies, and end inconclusive: of those with `$b = 0$` make one. So do columns and rows in units a hundred decades apart, and bounds of `$-10^{250}$`.
//! What doubles have too few digits for (units of columns twenty decades apart, margins below `$10^{-8}$` of the size of a row)
//! is solved in many digits only up to `$N^2 (M + N)/2 = 250{,}000$`, such as 200 rows of 40 unknowns (ten
//! seconds each or more; a few hundred rows of 5 take one), with an intercept up to `$400{,}000$`; above
//! that the outcome says that it doesn't know. With an intercept a column whose entries differ by less than a thousandth of their size
//! (a time stamp) is taken from its middle, exactly, and costs no digits; without one its offset is part of the problem, and beyond
//! `$10^5$` times its spread it may cost the proof of larger problems.
//! Numbers are taken as doubles: whole ones beyond `$2^{53}$`, like decimal fractions, are the nearest doubles, and what is proven is of those.

#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Tests compare with the system's functions.
#![cfg_attr(test, allow(clippy::disallowed_methods))]

mod active_set;
mod active_system;
mod barrier;
mod basis;
mod best;
mod certificate;
mod cholesky;
mod classifier;
mod column_index;
mod conjugate_gradient;
mod continuation;
mod coordinate_descent;
mod curve;
mod direction;
mod equalities;
mod error;
mod exact_multipliers;
mod exact_rows;
mod exact_sum;
mod extended_real;
mod farkas;
mod farkas_certificate;
mod fine_multipliers;
mod interior_point;
mod iterate;
mod limits;
mod modular;
mod nearby;
mod newton;
mod newton_system;
mod norm_bound;
mod norm_pair;
mod one_sided;
mod operator_handle;
mod opposed_rows;
mod outcome;
mod power_curve;
mod problem;
mod progress;
mod projected_gradient;
mod remainder;
mod rows;
mod schatten;
mod search;
mod settings;
mod sharp_products;
mod soft;
mod solve;
mod sparse_arrays;
mod sparse_rows;
mod step;
mod strip;
mod subdifferential;
mod svmlight;
mod tangents;
mod two_fold;
mod two_fold_cholesky;
mod units;
mod verify;
mod whole_number;
mod whole_solve;
mod work;
mod working_set;

pub use certificate::{KktResidual, MarginInterval, kkt_residual, margin_interval};
pub use classifier::{
    ClassSeparator, ClassWeights, Fit, Intercept, LpClassifier, LpModel, NotVerified, Penalty,
    Proof,
};
pub use equalities::{
    EqualityFarkas, EqualityMargin, EqualityOutcome, EqualityProblem, ExactEntries, ExactEntry,
    NoEqualityMargin, solve_with_equalities,
};
pub use error::SvmError;
pub use farkas_certificate::FarkasCertificate;
pub use mirrorhead_mirror::Norm;
pub use outcome::{MaxMargin, NoMaxMargin, Outcome, StallReason, Stalled};
pub use problem::HardMarginProblem;
pub use progress::Progress;
pub use remainder::Remainder;
pub use schatten::{SchattenNorm, SchattenProblem, solve_schatten};
pub use settings::{SvmSettings, WatchedSettings};
pub use soft::{
    InterceptMargin, InterceptOutcome, ObjectiveInterval, SoftMargin, SoftMarginProblem,
    SoftOutcome, objective_interval, solve_soft, solve_soft_from, solve_with_intercept,
};
pub use solve::{StartingPair, solve, solve_from};
pub use sparse_arrays::{IndexArray, SparseIndex, ValueArray};
pub use sparse_rows::SparseRows;
pub use svmlight::{
    IndexBase, LONGEST_LINE, LabelledRows, MOST_COLUMNS, SvmlightError, SvmlightProblem,
    read_svmlight,
};
pub use verify::{
    Refutation, verify_intercept, verify_intercept_sum, verify_interval, verify_objective,
    verify_objective_sum, verify_sum,
};
pub use work::WorkCounters;
