use countersign_oauth::SecureRandom;

/// The operating system's random source. It aborts the process rather than return predictable bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsRandom;

impl SecureRandom for OsRandom {
    fn fill(&self, bytes: &mut [u8]) {
        #[expect(clippy::disallowed_methods, reason = "this is the SecureRandom that is passed in")]
        let filled = getrandom::fill(bytes);
        if let Err(error) = filled {
            tracing::error!(%error, "the operating system gives no random bytes");
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests;
