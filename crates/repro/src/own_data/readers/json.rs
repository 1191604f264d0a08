//! Data files in JSON: nested lists under `X`, `Y`, `Z`, `v` and `W0`; other names are ignored.

use serde_json::{Map, Value};

use super::{DataFile, DataProblem};

/// Reads the lists; sizes and numbers are still to be checked.
pub fn parse(bytes: &[u8]) -> Result<DataFile, DataProblem> {
    let value: Value = serde_json::from_slice(bytes).map_err(DataProblem::Json)?;
    let Value::Object(object) = &value else {
        return Err(wrong("the file".into(), &value, "an object with the lists X, Y, Z and v"));
    };
    Ok(DataFile {
        tokens: list("X", get(object, "X")?, matrix)?,
        labels: vector("Y", get(object, "Y")?)?,
        queries: matrix("Z", get(object, "Z")?)?,
        decoder: vector("v", get(object, "v")?)?,
        start: match object.get("W0") {
            None | Some(Value::Null) => None,
            Some(start) => Some(matrix("W0", start)?),
        },
    })
}

fn get<'a>(object: &'a Map<String, Value>, key: &'static str) -> Result<&'a Value, DataProblem> {
    object.get(key).ok_or(DataProblem::Missing { key })
}

/// A list of rows of numbers.
fn matrix(place: &str, value: &Value) -> Result<Vec<Vec<f64>>, DataProblem> {
    list(place, value, vector)
}

/// A list of numbers.
pub fn vector(place: &str, value: &Value) -> Result<Vec<f64>, DataProblem> {
    list(place, value, |place, value| {
        value.as_f64().ok_or_else(|| wrong(place.to_owned(), value, "a number"))
    })
}

fn list<T>(
    place: &str,
    value: &Value,
    item: impl Fn(&str, &Value) -> Result<T, DataProblem>,
) -> Result<Vec<T>, DataProblem> {
    let Value::Array(items) = value else {
        return Err(wrong(place.to_owned(), value, "a list"));
    };
    items.iter().enumerate().map(|(k, value)| item(&format!("{place}[{k}]"), value)).collect()
}

fn wrong(place: String, value: &Value, expected: &'static str) -> DataProblem {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    DataProblem::WrongType { place, found, expected }
}
