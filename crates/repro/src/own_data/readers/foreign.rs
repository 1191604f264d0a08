//! Files of other kinds, told by how they begin: each gets its own word, and a way out.

use std::fmt;

/// A kind of file that isn't read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// Text in UTF-16 or UTF-32.
    WideText(&'static str),
    /// A compressed file, and what unpacks it.
    Compressed(&'static str, &'static str),
    /// Another container of arrays or tables.
    Container(&'static str),
    /// A Python pickle.
    Pickle,
    /// A single NumPy array.
    SingleArray,
    /// One JSON object a line.
    JsonLines,
    /// Lines of text with separators.
    TextTable,
    /// How Python shows a dictionary.
    PythonLiteral,
    /// A web page, such as the answer to a failed download.
    WebPage,
    /// What stands for a large file in a Git repository.
    LfsPointer,
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WideText(name) => {
                write!(f, "is text in {name}; save it as UTF-8 (iconv -f {name} -t UTF-8)")
            }
            Self::Compressed(name, tool) => {
                write!(f, "is compressed with {name}; unpack it first ({tool})")
            }
            Self::Container(name) => write!(
                f,
                "is {name}; load it where it was made, and save X, Y, Z and v with numpy.savez"
            ),
            Self::Pickle => f.write_str(
                "is a Python pickle, which would run code when it is read; load it in Python, and \
                 save X, Y, Z and v with numpy.savez",
            ),
            Self::SingleArray => f.write_str(
                "is a single NumPy array (.npy); save X, Y, Z and v together with numpy.savez",
            ),
            Self::JsonLines => f.write_str(
                "has a JSON value in every line (JSON Lines); write one object with the lists X, Y, \
                 Z and v instead",
            ),
            Self::TextTable => f.write_str(
                "is a table in text (CSV or the like), which can't hold sequences of tokens; write \
                 X, Y, Z and v as JSON or with numpy.savez",
            ),
            Self::PythonLiteral => f.write_str(
                "is a Python dictionary as Python shows it, not JSON; write it with json.dump",
            ),
            Self::WebPage => {
                f.write_str("is a web page, as failed downloads are; look at it, and download it again")
            }
            Self::LfsPointer => f.write_str(
                "only points to a file that Git LFS keeps elsewhere; fetch that with git lfs pull",
            ),
        }
    }
}

/// How files begin.
const BEGINNINGS: &[(&[u8], Foreign)] = &[
    (b"\x1f\x8b", Foreign::Compressed("gzip", "gunzip")),
    (b"BZh", Foreign::Compressed("bzip2", "bunzip2")),
    (b"\xfd7zXZ\0", Foreign::Compressed("xz", "unxz")),
    (b"\x5d\0\0", Foreign::Compressed("LZMA", "unlzma")),
    (b"\x28\xb5\x2f\xfd", Foreign::Compressed("Zstandard", "unzstd")),
    (b"\x04\x22\x4d\x18", Foreign::Compressed("LZ4", "unlz4")),
    (b"7z\xbc\xaf\x27\x1c", Foreign::Compressed("7-Zip", "7z x")),
    (b"Rar!", Foreign::Compressed("RAR", "unrar x")),
    (b"\x1f\x9d", Foreign::Compressed("compress", "uncompress")),
    (b"\x89HDF\r\n\x1a\n", Foreign::Container("an HDF5 file")),
    (b"PAR1", Foreign::Container("a Parquet file")),
    (b"ARROW1", Foreign::Container("an Arrow file")),
    (b"FEA1", Foreign::Container("a Feather file")),
    (b"MATLAB 5.0", Foreign::Container("a MATLAB file")),
    (b"CDF\x01", Foreign::Container("a NetCDF file")),
    (b"CDF\x02", Foreign::Container("a NetCDF file")),
    (b"SQLite format 3", Foreign::Container("an SQLite database")),
    (b"\x93NUMPY", Foreign::SingleArray),
    (b"version https://git-lfs", Foreign::LfsPointer),
    (b"(dp", Foreign::Pickle),
    (b"(lp", Foreign::Pickle),
];

