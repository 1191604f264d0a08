//! Data files in JSON: nested lists under `X`, `Y`, `Z`, `v` and perhaps `W0`, `lengths` and `mask`;
//! other names are ignored.
//!
//! The text is read entry by entry into flat buffers, so that memory grows with the numbers, and
//! whatever is wrong is named by the entry at which the parser stands.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::DataProblem;
use super::foreign::Foreign;
use super::limits::MOST_NUMBERS;
use super::nested::NestedList;
use super::parts::{Key, Parts};

/// The most names that are remembered of a file.
const MOST_NAMES: usize = 100;

/// Reads the lists; sizes and numbers are still to be checked.
pub fn parse(bytes: &[u8]) -> Result<Parts, DataProblem> {
    let bytes = without_mark(bytes);
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(no_object(bytes));
    }
    let mut reading = Reading::default();
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let read = (&mut json).deserialize_map(Object(&mut reading)).and_then(|()| json.end());
    match read {
        Ok(()) => Ok(reading.parts),
        Err(error) => Err(reading.explain(bytes, error)),
    }
}

/// Reads one list of numbers, such as a selection, under the name by which problems call it.
pub fn numbers(place: &'static str, value: &serde_json::Value) -> Result<Vec<f64>, DataProblem> {
    use serde_json::Value;
    let wrong = |place: String, value: &Value, expected| {
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "a truth value",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        DataProblem::WrongType { place, found, expected }
    };
    let Value::Array(items) = value else { return Err(wrong(place.into(), value, "a list")) };
    let number = |(k, item): (usize, &Value)| {
        item.as_f64().ok_or_else(|| wrong(format!("{place}[{k}]"), item, "a number"))
    };
    items.iter().enumerate().map(number).collect()
}

/// The text after the mark by which some editors begin UTF-8.
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// What is wrong with a text that doesn't begin with an object.
fn no_object(bytes: &[u8]) -> DataProblem {
    let found = match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => return DataProblem::EmptyFile,
        Some(b'[') => "a list",
        Some(b'"') => "a text",
        Some(b't' | b'f') => "a truth value",
        Some(b'n') => "null",
        Some(_) => "a number",
    };
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(bytes) {
        return syntax(bytes, error, "the file".into());
    }
    let (place, expected) = ("the file".into(), "an object with the lists X, Y, Z and v");
    DataProblem::WrongType { place, found, expected }
}

/// What a parser of JSON means by its error, at the entry where it stood.
pub fn syntax(bytes: &[u8], error: serde_json::Error, place: String) -> DataProblem {
    if let Some(kind) = Foreign::of_text(bytes) {
        return DataProblem::Foreign(kind);
    }
    if let Err(invalid) = str::from_utf8(bytes) {
        return DataProblem::NotUtf8 { position: invalid.valid_up_to() };
    }
    if error.is_eof() {
        return DataProblem::Truncated { place };
    }
    let word = word_at(bytes, error.line(), error.column());
    let letters = word.trim_start_matches(['+', '-']).to_ascii_lowercase();
    let beyond = word.parse::<f64>().is_ok_and(f64::is_infinite);
    if beyond || ["nan", "inf", "infinity"].contains(&letters.as_str()) {
        return DataProblem::NotFinite { place, value: word };
    }
    DataProblem::Json { place, source: error }
}

/// The word or number at a place in a text, both counted from 1.
fn word_at(bytes: &[u8], line: usize, column: usize) -> String {
    let line = bytes.split(|byte| *byte == b'\n').nth(line.saturating_sub(1)).unwrap_or_default();
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let middle = column.saturating_sub(1).min(line.len());
    let start = line[..middle].iter().rposition(|byte| !belongs(byte)).map_or(0, |at| at + 1);
    let word = line[start..].iter().take_while(|byte| belongs(byte));
    word.take(40).map(|byte| char::from(*byte)).collect()
}

/// What has been read, and where the parser stands.
#[derive(Default)]
struct Reading {
    parts: Parts,
    key: Option<Key>,
    /// The position in each list around the entry.
    path: Vec<usize>,
    sizes: Vec<Vec<usize>>,
    values: Vec<f64>,
    /// How deep the numbers of this list are, once there was one.
    depth: Option<usize>,
    /// Numbers of the lists before this one.
    before: usize,
    /// What is wrong, if it isn't the parser that says so.
    problem: Option<DataProblem>,
}

