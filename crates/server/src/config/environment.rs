use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::setting::{self, Setting};
use crate::Failure;

const PREFIX: &str = "COUNTERSIGN_";

/// Kubernetes tells every container about a service of the name `countersign` in variables that begin so.
const KUBERNETES: [&str; 2] = ["COUNTERSIGN_SERVICE_", "COUNTERSIGN_PORT"];

/// What the environment says that concerns us, read once.
#[derive(Clone, Default)]
pub struct Environment {
    settings: BTreeMap<String, String>,
    roots: Option<String>,
    home: Option<PathBuf>,
    path: Option<String>,
}

impl Environment {
    /// Reads the process's environment: the one place that does.
    #[expect(clippy::disallowed_methods, reason = "this is the one place where settings are read")]
    #[must_use]
    pub fn read() -> Self {
        Self::of(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        )
    }

    /// Takes variables from elsewhere. An empty one counts as not set.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut environment = Self::default();
        for (name, value) in variables.into_iter().filter(|(_, value)| !value.is_empty()) {
            if name == "SSL_CERT_FILE" {
                environment.roots = Some(value);
            } else if name == "HOME" {
                environment.home = Some(value.into());
            } else if name == "PATH" {
                environment.path = Some(value);
            } else if name.starts_with(PREFIX) {
                environment.settings.insert(name, value);
            }
        }
        environment
    }

    /// The file of trusted roots that `SSL_CERT_FILE` names.
    pub(crate) fn roots(&self) -> Option<&str> {
        self.roots.as_deref()
    }

    /// The user's home folder.
    pub(crate) fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// Whether a program is on the search path.
    pub(crate) fn has_program(&self, name: &str) -> bool {
        let path = self.path.as_deref().unwrap_or("/usr/bin:/bin");
        std::env::split_paths(path).any(|folder| folder.join(name).is_file())
    }

    pub(super) fn find(&self, setting: &Setting) -> Option<&str> {
        self.settings.get(&setting.variable()).map(String::as_str)
    }

    pub(super) fn refuse_unknown(&self) -> Result<(), Failure> {
        let known = |name: &String| {
            setting::ALL.iter().any(|setting| setting.variable() == *name)
                || KUBERNETES.iter().any(|prefix| name.starts_with(prefix))
        };
        match self.settings.keys().find(|name| !known(name)) {
            None => Ok(()),
            Some(name) => Err(Failure::of(name, "is no setting of ours; `countersign config` lists them")),
        }
    }
}
