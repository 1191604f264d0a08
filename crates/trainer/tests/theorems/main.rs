//! The paper's theorems as checks. Each states its hypotheses, establishes them by certificate,
//! asserts the conclusion, and asserts that a wrong geometry or a broken method fails.
//!
//! | file | claim |
//! |---|---|
//! | `descent.rs` | for a small enough step the risk never increases along ℓp-AttGD |
//! | `norm_divergence.rs` | the iterates of ℓp-AttGD grow without bound |
//! | `attsvm_direction.rs` | ℓp-AttGD converges in direction to the ℓp-AttSVM of the same p |
//! | `wrong_geometry.rs` | and not to that of another p |
//! | `local_optimality.rs` | exactly the locally optimal selections attract |
//! | `finite_minimum.rs` | which a run can miss, in a minimum at a finite matrix |
//! | `rate.rs` | and does so at the proven rate, to k = 10^300 |
//! | `regularization_path.rs` | the least risk in growing balls has the same limit, jointly too |
//! | `joint_direction.rs` | ℓp-JointGD: W to the ℓp-AttSVM, v to the ℓp-SVM |
//! | `margins.rs` | which algorithm maximises the margin of which norm |
//! | `momentum.rs` | Muon maximises the spectral margin, and reaches what its rate promises |
//! | `factored.rs` | gradient descent on K and Q goes to the nuclear norm's AttSVM |
//! | `difficulty.rs` | all this on correlated, heavy-tailed, planted and contradictory data |
//! | `beyond_one_head.rs` | several heads go each to its own ℓp-AttSVM; so does one over several classes |

// Tests compare with the system's functions.
#![allow(clippy::disallowed_methods)]

mod attsvm_direction;
mod beyond_one_head;
mod descent;
mod difficulty;
mod factored;
mod finite_minimum;
mod in_cone;
mod joint_direction;
mod local_optimality;
mod margins;
mod momentum;
mod next_token;
mod norm_divergence;
mod rate;
mod regularization_path;
mod settled;
mod stability;
mod tampered;
mod wrong_geometry;
