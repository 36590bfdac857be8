#![doc = include_str!("../README.md")]

mod cookies;
mod cors;
mod door;
mod last;
mod limits;
mod provider;
mod request;
mod respond;
mod routes;
mod same_site;
mod serve;

pub use cors::Origins;
pub use last::LastRead;
pub use limits::RequestRates;
pub use provider::{Provider, Readiness};
pub use serve::{HttpOptions, Listener, TlsFiles, serve};
