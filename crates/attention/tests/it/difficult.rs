//! Generators of difficult data: what they promise, and the numbers that a seed means.

use mirrorhead_attention::{
    AttSvmOperator, AttentionError, CorrelatedTokens, HeavyTailedTokens, NoisyLabels,
    PlantedMargin, PlantedSolution, Seed, SphereTokens, TokenScores, TokenSelection, decoder_rows,
};
use mirrorhead_kernels::{LinearOperator, dot, max_abs};
use mirrorhead_mirror::{LpNorm, Potential, PowerPotential};

const SIZES: SphereTokens = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };

fn planted(sizes: SphereTokens, p: f64, seed: u64) -> PlantedSolution {
    let norm = LpNorm::new(p).expect("an exponent above one");
    let n_support = sizes.n_tokens / 2;
    PlantedMargin { sizes, norm, n_support, signal: 0.5 }.sample(Seed(seed)).expect("a solution")
}

#[test]
fn correlation_decays_along_a_sequence() {
    let sizes = SphereTokens { n_sequences: 20, n_tokens: 400, dim: 60 };
    for correlation in [-0.5, 0.0, 0.5, 0.9, 0.99] {
        let data = CorrelatedTokens { sizes, correlation }.sample(Seed(3)).expect("in range").data;
        let cosine = |i: usize, t: usize, lag: usize| {
            dot(data.tokens().token(i, t), data.tokens().token(i, t + lag))
        };
        for lag in [1, 3] {
            let all: Vec<_> = (0..20).flat_map(|i| (0..397).map(move |t| (i, t))).collect();
            let mean = all.iter().map(|(i, t)| cosine(*i, *t, lag)).sum::<f64>() / all.len() as f64;
            // Dividing by the length takes off some of the correlation, of the order of 1/d.
            let expected = correlation.powi(i32::try_from(lag).expect("small"));
            assert!((mean - expected).abs() < 0.02, "rho = {correlation}, {lag}: {mean}");
        }
        for t in 0..400 {
            assert!((cosine(0, t, 0) - 1.0).abs() < 1e-14);
        }
    }
}

#[test]
fn without_correlation_tokens_are_those_of_the_sphere() {
    let plain = SIZES.sample(Seed(5)).expect("positive sizes");
    let none = CorrelatedTokens { sizes: SIZES, correlation: 0.0 }.sample(Seed(5)).expect("valid");
    assert_eq!((&none.decoder, none.data.labels()), (&plain.decoder, plain.data.labels()));
    assert_eq!(none.data.queries(), plain.data.queries());
    for i in 0..6 {
        let pairs = none.data.tokens().sequence(i).iter().zip(plain.data.tokens().sequence(i));
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() <= 1e-15));
    }
}

/// `$P(\lvert x\rvert \le c)$` of Student's distribution, in closed form.
fn within(degrees_of_freedom: u32, c: f64) -> f64 {
    match degrees_of_freedom {
        1 => c.atan() / std::f64::consts::FRAC_PI_2,
        2 => c / (2.0 + c * c).sqrt(),
        other => unreachable!("{other} degrees of freedom"),
    }
}

#[test]
fn entries_have_students_distribution() {
    let sizes = SphereTokens { n_sequences: 10, n_tokens: 100, dim: 40 };
    for degrees_of_freedom in [1, 2] {
        let heavy = HeavyTailedTokens { sizes, degrees_of_freedom };
        let data = heavy.sample(Seed(2)).expect("positive sizes").data;
        let entries: Vec<f64> = (0..10)
            .flat_map(|i| data.tokens().sequence(i).to_vec())
            .map(|x| x * 40f64.sqrt())
            .collect();
        let n = entries.len() as f64;
        for c in [0.3, 1.0, 3.0, 30.0] {
            let share = entries.iter().filter(|x| x.abs() <= c).count() as f64 / n;
            let expected = within(degrees_of_freedom, c);
            let deviation = (expected * (1.0 - expected) / n).sqrt();
            assert!((share - expected).abs() <= 4.0 * deviation, "{degrees_of_freedom}: {share}");
        }
        let positive = entries.iter().filter(|x| **x > 0.0).count() as f64 / n;
        assert!((positive - 0.5).abs() <= 4.0 * 0.5 / n.sqrt());
    }
}

