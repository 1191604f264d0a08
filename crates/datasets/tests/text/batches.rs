//! Batches, padding and splits: every index once, whatever the sizes.

use mirrorhead_datasets::{Batches, DataError, Documents, Review, Split, padded};
use proptest::prelude::*;

use crate::vocabulary;

/// The indices of all batches, sorted.
fn all(batches: &[Vec<usize>]) -> Vec<usize> {
    let mut indices = batches.concat();
    indices.sort_unstable();
    indices
}

fn documents(lengths: &[usize]) -> Documents {
    let reviews: Vec<_> = lengths
        .iter()
        .enumerate()
        .map(|(i, length)| Review { text: "film ".repeat(*length), label: u8::from(i % 3 == 0) })
        .collect();
    Documents::tokenise(&reviews, &vocabulary(&["film"]))
}

proptest! {
    #[test]
    fn every_index_comes_once(
        lengths in prop::collection::vec(0_usize..600, 0..700),
        batch_size in 1_usize..9,
        seed: u64,
    ) {
        let indices: Vec<_> = (0..lengths.len()).filter(|i| i % 5 != 1).collect();
        let drawn = Batches::by_length(&indices, &lengths, batch_size, seed).expect("valid");
        let ordered = Batches::in_order(&indices, &lengths, batch_size).expect("valid");
        for batches in [&drawn, &ordered] {
            prop_assert_eq!(&all(batches), &indices);
            prop_assert_eq!(batches.len(), indices.len().div_ceil(batch_size));
            let smaller = batches.iter().filter(|batch| batch.len() < batch_size).count();
            prop_assert!(smaller <= 1);
        }
        let sorted: Vec<_> = ordered.concat().into_iter().map(|i| lengths[i]).collect();
        prop_assert!(sorted.is_sorted());
        let again = Batches::by_length(&indices, &lengths, batch_size, seed).expect("valid");
        prop_assert_eq!(drawn, again);
    }

    #[test]
    fn a_padded_batch_is_its_documents_and_padding(
        lengths in prop::collection::vec(0_usize..30, 1..12),
        max_length in 1_usize..40,
    ) {
        let documents = documents(&lengths);
        let batch: Vec<_> = (0..lengths.len()).rev().collect();
        let padded = padded(&documents, &batch, max_length).expect("valid");
        prop_assert_eq!(padded.ids.len(), batch.len() * padded.longest);
        prop_assert_eq!(padded.longest, *padded.lengths.iter().max().expect("not empty"));
        for (row, i) in batch.iter().enumerate() {
            let ids = &padded.ids[row * padded.longest..(row + 1) * padded.longest];
            let (ours, padding) = ids.split_at(padded.lengths[row]);
            let whole: Vec<_> = documents.tokens(*i).iter().map(|id| id.cast_signed()).collect();
            prop_assert_eq!(ours, &whole[..whole.len().min(max_length)]);
            prop_assert!(padding.iter().all(|id| *id == 0));
            prop_assert_eq!(padded.labels[row], documents.label(*i));
        }
    }

    #[test]
    fn a_split_takes_its_fraction_of_each_class(
        labels in prop::collection::vec(0_u8..5, 0..200),
        fraction in 0.0..0.999,
        seed: u64,
    ) {
        let split = Split::stratified(&labels, fraction, seed).expect("valid");
        prop_assert!(split.train.is_sorted() && split.validation.is_sorted());
        let both = vec![split.train.clone(), split.validation.clone()];
        prop_assert_eq!(all(&both), (0..labels.len()).collect::<Vec<_>>());
        for class in 0..5 {
            let count = |of: &[usize]| of.iter().filter(|i| labels[**i] == class).count() as f64;
            let expected = (count(&split.train) + count(&split.validation)) * fraction;
            prop_assert!((count(&split.validation) - expected).abs() <= 0.5);
        }
        prop_assert_eq!(&split, &Split::stratified(&labels, fraction, seed).expect("valid"));
    }
}

#[test]
fn batches_are_of_like_length_and_differ_by_epoch() {
    let lengths: Vec<_> = (0..4000).map(|i| i * 7919 % 500 + 1).collect();
    let indices: Vec<_> = (0..lengths.len()).collect();
    let batches = |seed| Batches::by_length(&indices, &lengths, 8, seed).expect("valid");
    assert_ne!(batches(1), batches(2));
    // Padding is a few percent of the ids, against a third or more in batches drawn at random.
    let padding = |batches: &[Vec<usize>]| {
        let longest = |batch: &Vec<usize>| batch.iter().map(|i| lengths[*i]).max().unwrap_or(0);
        let total: usize = batches.iter().map(|batch| longest(batch) * batch.len()).sum();
        1.0 - lengths.iter().sum::<usize>() as f64 / total as f64
    };
    let together = padding(&batches(1));
    let apart = padding(&indices.chunks(8).map(<[usize]>::to_vec).collect::<Vec<_>>());
    assert!(together < 0.05 && apart > 0.3, "{together} {apart}");
    // Short and long batches come mixed, not in the order of the pools' sorting.
    let firsts: Vec<_> = batches(1).iter().map(|batch| lengths[batch[0]]).collect();
    let rises = firsts.windows(2).filter(|pair| pair[0] <= pair[1]).count();
    assert!((200..300).contains(&rises), "{rises} of 499");
}

#[test]
fn misuse_is_refused() {
    let zero = Batches::by_length(&[0], &[1], 0, 1).expect_err("a batch of nothing");
    assert!(matches!(zero, DataError::ZeroSize { what: "batch_size" }));
    let outside = Batches::in_order(&[0, 3], &[1, 1, 1], 2).expect_err("no such document");
    assert!(matches!(outside, DataError::NoSuchIndex { index: 3, len: 3 }));
    let documents = documents(&[1, 2]);
    let error = |batch: &[usize], longest| padded(&documents, batch, longest).expect_err("misuse");
    assert!(matches!(error(&[], 4), DataError::ZeroSize { .. }));
    assert!(matches!(error(&[0], 0), DataError::ZeroSize { .. }));
    assert!(matches!(error(&[2], 4), DataError::NoSuchIndex { index: 2, len: 2 }));
    for fraction in [-0.1, 1.0, f64::NAN] {
        let error = Split::stratified(&[0, 1], fraction, 1).expect_err("no fraction");
        assert!(matches!(error, DataError::OutOfRange { what: "fraction", .. }));
    }
}
