//! Trajectories pinned to the last bit: what a method computes does not change with how it is composed.
//!
//! The numbers are those of the methods before they were compositions. Only products, sums and roots,
//! which are the same on every machine.

use mirrorhead_kernels::{LogScaled, Matrix};
use mirrorhead_mirror::{
    LpNorm, MaxNorm, MirrorDescent, Optimizer, PowerPotential, SteepestDescent, StepSize,
};

/// Fowler, Noll and Vo's hash of the bits of all entries after 200 steps.
fn digest(method: &impl Optimizer) -> u64 {
    let mut w = [Matrix::from_fn(2, 3, |i, j| (i as f64 - 0.75) * (j as f64 + 0.5))];
    let mut state = method.init(&w).expect("finite");
    for k in 0..200_usize {
        let entry = |i: usize, j: usize| ((7 * k + 3 * i + 5 * j) % 11) as f64 - 4.5;
        let gradient = [LogScaled { log_scale: 0.0, value: Matrix::from_fn(2, 3, entry) }];
        method.step(&mut state, &mut w, &gradient, 1.0).expect("finite");
    }
    let bytes = w[0].as_slice().iter().flat_map(|x| x.to_bits().to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[test]
fn trajectories_are_the_ones_they_have_always_been() {
    let step = StepSize::Constant(0.015_625);
    let mirror = |p: f64| {
        let norm = LpNorm::new(p).expect("an exponent");
        digest(&MirrorDescent::new(PowerPotential::new(norm), step))
    };
    let found = [
        mirror(1.25),
        mirror(1.5),
        mirror(2.0),
        mirror(3.0),
        digest(&SteepestDescent::new(MaxNorm, step)),
    ];
    let pinned: [u64; 5] = [
        0xd682_1b89_4e26_a492,
        0xd50e_b759_930f_ba7c,
        0xeece_2bf5_f8a5_f2e8,
        0xd29f_bb1d_bc52_41d6,
        0xadd2_fe54_10a6_6592,
    ];
    assert_eq!(found, pinned, "{found:#018x?}");
}
