//! A piece of a tensor, small enough for the nearest cache.

use mirrorhead_kernels::{SignedPower, simd_dispatch};
use mirrorhead_mirror::LpNorm;

use super::stride::{Stride, largest};
use super::tensors::relative_slack;

/// Entries of a piece.
pub(super) const PIECE: usize = 1024;

/// The same entries of everything that a step reads and writes.
pub(super) struct Piece<'a> {
    pub(super) weights: &'a mut [f32],
    /// None at $p = 2$, where it is the weights.
    pub(super) dual: Option<&'a mut [f32]>,
    /// The momentum, if any.
    pub(super) memory: Option<&'a mut [f32]>,
    pub(super) gradient: &'a [f32],
}

impl Piece<'_> {
    /// Sets the dual point to $\nabla\psi(w)$ in the entries whose weight is another than the one that
    /// the dual point stands for: somebody else has set it.
    pub(super) fn reconcile(&mut self, norm: LpNorm) {
        let Some(dual) = self.dual.as_deref_mut() else { return };
        let slack = relative_slack(norm, f64::from(f32::EPSILON));
        let changed = |w: f32, implied: f32| {
            let slack = f64::from(implied.abs()) * slack + f64::from(f32::MIN_POSITIVE);
            let distance = f64::from((implied - w).abs());
            // A weight that is NaN is another one, too.
            distance > slack || distance.is_nan()
        };
        let mut buffer = [0.0; PIECE];
        let implied = &mut buffer[..dual.len()];
        map(norm.inverse_mirror_power(), dual, implied);
        let any = simd_dispatch(
            #[inline(always)]
            || {
                let pairs = self.weights.iter().zip(&*implied);
                pairs.fold(false, |any, (w, implied)| any | changed(*w, *implied))
            },
        );
        if any {
            for (u, (w, implied)) in dual.iter_mut().zip(self.weights.iter().zip(&*implied)) {
                if changed(*w, *implied) {
                    map(norm.mirror_power(), &[*w], std::slice::from_mut(u));
                }
            }
        }
    }

    /// The bits of the largest entry of the dual point after the step.
    pub(super) fn reach(&self, stride: &Stride) -> u32 {
        let (mut memory, mut next) = ([0.0; PIECE], [0.0; PIECE]);
        largest(self.next(stride, &mut memory, &mut next))
    }

    /// Takes the step. A weight whose dual point stays, stays to the last bit.
    pub(super) fn advance(&mut self, stride: &Stride, to_primal: SignedPower) {
        let (mut memory, mut next) = ([0.0; PIECE], [0.0; PIECE]);
        let next = self.next(stride, &mut memory, &mut next);
        if let Some(m) = self.memory.as_deref_mut() {
            m.copy_from_slice(&memory[..m.len()]);
        }
        let Some(dual) = self.dual.as_deref_mut() else {
            self.weights.copy_from_slice(next);
            return;
        };
        let mut powers = [0.0; PIECE];
        map(to_primal, next, &mut powers[..next.len()]);
        let pairs = self.weights.iter_mut().zip(&powers);
        simd_dispatch(
            #[inline(always)]
            || {
                for ((w, power), (u, next)) in pairs.zip(dual.iter_mut().zip(next)) {
                    *w = if next == u { *w } else { *power };
                    *u = *next;
                }
            },
        );
    }

    fn next<'b>(
        &self,
        stride: &Stride,
        memory: &mut [f32; PIECE],
        next: &'b mut [f32; PIECE],
    ) -> &'b [f32] {
        let count = self.weights.len();
        let dual = self.dual.as_deref().unwrap_or(self.weights);
        let next = &mut next[..count];
        stride.apply(dual, self.gradient, self.memory.as_deref(), &mut memory[..count], next);
        next
    }
}

/// `out`$_k = \operatorname{sign}(x_k)\,\lvert x_k\rvert^{e}$; products and roots in double precision.
pub(super) fn map(power: SignedPower, x: &[f32], out: &mut [f32]) {
    if !power.is_algebraic() {
        // The library's power of 32-bit numbers is as good as they are, and much faster.
        let exponent = narrow(power.exponent());
        for (out, x) in out.iter_mut().zip(x) {
            *out = x.abs().powf(exponent).copysign(*x);
        }
        return;
    }
    let (mut wide, mut powers) = ([0.0; PIECE], [0.0; PIECE]);
    for (x, out) in x.chunks(PIECE).zip(out.chunks_mut(PIECE)) {
        let powers = &mut powers[..x.len()];
        power.map(widened(x, &mut wide), powers);
        simd_dispatch(
            #[inline(always)]
            || {
                for (out, power) in out.iter_mut().zip(&*powers) {
                    *out = narrow(*power);
                }
            },
        );
    }
}

/// A piece in double precision.
pub(super) fn widened<'a>(x: &[f32], wide: &'a mut [f64; PIECE]) -> &'a [f64] {
    simd_dispatch(
        #[inline(always)]
        || {
            for (wide, x) in wide.iter_mut().zip(x) {
                *wide = f64::from(*x);
            }
        },
    );
    &wide[..x.len()]
}

/// The nearest number of 32 bits; infinite beyond their range.
#[allow(clippy::cast_possible_truncation)]
#[inline(always)]
fn narrow(x: f64) -> f32 {
    x as f32
}
