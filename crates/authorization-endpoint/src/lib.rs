#![doc = include_str!("../README.md")]

mod answer;
mod check;
mod code;
mod complete;
mod consent;
mod continuation;
mod endpoint;
mod forms;
mod hook;
mod interaction;
mod journey;
mod login;
mod next;
mod outcome;
mod resume;
mod sealed_field;
mod sign_in;
mod signed_in;
mod transaction;
mod validate;

pub use answer::{Answer, ResponseMode, Target};
pub use check::redirect_uri::is_registered;
pub use code::{CODE_LIFETIME, CODE_LIFETIME_RFC, CodePayload};
pub use continuation::Return;
pub use countersign_users::LoginLimits;
pub use endpoint::AuthorizationEndpoint;
pub use interaction::{
    ConfirmationForm, ConsentForm, ErrorPage, FormFrame, Interaction, LoginForm, LoginProblem, ScopeLine,
};
pub use login::LoginSubmission;
pub use outcome::{AuthorizeRequest, Browser, CookieChange, Outcome, Shown};
pub use resume::QuestionSubmission;
pub use sealed_field::{open_field, seal_field};

#[cfg(test)]
mod tests;
