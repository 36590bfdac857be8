use countersign_oauth::MessageAuthenticator;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What nonces are made with (RFC 9449 §9): a key that nobody else knows.
pub struct NonceKey([u8; BLOCK]);

/// HMAC takes a key as one block, filled up with zeros (RFC 2104 §2).
const BLOCK: usize = 64;

impl NonceKey {
    /// A key for the life of this process. Where several processes serve one API, give them one key.
    ///
    /// # Errors
    /// When the operating system has no random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Self::shared(key))
    }

    /// A key that several processes share.
    #[must_use]
    pub fn shared(key: [u8; 32]) -> Self {
        let mut block = [0; BLOCK];
        block.iter_mut().zip(key).for_each(|(to, from)| *to = from);
        Self(block)
    }
}

impl MessageAuthenticator for NonceKey {
    fn mac(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new((&self.0).into());
        // The length keeps purpose and message apart.
        mac.update(&(purpose.len() as u64).to_be_bytes());
        mac.update(purpose.as_bytes());
        mac.update(message);
        mac.finalize().into_bytes().into()
    }
}
