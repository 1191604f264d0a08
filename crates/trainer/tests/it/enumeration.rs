//! The enumeration of selections, against single solves and against the definition of a support token.

use mirrorhead_attention::{Dataset, Planted, Seed, SphereTokens, TokenScores, TokenSelection};
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::LpNorm;
use mirrorhead_svm::{Outcome, SvmError, SvmSettings};
use mirrorhead_trainer::{
    Enumeration, EnumerationSettings, TokenOptimality, TrainError, enumerate_selections,
    max_margin_key_query,
};

const CROWDED: SphereTokens = SphereTokens { n_sequences: 4, n_tokens: 3, dim: 2 };

fn lp(p: f64) -> LpNorm {
    LpNorm::new(p).expect("an exponent greater than 1")
}

/// `planted` with only the tokens that `keep(i, t)` keeps.
fn thinned(planted: &Planted, keep: impl Fn(usize, usize) -> bool) -> Planted {
    let data = planted.data.thinned(keep).expect("no sequence is empty");
    Planted { data, decoder: planted.decoder.clone() }
}

/// Sequences of 3, 2, 1 and 3 tokens.
fn ragged(seed: u64) -> Planted {
    let planted = CROWDED.sample(Seed(seed)).expect("positive sizes");
    thinned(&planted, |i, t| t < [3, 2, 1, 3][i])
}

fn enumerated(planted: &Planted, p: f64) -> Enumeration {
    let settings = EnumerationSettings::default();
    enumerate_selections(&planted.data, &planted.decoder, lp(p), &settings).expect("few selections")
}

/// The certified margin of a selection, `None` if a certificate says that there is none.
fn margin(planted: &Planted, tokens: &[usize], p: f64) -> Option<f64> {
    let selection = TokenSelection::new(tokens.to_vec(), &planted.data).expect("valid tokens");
    let settings = SvmSettings::default().with_relative_gap(1e-12);
    match max_margin_key_query(&planted.data, &selection, lp(p), &settings).expect("a problem") {
        Outcome::MaxMargin(svm) => Some(svm.interval.lower),
        Outcome::NotSeparable(_) => None,
        Outcome::Inconclusive(stalled) => panic!("{stalled}"),
    }
}

/// Every selection, the last sequence's token running first.
fn all_selections(data: &Dataset) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for i in 0..data.len() {
        let longer = |tokens: &Vec<usize>| {
            let tokens = tokens.clone();
            (0..data.tokens().sequence_len(i)).map(move |t| [&tokens[..], &[t]].concat())
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// Local optimality without slacks: leaving out a token that scores as high as the selected one of its
/// sequence doesn't widen the margin.
fn is_locally_optimal(planted: &Planted, tokens: &[usize], margin_of_all: f64, p: f64) -> bool {
    let scores = TokenScores::of(&planted.data, &planted.decoder).expect("a fitting decoder");
    let selection = TokenSelection::new(tokens.to_vec(), &planted.data).expect("valid tokens");
    (0..tokens.len()).all(|i| {
        let gamma = scores.sequence(i);
        let rivals = (0..gamma.len()).filter(|t| *t != tokens[i] && gamma[*t] >= gamma[tokens[i]]);
        rivals.into_iter().all(|rival| {
            let without = |j: usize, t: usize| (j, t) != (i, rival);
            let shifted = selection.thinned(without);
            let wider =
                margin(&thinned(planted, without), shifted.tokens(), p).expect("fewer constraints");
            wider < margin_of_all * (1.0 + 1e-9)
        })
    })
}

#[test]
fn it_lists_what_single_solves_and_the_definition_say() {
    for p in [1.1, 2.0, 3.0] {
        let (mut separable, mut refuted, mut optimal) = (0, 0, 0);
        for planted in [CROWDED.sample(Seed(1)).expect("positive sizes"), ragged(2), ragged(3)] {
            let listed = enumerated(&planted, p);
            let all = all_selections(&planted.data);
            assert_eq!((listed.total, listed.inconclusive.len()), (all.len(), 0));
            let mut entries = listed.separable.iter();
            for tokens in &all {
                let Some(margin) = margin(&planted, tokens, p) else {
                    refuted += 1;
                    continue;
                };
                let entry = entries.next().expect("every separable selection is listed");
                assert_eq!(entry.selection.tokens(), tokens, "in lexicographic order");
                assert!((entry.svm.interval.lower / margin - 1.0).abs() <= 1e-11);
                assert_ne!(entry.optimality, TokenOptimality::Undecided, "p = {p}, {tokens:?}");
                let attracts = entry.optimality.is_locally_optimal();
                let expected = is_locally_optimal(&planted, tokens, margin, p);
                assert_eq!(attracts, expected, "p = {p}, {tokens:?}");
                separable += 1;
                optimal += usize::from(attracts);
            }
            assert_eq!(entries.next(), None);
            let best = TokenSelection::optimal(
                &TokenScores::of(&planted.data, &planted.decoder).expect("a fitting decoder"),
            );
            let global = listed.get(&best).map(|entry| entry.optimality);
            assert!(matches!(global, None | Some(TokenOptimality::Global)));
        }
        assert!(separable >= 40 && refuted >= 10, "p = {p}: {separable}, {refuted}");
        assert!(optimal >= 3 && 2 * optimal < separable, "p = {p}: {optimal} of {separable}");
    }
}

#[test]
fn it_is_the_same_whatever_the_number_of_threads() {
    let planted = CROWDED.sample(Seed(5)).expect("positive sizes");
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| enumerated(&planted, 1.5))
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn too_many_selections_are_refused_before_any_is_solved() {
    let large = SphereTokens { n_sequences: 40, n_tokens: 50, dim: 2 };
    for (sizes, max_selections) in [(large, usize::MAX), (CROWDED, 80)] {
        let planted = sizes.sample(Seed(1)).expect("positive sizes");
        let settings = EnumerationSettings::default().with_max_selections(max_selections);
        let refused = enumerate_selections(&planted.data, &planted.decoder, lp(2.0), &settings);
        assert!(
            matches!(refused, Err(TrainError::TooManySelections { limit }) if limit == max_selections)
        );
    }
}

#[test]
fn nothing_to_select_and_a_decoder_of_other_data_are_errors() {
    let planted = CROWDED.sample(Seed(1)).expect("positive sizes");
    let single = thinned(&planted, |_, t| t == 0);
    let settings = EnumerationSettings::default();
    let nothing = enumerate_selections(&single.data, &single.decoder, lp(2.0), &settings);
    assert!(matches!(nothing, Err(TrainError::Svm(SvmError::Empty { .. }))));
    let other = Matrix::zeros(3, 1);
    let misfit = enumerate_selections(&planted.data, &other, lp(2.0), &settings);
    assert!(matches!(misfit, Err(TrainError::Attention(_))));
}

#[test]
fn an_interruption_leaves_the_unsolved_inconclusive() {
    let planted = CROWDED.sample(Seed(1)).expect("positive sizes");
    let settings = EnumerationSettings::default().with_interrupt(&|| true);
    let stopped = enumerate_selections(&planted.data, &planted.decoder, lp(2.0), &settings)
        .expect("no misuse");
    assert!(!stopped.inconclusive.is_empty());
    assert_eq!(stopped.total, 81);
}
