use std::collections::HashMap;

use countersign_oauth::GrantType;

use crate::{Grant, grant::ErasedGrant};

/// The grants that a deployment speaks. Its key is `grant_type`.
#[derive(Default)]
pub struct Grants(HashMap<GrantType, Box<dyn ErasedGrant>>);

/// Two grants of one `grant_type`: the composition is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryError(pub GrantType);

impl std::fmt::Display for RegistryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the grant type {} is registered twice", self.0)
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
    /// [`RegistryError`] when its grant type is there already.
    pub fn with(mut self, grant: impl Grant) -> Result<Self, RegistryError> {
        let key = grant.grant_type();
        match self.0.insert(key.clone(), Box::new(grant)) {
            None => Ok(self),
            Some(_) => Err(RegistryError(key)),
        }
    }

    /// The grant types, in no particular order.
    pub fn grant_types(&self) -> impl Iterator<Item = &GrantType> {
        self.0.keys()
    }

    pub(crate) fn find(&self, grant_type: &GrantType) -> Option<&dyn ErasedGrant> {
        self.0.get(grant_type).map(AsRef::as_ref)
    }
}
