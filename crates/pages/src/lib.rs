#![doc = include_str!("../README.md")]

mod assets;
mod csp;
mod error;
mod form_post;
mod json;
mod leaving;
mod locale;
mod logged_out;
mod login;
mod notice;
mod page;
mod pages;
mod playground;
mod question;
mod shell;
mod texts;
mod visible;
mod web_message;

pub use assets::Asset;
pub use error::ErrorView;
pub use locale::Locale;
pub use notice::Notice;
pub use page::{Framing, Page};
pub use pages::Pages;
pub use playground::{PlaygroundApi, PlaygroundClient, PlaygroundView};
pub use texts::{Language, TextError};
