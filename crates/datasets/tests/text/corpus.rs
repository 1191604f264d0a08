//! A corpus and its file: round trips, and damage at every place.

use std::fs;

use mirrorhead_datasets::{Corpus, DataError, PlantedReviews, Review, Reviews, Vocabulary};

use crate::{vocabulary, write_anew};

fn small() -> Corpus {
    let review = |text: &str, label| Review { text: text.into(), label };
    let train = vec![review("good film", 1), review("a bad, bad film", 0), review("", 0)];
    let reviews = Reviews { train, test: vec![review("Film", 1)], repaired: 0 };
    Corpus::tokenise(&reviews, vocabulary(&["film", "good", "bad"]))
}

#[test]
fn documents_keep_the_order_of_reviews() {
    let corpus = small();
    assert_eq!(corpus.train.tokens(0), [2, 5, 4, 3]);
    assert_eq!(corpus.train.tokens(1), [2, 1, 6, 1, 6, 4, 3]);
    assert_eq!(corpus.train.tokens(2), [2, 3]);
    assert_eq!((corpus.train.labels(), corpus.test.labels()), (&[1, 0, 0][..], &[1][..]));
    assert_eq!(corpus.train.lengths(), [4, 7, 2]);
    // More texts than are encoded at once, with any number of threads.
    let planted = PlantedReviews { n_train: 2500, n_test: 0, ..PlantedReviews::default() };
    let reviews = planted.sample(1).expect("valid settings").reviews;
    let vocabulary = Vocabulary::train(&reviews.train, 300).expect("a vocabulary");
    let expected = Corpus::tokenise(&reviews, vocabulary.clone());
    for (i, review) in reviews.train.iter().enumerate() {
        assert_eq!(expected.train.tokens(i), vocabulary.encode(&review.text));
        assert_eq!(expected.train.label(i), review.label);
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("a pool");
    assert_eq!(pool.install(|| Corpus::tokenise(&reviews, vocabulary)), expected);
    assert!(expected.test.is_empty());
}

#[test]
fn files_round_trip_with_ids_of_two_and_of_four_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("corpus");
    let words: Vec<_> = (0..1 << 16).map(|k| format!("w{k}")).collect();
    for count in [(1 << 16) - 4, 1 << 16] {
        let words: Vec<_> = words[..count].iter().map(String::as_str).collect();
        let vocabulary = vocabulary(&words);
        let text = format!("{} {}", words[0], words[count - 1]);
        let reviews = Reviews { train: vec![Review { text, label: 1 }], ..Reviews::default() };
        let corpus = Corpus::tokenise(&reviews, vocabulary);
        corpus.save(&path).expect("a file");
        let loaded = Corpus::load(&path).expect("a corpus");
        assert_eq!(loaded, corpus);
        assert_eq!(loaded.train.tokens(0)[2] as usize, count + 3);
    }
}

#[test]
fn the_fingerprint_is_of_vocabulary_ids_and_labels() {
    let corpus = small();
    assert_eq!(corpus.fingerprint(), small().fingerprint());
    let retokenised = |reviews: &Reviews, words: &[&str]| {
        Corpus::tokenise(reviews, vocabulary(words)).fingerprint()
    };
    let review = |text: &str, label| Review { text: text.into(), label };
    let other = |text, label| Reviews { train: vec![review(text, label)], ..Reviews::default() };
    let prints = [
        retokenised(&other("film", 1), &["film", "good"]),
        retokenised(&other("film", 0), &["film", "good"]),
        retokenised(&other("good", 1), &["film", "good"]),
        retokenised(&other("film", 1), &["film", "fine"]),
        corpus.fingerprint(),
    ];
    let distinct: std::collections::BTreeSet<_> = prints.iter().collect();
    assert_eq!(distinct.len(), prints.len());
}

#[test]
fn a_file_damaged_anywhere_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("corpus");
    small().save(&path).expect("a file");
    let whole = fs::read(&path).expect("a file");
    let load = |bytes: &[u8]| {
        write_anew(&path, bytes);
        Corpus::load(&path).expect_err("a damaged file")
    };
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        match (at, load(&changed)) {
            (0..8, DataError::NotACorpus { .. })
            | (8..12, DataError::CorpusVersion { expected: 1, .. })
            | (12.., DataError::CorpusDamaged { .. }) => {}
            (_, error) => panic!("byte {at} changed: {error}"),
        }
        match (at, load(&whole[..at])) {
            (0..8, DataError::NotACorpus { .. }) | (8.., DataError::CorpusDamaged { .. }) => {}
            (_, error) => panic!("cut to {at} bytes: {error}"),
        }
    }
    let longer = [whole.as_slice(), b"more"].concat();
    assert!(matches!(load(&longer), DataError::CorpusDamaged { .. }));
    fs::remove_file(&path).expect("it was there");
    assert!(matches!(Corpus::load(&path), Err(DataError::Read { .. })));
}

/// Files whose checksum agrees and whose contents don't: nothing but a fault of a program writes
/// them, and still they are no reason to panic or to ask for all memory.
#[test]
fn a_file_that_contradicts_itself_is_refused() {
    use sha2::{Digest, Sha256};
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("corpus");
    small().save(&path).expect("a file");
    let whole = fs::read(&path).expect("a file");
    let contents = &whole[..whole.len() - 32];
    for at in 12..contents.len() {
        for value in [0, 1, 0x7f, 0xff] {
            let mut changed = contents.to_vec();
            changed[at] = value;
            let checksum = Sha256::digest(&changed);
            changed.extend(checksum);
            write_anew(&path, &changed);
            match Corpus::load(&path) {
                Ok(corpus) => {
                    // It is another corpus, whole: the fingerprint is that of the file.
                    let digest = Sha256::digest(&changed);
                    let digits: Vec<_> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                    assert_eq!(corpus.fingerprint(), digits.concat(), "byte {at}");
                }
                Err(DataError::CorpusDamaged { .. }) => {}
                Err(error) => panic!("byte {at}: {error}"),
            }
        }
    }
}
