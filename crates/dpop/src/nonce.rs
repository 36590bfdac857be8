use countersign_jose::{decode_base64url, encode_base64url};
use countersign_oauth::{MessageAuthenticator, Seconds, Timestamp};
use subtle::ConstantTimeEq;

use crate::{CLOCK_SKEW, DpopError};

/// How long a nonce is good.
pub const NONCE_LIFETIME: Seconds = Seconds(300);

const PURPOSE: &str = "dpop_nonce";
const MAC_BYTES: usize = 16;

/// Nonces of the server's own (RFC 9449 §8): a time and a MAC over it, so that every process of the tenant
/// knows them and none remembers them.
#[derive(Clone, Copy)]
pub struct Nonces<'a> {
    key: &'a dyn MessageAuthenticator,
}

impl<'a> Nonces<'a> {
    /// Nonces under the tenant's data key, or under a resource server's own.
    #[must_use]
    pub fn new(key: &'a dyn MessageAuthenticator) -> Self {
        Self { key }
    }

    /// A fresh nonce, for `DPoP-Nonce`.
    #[must_use]
    pub fn issue(&self, now: Timestamp) -> String {
        let time = now.millis().to_be_bytes();
        let mut nonce = time.to_vec();
        nonce.extend_from_slice(&self.mac(time));
        encode_base64url(nonce)
    }

    /// Checks a proof's nonce (RFC 9449 §4.3, check 10).
    ///
    /// # Errors
    /// [`DpopError::NonceForeign`] for what this tenant's data key did not make,
    /// [`DpopError::NonceStale`] for one over five minutes old.
    pub fn check(&self, nonce: &str, now: Timestamp) -> Result<(), DpopError> {
        let bytes = decode_base64url(nonce).map_err(|_| DpopError::NonceForeign)?;
        let (time, mac) = bytes.split_first_chunk::<8>().ok_or(DpopError::NonceForeign)?;
        if !bool::from(self.mac(*time).as_slice().ct_eq(mac)) {
            return Err(DpopError::NonceForeign);
        }
        let issued = Timestamp::from_millis(i64::from_be_bytes(*time));
        if issued.plus(NONCE_LIFETIME) < now || now.plus(CLOCK_SKEW) < issued {
            return Err(DpopError::NonceStale);
        }
        Ok(())
    }

    fn mac(&self, time: [u8; 8]) -> [u8; MAC_BYTES] {
        let mac = self.key.mac(PURPOSE, &time);
        let mut short = [0; MAC_BYTES];
        short.iter_mut().zip(mac).for_each(|(to, from)| *to = from);
        short
    }
}

impl std::fmt::Debug for Nonces<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Nonces")
    }
}

#[cfg(test)]
mod tests;
