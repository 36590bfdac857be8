use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::setting::{self, Setting, Takes};
use super::{Environment, Overrides, file};
use crate::Failure;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An option of the command line, or what the command itself decides.
    Flag,
    /// A variable of the environment.
    Environment(String),
    /// The configuration file.
    File(PathBuf),
    /// Nobody said anything.
    Default,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag => f.write_str("command line"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A setting's value as text, with its origin.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) raw: Vec<String>,
    pub(crate) origin: Origin,
}

/// Every setting's value: flags over environment over file over default.
#[derive(Clone)]
pub struct Layers(BTreeMap<&'static str, Value>);

impl Layers {
    /// Merges what the command line, the environment and the file say.
    ///
    /// # Errors
    /// An unknown key or variable, or a file that cannot be read: each is named.
    pub fn merge(overrides: &Overrides, environment: &Environment) -> Result<Self, Failure> {
        environment.refuse_unknown()?;
        let from_file = match &overrides.file {
            Some(path) => file::read(path)?,
            None => BTreeMap::new(),
        };
        let value = |setting: &'static Setting| {
            let flag = overrides.find(setting).map(|raw| (raw.to_vec(), Origin::Flag));
            let variable = || {
                let text = environment.find(setting)?;
                Some((split(setting, text), Origin::Environment(setting.variable())))
            };
            let line = || {
                let raw = from_file.get(setting.key)?.clone();
                Some((raw, Origin::File(overrides.file.clone().unwrap_or_default())))
            };
            let default = || (split(setting, setting.default), Origin::Default);
            let (raw, origin) = flag.or_else(variable).or_else(line).unwrap_or_else(default);
            (setting.key, Value { raw, origin })
        };
        Ok(Self(setting::ALL.iter().map(|setting| value(setting)).collect()))
    }

    pub(crate) fn origin(&self, setting: &Setting) -> Origin {
        self.0.get(setting.key).map_or(Origin::Default, |value| value.origin.clone())
    }

    pub(crate) fn all(&self, setting: &Setting) -> &[String] {
        self.0.get(setting.key).map(|value| value.raw.as_slice()).unwrap_or_default()
    }

    /// The value of a setting that takes one; `None` when there is none.
    pub(crate) fn one(&self, setting: &Setting) -> Option<&str> {
        self.all(setting).first().map(String::as_str)
    }

    /// A path; one from the file is relative to the file.
    pub(crate) fn path(&self, setting: &Setting) -> Option<PathBuf> {
        let path = Path::new(self.one(setting)?);
        match self.origin(setting) {
            Origin::File(file) => Some(file.parent().map_or(path.to_owned(), |folder| folder.join(path))),
            _ => Some(path.to_owned()),
        }
    }
}

/// Cuts text from the command line or the environment: lists at commas, and nothing is no value.
pub(super) fn split(setting: &Setting, text: &str) -> Vec<String> {
    let kept = |part: &str| Some(part.trim()).filter(|part| !part.is_empty()).map(str::to_owned);
    match setting.takes {
        Takes::Many => text.split(',').filter_map(kept).collect(),
        Takes::One | Takes::Secret => kept(text).into_iter().collect(),
    }
}
