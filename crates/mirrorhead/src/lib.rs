//! Mirror descent for attention heads: one dependency, and one `use` for what most programs need.
//!
//! | module | what is in it |
//! |---|---|
//! | [`kernels`] | matrices, ragged batches of tokens, softmax that survives saturation, linear operators |
//! | [`mirror`] | `$\ell_p$` geometry: mirror maps, Bregman divergences, first-order methods, risks |
//! | [`attention`] | data sets, risks of attention heads, selections of tokens, synthetic data |
//! | [`svm`] | `$\min \lVert w\rVert_p$` subject to `$A w \ge b$`, for every `$1 \le p \le \infty$`, with proof |
//! | [`trainer`] | training runs, the mirror flow, regularization paths, and what they converge to |
//! | [`prelude`] | the names of all these that come up in nearly every program |
//!
//! What a head trained by `$\ell_p$` mirror descent converges to, in one program:
//!
//! ```
//! use mirrorhead::prelude::*;
//!
//! let planted = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 }.sample(Seed(1))?;
//! let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic)?;
//! let norm = LpNorm::new(1.75)?;
//! let method = MirrorDescent::new(PowerPotential::new(norm), StepSize::DualNormalized(0.1));
//! let start = gaussian_matrix(10, 10, Seed(1));
//! let rule = StoppingRule::after(6_000);
//! let trained = train_key_query(&risk, start, &method, &rule, &mut ())?;
//!
//! // The selection that attention is saturated on, its max-margin solution, local optimality, distances.
//! let settings = CertifySettings::default();
//! let found = certify(&planted.data, &planted.decoder, &trained.key_query, norm, &settings)?;
//! println!("{found}");
//! let Certification::Certified(certified) = found else { panic!("saturated, and separable") };
//! assert!(certified.distances.is_some_and(|distances| distances.divergence < 3e-3));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The crates behind the modules can be depended on alone. Features: `ndarray` and `nalgebra` add
//! conversions and views of matrices.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod prelude;

#[doc(inline)]
pub use mirrorhead_attention as attention;
#[doc(inline)]
pub use mirrorhead_kernels as kernels;
#[doc(inline)]
pub use mirrorhead_mirror as mirror;
#[doc(inline)]
pub use mirrorhead_svm as svm;
#[doc(inline)]
pub use mirrorhead_trainer as trainer;
