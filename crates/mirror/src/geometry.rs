//! Geometries: the potentials of a list of tensors.

use mirrorhead_kernels::Matrix;

use crate::{CentredPotential, MirrorError, Potential};

/// The potentials of a list of tensors: every [`Potential`], which is then that of each tensor, or one
/// for each ([`PotentialOfEach`]).
pub trait Geometry: Sync {
    /// The potential of a tensor.
    type Potential: Potential;

    /// Checks that there is a potential for each of `count` tensors.
    ///
    /// # Errors
    /// [`MirrorError::PotentialCount`].
    fn require_tensors(&self, count: usize) -> Result<(), MirrorError>;

    /// The potential of tensor number `tensor`.
    ///
    /// # Panics
    /// If there is none, which [`require_tensors`](Self::require_tensors) tells.
    fn of_tensor(&self, tensor: usize) -> &Self::Potential;

    /// The dual norm of all tensors together, given that of each.
    fn joint_dual_norm(&self, norms: &[f64]) -> f64;

    /// The least modulus of strong convexity of the potentials, if all have one.
    fn modulus(&self) -> Option<f64>;
}

impl<P: Potential> Geometry for P {
    type Potential = P;

    fn require_tensors(&self, _: usize) -> Result<(), MirrorError> {
        Ok(())
    }

    fn of_tensor(&self, _: usize) -> &P {
        self
    }

    fn joint_dual_norm(&self, norms: &[f64]) -> f64 {
        Potential::joint_dual_norm(self, norms)
    }

    fn modulus(&self) -> Option<f64> {
        Potential::modulus(self)
    }
}

/// A potential for each tensor. Norms of several tensors combine as the first potential says.
///
/// ```
/// use mirrorhead_kernels::Matrix;
/// use mirrorhead_mirror::{
///     LpNorm, MirrorDescent, Optimizer, Potential, PotentialOfEach, PowerPotential, SchattenPotential,
///     StepSize,
/// };
/// let psi = PowerPotential::new(LpNorm::new(1.5)?);
/// let spectral = SchattenPotential::new(LpNorm::new(3.0)?, 2, 2);
/// let both: Vec<Box<dyn Potential>> = vec![Box::new(spectral), Box::new(psi)];
/// let method = MirrorDescent::new(PotentialOfEach::new(both), StepSize::Constant(0.1));
/// assert!(method.init(&[Matrix::zeros(2, 2), Matrix::zeros(2, 1)]).is_ok());
/// assert!(method.init(&[Matrix::zeros(2, 2)]).is_err());
/// # Ok::<(), mirrorhead_mirror::MirrorError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PotentialOfEach<P>(Vec<P>);

impl<P: Potential> PotentialOfEach<P> {
    /// One potential a tensor.
    pub fn new(potentials: Vec<P>) -> Self {
        Self(potentials)
    }

    /// The potentials.
    pub fn potentials(&self) -> &[P] {
        &self.0
    }
}

impl<P: Potential + Clone> PotentialOfEach<CentredPotential<P>> {
    /// `potential` around every tensor of `centre`: the geometry in which mirror descent from `centre`
    /// changes it as little as possible.
    pub fn around(potential: &P, centre: &[Matrix]) -> Self {
        Self(centre.iter().map(|centre| potential.clone().around(centre)).collect())
    }
}

impl<P: Potential> Geometry for PotentialOfEach<P> {
    type Potential = P;

    fn require_tensors(&self, count: usize) -> Result<(), MirrorError> {
        let potentials = self.0.len();
        if potentials == count {
            Ok(())
        } else {
            Err(MirrorError::PotentialCount { potentials, tensors: count })
        }
    }

    fn of_tensor(&self, tensor: usize) -> &P {
        &self.0[tensor]
    }

    fn joint_dual_norm(&self, norms: &[f64]) -> f64 {
        self.0.first().map_or(0.0, |potential| potential.joint_dual_norm(norms))
    }

    fn modulus(&self) -> Option<f64> {
        self.0
            .iter()
            .map(Potential::modulus)
            .try_fold(f64::INFINITY, |least, own| Some(own?.min(least)))
    }
}
