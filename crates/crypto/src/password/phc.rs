use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use countersign_oauth::Secret;

use super::bcrypt::Bcrypt;
use super::cost::Argon2Cost;
use super::pool::Memory;

/// Why a text is not taken as a password's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhcError {
    /// Another function than argon2 and bcrypt.
    Function,
    /// Not of the form `$argon2id$v=19$m=…,t=…,p=…$salt$hash` with a salt of 8 bytes or more and a hash of 16 or
    /// more, nor of the form `$2b$10$` with 53 characters.
    Malformed,
    /// A cost over [`Argon2Cost::CEILING`] or bcrypt's 12, or an impossible one.
    Cost,
}

impl std::fmt::Display for PhcError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Function => "is neither an argon2 nor a bcrypt hash",
            Self::Malformed => "is not a well-formed hash",
            Self::Cost => {
                "asks for more than 64 MiB, 10 passes, 4 lanes or a cost of 12, or for an impossible cost"
            }
        })
    }
}

impl std::error::Error for PhcError {}

/// Whether a text is a hash that logins will verify: for an import, before it is stored.
///
/// # Errors
/// [`PhcError`] naming the rule broken.
pub fn check_phc(text: &str) -> Result<(), PhcError> {
    Stored::parse(text).map(drop)
}

/// A password's hash as it is stored.
pub(crate) enum Stored {
    /// What is made today.
    Argon2(Phc),
    /// What an import brought, until the next login.
    Bcrypt(Bcrypt),
}

impl Stored {
    pub(crate) fn parse(text: &str) -> Result<Self, PhcError> {
        if Bcrypt::claims(text) {
            Bcrypt::parse(text).map(Self::Bcrypt)
        } else {
            Phc::parse(text).map(Self::Argon2)
        }
    }
}

/// A parsed argon2 PHC string whose cost is bounded.
pub(crate) struct Phc {
    algorithm: Algorithm,
    version: Version,
    pub(crate) cost: Argon2Cost,
    salt: Vec<u8>,
    hash: Secret<Vec<u8>>,
}

/// Bytes of salt and hash in what is made today (RFC 9106 §4).
pub(crate) const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

impl Phc {
    /// Parses `$argon2id$v=19$m=…,t=…,p=…$salt$hash`; the version may be left out for 1.0 (16).
    pub(crate) fn parse(text: &str) -> Result<Self, PhcError> {
        let mut fields = text.strip_prefix('$').ok_or(PhcError::Malformed)?.split('$').peekable();
        let algorithm = match fields.next() {
            Some("argon2id") => Algorithm::Argon2id,
            Some("argon2i") => Algorithm::Argon2i,
            Some("argon2d") => Algorithm::Argon2d,
            _ => return Err(PhcError::Function),
        };
        let version = match fields.next_if(|field| field.starts_with("v=")) {
            Some("v=19") => Version::V0x13,
            None | Some("v=16") => Version::V0x10,
            Some(_) => return Err(PhcError::Malformed),
        };
        let (cost, salt, hash, end) = (fields.next(), fields.next(), fields.next(), fields.next());
        let (Some(cost), Some(salt), Some(hash), None) = (cost, salt, hash, end) else {
            return Err(PhcError::Malformed);
        };
        let cost = parse_cost(cost).ok_or(PhcError::Malformed)?;
        let salt = decode(salt, 8..=64)?;
        let hash = Secret::new(decode(hash, 16..=64)?);
        if !cost.is_possible() {
            return Err(PhcError::Cost);
        }
        Ok(Self { algorithm, version, cost, salt, hash })
    }

    /// A hash of today's form that no password has.
    pub(crate) fn dummy(salt: [u8; SALT_BYTES], hash: [u8; HASH_BYTES], cost: Argon2Cost) -> Self {
        Self {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            cost,
            salt: salt.to_vec(),
            hash: Secret::new(hash.to_vec()),
        }
    }

    /// Hashes a password as it is done today.
    pub(crate) fn hash(
        password: &[u8],
        salt: [u8; SALT_BYTES],
        cost: Argon2Cost,
        memory: &mut Memory,
    ) -> Result<String, argon2::Error> {
        let hash =
            derive((Algorithm::Argon2id, Version::V0x13), cost, (password, &salt, HASH_BYTES), memory)?;
        let Argon2Cost { memory_kib, iterations, parallelism } = cost;
        let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
        Ok(format!("$argon2id$v=19$m={memory_kib},t={iterations},p={parallelism}${salt}${hash}"))
    }

    /// Whether this is the password's hash, compared in constant time.
    pub(crate) fn verify(&self, password: &[u8], memory: &mut Memory) -> Result<bool, argon2::Error> {
        let length = self.hash.expose().len();
        let variant = (self.algorithm, self.version);
        let found = derive(variant, self.cost, (password, &self.salt, length), memory)?;
        Ok(Secret::new(found) == self.hash)
    }

    /// Whether it is what would be made today at `cost`.
    pub(crate) fn is_current(&self, cost: Argon2Cost) -> bool {
        (self.algorithm, self.version) == (Algorithm::Argon2id, Version::V0x13)
            && self.cost == cost
            && self.salt.len() == SALT_BYTES
            && self.hash.expose().len() == HASH_BYTES
    }
}

fn derive(
    (algorithm, version): (Algorithm, Version),
    cost: Argon2Cost,
    (password, salt, length): (&[u8], &[u8], usize),
    memory: &mut Memory,
) -> Result<Vec<u8>, argon2::Error> {
    let params = Params::new(cost.memory_kib, cost.iterations, cost.parallelism, Some(length))?;
    let blocks = params.block_count();
    let argon2 = Argon2::new(algorithm, version, params);
    let mut hash = vec![0; length];
    memory.lend(blocks, |memory| argon2.hash_password_into_with_memory(password, salt, &mut hash, memory))?;
    Ok(hash)
}

/// `m=…,t=…,p=…` in that order, decimal without leading zeros.
fn parse_cost(text: &str) -> Option<Argon2Cost> {
    let mut parts = text.split(',');
    let mut number = |name: &str| -> Option<u32> {
        let digits = parts.next()?.strip_prefix(name)?;
        let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        // What does not fit is over every ceiling.
        plain.then(|| digits.parse().unwrap_or(u32::MAX)).filter(|_| !digits.is_empty())
    };
    let cost =
        Argon2Cost { memory_kib: number("m=")?, iterations: number("t=")?, parallelism: number("p=")? };
    parts.next().is_none().then_some(cost)
}

fn decode(text: &str, lengths: std::ops::RangeInclusive<usize>) -> Result<Vec<u8>, PhcError> {
    let bytes = STANDARD_NO_PAD.decode(text).map_err(|_| PhcError::Malformed)?;
    if lengths.contains(&bytes.len()) { Ok(bytes) } else { Err(PhcError::Malformed) }
}

#[cfg(test)]
mod tests;
