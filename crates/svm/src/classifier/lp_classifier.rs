//! What is asked for.

use mirrorhead_kernels::LinearOperator;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde::{Deserialize, Serialize};

use crate::classifier::binary::{self, Separation};
use crate::classifier::classes::{Classes, signs};
use crate::classifier::model::{Fit, LpModel};
use crate::classifier::wish::{ClassWeights, Intercept, Penalty, Wish};
use crate::error::SvmError;
use crate::{Norm, WatchedSettings};

/// A linear classifier of largest margin in the ℓp norm, certified.
///
/// Of several classes each is told from all others, and a point goes to the class that claims it most.
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_svm::{Fit, LpClassifier, Penalty, SvmSettings};
///
/// let points = Matrix::from_rows(&[[0.0, 0.1], [0.4, 1.0], [1.1, 0.2], [5.0, 6.0], [6.0, 5.5], [0.3, 0.2]])?;
/// let labels = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0];
/// let points = DenseRows::new(&points);
/// let classifier = LpClassifier::new(1.5)?.with_penalty(Penalty::Hinge(1.0));
/// let Fit::Model(model) = classifier.fit(&points, &labels, &SvmSettings::default())? else {
///     panic!("soft margins always exist")
/// };
/// assert!(model.separators()[0].proof.relative_gap() <= 1e-9);
/// assert_eq!(model.predict(&points)?[..5], labels[..5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LpClassifier {
    pub(super) wish: Wish,
}

impl LpClassifier {
    /// The classifier of this norm with the hinge penalty `$C = 1$`, an intercept and equal weights.
    ///
    /// # Errors
    /// [`SvmError::InvalidExponent`] for an exponent of no norm.
    pub fn new<N>(norm: N) -> Result<Self, SvmError>
    where
        N: TryInto<Norm>,
        SvmError: From<N::Error>,
    {
        Ok(Self {
            wish: Wish {
                norm: norm.try_into()?,
                penalty: Penalty::Hinge(1.0),
                intercept: Intercept::Free,
                weights: ClassWeights::Equal,
            },
        })
    }

    /// The same with another penalty.
    #[must_use]
    pub fn with_penalty(self, penalty: Penalty) -> Self {
        Self { wish: Wish { penalty, ..self.wish } }
    }

    /// The same with or without an intercept.
    #[must_use]
    pub fn with_intercept(self, intercept: Intercept) -> Self {
        Self { wish: Wish { intercept, ..self.wish } }
    }

    /// The same with other weights.
    #[must_use]
    pub fn with_weights(self, weights: ClassWeights) -> Self {
        Self { wish: Wish { weights, ..self.wish } }
    }

    /// The norm `$\lVert\cdot\rVert_p$`.
    pub fn norm(&self) -> Norm {
        self.wish.norm
    }

    /// Whether [`fit`](Self::fit) takes these points, labels and settings: in the time of a look at them, what it refuses is refused.
    ///
    /// # Errors
    /// Those of [`fit`](Self::fit).
    pub fn check<'w>(
        &self,
        points: &dyn LinearOperator,
        labels: &[f64],
        settings: impl Into<WatchedSettings<'w>>,
    ) -> Result<(), SvmError> {
        settings.into().validated()?;
        let classes = Classes::of(points, labels)?;
        let of_class = |class: &f64| binary::check(&self.wish, points, &signs(labels, *class));
        classes.separated().iter().try_for_each(of_class)
    }

    /// Learns from the `points`, the rows of an operator, and their `labels`, any finite numbers.
    ///
    /// # Errors
    /// Labels of another number than points, not finite, or all the same ([`SvmError::OneClass`]); points and
    /// prices that [`SoftMarginProblem`](crate::SoftMarginProblem) refuses; settings outside their range;
    /// [`Penalty::Power`] at `$p = \infty$`.
    pub fn fit<'w>(
        &self,
        points: &dyn LinearOperator,
        labels: &[f64],
        settings: impl Into<WatchedSettings<'w>>,
    ) -> Result<Fit, SvmError> {
        let settings = &settings.into();
        settings.validated()?;
        let classes = Classes::of(points, labels)?;
        let separations: Vec<_> = classes
            .separated()
            .par_iter()
            .map(|&class| {
                let signs = signs(labels, class);
                binary::separate(&self.wish, points, &signs, class, settings)
            })
            .collect();
        let mut separators = Vec::new();
        for separation in separations {
            match separation? {
                Separation::Found(separator) => separators.push(separator),
                Separation::Impossible { class, proof } => {
                    return Ok(Fit::NotSeparable { class, proof });
                }
            }
        }
        Ok(Fit::Model(LpModel::new(points.ncols(), classes.all().to_vec(), separators)))
    }
}
