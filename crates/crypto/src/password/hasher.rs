use std::sync::Arc;

use countersign_oauth::{BoxFuture, Fault, Secret, SecureRandom};
use countersign_storage::PasswordHash;
use countersign_users::{MAX_PASSWORD_BYTES, PasswordHasher, Verification};

use super::bcrypt::Bcrypt;
use super::cost::Argon2Cost;
use super::phc::{Phc, SALT_BYTES, Stored};
use super::pool::{Memory, Pool};
use crate::fault::fault;

/// Argon2id (RFC 9106) on threads of its own: as many as are given, each with its memory, behind a bounded
/// queue. What is full answers [`Fault::unavailable`] at once.
pub struct Argon2Hasher {
    pool: Pool,
    cost: Argon2Cost,
    /// A hash of today's cost that nobody has the password of.
    dummy: Arc<Phc>,
    random: Arc<dyn SecureRandom>,
}

impl Argon2Hasher {
    /// Starts the threads. The floor of the cost is the configuration's business; tests take less.
    ///
    /// # Errors
    /// A fault for a cost that argon2 cannot have or that is over [`Argon2Cost::CEILING`], for no threads, or
    /// when a thread does not start.
    pub fn start(
        cost: Argon2Cost,
        threads: usize,
        queue: usize,
        random: Arc<dyn SecureRandom>,
    ) -> Result<Self, Fault> {
        if !cost.is_possible() {
            return Err(Fault::internal(format!("argon2 cannot be run at {cost:?}")));
        }
        let mut hash = [0_u8; 32];
        random.fill(&mut hash);
        let dummy = Arc::new(Phc::dummy(draw_salt(&*random), hash, cost));
        let pool = Pool::start(threads, queue, cost.memory_kib as usize)?;
        Ok(Self { pool, cost, dummy, random })
    }

    /// How many hashes wait for a thread.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.pool.waiting()
    }
}

impl PasswordHasher for Argon2Hasher {
    fn hash<'a>(&'a self, password: &'a Secret<String>) -> BoxFuture<'a, Result<PasswordHash, Fault>> {
        Box::pin(async move {
            if password.expose().len() > MAX_PASSWORD_BYTES {
                return Err(Fault::internal("a password over the limit was to be hashed"));
            }
            let (password, salt, cost) = (password.clone(), draw_salt(&*self.random), self.cost);
            let hashed = self.pool.run(move |memory| make(&password, salt, cost, memory)).await?;
            hashed.map_err(fault("hashing a password"))
        })
    }

    fn verify<'a>(
        &'a self,
        password: &'a Secret<String>,
        hash: Option<&'a PasswordHash>,
    ) -> BoxFuture<'a, Result<Verification, Fault>> {
        Box::pin(async move {
            if password.expose().len() > MAX_PASSWORD_BYTES {
                return Ok(Verification::Wrong);
            }
            let stored = hash.and_then(|hash| {
                let parsed = Stored::parse(hash.as_str());
                parsed.inspect_err(|error| tracing::warn!(%error, "a stored password hash")).ok()
            });
            let (password, salt, cost) = (password.clone(), draw_salt(&*self.random), self.cost);
            let verified = match stored {
                Some(stored) => {
                    self.pool.run(move |memory| check(&password, &stored, (salt, cost), memory)).await?
                }
                None => {
                    let dummy = Arc::clone(&self.dummy);
                    let spend = move |memory: &mut Memory| dummy.verify(password.expose().as_bytes(), memory);
                    self.pool.run(spend).await?.map(|_| Verification::Wrong)
                }
            };
            verified.map_err(fault("verifying a password"))
        })
    }
}

fn make(
    password: &Secret<String>,
    salt: [u8; SALT_BYTES],
    cost: Argon2Cost,
    memory: &mut Memory,
) -> Result<PasswordHash, argon2::Error> {
    Phc::hash(password.expose().as_bytes(), salt, cost, memory).map(PasswordHash::new)
}

/// Verifies, and hashes anew what is right but not of today's cost.
fn check(
    password: &Secret<String>,
    stored: &Stored,
    (salt, cost): ([u8; SALT_BYTES], Argon2Cost),
    memory: &mut Memory,
) -> Result<Verification, argon2::Error> {
    let bytes = password.expose().as_bytes();
    let (is_right, keep) = match stored {
        Stored::Argon2(stored) => (stored.verify(bytes, memory)?, stored.is_current(cost)),
        // Of a longer password bcrypt knows only the beginning: what was typed after it may be wrong, and a hash
        // of it would lock its owner out.
        Stored::Bcrypt(stored) => (stored.verify(bytes), !Bcrypt::covers(bytes)),
    };
    if !is_right {
        return Ok(Verification::Wrong);
    }
    let rehash = if keep { None } else { Some(make(password, salt, cost, memory)?) };
    Ok(Verification::Right { rehash })
}

fn draw_salt(random: &dyn SecureRandom) -> [u8; SALT_BYTES] {
    let mut salt = [0; SALT_BYTES];
    random.fill(&mut salt);
    salt
}

#[cfg(test)]
mod tests;