#[test]
fn annotators_err_as_often_as_said_about_the_same_inputs() {
    let sizes = SphereTokens { n_sequences: 3_000, n_tokens: 2, dim: 3 };
    let plain = sizes.sample(Seed(4)).expect("positive sizes");
    for flipped in [0.0, 0.2, 1.0] {
        let noisy = NoisyLabels { sizes, annotators: 3, flipped }.sample(Seed(4)).expect("valid");
        assert_eq!((noisy.data.len(), &noisy.decoder), (9_000, &plain.decoder));
        let mut wrong = 0;
        for sample in 0..9_000 {
            let (tokens, queries) = (noisy.data.tokens(), noisy.data.queries());
            assert_eq!(tokens.sequence(sample), plain.data.tokens().sequence(sample / 3));
            assert_eq!(queries.col(sample), plain.data.queries().col(sample / 3));
            wrong += u32::from(noisy.data.labels()[sample] != plain.data.labels()[sample / 3]);
        }
        let deviation = (9_000.0 * flipped * (1.0 - flipped)).sqrt();
        assert!((f64::from(wrong) - 9_000.0 * flipped).abs() <= 4.0 * deviation, "{wrong}");
    }
}

/// Farkas by hand: of two copies with opposite labels the decoder's rows are opposite, so that
/// weights of one on both sum to nothing.
#[test]
fn annotators_who_disagree_leave_nothing_for_a_decoder_to_separate() {
    let noisy = NoisyLabels { sizes: SIZES, annotators: 3, flipped: 0.3 };
    let data = noisy.sample(Seed(1)).expect("valid").data;
    let disagree = |i: &usize| data.labels()[3 * i] != data.labels()[3 * i + 1];
    let contradicted: Vec<_> = (0..6).filter(disagree).collect();
    assert!(!contradicted.is_empty());
    for token in 0..8 {
        let rows = decoder_rows(&data, &TokenSelection::new(vec![token; 18], &data).expect("8"));
        for i in &contradicted {
            let pairs = rows.row(3 * i).iter().zip(rows.row(3 * i + 1));
            assert!(pairs.into_iter().all(|(a, b)| a + b == 0.0));
        }
    }
}

/// The optimality conditions of the AttSVM, to rounding: no solver is asked.
#[test]
fn the_planted_solution_is_optimal() {
    for (n_sequences, n_tokens, dim) in [(6, 8, 10), (1, 2, 2), (5, 3, 5), (12, 40, 16)] {
        let sizes = SphereTokens { n_sequences, n_tokens, dim };
        for p in [1.1, 1.5, 2.0, 3.0, 5.0] {
            let solved = planted(sizes, p, 1);
            let name = format!("{sizes:?}, p = {p}");
            let data = &solved.planted.data;
            let rows =
                AttSvmOperator::new(data.tokens(), data.queries(), solved.selection.tokens());
            let mut margins = vec![0.0; rows.nrows()];
            rows.apply(solved.key_query.as_slice(), &mut margins);
            for (margin, multiplier) in margins.iter().zip(&solved.multipliers) {
                let active = (margin - 1.0).abs() <= 1e-12;
                assert_eq!(active, *multiplier > 0.0, "{name}: {margin}, {multiplier}");
                assert!(active || (*multiplier == 0.0 && *margin > 1.09), "{name}: {margin}");
            }
            let (mut pull, mut u) = (vec![0.0; dim * dim], vec![0.0; dim * dim]);
            rows.apply_adjoint(&solved.multipliers, &mut pull);
            let norm = LpNorm::new(p).expect("above one");
            PowerPotential::new(norm).mirror_map(solved.key_query.as_slice(), &mut u);
            let apart = pull.iter().zip(&u).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(apart <= 1e-12 * max_abs(&u), "{name}: {apart:e}");
            let of_norm = solved.margin * norm.of(solved.key_query.as_slice());
            assert!((of_norm - 1.0).abs() < 1e-13, "{name}: {of_norm}");

            let scores = TokenScores::of(data, &solved.planted.decoder).expect("fitting");
            assert_eq!(TokenSelection::optimal(&scores), solved.selection, "{name}");
        }
    }
}

#[test]
fn the_signal_is_that_of_the_mean_differences() {
    // With one support token there is no scatter: its difference is m b_i itself.
    let norm = LpNorm::new(3.0).expect("above one");
    for signal in [0.01, 1.0, 100.0] {
        let plant = PlantedMargin { sizes: SIZES, norm, n_support: 1, signal };
        let solved = plant.sample(Seed(2)).expect("a solution");
        let data = &solved.planted.data;
        let rows = AttSvmOperator::new(data.tokens(), data.queries(), solved.selection.tokens());
        let sizes = (0..rows.nrows()).filter(|j| solved.multipliers[*j] > 0.0).map(|j| {
            let (i, t) = rows.row_token(j);
            let selected = data.tokens().token(i, solved.selection.tokens()[i]);
            let difference: Vec<_> =
                selected.iter().zip(data.tokens().token(i, t)).map(|(a, b)| a - b).collect();
            dot(&difference, &difference).sqrt()
        });
        let mean = sizes.sum::<f64>() / 6.0;
        assert!((mean / signal - 1.0).abs() < 1e-12, "{mean} for {signal}");
    }
}

