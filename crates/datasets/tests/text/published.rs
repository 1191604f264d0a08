//! The published files, where they lie beside the checkout.

use std::path::{Path, PathBuf};

use mirrorhead_datasets::{Corpus, Review, Vocabulary, find_imdb, read_decisive, read_imdb};

/// A file or folder beside the checkout, if it is there.
fn beside(name: &str) -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    Some(here.join("../../../shared/data").join(name)).filter(|path| path.exists())
}

#[test]
fn bert_encodes_as_published() {
    let Some(path) = beside("bert_base_uncased_vocab.txt") else { return };
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
fn three_decisive_words_are_not_in_their_sentences() {
    let Some(path) = beside("token_selection_sentences.json") else { return };
    let sentences = read_decisive(&path).expect("sentences");
    assert_eq!(sentences.len(), 50);
    let within = sentences.iter().filter(|s| s.sentence.contains(&s.decisive)).count();
    assert_eq!(within, 47);
}

#[test]
#[ignore = "takes seconds"]
fn imdb_has_25_000_reviews_a_part_half_of_each_opinion() {
    let Some(data_dir) = beside("") else { return };
    let Ok(path) = find_imdb(&data_dir) else { return };
    let reviews = read_imdb(&path).expect("the archive");
    for part in [&reviews.train, &reviews.test] {
        let positive = |part: &[Review]| part.iter().filter(|review| review.label == 1).count();
        assert_eq!((part.len(), positive(part)), (25_000, 12_500));
    }
    assert_eq!(reviews.repaired, 0);
    let Some(path) = beside("bert_base_uncased_vocab.txt") else { return };
    let corpus = Corpus::tokenise(&reviews, Vocabulary::uncased_bert(&path).expect("a vocabulary"));
    for (i, review) in reviews.test.iter().enumerate().step_by(100) {
        let pieces = corpus.vocabulary.encode_pieces(&review.text);
        assert_eq!(corpus.test.tokens(i), pieces.iter().map(|p| p.id).collect::<Vec<_>>());
    }
}
