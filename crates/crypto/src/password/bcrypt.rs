use base64::alphabet::BCRYPT;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, engine::DecodePaddingMode};
use countersign_oauth::Secret;
use zeroize::Zeroizing;

use super::phc::PhcError;

/// The most that a stored hash may ask for: 4096 rounds, a third of a second.
const MAX_COST: u32 = 12;
/// bcrypt looks at so many bytes, of which the last may be the NUL that ends the password.
const KEY_BYTES: usize = 72;
/// The last character of a salt has bits that say nothing; some implementations set them.
const ALPHABET: GeneralPurpose = GeneralPurpose::new(
    &BCRYPT,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// A parsed bcrypt hash, `$2a$`, `$2b$` or `$2y$`, whose cost is bounded: what an import brings. The three are
/// one function for passwords of up to 255 bytes; `$2x$` is another.
pub(crate) struct Bcrypt {
    cost: u32,
    salt: [u8; 16],
    hash: Secret<Vec<u8>>,
}

impl Bcrypt {
    /// Whether a stored hash says that it is one of bcrypt.
    pub(crate) fn claims(text: &str) -> bool {
        text.starts_with("$2")
    }

    /// Parses `$2b$10$` and 53 characters: salt and hash.
    pub(crate) fn parse(text: &str) -> Result<Self, PhcError> {
        let rest = ["$2a$", "$2b$", "$2y$"].iter().find_map(|prefix| text.strip_prefix(prefix));
        let (cost, rest) = rest.ok_or(PhcError::Function)?.split_once('$').ok_or(PhcError::Malformed)?;
        let digits = cost.len() == 2 && cost.bytes().all(|b| b.is_ascii_digit());
        let cost: u32 = cost.parse().ok().filter(|_| digits).ok_or(PhcError::Malformed)?;
        let (salt, hash) = rest.split_at_checked(22).ok_or(PhcError::Malformed)?;
        let decode = |text: &str| ALPHABET.decode(text).map_err(|_| PhcError::Malformed);
        let salt: [u8; 16] = decode(salt)?.try_into().map_err(|_| PhcError::Malformed)?;
        let hash = decode(hash)?;
        if hash.len() != 23 {
            return Err(PhcError::Malformed);
        }
        if !(4..=MAX_COST).contains(&cost) {
            return Err(PhcError::Cost);
        }
        Ok(Self { cost, salt, hash: Secret::new(hash) })
    }

    /// Whether this is the password's hash, compared in constant time. Bytes after the 72nd do not count, as where
    /// the hash was made. A password with a NUL is none: implementations disagree about what follows it, and it
    /// costs as much as another.
    pub(crate) fn verify(&self, password: &[u8]) -> bool {
        let mut key = Zeroizing::new(password.iter().copied().take(KEY_BYTES).collect::<Vec<u8>>());
        if key.len() < KEY_BYTES {
            key.push(0);
        }
        let found = bcrypt::bcrypt(self.cost, self.salt, &key);
        let found = Secret::new(found.into_iter().take(23).collect::<Vec<u8>>());
        found == self.hash && !password.contains(&0)
    }

    /// Whether every byte of the password counted, so that a hash made of it today is the same password's.
    pub(crate) fn covers(password: &[u8]) -> bool {
        password.len() <= KEY_BYTES
    }
}

#[cfg(test)]
mod tests;
