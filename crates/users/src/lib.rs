#![doc = include_str!("../README.md")]

mod allowlist;
mod claims;
mod display_name;
mod identifier;
mod login_attempts;
mod password;
mod post_login;
mod session;

pub use allowlist::{Allowlist, Network, NoNetwork};
pub use claims::{ClaimStyle, claims_for_scope, is_claim_scope};
pub use display_name::display_name;
pub use identifier::normalise_identifier;
pub use login_attempts::{Account, AddressFailures, HeldBack, LoginAttempts, LoginLimits, release_account};
pub use password::{MAX_PASSWORD_BYTES, PasswordHasher, PasswordRule, Verification, check_new_password};
pub use post_login::{
    Continued, Denial, HttpRequest, LoginEvent, LoginTransaction, Method, NoHook, Pending, PostLogin,
    Protocol, ScopeEdit, SessionEdits, Verdict, as_members,
};
pub use session::{Limits, SessionLimits, is_alive, touch_session};
