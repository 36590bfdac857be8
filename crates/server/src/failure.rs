/// Why a command cannot go on: one line, with the setting or option to change where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The setting or option.
    pub setting: Option<String>,
    /// What is wrong, and what to do where that is not plain.
    pub text: String,
}

impl Failure {
    /// A failure that no setting mends.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { setting: None, text: text.into() }
    }

    /// A failure of a setting or option.
    #[must_use]
    pub fn of(setting: impl Into<String>, text: impl Into<String>) -> Self {
        Self { setting: Some(setting.into()), text: text.into() }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.setting {
            Some(setting) => write!(f, "{setting}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

impl std::error::Error for Failure {}

impl From<countersign_oauth::Fault> for Failure {
    fn from(fault: countersign_oauth::Fault) -> Self {
        Self::new(fault.to_string())
    }
}
