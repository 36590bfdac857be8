/// The source of every unpredictable byte.
///
/// An implementation aborts the process rather than return predictable bytes.
pub trait SecureRandom: Send + Sync {
    /// Fills `bytes` with random bytes.
    fn fill(&self, bytes: &mut [u8]);
}
