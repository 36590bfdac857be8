use std::collections::{HashMap, HashSet};

use countersign_oauth::{ErrorCode, GrantType, OAuthError, Parameters};

use crate::{Grant, grant::ErasedGrant};

/// The grants that a deployment speaks. The key is `grant_type`, of a token exchange with `subject_token_type`.
#[derive(Default)]
pub struct Grants(HashMap<Key, Box<dyn ErasedGrant>>);

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    grant_type: GrantType,
    subject_token_type: Option<String>,
}

/// Two grants of one `grant_type`, and of one `subject_token_type` if they have one: the composition is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryError {
    /// The grant type.
    pub grant_type: GrantType,
    /// The type of the subject token.
    pub subject_token_type: Option<String>,
}

impl std::fmt::Display for RegistryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the grant type {}", self.grant_type)?;
        if let Some(name) = &self.subject_token_type {
            write!(f, " with subject tokens of the type {name}")?;
        }
        f.write_str(" is registered twice")
    }
}

impl std::error::Error for RegistryError {}

impl Grants {
    /// No grants yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a grant.
    ///
    /// # Errors
    /// [`RegistryError`] when its key is there already.
    pub fn with(mut self, grant: impl Grant) -> Result<Self, RegistryError> {
        let (grant_type, name) = (grant.grant_type(), grant.subject_token_type().map(str::to_owned));
        let key = Key { grant_type: grant_type.clone(), subject_token_type: name.clone() };
        match self.0.insert(key, Box::new(grant)) {
            None => Ok(self),
            Some(_) => Err(RegistryError { grant_type, subject_token_type: name }),
        }
    }

    /// The grant types, each once, in no particular order.
    pub fn grant_types(&self) -> impl Iterator<Item = &GrantType> {
        self.0.keys().map(|key| &key.grant_type).collect::<HashSet<_>>().into_iter()
    }

    /// The grant of a request.
    pub(crate) fn find(&self, parameters: &Parameters) -> Result<&dyn ErasedGrant, OAuthError> {
        let name = parameters.require("grant_type")?;
        let grant_type = GrantType::new(name.to_owned());
        let subject_token_types =
            || self.0.keys().filter(|key| key.grant_type == grant_type).map(|key| &key.subject_token_type);
        if subject_token_types().next().is_none() {
            return Err(unsupported(name));
        }
        if subject_token_types().all(Option::is_none) {
            return self.keyed(&grant_type, None).ok_or_else(|| unsupported(name));
        }
        // RFC 8693 §2.1: an exchange names the type of its subject token, which picks the grant.
        let named = parameters.require("subject_token_type")?;
        let grant = self.keyed(&grant_type, Some(named)).or_else(|| self.keyed(&grant_type, None));
        grant.ok_or_else(|| {
            OAuthError::new(
                ErrorCode::InvalidRequest,
                "token.unsupported_subject_token_type",
                "Unsupported subject_token_type: {type}",
            )
            .with("type", named.chars().take(256).collect::<String>())
        })
    }

    /// The grant of that key.
    pub(crate) fn keyed(
        &self,
        grant_type: &GrantType,
        subject_token_type: Option<&str>,
    ) -> Option<&dyn ErasedGrant> {
        let subject_token_type = subject_token_type.map(str::to_owned);
        self.0.get(&Key { grant_type: grant_type.clone(), subject_token_type }).map(AsRef::as_ref)
    }
}

fn unsupported(name: &str) -> OAuthError {
    OAuthError::new(
        ErrorCode::UnsupportedGrantType,
        "token.unsupported_grant_type",
        "Unsupported grant type: {grant}",
    )
    .with("grant", name.chars().take(128).collect::<String>())
}
