//! The published files. The project holds none of them, so these tests are run only where they are asked for, and then fail if
//! a file is missing: `MIRRORHEAD_DATA_DIR=DIR cargo test -p mirrorhead-datasets -- --ignored`.

use std::path::PathBuf;

use mirrorhead_datasets::{Corpus, Review, Vocabulary, find_imdb, read_decisive, read_imdb};

/// The folder of the published files.
fn data_dir() -> PathBuf {
    std::env::var_os("MIRRORHEAD_DATA_DIR").expect("MIRRORHEAD_DATA_DIR says where they are").into()
}

#[test]
#[ignore = "needs BERT's vocabulary in MIRRORHEAD_DATA_DIR"]
fn bert_encodes_as_published() {
    let path = data_dir().join("bert_base_uncased_vocab.txt");
    let vocabulary = Vocabulary::uncased_bert(&path).expect("BERT's vocabulary");
    assert_eq!((vocabulary.len(), vocabulary.padding()), (30_522, 0));
    assert_eq!(vocabulary.id("[CLS]"), Some(101));
    // The encodings that BERT's and the transformers library's documentation show.
    for (text, ids) in [
        ("Hello, my dog is cute", &[101, 7592, 1010, 2026, 3899, 2003, 10140, 102][..]),
        (
            "Using a Transformer network is simple",
            &[101, 2478, 1037, 10938, 2121, 2897, 2003, 3722, 102],
        ),
    ] {
        assert_eq!(vocabulary.encode(text), ids, "{text}");
    }
    let tokens = |text: &str| {
        let pieces =
            vocabulary.encode(text).into_iter().map(|id| vocabulary.token(id).expect("an id"));
        pieces.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(tokens("John Johanson's house"), "[CLS] john johan ##son ' s house [SEP]");
    assert_eq!(tokens("unaffable"), "[CLS] una ##ffa ##ble [SEP]");
}

#[test]
#[ignore = "needs the sentences in MIRRORHEAD_DATA_DIR"]
fn three_decisive_words_are_not_in_their_sentences() {
    let sentences =
        read_decisive(&data_dir().join("token_selection_sentences.json")).expect("sentences");
    assert_eq!(sentences.len(), 50);
    let within = sentences.iter().filter(|s| s.sentence.contains(&s.decisive)).count();
    assert_eq!(within, 47);
}

#[test]
#[ignore = "needs the reviews and BERT's vocabulary in MIRRORHEAD_DATA_DIR"]
fn imdb_has_25_000_reviews_a_part_half_of_each_opinion() {
    let path = find_imdb(&data_dir()).expect("the reviews");
    let reviews = read_imdb(&path).expect("the archive");
    for part in [&reviews.train, &reviews.test] {
        let positive = |part: &[Review]| part.iter().filter(|review| review.label == 1).count();
        assert_eq!((part.len(), positive(part)), (25_000, 12_500));
    }
    assert_eq!(reviews.repaired, 0);
    let path = data_dir().join("bert_base_uncased_vocab.txt");
    let corpus = Corpus::tokenise(&reviews, Vocabulary::uncased_bert(&path).expect("a vocabulary"));
    for (i, review) in reviews.test.iter().enumerate().step_by(100) {
        let pieces = corpus.vocabulary.encode_pieces(&review.text);
        assert_eq!(corpus.test.tokens(i), pieces.iter().map(|p| p.id).collect::<Vec<_>>());
    }
}
