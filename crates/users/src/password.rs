use countersign_oauth::{BoxFuture, Fault, Secret};
use countersign_storage::PasswordHash;

/// What a password check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// Not the password, or there is none to compare with.
    Wrong,
    /// The password; `rehash` when the stored hash is weaker than what is made today.
    Right {
        /// The hash to keep from now on.
        rehash: Option<PasswordHash>,
    },
}

/// Hashes and verifies passwords, away from the threads that serve requests.
///
/// A full queue is [`Fault::unavailable`]: 503 with `Retry-After`.
pub trait PasswordHasher: Send + Sync {
    /// Hashes a new password.
    fn hash<'a>(&'a self, password: &'a Secret<String>) -> BoxFuture<'a, Result<PasswordHash, Fault>>;

    /// Verifies a password. With no hash to compare (an unknown user, a user without password) it spends
    /// the same time and answers [`Verification::Wrong`], so that time tells nothing.
    fn verify<'a>(
        &'a self,
        password: &'a Secret<String>,
        hash: Option<&'a PasswordHash>,
    ) -> BoxFuture<'a, Result<Verification, Fault>>;
}

/// Why a new password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordRule {
    /// Empty.
    Empty,
    /// Over [`MAX_PASSWORD_BYTES`]; checked before any hashing.
    TooLong,
}

/// The longest password that is hashed, in bytes.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// Checks a password before it is hashed, on set, login and import alike.
///
/// # Errors
/// [`PasswordRule`] naming the rule broken.
pub fn check_new_password(password: &Secret<String>) -> Result<(), PasswordRule> {
    match password.expose().len() {
        0 => Err(PasswordRule::Empty),
        length if length > MAX_PASSWORD_BYTES => Err(PasswordRule::TooLong),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