impl Foreign {
    /// The kind of file that these contents show beyond doubt.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if let Some(name) = wide_text(bytes) {
            return Some(Self::WideText(name));
        }
        if let [0x80, 0..=5, ..] = bytes {
            return Some(Self::Pickle);
        }
        if bytes.get(257..262) == Some(b"ustar") {
            return Some(Self::Compressed("tar", "tar -xf"));
        }
        // A header of JSON after its length in eight bytes.
        if bytes.len() > 10 && bytes[4..8] == [0; 4] && bytes[8..10] == *b"{\"" {
            return Some(Self::Container("a safetensors file"));
        }
        BEGINNINGS.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, kind)| *kind)
    }

    /// The kind of text that isn't JSON, if it shows.
    pub fn of_text(bytes: &[u8]) -> Option<Self> {
        let text = str::from_utf8(bytes).ok()?.trim();
        let start = text.get(..text.len().min(15)).unwrap_or_default().to_ascii_lowercase();
        if start.starts_with("<!doctype") || start.starts_with("<html") {
            return Some(Self::WebPage);
        }
        if is_json_lines(text) {
            return Some(Self::JsonLines);
        }
        if let Some(rest) = text.strip_prefix('{')
            && rest.trim_start().starts_with('\'')
        {
            return Some(Self::PythonLiteral);
        }
        let separated = |line: &str| line.split([',', ';', '\t', ' ']).count() > 1;
        let json = text.starts_with(['{', '[', '"']);
        let lines = || text.lines().take(5);
        let numbers = || lines().all(|line| line.trim().parse::<f64>().is_ok());
        (!json && !text.is_empty() && (lines().all(separated) || numbers()))
            .then_some(Self::TextTable)
    }
}

/// Whether the first lines are JSON values of their own.
fn is_json_lines(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut value = || {
        let line = lines.next()?;
        let whole = serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok();
        Some(whole && line.starts_with(['{', '[']))
    };
    value() == Some(true) && value() == Some(true)
}

/// The wide encoding of a text, told by its mark or by the zeros around its first brace.
fn wide_text(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [b'{' | b'[', 0, 0, 0, ..] => Some("UTF-32LE"),
        [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, b'{' | b'[', ..] => Some("UTF-32BE"),
        [0xff, 0xfe, ..] | [b'{' | b'[', 0, ..] => Some("UTF-16LE"),
        [0xfe, 0xff, ..] | [0, b'{' | b'[', ..] => Some("UTF-16BE"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_word_and_a_remedy() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let cases: [(Vec<u8>, &str, &str); 14] = [
            ([b"\xff\xfe".to_vec(), utf16("{\"X\": []}")].concat(), "UTF-16", "iconv"),
            (utf16("{\"X\": []}"), "UTF-16", "UTF-8"),
            (b"{\0\0\0\"\0\0\0".to_vec(), "UTF-32", "UTF-8"),
            (b"\x1f\x8b\x08\0\0".to_vec(), "gzip", "gunzip"),
            (b"BZh91AY".to_vec(), "bzip2", "bunzip2"),
            (b"\xfd7zXZ\0\0".to_vec(), "xz", "unxz"),
            (b"\x28\xb5\x2f\xfd\0".to_vec(), "Zstandard", "unzstd"),
            (b"\x80\x04\x95\0".to_vec(), "pickle", "savez"),
            (b"(dp0\nS'X'\n".to_vec(), "pickle", "savez"),
            (b"\x89HDF\r\n\x1a\n\0".to_vec(), "HDF5", "savez"),
            (b"\x93NUMPY\x01\0".to_vec(), "single NumPy array", "savez"),
            (b"PAR1\x15".to_vec(), "Parquet", "savez"),
            (b"\x40\0\0\0\0\0\0\0{\"X\":".to_vec(), "safetensors", "savez"),
            (b"version https://git-lfs.github.com/spec/v1".to_vec(), "Git LFS", "lfs pull"),
        ];
        for (bytes, word, remedy) in cases {
            let message = Foreign::of(&bytes).map(|kind| kind.to_string()).unwrap_or_default();
            assert!(message.contains(word) && message.contains(remedy), "{word}: {message}");
        }
        assert_eq!(Foreign::of(b"{\"X\": 1}"), None);
    }

    #[test]
    fn texts_are_told_apart() {
        for (text, kind) in [
            ("x1,x2,y\n0.1,0.2,1\n", Some(Foreign::TextTable)),
            ("0.1 0.2\n0.3 0.4\n", Some(Foreign::TextTable)),
            ("1\n-1\n", Some(Foreign::TextTable)),
            ("{\"x\": 1}\n{\"x\": 2}\n", Some(Foreign::JsonLines)),
            ("[1, 2]\n[3, 4]\n", Some(Foreign::JsonLines)),
            ("{'X': [[1]]}", Some(Foreign::PythonLiteral)),
            ("<!DOCTYPE html><p>gone", Some(Foreign::WebPage)),
            ("{\"X\": [1,\n 2]}", None),
            ("", None),
        ] {
            assert_eq!(Foreign::of_text(text.as_bytes()), kind, "{text}");
        }
    }
}