#[test]
fn numbers_out_of_range_are_refused() {
    let out_of_range = |result: Result<_, AttentionError>, name: &str| {
        let Err(AttentionError::InvalidSetting(wrong)) = result else { panic!("{name}") };
        assert_eq!(wrong.name, name);
    };
    for correlation in [1.0, -1.0, f64::NAN, f64::INFINITY] {
        let refused = CorrelatedTokens { sizes: SIZES, correlation }.sample(Seed(1)).map(|_| ());
        out_of_range(refused, "correlation");
    }
    for flipped in [-0.1, 1.1, f64::NAN] {
        let noisy = NoisyLabels { sizes: SIZES, annotators: 2, flipped };
        out_of_range(noisy.sample(Seed(1)).map(|_| ()), "flipped");
    }
    let norm = LpNorm::new(2.0).expect("above one");
    let plant = PlantedMargin { sizes: SIZES, norm, n_support: 4, signal: 0.5 };
    for signal in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        out_of_range(PlantedMargin { signal, ..plant }.sample(Seed(1)).map(|_| ()), "signal");
    }
    for n_support in [0, 8, 9] {
        out_of_range(PlantedMargin { n_support, ..plant }.sample(Seed(1)).map(|_| ()), "n_support");
    }
    let many = SphereTokens { n_sequences: 11, ..SIZES };
    out_of_range(PlantedMargin { sizes: many, ..plant }.sample(Seed(1)).map(|_| ()), "n_sequences");
}

#[test]
fn sizes_of_zero_and_beyond_memory_are_refused() {
    let none = SphereTokens { n_tokens: 0, ..SIZES };
    let zero = |what| Err(AttentionError::ZeroSize { what });
    let correlated = CorrelatedTokens { sizes: none, correlation: 0.5 };
    assert_eq!(correlated.sample(Seed(1)), zero("n_tokens"));
    let heavy = HeavyTailedTokens { sizes: SIZES, degrees_of_freedom: 0 };
    assert_eq!(heavy.sample(Seed(1)), zero("degrees_of_freedom"));
    let noisy = NoisyLabels { sizes: SIZES, annotators: 0, flipped: 0.1 };
    assert_eq!(noisy.sample(Seed(1)), zero("annotators"));
    let crowd = NoisyLabels { annotators: usize::MAX, ..noisy }.sample(Seed(1));
    assert!(matches!(crowd, Err(AttentionError::TooLarge { .. })), "{crowd:?}");
}

#[test]
fn a_solution_that_no_draw_has_is_not_looked_for_forever() {
    let sizes = SphereTokens { n_sequences: 40, n_tokens: 3, dim: 40 };
    let norm = LpNorm::new(200.0).expect("above one");
    let plant = PlantedMargin { sizes, norm, n_support: 1, signal: 1.0 };
    let refused = plant.sample(Seed(1)).expect_err("far from 2");
    assert!(refused.to_string().contains("choose fewer sequences, or p nearer to 2"), "{refused}");
}

/// Published results name seeds: what a seed means must not change without notice.
#[test]
fn value_stability() {
    let first =
        |planted: &mirrorhead_attention::Planted| planted.data.tokens().token(0, 1)[..3].to_vec();
    let correlated = CorrelatedTokens { sizes: SIZES, correlation: 0.9 }.sample(Seed(1));
    assert_eq!(
        first(&correlated.expect("valid")),
        [-0.090_822_634_625_050_01, 0.026_201_082_612_547_628, -0.472_311_939_183_503_3]
    );
    let heavy = HeavyTailedTokens { sizes: SIZES, degrees_of_freedom: 2 }.sample(Seed(1));
    assert_eq!(
        first(&heavy.expect("valid")),
        [0.109_118_866_289_827_42, -0.973_212_055_246_850_4, 0.103_765_399_245_162_1]
    );
    let noisy = NoisyLabels { sizes: SIZES, annotators: 3, flipped: 0.2 }.sample(Seed(1));
    let labels = noisy.expect("valid").data.labels().to_vec();
    assert_eq!(labels[..3], [-1.0, -1.0, -1.0]);
    assert_eq!(labels[15..], [-1.0, 1.0, 1.0]);
    let solved = planted(SIZES, 2.0, 1);
    assert_eq!(solved.selection.tokens(), [6, 1, 6, 6, 0, 4]);
    assert_eq!(solved.margin, 0.196_180_683_024_445_16);
    assert_eq!(
        first(&solved.planted),
        [0.348_373_561_598_120_16, 0.120_135_878_997_903_37, -0.286_333_515_635_374_1]
    );
    assert_eq!(
        solved.key_query.as_slice()[..2],
        [-0.060_326_596_516_060_42, 0.721_942_939_076_446_2]
    );
}
