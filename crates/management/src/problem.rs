/// A key or value that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: `clients[2].callbacks[0]`. Empty for the whole file.
    pub path: String,
    /// The line, where a file was read.
    pub line: Option<u64>,
    /// What is wrong, as the rest of a sentence that begins with the path.
    pub message: String,
}

/// A key that is taken but does not do what Auth0 does with it yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where: `clients[2].logo_uri`.
    pub path: String,
    /// The line, where a file was read.
    pub line: Option<u64>,
    /// What does not happen, as the rest of a sentence that begins with the path.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        sentence(f, &self.path, self.line, &self.message)
    }
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        sentence(f, &self.path, self.line, &self.message)
    }
}

impl std::error::Error for Problem {}

fn sentence(
    f: &mut std::fmt::Formatter<'_>,
    path: &str,
    line: Option<u64>,
    message: &str,
) -> std::fmt::Result {
    let path = if path.is_empty() { "the file" } else { path };
    match line {
        Some(line) => write!(f, "line {line}: {path} {message}"),
        None => write!(f, "{path} {message}"),
    }
}
