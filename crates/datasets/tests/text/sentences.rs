//! Sentences whose decisive word a reader named.

use std::fs;

use mirrorhead_datasets::{DataError, read_decisive};

#[test]
fn what_is_no_list_of_sentences_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sentences.json");
    assert!(matches!(read_decisive(&path), Err(DataError::Read { .. })));
    for text in ["", "{}", r#"[{"sentence": "x", "decisive": "y"}]"#, "[1", "\u{0}"] {
        fs::write(&path, text).expect("a file");
        assert!(matches!(read_decisive(&path), Err(DataError::Json { .. })), "{text:?}");
    }
    fs::write(&path, "[]").expect("a file");
    assert!(matches!(read_decisive(&path), Err(DataError::EmptyPart { .. })));
}
