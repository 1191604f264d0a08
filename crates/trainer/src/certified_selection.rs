//! A selection with all that is proven of it.

use std::fmt;

use mirrorhead_attention::TokenSelection;
use mirrorhead_svm::{FarkasCertificate, MaxMargin, Stalled};
use serde::{Deserialize, Serialize};

use crate::{OptimalityEvidence, TiedSelection};

/// What [`certify`](crate::certify) and [`certify_selection`](crate::certify_selection) find.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[must_use]
pub enum Certification {
    /// The solved AttSVM of a selection, and what it proves.
    Certified(Box<CertifiedSelection>),
    /// Attention is saturated on sets of tokens that tie in score, not on single tokens.
    Tied {
        /// The sets, led by the tokens of the largest weight.
        tied: Box<TiedSelection>,
        /// How near the key-query matrix is to the solution of their SVM.
        distances: Distances,
    },
    /// Attention is not saturated.
    NotSaturated {
        /// The first sequence where it is not.
        sequence: usize,
        /// The largest attention weight there.
        weight: f64,
        /// The weight that was wanted.
        threshold: f64,
    },
    /// A proof that the selection is not separable.
    NotSeparable {
        /// The selection.
        selection: TokenSelection,
        /// The proof.
        farkas: FarkasCertificate,
    },
    /// The solver found neither a solution nor a proof that there is none.
    Inconclusive {
        /// The selection.
        selection: TokenSelection,
        /// How far the solver came.
        stalled: Stalled,
    },
}

/// A selection with the certified solution of its AttSVM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CertifiedSelection {
    /// The selection `$\alpha$`.
    pub selection: TokenSelection,
    /// The solution of its AttSVM; the interval is the proof.
    pub svm: MaxMargin,
    /// The tokens of each sequence that are active to a slack of [`ACTIVE`](crate::ACTIVE). This is computed; what is proven of the
    /// tokens that matter is in [`evidence`](Self::evidence).
    pub support_tokens: Vec<Vec<usize>>,
    /// Whether the selection is locally optimal, with the proof.
    pub evidence: OptimalityEvidence,
    /// Where the selection is [tied](crate::TokenOptimality::Tied): the sets that attract in its place, led by the selection
    /// that training ended at, or by the leaders of the widest margin if there was no training.
    pub tied: Option<TiedSelection>,
    /// How near the trained key-query matrix is to the solution, if there is one.
    pub distances: Option<Distances>,
}

/// How near a key-query matrix is to the solution of an AttSVM.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Distances {
    /// The directional Bregman divergence `$1 - \langle\nabla\psi(W/\lVert W\rVert_p), W_{mm}/\lVert W_{mm}\rVert_p\rangle$`, from 0
    /// to 2.
    pub divergence: f64,
    /// The least margin of `$W/\lVert W\rVert_p$` as a part of the certified one.
    pub margin_share: f64,
    /// The divergence to the solution for the [sets](CertifiedSelection::tied) that attract instead, if there are any.
    pub divergence_to_tied: Option<f64>,
}

impl fmt::Display for CertifiedSelection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let interval = self.svm.interval;
        writeln!(f, "selection {:?}: {}", self.selection.tokens(), self.evidence)?;
        write!(
            f,
            "largest margin {} to {} (relative gap {:.1e})",
            interval.lower,
            interval.upper,
            interval.relative_gap()
        )?;
        if let Some(tied) = &self.tied {
            write!(f, "\n{tied}")?;
        }
        if let Some(distances) = &self.distances {
            write!(f, "\n{distances}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Distances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "divergence {:.2e}, {:.4} of the margin", self.divergence, self.margin_share)?;
        match self.divergence_to_tied {
            Some(to_tied) => write!(f, ", divergence to the sets {to_tied:.2e}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Certification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certified(certified) => certified.fmt(f),
            Self::Tied { tied, distances } => write!(f, "{tied}\n{distances}"),
            Self::NotSaturated { sequence, weight, threshold } => write!(
                f,
                "attention is not saturated: the largest weight of sequence {sequence} is {weight}, \
                 below {threshold}"
            ),
            Self::NotSeparable { selection, farkas } => {
                write!(f, "selection {:?}: {farkas}", selection.tokens())
            }
            Self::Inconclusive { selection, stalled } => {
                write!(f, "selection {:?}: {stalled}", selection.tokens())
            }
        }
    }
}
