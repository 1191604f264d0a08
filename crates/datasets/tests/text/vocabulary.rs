//! WordPiece, against BERT's published rules and the trainer of the `tokenizers` crate.

use std::collections::BTreeSet;
use std::fs;

use mirrorhead_datasets::{DataError, PlantedReviews, Vocabulary};
use tokenizers::models::bpe::BPE;
use tokenizers::models::bpe::BpeTrainer;
use tokenizers::{AddedToken, Trainer};

use crate::vocabulary;

#[test]
fn words_are_normalized_as_bert_does() {
    let vocabulary = vocabulary(&["cafe", "ok", "!", "a", "##b", "中", "文", "don", "'", "t"]);
    let encode = |text: &str| {
        let ids = vocabulary.encode(text);
        let tokens = ids.iter().map(|id| vocabulary.token(*id).expect("an id of its own"));
        tokens.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(encode("CAFÉ\u{0}!!"), "[CLS] cafe ! ! [SEP]");
    assert_eq!(encode("  ok\t\nok\u{a0}ok "), "[CLS] ok ok ok [SEP]");
    assert_eq!(encode("abb ab abc"), "[CLS] a ##b ##b a ##b [UNK] [SEP]");
    assert_eq!(encode("中文"), "[CLS] 中 文 [SEP]");
    assert_eq!(encode("Don't"), "[CLS] don ' t [SEP]");
    assert_eq!(encode(""), "[CLS] [SEP]");
    // A text cannot write special tokens.
    assert_eq!(encode("[PAD]"), "[CLS] [UNK] [UNK] [UNK] [SEP]");
    assert_eq!(encode(&format!("a{}", "b".repeat(99))).matches("##b").count(), 99);
    assert_eq!(encode(&format!("a{}", "b".repeat(100))), "[CLS] [UNK] [SEP]");
}

#[test]
fn spans_say_where_pieces_stand() {
    let vocabulary = vocabulary(&["un", "##aff", "##able", "cafe", "?", "中"]);
    let text = "  Unaffable CAFÉ? 中x\u{301}";
    let pieces = vocabulary.encode_pieces(text);
    assert_eq!(pieces.iter().map(|p| p.id).collect::<Vec<_>>(), vocabulary.encode(text));
    let spans: Vec<_> = pieces.iter().map(|piece| &text[piece.span.clone()]).collect();
    assert_eq!(spans, ["", "Un", "aff", "able", "CAFÉ", "?", "中", "x", ""]);
}

proptest::proptest! {
    /// Texts are encoded between spaces; their pieces come from the text as a whole.
    #[test]
    fn ids_are_those_of_the_pieces(text in "[ab \t\n\r\u{b}\u{85}\u{a0}\u{2028}\u{301}\u{0}é中!.\u{3a3}\u{fffd}]{0,12}") {
        let vocabulary = vocabulary(&["a", "##a", "b", "##b", "ab", "##ab", "e", "##e", "!", "中", "σ", "##σ"]);
        let pieces: Vec<_> = vocabulary.encode_pieces(&text).iter().map(|piece| piece.id).collect();
        proptest::prop_assert_eq!(vocabulary.encode(&text), pieces);
    }
}

#[test]
fn a_vocabulary_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("vocab.txt");
    let vocabulary = vocabulary(&["film", "##s"]);
    vocabulary.save(&path).expect("a file");
    let text = fs::read_to_string(&path).expect("a file");
    assert_eq!(text, "[PAD]\n[UNK]\n[CLS]\n[SEP]\nfilm\n##s\n");
    let read = Vocabulary::from_file(&path).expect("a vocabulary");
    assert_eq!(read, vocabulary);
    assert_eq!((read.len(), read.id("##s"), read.token(6)), (6, Some(5), None));
    fs::write(&path, text.replace('\n', "\r\n")).expect("a file");
    let read =
        Vocabulary::from_file(&path).expect("a vocabulary with the line ends of another system");
    assert_eq!(read.fingerprint(), vocabulary.fingerprint());
    assert_eq!(
        vocabulary.fingerprint(),
        // sha256sum of the file above.
        "e786efa54ed217c1a33dc249bb81ef3d00e08137bdbbcbeb8df933ad81cd5e08"
    );
}

#[test]
fn what_is_no_vocabulary_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("vocab.txt");
    let error = |text: &[u8]| {
        fs::write(&path, text).expect("a file");
        Vocabulary::from_file(&path).expect_err("no vocabulary")
    };
    let DataError::MissingTokens { missing } = error(b"[PAD]\n[CLS]\nfilm\n") else {
        panic!("it lacks tokens")
    };
    assert_eq!(missing, ["[UNK]", "[SEP]"]);
    assert!(matches!(error(b""), DataError::MissingTokens { .. }));
    assert!(matches!(error(b"\xff\xfe"), DataError::NotText { .. }));
    for text in ["[PAD]\n\nfilm", "[PAD]\n[PAD]", "[PAD]\na film"] {
        let error = error(text.as_bytes());
        assert!(matches!(error, DataError::InvalidToken { line: 2, .. }), "{text:?}: {error}");
    }
    fs::remove_file(&path).expect("it was there");
    assert!(matches!(Vocabulary::from_file(&path), Err(DataError::Read { .. })));
    let nowhere = path.join("below/a/file");
    assert!(matches!(vocabulary(&[]).save(&nowhere), Err(DataError::Write { .. })));
}

