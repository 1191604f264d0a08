//! Selection files: a JSON list of token positions, or an object such as `result.json`.

use std::path::Path;

use serde_json::Value;

use super::count::count;
use super::foreign::Foreign;
use super::json;
use super::{DataError, DataProblem, read_bytes};

/// The selected token of each sequence, counted from 0: a list, or the list under `selection` of
/// an object.
///
/// # Errors
/// An unreadable file, or contents of another kind. Whether the tokens exist is the data's matter.
pub fn read_selection(path: &Path) -> Result<Vec<usize>, DataError> {
    parse(&read_bytes(path)?).map_err(|problem| DataError::new(path, problem))
}

/// Reads the contents of a selection file.
///
/// # Errors
/// Contents of another kind.
pub fn parse(bytes: &[u8]) -> Result<Vec<usize>, DataProblem> {
    if bytes.is_empty() {
        let remedy = "write the position of a token for each sequence, as a JSON list";
        return Err(DataProblem::Empty { place: "the selection".into(), remedy });
    }
    if let Some(kind) = Foreign::of(bytes) {
        return Err(DataProblem::Foreign(kind));
    }
    let bytes = json::without_mark(bytes);
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| json::syntax(bytes, error, "the selection".into()))?;
    let list = match &value {
        Value::Object(object) => match object.get("selection") {
            Some(list) if !list.is_null() => list,
            _ => return Err(DataProblem::NoSelection),
        },
        list => list,
    };
    let token = |(i, value)| count(|| format!("selection[{i}]"), value, 0);
    json::numbers("selection", list)?.into_iter().enumerate().map(token).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;

    #[test]
    fn lists_and_results_are_read_and_nothing_else() {
        assert_eq!(parse(b"[3, 0, 2]").unwrap(), [3, 0, 2]);
        assert_eq!(parse(b"\xef\xbb\xbf[3]").unwrap(), [3]);
        assert_eq!(parse(b"{\"selection\": [1], \"loss\": 2}").unwrap(), [1]);
        for wrong in [&b"[1.5]"[..], b"[-1]", b"[\"a\"]", b"{}", b"7", b"[1", b"[1e300]", b""] {
            assert!(parse(wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
        }
        let unsaturated = parse(b"{\"selection\": null}").unwrap_err().to_string();
        assert!(unsaturated.contains("no selection"), "{unsaturated}");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = parse(&bytes);
        }
    }
}
