use base64::{Engine as _, engine::general_purpose::STANDARD};
use countersign_oauth::{KeyId, MessageAuthenticator, SealError, Sealed, Sealer, Secret, SecureRandom};
use openssl::error::ErrorStack;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};
use zeroize::Zeroizing;

use crate::OsRandom;
use crate::hmac::hmac_sha256;

/// The keys under which secrets rest: the current one seals, older ones still open.
///
/// Sealing is AES-256-GCM under a key of its own for each message, HMAC-SHA256 of data key, purpose and
/// random salt, with the purpose as associated data; so no number of messages wears a data key out.
/// MACs are made under the oldest key, so that a new current key leaves what is MACed valid; with the
/// oldest key the DPoP nonces and refresh tokens of its time end.
pub struct DataKeys {
    current: DataKey,
    older: Vec<DataKey>,
}

struct DataKey {
    id: KeyId,
    key: Secret<[u8; 32]>,
}

/// Why a text holds no data keys. No key material stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataKeyError {
    /// There is no key at all.
    Empty,
    /// The line of that number is not `KEYID:base64`, the id 1 to 64 of `A-Z a-z 0-9 . _ -`, the key 32
    /// bytes.
    Line(usize),
    /// Two keys have the id that stands in the line of that number.
    Repeated(usize),
}

impl std::fmt::Display for DataKeyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("there is no data key"),
            Self::Line(line) => write!(f, "line {line} is not KEYID:base64 of 32 bytes"),
            Self::Repeated(line) => write!(f, "line {line} repeats a key id"),
        }
    }
}

impl std::error::Error for DataKeyError {}

const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

impl DataKeys {
    /// One key, good for sealing at once.
    #[must_use]
    pub fn new(id: KeyId, key: Secret<[u8; 32]>) -> Self {
        Self { current: DataKey { id, key }, older: Vec::new() }
    }

    /// Adds an older key, which opens what it once sealed; the last one added makes the MACs.
    #[must_use]
    pub fn with_older(mut self, id: KeyId, key: Secret<[u8; 32]>) -> Self {
        self.older.push(DataKey { id, key });
        self
    }

    /// Draws a first key.
    #[must_use]
    pub fn generate(random: &dyn SecureRandom) -> Self {
        let DataKey { id, key } = DataKey::generate(random);
        Self::new(id, key)
    }

    /// Draws a new current key; the one so far becomes an older one.
    #[must_use]
    pub fn rotated(self, random: &dyn SecureRandom) -> Self {
        let mut older = vec![self.current];
        older.extend(self.older);
        Self { current: DataKey::generate(random), older }
    }

    /// Parses a key file: a line `KEYID:base64` for each key, the current one first and the oldest last.
    /// Empty lines and lines that begin with `#` do not count.
    ///
    /// # Errors
    /// [`DataKeyError`] naming the line.
    pub fn parse(text: &str) -> Result<Self, DataKeyError> {
        let mut keys: Vec<DataKey> = Vec::new();
        for (number, line) in (1..).zip(text.lines()).map(|(number, line)| (number, line.trim())) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let key = DataKey::parse(line).ok_or(DataKeyError::Line(number))?;
            if keys.iter().any(|known| known.id == key.id) {
                return Err(DataKeyError::Repeated(number));
            }
            keys.push(key);
        }
        let mut keys = keys.into_iter();
        let current = keys.next().ok_or(DataKeyError::Empty)?;
        Ok(Self { current, older: keys.collect() })
    }

    /// The key file, as [`DataKeys::parse`] reads it.
    #[must_use]
    pub fn to_text(&self) -> Secret<String> {
        let mut text = String::new();
        for DataKey { id, key } in self.all() {
            let key = Zeroizing::new(STANDARD.encode(key.expose()));
            text.push_str(&format!("{id}:{}\n", *key));
        }
        Secret::new(text)
    }

    /// The id of the key that seals.
    #[must_use]
    pub fn current_id(&self) -> &KeyId {
        &self.current.id
    }

    fn all(&self) -> impl Iterator<Item = &DataKey> {
        std::iter::once(&self.current).chain(&self.older)
    }
}

impl DataKey {
    fn generate(random: &dyn SecureRandom) -> Self {
        let (mut id, mut key) = ([0_u8; 6], [0_u8; 32]);
        random.fill(&mut id);
        random.fill(&mut key);
        let id = id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        Self { id: KeyId::new(id), key: Secret::new(key) }
    }

    fn parse(line: &str) -> Option<Self> {
        let (id, key) = line.split_once(':')?;
        let id_is_right = (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        let key = Zeroizing::new(STANDARD.decode(key).ok()?);
        let key = <[u8; 32]>::try_from(key.as_slice()).ok()?;
        id_is_right.then(|| Self { id: KeyId::new(id), key: Secret::new(key) })
    }

    fn message_key(&self, purpose: &str, salt: &[u8]) -> Zeroizing<[u8; 32]> {
        let parts = [b"seal:", purpose.as_bytes(), b"\0", salt];
        Zeroizing::new(hmac_sha256(self.key.expose(), &parts))
    }

    fn seal(&self, purpose: &str, plaintext: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let (mut salt, mut nonce, mut tag) = ([0; SALT_BYTES], [0; NONCE_BYTES], [0; TAG_BYTES]);
        OsRandom.fill(&mut salt);
        OsRandom.fill(&mut nonce);
        let key = self.message_key(purpose, &salt);
        let aad = purpose.as_bytes();
        let ciphertext =
            encrypt_aead(Cipher::aes_256_gcm(), key.as_slice(), Some(&nonce), aad, plaintext, &mut tag)?;
        Ok([&salt[..], &nonce, &ciphertext, &tag].concat())
    }

    fn open(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (salt, rest) = sealed.split_first_chunk::<SALT_BYTES>()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_BYTES>()?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG_BYTES>()?;
        let key = self.message_key(purpose, salt);
        let aad = purpose.as_bytes();
        decrypt_aead(Cipher::aes_256_gcm(), key.as_slice(), Some(nonce), aad, ciphertext, tag).ok()
    }

    fn mac(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        let key = Zeroizing::new(hmac_sha256(self.key.expose(), &[b"mac:", purpose.as_bytes()]));
        hmac_sha256(key.as_slice(), &[message])
    }
}

impl Sealer for DataKeys {
    fn seal(&self, purpose: &str, plaintext: &[u8]) -> Sealed {
        let ciphertext = self.current.seal(purpose, plaintext).unwrap_or_else(|error| {
            // AES-GCM fails only without memory or without OpenSSL's default provider: nothing can be kept
            // secret then, so the process ends as it does without random bytes.
            tracing::error!(%error, "OpenSSL cannot encrypt");
            std::process::abort()
        });
        Sealed { key_id: self.current.id.clone(), ciphertext }
    }

    fn open(&self, purpose: &str, sealed: &Sealed) -> Result<Vec<u8>, SealError> {
        let key = self.all().find(|key| key.id == sealed.key_id).ok_or(SealError::UnknownKey)?;
        key.open(purpose, &sealed.ciphertext).ok_or(SealError::Forged)
    }
}

impl MessageAuthenticator for DataKeys {
    fn mac(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        self.older.last().unwrap_or(&self.current).mac(purpose, message)
    }
}

impl std::fmt::Debug for DataKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.all().map(|key| key.id.as_str())).finish()
    }
}

#[cfg(test)]
mod tests;