impl Reading {
    /// The entry at which the parser stands.
    fn place(&self) -> String {
        let name = self.key.map_or("the object", Key::name);
        self.path.iter().fold(name.to_owned(), |place, k| place + &format!("[{k}]"))
    }

    fn explain(self, bytes: &[u8], error: serde_json::Error) -> DataProblem {
        // Of many objects, the first is never what is looked for.
        if let Some(kind @ Foreign::JsonLines) = Foreign::of_text(bytes) {
            return DataProblem::Foreign(kind);
        }
        let place = self.place();
        match self.problem {
            Some(problem) => problem,
            None if self.key.is_none() && error.to_string().contains("trailing characters") => {
                DataProblem::GoesOn { line: error.line() }
            }
            None => syntax(bytes, error, place),
        }
    }

    /// Remembers what is wrong; the parser's own error only has to end it.
    fn fail<E: Error>(&mut self, problem: DataProblem) -> E {
        self.problem = Some(problem);
        E::custom("see the problem")
    }

    fn wrong_type<E: Error>(&mut self, found: &'static str) -> E {
        let depth = self.path.len();
        let least = self.key.map_or(1, |key| *key.depths().start());
        let number = self.depth.map_or(depth > least, |numbers| depth >= numbers);
        let number = number || (depth == least && found != "a number");
        let expected = if number { "a number" } else { "a list" };
        let place = self.place();
        self.fail(DataProblem::WrongType { place, found, expected })
    }

    fn number<E: Error>(&mut self, value: f64) -> Result<(), E> {
        let depth = self.path.len();
        let allowed = self.key.is_some_and(|key| key.depths().contains(&depth));
        if !allowed || self.depth.is_some_and(|numbers| numbers != depth) {
            return Err(self.wrong_type("a number"));
        }
        self.depth = Some(depth);
        if self.before + self.values.len() >= MOST_NUMBERS {
            let place = self.place();
            return Err(self.fail(DataProblem::TooManyNumbers { place }));
        }
        self.values.push(value);
        Ok(())
    }

    /// The list that has been read, for the parts.
    fn finish(&mut self) {
        let (sizes, values) = (std::mem::take(&mut self.sizes), std::mem::take(&mut self.values));
        self.before += values.len();
        if let (Some(key), Some(_)) = (self.key, self.depth) {
            self.parts.put(key, NestedList::new(sizes, values));
        }
        (self.key, self.depth) = (None, None);
    }
}

/// The whole file.
struct Object<'a>(&'a mut Reading);

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the lists X, Y, Z and v")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let reading = self.0;
        let mut seen = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let key = Key::named(&name);
            if reading.parts.names.len() < MOST_NAMES {
                reading.parts.names.push(name.chars().take(40).collect());
            }
            let Some(key) = key else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if seen.contains(&key) {
                return Err(reading.fail(DataProblem::Duplicate { key: name }));
            }
            seen.push(key);
            reading.key = Some(key);
            map.next_value_seed(Entry(reading))?;
            reading.finish();
        }
        Ok(())
    }
}

/// A number, or a list of entries.
struct Entry<'a>(&'a mut Reading);

impl<'de> DeserializeSeed<'de> for Entry<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Entry<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a list")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.0.number(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.0.number(value as f64)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.0.number(value as f64)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        if self.0.key.is_some_and(Key::takes_truth_values) {
            self.0.number(value.into())
        } else {
            Err(self.0.wrong_type("a truth value"))
        }
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        let whole = self.0.path.is_empty();
        if whole && self.0.key.is_some_and(Key::is_optional) {
            return Ok(());
        }
        Err(self.0.wrong_type("null"))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Err(self.0.wrong_type("a text"))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(self.0.wrong_type("an object"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let reading = self.0;
        let depth = reading.path.len();
        let deepest = reading.key.map_or(0, |key| *key.depths().end());
        if depth >= reading.depth.unwrap_or(deepest) {
            return Err(reading.wrong_type("a list"));
        }
        if reading.sizes.len() <= depth {
            reading.sizes.push(Vec::new());
        }
        let mut size = 0;
        loop {
            reading.path.push(size);
            if list.next_element_seed(Entry(reading))?.is_none() {
                break;
            }
            reading.path.pop();
            size += 1;
        }
        reading.path.pop();
        if size == 0 {
            let remedy = "it needs at least one element";
            let place = reading.place();
            return Err(reading.fail(DataProblem::Empty { place, remedy }));
        }
        reading.sizes[depth].push(size);
        Ok(())
    }
}
