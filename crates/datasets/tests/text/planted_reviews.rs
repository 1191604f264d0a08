//! Planted reviews: one decisive word each, where it is said to be.

use std::collections::{BTreeMap, BTreeSet};

use mirrorhead_datasets::{DataError, PlantedReviews};

#[test]
fn every_text_has_one_decisive_word_at_its_span() {
    let settings = PlantedReviews { n_train: 3000, neutral_words: 3600, ..Default::default() };
    let planted = settings.sample(5).expect("valid settings");
    let decisive: BTreeMap<_, _> = planted.train.iter().map(|d| (d.word, d.label)).collect();
    assert_eq!(decisive.len(), 24);
    assert_eq!(decisive.values().filter(|label| **label == 1).count(), 12);
    let mut places = BTreeSet::new();
    let mut lengths = BTreeSet::new();
    for (review, word) in planted.reviews.train.iter().zip(&planted.train) {
        let words: Vec<_> = review.text.split(' ').collect();
        let found: Vec<_> = words.iter().filter(|w| decisive.contains_key(*w)).collect();
        assert_eq!(found, [&word.word], "{}", review.text);
        assert_eq!(&review.text[word.span.clone()], word.word);
        assert_eq!((review.label, word.label), (decisive[word.word], decisive[word.word]));
        places.insert(words.iter().position(|w| *w == word.word));
        lengths.insert(words.len());
    }
    assert_eq!(places.len(), 20);
    assert_eq!(lengths, (5..=20).collect());
    let positive = planted.train.iter().filter(|word| word.label == 1).count() as f64;
    // Five standard deviations of a fair coin.
    assert!((positive - 1500.0).abs() < 5.0 * (3000.0_f64 / 4.0).sqrt(), "{positive}");
}

#[test]
fn noise_flips_its_share_of_labels() {
    let settings = PlantedReviews { n_train: 10_000, label_noise: 0.2, ..Default::default() };
    let planted = settings.sample(1).expect("valid settings");
    let labels = planted.reviews.train.iter().zip(&planted.train);
    let flipped = labels.filter(|(review, word)| review.label != word.label).count() as f64;
    assert!((flipped - 2000.0).abs() < 5.0 * (10_000.0_f64 * 0.2 * 0.8).sqrt(), "{flipped}");
}

#[test]
fn the_seed_decides_and_the_parts_are_apart() {
    let settings = PlantedReviews::default();
    let planted = settings.sample(1).expect("valid settings");
    assert_eq!(planted, settings.sample(1).expect("valid settings"));
    assert_ne!(planted, settings.sample(2).expect("valid settings"));
    let longer = PlantedReviews { n_train: 201, ..settings }.sample(1).expect("valid settings");
    assert_eq!(longer.reviews.test, planted.reviews.test);
    assert_eq!(longer.reviews.train[..200], planted.reviews.train);
    assert_ne!(planted.reviews.train[0], planted.reviews.test[0]);
}

#[test]
fn settings_out_of_range_are_refused() {
    let valid = PlantedReviews::default();
    let zero =
        [PlantedReviews { shortest: 0, ..valid }, PlantedReviews { neutral_words: 0, ..valid }];
    for settings in zero {
        assert!(matches!(settings.sample(1), Err(DataError::ZeroSize { .. })), "{settings:?}");
    }
    for settings in [
        PlantedReviews { shortest: 21, ..valid },
        PlantedReviews { neutral_words: 3601, ..valid },
        PlantedReviews { label_noise: -0.1, ..valid },
        PlantedReviews { label_noise: 1.1, ..valid },
        PlantedReviews { label_noise: f64::NAN, ..valid },
    ] {
        assert!(matches!(settings.sample(1), Err(DataError::OutOfRange { .. })), "{settings:?}");
    }
    let single = PlantedReviews { shortest: 1, longest: 1, n_test: 0, ..valid };
    let planted = single.sample(1).expect("texts of one word");
    assert!(planted.reviews.train.iter().zip(&planted.train).all(|(r, d)| r.text == d.word));
}
