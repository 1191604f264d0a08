//! Selection files: a JSON list of token positions, or an object such as `result.json`.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::count::count;
use super::json;
use super::{DataError, DataProblem};

/// The selected token of each sequence, counted from 0: a list, or the list under `selection` of
/// an object.
///
/// # Errors
/// An unreadable file, or contents of another kind. Whether the tokens exist is the data's matter.
pub fn read_selection(path: &Path) -> Result<Vec<usize>, DataError> {
    let at_path = |problem| DataError::new(path, problem);
    let bytes = fs::read(path).map_err(|e| at_path(DataProblem::Unreadable(e)))?;
    parse(&bytes).map_err(at_path)
}

fn parse(bytes: &[u8]) -> Result<Vec<usize>, DataProblem> {
    let value: Value = serde_json::from_slice(bytes).map_err(DataProblem::Json)?;
    let list = value.get("selection").unwrap_or(&value);
    let token = |(i, value)| count(|| format!("selection[{i}]"), value, 0);
    json::vector("selection", list)?.into_iter().enumerate().map(token).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;

    #[test]
    fn lists_and_results_are_read_and_nothing_else() {
        assert_eq!(parse(b"[3, 0, 2]").unwrap(), [3, 0, 2]);
        assert_eq!(parse(b"{\"selection\": [1], \"loss\": 2}").unwrap(), [1]);
        for wrong in [&b"[1.5]"[..], b"[-1]", b"[\"a\"]", b"{}", b"7", b"[1", b"[1e300]"] {
            assert!(parse(wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = parse(&bytes);
        }
    }
}
