//! The paths that a source file takes by `use`, and those that it names.

/// What a file takes and names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Paths {
    /// By `use`, each tree spread out.
    pub used: Vec<Used>,
    /// Everywhere else, of two names or more.
    pub named: Vec<Vec<String>>,
}

/// One path of a `use`.
#[derive(Debug, PartialEq, Eq)]
pub struct Used {
    /// The path.
    pub path: Vec<String>,
    /// The name that the file calls its end by.
    pub name: String,
}

/// The paths of a file, without its tests, which stand at its end, its comments and its texts.
pub fn paths(text: &str) -> Paths {
    let code = code(text);
    let tokens = tokens(&code);
    let mut found = Paths::default();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at] == "use" {
            at = tree(&tokens, at + 1, &[], &mut found.used);
            continue;
        }
        let start = at;
        while is_name(tokens[at])
            && tokens.get(at + 1) == Some(&"::")
            && tokens.get(at + 2).is_some_and(|token| is_name(token))
        {
            at += 2;
        }
        if at > start {
            let path = tokens[start..=at].iter().step_by(2);
            found.named.push(path.map(|name| (*name).to_owned()).collect());
        }
        at += 1;
    }
    found
}

/// Adds the paths of one tree of a `use`, which starts at `at`; returns where it ends.
fn tree(tokens: &[&str], mut at: usize, above: &[String], found: &mut Vec<Used>) -> usize {
    let (mut path, mut alias) = (above.to_vec(), None);
    while let Some(token) = tokens.get(at) {
        match *token {
            "::" => {}
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|token| *token != "}") {
                    at = tree(tokens, at, &path, found);
                    at += usize::from(tokens.get(at) == Some(&","));
                }
                return at + 1;
            }
            "as" => {
                at += 1;
                alias = tokens.get(at).copied();
            }
            "self" if !path.is_empty() => {}
            name if is_name(name) || name == "*" => path.push(name.to_owned()),
            _ => break,
        }
        at += 1;
    }
    if let Some(last) = path.last() {
        let name = alias.unwrap_or(last).to_owned();
        found.push(Used { path, name });
    }
    at
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Names, `::` and single signs.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() {
            tokens.push(&rest[..length]);
        }
        rest = &rest[length..];
    }
    tokens
}

/// A file without its tests, comments and texts. (Of a text over several lines only the first is left out.)
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" && lines.peek().is_some_and(|next| next.ends_with("mod tests {"))
        {
            break;
        }
        let (mut inside, mut escaped, mut before) = (false, false, ' ');
        for c in line.chars() {
            match c {
                _ if escaped => escaped = false,
                '\\' if inside => escaped = true,
                '"' if before != '\'' => inside = !inside,
                '/' if !inside && before == '/' => break,
                _ if !inside => code.push(c),
                _ => {}
            }
            before = c;
        }
        code.push('\n');
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_left_out_whoever_may_use_them() {
        for tests in ["mod tests {", "pub mod tests {", "pub(super) mod tests {"] {
            let text =
                format!("fn f() {{ a::b(); }}\n#[cfg(test)]\n{tests}\n    use super::*;\n}}\n");
            let Paths { used, named } = paths(&text);
            assert_eq!((used.len(), named.len()), (0, 1), "{tests}");
        }
    }

    #[test]
    fn trees_are_spread_out_and_texts_left_out() {
        let text = "use a::{self, b::{C, D as E}, f::*};\nfn g() -> h::I { j(\"k::l\", m::n::o) } // p::q\n";
        let Paths { used, named } = paths(text);
        let used: Vec<_> =
            used.iter().map(|u| format!("{} {}", u.path.join("::"), u.name)).collect();
        assert_eq!(used, ["a a", "a::b::C C", "a::b::D E", "a::f::* *"]);
        let named: Vec<_> = named.iter().map(|path| path.join("::")).collect();
        assert_eq!(named, ["h::I", "m::n::o"]);
    }
}
