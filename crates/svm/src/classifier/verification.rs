//! What is proven of a classifier, checked once more in exact arithmetic.

use mirrorhead_kernels::LinearOperator;
use thiserror::Error;

use crate::classifier::binary::{ClassSeparator, Proof, class_weights, roots_of_prices};
use crate::classifier::classes::{Classes, signs};
use crate::classifier::lp_classifier::LpClassifier;
use crate::classifier::model::{Fit, LpModel};
use crate::classifier::wish::{Intercept, Penalty, Wish};
use crate::soft::{Appended, Augmented, ScaledRows};
use crate::{
    HardMarginProblem, InterceptOutcome, Norm, Refutation, SoftMarginProblem, SvmError,
    verify_intercept_sum, verify_objective_sum, verify_sum,
};

/// Why a classifier isn't what it says, for these points.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum NotVerified {
    /// The points make no such problem.
    #[error(transparent)]
    Misuse(#[from] SvmError),
    /// The classes are others than those of the labels.
    #[error("the labels are of the classes {expected:?}, and the model of {found:?}")]
    OtherClasses {
        /// The classes of the labels.
        expected: Vec<f64>,
        /// Those of the model.
        found: Vec<f64>,
    },
    /// A separator is missing, or there twice, or of a class that has none.
    #[error(
        "separators of the classes {expected:?} are asked for, and there are those of {found:?}"
    )]
    OtherSeparators {
        /// The classes that a separator has to be of, in this order.
        expected: Vec<f64>,
        /// Those that there are separators of, or a proof that there are none.
        found: Vec<f64>,
    },
    /// The plane of a class doesn't prove what it says.
    #[error("class {class}: {refutation}")]
    Refuted {
        /// The label of the class.
        class: f64,
        /// Why.
        refutation: Refutation,
    },
}

impl LpClassifier {
    /// Checks all proofs of what this classifier has learned from the `points` and `labels`, in exact arithmetic and by code
    /// that the solver has no part in. Prices are those that the solver was given, in double precision.
    ///
    /// ```
    /// use mirrorhead_kernels::{DenseRows, Matrix};
    /// use mirrorhead_svm::{LpClassifier, Penalty, SvmSettings};
    /// let points = DenseRows::new(&Matrix::from_rows(&[[1.0], [2.0], [2.5], [5.0], [7.0]])?);
    /// let labels = [0.0, 1.0, 0.0, 1.0, 1.0];
    /// let classifier = LpClassifier::new(1.5)?.with_penalty(Penalty::Hinge(10.0));
    /// let fit = classifier.fit(&points, &labels, &SvmSettings::default())?;
    /// classifier.verify(&points, &labels, &fit)?;
    /// // Of other labels it is not the best classifier.
    /// assert!(classifier.verify(&points, &[0.0, 0.0, 0.0, 1.0, 1.0], &fit).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Points and labels that don't fit, a model that hasn't exactly the separators that these labels ask for, and the first class
    /// whose proof doesn't hold.
    pub fn verify(
        &self,
        points: &dyn LinearOperator,
        labels: &[f64],
        fit: &Fit,
    ) -> Result<(), NotVerified> {
        let classes = Classes::of(points, labels)?;
        let refuted = |class| move |refutation| NotVerified::Refuted { class, refutation };
        match fit {
            Fit::Model(model) => {
                require_all(&classes, model)?;
                model.separators().iter().try_for_each(|separator| {
                    let class = separator.class;
                    verified(&self.wish, points, &signs(labels, class), separator)?
                        .map_err(refuted(class))
                })
            }
            Fit::NotSeparable { class, proof } => {
                if !classes.separated().contains(class) {
                    let expected = classes.separated().to_vec();
                    return Err(NotVerified::OtherSeparators { expected, found: vec![*class] });
                }
                // Where rows may fail there is always a plane.
                if self.wish.penalty != Penalty::Hard {
                    return Err(refuted(*class)(Refutation::OtherProblem));
                }
                let signs = signs(labels, *class);
                let rows = ScaledRows::new(points, signs.clone());
                let problem = HardMarginProblem::new(&rows, self.wish.norm)?;
                let checked = match self.wish.intercept {
                    Intercept::Zero => proof.verify(&problem),
                    Intercept::Free => {
                        InterceptOutcome::NotSeparable(proof.clone()).verify(&problem, &signs)
                    }
                };
                checked.map_err(refuted(*class))
            }
        }
    }
}

/// That the model is of these classes and has a separator for each that needs one, and no other.
fn require_all(classes: &Classes, model: &LpModel) -> Result<(), NotVerified> {
    if model.classes() != classes.all() {
        let (expected, found) = (classes.all().to_vec(), model.classes().to_vec());
        return Err(NotVerified::OtherClasses { expected, found });
    }
    let found: Vec<f64> = model.separators().iter().map(|separator| separator.class).collect();
    if found != classes.separated() {
        let expected = classes.separated().to_vec();
        return Err(NotVerified::OtherSeparators { expected, found });
    }
    Ok(())
}

/// Whether the proof of one plane holds.
fn verified(
    wish: &Wish,
    points: &dyn LinearOperator,
    signs: &[f64],
    separator: &ClassSeparator,
) -> Result<Result<(), Refutation>, SvmError> {
    // What is predicted by: slacks, which the proof has besides, can't stand in for coefficients.
    let (expected, found) = (points.ncols(), separator.coefficients.len());
    if expected != found {
        let what = "coefficients";
        return Ok(Err(Refutation::ShapeMismatch { what, expected, found }));
    }
    let rows = ScaledRows::new(points, signs.to_vec());
    let weights = class_weights(wish.weights, signs);
    match (wish.penalty, wish.norm) {
        (Penalty::Hard, _) => of_margin(&rows, wish, signs, separator),
        (Penalty::Power(cost), Norm::Lp(norm)) => {
            let slacks = roots_of_prices(norm, cost, &weights);
            let rows = Augmented::new(&rows, Appended::Diagonal(slacks));
            of_margin(&rows, wish, signs, separator)
        }
        (Penalty::Hinge(cost) | Penalty::Power(cost), _) => {
            let mut problem = SoftMarginProblem::new(&rows, wish.norm, cost)?;
            problem = problem.with_weights(&weights)?;
            if wish.intercept == Intercept::Free {
                problem = problem.with_intercept(signs)?;
            }
            let Proof::Objective(interval) = separator.proof else { return Ok(other_proof()) };
            let ClassSeparator { coefficients, intercept, multipliers, remainder, .. } = separator;
            let pair = (coefficients.as_slice(), *intercept, multipliers.as_slice());
            Ok(verify_objective_sum(&problem, pair, remainder, interval))
        }
    }
}

fn of_margin(
    rows: &dyn LinearOperator,
    wish: &Wish,
    signs: &[f64],
    separator: &ClassSeparator,
) -> Result<Result<(), Refutation>, SvmError> {
    let problem = HardMarginProblem::new(rows, wish.norm)?;
    let Proof::Margin(interval) = separator.proof else { return Ok(other_proof()) };
    let ClassSeparator { intercept, multipliers, remainder, .. } = separator;
    let w = [separator.coefficients.as_slice(), &separator.slacks].concat();
    Ok(match wish.intercept {
        Intercept::Zero => verify_sum(&problem, &w, multipliers, remainder, interval),
        Intercept::Free => {
            let pair = (w.as_slice(), *intercept, multipliers.as_slice());
            verify_intercept_sum(&problem, signs, pair, remainder, interval)
        }
    })
}

/// The proof is of another kind than the classifier's penalty.
fn other_proof() -> Result<(), Refutation> {
    Err(Refutation::OtherProblem)
}
