//! Directions and spaces as backends run them.

use mirrorhead_kernels::{Matrix, SignedPower};

use super::definition::Backend;
use super::entrywise::{EntrywiseMap, EntrywiseNorm};
use crate::{DescentNorm, OutsideDomain, Potential};

/// Where the iterate of one tensor lives.
#[derive(Clone, Copy)]
pub enum SpaceForm<'a> {
    /// The parameter itself.
    Primal,
    /// The dual point of a potential that backends know.
    Entrywise(EntrywiseMap),
    /// The dual point of any potential: in double precision, in the processor's memory.
    Own(&'a dyn Potential),
}

/// Where the step of one tensor goes.
#[derive(Clone, Copy)]
pub enum DirectionForm<'a> {
    /// The gradient, measured by the dual norm of the space.
    Gradient,
    /// The steepest direction of a norm that backends know.
    Entrywise(EntrywiseNorm),
    /// That of any norm: in double precision, in the processor's memory.
    Own(&'a dyn DescentNorm),
}

impl SpaceForm<'_> {
    /// The same, without the identity as a mirror map.
    pub(super) fn simplified(self) -> Self {
        match self {
            Self::Entrywise(EntrywiseMap::Power(norm)) if norm.p() == 2.0 => Self::Primal,
            other => other,
        }
    }

    /// Whether a tensor is a point of the domain.
    pub(super) fn require_domain(self, w: &Matrix) -> Result<(), OutsideDomain> {
        match self {
            Self::Own(potential) => potential.require_domain(w),
            Self::Primal | Self::Entrywise(_) => Ok(()),
        }
    }

    /// `out` becomes the dual point of `w`.
    pub(super) fn mirror<B: Backend>(self, on: &mut B, w: &B::Entries, out: &mut B::Entries) {
        match self {
            Self::Primal => on.copy(w, out),
            Self::Entrywise(EntrywiseMap::Power(norm)) => on.power(norm.mirror_power(), w, out),
            Self::Entrywise(EntrywiseMap::SoftThreshold(threshold)) => {
                on.stretch(threshold, w, out);
            }
            Self::Own(potential) => on.in_double(w, out, &mut |w, out| {
                potential.mirror_map(w.as_slice(), out.as_mut_slice());
            }),
        }
    }

    /// `out` becomes the parameter of the dual point `u`.
    pub(super) fn primal<B: Backend>(self, on: &mut B, u: &B::Entries, out: &mut B::Entries) {
        match self {
            Self::Primal => on.copy(u, out),
            Self::Entrywise(EntrywiseMap::Power(norm)) => {
                on.power(norm.inverse_mirror_power(), u, out);
            }
            Self::Entrywise(EntrywiseMap::SoftThreshold(threshold)) => on.shrink(threshold, u, out),
            Self::Own(potential) => on.in_double(u, out, &mut |u, out| {
                potential.inverse_mirror_map(u.as_slice(), out.as_mut_slice());
            }),
        }
    }

    /// By how many relative roundings a parameter may differ from that of its dual point: what rounding does to the dual
    /// point becomes `$q - 1$` times as much in the parameter, and both maps round.
    pub(super) fn slack(self) -> f64 {
        match self {
            Self::Entrywise(EntrywiseMap::Power(norm)) => norm.conjugate_exponent() + 1.0,
            _ => 3.0,
        }
    }

    fn dual_norm<B: Backend>(self, on: &mut B, g: &B::Entries) -> B::Norm {
        match self {
            Self::Entrywise(EntrywiseMap::Power(norm)) => on.lp_norm(norm.dual().power(), g),
            Self::Own(potential) => {
                on.norm_in_double(g, &mut |g| potential.dual_norm(g.as_slice()))
            }
            Self::Primal | Self::Entrywise(EntrywiseMap::SoftThreshold(_)) => {
                on.lp_norm(SignedPower::new(2.0), g)
            }
        }
    }
}

impl DirectionForm<'_> {
    /// The dual norm of `g`.
    pub(super) fn dual_norm<B: Backend>(
        self,
        on: &mut B,
        space: SpaceForm<'_>,
        g: &B::Entries,
    ) -> B::Norm {
        match self {
            Self::Gradient => space.dual_norm(on, g),
            Self::Entrywise(EntrywiseNorm::Lp(norm)) => on.lp_norm(norm.dual().power(), g),
            Self::Entrywise(EntrywiseNorm::Max) => on.lp_norm(SignedPower::new(1.0), g),
            Self::Own(norm) => on.norm_in_double(g, &mut |g| norm.dual_norm(g)),
        }
    }

    /// Whether [`unit`](Self::unit) reads the norm.
    pub(super) fn divides_by_norm(self) -> bool {
        matches!(self, Self::Gradient | Self::Entrywise(EntrywiseNorm::Lp(_)))
    }

    /// `out` becomes the unit vector that `g`, whose dual norm is given, likes best; of the gradient as direction,
    /// `$g/\lVert g\rVert_*$`.
    pub(super) fn unit<B: Backend>(
        self,
        on: &mut B,
        g: &B::Entries,
        norm: Option<&B::Norm>,
        spare: &mut B::Entries,
        out: &mut B::Entries,
    ) {
        match (self, norm) {
            (Self::Entrywise(known), norm) => known.unit(on, g, norm, spare, out),
            (Self::Own(own), _) => on.in_double(g, out, &mut |g, out| {
                let norm = own.dual_norm(g);
                if norm != 0.0 {
                    own.move_along(g, norm, -1.0, out);
                }
            }),
            (_, Some(norm)) => on.divide(g, norm, out),
            (_, None) => on.copy(g, out),
        }
    }
}
