use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};

use crate::{Secret, SecureRandom};

/// A bearer handle: 256 random bits as base64url, without structure (RFC 6749 §10.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle(Secret<String>);

/// What storage keeps of a bearer secret: its SHA-256. The secret itself never gets there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HandleHash([u8; 32]);

impl Handle {
    /// Draws a new handle.
    pub fn generate(random: &dyn SecureRandom) -> Self {
        let mut bytes = [0_u8; 32];
        random.fill(&mut bytes);
        Self(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// A handle that its bearer showed.
    #[must_use]
    pub fn restore(shown: &str) -> Self {
        Self(Secret::from(shown))
    }

    /// The handle as it goes to its bearer.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What storage may know of it.
    #[must_use]
    pub fn hash(&self) -> HandleHash {
        HandleHash::of(self.expose())
    }
}

impl HandleHash {
    /// Hashes the full presented value; a truncated or extended handle is another one.
    #[must_use]
    pub fn of(presented: &str) -> Self {
        Self(Sha256::digest(presented.as_bytes()).into())
    }

    /// Restores a stored hash.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// As base64url.
impl Serialize for HandleHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for HandleHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(text.as_bytes()).map_err(D::Error::custom)?;
        let bytes = bytes.try_into().map_err(|_| D::Error::custom("a hash has 32 bytes"))?;
        Ok(Self(bytes))
    }
}

impl std::fmt::Debug for HandleHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HandleHash({})", URL_SAFE_NO_PAD.encode(self.0))
    }
}
