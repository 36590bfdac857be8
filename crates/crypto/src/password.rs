mod bcrypt;
mod cost;
mod hasher;
mod oneshot;
mod phc;
mod pool;

pub use cost::Argon2Cost;
pub use hasher::Argon2Hasher;
pub use phc::{PhcError, check_phc};
