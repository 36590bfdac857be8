use countersign_oauth::{KeyId, MessageAuthenticator, SealError, Sealed, Sealer};

use crate::hmac::{hmac, sha256};

/// A [`Sealer`] in pure Rust: an HMAC over purpose and plaintext is tag and nonce at once, and the
/// keystream comes from SHA-256. It authenticates and it is deterministic; no production code may hold it.
#[derive(Debug, Clone)]
pub struct TestSealer {
    key_id: KeyId,
    key: [u8; 32],
}

impl TestSealer {
    /// A sealer of its own: what another one sealed does not open.
    #[must_use]
    pub fn new(key_id: &str) -> Self {
        Self { key_id: KeyId::new(key_id), key: sha256(&[b"test sealer", key_id.as_bytes()]) }
    }

    fn apply_keystream(&self, tag: &[u8; 32], text: &[u8]) -> Vec<u8> {
        text.chunks(32)
            .zip(0_u64..)
            .flat_map(|(chunk, counter)| {
                let stream = sha256(&[&self.key, tag, &counter.to_be_bytes()]);
                chunk.iter().zip(stream).map(|(byte, key)| byte ^ key).collect::<Vec<u8>>()
            })
            .collect()
    }
}

impl Default for TestSealer {
    fn default() -> Self {
        Self::new("test")
    }
}

impl Sealer for TestSealer {
    fn seal(&self, purpose: &str, plaintext: &[u8]) -> Sealed {
        let tag = hmac(self.key, &[b"seal", purpose.as_bytes(), plaintext]);
        let mut ciphertext = tag.to_vec();
        ciphertext.extend(self.apply_keystream(&tag, plaintext));
        Sealed { key_id: self.key_id.clone(), ciphertext }
    }

    fn open(&self, purpose: &str, sealed: &Sealed) -> Result<Vec<u8>, SealError> {
        if sealed.key_id != self.key_id {
            return Err(SealError::UnknownKey);
        }
        let (tag, text) = sealed.ciphertext.split_first_chunk::<32>().ok_or(SealError::Forged)?;
        let plaintext = self.apply_keystream(tag, text);
        let expected = hmac(self.key, &[b"seal", purpose.as_bytes(), &plaintext]);
        if expected == *tag { Ok(plaintext) } else { Err(SealError::Forged) }
    }
}

impl MessageAuthenticator for TestSealer {
    fn mac(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        hmac(self.key, &[b"mac", purpose.as_bytes(), message])
    }
}
