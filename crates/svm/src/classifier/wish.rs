//! What a classifier is to be like.

use serde::{Deserialize, Serialize};

use crate::Norm;

/// What it costs to leave a point on the wrong side of its margin, by `$\xi$`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Penalty {
    /// It isn't allowed: `$\min\lVert w\rVert_p$`, the hard margin.
    Hard,
    /// `$C\sum_j c_j\xi_j$`, with this `$C$`.
    Hinge(f64),
    /// `$\tfrac{C}{p}\sum_j c_j\xi_j^p$`, with this `$C$`: the power of the norm itself, for `$1 \le p < \infty$`. At
    /// `$p = 2$` it is the squared hinge, at twice the `$C$` of those who leave out the half.
    Power(f64),
}

/// Whether the hyperplane may leave the origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Intercept {
    /// An intercept that isn't penalised, which makes up for the offsets of all columns.
    Free,
    /// None.
    Zero,
}

/// How much the points of each class weigh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClassWeights {
    /// All alike.
    Equal,
    /// Inversely to the size of the class: `$c_j = n / (K n_{\text{class}})$`, as of two classes where one is
    /// told from the rest.
    Balanced,
}

/// All of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Wish {
    pub norm: Norm,
    pub penalty: Penalty,
    pub intercept: Intercept,
    pub weights: ClassWeights,
}
