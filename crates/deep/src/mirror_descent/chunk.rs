//! A chunk of a tensor, small enough for the nearest cache.

use mirrorhead_kernels::simd_dispatch;
use mirrorhead_mirror::LpNorm;

use super::dual_step::{DualStep, largest};
use super::signed_powers::{CHUNK, SignedPowers, signed_power};
use super::tensors::relative_slack;

/// The same entries of everything that a step reads and writes.
pub(super) struct Chunk<'a> {
    pub(super) weights: &'a mut [f32],
    /// None at `$p = 2$`, where it is the weights.
    pub(super) dual: Option<&'a mut [f32]>,
    /// The momentum, if any.
    pub(super) memory: Option<&'a mut [f32]>,
    pub(super) gradient: &'a [f32],
}

/// Room for what is computed about a chunk.
pub(super) struct Scratch {
    powers: SignedPowers,
    memory: [f32; CHUNK],
    next: [f32; CHUNK],
}

impl Default for Scratch {
    fn default() -> Self {
        Self { powers: SignedPowers::default(), memory: [0.0; CHUNK], next: [0.0; CHUNK] }
    }
}

impl Chunk<'_> {
    /// Sets the dual point to `$\nabla\psi(w)$` in the entries whose weight is another than the one that
    /// the dual point stands for: somebody else has set it.
    pub(super) fn reconcile(&mut self, norm: LpNorm, scratch: &mut Scratch) {
        let Some(dual) = self.dual.as_deref_mut() else { return };
        let slack = relative_slack(norm, f64::from(f32::EPSILON));
        let changed = move |w: f32, implied: f32| {
            let slack = slack * f64::from(implied.abs()) + f64::from(f32::MIN_POSITIVE);
            let near = f64::from((implied - w).abs()) <= slack;
            // A weight that is NaN is another one, too.
            !near
        };
        let implied = scratch.powers.of(dual, norm.inverse_mirror_power());
        let weights = &*self.weights;
        let any = simd_dispatch(
            #[inline(always)]
            move || {
                let pairs = weights.iter().zip(implied);
                pairs.fold(false, |any, (w, implied)| any | changed(*w, *implied))
            },
        );
        if any {
            for (u, (w, implied)) in dual.iter_mut().zip(weights.iter().zip(implied)) {
                if changed(*w, *implied) {
                    *u = signed_power(*w, norm.mirror_power());
                }
            }
        }
    }

    /// The bits of the largest entry of the dual point after the step.
    pub(super) fn reach(&self, dual_step: &DualStep, scratch: &mut Scratch) -> u32 {
        self.look_ahead(dual_step, scratch);
        largest(&scratch.next[..self.gradient.len()])
    }

    /// Takes the step. A weight whose dual point stays, stays to the last bit.
    pub(super) fn advance(&mut self, dual_step: &DualStep, norm: LpNorm, scratch: &mut Scratch) {
        self.look_ahead(dual_step, scratch);
        if let Some(memory) = self.memory.as_deref_mut() {
            memory.copy_from_slice(&scratch.memory[..memory.len()]);
        }
        let Some(dual) = self.dual.as_deref_mut() else {
            self.weights.copy_from_slice(&scratch.next[..self.gradient.len()]);
            return;
        };
        let Scratch { powers, next, .. } = scratch;
        let next = &next[..dual.len()];
        let powers = powers.of(next, norm.inverse_mirror_power());
        let weights = &mut *self.weights;
        simd_dispatch(
            #[inline(always)]
            move || {
                let pairs = weights.iter_mut().zip(powers);
                for ((w, power), (u, next)) in pairs.zip(dual.iter_mut().zip(next)) {
                    let (stays, moves) = (*w, *power);
                    *w = if *next == *u { stays } else { moves };
                    *u = *next;
                }
            },
        );
    }

    /// Where the step leads: the next dual point, and the next momentum if there is any.
    fn look_ahead(&self, dual_step: &DualStep, scratch: &mut Scratch) {
        let count = self.gradient.len();
        let dual = self.dual.as_deref().unwrap_or(self.weights);
        let Scratch { memory, next, .. } = scratch;
        let (next_memory, next) = (&mut memory[..count], &mut next[..count]);
        dual_step.apply(dual, self.gradient, self.memory.as_deref(), next_memory, next);
    }
}
