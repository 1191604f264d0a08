//! Generators: what they promise, and the numbers that a seed means.

use mirrorhead_attention::{AttentionError, Seed, SphereTokens, gaussian_matrix, toy_pair};

const SIZES: SphereTokens = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };

#[test]
fn everything_lies_on_the_sphere() {
    let planted = SIZES.sample(Seed(7)).expect("positive sizes");
    let data = &planted.data;
    assert_eq!((data.len(), data.tokens().n_tokens(), data.dim()), (6, 48, 10));
    let on_sphere = |x: &[f64]| (x.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() <= 1e-15 * 4.0;
    assert!(on_sphere(planted.decoder.as_slice()));
    for i in 0..6 {
        assert!(on_sphere(data.queries().col(i)));
        assert!((0..8).all(|t| on_sphere(data.tokens().token(i, t))));
    }
}

#[test]
fn labels_are_fair_and_entries_are_normal() {
    let many =
        SphereTokens { n_sequences: 4_000, n_tokens: 1, dim: 1 }.sample(Seed(1)).expect("positive");
    let positive = many.data.labels().iter().filter(|y| **y == 1.0).count();
    assert!((1_873..=2_127).contains(&positive), "four standard deviations: {positive}"); // 2000 +- 4 * 31.6
    let entries = gaussian_matrix(200, 200, Seed(1));
    let n = entries.len() as f64;
    let moment = |k: i32| entries.as_slice().iter().map(|x| x.powi(k)).sum::<f64>() / n;
    assert!(moment(1).abs() <= 4.0 / n.sqrt(), "{}", moment(1));
    assert!((moment(2) - 1.0).abs() <= 4.0 * (2.0 / n).sqrt(), "{}", moment(2));
    assert!((moment(4) - 3.0).abs() <= 4.0 * (96.0 / n).sqrt(), "{}", moment(4));
}

#[test]
fn seeds_differ_and_streams_do_not_meet() {
    let draw = |seed| SIZES.sample(Seed(seed)).expect("positive sizes");
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
    let decoder = draw(1).decoder;
    let start = gaussian_matrix(10, 1, Seed(1));
    let ratio = decoder[(0, 0)] / start[(0, 0)];
    let parallel = (0..10).all(|k| (decoder[(k, 0)] - ratio * start[(k, 0)]).abs() < 1e-9);
    assert!(!parallel, "data and start come from different streams");
}

#[test]
fn sizes_of_zero_are_refused() {
    for (sizes, name) in [
        (SphereTokens { n_sequences: 0, ..SIZES }, "n_sequences"),
        (SphereTokens { n_tokens: 0, ..SIZES }, "n_tokens"),
        (SphereTokens { dim: 0, ..SIZES }, "dim"),
    ] {
        assert_eq!(sizes.sample(Seed(1)), Err(AttentionError::ZeroSize { what: name }));
    }
    assert!(gaussian_matrix(0, 3, Seed(1)).is_empty());
}

/// Published results name seeds: what a seed means must not change without notice.
#[test]
fn value_stability() {
    let planted = SIZES.sample(Seed(1)).expect("positive sizes");
    let data = &planted.data;
    assert_eq!(
        planted.decoder.as_slice()[..3],
        [-0.072_203_849_975_225_18, -0.433_756_633_886_273_06, 0.102_389_824_885_332_53]
    );
    assert_eq!(
        data.tokens().token(0, 0)[..3],
        [-0.014_789_907_941_312_595, 0.033_022_170_384_664_29, -0.507_854_532_332_134_6]
    );
    assert_eq!(
        data.tokens().token(5, 7)[7..],
        [-0.247_923_248_132_935_06, -0.283_562_701_563_857_5, -0.334_879_094_916_186_3]
    );
    assert_eq!(
        data.queries().col(0)[..3],
        [0.110_937_601_935_213_21, 0.042_521_478_200_863_98, -0.165_310_605_839_839_34]
    );
    assert_eq!(data.labels(), [-1.0, 1.0, -1.0, 1.0, -1.0, 1.0]);
    assert_eq!(
        gaussian_matrix(2, 2, Seed(1)).as_slice(),
        [
            0.527_204_297_045_048_6,
            -2.769_540_742_930_44,
            0.150_406_340_892_852_57,
            -1.567_891_923_720_942
        ]
    );
}

#[test]
fn the_toy_pair_is_the_papers() {
    let data = toy_pair();
    assert_eq!(data.labels(), [1.0, -1.0]);
    assert_eq!(data.tokens().sequence(0), [-2.7, 1.2, 1.4, 2.1, 1.3, -0.1]);
    assert_eq!(data.tokens().sequence(1), [0.4, -2.2, -1.1, -0.4, 0.9, 0.1]);
    assert_eq!(
        (data.queries().col(0), data.queries().col(1)),
        (&[-2.7, 1.2][..], &[0.4, -2.2][..])
    );
}
