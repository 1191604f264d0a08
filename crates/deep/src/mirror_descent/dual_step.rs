//! What a step does to an entry of the dual point.

use mirrorhead_kernels::{elementary, simd_dispatch};

use super::signed_powers::{CHUNK, widened};
use super::{MirrorDescent, Momentum, StepRule};

/// `$u \mapsto a\,u - \eta\,s$`, where `$s$` is the direction `$c\,g$` or what momentum makes of it.
pub(super) struct DualStep {
    /// `$\eta$`.
    rate: f32,
    /// `$a$`: one without weight decay.
    decay: f32,
    /// `$c$`: one, or the inverse of the dual norm of the gradient.
    scale: f64,
    momentum: Momentum,
}

impl DualStep {
    /// What a step does at `rate` along a tensor's `gradient`.
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn new(method: &MirrorDescent, rate: f64, gradient: &[f32]) -> Self {
        let scale = match method.step_rule {
            StepRule::Unnormalized => 1.0,
            StepRule::DualNormalized => inverse_dual_norm(method, gradient),
        };
        let decay = method.dual_decay(rate).unwrap_or(1.0) as f32;
        Self { rate: rate as f32, decay, scale, momentum: method.momentum }
    }

    /// `next` `$= a\,u - \eta\,s$`, with `$\beta\,m + c\,g$` in `next_memory` if there is `memory`.
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn apply(
        &self,
        dual: &[f32],
        gradient: &[f32],
        memory: Option<&[f32]>,
        next_memory: &mut [f32],
        next: &mut [f32],
    ) {
        let Self { rate, decay, scale, momentum } = *self;
        // By value: a number behind a reference would keep the loops from vectorising.
        simd_dispatch(
            #[inline(always)]
            move || {
                let direction = move |g: f32| (f64::from(g) * scale) as f32;
                let moved = move |u: f32, step: f32| u * decay - step * rate;
                let points = next.iter_mut().zip(dual.iter().zip(gradient));
                match (momentum, memory) {
                    (Momentum::HeavyBall(beta), Some(memory)) => {
                        let beta = beta as f32;
                        let memories = memory.iter().zip(next_memory);
                        for ((next, (u, g)), (m, new)) in points.zip(memories) {
                            *new = m * beta + direction(*g);
                            *next = moved(*u, *new);
                        }
                    }
                    (Momentum::Nesterov(beta), Some(memory)) => {
                        let beta = beta as f32;
                        let memories = memory.iter().zip(next_memory);
                        for ((next, (u, g)), (m, new)) in points.zip(memories) {
                            let d = direction(*g);
                            *new = m * beta + d;
                            *next = moved(*u, d + *new * beta);
                        }
                    }
                    _ => {
                        for (next, (u, g)) in points {
                            *next = moved(*u, direction(*g));
                        }
                    }
                }
            },
        );
    }
}

/// `$1 / \lVert g\rVert_q$`, scaled by the largest entry; zero of a zero gradient. The numbers are
/// 32 bits wide and this is 64, so nothing leaves the range.
fn inverse_dual_norm(method: &MirrorDescent, gradient: &[f32]) -> f64 {
    let scale = f64::from(f32::from_bits(largest(gradient)));
    if scale == 0.0 {
        return 0.0;
    }
    let power = method.norm.dual().power();
    let mut wide = [0.0; CHUNK];
    let sum_of = |chunk: &[f32]| power.sum_abs(widened(chunk, &mut wide), scale);
    let sum: f64 = gradient.chunks(CHUNK).map(sum_of).sum();
    (scale * elementary::powf(sum, method.norm.conjugate_exponent().recip())).recip()
}

/// The bits of the largest entry in size. They are ordered as the sizes are, and those of a NaN are
/// the largest.
pub(super) fn largest(x: &[f32]) -> u32 {
    simd_dispatch(
        #[inline(always)]
        || x.iter().map(|x| x.abs().to_bits()).max().unwrap_or(0),
    )
}
