/// What one hash costs (RFC 9106 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
}

impl Argon2Cost {
    /// The least that a server may be configured to: 19 MiB, two passes, one lane.
    pub const FLOOR: Self = Self { memory_kib: 19_456, iterations: 2, parallelism: 1 };

    /// The most that a stored hash may ask for: 64 MiB, ten passes, four lanes. An import that asks for more
    /// would let whoever planted it stop the server.
    pub const CEILING: Self = Self { memory_kib: 65_536, iterations: 10, parallelism: 4 };

    /// Whether each part is at least that of [`Argon2Cost::FLOOR`].
    #[must_use]
    pub fn reaches_floor(self) -> bool {
        self.memory_kib >= Self::FLOOR.memory_kib
            && self.iterations >= Self::FLOOR.iterations
            && self.parallelism >= Self::FLOOR.parallelism
    }

    /// Whether argon2 can be run with it (RFC 9106 §3.1) and no part is over [`Argon2Cost::CEILING`].
    pub(crate) fn is_possible(self) -> bool {
        (1..=Self::CEILING.parallelism).contains(&self.parallelism)
            && (1..=Self::CEILING.iterations).contains(&self.iterations)
            && (8 * self.parallelism..=Self::CEILING.memory_kib).contains(&self.memory_kib)
    }
}

impl Default for Argon2Cost {
    fn default() -> Self {
        Self::FLOOR
    }
}
