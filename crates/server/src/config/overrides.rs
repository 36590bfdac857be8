use std::path::PathBuf;

use super::layers::split;
use super::setting::{Setting, Takes};

/// What the command line says: it wins over environment and file.
#[derive(Clone, Default)]
pub struct Overrides {
    pub(super) file: Option<PathBuf>,
    values: Vec<(&'static str, Vec<String>)>,
}

impl Overrides {
    /// Nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the configuration file.
    #[must_use]
    pub fn with_file(mut self, path: Option<PathBuf>) -> Self {
        self.file = path;
        self
    }

    /// Sets a setting, if there is a value. What the command line cannot carry, a secret, is left out.
    #[must_use]
    pub fn with(mut self, setting: &'static Setting, value: Option<impl AsRef<str>>) -> Self {
        if let Some(value) = value.filter(|_| setting.takes != Takes::Secret) {
            self.values.retain(|(key, _)| *key != setting.key);
            self.values.push((setting.key, split(setting, value.as_ref())));
        }
        self
    }

    /// Whether a configuration file is named.
    #[must_use]
    pub fn has_file(&self) -> bool {
        self.file.is_some()
    }

    pub(super) fn find(&self, setting: &Setting) -> Option<&[String]> {
        self.values.iter().find(|(key, _)| *key == setting.key).map(|(_, raw)| raw.as_slice())
    }
}