#[test]
fn another_vocabulary_than_uncased_berts_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("vocab.txt");
    let special = ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map(String::from);
    let read = |tokens: usize, capital: &str| {
        let words =
            (special.len()..tokens).map(|k| format!("{}{k}", if k == 9 { capital } else { "w" }));
        let lines: Vec<String> = special.iter().cloned().chain(words).collect();
        fs::write(&path, lines.join("\n")).expect("a file");
        Vocabulary::uncased_bert(&path)
    };
    assert_eq!(read(30_522, "w").map(|vocabulary| vocabulary.len()).ok(), Some(30_522));
    let cased = read(28_996, "W").expect_err("capital letters").to_string();
    assert!(cased.contains("1 tokens") && cased.contains("\"W9\"") && cased.contains("uncased"));
    let cut = read(15_000, "w").expect_err("half of it").to_string();
    assert!(cut.contains("15000") && cut.contains("30522") && cut.contains("cut short"), "{cut}");
}

/// The vocabulary that the `tokenizers` crate learns from words, its alphabet numbered as ours.
fn peer(words: &[&str], size: usize, alphabet: usize, ours: &Vocabulary) -> Vec<String> {
    let token = |id: usize| ours.token(u32::try_from(id).expect("small")).expect("a token");
    let numbered = (0..alphabet).map(|id| AddedToken::from(token(id), true));
    let mut trainer = BpeTrainer::builder()
        .show_progress(false)
        .vocab_size(size)
        .continuing_subword_prefix("##".into())
        .special_tokens(numbered.collect())
        .build();
    let split = |text: &str| Ok(text.split(' ').map(String::from).collect());
    trainer.feed(words.iter(), split).expect("words");
    let mut model = BPE::default();
    trainer.train(&mut model).expect("a model");
    let mut tokens: Vec<_> = model.get_vocab().into_iter().collect();
    tokens.sort_by_key(|(_, id)| *id);
    tokens.into_iter().map(|(token, _)| token).collect()
}

#[test]
fn training_learns_what_the_tokenizers_crate_learns() {
    let planted = PlantedReviews { n_train: 400, ..PlantedReviews::default() };
    let reviews = planted.sample(3).expect("valid settings").reviews.train;
    let texts: Vec<_> = reviews.iter().map(|review| review.text.as_str()).collect();
    let characters: BTreeSet<char> = texts.concat().chars().collect();
    for size in [60, 120, 250] {
        let ours = Vocabulary::train(&texts, size).expect("a vocabulary");
        assert_eq!(ours.len(), size);
        let is_character = |id: &usize| {
            let token = ours.token(u32::try_from(*id).expect("small")).expect("a token");
            *id < 4 || token.trim_start_matches("##").chars().count() == 1
        };
        let alphabet = (0..size).take_while(is_character).count();
        assert!(alphabet > characters.len());
        let tokens = peer(&texts, size, alphabet, &ours);
        let ours: Vec<_> = (0..).map_while(|id| ours.token(id)).map(String::from).collect();
        assert_eq!(ours, tokens);
    }
}

#[test]
fn training_does_not_depend_on_the_number_of_threads() {
    let reviews = PlantedReviews::default().sample(1).expect("valid settings").reviews.train;
    let train = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| Vocabulary::train(&reviews, 300).expect("a vocabulary").fingerprint())
    };
    let expected = train(1);
    for threads in [1, 2, 3, 7] {
        assert_eq!(train(threads), expected, "{threads} threads");
    }
}

#[test]
fn training_ends_when_every_word_is_one_piece() {
    let vocabulary = Vocabulary::train(&["aaaa aab bb", "aaaa"], 1000).expect("a vocabulary");
    for word in ["aaaa", "aab", "bb"] {
        assert_eq!(vocabulary.encode(word).len(), 3, "{word}");
    }
    let least = 4 + 2 + 2;
    assert!(vocabulary.len() < 20 && vocabulary.len() > least);
    assert_eq!(Vocabulary::train(&["aaaa aab bb"], least).expect("characters").len(), least);
    let error = Vocabulary::train(&["aaaa aab bb"], least - 1).expect_err("too small");
    assert!(matches!(error, DataError::VocabularyTooSmall { size: 7, least: 8 }), "{error}");
    assert_eq!(Vocabulary::train::<&str>(&[], 4).expect("special tokens").len(), 4);
    // Longer words than any that is spelled teach nothing.
    let long = "x".repeat(101);
    assert_eq!(Vocabulary::train(&[long], 50).expect("special tokens").len(), 4);
}
